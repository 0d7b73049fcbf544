"""The catalogue of constraints: each has its level, texts in both languages, a page and two examples."""

import csv
import re
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import ROOT, cases
from smartcity_kg.errors import SyntaxProblem
from smartcity_kg.header import read_header
from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.terms import text_of
from smartcity_kg.turtle.parse import read_turtle
from smartcity_kg.validate.messages import read_rules
from smartcity_kg.validate.policy import Policy
from smartcity_kg.validate.submission import read_checked
from test_shapes import catalogue, findings, world

EXAMPLES = ROOT / "ontology" / "examples"
with (ROOT / "tests" / "catalogue.csv").open(encoding="utf-8") as file:
    CATALOGUE = {row["number"]: row["level"] for row in csv.DictReader(file)}
CONSTRAINTS = [number for number, level in CATALOGUE.items() if level != "suggestion"]
REFUSED = cases("ontology/examples/Policy", "refused-*.ttl", at_least=13)
NO_TURTLE = cases("ontology/examples/Syntax", "refused-*.txt", at_least=16)


@cache
def shapes() -> dict[str, str]:
    """The text of each shape with a number."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "ontology" / "shapes").glob("*.ttl"))]
    blocks = [block for text in texts for block in re.split(r"\n(?=shp:)", text)]
    return {found[1]: block for block in blocks if (found := re.search(r'dct:identifier "(C-\d+)"', block))}


def policy(limits: str = "") -> Policy:
    """The policy in the world of the examples."""
    project = Project.at(ROOT)
    name, _, value = limits.partition(" = ")
    if name:
        settings = {**project.settings, "limits": {**project.settings["limits"], name: int(value)}}
        project = Project(project.root, settings)
    return Policy(project, world())


def said(path: Path, *, strict: Policy) -> list[Finding]:
    """What policy and shapes say about an example."""
    document = read_turtle(path)
    found = [*strict.check(document), *findings(document)]
    refused = {finding.focus for finding in found if finding.level == "violation"}
    return [*found, *strict.unclassed(document, refused)]


def limit(path: Path) -> str:
    """The limit that an example needs."""
    header = read_header(path.read_text(encoding="utf-8"), path=path, allowed=["passes", "violates", "limit"])
    return str(header.values.get("limit", ""))


def test_the_catalogue_is_whole() -> None:
    assert [int(number.removeprefix("C-")) for number in CATALOGUE] == list(range(1, 87))
    assert set(CONSTRAINTS) - set(catalogue()) == {"C-78"}


@pytest.mark.parametrize("number", CONSTRAINTS)
def test_constraint_has_its_level_and_texts(number: str) -> None:
    rule = read_rules(Project.at(ROOT)).get(number)
    if rule is not None:
        assert rule.level == CATALOGUE[number]
        assert set(rule.names) == set(rule.templates) == {"de", "en"}
        return
    block = shapes()[number]
    (level,) = re.findall(r"sh:severity sh:(\w+)", block)
    assert level.lower() == CATALOGUE[number]
    for name in ("name", "description", "message"):
        assert re.search(rf'sh:{name} ".+"@de , ".+"@en', block), name


@pytest.mark.parametrize("number", sorted({*CONSTRAINTS, *catalogue()}))
def test_constraint_has_a_page_and_examples(number: str) -> None:
    assert (ROOT / "docs" / "rules" / f"{number}.md").is_file()
    passing, failing = ("accepted", "refused") if number not in shapes() else ("pass", "fail")
    assert list(EXAMPLES.rglob(f"{passing}-{number}.ttl"))
    assert list(EXAMPLES.rglob(f"{failing}-{number}.ttl"))


@pytest.mark.parametrize("number", catalogue())
def test_messages_say_the_value(number: str) -> None:
    (path,) = EXAMPLES.rglob(f"fail-{number}.ttl")
    prefixes = Project.at(ROOT).prefixes
    found = [finding for finding in findings(read_turtle(path)) if finding.rule == number]
    assert found
    for finding in found:
        value = finding.value
        if value is None or value == finding.focus or isinstance(value, ox.BlankNode):
            continue
        shown = prefixes.compress(value.value) if isinstance(value, ox.NamedNode) else text_of(value)
        for language in ("de", "en"):
            assert shown[:50] in finding.messages[language]


@pytest.mark.parametrize("number", ["C-79", "C-80", "C-81"])
def test_near_misses_are_suggested(number: str) -> None:
    (path,) = EXAMPLES.rglob(f"fail-{number}.ttl")
    assert all(finding.suggestion for finding in findings(read_turtle(path)) if finding.rule == number)


@pytest.mark.parametrize("path", REFUSED)
def test_what_the_policy_refuses(path: Path) -> None:
    number = path.stem.removeprefix("refused-")
    found = [finding for finding in said(path, strict=policy(limit(path))) if finding.rule == number]
    assert found
    for finding in found:
        assert finding.line
        for language in ("de", "en"):
            assert finding.messages[language]
            assert not re.search(r"\{[?$]\w+\}", finding.messages[language])


@pytest.mark.parametrize("path", cases("ontology/examples/Policy", "accepted-*.ttl", at_least=13))
def test_what_the_policy_accepts(path: Path) -> None:
    assert [(f.rule, f.message("en")) for f in said(path, strict=policy(limit(path)))] == []


@pytest.mark.parametrize("path", NO_TURTLE)
def test_what_is_no_turtle(path: Path, project: Project) -> None:
    with pytest.raises(SyntaxProblem) as refused:
        read_checked(project, path)
    assert f"refused-{refused.value.rule}" == path.stem
    german, english = (refused.value.in_language(language) for language in ("de", "en"))
    assert german.message != english.message
    accepted = path.with_name(path.name.replace("refused", "accepted")).with_suffix(".ttl")
    assert read_checked(project, accepted).triples
