"""Turtle, the same bytes for the same triples (layer 3)."""

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from smartcity_kg.formats.order import canonical, in_order, used_prefixes
from smartcity_kg.terms import Prefixes


def write_triples(triples: Iterable[ox.Triple], prefixes: Prefixes) -> str:
    r"""Triples as Turtle: blank nodes named canonically (RDFC-1.0), sorted, only the prefixes in use declared.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_triples([ox.Triple(a, a, a)], Prefixes({"e": "http://e.org/", "f": "http://f.org/"}))
    '@prefix e: <http://e.org/> .\ne:a e:a e:a .\n'
    """
    ordered = canonical(triples)
    return write_ordered(ordered, used_prefixes(ordered, prefixes)).decode()


def write_graph(triples: Iterable[ox.Triple], prefixes: Prefixes) -> bytes:
    r"""Triples as Turtle, in order, the class of each thing first; blank nodes keep their names.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_graph([ox.Triple(a, a, a)], Prefixes({"e": "http://e.org/"}))
    b'@prefix e: <http://e.org/> .\ne:a e:a e:a .\n'
    """
    ordered = in_order(triples)
    return write_ordered(ordered, used_prefixes(ordered, prefixes))


def write_ordered(triples: Iterable[ox.Triple], namespaces: Mapping[str, str]) -> bytes:
    r"""Triples as Turtle in the order given; all of the prefixes are declared.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_ordered([ox.Triple(a, a, a)], {"f": "http://f.org/"})
    b'@prefix f: <http://f.org/> .\n<http://e.org/a> <http://e.org/a> <http://e.org/a> .\n'
    """
    return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=dict(namespaces)) or b""
