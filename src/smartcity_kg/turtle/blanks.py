"""Names for blank nodes that depend on what is said about them, and on nothing else (layer 1).

Canonical labels of a whole file (W3C RDF Dataset Canonicalization, RDFC-1.0) may all move when one blank node is
added, so that two files cannot be compared by them. Here each group of connected blank nodes is canonicalised
by itself, and its name is a digest of that: the same content gives the same names, whatever else a file says.

Nodes are told apart by what is said about them and their neighbours, which is quick. RDFC-1.0 decides only where
that does not suffice, and only in small groups, since its time grows with all orders of nodes that look alike.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox

from smartcity_kg.errors import InputError

MAX_BLANK = 5_000
MAX_CONNECTED = 1_000
MAX_ALIKE = 5
_DIGITS = 16


def name_by_content(triples: Iterable[ox.Triple], *, path: str = "") -> frozenset[ox.Triple]:
    """The triples with blank nodes renamed after their content.

    Groups that say the same are told apart by a number, so that two of them do not become one.

    Args:
        triples: The statements of one file.
        path: The file's name, for messages.

    Raises:
        InputError: If there are more than `MAX_BLANK` blank nodes, if more than `MAX_CONNECTED` are connected, or
            if of more than `MAX_ALIKE` connected ones some cannot be told apart.

    >>> from smartcity_kg.turtle.parse import parse_turtle
    >>> one = parse_turtle(b"@prefix e: <http://e.org/> . e:a e:p [ e:q 1 ; e:r 2 ] .", path="a.ttl")
    >>> two = parse_turtle(b"@prefix e: <http://e.org/> . _:x e:r 2 ; e:q 1 . e:a e:p _:x .", path="b.ttl")
    >>> name_by_content(one.triples) == name_by_content(two.triples)
    True
    """
    told = frozenset(triples)
    if (count := len({node for triple in told for node in _blanks(triple)})) > MAX_BLANK:
        raise _refused(f"there are {count:,} blank nodes, more than the {MAX_BLANK:,} allowed", path)
    found = {triple for triple in told if not _blanks(triple)}
    seen: Counter[str] = Counter()
    for group in _groups(told):
        canonical = _canonical(group, path)
        said = "\n".join(sorted(map(str, canonical)))
        digest = hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]
        seen[digest] += 1
        names = {node: f"{digest}x{seen[digest]}{node.value}" for triple in canonical for node in _blanks(triple)}
        found.update(_relabelled(triple, names) for triple in canonical)
    return frozenset(found)


def _canonical(group: Sequence[ox.Triple], path: str) -> list[ox.Triple]:
    """The triples of a group with blank nodes that do not depend on labels or order."""
    nodes = {node for triple in group for node in _blanks(triple)}
    if len(nodes) > MAX_CONNECTED:
        raise _refused(f"{len(nodes):,} blank nodes are connected, more than the {MAX_CONNECTED:,} allowed", path)
    colours = _colours(group, nodes)
    if len(set(colours.values())) == len(nodes):
        ranks = {colour: rank for rank, colour in enumerate(sorted(colours.values()))}
        labels = {node: f"n{ranks[colour]}" for node, colour in colours.items()}
        return [_relabelled(triple, labels) for triple in group]
    if len(nodes) > MAX_ALIKE:
        raise _refused(f"some of {len(nodes):,} blank nodes cannot be told apart by what is said about them", path)
    data = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in group)
    data.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [quad.triple for quad in data]


def _refused(message: str, path: str) -> InputError:
    return InputError(message, path=path or None, hint="Give them IRIs, so that others can point at them.")


def _relabelled(triple: ox.Triple, labels: Mapping[ox.BlankNode, str]) -> ox.Triple:
    subject, value = triple.subject, triple.object
    return ox.Triple(
        ox.BlankNode(labels[subject]) if isinstance(subject, ox.BlankNode) else subject,
        triple.predicate,
        ox.BlankNode(labels[value]) if isinstance(value, ox.BlankNode) else value,
    )


def _blanks(triple: ox.Triple) -> list[ox.BlankNode]:
    return [node for node in (triple.subject, triple.object) if isinstance(node, ox.BlankNode)]


def _groups(triples: Iterable[ox.Triple]) -> list[list[ox.Triple]]:
    """The triples that hold blank nodes, in groups that share none."""
    parent: dict[ox.BlankNode, ox.BlankNode] = {}

    def root(node: ox.BlankNode) -> ox.BlankNode:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    held = [triple for triple in triples if _blanks(triple)]
    for triple in held:
        first, *others = _blanks(triple)
        for other in others:
            parent[root(other)] = root(first)
        root(first)
    found: dict[ox.BlankNode, list[ox.Triple]] = defaultdict(list)
    for triple in held:
        found[root(_blanks(triple)[0])].append(triple)
    return list(found.values())


def _colours(group: Sequence[ox.Triple], nodes: set[ox.BlankNode]) -> dict[ox.BlankNode, str]:
    """For each node a digest of what is said about it and its neighbours, until nothing more is told apart."""
    colours = dict.fromkeys(nodes, "")
    count = 1
    while True:
        said: dict[ox.BlankNode, list[str]] = {node: [] for node in nodes}
        for triple in group:
            subject, value = triple.subject, triple.object
            if isinstance(subject, ox.BlankNode):
                shown = colours[value] if isinstance(value, ox.BlankNode) else str(value)
                said[subject].append(f">{triple.predicate} {shown}")
            if isinstance(value, ox.BlankNode):
                shown = colours[subject] if isinstance(subject, ox.BlankNode) else str(subject)
                said[value].append(f"<{triple.predicate} {shown}")
        colours = {
            node: hashlib.sha256("\n".join([colours[node], *sorted(said[node])]).encode()).hexdigest()
            for node in nodes
        }
        told_apart = len(set(colours.values()))
        if told_apart in (count, len(nodes)):
            return colours
        count = told_apart
