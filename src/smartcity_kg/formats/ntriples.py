"""N-Triples and N-Quads, the same bytes for the same statements (layer 3)."""

from collections.abc import Iterable

import pyoxigraph as ox

from smartcity_kg.formats.order import canonical


def write_triples(triples: Iterable[ox.Triple]) -> str:
    r"""Triples as N-Triples, sorted, blank nodes named canonically (RDFC-1.0).

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_triples([ox.Triple(a, a, a)])
    '<http://e.org/a> <http://e.org/a> <http://e.org/a> .\n'
    """
    return (ox.serialize(canonical(triples), format=ox.RdfFormat.N_TRIPLES) or b"").decode()


def write_graph(triples: Iterable[ox.Triple]) -> bytes:
    r"""Triples as N-Triples, a line each, sorted; blank nodes keep their names.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_graph([ox.Triple(a, a, a)] * 2)
    b'<http://e.org/a> <http://e.org/a> <http://e.org/a> .\n'
    """
    return _lines(ox.serialize(set(triples), format=ox.RdfFormat.N_TRIPLES) or b"")


def write_dataset(quads: Iterable[ox.Quad]) -> bytes:
    r"""Quads as N-Quads, a line each, sorted; blank nodes keep their names.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_dataset([ox.Quad(a, a, a)])
    b'<http://e.org/a> <http://e.org/a> <http://e.org/a> .\n'
    """
    return _lines(ox.serialize(set(quads), format=ox.RdfFormat.N_QUADS) or b"")


def _lines(data: bytes) -> bytes:
    return b"".join(sorted(data.splitlines(keepends=True)))
