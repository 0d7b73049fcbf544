"""The registers: what is committed is what the tool makes; faults stop it; the counts and facts are right."""

import csv
import shutil
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from tools.registers.__main__ import main, make_files, write_all
from tools.registers.kept import is_made
from tools.registers.tables import RegisterError

from cases import ROOT

BASE = "https://w3id.org/smartcity-kg/"
TODAY = date(2026, 11, 22)
PREFIXES = {
    "sckg": f"{BASE}ontology#",
    "prog": f"{BASE}id/programme/",
    "comp": f"{BASE}id/competition/",
    "city": f"{BASE}id/city/",
    "src": f"{BASE}id/source/",
    "org": "http://www.w3.org/ns/org#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}


@pytest.fixture(scope="module")
def graph() -> ox.Store:
    """All data as they stand."""
    store = ox.Store()
    for path in sorted((ROOT / "data").rglob("*.ttl")):
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    return store


def rows(graph: ox.Store, query: str) -> list[tuple[str, ...]]:
    found = graph.query(query, prefixes=PREFIXES)
    assert isinstance(found, ox.QuerySolutions)
    return sorted(tuple(str(getattr(value, "value", "")).removeprefix(BASE) for value in row) for row in found)


def count(graph: ox.Store, pattern: str) -> int:
    return int(rows(graph, f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ {pattern} }}")[0][0])


# Made from the tables


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """What the tool makes from the tables."""
    return make_files(today=TODAY)


def test_what_is_committed_is_what_the_tool_makes(made: dict[str, str]) -> None:
    assert len(made) >= 15
    out_of_date = [name for name, text in made.items() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert out_of_date == [], "run python -m tools.registers"


def test_no_other_file_looks_made(made: dict[str, str]) -> None:
    there = {f"data/shared/{path.name}" for path in (ROOT / "data" / "shared").glob("*.ttl") if is_made(path)}
    assert there == {name for name in made if name.endswith(".ttl")}


# Faults


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the tool reads."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return tmp_path


def change(project: Path, table: str, key: str, **values: str) -> int:
    """Change the first row whose first cell is `key`; the number of the row."""
    path = project / "data" / "sources" / table
    with path.open(encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    (place,) = [index for index, line in enumerate(lines) if next(iter(line.values())) == key]
    lines[place] |= values
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return place + 2


FAULTS = {
    "unknown key": ("memberships.csv", "M0001", {"member_ags": "05999999"}, "unknown municipality key"),
    "unknown key of an award": ("awards.csv", "A001", {"city_ags": "02999999"}, "unknown municipality key"),
    "undescribed network": ("memberships.csv", "M0200", {"organisation_id": "N-NOBODY"}, "no described network"),
    "slug twice": ("city-slugs.csv", "01003000", {"slug": "kiel"}, "is given to row 2 as well"),
    "no slug": ("city-slugs.csv", "01003000", {"slug": "Lübeck"}, "is no slug"),
    "outside": ("cities.csv", "01002000", {"lat": "56.5", "lon": "4.0"}, "lies outside Germany"),
    "at sea": ("cities.csv", "01002000", {"lat": "54.6", "lon": "6.9"}, "at sea or mistyped"),
    "unknown role": ("memberships.csv", "M0200", {"role": "friend"}, "stands neither in roles.csv nor"),
    "unknown rank": ("awards.csv", "A001", {"rank": "first"}, "stands not in outcomes.csv"),
    "no number": ("cities.csv", "01002000", {"lat": "north"}, "lies outside Germany"),
    "future start": ("memberships.csv", "M0001", {"start": "2027-01"}, "lies in the future"),
    "future population": ("cities.csv", "01002000", {"population_date": "2030-12-31"}, "lies in the future"),
    "future reading": ("networks.csv", "N-DST", {"retrieved": "2026-11-23"}, "lies in the future"),
    "no date": ("memberships.csv", "M0001", {"start": "July 2019"}, "is no date"),
    "end before start": ("memberships.csv", "M0001", {"start": "2019", "end": "2018"}, "lies before"),
    "wrong regional key": ("cities.csv", "01002000", {"ars": "010030000000"}, "does not belong to"),
    "no population": ("cities.csv", "01002000", {"population": ""}, "is no number"),
    "unknown kind": ("cities.csv", "01002000", {"municipality_type": "Dorf"}, "unknown kind of municipality"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_with_its_row_and_nothing_is_written(case: str, project: Path) -> None:
    table, key, values, message = FAULTS[case]
    row = change(project, table, key, **values)
    before = {path: path.read_bytes() for path in project.rglob("*.ttl")}
    with pytest.raises(RegisterError) as caught:
        make_files(project, TODAY)
    assert f"{table}, row {row}: " in str(caught.value)
    assert message in str(caught.value)
    assert {path: path.read_bytes() for path in project.rglob("*.ttl")} == before


def test_the_command_says_which_row_and_that_nothing_was_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = change(project, "memberships.csv", "M0001", member_ags="05999999")
    assert main(["--project", str(project)]) == 2
    told = capsys.readouterr().err
    assert f"memberships.csv, row {row}: unknown municipality key" in told
    assert "Nothing was written." in told


def test_the_command_writes_what_is_out_of_date_and_only_that(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "docs" / "registers", project / "docs" / "registers")
    target = project / "data" / "shared" / "register-networks.ttl"
    whole = target.read_bytes()
    target.write_text("", encoding="utf-8")
    assert main(["--check", "--project", str(project)]) == 1
    assert "register-networks.ttl is out of date" in capsys.readouterr().err
    assert main(["--project", str(project)]) == 0
    assert capsys.readouterr().out.startswith("1 of ")
    assert target.read_bytes() == whole


def test_a_municipality_given_twice_is_named(project: Path) -> None:
    path = project / "data" / "sources" / "cities.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    with pytest.raises(RegisterError, match=rf"cities.csv, row {len(lines) + 1}: .* stands also in row 2"):
        make_files(project, TODAY)


def test_all_faults_are_named_at_once(project: Path) -> None:
    change(project, "memberships.csv", "M0001", member_ags="05999999")
    change(project, "awards.csv", "A001", year="2031")
    with pytest.raises(RegisterError) as caught:
        make_files(project, TODAY)
    assert len(str(caught.value).splitlines()) >= 2


def test_a_file_that_cannot_be_written_leaves_all_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("old", encoding="utf-8")
    (tmp_path / "blocked").write_text("a file, no folder", encoding="utf-8")
    with pytest.raises(OSError, match="blocked"):
        write_all({"a.ttl": "new", "blocked/b.ttl": "new"}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ttl", "blocked"]
    assert (tmp_path / "a.ttl").read_text(encoding="utf-8") == "old"


# Counts


def test_every_row_is_carried() -> None:
    with (ROOT / "docs" / "registers" / "rows.csv").open(encoding="utf-8", newline="") as handle:
        carried = list(csv.DictReader(handle))
    numbers = {"networks": 81, "programmes": 32, "memberships": 1129, "awards": 115}
    assert {table: sum(1 for row in carried if row["table"] == table) for table in numbers} == numbers
    assert len({(row["table"], row["id"]) for row in carried}) == sum(numbers.values())
    assert all(row["entry"].startswith("id/") for row in carried)


def test_what_carries_a_row_is_described(graph: ox.Store) -> None:
    with (ROOT / "docs" / "registers" / "rows.csv").open(encoding="utf-8", newline="") as handle:
        entries = {row["entry"] for row in csv.DictReader(handle)}
    described = {row[0] for row in rows(graph, "SELECT DISTINCT ?x { ?x a ?kind }")}
    assert entries - described == set()


def test_cities(graph: ox.Store) -> None:
    assert count(graph, "?x a sckg:City") == 2491
    for name in ("municipalityKey", "regionalKey", "officialName", "population", "area", "nutsCode", "inRegion"):
        assert count(graph, f"?x a sckg:City ; sckg:{name} ?any") == 2491, name
    assert count(graph, "?x a sckg:FederalState ; sckg:isoCode ?any ; sckg:nutsCode ?code") == 16


def test_slugs_are_those_of_the_list(graph: ox.Store) -> None:
    with (ROOT / "data" / "sources" / "city-slugs.csv").open(encoding="utf-8", newline="") as handle:
        listed = sorted((f"id/city/{row['slug']}", row["ags"]) for row in csv.DictReader(handle))
    assert rows(graph, "SELECT ?x ?key { ?x a sckg:City ; sckg:municipalityKey ?key }") == listed
    assert ("id/city/frankfurt-oder", "12053000") in listed


def test_wikidata_only_where_it_was_checked(graph: ox.Store) -> None:
    with (ROOT / "data" / "sources" / "cities.csv").open(encoding="utf-8", newline="") as handle:
        checked = sum(1 for row in csv.DictReader(handle) if row["wikidata_qid_confidence"])
    linked = '?x a sckg:City ; skos:exactMatch ?q FILTER(CONTAINS(STR(?q), "wikidata.org"))'
    assert count(graph, linked) == checked


def test_no_member_is_a_city_by_accident(graph: ox.Store) -> None:
    for kind in ("District", "SubMunicipality", "ForeignMunicipality"):
        assert count(graph, f"?x a sckg:{kind}") > 0
        assert count(graph, f"?x a sckg:{kind} , sckg:City") == 0
    assert count(graph, "?x a sckg:ForeignMunicipality ; sckg:countryCode ?code") >= 8


# Facts


@pytest.mark.parametrize(("number", "projects"), [("erste", 13), ("zweite", 32), ("dritte", 28)])
def test_model_projects(number: str, projects: int, graph: ox.Store) -> None:
    funded = f"?x a sckg:Funding ; sckg:inProgramme prog:modellprojekte-smart-cities-{number}-staffel"
    assert count(graph, funded) == projects


def test_winners_of_energy_efficient_city(graph: ox.Store) -> None:
    query = (
        "SELECT ?c { ?x sckg:inCompetition comp:energieeffiziente-stadt ; sckg:winner true ; sckg:contestant ?c }"
    )
    cities = ["delitzsch", "essen", "magdeburg", "stuttgart", "wolfhagen"]
    assert rows(graph, query) == [(f"id/city/{city}",) for city in cities]


def test_places_in_the_hrs_city_voting(graph: ox.Store) -> None:
    query = """SELECT ?rank ?c {
        ?x sckg:inCompetition comp:hrs-city-voting-2017 ; sckg:rank ?rank ; sckg:contestant ?c
        FILTER(?rank <= 3) }"""
    assert [row[1] for row in rows(graph, query)] == ["id/city/bremerhaven", "id/city/magdeburg", "id/city/kiel"]
    assert rows(graph, "SELECT ?n { comp:hrs-city-voting-2017 sckg:fieldSize ?n }") == [("44",)]


def test_winner_of_digital_city(graph: ox.Store) -> None:
    query = """SELECT ?c {
        ?x sckg:inCompetition comp:wettbewerb-digitale-stadt ; sckg:winner true ; sckg:contestant ?c }"""
    assert rows(graph, query) == [("id/city/darmstadt",)]
    assert count(graph, "?x sckg:inCompetition comp:wettbewerb-digitale-stadt") == 14


def test_cities_of_the_atlas(graph: ox.Store) -> None:
    assert count(graph, "src:bitkom-smart-city-atlas-2019 sckg:portrays ?x") == 50


def test_each_membership_stands_once(graph: ox.Store) -> None:
    twice = "?x org:member ?m ; org:organization ?n . ?y org:member ?m ; org:organization ?n FILTER(?x != ?y)"
    assert count(graph, twice) == 0


def test_what_is_concluded_is_marked(graph: ox.Store) -> None:
    with (ROOT / "data" / "sources" / "memberships.csv").open(encoding="utf-8", newline="") as handle:
        inferred = {row["membership_id"] for row in csv.DictReader(handle) if row["explicitness"] == "inferred"}
    with (ROOT / "docs" / "registers" / "rows.csv").open(encoding="utf-8", newline="") as handle:
        entries = {row["id"]: row for row in csv.DictReader(handle) if row["id"] in inferred}
    marked = {row[0] for row in rows(graph, "SELECT ?x { ?x sckg:certainty ?c }")}
    left = {
        key
        for key, row in entries.items()
        if row["entry"] not in marked
        and f"id/claim/{key.lower()}" not in marked
        and not row["remark"].startswith("kept")
    }
    assert len(inferred) >= 40
    assert left == set()


def test_contradictions_have_two_sides(graph: ox.Store) -> None:
    assert count(graph, "?x sckg:contradicts ?y") >= 12
    query = """SELECT ?x ?y { ?x sckg:contradicts ?y
        FILTER NOT EXISTS { ?x sckg:evidence ?one . ?y sckg:evidence ?two } }"""
    assert rows(graph, query) == []
