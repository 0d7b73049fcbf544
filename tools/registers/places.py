"""Federal states, parts of the country, cities, and members that are no city."""

from collections import defaultdict

import pyoxigraph as ox

from tools.registers.build import Build
from tools.registers.entries import ID, Entry, Sheet, decimal, term, text, typed, web_address
from tools.registers.tables import Row, member_key

_KEY = "http://dcat-ap.de/def/politicalGeocoding"


def make_regions(build: Build) -> None:
    """The sixteen federal states, and the four parts of the country by which overviews are sorted."""
    sheet = build.sheet(
        "register-regions",
        ("Regionen: Kennungen", "Regions: codes"),
        "The sixteen federal states, and the four parts of the country by which overviews are sorted.",
    )
    sources = (term("src:destatis-municipality-register"), term("src:eurostat-nuts-2024"))
    sheet.sources.update(sources)
    boxes = _boxes(build)
    sheet.sources.add(term("src:geonames-cities500"))
    members: dict[str, list[str]] = defaultdict(list)
    for row in build.tables["states"]:
        iso = f"DE-{row['iso']}"
        entry = sheet.entry(term(f"reg:{iso.lower()}"), "sckg:FederalState").label(row["name_de"], row["name_en"])
        entry.add("skos:notation", ox.Literal(row["key"])).add("sckg:isoCode", ox.Literal(iso))
        entry.add("sckg:nutsCode", ox.Literal(row["nuts1"]))
        entry.add("sckg:inRegion", term("reg:de"), term(f"reg:{row['part']}"))
        entry.add("geo:hasBoundingBox", ox.NamedNode(f"{entry.subject.value}/bounding-box"))
        entry.add(
            "skos:exactMatch", term(f"wd:{row['wikidata_qid']}"), ox.NamedNode(f"{_KEY}/stateKey/{row['key']}")
        )
        entry.add("sckg:evidence", *sources)
        box = sheet.entry(ox.NamedNode(f"{entry.subject.value}/bounding-box"), "geo:Geometry")
        box.add("geo:asWKT", typed(boxes[iso], "geo:wktLiteral")).add("dct:source", term("src:geonames-cities500"))
        members[row["part"]].append(row["name_de"])
    for row in build.tables["parts"]:
        _make_part(sheet, row, ", ".join(members[row["slug"]]))


def _make_part(sheet: Sheet, row: Row, states: str) -> None:
    entry = sheet.entry(term(f"reg:{row['slug']}"), "sckg:Region").label(row["name_de"], row["name_en"])
    entry.add(
        "dct:description",
        *text(
            f"Nach Ländern abgegrenzt: {states}. Jedes Land gehört zu genau einem der vier Landesteile.",
            f"Drawn by federal states: {states}. Each state belongs to exactly one of the four parts.",
        ),
    )
    entry.add("sckg:inRegion", term("reg:de")).add("sckg:evidence", term("src:destatis-municipality-register"))


# Municipalities without a point, and the land around the outermost ones, lie within this distance of the others.
_MARGIN_DEGREES = 0.3


def _boxes(build: Build) -> dict[str, str]:
    """The smallest box around the points of each state, with a margin, as a WKT polygon in longitude latitude."""
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in build.tables["cities"]:
        if row["lat"]:
            points[row["state_iso3166_2"]].append((float(row["lon"]), float(row["lat"])))
    boxes = {}
    for state, found in points.items():
        west, south = (min(point[i] for point in found) - _MARGIN_DEGREES for i in (0, 1))
        east, north = (max(point[i] for point in found) + _MARGIN_DEGREES for i in (0, 1))
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        boxes[state] = f"POLYGON(({', '.join(f'{x:.2f} {y:.2f}' for x, y in corners)}))"
    return boxes


def make_cities(build: Build) -> None:
    """Register facts of all cities: name, keys, place, population, area."""
    sheet = build.sheet(
        "cities",
        ("Städte: Registerangaben", "Cities: register facts"),
        "Register facts of cities: name, keys, place, population.\n"
        "# What a source says of a city stands in its record.\n"
        "# Points are those of the populated place in GeoNames, longitude before latitude.",
    )
    kinds = build.tables.by("municipality-kinds", "municipality_type")
    registers = build.tables.by("registers", "code")
    for row in sorted(build.tables["cities"], key=lambda row: build.city[row["ags"]].value):
        german = row["short_name"]
        node, names = build.city[row["ags"]], build.names(row["ags"], german, "")
        build.labels[node] = names
        entry = sheet.entry(node, "sckg:City").label(*names)
        others = [ox.Literal(name, language="de") for name in _names_in_one_language(german)]
        if row["ags"] in build.english:
            others += text("", build.english[row["ags"]]["alt_en"])
        entry.add("skos:altLabel", *others)
        entry.add("sckg:officialName", ox.Literal(row["official_name"]))
        entry.add("sckg:municipalityKey", ox.Literal(row["ags"])).add("sckg:regionalKey", ox.Literal(row["ars"]))
        entry.add("sckg:municipalityKind", term(f"mkd:{kinds[row['municipality_type']]['concept']}"))
        entry.add("sckg:nutsCode", ox.Literal(row["nuts3"]))
        entry.add("sckg:inRegion", term(f"reg:{row['state_iso3166_2'].lower()}"))
        entry.add("sckg:population", typed(row["population"], "xsd:integer"))
        entry.add("sckg:populationDate", typed(row["population_date"], "xsd:date"))
        entry.add("sckg:area", decimal(row["area_km2"]))
        sources = [
            term(f"src:{registers[code]['source']}") for code in row["source"].split(";") if code in registers
        ]
        _make_point(sheet, entry, row)
        _link(entry, row)
        if row["wikidata_qid_confidence"]:
            sources.append(term("src:wikidata"))
        entry.add("sckg:evidence", *sources)
        sheet.sources.update(sources)


def _names_in_one_language(name: str) -> list[str]:
    """The German part of a name in German and Sorbian, as people write it."""
    german, between, _ = name.partition(" / ")
    return [german] if between else []


def _make_point(sheet: Sheet, entry: Entry, row: Row) -> None:
    if not row["lat"]:
        return
    place = ox.NamedNode(f"{entry.subject.value}/centroid")
    entry.add("geo:hasGeometry", place)
    point = sheet.entry(place, "geo:Geometry")
    point.add("geo:asWKT", typed(f"POINT({_trim(row['lon'])} {_trim(row['lat'])})", "geo:wktLiteral"))
    point.add("dct:source", term("src:geonames-cities500"))


def _trim(value: str) -> str:
    return value.rstrip("0").rstrip(".") if "." in value else value


def _link(entry: Entry, row: Row) -> None:
    """Links to others: Wikidata only where the identifier was checked, GeoNames as sure as the match."""
    if row["website"]:
        entry.add("foaf:homepage", web_address(row["website"]))
    if row["wikidata_qid_confidence"]:
        entry.add("skos:exactMatch", term(f"wd:{row['wikidata_qid']}"))
    entry.add("skos:exactMatch", ox.NamedNode(f"{_KEY}/municipalityKey/{row['ags']}"))
    if row["geonames_id"]:
        match = "skos:exactMatch" if row["geonames_match"] == "high" else "skos:closeMatch"
        entry.add(match, ox.NamedNode(f"https://sws.geonames.org/{row['geonames_id']}/"))


def make_members(build: Build) -> None:
    """Districts, utilities, associations, foreign cities and others that rows name as members."""
    sheet = build.sheet(
        "register-members",
        ("Landkreise und andere Mitglieder", "Districts and other members"),
        "Members of networks and programmes that are no city of the register.",
    )
    used: dict[tuple[str, ...], Row] = {}
    for row in build.tables["memberships"]:
        used.setdefault(member_key(row), row)
    for key, found in sorted(build.members.items(), key=lambda item: item[1]["iri"]):
        node = ox.NamedNode(found["iri"])
        if key not in used or node in sheet.entries:
            continue
        build.labels[node] = (found["name_de"], found["name_en"])
        entry = sheet.entry(node, found["class"]).label(*build.labels[node])
        if found["district_key"]:
            entry.add("skos:notation", ox.Literal(found["district_key"]))
        if found["country"]:
            entry.add("sckg:countryCode", ox.Literal(found["country"]))
        if found["region"] and found["class"] != "org:Organization":
            entry.add("sckg:inRegion", ox.NamedNode(found["region"]))
        if found["member_kind"] == "utility":
            entry.add("sckg:basedIn", build.city[found["member_ags"]])
        entry.add("sckg:evidence", *build.evidence(used[key], sheet))


def is_city(node: ox.NamedNode) -> bool:
    """Whether an IRI is that of a city."""
    return node.value.startswith(f"{ID}city/")
