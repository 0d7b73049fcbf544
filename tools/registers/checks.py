"""Faults in the tables, found before anything is made."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from math import acos, cos, radians, sin

from tools.registers.tables import Row, Tables, member_key

# Germany with its islands; a point outside is wrong at a glance.
SOUTH, NORTH, WEST, EAST = 47.2, 55.1, 5.8, 15.1
# No municipality of the list lies farther from the next one: Borkum, an island, is 34 km away.
LONELIEST_KM = 40.0
_EARTH_RADIUS_KM = 6371.0
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MUNICIPALITY_KEY = re.compile(r"(0[1-9]|1[0-6])\d{6}")
_NUMBER = re.compile(r"\d+(\.\d+)?")


def find_faults(tables: Tables, today: date) -> list[str]:
    """One line for each fault, in the order of the tables."""
    return [
        *_slug_faults(tables),
        *_city_faults(tables, today),
        *_point_faults(tables["cities"]),
        *_date_faults(tables, today),
        *_link_faults(tables),
        *_word_faults(tables),
    ]


def _slug_faults(tables: Tables) -> Iterator[str]:
    known = {row["ags"] for row in tables["cities"]}
    used: dict[str, Row] = {}
    for row in tables["city-slugs"]:
        if row["slug"] in used:
            yield row.fault(f"the slug {row['slug']} is given to row {used[row['slug']].number} as well")
        elif not _SLUG.fullmatch(row["slug"]):
            yield row.fault(f"{row['slug']} is no slug")
        if row["ags"] not in known:
            yield row.fault(f"unknown municipality key {row['ags']}")
        used[row["slug"]] = row


def _city_faults(tables: Tables, today: date) -> Iterator[str]:
    with_slug = {row["ags"] for row in tables["city-slugs"]}
    kinds = {row["municipality_type"] for row in tables["municipality-kinds"]}
    seen: dict[str, Row] = {}
    for row in tables["cities"]:
        key = row["ags"]
        if key not in with_slug:
            yield row.fault(f"the municipality key {key} has no slug in city-slugs.csv")
        if not _MUNICIPALITY_KEY.fullmatch(key):
            yield row.fault(f"{key} is no municipality key")
        if row["ars"][:5] + row["ars"][9:] != key:
            yield row.fault(f"the regional key {row['ars']} does not belong to {key}")
        if row["municipality_type"] not in kinds:
            yield row.fault(f"unknown kind of municipality: {row['municipality_type']}")
        if not row["population"].isdigit() or int(row["population"]) < 1:
            yield row.fault(f"the population {row['population']} is no number from 1")
        if not _NUMBER.fullmatch(row["area_km2"]):
            yield row.fault(f"the area {row['area_km2']} is no number")
        yield from _day_faults(row, row["population_date"], today)
        if key in seen:
            yield row.fault(f"the municipality key {key} stands also in row {seen[key].number}")
        seen[key] = row


def _point_faults(cities: Iterable[Row]) -> Iterator[str]:
    """Points outside Germany, and those that lie alone: at sea, or with a figure mistyped."""
    points: list[tuple[float, float, Row]] = []
    for row in cities:
        if not row["lat"] and not row["lon"]:
            continue
        point = _point(row)
        if point is None or not (SOUTH <= point[0] <= NORTH and WEST <= point[1] <= EAST):
            yield row.fault(f"the point {row['lat']} {row['lon']} lies outside Germany")
        else:
            points.append((*point, row))
    by_cell: dict[tuple[int, int], list[tuple[float, float, Row]]] = defaultdict(list)
    for latitude, longitude, row in points:
        by_cell[int(latitude), int(longitude)].append((latitude, longitude, row))
    for latitude, longitude, row in points:
        cells = ((int(latitude) + i, int(longitude) + j) for i in (-1, 0, 1) for j in (-1, 0, 1))
        others = (other for cell in cells for other in by_cell.get(cell, []) if other[2] is not row)
        if not any(_distance_km((latitude, longitude), other[:2]) <= LONELIEST_KM for other in others):
            where = f"the point {row['lat']} {row['lon']}"
            yield row.fault(
                f"{where} lies over {LONELIEST_KM:.0f} km from any other municipality: at sea or mistyped"
            )


def _point(row: Row) -> tuple[float, float] | None:
    try:
        return float(row["lat"]), float(row["lon"])
    except ValueError:
        return None


def _distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The distance on a sphere; exact enough to tell a neighbour from a point at sea."""
    first, second = radians(a[0]), radians(b[0])
    angle = sin(first) * sin(second) + cos(first) * cos(second) * cos(radians(a[1] - b[1]))
    return _EARTH_RADIUS_KM * acos(max(-1.0, min(1.0, angle)))


def _date_faults(tables: Tables, today: date) -> Iterator[str]:
    for name in ("networks", "programmes", "memberships", "awards"):
        for row in tables[name]:
            if row["retrieved"]:
                yield from _day_faults(row, row["retrieved"], today)
            yield from _span_faults(row, row.get("start") or row.get("year"), row.get("end"), today)


def _span_faults(row: Row, start: str, end: str, today: date) -> Iterator[str]:
    wrong = [value for value in (start, end) if value and not _DATE.fullmatch(value)]
    yield from (row.fault(f"{value} is no date such as 2019, 2019-03 or 2019-03-19") for value in wrong)
    if wrong:
        return
    if start and start > today.isoformat()[: len(start)]:
        yield row.fault(f"the date {start} lies in the future")
    if start and end and end < start[: len(end)]:
        yield row.fault(f"the end {end} lies before the beginning {start}")


def _day_faults(row: Row, value: str, today: date) -> Iterator[str]:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        yield row.fault(f"{value} is no day such as 2019-03-19")
        return
    if day > today:
        yield row.fault(f"the date {value} lies in the future")


def _link_faults(tables: Tables) -> Iterator[str]:
    cities = {row["ags"] for row in tables["city-slugs"]}
    members = {member_key(row) for row in tables["members"]}
    named = {row["id"] for row in tables["slugs"]}
    bodies = {row["id"] for name in ("networks", "programmes") for row in tables[name]}
    for name in ("networks", "programmes"):
        yield from (
            row.fault(f"{row['id']} has no line in slugs.csv") for row in tables[name] if row["id"] not in named
        )
    for row in tables["memberships"]:
        if row["organisation_id"] not in bodies & named:
            yield row.fault(f"{row['organisation_id']} is no described network or programme")
        if not (row["member_kind"] == "city" and row["member_ags"] in cities) and member_key(row) not in members:
            yield row.fault(f"unknown municipality key or member: {row['member_ags'] or row['member']}")
    for row in tables["awards"]:
        if row["city_ags"] not in cities:
            yield row.fault(f"unknown municipality key {row['city_ags']}")
        if f"{row['award']} {row['year']}" not in named:
            yield row.fault(f"the award {row['award']} {row['year']} has no line in slugs.csv")
    yield from _actor_faults(tables, bodies)


def _actor_faults(tables: Tables, bodies: set[str]) -> Iterator[str]:
    awards = {row["award"] for row in tables["awards"]}
    for row in tables["actors"]:
        if row["id"] not in bodies | awards:
            yield row.fault(f"{row['id']} is no network, programme or award")


def _word_faults(tables: Tables) -> Iterator[str]:
    """Roles and ranks that no table explains."""
    explained = {row["role"] for row in tables["roles"]} | {row["word"] for row in tables["outcomes"]}
    funded = {row["id"] for row in tables["slugs"] if row["kind"] in {"programme", "source"}}
    for row in tables["memberships"]:
        if row["organisation_id"] not in funded and row["role"] not in explained:
            yield row.fault(f"the role {row['role']} stands neither in roles.csv nor in outcomes.csv")
    for row in tables["awards"]:
        if row["rank"] and not row["rank"].isdigit() and row["rank"] not in explained:
            yield row.fault(f"the rank {row['rank']} is no number and stands not in outcomes.csv")
