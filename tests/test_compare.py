"""What changed from one file to another: by content, in words, in both languages."""

import json
import re
import subprocess
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cases import ROOT
from smartcity_kg.compare import Comparison, compare
from smartcity_kg.edtf import in_words
from smartcity_kg.errors import InputError
from smartcity_kg.formats.changes import write_json, write_text
from smartcity_kg.formats.changes_html import write_html
from smartcity_kg.history import read_revision
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.turtle.blanks import name_by_content
from smartcity_kg.turtle.parse import parse_turtle

if TYPE_CHECKING:
    from conftest import CommandLine

TODAY = date(2026, 11, 22)
HEAD = """\
@prefix cer: <https://w3id.org/smartcity-kg/scheme/certainty/> .
@prefix city: <https://w3id.org/smartcity-kg/id/city/> .
@prefix e: <https://example.org/> .
@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .
@prefix fld: <https://w3id.org/smartcity-kg/scheme/field/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix m: <https://w3id.org/smartcity-kg/id/city/musterstadt/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sckg: <https://w3id.org/smartcity-kg/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sta: <https://w3id.org/smartcity-kg/scheme/status/> .
city:musterstadt skos:prefLabel "Musterstadt"@de , "Sampletown"@en .
"""
NET = 'm:n a org:Membership ; skos:prefLabel "Mitarbeit im Netz"@de , "Work in the network"@en ; sckg:status'
GEO = "city:musterstadt geo:hasGeometry"


def told(old: str | None, new: str, project: Project, store: EmbeddedStore, language: str = "en") -> Comparison:
    """What changed between two bodies of Turtle."""
    before = None if old is None else parse_turtle((HEAD + old).encode(), path="old.ttl")
    after = parse_turtle((HEAD + new).encode(), path="new.ttl")
    return compare(before, after, project, store, language=language)


@dataclass(frozen=True)
class Pair:
    """Two bodies of Turtle, and the lines that must be said in English and German."""

    old: str
    new: str
    en: tuple[str, ...]
    de: tuple[str, ...]


PAIRS = {
    "new": Pair(
        "",
        'm:p a sckg:Project ; skos:prefLabel "Ladenetz"@de , "Charging network"@en ; sckg:status sta:planned .',
        (
            "new project “Charging network” (city:musterstadt/p)",
            "  Name: Ladenetz (de); Charging network (en)",
            "  Status: planned",
            "1 new, 0 changed, 0 removed",
        ),
        (
            "neu: Projekt „Ladenetz“ (city:musterstadt/p)",
            "  Name: Ladenetz (de); Charging network (en)",
            "  Stand: geplant",
            "1 neu, 0 geändert, 0 entfallen",
        ),
    ),
    "gone": Pair(
        'm:r a sckg:Risk ; skos:prefLabel "Kosten"@de , "Costs"@en .',
        "",
        ("removed risk “Costs” (city:musterstadt/r)", "0 new, 0 changed, 1 removed"),
        ("entfallen: Risiko „Kosten“ (city:musterstadt/r)", "0 neu, 0 geändert, 1 entfallen"),
    ),
    "status and date": Pair(
        f"{NET} sta:ongoing .",
        f'{NET} sta:completed ; sckg:throughout "2019/2024"^^edtf:EDTF .',
        (
            "changed membership “Work in the network” (city:musterstadt/n)",
            "  Status: ongoing → completed",
            "  Throughout: 2019/2024 (2019 to 2024)",
        ),
        (
            "geändert: Mitgliedschaft „Mitarbeit im Netz“ (city:musterstadt/n)",
            "  Stand: läuft → abgeschlossen",
            "  Während: 2019/2024 (2019 bis 2024)",
        ),
    ),
    "an end in the past": Pair(
        'm:p sckg:throughout "2019/.."^^edtf:EDTF .',
        'm:p sckg:throughout "2019/2024"^^edtf:EDTF .',
        ("  Throughout: 2019/.. (since 2019) → 2019/2024 (2019 to 2024), ended 2024",),
        ("  Während: 2019/.. (seit 2019) → 2019/2024 (2019 bis 2024), endete 2024",),
    ),
    "an end to come": Pair(
        'm:p sckg:throughout "2019/.."^^edtf:EDTF .',
        'm:p sckg:throughout "2019/2030"^^edtf:EDTF .',
        ("  Throughout: 2019/.. (since 2019) → 2019/2030 (2019 to 2030), ends 2030",),
        ("  Während: 2019/.. (seit 2019) → 2019/2030 (2019 bis 2030), endet 2030",),
    ),
    "a date that is none": Pair(
        'm:p sckg:when "2019"^^edtf:EDTF .',
        'm:p sckg:when "bald"^^edtf:EDTF .',
        ("  When: 2019 → bald",),
        ("  Wann: 2019 → bald",),
    ),
    "one of several": Pair(
        "m:p sckg:fieldOfAction fld:energy , fld:mobility .",
        "m:p sckg:fieldOfAction fld:energy , fld:retail , fld:economy .",
        ("  Field of action: removed mobility; added economy; added retail",),
        ("  Handlungsfeld: entfallen Mobilität; neu Handel; neu Wirtschaft",),
    ),
    "one language": Pair(
        'm:p skos:prefLabel "Alt"@de , "Same"@en .',
        'm:p skos:prefLabel "Neu"@de , "Same"@en .',
        ("changed entry “Same” (city:musterstadt/p)", "  Name: Alt (de) → Neu (de)"),
        ("geändert: Eintrag „Neu“ (city:musterstadt/p)", "  Name: Alt (de) → Neu (de)"),
    ),
    "another class": Pair(
        "m:p a sckg:Measure .",
        "m:p a sckg:Project .",
        ("changed project “city:musterstadt/p”", "  Kind: measure → project"),
        ("geändert: Projekt „city:musterstadt/p“", "  Art: Maßnahme → Projekt"),
    ),
    "the narrowest class": Pair(
        "",
        "m:p a sckg:Initiative , sckg:Project .",
        ("new project “city:musterstadt/p”",),
        ("neu: Projekt „city:musterstadt/p“",),
    ),
    "a claim": Pair(
        "",
        "m:c a rdf:Statement ; rdf:subject city:musterstadt ; rdf:predicate sckg:when ; rdf:object sta:planned .",
        ("new claim “Sampletown – When – planned” (city:musterstadt/c)",),
        ("neu: Belegte Verbindung „Musterstadt – Wann – geplant“ (city:musterstadt/c)",),
    ),
    "escapes": Pair(
        'm:p skos:note "a"@de .',
        'm:p skos:note "z\\u001b[31m\\n\\u202Eb\\"<b>&"@de .',
        ('  Note: a (de) → z\\x1b[31m\\n\\u202eb"<b>& (de)',),
        ('  Anmerkung: a (de) → z\\x1b[31m\\n\\u202eb"<b>& (de)',),
    ),
    "inside a blank node": Pair(
        f'{GEO} [ geo:asWKT "POINT(1 2)" ] .',
        f'{GEO} [ geo:asWKT "POINT(1 3)" ] .',
        ("  Point on the map: [as WKT: POINT(1 2)] → [as WKT: POINT(1 3)]",),
        ("  Punkt auf der Karte: [als WKT: POINT(1 2)] → [als WKT: POINT(1 3)]",),
    ),
    "a blank node on top": Pair(
        "",
        '[] skos:prefLabel "Ohne IRI"@de .',
        ("new entry “[Name: Ohne IRI]”",),
        ("neu: Eintrag „[Name: Ohne IRI]“",),
    ),
    "a term renamed by the file": Pair(
        "m:p sckg:status sta:ongoing .",
        'm:p sckg:status sta:planned . sta:planned skos:prefLabel "ongoing"@en , "läuft"@de .',
        ("  Status: ongoing → planned",),
        ("  Stand: läuft → geplant",),
    ),
}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", PAIRS)
def test_changes_are_told_in_words(name: str, language: str, project: Project, embedded: EmbeddedStore) -> None:
    pair = PAIRS[name]
    said = write_text(told(pair.old, pair.new, project, embedded, language), today=TODAY).splitlines()
    for line in getattr(pair, language):
        assert line in said


SAME = {
    "layout and order": ("m:p a sckg:Project ; e:q 1 , 2 .", "m:p e:q 2 .\n\nm:p e:q 1 ; a sckg:Project ."),
    "prefixes": ("m:p e:q 1 .", "@prefix x: <https://example.org/> . m:p x:q 1 ."),
    "spelling of a literal": ('m:p e:q "ä\\"" .', "m:p e:q 'ä\"' ."),
    "labels": (f'{GEO} _:a . _:a e:q "x" .', f'{GEO} _:zz . _:zz e:q "x" .'),
    "brackets": (f"{GEO} [ e:q [ e:r 1 ] ] .", f"_:b e:r 1 . _:a e:q _:b . {GEO} _:a ."),
    "two that say the same": ("m:p e:q [ e:r 1 ] , [ e:r 1 ] .", "m:p e:q _:a , _:b . _:b e:r 1 . _:a e:r 1 ."),
    "a ring": ("_:a e:q _:b . _:b e:q _:c . _:c e:q _:a .", "_:x e:q _:z . _:z e:q _:y . _:y e:q _:x ."),
    "a list": ("m:p e:q ( 1 2 3 ) .", "m:p e:q ( 1 2 3 ) ."),
    "said twice": ("m:p e:q 1 .", "m:p e:q 1 , 1 ."),
}


@pytest.mark.parametrize("name", SAME)
def test_same_content_is_no_change(name: str, project: Project, embedded: EmbeddedStore) -> None:
    found = told(*SAME[name], project, embedded)
    assert write_text(found) == "no change\n"


DIFFERENT = {
    "one of two that say the same": ("m:p e:q [ e:r 1 ] , [ e:r 1 ] .", "m:p e:q [ e:r 1 ] ."),
    "a ring of three and one of four": (
        "_:a e:q _:b . _:b e:q _:c . _:c e:q _:a .",
        "_:a e:q _:b . _:b e:q _:c . _:c e:q _:d . _:d e:q _:a .",
    ),
    "who points to which": (
        "m:p e:q [ e:r 1 ] . m:o e:q [ e:r 2 ] .",
        "m:p e:q [ e:r 2 ] . m:o e:q [ e:r 1 ] .",
    ),
    "order of a list": ("m:p e:q ( 1 2 ) .", "m:p e:q ( 2 1 ) ."),
    "type of a literal": ("m:p e:q 1 .", 'm:p e:q "1" .'),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_other_content_is_a_change(name: str, project: Project, embedded: EmbeddedStore) -> None:
    assert not told(*DIFFERENT[name], project, embedded).same


def test_one_blank_node_more_leaves_the_others_alone(project: Project, embedded: EmbeddedStore) -> None:
    old = "".join(f"m:p{n} e:q [ e:r {n} ] . " for n in range(20))
    found = told(old, f"m:p99 e:q [ e:r 99 ] . {old}", project, embedded)
    assert [(change.kind, change.name) for change in found.changes] == [("new", "city:musterstadt/p99")]


def test_blank_nodes_that_look_alike_are_refused() -> None:
    """Canonicalising them would take time that grows with all their orders."""
    nodes = [ox.BlankNode(f"n{n}") for n in range(12)]
    link = ox.NamedNode("https://example.org/q")
    triples = [ox.Triple(one, link, other) for one in nodes for other in nodes if one != other]
    with pytest.raises(InputError, match=r"a\.ttl: some of 12 blank nodes cannot be told apart"):
        name_by_content(triples, path="a.ttl")


def test_a_few_that_look_alike_are_canonicalised() -> None:
    link = ox.NamedNode("https://example.org/q")
    one, other = ([ox.BlankNode(f"{name}{n}") for n in range(5)] for name in "ab")
    first = [ox.Triple(a, link, b) for a in one for b in one if a != b]
    second = [ox.Triple(a, link, b) for a in reversed(other) for b in other if a != b]
    assert name_by_content(first) == name_by_content(second)


def test_too_many_connected_are_refused() -> None:
    link = ox.NamedNode("https://example.org/q")
    chain = [ox.Triple(ox.BlankNode(f"n{n}"), link, ox.BlankNode(f"n{n + 1}")) for n in range(6_000)]
    with pytest.raises(InputError, match="3,001 blank nodes are connected"):
        name_by_content(chain[:3_000])
    with pytest.raises(InputError, match="there are 6,001 blank nodes"):
        name_by_content(chain)


def test_a_long_chain_is_told_apart() -> None:
    link = ox.NamedNode("https://example.org/q")
    chain = [ox.Triple(ox.BlankNode(f"n{n}"), link, ox.BlankNode(f"n{n + 1}")) for n in range(300)]
    turned = [ox.Triple(ox.BlankNode(f"x{n}"), link, ox.BlankNode(f"x{n + 1}")) for n in reversed(range(300))]
    assert name_by_content(chain) == name_by_content(turned)


# Formats


def three_edits(text: str) -> str:
    """The record of Ulm with a new status, without a team, and with a project more."""
    start = text.index("ulm:team-it a ")
    text = text[:start] + text[text.index("ulm:digital-hub a ") :]
    place = text.index("sckg:status sta:ongoing", text.index("ulm:digitalisierungskonzept a "))
    text = text[:place] + text[place:].replace("sta:ongoing", "sta:completed", 1)
    return text + '\nulm:neu a sckg:Project ; skos:prefLabel "Neues <b>Netz</b>"@de , "New <b>net</b>"@en .\n'


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The record of Ulm with three edits."""
    path = tmp_path / "edited.ttl"
    path.write_text(three_edits((ROOT / "data/cities/ulm.ttl").read_text(encoding="utf-8")), encoding="utf-8")
    return path


def test_three_edits_of_a_record(run: "CommandLine", edited: Path) -> None:
    result = run("compare", "data/cities/ulm.ttl", str(edited), "--lang", "de")
    assert (result.code, result.err) == (1, "")
    assert re.findall(r"^\S.*$", result.out, re.MULTILINE) == [
        "neu: Projekt „Neues <b>Netz</b>“ (city:ulm/neu)",
        "geändert: Strategie oder Plan „Städtisches Digitalisierungskonzept“ (city:ulm/digitalisierungskonzept)",
        "entfallen: Organisationseinheit „Team IT“ (city:ulm/team-it)",
        "1 neu, 1 geändert, 1 entfallen",
    ]
    assert "  Stand: läuft → abgeschlossen\n" in result.out


def test_json(run: "CommandLine", edited: Path) -> None:
    result = run("compare", "data/cities/ulm.ttl", str(edited), "--format", "json")
    found = json.loads(result.out)
    assert (result.code, found["same"], found["counts"]) == (1, False, {"new": 1, "changed": 1, "gone": 1})
    assert (found["old"], found["new"]) == ("data/cities/ulm.ttl", str(edited))
    [changed] = [change for change in found["changes"] if change["kind"] == "changed"]
    [status] = changed["properties"]
    assert status["gone"][0]["label"] == "ongoing"
    assert status["come"][0]["value"].endswith("/scheme/status/completed")


class _Page(HTMLParser):
    """The elements that a page opens and closes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.seen.add(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_whole_and_escaped(run: "CommandLine", edited: Path) -> None:
    result = run("compare", "data/cities/ulm.ttl", str(edited), "--format", "html", "--lang", "de")
    page = _Page()
    page.feed(result.out)
    page.close()
    assert page.open == []
    assert "Neues <b>Netz</b>" in page.text
    assert not page.seen & {"b", "script", "img", "link"}
    assert '<html lang="de">' in result.out
    assert "@media print" in result.out


def test_every_output_is_the_same_each_time(project: Project, embedded: EmbeddedStore) -> None:
    pair = PAIRS["one of several"]
    first, second = (told(pair.old, pair.new, project, embedded) for _ in range(2))
    assert write_json(first) == write_json(second)
    assert write_html(first, today=TODAY) == write_html(second, today=TODAY)


def test_nothing_before(project: Project, embedded: EmbeddedStore) -> None:
    found = told(None, "", project, embedded)
    assert [change.kind for change in found.changes] == ["new"]


# The command


def test_same_file(run: "CommandLine") -> None:
    result = run("compare", "data/cities/ulm.ttl", "data/cities/ulm.ttl", "--lang", "de")
    assert (result.code, result.out) == (0, "keine Änderung\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"m:p a", "prefix"), (b"\xff", "UTF-8"), (b"", "empty"), (None, "there is no such file")],
)
def test_unreadable_file(run: "CommandLine", tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "broken.ttl"
    if content is not None:
        path.write_bytes(content)
    for files in ((str(path), "data/cities/ulm.ttl"), ("data/cities/ulm.ttl", str(path))):
        result = run("compare", *files)
        assert (result.code, result.out) == (3, "")
        assert message in result.err


@pytest.mark.parametrize("arguments", [(), ("a.ttl",), ("a.ttl", "b.ttl", "c.ttl"), ("--since", "x", "a", "b")])
def test_wrong_number_of_files(run: "CommandLine", arguments: tuple[str, ...]) -> None:
    assert run("compare", *arguments).code == 2


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a file of two revisions, and a file that stands beside it uncommitted."""
    folder = tmp_path / "repository"
    (folder / "data").mkdir(parents=True)
    git(folder, "init", "--quiet")
    for number in (1, 2):
        body = f'm:p a sckg:Project ; skos:prefLabel "Ladenetz"@de ; e:q {number} .'
        (folder / "data" / "a.ttl").write_text(HEAD + body, encoding="utf-8")
        git(folder, "add", "data/a.ttl")
        git(folder, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", str(number))
    (folder / "data" / "b.ttl").write_text(f"{HEAD}m:o a sckg:Risk .", encoding="utf-8")
    return folder


def git(folder: Path, *arguments: str) -> None:
    """Call git in a folder."""
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def test_since_a_revision(run: "CommandLine", repository: Path) -> None:
    file = str(repository / "data" / "a.ttl")
    assert run("compare", "--since", "HEAD", file).out == "no change\n"
    result = run("compare", "--since", "HEAD~1", file)
    assert result.code == 1
    assert "  e:q: 1 → 2\n" in result.out


def test_since_a_revision_without_the_file(run: "CommandLine", repository: Path) -> None:
    result = run("compare", "--since", "HEAD", str(repository / "data" / "b.ttl"))
    assert result.code == 1
    assert result.out.endswith("2 new, 0 changed, 0 removed\n")


@pytest.mark.parametrize("revision", ["nothing", "--output=x", "HEAD:data/a.ttl", "", "HEAD HEAD", "HEAD^{tree}"])
def test_no_such_revision(run: "CommandLine", repository: Path, revision: str) -> None:
    result = run("compare", "--since", revision, str(repository / "data" / "a.ttl"))
    assert result.code == 3
    assert "does not name a revision" in result.err


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError, match="in no git repository"):
        read_revision("HEAD", tmp_path / "a.ttl")
    with pytest.raises(InputError, match="no such folder"):
        read_revision("HEAD", tmp_path / "gone" / "a.ttl")


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="git is not installed"):
        read_revision("HEAD", tmp_path / "a.ttl")


def test_git_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 20\n", encoding="utf-8")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("smartcity_kg.history.SECONDS", 0.2)
    with pytest.raises(InputError, match=r"git did not answer within 0\.2 seconds"):
        read_revision("HEAD", tmp_path / "a.ttl")


@pytest.mark.parametrize(
    ("edtf", "en", "de"),
    [
        ("2017", "2017", "2017"),
        ("2017-03", "March 2017", "März 2017"),
        ("2019-03-09", "9 March 2019", "9. März 2019"),
        ("2017-36~", "about quarter 4 of 2017", "etwa 4. Quartal 2017"),
        ("2019-40", "half 1 of 2019", "1. Halbjahr 2019"),
        ("2019-41?", "perhaps half 2 of 2019", "vielleicht 2. Halbjahr 2019"),
        ("2016%", "perhaps about 2016", "vielleicht etwa 2016"),
        ("../2025", "until 2025", "bis 2025"),
        ("2015-03/..", "since March 2015", "seit März 2015"),
        ("2015-03/2018-06", "March 2015 to June 2018", "März 2015 bis Juni 2018"),
    ],
)
def test_dates_in_words(edtf: str, en: str, de: str) -> None:
    assert (in_words(edtf), in_words(edtf, "de")) == (en, de)
