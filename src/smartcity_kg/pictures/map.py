"""Maps: places of Germany as marks, with labels that leave each other room (layer 3).

Every place with an address is a link, in the order of north to south; where there are very many small marks, they
are drawn as one path, and the list beside the map links them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Literal
from xml.etree.ElementTree import Element

from smartcity_kg.pictures.drawing import (
    LONGEST_LABEL,
    Labels,
    add,
    add_item,
    decimal,
    number,
    picture,
    plain,
    to_text,
)
from smartcity_kg.pictures.outline import Outline, draw_outline, read_outline
from smartcity_kg.pictures.projection import GERMANY, RADIUS, Frame, frame_around, to_plane

Kind = Literal["known", "stub", "here", "past", "about"]
MOST_LINKED_STUBS = 400
_CLASS = {"known": "dot", "stub": "stub", "here": "dot", "past": "past", "about": "about"}
_RINGS = (1, 2, 5, 10, 25, 50, 100, 250)


@dataclass(frozen=True)
class Place:
    """A point with a name.

    Args:
        kind: `known` a filled dot, `stub` a small mark, `here` emphasised, `past` a grey ring, `about` dashed.
        href: Where a click leads.
        note: What the link says besides the name.
        weight: Inhabitants: size of the dot and precedence of the label.
        key: The same for the mark and the entry of the list beside it.
        tags: What filters ask for, with spaces between.
    """

    name: str
    lon: float
    lat: float
    kind: Kind = "known"
    href: str = ""
    note: str = ""
    weight: float = 0.0
    key: str = ""
    tags: str = ""


@dataclass(frozen=True)
class _Mark:
    place: Place
    x: float
    y: float
    radius: float


def draw_map(
    places: Iterable[Place],
    *,
    title: str,
    description: str = "",
    identifier: str = "map",
    region: str = "",
    labels: bool = True,
    outline: Outline | None = None,
) -> str:
    """Germany, or one state of it, with places.

    Args:
        places: In any order; those outside the frame are left out.
        title: The name of the picture.
        description: What it shows, in a sentence or two.
        identifier: Unique on the page.
        region: The ISO code of a state to zoom to.
        labels: Whether to write names.
        outline: The states; those of the package if none are given.

    >>> text = draw_map([Place("Ulm", 9.99, 48.4, href="ulm.html")], title="Cities")
    >>> 'href="ulm.html"' in text and "style=" not in text
    True
    """
    outline = outline or read_outline()
    corners = outline.points_of(region) if outline and region else []
    frame = frame_around(corners, GERMANY.width) if corners else GERMANY
    root = picture(frame.width, frame.height, identifier, title, description, "pic map")
    draw_outline(root, outline, frame, region if corners else "")
    marks = _marks(places, frame)
    stubs = [mark for mark in marks if mark.place.kind == "stub"]
    crowded = len(stubs) > MOST_LINKED_STUBS
    if crowded:
        _draw_crowd(root, stubs)
    _draw_marks(root, [mark for mark in marks if not crowded or mark.place.kind != "stub"], frame, labels=labels)
    return to_text(root)


def draw_surroundings(
    place: Place,
    neighbours: Sequence[Place],
    *,
    title: str,
    description: str = "",
    identifier: str = "surroundings",
    language: str = "en",
    outline: Outline | None = None,
) -> str:
    """Where a place lies among its neighbours, with rings of distance.

    >>> ulm, other = Place("Ulm", 9.99, 48.4, kind="here"), Place("Augsburg", 10.9, 48.37)
    >>> "50 km" in draw_surroundings(ulm, [other], title="Around Ulm")
    True
    """
    far = max((_kilometres(place, other) for other in neighbours), default=25.0)
    reach = max(far * 1.12, 12.0)
    x, y = to_plane(place.lon, place.lat)
    frame = Frame(x - reach * 1.12, y - reach, x + reach * 1.12, y + reach, 420.0)
    root = picture(frame.width, frame.height, identifier, title, description, "pic map near")
    draw_outline(root, outline or read_outline(), frame)
    taken = Labels((2, 2, frame.width - 2, frame.height - 2))
    step = max((ring for ring in _RINGS if ring <= reach / 1.8), default=5)
    centre = frame.at(place.lon, place.lat)
    for count in (1, 2, 3):
        radius = step * count * frame.scale
        if radius < min(frame.width, frame.height) / 2:
            add(root, "circle", class_="reach", cx=centre[0], cy=centre[1], r=radius)
            said = f"{decimal(step * count, language)} km"
            add(root, "text", said, class_="dim lab", x=centre[0], y=centre[1] + radius - 4, text_anchor="middle")
            taken.keep_free([(centre[0] - 24, centre[1] + radius - 18, centre[0] + 24, centre[1] + radius)])
    _draw_marks(root, _marks([place, *neighbours], frame), frame, labels=True, placer=taken)
    return to_text(root)


def _kilometres(one: Place, other: Place) -> float:
    a, b = radians(one.lat), radians(other.lat)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other.lon - one.lon) / 2) ** 2
    return 2 * RADIUS * asin(sqrt(half))


def _marks(places: Iterable[Place], frame: Frame) -> list[_Mark]:
    marks = [_Mark(place, *frame.at(place.lon, place.lat), _radius(place)) for place in places]
    shown = (mark for mark in marks if frame.holds(mark.x, mark.y))
    return sorted(shown, key=lambda mark: (round(mark.y, 1), round(mark.x, 1), mark.place.name, mark.place.key))


def _radius(place: Place) -> float:
    if place.kind == "stub":
        return 2.5
    grown = 4.0 + min(sqrt(max(place.weight, 0.0)) / 260, 5.5)
    return max(grown, 7.0) if place.kind == "here" else grown


def _draw_crowd(root: Element, stubs: Sequence[_Mark]) -> None:
    by_tags: dict[str, list[_Mark]] = {}
    for mark in stubs:
        by_tags.setdefault(mark.place.tags, []).append(mark)
    group = add(root, "g", class_="crowd", aria_hidden="true")
    for tags in sorted(by_tags):
        spots = dict.fromkeys(f"M{number(mark.x)} {number(mark.y)}h0" for mark in by_tags[tags])
        add(group, "path", class_="stubs", data_tags=plain(tags), d="".join(spots))


def _draw_marks(
    root: Element, marks: Sequence[_Mark], frame: Frame, *, labels: bool, placer: Labels | None = None
) -> None:
    placer = placer or Labels((2, 2, frame.width - 2, frame.height - 2))
    placer.keep_free((m.x - m.radius, m.y - m.radius, m.x + m.radius, m.y + m.radius) for m in marks)
    by_rank = sorted(marks, key=lambda m: (m.place.kind != "here", -m.place.weight, m.place.name, m.place.key))
    spots = {}
    near = any(mark.place.kind == "here" for mark in marks)
    bold_kinds = ("here",) if near else ("known",)
    heavy = {id(mark) for mark in by_rank[:8] if mark.place.kind in bold_kinds}
    for mark in by_rank if labels else ():
        if mark.place.kind in ("known", "here", "about"):
            text, bold = plain(mark.place.name, LONGEST_LABEL), id(mark) in heavy
            here = mark.place.kind == "here"
            spots[id(mark)] = placer.place(text, mark.x, mark.y, mark.radius + 4 * here, bold=bold, always=here)
    for mark in marks:
        _draw_mark(root, mark, spots.get(id(mark)), heavy=id(mark) in heavy)


def _draw_mark(root: Element, mark: _Mark, spot: tuple[float, float, str] | None, *, heavy: bool) -> None:
    place = mark.place
    name = f"{place.name}, {place.note}" if place.note else place.name
    item = add_item(root, name, href=place.href, key=place.key, tags=place.tags)
    if place.href:
        add(item, "circle", class_="touch", cx=mark.x, cy=mark.y, r=max(mark.radius, 12))
    if place.kind == "here":
        add(item, "circle", class_="halo", cx=mark.x, cy=mark.y, r=mark.radius + 4)
    add(item, "circle", class_=_CLASS[place.kind], cx=mark.x, cy=mark.y, r=mark.radius)
    if spot:
        text = plain(place.name, LONGEST_LABEL)
        weight = "lab big" if heavy else "lab minor"
        add(item, "text", text, class_=weight, x=spot[0], y=spot[1], text_anchor=spot[2])
