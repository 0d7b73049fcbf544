"""Names for blank nodes that depend on what is said about them, and on nothing else (layer 1).

Canonical labels of a whole file (W3C RDF Dataset Canonicalization, RDFC-1.0) may all move when one blank node is
added, so that two files cannot be compared by them. Here each group of connected blank nodes is canonicalised
by itself, and its name is a digest of that: the same content gives the same names, whatever else a file says.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from smartcity_kg.errors import InputError

# RDFC-1.0 takes time that grows with the permutations of nodes that look alike; six of them are 720.
MAX_ALIKE = 6
_DIGITS = 16


def name_by_content(triples: Iterable[ox.Triple], *, path: str = "") -> frozenset[ox.Triple]:
    """The triples with blank nodes renamed after their content.

    Groups that say the same are told apart by a number, so that two of them do not become one.

    Args:
        triples: The statements of one file.
        path: The file's name, for messages.

    Raises:
        InputError: If more than `MAX_ALIKE` connected blank nodes cannot be told apart by what is said about them.

    >>> from smartcity_kg.turtle.parse import parse_turtle
    >>> one = parse_turtle(b"@prefix e: <http://e.org/> . e:a e:p [ e:q 1 ; e:r 2 ] .", path="a.ttl")
    >>> two = parse_turtle(b"@prefix e: <http://e.org/> . _:x e:r 2 ; e:q 1 . e:a e:p _:x .", path="b.ttl")
    >>> name_by_content(one.triples) == name_by_content(two.triples)
    True
    """
    told = frozenset(triples)
    found = {triple for triple in told if not _blanks(triple)}
    seen: Counter[str] = Counter()
    for group in _groups(told):
        _refuse_look_alikes(group, path)
        canonical = _canonical(group)
        said = "\n".join(sorted(map(str, canonical)))
        digest = hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]
        seen[digest] += 1
        found.update(_renamed(triple, f"{digest}x{seen[digest]}") for triple in canonical)
    return frozenset(found)


def _canonical(group: Iterable[ox.Triple]) -> list[ox.Triple]:
    data = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in group)
    data.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [quad.triple for quad in data]


def _renamed(triple: ox.Triple, group: str) -> ox.Triple:
    subject, value = triple.subject, triple.object
    return ox.Triple(
        ox.BlankNode(group + subject.value) if isinstance(subject, ox.BlankNode) else subject,
        triple.predicate,
        ox.BlankNode(group + value.value) if isinstance(value, ox.BlankNode) else value,
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


def _refuse_look_alikes(group: Sequence[ox.Triple], path: str) -> None:
    nodes = {node for triple in group for node in _blanks(triple)}
    if len(nodes) <= MAX_ALIKE:
        return
    colours = _colours(group, nodes)
    alike = max(Counter(colours.values()).values())
    if alike > MAX_ALIKE:
        raise InputError(
            f"{alike} blank nodes cannot be told apart by what is said about them",
            path=path or None,
            hint="Give them IRIs, so that others can point at them.",
        )


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
