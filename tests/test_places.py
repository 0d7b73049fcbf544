"""Findings have a place: a record with slips, each of which must be shown at the very word.

The slips are put into a real record, all at once; «…» marks the word that a reader expects to be led to.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import ROOT, sample_project
from smartcity_kg.errors import close_matches
from smartcity_kg.formats import json as json_format
from smartcity_kg.formats import text as text_format
from smartcity_kg.project import Project
from smartcity_kg.report import Finding, Report
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF_TYPE, Prefixes
from smartcity_kg.turtle.parse import Document, parse_turtle
from smartcity_kg.turtle.positions import Place, Positions
from smartcity_kg.validate import Checker, check_files
from smartcity_kg.validate.hints import Suggestions
from smartcity_kg.validate.places import find_place
from smartcity_kg.verdict import Verdict

RECORD = ROOT / "data" / "cities" / "magdeburg.ttl"


@dataclass(frozen=True)
class Slip:
    """What stands in the record, what is put there, and what must be found: the rule, and what is suggested."""

    rule: str
    old: str
    new: str
    suggestion: str = ""


SLIPS = {
    "unknown property": Slip(
        "C-79",
        old="sckg:mandates md:smart-city-konzept",
        new="«sckg:mandats» md:smart-city-konzept",
        suggestion="sckg:mandates",
    ),
    "property by its German name": Slip(
        "C-79",
        old="sckg:ledBy md:dezernat-wirtschaft ;\n    sckg:fieldOfAction fld:smart-city",
        new="sckg:ledBy md:dezernat-wirtschaft ;\n    «sckg:Handlungsfeld» fld:smart-city",
        suggestion="sckg:fieldOfAction",
    ),
    "unknown borrowed property": Slip(
        "C-83", old='skos:note "Der Entwurf', new='«skos:noet» "Der Entwurf', suggestion="skos:note"
    ),
    "unknown class": Slip(
        "C-80",
        old="md:risk-measure-fails a sckg:Risk",
        new="md:risk-measure-fails a «sckg:Rizk»",
        suggestion="sckg:Risk",
    ),
    "unknown entry": Slip(
        "C-81",
        old="sckg:mayAriseFrom md:factor-participation",
        new="sckg:mayAriseFrom «md:factor-participatoin»",
        suggestion="city:magdeburg/factor-participation",
    ),
    "unknown city": Slip(
        "C-81", old="sckg:near city:wolfsburg", new="sckg:near «city:wolfsbrug»", suggestion="city:wolfsburg"
    ),
    "unknown concept": Slip(
        "C-35",
        old="fld:economy , fld:tourism ,",
        new="fld:economy , «fld:turism» ,",
        suggestion="fld:tourism",
    ),
    "date that is none": Slip(
        "C-42", old='"2010"^^edtf:EDTF ;\n    sckg:marks', new='«"Ende 2010"^^edtf:EDTF» ;\n    sckg:marks'
    ),
    "computed date": Slip(
        "C-47",
        old='sckg:when "2017-36~"^^edtf:EDTF ;\n    sckg:marks md:mandate-pos',
        new='«sckg:when» "2031-36~"^^edtf:EDTF ;\n    sckg:marks md:mandate-pos',
    ),
    "name without language": Slip("C-04", old='"Mayor"@en', new='"Mayor"@en , «"OB"»'),
    "missing name beside another": Slip(
        "C-01",
        old='skos:prefLabel "Unzureichende Beteiligung"@de , "Insuff',
        new='«skos:prefLabel» "Insuff',
    ),
    "second status": Slip(
        "C-109",
        old="org:organization net:energieeffiziente-stadt ;\n    sckg:status sta:ongoing",
        new="org:organization net:energieeffiziente-stadt ;\n    «sckg:status» sta:ongoing , sta:completed",
    ),
    "missing evidence": Slip(
        "C-68",
        old="md:goal-personal-development a sckg:Goal ;",
        new='md:goal-without-evidence skos:note "x"@de .\n\n«md:goal-without-evidence» a sckg:Goal ;\n'
        '    skos:prefLabel "Ziel"@de , "Goal"@en .\n\nmd:goal-personal-development a sckg:Goal ;',
    ),
    "passage of a section that is none": Slip(
        "C-69", old="sckg:evidence p:funding-1-2 .", new="sckg:evidence «p:fundings-1-2» ."
    ),
    "number as text in a second block": Slip("C-149", old="sckg:amount 5000000.0 ;", new='sckg:amount «"viel"» ;'),
    "link to itself": Slip(
        "C-114",
        old="sckg:counteredBy md:expand-participation",
        new="sckg:counteredBy «md:risk-understanding»",
    ),
}
MARKS = re.compile("[«»]")
MARKED = re.compile("«(.*?)»")


@cache
def marked() -> str:
    """The record with all slips and the marks around the words to be found."""
    text = RECORD.read_text(encoding="utf-8")
    for slip in SLIPS.values():
        if slip.old not in text:
            raise AssertionError(f"the record has changed; it lacks {slip.old!r}")
        text = text.replace(slip.old, slip.new, 1)
    return text


def wanted(slip: Slip) -> Place:
    """Where the marked word of a slip stands, once the marks are taken out."""
    start = marked().index(slip.new) + slip.new.index("«")
    end = marked().index("»", start)
    return Place(*_line_and_column(start), *_line_and_column(end))


def _line_and_column(offset: int) -> tuple[int, int]:
    *before, line = MARKS.sub("", marked()[:offset]).split("\n")
    return len(before) + 1, len(line) + 1


@cache
def project() -> Project:
    """The project under test; it holds the record without slips, which gives way."""
    return Project.at(ROOT)


@cache
def checker() -> Checker:
    """The shapes, ready to check the record among all that it may refer to."""
    others = [path for path in project().data_files if path != RECORD]
    return Checker(project(), [project().read(path) for path in (*project().ontology_files, *others)])


def spoilt(line_end: str = "\n", mark: str = "") -> Document:
    """The record with all slips."""
    text = mark + MARKS.sub("", marked()).replace("\n", line_end)
    return parse_turtle(text.encode(), path="spoilt.ttl")


@cache
def report() -> Report:
    """What is found in the record with all slips."""
    return checker().check([spoilt()]).report


def findings() -> tuple[Finding, ...]:
    """The findings of the report."""
    return report().findings


def place_of(finding: Finding) -> Place:
    """The place of a finding, all of which must be there."""
    assert finding.line and finding.column and finding.end_line and finding.end_column
    return Place(finding.line, finding.column, finding.end_line, finding.end_column)


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_slip_is_shown_at_the_word(slip: Slip) -> None:
    found = [finding for finding in findings() if place_of(finding) == wanted(slip)]
    assert slip.rule in {finding.rule for finding in found}
    if slip.suggestion:
        meant = {finding.suggestion for finding in found if finding.rule == slip.rule}
        assert meant == {project().prefixes.expand(slip.suggestion)}


def test_only_what_nothing_describes_gets_a_suggestion() -> None:
    words = {MARKED.search(slip.new) for slip in SLIPS.values() if slip.suggestion}
    names = {word[1].replace("md:", "city:magdeburg/") for word in words if word}
    values = {project().prefixes.compress(str(getattr(f.value, "value", ""))) for f in findings() if f.suggestion}
    assert values == names


@pytest.mark.parametrize(("line_end", "mark"), [("\r\n", "\ufeff"), ("\r", "")], ids=["CRLF and a mark", "CR"])
def test_line_ends_do_not_matter(line_end: str, mark: str) -> None:
    positions = spoilt(line_end, mark).positions
    assert [find_place(one, positions) for one in findings()] == [place_of(one) for one in findings()]


def test_each_file_has_its_own_places(tmp_path: Path) -> None:
    files = sample_project(tmp_path / "project")
    head = RECORD.read_text(encoding="utf-8").partition("\n\n")[0]
    paths = [tmp_path / "one.ttl", tmp_path / "two.ttl"]
    paths[0].write_text(f"{head}\n\nmd:one a sckg:Rizk .\n", encoding="utf-8")
    paths[1].write_text(f"{head}\n\n\n\nmd:two a sckg:Rizk .\n", encoding="utf-8")
    found = [f for f in check_files(files, paths).report.findings if f.rule == "C-80"]
    line = head.count("\n") + 3
    assert {f.place for f in found} == {f"{paths[0]}:{line}:10", f"{paths[1]}:{line + 2}:10"}


@pytest.mark.parametrize(("language", "question"), [("de", "Meinten Sie {}?"), ("en", "Did you mean {}?")])
def test_report_names_place_and_suggestion(language: str, question: str) -> None:
    place = wanted(SLIPS["unknown property"])
    lines = text_format.write_verdict(
        Verdict(report(), report(), language=language, prefixes=project().prefixes)
    ).splitlines()
    number = next(number for number, line in enumerate(lines) if "sckg:mandats " in line)
    assert lines[number - 1].endswith(
        f"C-79  city:magdeburg/mandate-concept  spoilt.ttl:{place.line}:{place.column}"
    )
    assert lines[number + 1] == f"    {question.format('sckg:mandates')}"


def test_report_as_json_names_place_and_suggestion() -> None:
    found = json.loads(json_format.write_verdict(Verdict(report(), report(), language="de")))["findings"]
    (one,) = [finding for finding in found if (finding["value"] or {}).get("value", "").endswith("#mandats")]
    place = (one["line"], one["column"], one["end_line"], one["end_column"])
    assert place == wanted(SLIPS["unknown property"])
    assert one["suggestion"] == "https://w3id.org/smartcity-kg/ontology#mandates"
    assert next(finding for finding in found if finding["rule"] == "C-36")["suggestion"] is None


# The order of places


def test_places_are_looked_for_only_where_something_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Positions:
        raise AssertionError("nothing was found, so nothing needs a place")

    monkeypatch.setattr(Positions, "of", fail)
    document = parse_turtle(b"<http://e/a> <http://e/b> 1 .", path="a.ttl")
    assert checker().check([document]).report.findings == ()


TEXT = """@prefix e: <http://e/> .
e:a a e:C ; e:p e:x ; e:when "1" .
e:b e:q e:a .
e:x e:far e:y .
"""
DOCUMENT = parse_turtle(TEXT.encode(), path="a.ttl")


def e(name: str) -> ox.NamedNode:
    """A name in the namespace of the text."""
    return ox.NamedNode(f"http://e/{name}")


@pytest.mark.parametrize(
    ("focus", "path", "value", "line", "word"),
    [
        ("a", "p", "x", 2, "e:x"),
        ("a", None, "x", 2, "e:x"),
        ("a", None, "b", 3, "e:b"),
        ("a", None, "y", 4, "e:y"),
        ("a", None, "far", 4, "e:far"),
        ("a", "p", None, 2, "e:p"),
        ("a", "p", "p", 2, "e:p"),
        ("a", "p", "other", 2, "e:p"),
        ("a", "derived", "computed", 2, '"1"'),
        ("a", "missing", None, 2, "e:a"),
        ("a", None, "a", 2, "e:a"),
        ("y", None, None, 4, "e:y"),
        ("y", "missing", "b", 4, "e:y"),
        ("nowhere", "missing", "b", 3, "e:b"),
        ("nowhere", None, None, 1, ""),
    ],
)
def test_order_of_places(focus: str, path: str | None, value: str | None, line: int, word: str) -> None:
    parts = [None if name is None else e(name) for name in (path, value)]
    finding = Finding("", "warning", e(focus), parts[0], parts[1], {}, {}, "a.ttl")
    place = find_place(finding, DOCUMENT.positions, {e("derived"): frozenset({e("when")})})
    assert place is not None
    assert place.line == line
    assert TEXT.splitlines()[line - 1][place.column - 1 : place.end_column - 1] == word


@pytest.mark.parametrize(
    ("property_name", "word"),
    [("q", "e:q"), ("r", "("), ("missing", "[")],
)
def test_entry_without_iri(property_name: str, word: str) -> None:
    text = "@prefix e: <http://e/> .\ne:a e:p [\n  e:q 1 ;\n  e:r ( 2 3 ) ] ."
    document = parse_turtle(text.encode(), path="a.ttl")
    objects = {triple.predicate: triple.object for triple in document.triples}
    value = objects[e("r")] if property_name == "r" else None
    finding = Finding("", "warning", objects[e("p")], e(property_name), value, {}, {}, "a.ttl")
    place = find_place(finding, document.positions)
    assert place is not None
    assert text.splitlines()[place.line - 1][place.column - 1 :].startswith(word)


def test_no_place_rather_than_a_wrong_one() -> None:
    other = Positions.of(TEXT, DOCUMENT.triples[1:])
    assert find_place(Finding("", "warning", e("a"), None, None, {}, {}, "a.ttl"), other) is None


# Near misses


def described(*things: tuple[str, str, str]) -> Suggestions:
    """Suggestions among some things: name, class, label."""
    store = EmbeddedStore(Prefixes({}))
    label = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    for name, kind, text in things:
        store.load([ox.Triple(e(name), RDF_TYPE, ox.NamedNode(kind))], graph="http://e/g")
        store.load([ox.Triple(e(name), label, ox.Literal(text, language="de"))], graph="http://e/g")
    return Suggestions(store)


OWL = "http://www.w3.org/2002/07/owl#"


@pytest.mark.parametrize(
    ("value", "path", "meant"),
    [
        ("ledby", "ledby", "ledBy"),
        ("led-by", "led-by", "ledBy"),
        ("gefuehrtVon", "gefuehrtVon", "ledBy"),
        ("Led", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "Lead"),
        ("ledbi", "p", "ledbo"),
        ("ledBy", "p", None),
        ("nothingLikeIt", "p", None),
        ("old", "p", None),
        ("sub/ledby", "sub/ledby", None),
        ("", "p", None),
    ],
)
def test_near_misses_are_of_the_same_kind(value: str, path: str, meant: str | None) -> None:
    suggestions = described(
        ("ledBy", f"{OWL}ObjectProperty", "geführt von"),
        ("Lead", f"{OWL}Class", "Spitze"),
        ("ledbo", "http://e/C", "x"),
    )
    parts = (e("focus"), ox.NamedNode(path) if ":" in path else e(path), e(value))
    found = suggestions.find(Finding("", "violation", *parts, {}, {}, "a.ttl"))
    assert found == (None if meant is None else e(meant))


def test_no_suggestion_for_text_and_for_the_entry_itself() -> None:
    suggestions = described(("entry-1", "http://e/C", "x"))
    text = Finding("", "violation", e("a"), None, ox.Literal("entry-2"), {}, {}, "a.ttl")
    itself = Finding("", "violation", e("entry-2"), None, e("entry-2"), {}, {}, "a.ttl")
    of_it = Finding("", "violation", e("entry-1"), None, e("entry-2"), {}, {}, "a.ttl")
    assert [suggestions.find(finding) for finding in (text, itself, of_it)] == [None, None, None]


def test_likeness_can_be_asked_for() -> None:
    assert close_matches("abcd", ["abxy"], cutoff=0.5) == ("abxy",)
    assert close_matches("abcd", ["abxy"], cutoff=0.7) == ()
