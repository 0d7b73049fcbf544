"""Terms and triples between pyoxigraph and rdflib (layer 1).

Literals keep their lexical form: `"07"^^xsd:integer` stays `07`, since normalising it would change what a
validator sees.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from smartcity_kg.terms import Term

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

    RdflibTriple: TypeAlias = tuple[Node, Node, Node]


def term_to_rdflib(term: Term) -> "Node":
    """A pyoxigraph term as an rdflib term.

    >>> term_to_rdflib(ox.Literal("07", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer"))).n3()
    '"07"^^<http://www.w3.org/2001/XMLSchema#integer>'
    """
    import rdflib

    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, ox.Triple):
        raise TypeError("rdflib has no triple terms")
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    kind = term.datatype.value
    if kind.endswith("XMLSchema#string"):
        return rdflib.Literal(term.value)
    return rdflib.Literal(term.value, datatype=rdflib.URIRef(kind), normalize=False)


def term_from_rdflib(node: "Node") -> Term:
    """An rdflib term as a pyoxigraph term.

    >>> import rdflib
    >>> term_from_rdflib(rdflib.Literal("Ulm", lang="de"))
    <Literal value=Ulm language=de>
    """
    import rdflib

    if isinstance(node, rdflib.URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, rdflib.BNode):
        return ox.BlankNode(str(node))
    if not isinstance(node, rdflib.Literal):
        raise TypeError(f"no RDF term: {node!r}")
    if node.language:
        return ox.Literal(str(node), language=node.language)
    return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)) if node.datatype else None)


def triple_to_rdflib(triple: ox.Triple) -> "RdflibTriple":
    """A pyoxigraph triple as rdflib has it: a tuple of three terms."""
    return term_to_rdflib(triple.subject), term_to_rdflib(triple.predicate), term_to_rdflib(triple.object)


def to_rdflib(triples: Iterable[ox.Triple], graph: "Graph | None" = None) -> "Graph":
    """Triples as a new rdflib graph, or added to the one given.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> len(to_rdflib([ox.Triple(a, a, a)]))
    1
    """
    import rdflib

    graph = rdflib.Graph() if graph is None else graph
    cache: dict[Term, Node] = {}

    def node(term: Term) -> "Node":
        if term not in cache:
            cache[term] = term_to_rdflib(term)
        return cache[term]

    for triple in triples:
        graph.add((node(triple.subject), node(triple.predicate), node(triple.object)))
    return graph


def from_rdflib(triples: "Iterable[RdflibTriple]") -> Iterable[ox.Triple]:
    """The triples of rdflib; those that are no RDF 1.1 (a literal as subject) are left out.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> list(from_rdflib(to_rdflib([ox.Triple(a, a, a)]))) == [ox.Triple(a, a, a)]
    True
    """
    for parts in triples:
        subject, predicate, value = (term_from_rdflib(part) for part in parts)
        if isinstance(subject, (ox.NamedNode, ox.BlankNode)) and isinstance(predicate, ox.NamedNode):
            yield ox.Triple(subject, predicate, value)


@contextmanager
def ill_typed_literals() -> Iterator[None]:
    """While this is open, rdflib does not log that a literal such as `"22-11-6202"^^xsd:date` has no value.

    It would do so with a traceback for each. Such a literal is what a validation reports, with its line.

    >>> with ill_typed_literals():
    ...     text = term_to_rdflib(ox.Literal("x", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date"))).n3()
    >>> text
    '"x"^^<http://www.w3.org/2001/XMLSchema#date>'
    """
    logger = logging.getLogger("rdflib.term")
    logger.addFilter(_is_other_news)
    try:
        yield
    finally:
        logger.removeFilter(_is_other_news)


def _is_other_news(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("Failed to convert Literal lexical form")
