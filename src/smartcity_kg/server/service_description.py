"""What the endpoint says of itself: SPARQL 1.1 Service Description (layer 6)."""

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from smartcity_kg.server.workers import GRAPH_TYPES, RESULT_TYPES

_SD = "http://www.w3.org/ns/sparql-service-description#"
_RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_FORMATS = "http://www.w3.org/ns/formats/"
_NAMES = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/ld+json": "JSON-LD",
    "application/rdf+xml": "RDF_XML",
}


def describe_service(
    endpoint: str, graphs: Iterable[str], media_type: str, prefixes: Mapping[str, str] | None = None
) -> bytes:
    """The service description, serialised.

    Args:
        endpoint: The endpoint's address.
        graphs: Names of the graphs of its data set.
        media_type: One of `GRAPH_TYPES`.
        prefixes: For the formats that have prefixes.

    >>> b"SPARQL11Query" in describe_service("http://e.org/sparql", [], "text/turtle")
    True
    """
    service, dataset = ox.BlankNode("service"), ox.BlankNode("dataset")
    default = ox.BlankNode("default")
    triples = [
        ox.Triple(service, _RDF_TYPE, _term("Service")),
        ox.Triple(service, _term("endpoint"), ox.NamedNode(endpoint)),
        ox.Triple(service, _term("supportedLanguage"), _term("SPARQL11Query")),
        ox.Triple(service, _term("feature"), _term("UnionDefaultGraph")),
        *(
            ox.Triple(service, _term("resultFormat"), ox.NamedNode(_FORMATS + _NAMES[kind]))
            for kind in (*RESULT_TYPES, *GRAPH_TYPES)
        ),
        ox.Triple(service, _term("defaultDataset"), dataset),
        ox.Triple(dataset, _RDF_TYPE, _term("Dataset")),
        ox.Triple(dataset, _term("defaultGraph"), default),
        ox.Triple(default, _RDF_TYPE, _term("Graph")),
    ]
    for number, name in enumerate(sorted(graphs)):
        graph = ox.BlankNode(f"graph{number}")
        triples += [
            ox.Triple(dataset, _term("namedGraph"), graph),
            ox.Triple(graph, _RDF_TYPE, _term("NamedGraph")),
            ox.Triple(graph, _term("name"), ox.NamedNode(name)),
        ]
    kind = ox.RdfFormat.from_media_type(media_type)
    written = ox.serialize(triples, format=kind, prefixes={**(prefixes or {}), "sd": _SD, "format": _FORMATS})
    return written or b""


def _term(name: str) -> ox.NamedNode:
    return ox.NamedNode(_SD + name)
