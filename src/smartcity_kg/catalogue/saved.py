"""Prefixes and saved queries as SHACL writes them, for editors that offer prefixes and examples (layer 2)."""

from pyoxigraph import Literal, NamedNode

from smartcity_kg.catalogue.description import DCT, Description
from smartcity_kg.queries import SavedQuery, read_saved_queries
from smartcity_kg.terms import RDFS, SH, XSD

_SCHEMA = "https://schema.org/"
_OWL_ONTOLOGY = "http://www.w3.org/2002/07/owl#Ontology"


def describe_queries(description: Description) -> None:
    """Add the prefixes and all saved queries of the project to a description.

    >>> from smartcity_kg.project import Project
    >>> description = Description(Project.find(), {})
    >>> describe_queries(description)
    >>> len(description.things(f"{SH}SPARQLSelectExecutable")) > 100
    True
    """
    prefixes = description.node("prefixes")
    description.add_type(prefixes, _OWL_ONTOLOGY)
    for name, namespace in sorted(description.project.prefixes.namespaces.items()):
        node = description.node(f"prefix-{name}")
        description.add(prefixes, f"{SH}declare", node)
        description.add_type(node, f"{SH}PrefixDeclaration")
        description.add(node, f"{SH}prefix", Literal(name))
        description.add(node, f"{SH}namespace", Literal(namespace, datatype=NamedNode(f"{XSD}anyURI")))
    for query in read_saved_queries(description.project):
        _describe(description, query, prefixes)


def _describe(description: Description, query: SavedQuery, prefixes: NamedNode) -> None:
    """A saved query (SHACL-SPARQL, section 5.2)."""
    node = NamedNode(f"{description.project.base}queries/{query.name}")
    form = query.form.capitalize()
    description.add_type(node, f"{SH}SPARQLExecutable")
    description.add_type(node, f"{SH}SPARQL{form}Executable")
    languages = ("de", "en")
    description.add_texts(node, f"{RDFS}label", {code: query.title(code) for code in languages})
    description.add_texts(node, f"{RDFS}comment", {code: query.description(code) for code in languages})
    description.add(node, f"{SH}{form.lower()}", Literal(query.sparql))
    description.add(node, f"{SH}prefixes", prefixes)
    keywords = query.header.values.get("keywords", ())
    description.add(node, f"{_SCHEMA}keywords", *(Literal(str(word), language="en") for word in keywords))
    endpoint = description.address("endpoint")
    if endpoint:
        description.add(node, f"{_SCHEMA}target", endpoint)
    description.add(node, f"{DCT}isPartOf", description.node("graph"))
