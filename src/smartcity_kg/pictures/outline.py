"""The states of Germany as paths (layer 3); reads the built asset `germany.json` once."""

import json
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from xml.etree.ElementTree import Element

from smartcity_kg.assets import find_asset
from smartcity_kg.pictures.drawing import add
from smartcity_kg.pictures.projection import Frame

Ring = tuple[tuple[float, float], ...]
_FINER = 2  # whole numbers of half a unit keep the paths short


@dataclass(frozen=True)
class State:
    """A state: its ISO code and its rings of longitude and latitude."""

    code: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True)
class Outline:
    """The states, in the order of their codes."""

    states: tuple[State, ...]

    def points_of(self, code: str) -> list[tuple[float, float]]:
        """All corners of a state; none if it is unknown.

        >>> Outline((State("DE-HB", (((8.0, 53.0), (8.1, 53.0), (8.1, 53.1)),)),)).points_of("DE-XX")
        []
        """
        return [point for state in self.states if state.code == code for ring in state.rings for point in ring]


@cache
def read_outline() -> Outline | None:
    """The outline that was built into the package; none if it was not built.

    >>> outline = read_outline()
    >>> outline is None or len(outline.states) == 16
    True
    """
    path = find_asset("germany.json")
    if path is None:
        return None
    return outline_of(json.loads(path.read_text(encoding="utf-8")))


def outline_of(document: dict) -> Outline:  # type: ignore[type-arg]
    """The states of a GeoJSON document of polygons.

    >>> shape = {"type": "Polygon", "coordinates": [[[8, 53], [9, 53], [9, 54], [8, 53]]]}
    >>> outline_of({"features": [{"id": "DE-HB", "geometry": shape}]}).states[0].code
    'DE-HB'
    """
    states = []
    for feature in document["features"]:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        rings = tuple(tuple((lon, lat) for lon, lat, *_ in ring) for polygon in polygons for ring in polygon)
        states.append(State(str(feature.get("id", "")), rings))
    return Outline(tuple(sorted(states, key=lambda state: state.code)))


def draw_outline(parent: Element, outline: Outline | None, frame: Frame, here: str = "") -> None:
    """Adds the states that the frame shows; the one called `here` is shaded.

    >>> from smartcity_kg.pictures.projection import GERMANY
    >>> parent = Element("svg")
    >>> draw_outline(parent, None, GERMANY)
    >>> len(parent)
    0
    """
    if outline is None:
        return
    group = add(parent, "g", transform=f"scale({1 / _FINER})")
    paths = ((state.code, _path(state, frame)) for state in outline.states)
    for code, path in sorted(paths, key=lambda pair: pair[0] == here):
        if path:
            add(group, "path", class_="land bord-of here" if here and code == here else "land bord-of", d=path)


def _path(state: State, frame: Frame) -> str:
    return "".join(filter(None, (_ring(ring, frame) for ring in state.rings)))


def _ring(ring: Ring, frame: Frame) -> str:
    points = [frame.at(lon, lat) for lon, lat in ring]
    right, bottom = max(x for x, _ in points), max(y for _, y in points)
    left, top = min(x for x, _ in points), min(y for _, y in points)
    if right < 0 or bottom < 0 or left > frame.width or top > frame.height:
        return ""
    corners: list[tuple[int, int]] = []
    for x, y in points:
        corner = (round(x * _FINER), round(y * _FINER))
        if not corners or corner != corners[-1]:
            corners.append(corner)
    if len(corners) < 4:
        return ""
    steps = (
        f"{x - before_x} {y - before_y}".replace(" -", "-") for (before_x, before_y), (x, y) in pairwise(corners)
    )
    return f"M{corners[0][0]} {corners[0][1]}l{' '.join(steps).replace(' -', '-')}z"
