"""TriG: named graphs, the same bytes for the same quads (layer 3)."""

from collections.abc import Collection, Iterable, Mapping

import pyoxigraph as ox

from smartcity_kg.formats.order import in_order, used_prefixes
from smartcity_kg.terms import Prefixes


def write_graphs(graphs: Mapping[str, Collection[ox.Triple]], prefixes: Prefixes) -> bytes:
    r"""Named graphs as TriG, sorted by name, each in order; blank nodes keep their names.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_graphs({"http://e.org/g": [ox.Triple(a, a, a)]}, Prefixes({"e": "http://e.org/"}))
    b'@prefix e: <http://e.org/> .\ne:g {\n\te:a e:a e:a .\n}\n'
    """
    names = [ox.Triple(name, name, name) for name in map(ox.NamedNode, graphs)]
    used = used_prefixes([*names, *(triple for triples in graphs.values() for triple in triples)], prefixes)
    return write_named(graphs, used)


def write_named(graphs: Mapping[str, Iterable[ox.Triple]], namespaces: Mapping[str, str]) -> bytes:
    r"""Named graphs as in `write_graphs`; all of the prefixes are declared.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_named({"http://e.org/g": [ox.Triple(a, a, a)]}, {"f": "http://f.org/"}).splitlines()[0]
    b'@prefix f: <http://f.org/> .'
    """
    quads = (
        ox.Quad(triple.subject, triple.predicate, triple.object, ox.NamedNode(name))
        for name in sorted(graphs)
        for triple in in_order(graphs[name])
    )
    return ox.serialize(quads, format=ox.RdfFormat.TRIG, prefixes=dict(namespaces)) or b""
