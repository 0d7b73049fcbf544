"""The engines say the same: what is used stands on what the reference says, in every run."""

from collections import Counter
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import ROOT, cases
from smartcity_kg.errors import BackendError, MissingExtra
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import Prefixes, Term
from smartcity_kg.turtle.parse import Document, parse_turtle, read_turtle
from smartcity_kg.validate import Checked, Checker
from smartcity_kg.validate.engine import ENGINES, open_engine
from smartcity_kg.validate.results import split_report
from smartcity_kg.validate.shacl import Shapes
from smartcity_kg.validate.statements import Statements
from spoil import own_names, rename, spoilt

RECORDS = cases("data/cities", "*.ttl", at_least=12)
EXAMPLES = cases("ontology/examples", "*-*.ttl", at_least=160)
SPOILT = 500
Row = tuple[str, ...]


def rows(checked: Checked) -> Counter[Row]:
    """The results as a multiset: focus, path, value, component, severity, source shape."""
    names = ("focusNode", "resultPath", "value", "sourceConstraintComponent", "resultSeverity", "sourceShape")
    stated = Statements(checked.shacl_report)
    found = split_report(checked.shacl_report)
    return Counter(tuple(spelt(stated, result.one(name)) for name in names) for result in found)


def spelt(stated: Statements, term: Term | None) -> str:
    """A term as text; a blank node (a path) by what is said of it."""
    if not isinstance(term, ox.BlankNode):
        return str(term)
    parts = sorted(f"{t.predicate} {spelt(stated, t.object)}" for t in stated.about(term))
    return f"[{'; '.join(parts)}]"


def spoilt_records(project: Project) -> Document:
    """All spoilt records in one graph: each is an entry, spoilt, under names of its own."""
    documents = [project.read(case.values[0]) for case in RECORDS]
    picked = [documents[number % len(documents)] for number in range(SPOILT)]
    each = [spoilt(document.triples, f"m{number}") for number, document in enumerate(picked)]
    assert len({tuple(triples) for triples in map(tuple, each)}) == SPOILT
    return Document("spoilt.ttl", tuple(dict.fromkeys(triple for one in each for triple in one)), {})


@cache
def check_spoilt(engine: str) -> Checked:
    """What an engine says about the spoilt records, with the records they were made from as context."""
    project = Project.at(ROOT)
    context = [project.read(path) for path in (*project.ontology_files, *project.data_files)]
    return Checker(project, context, engine=open_engine(engine)).check([spoilt_records(project)])


def example(path: Path, number: int, known: set[Term]) -> list[ox.Triple]:
    """An example whose own entries have names of their own, so that all examples can share a graph."""
    triples = read_turtle(path).triples
    return rename(triples, own_names([t.subject for t in triples if t.subject not in known], f"e{number}"))


@cache
def all_examples() -> tuple[tuple[Document, ...], Document]:
    """The world of the examples, and all examples in one document."""
    project = Project.at(ROOT)
    paths = [*project.ontology_files, ROOT / "ontology" / "examples" / "context.ttl"]
    context = tuple(project.read(path) for path in paths)
    known: set[Term] = {triple.subject for document in context for triple in document.triples}
    each = [example(case.values[0], number, known) for number, case in enumerate(EXAMPLES)]
    return context, Document("examples.ttl", tuple(dict.fromkeys(t for one in each for t in one)), {})


@cache
def check_examples(engine: str) -> Checked:
    """What an engine says about all examples."""
    context, document = all_examples()
    return Checker(Project.at(ROOT), context, engine=open_engine(engine)).check([document])


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "pyshacl"])
def test_same_results_on_spoilt_records(engine: str) -> None:
    """All 500 at once: each has names of its own, so that one graph and one call of each engine do."""
    reference, found = check_spoilt("pyshacl"), check_spoilt(engine)
    assert rows(reference).total() >= SPOILT
    assert rows(found) == rows(reference)
    assert found.report == reference.report


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "pyshacl"])
def test_same_results_on_all_examples(engine: str) -> None:
    """In one graph as well; one by one they are tested in test_shapes."""
    reference, found = check_examples("pyshacl"), check_examples(engine)
    assert rows(reference).total() >= len(EXAMPLES) // 2
    assert rows(found) == rows(reference)
    assert found.report == reference.report


def test_spoiling_breaks_many_rules() -> None:
    assert len({finding.rule for finding in check_spoilt("pyshacl").report.findings}) >= 40


def test_without_the_extra_pyshacl_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartcity_kg.validate.engine.find_spec", lambda _: None)
    assert open_engine().name.startswith("pyshacl ")
    with pytest.raises(MissingExtra, match="fast"):
        open_engine("turbo")


LITERALS = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix e: <http://e.org/> .
e:Shape a sh:NodeShape ; sh:targetClass e:Thing ;
  sh:property [ sh:path e:key ; sh:pattern "^[0-9]{2}$" ; sh:message "not two digits"@en ] .
"""
DATA = """
@prefix e: <http://e.org/> .
e:good a e:Thing ; e:key 07 .
e:bad a e:Thing ; e:key 7 .
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_literals_are_seen_as_they_are_written(engine: str) -> None:
    shapes = Shapes(read(LITERALS), Prefixes({}), open_engine(engine))
    found, _ = shapes.check(Statements(read(DATA)), EmbeddedStore(Prefixes({})))
    assert [str(finding.focus) for finding in found] == ["<http://e.org/bad>"]


@pytest.mark.parametrize("engine", ENGINES)
def test_shapes_that_cannot_be_applied(engine: str) -> None:
    shapes = read(LITERALS.replace('"^[0-9]{2}$"', '"[0-9"'))
    with pytest.raises(BackendError, match="cannot be applied"):
        open_engine(engine).prepare(shapes).validate(read(DATA))


def read(text: str) -> tuple[ox.Triple, ...]:
    return parse_turtle(text.encode(), path="text").triples


@pytest.mark.parametrize("name", ENGINES)
def test_a_literal_without_a_value_is_a_finding_and_no_log_entry(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The library rdflib would log a traceback for each."""
    project = Project.at(ROOT)
    path = ROOT / "data" / "cities" / "coburg.ttl"
    text = path.read_text(encoding="utf-8").replace('"2019-03-19"^^xsd:date', '"19-03-2019"^^xsd:date')
    context = [project.read(other) for other in (*project.ontology_files, *project.data_files) if other != path]
    checker = Checker(project, context, engine=open_engine(name))
    report = checker.check([parse_turtle(text.encode(), path="coburg.ttl")]).report
    assert not report.conforms
    assert "19-03-2019" in {getattr(finding.value, "value", "") for finding in report.findings}
    assert caplog.records == []
