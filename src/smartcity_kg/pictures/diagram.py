"""Diagrams of classes: boxes in layers, arrows for subclasses and properties (layer 3).

A class stands in a layer below what it is a kind of and what points to it; classes of a layer are ordered by the
middle of their neighbours above, so that few arrows cross.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import atan2, cos, sin
from typing import Literal
from xml.etree.ElementTree import Element

from smartcity_kg.pictures.drawing import Labels, add, add_item, number, picture, plain, to_text, width_of
from smartcity_kg.pictures.drawing import overlap as _overlap

_WIDE, _GAP, _LAYER, _HEAD, _LINE = 840.0, 26.0, 78.0, 30.0, 16.0
_MOST = 12


@dataclass(frozen=True)
class Box:
    """A class with its name; `lines` are said within; `outside` marks one of another module or vocabulary."""

    key: str
    label: str
    href: str = ""
    lines: tuple[str, ...] = ()
    outside: bool = False


@dataclass(frozen=True)
class Arrow:
    """From the key of a box to that of another: a property, or `subclass`."""

    source: str
    target: str
    label: str = ""
    kind: Literal["property", "subclass"] = "property"


@dataclass(frozen=True)
class _Placed:
    box: Box
    x: float
    y: float
    width: float
    height: float


def draw_diagram(
    boxes: Iterable[Box],
    arrows: Iterable[Arrow],
    *,
    title: str,
    description: str = "",
    identifier: str = "diagram",
) -> str:
    """Classes and how they hang together; arrows whose ends are unknown are left out.

    >>> boxes = [Box("a", "City", href="#City"), Box("b", "Region")]
    >>> text = draw_diagram(boxes, [Arrow("a", "b", "in region")], title="Places")
    >>> "in region" in text and 'href="#City"' in text
    True
    """
    by_key = {box.key: box for box in sorted(boxes, key=lambda box: box.key)}
    known = [arrow for arrow in arrows if arrow.source in by_key and arrow.target in by_key]
    joined = _joined(known)
    placed, wide, high = _place(by_key, joined)
    root = picture(wide, high, identifier, title, description, "pic diagram")
    labels = Labels((0, 0, wide, high), size=11)
    labels.keep_free((one.x, one.y, one.x + one.width, one.y + one.height) for one in placed.values())
    lines = add(root, "g", class_="arrows")
    ends = [(arrow, _ends(placed[arrow.source], placed[arrow.target])) for arrow in joined]
    for arrow, points in ends:
        _draw_arrow(lines, arrow, points)
    for one in sorted(placed.values(), key=lambda one: (one.y, one.x)):
        _draw_box(root, one)
    for arrow, points in ends:
        _draw_label(lines, arrow, points, labels)
    return to_text(root)


def _joined(arrows: Iterable[Arrow]) -> tuple[Arrow, ...]:
    """One arrow for all properties between the same two boxes; none from a box to itself."""
    said: dict[tuple[str, str, str], list[str]] = {}
    for arrow in arrows:
        if arrow.source != arrow.target:
            said.setdefault((arrow.source, arrow.target, arrow.kind), []).append(arrow.label)
    return tuple(
        Arrow(
            source,
            target,
            ", ".join(sorted(filter(None, set(labels)))),
            "subclass" if kind == "subclass" else "property",
        )
        for (source, target, kind), labels in sorted(said.items())
    )


def _layers(keys: Iterable[str], arrows: Sequence[Arrow]) -> dict[str, int]:
    """Longest way down, with arrows that would close a circle left out of account."""
    layer = dict.fromkeys(keys, 0)
    downward: dict[str, set[str]] = {key: set() for key in layer}
    for arrow in sorted(arrows, key=lambda arrow: (arrow.kind != "subclass", arrow.source, arrow.target)):
        upper, lower = (arrow.target, arrow.source) if arrow.kind == "subclass" else (arrow.source, arrow.target)
        if not _reaches(downward, lower, upper):
            downward[upper].add(lower)
    for _ in layer:
        for upper in sorted(downward):
            for lower in downward[upper]:
                layer[lower] = max(layer[lower], layer[upper] + 1)
    return layer


def _reaches(downward: Mapping[str, set[str]], start: str, goal: str) -> bool:
    seen, open_ = {start}, [start]
    while open_:
        here = open_.pop()
        if here == goal:
            return True
        fresh = downward[here] - seen
        seen |= fresh
        open_.extend(fresh)
    return False


def _place(by_key: Mapping[str, Box], arrows: Sequence[Arrow]) -> tuple[dict[str, _Placed], float, float]:
    neighbours: dict[str, set[str]] = {key: set() for key in by_key}
    for arrow in arrows:
        neighbours[arrow.source].add(arrow.target)
        neighbours[arrow.target].add(arrow.source)
    layer = _layers((key for key in by_key if neighbours[key]), arrows)
    lone = [key for key in by_key if not neighbours[key]]
    rows = [[key for key in layer if layer[key] == at] for at in range(max(layer.values(), default=-1) + 1)]
    placed: dict[str, _Placed] = {}
    top, widest = 4.0, _WIDE
    for row in [*_split(_ordered(rows, neighbours), by_key), *_split([lone], by_key)]:
        sizes = [_size(by_key[key]) for key in row]
        total = sum(wide for wide, _ in sizes) + _GAP * (len(row) - 1)
        gap = _GAP + max(0.0, (_WIDE - 40 - total) / (len(row) + 1))
        left = (_WIDE - total - (gap - _GAP) * (len(row) - 1)) / 2
        for key, (wide, high) in zip(row, sizes, strict=True):
            placed[key] = _Placed(by_key[key], left, top, wide, high)
            left += wide + gap
        top += max((high for _, high in sizes), default=0) + _LAYER
    return placed, widest, max(top - _LAYER + 8, 40)


def _ordered(rows: list[list[str]], neighbours: Mapping[str, set[str]]) -> list[list[str]]:
    """Each row by the mean place of its neighbours in the others, a few times down and up."""
    place = {key: (at + 0.5) / len(row) for row in rows for at, key in enumerate(row)}
    for turn in range(6):
        for row in rows if turn % 2 == 0 else reversed(rows):
            inside = set(row)
            middle = {
                key: _mean([place[n] for n in sorted(neighbours[key]) if n not in inside], place[key])
                for key in row
            }
            row.sort(key=lambda key: (middle[key], key))
            place.update({key: (at + 0.5) / len(row) for at, key in enumerate(row)})
    return rows


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _split(rows: Iterable[list[str]], by_key: Mapping[str, Box]) -> list[list[str]]:
    """Rows broken where they are wider than the picture."""
    broken: list[list[str]] = []
    for row in rows:
        total, count = sum(_size(by_key[key])[0] + _GAP for key in row), len(row)
        pieces = int(total // (_WIDE - 20)) + 1
        each = -(-count // pieces) if count else 1
        broken += [row[at : at + each] for at in range(0, count, each)]
    return broken


def _size(box: Box) -> tuple[float, float]:
    lines = [plain(line, 44) for line in box.lines[:_MOST]]
    wide = max([width_of(plain(box.label, 40), bold=True), *(width_of(line, 11) for line in lines)])
    return wide + 22, _HEAD + (len(lines) * _LINE + 6 if lines else 0)


Line = tuple[float, float, float, float]


def _ends(one: _Placed, other: _Placed) -> Line:
    """Where the straight line between the middles leaves one box and meets the other."""
    ax, ay = one.x + one.width / 2, one.y + one.height / 2
    bx, by = other.x + other.width / 2, other.y + other.height / 2
    return *_border(one, bx - ax, by - ay), *_border(other, ax - bx, ay - by)


def _border(one: _Placed, dx: float, dy: float) -> tuple[float, float]:
    half_x, half_y = one.width / 2 + 1, one.height / 2 + 1
    stretch = min(half_x / abs(dx) if dx else 1e9, half_y / abs(dy) if dy else 1e9)
    return one.x + one.width / 2 + dx * stretch, one.y + one.height / 2 + dy * stretch


def _draw_arrow(parent: Element, arrow: Arrow, line: Line) -> None:
    x1, y1, x2, y2 = line
    add(parent, "line", class_="arrow", x1=x1, y1=y1, x2=x2, y2=y2)
    way, long = atan2(y2 - y1, x2 - x1), 11
    left = (x2 - long * cos(way - 0.4), y2 - long * sin(way - 0.4))
    right = (x2 - long * cos(way + 0.4), y2 - long * sin(way + 0.4))
    corners = " ".join(f"{number(x)},{number(y)}" for x, y in ((x2, y2), left, right))
    add(parent, "polygon", class_="tip sub" if arrow.kind == "subclass" else "tip", points=corners)


def _draw_label(parent: Element, arrow: Arrow, line: Line, labels: Labels) -> None:
    if not arrow.label:
        return
    x1, y1, x2, y2 = line
    text = plain(arrow.label, 34)
    half = width_of(text, labels.size) / 2
    for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
        x, y = x1 + (x2 - x1) * share, y1 + (y2 - y1) * share + 4
        box = (x - half, y - 10, x + half, y + 3)
        if box[0] > 0 and box[2] < labels.frame[2] and not any(_overlap(box, other) for other in labels.taken):
            labels.taken.append(box)
            add(parent, "text", text, class_="lab small dim", x=x, y=y, text_anchor="middle")
            return
    said = add(parent, "line", class_="arrow", x1=x1, y1=y1, x2=x2, y2=y2)
    add(said, "title", plain(arrow.label))


def _draw_box(root: Element, one: _Placed) -> None:
    box = one.box
    item = add_item(root, box.label, href=box.href, key=box.key)
    kind = "box outside" if box.outside else "box"
    add(item, "rect", class_=kind, x=one.x, y=one.y, width=one.width, height=one.height, rx=3)
    middle = one.x + one.width / 2
    add(item, "text", plain(box.label, 40), class_="big", x=middle, y=one.y + 20, text_anchor="middle")
    for at, line in enumerate(box.lines[:_MOST]):
        add(item, "text", plain(line, 44), class_="small dim", x=one.x + 10, y=one.y + _HEAD + 12 + at * _LINE)
