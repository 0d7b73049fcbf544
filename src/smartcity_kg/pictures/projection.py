"""From longitude and latitude to the plane of a picture (layer 3).

Lambert's conformal conic projection with the parallels usual for Germany, 48°40' and 53°40' north, and the
central meridian 10°30' east, on a sphere of 6,371 km. It keeps angles, so that circles of some kilometres stay
circles. Formulas: Snyder, Map Projections: A Working Manual (1987), pages 104 to 107.
"""

from dataclasses import dataclass
from math import cos, log, pi, radians, sin, tan

RADIUS = 6371.0
_FIRST, _SECOND, _MERIDIAN, _ORIGIN = radians(48 + 2 / 3), radians(53 + 2 / 3), radians(10.5), radians(51)


def _slope(latitude: float) -> float:
    return tan(pi / 4 + latitude / 2)


_N = log(cos(_FIRST) / cos(_SECOND)) / log(_slope(_SECOND) / _slope(_FIRST))
_F = cos(_FIRST) * _slope(_FIRST) ** _N / _N


def to_plane(lon: float, lat: float) -> tuple[float, float]:
    """Kilometres east and south of 10°30' east, 51° north.

    >>> to_plane(10.5, 51.0)
    (0.0, 0.0)
    >>> round(to_plane(11.5, 51.0)[0])
    70
    """
    rho = RADIUS * _F / _slope(radians(max(-85.0, min(85.0, lat)))) ** _N
    origin = RADIUS * _F / _slope(_ORIGIN) ** _N
    angle = _N * (radians(lon) - _MERIDIAN)
    return rho * sin(angle), rho * cos(angle) - origin


@dataclass(frozen=True)
class Frame:
    """A part of the plane, in kilometres, shown in a picture of some width."""

    left: float
    top: float
    right: float
    bottom: float
    width: float

    @property
    def scale(self) -> float:
        """Units of the picture per kilometre."""
        return self.width / (self.right - self.left)

    @property
    def height(self) -> float:
        """The height of the picture."""
        return (self.bottom - self.top) * self.scale

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a point of the earth is in the picture."""
        x, y = to_plane(lon, lat)
        return (x - self.left) * self.scale, (y - self.top) * self.scale

    def holds(self, x: float, y: float, margin: float = 0) -> bool:
        """Whether a point of the picture is within it.

        >>> GERMANY.holds(*GERMANY.at(10, 51)), GERMANY.holds(*GERMANY.at(-50, 10))
        (True, False)
        """
        return -margin <= x <= self.width + margin and -margin <= y <= self.height + margin


def frame_around(points: list[tuple[float, float]], width: float, margin: float = 0.06) -> Frame:
    """The frame that shows some points of the earth (lon, lat), with a margin in parts of its size.

    >>> frame_around([(10, 51), (11, 52)], 400).scale > GERMANY.scale
    True
    """
    plane = [to_plane(*point) for point in points]
    xs, ys = [x for x, _ in plane], [y for _, y in plane]
    pad = max(max(xs) - min(xs), max(ys) - min(ys), 10.0) * margin
    return Frame(min(xs) - pad, min(ys) - pad, max(xs) + pad, max(ys) + pad, width)


GERMANY = Frame(-330.0, -462.0, 322.0, 423.0, 560.0)
"""All of Germany."""
