"""GeoJSON, RFC 7946: a feature for each row of a table with a column of geometries (layer 3)."""

import json
import re

from smartcity_kg.answer import python_value
from smartcity_kg.errors import InputError
from smartcity_kg.tables import Table
from smartcity_kg.terms import Term, text_of

TYPE = "geometry"
_TYPES = {
    name.upper(): name
    for name in ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
}
# OGC Simple Features: an IRI of a reference system may stand before; without one it is longitude, latitude.
_WKT = re.compile(
    r"\s*(?:<http://www\.opengis\.net/def/crs/OGC/1\.3/CRS84>\s*)?([A-Za-z]+)\s*(\([-+.\deE,()\s]*\))\s*"
)
_NUMBERS = re.compile(r"[^(),]+")


def has_places(table: Table) -> bool:
    """Whether a table is meant for a map and has a column of geometries.

    >>> has_places(Table("t", {}, {}, (), (), "map"))
    False
    """
    return table.view == "map" and any(column.type == TYPE for column in table.columns)


def write_features(table: Table) -> bytes:
    r"""The rows of a table as features; a row without a place has the geometry `null`.

    Raises:
        InputError: If a geometry is no WKT in longitude and latitude.

    >>> from smartcity_kg.tables import Column
    >>> write_features(Table("t", {}, {}, (Column("place", "geometry", {}),), ((None,),), "map")).decode()
    '{"type":"FeatureCollection","features":[\n{"type":"Feature","geometry":null,"properties":{}}\n]}\n'
    """
    place = next(number for number, column in enumerate(table.columns) if column.type == TYPE)
    lines = ",\n".join(_dump(_feature(table, row, place)) for row in table.rows)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'.encode()


def _feature(table: Table, row: tuple[Term | None, ...], place: int) -> dict[str, object]:
    cells = {c.name: python_value(t) for c, t in zip(table.columns, row, strict=True) if t is not None}
    shape = cells.pop(table.columns[place].name, None)
    name = text_of(row[0]) if place else ""
    named: dict[str, object] = {"id": name} if name else {}
    return {
        "type": "Feature",
        **named,
        "geometry": None if shape is None else _geometry(str(shape), name),
        "properties": cells,
    }


def _geometry(text: str, name: str) -> dict[str, object]:
    found = _WKT.fullmatch(text)
    kind = _TYPES.get(found[1].upper()) if found else None
    try:
        coordinates = (
            json.loads(_NUMBERS.sub(_pair, found[2]).replace("(", "[").replace(")", "]")) if found else []
        )
    except ValueError:
        kind = None
    if kind is None:
        raise InputError(
            f"the geometry of {name} cannot be written as GeoJSON: {text[:80]!r}",
            hint="Write longitude and latitude, such as POINT(11.63 52.12).",
        )
    if kind in {"Point", "MultiPoint"}:
        flat = [pair if isinstance(pair[0], float) else pair[0] for pair in coordinates]
        return {"type": kind, "coordinates": flat[0] if kind == "Point" else flat}
    return {"type": kind, "coordinates": coordinates}


def _pair(found: re.Match[str]) -> str:
    numbers = [float(part) for part in found[0].split()]
    return json.dumps(numbers) if numbers else ""


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
