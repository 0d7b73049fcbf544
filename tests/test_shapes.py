"""Shapes: each constraint with an example that passes and one that fails, and fails of nothing else."""

import re
from functools import cache
from pathlib import Path

import pytest

from cases import ROOT, SHARED, cases
from smartcity_kg.header import read_header
from smartcity_kg.interop import to_rdflib
from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.turtle.parse import Document, read_turtle
from smartcity_kg.validate import Checker
from smartcity_kg.validate.shacl import Shapes

PASSING = cases("ontology/examples", "pass-*.ttl", at_least=80)
FAILING = cases("ontology/examples", "fail-*.ttl", at_least=80)
IDENTIFIER = re.compile(r'dct:identifier "(C-\d+)"')


@cache
def world() -> tuple[Document, ...]:
    """The ontology and the small fixed world that examples stand in."""
    project = Project.at(ROOT)
    paths = [*project.ontology_files, ROOT / "ontology" / "examples" / "context.ttl"]
    return tuple(project.read(path) for path in paths)


@cache
def checker() -> Checker:
    """The shapes, ready to check what stands in that world."""
    return Checker(Project.at(ROOT), world())


def findings(*documents: Document) -> tuple[Finding, ...]:
    """What the shapes say about the entries of some documents."""
    return checker().check(documents).report.findings


def declared(path: Path, key: str) -> set[str]:
    """The constraints that an example names in its header."""
    header = read_header(path.read_text(encoding="utf-8"), path=path, allowed=[key], required=[key])
    return set(header.values[key])


def catalogue() -> list[str]:
    """The numbers of all constraints."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "ontology" / "shapes").glob("*.ttl"))]
    return sorted(number for text in texts for number in IDENTIFIER.findall(text))


@pytest.mark.parametrize("path", PASSING)
def test_passing_example_has_no_finding(path: Path) -> None:
    assert declared(path, "passes")
    assert [(f.rule, str(f.focus), f.message("en")) for f in findings(read_turtle(path))] == []


@pytest.mark.parametrize("path", FAILING)
def test_failing_example_violates_exactly_what_it_names(path: Path) -> None:
    found = findings(read_turtle(path))
    assert {finding.rule for finding in found} == declared(path, "violates")
    for finding in found:
        for language in ("de", "en"):
            assert finding.messages[language]
            assert not re.search(r"\{[?$]\w+\}", finding.messages[language]), finding.messages[language]


@cache
def reference() -> Checker:
    """The same, with pySHACL doing everything."""
    return Checker(Project.at(ROOT), world(), reference=True)


def sparql_based(path: Path) -> bool:
    """Whether an example is about a constraint with a query."""
    shapes = {constraint.shape.value.rpartition("#")[2] for constraint in checker().shapes.constraints}
    return bool(declared(path, "violates") & shapes)


def test_most_queries_run_for_all_nodes_at_once() -> None:
    assert len(checker().shapes.constraints) >= 30


@pytest.mark.parametrize("path", [case for case in FAILING if sparql_based(case.values[0])])
def test_queries_find_what_pyshacl_finds(path: Path) -> None:
    document = read_turtle(path)
    assert reference().check([document]).report == checker().check([document]).report


def test_the_world_of_the_examples_conforms() -> None:
    *ontology, context = world()
    found = Checker(Project.at(ROOT), ontology).check([context]).report.findings
    assert [(f.rule, str(f.focus), f.message("en")) for f in found] == []


def test_numbers_are_unique() -> None:
    numbers = catalogue()
    assert len(numbers) >= 80
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("number", catalogue())
def test_constraint_has_both_examples(number: str) -> None:
    examples = ROOT / "ontology" / "examples"
    assert [path for path in examples.rglob("pass-*.ttl") if number in declared(path, "passes")]
    assert [path for path in examples.rglob("fail-*.ttl") if number in declared(path, "violates")]


CONSTRAINTS = """
SELECT ?shape ?what WHERE {{
  ?shape dct:identifier ?number .
  {{ FILTER NOT EXISTS {{ ?shape sh:{name} ?text FILTER(LANG(?text) = "{language}") }} BIND("missing" AS ?what) }}
  UNION
  {{ ?shape sh:{name} ?a, ?b FILTER(?a != ?b && LANG(?a) = "{language}" && LANG(?b) = "{language}")
    BIND("twice" AS ?what) }}
}}
"""


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", ["name", "description", "message"])
def test_constraint_speaks_to_people(name: str, language: str, project: Project) -> None:
    graph = to_rdflib(Shapes.read(project).triples)
    namespaces = {key: value for key, value in project.prefixes.namespaces.items() if key in {"sh", "dct"}}
    rows = graph.query(CONSTRAINTS.format(name=name, language=language), initNs=namespaces)
    assert [tuple(map(str, row)) for row in rows if isinstance(row, tuple)] == []


@pytest.mark.parametrize("name", ["order", "group", "severity"])
def test_constraint_has_a_place_and_a_level(name: str, project: Project) -> None:
    graph = to_rdflib(Shapes.read(project).triples)
    namespaces = {key: value for key, value in project.prefixes.namespaces.items() if key in {"sh", "dct"}}
    query = f"SELECT ?shape WHERE {{ ?shape dct:identifier ?n FILTER NOT EXISTS {{ ?shape sh:{name} ?x }} }}"
    assert [str(row) for row in graph.query(query, initNs=namespaces)] == []


def test_shapes_are_well_formed(project: Project) -> None:
    """SHACL-SHACL: the shapes that shapes must follow (W3C SHACL, appendix C), as pySHACL carries them."""
    from pyshacl import validate

    shapes = to_rdflib(Shapes.read(project).triples)
    conforms, _, text = validate(to_rdflib([]), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


def test_numbers_of_the_design_are_there_or_explained() -> None:
    design = SHARED / "design" / "model.md"
    if not design.is_file():
        pytest.skip("the list of constraints stands in a folder that is not part of the project")
    text = (ROOT / "ontology" / "shapes" / "vocabulary.ttl").read_text(encoding="utf-8")
    left_out = {f"C-{number}" for number in re.findall(r"^# (\d+): .+", text, re.MULTILINE)}
    wanted = {f"C-{number:02}" for number in range(1, 87)}
    assert wanted - set(catalogue()) <= left_out
