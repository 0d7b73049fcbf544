"""Names for blank nodes that depend on what is said about them, and on nothing else (layer 1).

Canonical labels of a whole file (W3C RDF Dataset Canonicalization, RDFC-1.0) may all move when one blank node is
added, so that two files cannot be compared by them. Here each group of connected blank nodes is numbered
by itself, and its name is a digest of that: the same content gives the same names, whatever else a file says.

Nodes are told apart by what is said about them and their neighbours, which is quick. Where that does not suffice
all orders are tried, and only in small groups, since their number grows fast.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations

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
    labels = labels_by_content(told, path=path)
    return frozenset(relabelled(triple, labels) for triple in told)


def labels_by_content(triples: Iterable[ox.Triple], *, path: str = "") -> dict[ox.BlankNode, str]:
    """A new label for each blank node, made from what is said about it; see `name_by_content`.

    Raises:
        InputError: As `name_by_content`.

    >>> from smartcity_kg.turtle.parse import parse_turtle
    >>> len(labels_by_content(parse_turtle(b"<http://e.org/a> <http://e.org/p> [], [] .", path="a.ttl").triples))
    2
    """
    told = frozenset(triples)
    if (count := len({node for triple in told for node in _blanks(triple)})) > MAX_BLANK:
        raise _refused(f"there are {count:,} blank nodes, more than the {MAX_BLANK:,} allowed", path)
    found: dict[ox.BlankNode, str] = {}
    seen: Counter[str] = Counter()
    for group in _groups(told):
        numbers = _numbers(group, path)
        digest = hashlib.sha256(_text(group, numbers).encode()).hexdigest()[:_DIGITS]
        seen[digest] += 1
        found |= {node: f"b{digest}x{seen[digest]}{number}" for node, number in numbers.items()}
    return found


def relabelled(triple: ox.Triple, labels: Mapping[ox.BlankNode, str]) -> ox.Triple:
    """A triple with new labels for its blank nodes.

    >>> node = ox.BlankNode("x")
    >>> relabelled(ox.Triple(node, ox.NamedNode("http://e.org/p"), node), {node: "y"}).subject
    <BlankNode value=y>
    """
    subject, value = triple.subject, triple.object
    if not isinstance(subject, ox.BlankNode) and not isinstance(value, ox.BlankNode):
        return triple
    return ox.Triple(
        ox.BlankNode(labels[subject]) if isinstance(subject, ox.BlankNode) else subject,
        triple.predicate,
        ox.BlankNode(labels[value]) if isinstance(value, ox.BlankNode) else value,
    )


def _numbers(group: Sequence[ox.Triple], path: str) -> dict[ox.BlankNode, str]:
    """A number for each blank node of a group that does not depend on labels or order."""
    nodes = {node for triple in group for node in _blanks(triple)}
    if len(nodes) > MAX_CONNECTED:
        raise _refused(f"{len(nodes):,} blank nodes are connected, more than the {MAX_CONNECTED:,} allowed", path)
    colours = _colours(group, nodes)
    if len(set(colours.values())) == len(nodes):
        return _counted(sorted(nodes, key=colours.__getitem__))
    if len(nodes) > MAX_ALIKE:
        raise _refused(f"some of {len(nodes):,} blank nodes cannot be told apart by what is said about them", path)
    ranked = sorted(colours.values())
    orders = (order for order in permutations(nodes) if [colours[node] for node in order] == ranked)
    return min(map(_counted, orders), key=lambda numbers: _text(group, numbers))


def _counted(nodes: Iterable[ox.BlankNode]) -> dict[ox.BlankNode, str]:
    return {node: f"n{number}" for number, node in enumerate(nodes)}


def _text(group: Iterable[ox.Triple], labels: Mapping[ox.BlankNode, str]) -> str:
    return "\n".join(sorted(str(relabelled(triple, labels)) for triple in group))


def _refused(message: str, path: str) -> InputError:
    return InputError(message, path=path or None, hint="Give them IRIs, so that others can point at them.")


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
