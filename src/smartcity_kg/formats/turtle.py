"""Turtle and N-Triples, the same bytes for the same triples (layer 3)."""

from collections.abc import Iterable

import pyoxigraph as ox

from smartcity_kg.terms import Prefixes


def write_triples(triples: Iterable[ox.Triple], prefixes: Prefixes) -> str:
    r"""Triples as Turtle: blank nodes named canonically (RDFC-1.0), sorted, only the prefixes in use declared.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_triples([ox.Triple(a, a, a)], Prefixes({"e": "http://e.org/", "f": "http://f.org/"}))
    '@prefix e: <http://e.org/> .\ne:a e:a e:a .\n'
    """
    ordered = _canonical(triples)
    iris = {term.value for t in ordered for term in (t.subject, t.predicate, t.object) if hasattr(term, "value")}
    iris |= {t.object.datatype.value for t in ordered if isinstance(t.object, ox.Literal)}
    used = {
        prefix: namespace
        for prefix, namespace in sorted(prefixes.namespaces.items())
        if any(iri.startswith(namespace) for iri in iris)
    }
    data = ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=used)
    return (data or b"").decode()


def write_ntriples(triples: Iterable[ox.Triple]) -> str:
    """Triples as N-Triples, sorted, blank nodes named canonically."""
    data = ox.serialize(_canonical(triples), format=ox.RdfFormat.N_TRIPLES)
    return (data or b"").decode()


def _canonical(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted((quad.triple for quad in dataset), key=str)
