"""The description for catalogues against the official shapes of DCAT-AP and DCAT-AP.de, and against the graph."""

import re
import tomllib
from collections import Counter
from datetime import date

import pyoxigraph as ox
import pytest
import rdflib
from pyshacl import validate

from cases import ROOT
from smartcity_kg.catalogue import Distribution, describe_release
from smartcity_kg.interop import to_rdflib
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF_TYPE, text_of

SUITES = ROOT.parent / "shared/suites"
SHAPES = (
    "dcat-ap/3.0.1/shapes.ttl",
    "dcat-ap/3.0.1/range.ttl",
    "dcat-ap/3.0.1/shapes_recommended.ttl",
    "dcat-ap/3.0.1/deprecateduris.ttl",
    "dcat-ap/3.0.1/mdr-vocabularies.shape.ttl",
    "dcat-ap-de/2.0/dcat-ap-konventionen.ttl",
    "dcat-ap-de/2.0/dcat-ap-de-deprecated.ttl",
    "dcat-ap-de/2.0/dcat-ap-spec-german-additions.ttl",
)
KNOWN = tomllib.loads((ROOT / "tests/conformance/dcat.toml").read_text(encoding="utf-8"))["known"]
VOID = "http://rdfs.org/ns/void#"
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
FILES = [
    Distribution(f"{part}/{part}.{ending}", part, media, 10, "ab" * 32, {"de": part, "en": part}, packed)
    for part in ("data", "ontology", "shapes", "schemes", "alignments")
    for ending, media, packed in (
        ("ttl", "text/turtle", ""),
        ("nt.gz", "application/n-triples", "application/gzip"),
    )
]


@pytest.fixture(scope="module")
def catalogue(project: Project, sample: EmbeddedStore) -> tuple[ox.Triple, ...]:
    day = date(2026, 11, 23)
    return describe_release(project, sample, FILES, day=day, address="https://data.example.org/", version="1.0")


@pytest.mark.parametrize("name", SHAPES)
def test_official_shapes_find_only_what_is_explained(catalogue: tuple[ox.Triple, ...], name: str) -> None:
    path = SUITES / name
    if not path.is_file():
        pytest.skip("the official shapes are not beside the project")
    shapes = rdflib.Graph().parse(path)
    _, report, _ = validate(to_rdflib(catalogue), shacl_graph=shapes, advanced=True)
    found = {
        str(report.value(one, SH.resultPath) or "")
        for one in report.subjects(rdflib.RDF.type, SH.ValidationResult)
    }
    explained = {known["path"] for known in KNOWN if known["shapes"] == name}
    assert {path for path in found if ":" in path or not path} - explained == set()
    assert explained <= found, "an exception that is none any more"


def test_each_exception_names_its_reason() -> None:
    assert all(known["shapes"] in SHAPES and len(known["reason"]) > 20 for known in KNOWN)


def test_void_counts_what_the_graph_has(catalogue: tuple[ox.Triple, ...], sample: EmbeddedStore) -> None:
    said = {t.predicate.value: t.object.value for t in catalogue if isinstance(t.object, ox.Literal)}
    assert int(said[f"{VOID}triples"]) > 0
    numbers = {text_of(t.object) for t in catalogue if t.predicate.value == f"{VOID}triples"}
    assert str(len(sample)) in numbers
    classes = Counter(text_of(t.object) for t in sample.triples() if t.predicate == RDF_TYPE)
    parts = [t for t in catalogue if t.predicate.value == f"{VOID}classPartition"]
    assert len(parts) == len(classes)


def test_saved_queries_are_in_it(project: Project, catalogue: tuple[ox.Triple, ...]) -> None:
    texts = [text_of(t.object) for t in catalogue if t.predicate.value == str(SH.select)]
    assert len(texts) > 100
    assert not any(re.search(r"^#\+", text, flags=re.MULTILINE) for text in texts)
    named = {text_of(t.subject) for t in catalogue if t.predicate.value == str(SH.select)}
    assert f"{project.base}queries/shared-networks" in named


def test_everything_described_is_a_place_of_ours(catalogue: tuple[ox.Triple, ...]) -> None:
    """No blank nodes: whoever wants to point at a file's description can."""
    assert not any(isinstance(t.subject, ox.BlankNode) or isinstance(t.object, ox.BlankNode) for t in catalogue)
