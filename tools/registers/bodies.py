"""Bodies that act, networks, programmes with their rounds, competitions with their editions."""

import pyoxigraph as ox

from tools.registers.build import Build
from tools.registers.entries import Node, Sheet, decimal, term, text, typed
from tools.registers.tables import Row

_CLASSES = {
    "network": "sckg:Network",
    "programme": "sckg:Programme",
    "consortium": "sckg:ProjectConsortium",
    "organisation": "org:Organization",
}


def make_organisations(build: Build) -> None:
    """Bodies that give the money for programmes, run networks or hold competitions."""
    sheet = build.sheet(
        "register-organisations",
        ("Fördernde und betreibende Stellen", "Funders and operators"),
        "Bodies that give the money for programmes, run networks or hold competitions.",
    )
    origin = _origins(build)
    for row in build.tables["organisations"]:
        node = term(f"orga:{row['slug']}")
        if node.value in build.kept.described or node not in origin:
            continue
        entry = sheet.entry(node, row["class"]).label(row["name_de"], row["name_en"])
        if row["abbreviation"]:
            entry.add("skos:altLabel", ox.Literal(row["abbreviation"], language="de"))
        entry.add("sckg:evidence", *build.evidence(origin[node], sheet))


def _origins(build: Build) -> dict[Node, Row]:
    """The row that first names a body: as an actor, or as one side of a contradiction."""
    awards = {row["award"]: row for row in reversed(build.tables["awards"])}
    found: dict[Node, Row] = {}
    for row in build.tables["actors"]:
        found.setdefault(ox.NamedNode(row["iri"]), build.bodies.get(row["id"]) or awards[row["id"]])
    for row in build.tables["contradictions"]:
        if row["datatype"] == "iri":
            found.setdefault(ox.NamedNode(row["object"]), row)
    return found


def make_networks(build: Build) -> None:
    """Networks, and those rows of the list that turned out to be programmes, consortia or organisations."""
    networks = build.sheet(
        "register-networks", ("Netzwerke", "Networks"), "Networks of cities, and bodies that serve them."
    )
    programmes = build.sheet(
        "register-programmes",
        ("Programme und Projektverbünde", "Programmes and project consortia"),
        "Funding programmes with their rounds, initiatives of the European Union, and project consortia.",
    )
    for row in build.tables["networks"]:
        kind, node = build.kind(row["id"]), build.target(row["id"])
        home = networks if kind in {"network", "organisation"} else programmes
        entry = home.entry(node, _CLASSES[kind])
        build.describe(entry, row, build.names(row["id"], row["name_de"], row["name_en"]))
        count, as_of = row["members_count"], row["members_count_asof"]
        if count.isdigit() and kind in {"network", "consortium"}:
            entry.add("sckg:memberCount", typed(count, "xsd:integer"))
            if as_of:
                entry.add("skos:note", *text(f"Mitgliederzahl: Stand {as_of}"))
        elif count:
            entry.add("skos:note", *text(f"Mitglieder: {count}" + (f" (Stand {as_of})" if as_of else "")))
        entry.add("sckg:evidence", *build.evidence(row, home))
        build.carry("networks", row["id"], node)
    for row in build.tables["programmes"]:
        _make_programme(build, row, programmes)


def _make_programme(build: Build, row: Row, sheet: Sheet) -> None:
    kind, node = build.kind(row["id"]), build.target(row["id"])
    names = build.names(row["id"], row["name"], row["name_en"])
    build.labels[node] = names
    by_hand = kind in {"law", "source"}
    build.carry("programmes", row["id"], node, "kept by hand" if by_hand else "")
    if by_hand or kind == "competition":
        return
    is_round = row["kind"] == "programme round"
    entry = sheet.entry(node, "sckg:ProgrammeRound" if is_round else _CLASSES[kind])
    build.describe(entry, row, names)
    if is_round:
        entry.add("sckg:roundOf", build.target(row["id"].rpartition("-")[0]))
    if row["amount_eur"]:
        entry.add("sckg:amount", decimal(row["amount_eur"])).add("sckg:currency", ox.Literal("EUR"))
    for word, column in (("Bewerbungen", "applicants"), ("Ausgewählt", "selected")):
        if row[column]:
            entry.add("skos:note", *text(f"{word}: {row[column]}"))
    entry.add("sckg:evidence", *build.evidence(row, sheet))


def make_competitions(build: Build) -> None:
    """Competitions, prizes and rankings, with their yearly editions."""
    sheet = build.sheet(
        "register-competitions",
        ("Wettbewerbe, Preise und Ranglisten", "Competitions, prizes and rankings"),
        "Competitions with their yearly editions. How a city fared is a result of its own.",
    )
    for row in build.tables["programmes"]:
        if build.kind(row["id"]) == "competition":
            _make_competition(build, row, sheet)
    for row in build.tables["awards"]:
        _make_edition(build, row, sheet)


def _make_competition(build: Build, row: Row, sheet: Sheet) -> None:
    entry = sheet.entry(build.target(row["id"]), "sckg:Competition")
    build.describe(entry, row, build.names(row["id"], row["name"], row["name_en"]))
    if row["applicants"].isdigit():
        entry.add("sckg:fieldSize", typed(row["applicants"], "xsd:integer"))
    if row["selected"].isdigit():
        entry.add("sckg:winnerCount", typed(row["selected"], "xsd:integer"))
    elif row["selected"]:
        entry.add("skos:note", *text(f"Ausgewählt: {row['selected']}"))
    entry.add("sckg:evidence", *build.evidence(row, sheet))


def _make_edition(build: Build, row: Row, sheet: Sheet) -> None:
    """The edition that a row of the awards belongs to, and the series of the editions."""
    edition = build.target(f"{row['award']} {row['year']}")
    entry = sheet.entry(edition, "sckg:Competition")
    sources = build.evidence(row, sheet)
    series = build.slugs.get(row["award"])
    if series is not None and series["iri"] != edition.value:
        whole = sheet.entry(ox.NamedNode(series["iri"]), "sckg:Competition")
        german, english = build.names(row["award"], row["award"], "")
        build.labels.setdefault(edition, (f"{german} {row['year']}", f"{english} {row['year']}"))
        whole.label(german, english).add("sckg:evidence", *sources[:1])
        entry.label(*build.labels[edition])
        for relation, actor in build.actors[row["award"]]:
            whole.add(f"sckg:{relation}", actor)
            entry.add(f"sckg:{relation}", actor)
        entry.add("sckg:editionOf", whole.subject).add("sckg:when", typed(row["year"], "edtf:EDTF"))
    if row["entrants"]:
        entry.add("sckg:fieldSize", typed(row["entrants"], "xsd:integer"))
    entry.add("sckg:evidence", *sources)
