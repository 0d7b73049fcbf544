"""TriG: named graphs, the same bytes for the same quads (layer 3)."""

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from smartcity_kg.formats.order import in_order, used_prefixes
from smartcity_kg.terms import Prefixes


def write_graphs(graphs: Mapping[str, Iterable[ox.Triple]], prefixes: Prefixes) -> bytes:
    r"""Named graphs as TriG, sorted by name, each in order; blank nodes keep their names.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> write_graphs({"http://e.org/g": [ox.Triple(a, a, a)]}, Prefixes({"e": "http://e.org/"}))
    b'@prefix e: <http://e.org/> .\ne:g {\n\te:a e:a e:a .\n}\n'
    """
    ordered = {ox.NamedNode(name): in_order(graphs[name]) for name in sorted(graphs)}
    names = [ox.Triple(name, name, name) for name in ordered]
    used = used_prefixes([*names, *(triple for triples in ordered.values() for triple in triples)], prefixes)
    quads = (ox.Quad(t.subject, t.predicate, t.object, name) for name, triples in ordered.items() for t in triples)
    return ox.serialize(quads, format=ox.RdfFormat.TRIG, prefixes=used) or b""
