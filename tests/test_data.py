"""The data: every file conforms, is in canonical layout, and keeps to its own IRIs."""

from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import cases, sample_project
from smartcity_kg.project import Project
from smartcity_kg.report import Report
from smartcity_kg.turtle.fmt import format_turtle
from smartcity_kg.turtle.parse import read_turtle
from smartcity_kg.validate import Checker, validate_files

DATA = cases("data", "*.ttl", at_least=8)
SCHEMES = cases("ontology/schemes", "*.ttl", at_least=7)
RECORDS = cases("data/cities", "*.ttl", at_least=1)
# Examples of what others send are as they come in, not as this project writes.
SENT = ("Policy/", "Syntax/", "Reading/")
ALL = [
    *DATA,
    *(
        one
        for one in cases("ontology", "*.ttl", at_least=150)
        if not str(one.id).startswith(tuple(f"examples/{part}" for part in SENT))
    ),
]
BASE = "https://w3id.org/smartcity-kg/"


def subjects(path: Path) -> set[str]:
    """The IRIs that a file makes statements about."""
    return {
        triple.subject.value for triple in read_turtle(path).triples if isinstance(triple.subject, ox.NamedNode)
    }


@pytest.fixture(scope="module")
def report(project: Project) -> Report:
    """What the shapes say about all data."""
    return validate_files(project)


@pytest.mark.parametrize("path", [*DATA, *SCHEMES])
def test_file_conforms(path: Path, report: Report, project: Project) -> None:
    own = [finding for finding in report.findings if finding.file == project.relative(path)]
    assert project.relative(path) in report.files
    assert [(f.rule, str(f.focus), f.message("en")) for f in own if f.level != "info"] == []


def test_pyshacl_alone_says_the_same(tmp_path: Path) -> None:
    """On the fixed sample, since pySHACL takes a minute for what the two together do in a second."""
    project = sample_project(tmp_path / "project")
    documents = [project.read(path) for path in project.data_files]
    ontology = [project.read(path) for path in project.ontology_files]
    alone = Checker(project, ontology, reference=True).check(documents).report
    assert alone == Checker(project, ontology).check(documents).report


@pytest.mark.parametrize("path", ALL)
def test_canonical_layout(path: Path) -> None:
    before, after = format_turtle(path)
    assert before == after


@pytest.mark.parametrize("path", RECORDS)
def test_record_keeps_to_its_own_city(path: Path, project: Project) -> None:
    """A record speaks of its own city, its portrait, and shared entries that no other file describes."""
    own = (f"{BASE}id/city/{path.stem}", f"{BASE}doc/city/{path.stem}", f"{BASE}id/portrait/bitkom-{path.stem}-")
    shared = tuple(f"{BASE}id/{kind}/" for kind in ("org", "source", "competition", "programme", "consortium"))
    foreign = {iri for iri in subjects(path) if not iri.startswith(own)}
    described = {iri for other in project.data_files if other != path for iri in subjects(other)}
    assert {iri for iri in foreign if not iri.startswith(shared)} == set()
    assert foreign & described == set()


@pytest.mark.parametrize("path", DATA)
def test_file_describes_itself(path: Path, project: Project) -> None:
    name = ox.NamedNode(project.graph_name(path))
    said = {triple.predicate.value for triple in read_turtle(path).triples if triple.subject == name}
    assert {"http://purl.org/dc/terms/title", "http://purl.org/dc/terms/license"} <= said


@pytest.mark.parametrize("path", DATA)
def test_no_blank_nodes(path: Path) -> None:
    terms = [term for t in read_turtle(path).triples for term in (t.subject, t.object)]
    assert not [term for term in terms if isinstance(term, ox.BlankNode)]


def test_every_statement_stands_once(project: Project) -> None:
    """Only the class of a thing may be said in two files."""
    counted = Counter(triple for path in project.data_files for triple in read_turtle(path).triples)
    twice = {triple for triple, number in counted.items() if number > 1}
    assert {triple for triple in twice if not triple.predicate.value.endswith("#type")} == set()
