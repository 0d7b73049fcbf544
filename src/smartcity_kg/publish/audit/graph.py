"""RDF that an audit asks: parsed strictly, without network (layer 4)."""

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from smartcity_kg.errors import InputError
from smartcity_kg.terms import RDF_TYPE, Term

FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
}
MEDIA_TYPES = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}


class Graph:
    """Triples that can be asked.

    >>> graph = parse(b"<http://e.org/a> <http://e.org/p> 1 .", "ttl", "a.ttl")
    >>> graph.values("http://e.org/a", "http://e.org/p")
    ['1']
    """

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = tuple(triples)
        self._by_subject: dict[Term, list[ox.Triple]] = {}
        for triple in self.triples:
            self._by_subject.setdefault(triple.subject, []).append(triple)

    @property
    def subjects(self) -> Iterable[Term]:
        """All subjects, in the order of the file."""
        return self._by_subject

    def objects(self, subject: Term | str, predicate: str) -> list[Term]:
        """The objects of a property."""
        node = ox.NamedNode(subject) if isinstance(subject, str) else subject
        return [t.object for t in self._by_subject.get(node, ()) if t.predicate.value == predicate]

    def values(self, subject: Term | str, predicate: str) -> list[str]:
        """The texts or IRIs of a property."""
        return [str(getattr(term, "value", term)) for term in self.objects(subject, predicate)]

    def languages(self, subject: Term | str, predicate: str) -> set[str]:
        """The languages in which a property has a text that is not empty."""
        return {
            term.language or ""
            for term in self.objects(subject, predicate)
            if isinstance(term, ox.Literal) and term.value.strip()
        }

    def of_type(self, *types: str) -> Iterator[Term]:
        """The subjects that have one of some types, each once."""
        wanted = {ox.NamedNode(iri) for iri in types}
        seen: set[Term] = set()
        for triple in self.triples:
            if triple.predicate == RDF_TYPE and triple.object in wanted and triple.subject not in seen:
                seen.add(triple.subject)
                yield triple.subject


def parse(data: bytes, ending: str, path: str) -> Graph:
    """The triples of some bytes.

    Raises:
        InputError: If they are not in that format.
    """
    try:
        return Graph(quad.triple for quad in ox.parse(data, format=FORMATS[ending]))
    except (SyntaxError, ValueError, OSError) as error:
        raise InputError(str(error), path=path) from error


def fingerprint(graph: Graph) -> frozenset[str]:
    """What a graph says, whatever its blank nodes are called.

    >>> one = parse(b"_:a <http://e.org/p> <http://e.org/b> .", "nt", "")
    >>> other = parse(b"_:b <http://e.org/p> <http://e.org/b> .", "nt", "")
    >>> fingerprint(one) == fingerprint(other)
    True
    """
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in graph.triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(map(str, dataset))
