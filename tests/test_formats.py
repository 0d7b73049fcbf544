"""Formats of statements: what is written is what was there, in the same bytes each time."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable

import pyoxigraph as ox
import pytest

from smartcity_kg.context import Context, read_context
from smartcity_kg.errors import InputError
from smartcity_kg.formats import jsonld, ntriples, rdfxml, trig, turtle
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF_TYPE, XSD, Prefixes
from smartcity_kg.turtle.blanks import name_by_content

A, B, P = (ox.NamedNode(f"http://e.org/{name}") for name in "abp")
PREFIXES = Prefixes({"e": "http://e.org/", "geo": "http://geo.org/#"})
CONTEXT = Context(
    "1",
    {
        "http://e.org/label": "label",
        "http://e.org/link": "link",
        "http://e.org/n": "n",
        "http://geo.org/#x": "geo",
    },
    {"http://e.org/label": "@language", "http://e.org/link": "@id", "http://e.org/n": f"{XSD}integer"},
    {"http://e.org/City": "City"},
)
LABEL, LINK, N, GEO = (ox.NamedNode(iri) for iri in CONTEXT.properties)
ADDRESS = "https://e.org/context/1.jsonld"
Write = Callable[[Iterable[ox.Triple]], bytes]


def typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(f"{XSD}{kind}"))


def inline(data: bytes, context: Context) -> bytes:
    """A JSON-LD document with its context put in, since nothing is loaded from the network here."""
    found = json.loads(data)
    given = found["@context"]
    local = given[1] if isinstance(given, list) else {}
    assert (given[0] if isinstance(given, list) else given) == ADDRESS
    found["@context"] = [context.document()["@context"], local]
    return json.dumps(found).encode()


def read_jsonld(data: bytes, context: Context = CONTEXT) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(input=inline(data, context), format=ox.RdfFormat.JSON_LD)}


def read(data: bytes, format_: ox.RdfFormat) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(input=data, format=format_)}


ROUND_TRIPS: dict[str, Callable[[set[ox.Triple]], set[ox.Triple]]] = {
    "turtle": lambda told: read(turtle.write_graph(told, PREFIXES), ox.RdfFormat.TURTLE),
    "ntriples": lambda told: read(ntriples.write_graph(told), ox.RdfFormat.N_TRIPLES),
    "rdfxml": lambda told: read(rdfxml.write_graph(told, PREFIXES), ox.RdfFormat.RDF_XML),
    "trig": lambda told: read(trig.write_graphs({"http://e.org/g": told}, PREFIXES), ox.RdfFormat.TRIG),
    "jsonld": lambda told: read_jsonld(jsonld.write_graph(told, CONTEXT, address=ADDRESS)),
}
TOLD: dict[str, set[ox.Triple]] = {
    "nothing": set(),
    "class": {ox.Triple(A, RDF_TYPE, ox.NamedNode("http://e.org/City")), ox.Triple(A, RDF_TYPE, B)},
    "class that is a text": {ox.Triple(A, RDF_TYPE, ox.Literal("x"))},
    "languages": {ox.Triple(A, LABEL, ox.Literal(text, language=tag)) for text in "xy" for tag in ("de", "en-GB")},
    "language and none": {
        ox.Triple(A, LABEL, ox.Literal("x", language="de")),
        ox.Triple(A, LABEL, ox.Literal("x")),
    },
    "text where a thing is usual": {ox.Triple(A, LINK, ox.Literal("http://e.org/b")), ox.Triple(A, LINK, B)},
    "thing where a text is usual": {ox.Triple(A, LABEL, B), ox.Triple(A, P, B), ox.Triple(A, P, ox.Literal("b"))},
    "numbers": {
        ox.Triple(A, property_, typed(text, kind))
        for property_ in (N, P, LABEL, LINK)
        for text in ("1", "007", "-3", "+3", "12345678901234567890", "1.0", "1E0", "x", "true")
        for kind in ("integer", "decimal", "double", "boolean", "gYear")
    },
    "white space": {ox.Triple(A, P, ox.Literal(text)) for text in (" ", "\t", "\n", "\r", "a\r\nb", "")},
    "mark-up": {
        ox.Triple(A, P, ox.Literal(text)) for text in ("<b>&amp;", "]]>", '"', "\\", "\u202e", "\U0001f600")
    },
    "an IRI that looks like a short name": {
        ox.Triple(ox.NamedNode("geo:52,13"), LINK, ox.NamedNode("mailto:a@e.org")),
        ox.Triple(A, GEO, ox.NamedNode("City:x")),
        ox.Triple(A, RDF_TYPE, ox.NamedNode("http://e.org/City")),
        ox.Triple(A, LABEL, ox.Literal("x", language="de")),
    },
    "hard names": {
        ox.Triple(ox.NamedNode("http://e.org/a/b,c.d;e/"), P, ox.NamedNode("http://e.org/ü?x=1&y=2#z"))
    },
    "blank nodes": {ox.Triple(ox.BlankNode("b1"), P, ox.BlankNode("b2")), ox.Triple(A, LINK, ox.BlankNode("b1"))},
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
@pytest.mark.parametrize("told", TOLD)
def test_what_is_written_reads_the_same(name: str, told: str) -> None:
    assert ROUND_TRIPS[name](TOLD[told]) == TOLD[told]


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_all_data_read_the_same(name: str, project: Project, embedded: EmbeddedStore) -> None:
    told = set(name_by_content(embedded.triples()))
    assert len(told) > 100_000
    if name == "jsonld":
        context = read_context(project)
        assert read_jsonld(jsonld.write_graph(told, context, address=ADDRESS), context) == told
    else:
        assert ROUND_TRIPS[name](told) == told


@pytest.mark.parametrize("text", ["\x01", "\x0c", "\ufffe"])
def test_xml_says_what_it_cannot_hold(text: str) -> None:
    with pytest.raises(InputError, match=r"RDF/XML cannot hold the character U\+[0-9A-F]{4}, .*http://e.org/a"):
        rdfxml.write_graph([ox.Triple(A, P, ox.Literal(text))], PREFIXES)


@pytest.mark.parametrize("iri", ["http://e.org/p/123", "http://e.org/p#", "http://e.org/p/1,a;"])
def test_xml_says_which_property_it_cannot_name(iri: str) -> None:
    with pytest.raises(InputError, match="a property whose name"):
        rdfxml.write_graph([ox.Triple(A, ox.NamedNode(iri), A)], PREFIXES)


def test_jsonld_is_easy_to_use(project: Project, embedded: EmbeddedStore) -> None:
    thing = project.prefixes.expand("city:magdeburg")
    context = read_context(project)
    data = jsonld.write_graph(embedded.triples(thing), context, address=ADDRESS)
    (node,) = json.loads(data)["graph"]
    assert node["id"] == thing.value
    assert "City" in node["type"]
    assert node["prefLabel"] == {"de": "Magdeburg", "en": "Magdeburg"}
    assert node["municipalityKey"] == "15003000"
    assert isinstance(node["population"], int)
    assert all(link.startswith("https://") for link in node["inRegion"])
    assert not [key for key in node if ":" in key]


def test_context_has_each_name_once(project: Project) -> None:
    context = read_context(project)
    names = [*context.properties.values(), *context.classes.values()]
    assert len(names) == len(set(names))
    assert len(context.properties) >= 150
    assert context.path == "context/0.1.0.jsonld"


_SAME_BYTES = """
import hashlib
from smartcity_kg.context import read_context
from smartcity_kg.formats import jsonld, rdfxml, turtle
from smartcity_kg.project import Project
from smartcity_kg.turtle.blanks import name_by_content
project = Project.find()
context = read_context(project)
told = name_by_content(triple for path in project.ontology_files for triple in project.read(path).triples)
written = turtle.write_graph(told, project.prefixes) + rdfxml.write_graph(told, project.prefixes)
written += jsonld.write_graph(told, context, address="x") + jsonld.write_context(context)
print(hashlib.sha256(written).hexdigest())
"""


def test_each_process_writes_the_same_bytes() -> None:
    def run(seed: str) -> str:
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))}
        done = subprocess.run(
            [sys.executable, "-c", _SAME_BYTES], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert run("1") == run("2")
