"""The policy: what a file from outside may say, and about what; each refusal with its rule and place."""

from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import ROOT, cases
from conftest import CommandLine
from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.turtle.parse import Document, parse_turtle, read_turtle
from smartcity_kg.validate import validate_files
from smartcity_kg.validate.lookalike import plain
from smartcity_kg.validate.messages import read_rules
from smartcity_kg.validate.policy import Policy, visible

BASE = "https://w3id.org/smartcity-kg/"
HEAD = f"""@prefix c: <{BASE}id/city/> .
@prefix o: <{BASE}id/city/coburg/> .
@prefix sckg: <{BASE}ontology#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
<{BASE}doc/city/coburg> foaf:primaryTopic c:coburg .
"""
LINE = HEAD.count("\n") + 1
RECORDS = cases("data/cities", "*.ttl", at_least=13)


@cache
def policy() -> Policy:
    project = Project.at(ROOT)
    shared = [path for path in project.data_files if path.parent.name == "shared"]
    return Policy(project, [project.read(path) for path in (*shared, *project.ontology_files)])


def found(text: str) -> list[Finding]:
    return policy().check(parse(HEAD + text))


def parse(text: str) -> Document:
    return parse_turtle(text.encode(), path="coburg.ttl")


HIJACKS = [
    ("subject", "c:ulm dct:title 'x' .", "C-78", 0, 1),
    ("thing of another city", f"<{BASE}id/city/ulm/amt> dct:title 'x' .", "C-78", 0, 1),
    ("document of another city", f"<{BASE}doc/city/ulm> dct:title 'x' .", "C-78", 0, 1),
    ("shared document", f"<{BASE}doc/shared/networks> dct:title 'x' .", "C-78", 0, 1),
    ("city whose slug begins alike", f"<{BASE}id/city/coburg-land> dct:title 'x' .", "C-78", 0, 1),
    ("portrait of another city", f"<{BASE}id/portrait/bitkom-ulm-2019> dct:title 'x' .", "C-78", 0, 1),
    ("passage of another city", f"<{BASE}id/portrait/bitkom-ulm-2019#intro-1> dct:title 'x' .", "C-78", 0, 1),
    ("base", f"@base <{BASE}id/city/> .\n<ulm> dct:title 'x' .", "C-78", 1, 1),
    ("prefix", f"@prefix o: <{BASE}id/city/ulm/> .\no:amt dct:title 'x' .", "C-78", 1, 1),
    ("percent-encoding", f"<{BASE}id/city/%75lm> dct:title 'x' .", "C-78", 0, 1),
    ("percent-encoding of the own path", f"<{BASE}id/city/cob%75rg> dct:title 'x' .", "C-78", 0, 1),
    ("percent-encoding twice", f"<{BASE}id/city/%2575lm> dct:title 'x' .", "P-04", 0, 1),
    ("dot segments", f"<{BASE}id/city/coburg/../ulm> dct:title 'x' .", "C-78", 0, 1),
    ("doubled slash", f"<{BASE}id/city/coburg//amt> dct:title 'x' .", "P-04", 0, 1),
    ("case of the host", "<https://W3ID.org/smartcity-kg/id/city/ulm> dct:title 'x' .", "C-78", 0, 1),
    ("case, as a look-alike", "<https://W3ID.org/smartcity-kg/id/city/ulm> dct:title 'x' .", "P-04", 0, 1),
    ("case of the slug", f"<{BASE}id/city/Coburg/amt> dct:title 'x' .", "C-78", 0, 1),
    ("http", "<http://w3id.org/smartcity-kg/id/city/coburg> dct:title 'x' .", "P-04", 0, 1),
    ("port", "o:a dct:source <https://w3id.org:443/smartcity-kg/id/city/coburg> .", "P-04", 0, 16),
    ("punycode", "o:a dct:source <https://xn--w3d-khd.org/smartcity-kg/id/city/ulm> .", "P-04", 0, 16),
    ("Cyrillic letter", "o:a dct:source <https://w3іd.org/smartcity-kg/id/city/ulm> .", "P-04", 0, 16),
    ("Cyrillic letter in a slug", f"o:a dct:source <{BASE}id/city/cоburg> .", "P-04", 0, 16),
    ("list", "o:a dct:relation ( c:ulm ) .", "P-02", 0, 20),
    ("blank node", "o:a dct:relation [ dct:title 'x' ] .", "P-02", 0, 18),
    ("blank node as subject", "[] dct:title 'x' .", "P-02", 0, 1),
    ("claim about another city", "o:a rdf:subject c:ulm .", "C-78", 0, 17),
    ("identity", "o:a owl:sameAs c:ulm .", "P-03", 0, 5),
    ("import", "o:a owl:imports <http://example.org/> .", "P-03", 0, 5),
    ("class of the ontology", "sckg:Goal dct:title 'x' .", "C-78", 0, 1),
    ("new class", "o:Klasse a owl:Class .", "P-03", 0, 12),
    ("own shape", "o:shape sh:deactivated true .", "P-03", 0, 9),
    ("shape of the project", f"<{BASE}shapes#C-79> dct:title 'x' .", "C-78", 0, 1),
    ("concept", f"<{BASE}scheme/status/planned> dct:title 'x' .", "C-78", 0, 1),
    ("foreign host", "<https://example.org/a> dct:title 'x' .", "C-78", 0, 1),
    ("vocabulary", "dct:title dct:title 'x' .", "C-78", 0, 1),
    ("kind of entry that does not exist", f"<{BASE}id/nonsense/x> dct:title 'x' .", "C-78", 0, 1),
    ("shared entry that is described", f"<{BASE}id/org/bmbf> dct:title 'x' .", "P-01", 0, 1),
    ("script", "o:a dct:source <javascript:alert(1)> .", "P-05", 0, 16),
    ("file", "o:a dct:source <file:///etc/passwd> .", "P-05", 0, 16),
    ("urn", "o:a dct:source <urn:isbn:1> .", "P-05", 0, 16),
    ("credentials", "o:a dct:source <https://w3id.org@example.org/> .", "P-05", 0, 16),
    ("override of direction", "o:a dct:title 'a\\u202Eb' .", "P-06", 0, 15),
    ("isolate of direction", "o:a dct:title 'a\u2066b' .", "P-06", 0, 15),
    ("control character", "o:a dct:title 'a\\u0007b' .", "P-06", 0, 15),
    ("unseen character in an IRI", "o:a dct:source <https://example.org/a\u200bb> .", "P-06", 0, 16),
    ("override in a comment", "o:a dct:title 'x' . # \u202eb", "P-06", 0, 23),
    ("isolate in a comment between terms", "o:a # ä'\u2067\n dct:title 'x' .", "P-06", 0, 9),
    ("control character in a comment", "o:a dct:title 'x' .\n#\x07", "P-06", 1, 2),
    ("control character in a prefix", "@prefix q: <http://example.org/\u202e> .", "P-06", 0, 32),
    ("host of this machine", "o:a dct:source <http://localhost:8080/a> .", "P-09", 0, 16),
    ("private address", "o:a dct:source <http://192.168.0.1/> .", "P-09", 0, 16),
    ("own machine by number", "o:a dct:source <http://127.1/> .", "P-09", 0, 16),
    ("own machine, version 6", "o:a dct:source <http://[::1]/> .", "P-09", 0, 16),
    ("name without a dot", "o:a dct:source <https://intranet/plan> .", "P-09", 0, 16),
    ("property of an unknown vocabulary", "o:a <http://example.org/p> 'x' .", "P-10", 0, 5),
    ("class of an unknown vocabulary", "o:a a <http://example.org/C> .", "P-10", 0, 7),
    ("datatype of an unknown vocabulary", "o:a dct:title 'x'^^<http://example.org/D> .", "P-10", 0, 5),
    ("long IRI", f"o:a dct:source <https://example.org/{'a' * 2_100}> .", "P-08", 0, 16),
    ("long text", f"o:a dct:title '{'ä' * 33_000}' .", "P-07", 0, 15),
]


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"), [pytest.param(*case[1:], id=case[0]) for case in HIJACKS]
)
def test_refused_with_rule_and_place(text: str, rule: str, line: int, column: int) -> None:
    finding = next(finding for finding in found(text) if finding.rule == rule)
    assert (finding.level, finding.file) == ("violation", "coburg.ttl")
    assert (finding.line, finding.column) == (LINE + line, column)
    assert set(finding.messages) == set(finding.names) == {"de", "en"}
    assert "{" not in "".join(finding.messages.values())
    assert all(character.isprintable() for character in "".join(finding.messages.values()))


@pytest.mark.parametrize(
    "text",
    [
        "c:coburg dct:title 'x' .",
        "o:amt dct:title 'x' ; dct:relation c:ulm .",
        f"<{BASE}id/portrait/bitkom-coburg-2020> dct:title 'x' .",
        f"<{BASE}id/portrait/bitkom-coburg-2020#intro-1> dct:title 'x' .",
        f"<{BASE}id/org/verein-der-zukunft> dct:title 'x' .",
        f"o:claim rdf:subject <{BASE}id/org/bmbf> .",
        "o:amt dct:source <http://example.org/%C3%A4> , <mailto:amt@example.org> .",
        "o:amt dct:title 'Tür\tund\\nTor 👩‍🔧' .",
        f"o:amt dct:title '{'x' * 60_000}' .",
        f"o:amt dct:title 'POINT({'1' * 70_000} 1)'^^<http://www.opengis.net/ont/geosparql#wktLiteral> .",
    ],
)
def test_allowed(text: str) -> None:
    assert [(finding.rule, finding.messages["en"]) for finding in found(text) if finding.rule != "P-11"] == []


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (f"<{BASE}id/city/ulm/a> a sckg:Goal . <{BASE}id/city/ulm/b> a sckg:Goal .", "coburg"),
        (f"<{BASE}doc/city/ulm> foaf:primaryTopic c:ulm . o:a a sckg:Goal .", "coburg"),
    ],
)
def test_the_record_is_that_of_its_main_topic(text: str, own: str) -> None:
    assert {finding.messages["en"].split("record of ")[1].split(".")[0] for finding in found(text)} == {
        f"city:{own}"
    }


def test_without_a_topic_the_record_is_of_the_city_most_subjects_lie_under() -> None:
    lines = HEAD.splitlines()[:-1]
    text = "\n".join([*lines, "c:ulm dct:title 'x' .", "o:a dct:title 'x' . o:b dct:title 'x' ."])
    assert [str(finding.focus) for finding in policy().check(parse(text))] == [f"<{BASE}id/city/ulm>"]


def test_one_mistake_made_everywhere_fills_no_report() -> None:
    members = " ".join(f"<{BASE}id/city/ulm/{number}> dct:title 'x' ." for number in range(500))
    assert len(found(members)) == 50


def test_a_new_website_is_no_mistake_and_named_once() -> None:
    cited = " , ".join(f"<https://neu.example.org/{number}>" for number in range(3))
    text = f"o:a foaf:homepage {cited} . o:b dct:source {cited} ."
    (finding,) = found(text)
    assert (finding.rule, finding.level, finding.line) == ("P-11", "info", LINE)
    assert "neu.example.org is named here for the first time" in finding.messages["en"]


@pytest.mark.parametrize("value", [f"<{BASE}id/org/bmbf>", "<https://www.wikidata.org/entity/Q1>"])
def test_hosts_that_are_cited_already_are_not_named(value: str) -> None:
    context = parse(f"{HEAD}o:a dct:source {value} .")
    findings = Policy(Project.at(ROOT), [context]).check(parse(f"{HEAD}o:b dct:source {value} ."))
    assert findings == []


def test_websites_of_the_record_that_gives_way_are_known() -> None:
    text = f"{HEAD}o:a dct:source <https://neu.example.org/> ."
    assert [finding.rule for finding in Policy(Project.at(ROOT), []).check(parse(text))][-1] == "P-11"
    assert Policy(Project.at(ROOT), [], replaced=[parse(text)]).check(parse(text)) == []


def test_what_a_comment_says_is_its_own_affair() -> None:
    assert found("o:a dct:title 'x' . # \\u202E \t 👩‍🔧 ä \u00a0 <http://localhost/>") == []


@pytest.mark.parametrize("path", RECORDS)
def test_records_keep_to_the_policy(path: Path) -> None:
    findings = policy().check(read_turtle(path))
    # What a record alone cites is new to whoever has not read it.
    assert [(finding.rule, finding.line) for finding in findings if finding.rule != "P-11"] == []
    assert {finding.level for finding in findings} <= {"info"}


@pytest.mark.parametrize("name", ["magdeburg", "coburg"])
def test_a_record_passes_when_it_is_submitted(name: str, project: Project, tmp_path: Path) -> None:
    copy = tmp_path / f"{name}.ttl"
    copy.write_bytes((ROOT / "data" / "cities" / f"{name}.ttl").read_bytes())
    assert validate_files(project, [copy]).conforms


def test_findings_of_the_policy_come_first_and_those_of_the_shapes_too(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "coburg.ttl"
    path.write_text(f"{HEAD}o:a a sckg:Gaol ; owl:sameAs c:ulm .", encoding="utf-8")
    rules = [finding.rule for finding in validate_files(project, [path]).findings]
    assert rules[0] == "P-03"
    assert "C-80" in rules[1:]


def test_the_shacl_report_has_the_findings_of_the_policy(run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "coburg.ttl"
    path.write_text(f"{HEAD}c:coburg owl:versionInfo 'x' .", encoding="utf-8")
    result = run("validate", str(path), "--format", "turtle")
    assert result.code == 1
    assert "sh:conforms false" in result.out
    assert "shp:P-03" in result.out


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("o:amt sckg:nme 'x' .", [0]),
        ("o:a sckg:nme 1 .\no:b sckg:nme 1 .", [0, 1]),
        ("o:amt a sckg:Project ; sckg:nme 'x' .", []),
        ("c:ulm sckg:nme 'x' .", []),
        (f"<{BASE}id/portrait/x-coburg-2019#intro-1> sckg:nme 'x' .", []),
    ],
    ids=["one", "two", "has a class", "of another city", "passage"],
)
def test_what_no_shape_looked_at_is_refused(text: str, places: list[int]) -> None:
    given = policy().unclassed(parse(HEAD + text), judged=[ox.NamedNode(f"{BASE}doc/city/coburg")])
    assert [(one.rule, one.line) for one in given] == [("P-12", LINE + place) for place in places]


def test_what_a_shape_has_refused_is_not_refused_twice(run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "coburg.ttl"
    path.write_text(f"{HEAD}o:amt sckg:status 1 .\no:haus sckg:nme 1 .", encoding="utf-8")
    out = run("validate", str(path)).out
    assert out.count("C-82  city:coburg/amt") == 1
    assert out.count("P-12  ") == out.count("P-12  city:coburg/haus") == 1


def test_rules_are_complete(project: Project) -> None:
    rules = read_rules(project)
    policies = [rule for identifier, rule in rules.items() if identifier.startswith(("C-", "P-"))]
    assert len(policies) >= 9
    assert all(set(rule.names) == set(rule.templates) == {"de", "en"} for rule in policies)
    assert all(set(rule.templates) == {"de", "en"} for rule in rules.values())
    assert {rule.resource.value.rpartition("#")[2] for rule in rules.values()} == set(rules)


@pytest.mark.parametrize(
    ("iri", "taken_for"),
    [
        ("https://w3id.org/a/./b/../c", "https://w3id.org/a/c"),
        ("https://w3id.org/a/%2e%2e/c", "https://w3id.org/c"),
        ("https://user@w3id.org/", "https://w3id.org/"),
        ("https://ｗ３ｉｄ.org/", "https://w3id.org/"),
        ("https://xn--.org/", "https://xn--.org/"),
        ("https://example.org", "https://example.org"),
    ],
)
def test_what_an_iri_is_taken_for(iri: str, taken_for: str) -> None:
    assert plain(iri) == taken_for


def test_messages_show_what_cannot_be_seen() -> None:
    assert visible("a\u202e" + "b" * 200) == "a\\u202e" + "b" * 98 + "…"


def test_findings_become_results_of_a_shacl_report() -> None:
    (result,) = policy().results(found("o:a owl:sameAs c:ulm ."))
    assert isinstance(result.one("sourceShape"), ox.NamedNode)
    assert len(result.all("resultMessage")) == 2
