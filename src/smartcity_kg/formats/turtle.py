"""Turtle, the same bytes for the same triples (layer 3)."""

from collections.abc import Iterable

import pyoxigraph as ox

from smartcity_kg.formats.order import canonical, in_order, used_prefixes
from smartcity_kg.terms import Prefixes


def write_triples(triples: Iterable[ox.Triple], prefixes: Prefixes) -> str:
    r"""Triples as Turtle: blank nodes named canonically (RDFC-1.0), sorted, only the prefixes in use declared.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_triples([ox.Triple(a, a, a)], Prefixes({"e": "http://e.org/", "f": "http://f.org/"}))
    '@prefix e: <http://e.org/> .\ne:a e:a e:a .\n'
    """
    return _write(canonical(triples), prefixes).decode()


def write_graph(triples: Iterable[ox.Triple], prefixes: Prefixes) -> bytes:
    r"""Triples as Turtle, in order, the class of each thing first; blank nodes keep their names.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_graph([ox.Triple(a, a, a)], Prefixes({"e": "http://e.org/"}))
    b'@prefix e: <http://e.org/> .\ne:a e:a e:a .\n'
    """
    return _write(in_order(triples), prefixes)


def _write(triples: list[ox.Triple], prefixes: Prefixes) -> bytes:
    used = used_prefixes(triples, prefixes)
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=used) or b""
