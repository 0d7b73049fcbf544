"""The W3C SHACL test suite, run through our own code; the suite lies beside the project, never in it.

A test passes if `conforms` and the multiset of results (focus node, path, value, component, severity) are those
expected, or if the shapes are refused where a failure is expected. Messages are not compared, since they are up to
the engine.
"""

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from cases import ROOT, SHARED
from smartcity_kg.errors import BackendError
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import SH, Prefixes, Term
from smartcity_kg.validate.engine import Engine
from smartcity_kg.validate.results import Result, split_report
from smartcity_kg.validate.shacl import Shapes
from smartcity_kg.validate.statements import Statements

SUITE = SHARED / "suites" / "w3c-shacl" / "tests"
KNOWN = ROOT / "tests" / "conformance" / "known.toml"
SIZE = 120
_BASE = "https://w3c.github.io/data-shapes/data-shapes-test-suite/tests/"
_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_SHT = "http://www.w3.org/ns/shacl-test#"
_FAILURE = ox.NamedNode(f"{_SHT}Failure")
_PATHS = tuple(
    ox.NamedNode(f"{SH}{name}")
    for name in ("inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")
)
Expected = tuple[bool, Counter[tuple[str, ...]]]


@dataclass(frozen=True)
class Test:
    """A test of the suite: its IRI, shapes, data, and what is expected; no report where a failure is."""

    __test__ = False

    iri: str
    shapes: Statements
    data: Statements
    expected: Expected | None

    @property
    def name(self) -> str:
        """The IRI from the folder of the suite."""
        return self.iri.removeprefix(_BASE)


def read_suite(folder: Path = SUITE) -> tuple[Test, ...]:
    """All tests that the manifests name, sorted by their IRI."""
    return tuple(sorted(_tests(folder, f"{_BASE}manifest.ttl"), key=lambda test: test.iri))


def known_exceptions() -> dict[str, dict[str, str]]:
    """Engine to name of a test to why it does not pass."""
    return tomllib.loads(KNOWN.read_text(encoding="utf-8"))


def passes(test: Test, engine: Engine, *, alone: bool = True) -> bool:
    """Whether an engine gives what a test expects; with `alone` off, by way of marks and slices."""
    shapes = Shapes(test.shapes.triples, Prefixes({}), engine, alone)
    try:
        _, report = shapes.check(test.data, EmbeddedStore(Prefixes({})))
    except BackendError:
        return test.expected is None
    return test.expected == _outcome(Statements(report), split_report(report))


def _tests(folder: Path, iri: str) -> list[Test]:
    stated = _read(folder, iri)
    found = []
    for triple in stated.using(ox.NamedNode(f"{_MF}include")):
        found += _tests(folder, _iri(triple.object))
    for triple in stated.using(ox.NamedNode(f"{_MF}action")):
        action, name = triple.object, _iri(triple.subject)
        data, shapes = (
            _read(folder, _iri(next(stated.objects(action, ox.NamedNode(f"{_SHT}{kind}")))), stated, iri)
            for kind in ("dataGraph", "shapesGraph")
        )
        [result] = stated.objects(triple.subject, ox.NamedNode(f"{_MF}result"))
        expected = None if result == _FAILURE else _outcome(stated, _results(stated, result), result)
        found.append(Test(name, shapes, data, expected))
    return found


def _read(folder: Path, iri: str, same: Statements | None = None, same_iri: str = "") -> Statements:
    """A file of the suite; the one given where it is the same, so that blank nodes are the same too."""
    if same is not None and iri == same_iri:
        return same
    text = (folder / iri.removeprefix(_BASE)).read_text(encoding="utf-8")
    quads = ox.parse(input=text, format=ox.RdfFormat.TURTLE, base_iri=iri)
    return Statements(quad.triple for quad in quads)


def _results(stated: Statements, report: Term) -> tuple[Result, ...]:
    nodes = stated.objects(report, ox.NamedNode(f"{SH}result"))
    return tuple(Result(node, tuple(stated.about(node))) for node in nodes if isinstance(node, ox.BlankNode))


def _outcome(stated: Statements, results: tuple[Result, ...], report: Term | None = None) -> Expected:
    predicate = ox.NamedNode(f"{SH}conforms")
    said = stated.using(predicate) if report is None else stated.about(report, predicate)
    conforms = any(getattr(triple.object, "value", "") in {"true", "1"} for triple in said)
    names = ("focusNode", "resultPath", "value", "sourceConstraintComponent", "resultSeverity")
    return conforms, Counter(tuple(_spelt(stated, result.one(name)) for name in names) for result in results)


def _spelt(stated: Statements, term: Term | None) -> str:
    """A term as text; a blank node that is a path by its parts, others all alike."""
    if not isinstance(term, ox.BlankNode):
        return str(term)
    if members := stated.members(term):
        return f"({' '.join(_spelt(stated, member) for member in members)})"
    parts = [t for predicate in _PATHS for t in stated.about(term, predicate)]
    return "[" + "; ".join(f"{t.predicate} {_spelt(stated, t.object)}" for t in parts) + "]"


def _iri(term: Term) -> str:
    if not isinstance(term, ox.NamedNode):
        raise TypeError(f"no IRI: {term}")
    return term.value
