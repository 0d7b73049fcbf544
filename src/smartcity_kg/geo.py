"""Distances on the globe, and what lies nearest (layer 0)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_RADIUS_KM = 6371.0088  # mean radius of the Earth (IUGG)
_CELL = 0.5  # degrees
_RINGS = 40

Point = tuple[float, float]


def distance_km(one: Point, other: Point) -> float:
    """The distance between two points in kilometres, along a great circle (haversine formula).

    Args:
        one: Longitude and latitude in degrees (WGS 84).
        other: The same.

    >>> round(distance_km((11.63, 52.13), (13.40, 52.52)))
    128
    """
    east_1, north_1, east_2, north_2 = (math.radians(part) for part in (*one, *other))
    half = (
        math.sin((north_2 - north_1) / 2) ** 2
        + math.cos(north_1) * math.cos(north_2) * math.sin((east_2 - east_1) / 2) ** 2
    )
    return 2 * _RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


@dataclass(frozen=True)
class Neighbourhood:
    """Points by name, ready to be asked for the nearest ones.

    >>> towns = Neighbourhood({"a": (11.0, 52.0), "b": (11.1, 52.0), "c": (13.0, 50.0)})
    >>> [name for name, _ in towns.nearest("a", 1)]
    ['b']
    """

    points: Mapping[str, Point]
    _cells: dict[tuple[int, int], list[str]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name, point in sorted(self.points.items()):
            self._cells.setdefault(_cell(point), []).append(name)

    def nearest(self, name: str, count: int) -> list[tuple[str, float]]:
        """The nearest other points with their distance in kilometres, nearest first."""
        here = self.points[name]
        shrink = math.cos(math.radians(here[1])) ** 2
        found: list[tuple[float, str]] = []
        enough = 0
        for ring, names in enumerate(self._rings(_cell(here))):
            for other in names:
                if other != name:
                    east, north = self.points[other]
                    # On a plane, which is good enough to leave out what is much farther away.
                    found.append((shrink * (east - here[0]) ** 2 + (north - here[1]) ** 2, other))
            # A point in the next ring may be nearer than one in the corner of this.
            enough += len(found) >= count
            if enough > 1 + ring // 2:
                break
        few = (other for _, other in sorted(found)[: 2 * count])
        ranked = sorted((distance_km(here, self.points[other]), other) for other in few)
        return [(other, kilometres) for kilometres, other in ranked[:count]]

    def _rings(self, centre: tuple[int, int]) -> Iterator[list[str]]:
        for ring in range(_RINGS):
            cells = [
                (centre[0] + x, centre[1] + y)
                for x in range(-ring, ring + 1)
                for y in range(-ring, ring + 1)
                if max(abs(x), abs(y)) == ring
            ]
            yield [name for cell in cells for name in self._cells.get(cell, ())]


def _cell(point: Point) -> tuple[int, int]:
    return math.floor(point[0] / _CELL), math.floor(point[1] / _CELL)
