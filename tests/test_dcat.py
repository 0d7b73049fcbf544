"""The description for catalogues against the official shapes of DCAT-AP and DCAT-AP.de, and against the graph."""

import re
import tomllib
from collections import Counter
from dataclasses import replace
from datetime import date

import pyoxigraph as ox
import pytest
import rdflib
from pyshacl import validate

from cases import ROOT
from smartcity_kg.catalogue import Distribution, describe_release
from smartcity_kg.errors import InputError
from smartcity_kg.interop import to_rdflib
from smartcity_kg.pages.index import read_point
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
VOID, DCAT = "http://rdfs.org/ns/void#", "http://www.w3.org/ns/dcat#"
DCATDE = "http://dcat-ap.de/def/dcatde/"
DATA = "https://w3id.org/smartcity-kg/data#"
DAY, ADDRESS = date(2026, 11, 23), "https://data.example.org/"
HOST = {
    "name": "Amt für Daten",
    "type": "http://purl.org/adms/publishertype/LocalAuthority",
    "attribution": "Stadt Beispiel",
    "email": "daten@example.org",
    "url": "https://example.org/kontakt",
    "contributor": "http://dcat-ap.de/def/contributors/beispiel",
    "endpoint": "https://data.example.org/sparql",
}
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
MEDIA = {
    "ttl": ("text/turtle", ""),
    "nt.gz": ("application/n-triples", "application/gzip"),
    "nq.gz": ("application/n-quads", "application/gzip"),
    "jsonld": ("application/ld+json", ""),
    "rdf": ("application/rdf+xml", ""),
    "trig": ("application/trig", ""),
    "csv": ("text/csv", ""),
    "geojson": ("application/geo+json", ""),
    "csv-metadata.json": ("application/csvm+json", ""),
    "de.md": ("text/markdown", ""),
}
FILES = [
    Distribution(f"{folder}/{part}.{ending}", part, media, 10, "ab" * 32, {"de": part, "en": part}, packed)
    for folder, parts, formats in (
        ("data", ("data", "data-inferred"), ("ttl", "nt.gz")),
        ("data", ("graph",), ("nq.gz",)),
        ("context", ("context",), ("jsonld",)),
        ("notes", ("note",), ("de.md",)),
        ("ontology", ("ontology", "shapes", "schemes", "alignments"), ("ttl", "nt.gz", "jsonld", "rdf", "trig")),
        ("tables", ("cities",), ("csv", "geojson")),
        ("tables", ("tables",), ("csv-metadata.json",)),
    )
    for part in parts
    for ending in formats
    for media, packed in (MEDIA[ending],)
]


@pytest.fixture(scope="module")
def catalogue(project: Project, sample: EmbeddedStore) -> tuple[ox.Triple, ...]:
    return describe_release(project, sample, FILES, day=DAY, address=ADDRESS, version="1.0")


@pytest.fixture(scope="module")
def hosted(project: Project, sample: EmbeddedStore) -> tuple[ox.Triple, ...]:
    changed = replace(project, settings={**project.settings, "publisher": HOST})
    return describe_release(changed, sample, FILES, day=DAY, address=ADDRESS, version="1.0")


def findings(triples: tuple[ox.Triple, ...], name: str) -> set[str]:
    """The paths of what official shapes find; empty for a finding about a thing itself."""
    path = SUITES / name
    if not path.is_file():
        pytest.skip("the official shapes are not beside the project")
    _, report, _ = validate(to_rdflib(triples), shacl_graph=rdflib.Graph().parse(path), advanced=True)
    results = report.subjects(rdflib.RDF.type, SH.ValidationResult)
    return {str(report.value(one, SH.resultPath) or "") for one in results}


def known(name: str) -> set[str]:
    return {one["path"] for one in KNOWN if one["shapes"] == name}


@pytest.mark.parametrize("name", SHAPES)
def test_official_shapes_find_only_what_is_explained(catalogue: tuple[ox.Triple, ...], name: str) -> None:
    found = findings(catalogue, name)
    assert {path for path in found if ":" in path or not path} - known(name) == set()
    assert known(name) <= found, "an exception that is none any more"


@pytest.mark.parametrize("name", SHAPES)
def test_what_a_host_fills_in_is_found_good(hosted: tuple[ox.Triple, ...], name: str) -> None:
    """With an identifier of the host, an address and an endpoint nothing is missing any more."""
    found = {path for path in findings(hosted, name) if ":" in path or not path}
    assert found - (known(name) - {f"{DCATDE}contributorID"}) == set()


def test_each_exception_names_its_reason() -> None:
    assert all(known["shapes"] in SHAPES and len(known["reason"]) > 20 for known in KNOWN)


def numbers(triples: tuple[ox.Triple, ...], name: str) -> dict[str, int]:
    """The numbers that VoID gives for the graph."""
    return {
        t.predicate.value.removeprefix(VOID): int(t.object.value)
        for t in triples
        if t.subject == ox.NamedNode(name) and isinstance(t.object, ox.Literal) and t.object.value.isdigit()
    }


def partitions(triples: tuple[ox.Triple, ...], kind: str, counted: str) -> dict[str, int]:
    """The numbers of the partitions by class or property."""
    value = {(t.subject, t.predicate.value): t.object for t in triples}
    parts = [t.object for t in triples if t.predicate.value == f"{VOID}{kind}Partition"]
    assert len(parts) == len(set(parts))
    return {
        value[part, f"{VOID}{kind}"].value: int(value[part, f"{VOID}{counted}"].value)  # type: ignore
        for part in parts
    }


def test_void_counts_what_the_graph_has(catalogue: tuple[ox.Triple, ...], sample: EmbeddedStore) -> None:
    triples = list(sample.triples())
    said = numbers(catalogue, f"{DATA}graph")
    assert said["triples"] == len(triples)
    assert said["distinctSubjects"] == len({t.subject for t in triples})
    assert said["distinctObjects"] == len({t.object for t in triples})
    assert said["properties"] == len({t.predicate for t in triples})


def test_void_partitions_are_the_graph(catalogue: tuple[ox.Triple, ...], sample: EmbeddedStore) -> None:
    classes = Counter(t.object.value for t in sample.triples() if t.predicate == RDF_TYPE)  # type: ignore[union-attr]
    assert partitions(catalogue, "class", "entities") == classes
    assert partitions(catalogue, "property", "triples") == Counter(t.predicate.value for t in sample.triples())


def test_void_links_are_those_of_the_graph(catalogue: tuple[ox.Triple, ...], sample: EmbeddedStore) -> None:
    match = "http://www.w3.org/2004/02/skos/core#exactMatch"
    wikidata = sum(
        t.predicate.value == match and str(t.object).startswith("<http://www.wikidata.org/")
        for t in sample.triples()
    )
    assert numbers(catalogue, f"{DATA}links-http-www-wikidata-org-skos-exactMatch")["triples"] == wikidata


def test_examples_are_in_the_graph(catalogue: tuple[ox.Triple, ...], sample: EmbeddedStore) -> None:
    examples = {t.object for t in catalogue if t.predicate.value == f"{VOID}exampleResource"}
    assert examples
    assert examples <= {t.subject for t in sample.triples()}


def test_each_file_is_said_once_and_in_its_dataset(catalogue: tuple[ox.Triple, ...]) -> None:
    held = [(t.subject.value, t.object.value) for t in catalogue if t.predicate.value == f"{DCAT}distribution"]  # type: ignore[union-attr]
    assert len(held) == len(FILES) - 1, "the note is a page"
    assert (f"{DATA}tables", f"{DATA}file-tables-cities.csv") in held
    assert (f"{DATA}data-inferred", f"{DATA}file-data-data-inferred.ttl") in held
    pages = {t.object.value for t in catalogue if t.predicate.value == "http://xmlns.com/foaf/0.1/page"}  # type: ignore[union-attr]
    assert pages == {f"{ADDRESS}notes/note.de.md"}


def test_area_is_that_of_the_places(catalogue: tuple[ox.Triple, ...], sample: EmbeddedStore) -> None:
    (box,) = (
        t.object.value  # type: ignore[union-attr]
        for t in catalogue
        if t.predicate.value == f"{DCAT}bbox" and t.subject == ox.NamedNode(f"{DATA}area")
    )
    corners = [tuple(map(float, pair.split())) for pair in box[len("POLYGON((") : -2].split(", ")]
    assert (corners[0], len(corners)) == (corners[-1], 5)
    (west, south), (east, north) = corners[0], corners[2]
    places = [
        read_point(str(getattr(t.object, "value", ""))) for t in sample.triples() if "asWKT" in str(t.predicate)
    ]
    assert places
    assert all(west <= place[0] <= east and south <= place[1] <= north for place in places if place)


def test_same_input_same_triples(
    project: Project, sample: EmbeddedStore, catalogue: tuple[ox.Triple, ...]
) -> None:
    assert describe_release(project, sample, FILES, day=DAY, address=ADDRESS, version="1.0") == catalogue


def test_without_an_endpoint_none_is_promised(catalogue: tuple[ox.Triple, ...]) -> None:
    assert not any("sparqlEndpoint" in t.predicate.value or "DataService" in str(t.object) for t in catalogue)


def test_an_endpoint_is_said_to_portals_and_editors(hosted: tuple[ox.Triple, ...]) -> None:
    told = {t.predicate.value for t in hosted if t.object == ox.NamedNode(HOST["endpoint"])}
    assert {f"{VOID}sparqlEndpoint", f"{DCAT}endpointURL", "https://schema.org/target"} <= told


@pytest.mark.parametrize(
    ("key", "value"), [("endpoint", "nowhere"), ("url", "javascript:1"), ("email", "no one"), ("type", "a b")]
)
def test_settings_that_are_no_address_are_refused(
    project: Project, sample: EmbeddedStore, key: str, value: str
) -> None:
    changed = replace(project, settings={**project.settings, "publisher": {key: value}})
    with pytest.raises(InputError, match=f"{key}: .* is no address"):
        describe_release(changed, sample, [], day=DAY, address=ADDRESS, version="1.0")


def test_no_text_has_a_word_left_open(catalogue: tuple[ox.Triple, ...]) -> None:
    texts = [t.object.value for t in catalogue if t.predicate.value.endswith("versionNotes")]  # type: ignore[union-attr]
    assert texts
    assert not any("{" in text for text in texts)


def test_saved_queries_parse_with_the_prefixes_beside_them(catalogue: tuple[ox.Triple, ...]) -> None:
    value = {(t.subject, t.predicate): t.object.value for t in catalogue if isinstance(t.object, ox.Literal)}
    names = {
        text: value[node, ox.NamedNode(str(SH.namespace))]
        for (node, predicate), text in value.items()
        if predicate.value == str(SH["prefix"])
    }
    forms = {str(SH.select), str(SH.construct), str(SH.ask)}
    texts = [t.object.value for t in catalogue if t.predicate.value in forms]  # type: ignore[union-attr]
    executables = [t for t in catalogue if t.object == ox.NamedNode(str(SH.SPARQLExecutable))]
    assert len(texts) == len(executables)
    for text in texts:
        ox.Store().query(text, prefixes=names)


def test_saved_queries_are_in_it(project: Project, catalogue: tuple[ox.Triple, ...]) -> None:
    texts = [text_of(t.object) for t in catalogue if t.predicate.value == str(SH.select)]
    assert len(texts) > 100
    assert not any(re.search(r"^#\+", text, flags=re.MULTILINE) for text in texts)
    named = {text_of(t.subject) for t in catalogue if t.predicate.value == str(SH.select)}
    assert f"{project.base}queries/shared-networks" in named


def test_everything_described_is_a_place_of_ours(catalogue: tuple[ox.Triple, ...]) -> None:
    """No blank nodes: whoever wants to point at a file's description can."""
    assert not any(isinstance(t.subject, ox.BlankNode) or isinstance(t.object, ox.BlankNode) for t in catalogue)
