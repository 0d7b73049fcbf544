"""The targets of shapes, and shapes whose targets are marks in the data (layer 2).

Only some nodes are checked, not all that a shape aims at. The targets are therefore replaced by one that says
"whatever this mark points at", and the data graph gets a mark for each shape and node that is wanted. It is plain
SHACL (`sh:targetObjectsOf`), the shapes stay the same for all data, and an engine reads them once. A mark is a
statement of a node that no shape looks at, with a predicate that no shape knows.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TypeAlias

import pyoxigraph as ox

from smartcity_kg.terms import RDF_TYPE, RDFS, SH, Term
from smartcity_kg.validate.statements import Statements

Aim: TypeAlias = tuple[ox.NamedNode | ox.BlankNode, Term]
"""A shape and a node that it is to check."""

_TARGET_CLASS, _TARGET_NODE, _SUBJECTS_OF, _OBJECTS_OF = (
    ox.NamedNode(f"{SH}{name}") for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
)
TARGETS = frozenset({_TARGET_CLASS, _TARGET_NODE, _SUBJECTS_OF, _OBJECTS_OF})
_CLASS = ox.NamedNode(f"{RDFS}Class")
_PROPERTY = ox.NamedNode(f"{SH}property")
_SHAPES = frozenset({ox.NamedNode(f"{SH}NodeShape"), ox.NamedNode(f"{SH}PropertyShape")})
_DEACTIVATED = ox.NamedNode(f"{SH}deactivated")
_DISJOINT_SIBLINGS = ox.NamedNode(f"{SH}qualifiedValueShapesDisjoint")
_COMPONENT = ox.NamedNode(f"{SH}ConstraintComponent")
# For people and forms (W3C SHACL, sections 2.3.2 and 2.3.3); half of the statements, and an engine reads each.
FOR_PEOPLE = frozenset(
    (
        *(ox.NamedNode(f"{SH}{name}") for name in ("name", "description", "order", "group")),
        *(ox.NamedNode(f"{RDFS}{name}") for name in ("label", "comment")),
    )
)
# For so few nodes it is quicker to ask whether each is meant.
_FEW = 1_000
_MARK = "urn:x-smartcity-kg:checked-by:"
_MARKER = "urn:x-smartcity-kg:checked:"


def find_targets(shapes: Statements) -> tuple[ox.Triple, ...]:
    """What each shape aims at; a shape that is a class aims at its instances (W3C SHACL, section 2.1.3.3)."""
    kinds = [triple for triple in shapes.using(RDF_TYPE) if triple.object in _SHAPES]
    classes = shapes.instances(_CLASS)
    implicit = [
        ox.Triple(triple.subject, _TARGET_CLASS, triple.subject) for triple in kinds if triple.subject in classes
    ]
    declared = [triple for triple in shapes if triple.predicate in TARGETS]
    return tuple(dict.fromkeys((*declared, *implicit)))


def find_aims(
    targets: Iterable[ox.Triple], data: Statements, wanted: Collection[Term] | None = None
) -> tuple[Aim, ...]:
    """The nodes that targets mean in a data graph, each once a shape: all, or those that are wanted."""
    # Many shapes aim at the same; terms are compared as often as there are targets of another kind, not shapes.
    meant: dict[tuple[Term, Term], list[Term]] = {}
    found: dict[ox.NamedNode | ox.BlankNode, list[Term]] = {}
    few = _Few(wanted, data) if wanted is not None and len(wanted) < _FEW else None
    for target in targets:
        if isinstance(target.subject, ox.Triple):
            continue
        kind = (target.predicate, target.object)
        if kind not in meant:
            meant[kind] = few.meant(target) if few else _meant(target, data, wanted)
        if target.subject in found:
            found[target.subject] = list(dict.fromkeys((*found[target.subject], *meant[kind])))
        else:
            found[target.subject] = meant[kind]
    return tuple((shape, node) for shape, nodes in found.items() for node in nodes)


def _meant(target: ox.Triple, data: Statements, wanted: Collection[Term] | None) -> list[Term]:
    nodes = dict.fromkeys(_nodes_of(target, data))
    return [node for node in nodes if wanted is None or node in wanted]


class _Few:
    """Few nodes, each asked whether it is meant; their classes are looked up once for all targets."""

    def __init__(self, wanted: Collection[Term], data: Statements) -> None:
        self._nodes = sorted(wanted, key=str)
        self._data = data
        self._places: dict[Term, list[int]] = {}
        for place, node in enumerate(self._nodes):
            for kind in data.objects(node, RDF_TYPE):
                self._places.setdefault(kind, []).append(place)

    def meant(self, target: ox.Triple) -> list[Term]:
        """Those that a target means, in the order of their names."""
        if target.predicate == _TARGET_CLASS:
            kinds = self._data.subclasses(target.object)
            places = {place for kind in kinds for place in self._places.get(kind, ())}
            return [self._nodes[place] for place in sorted(places)]
        return [node for node in self._nodes if self._is_meant(node, target)]

    def _is_meant(self, node: Term, target: ox.Triple) -> bool:
        predicate, value = target.predicate, target.object
        if predicate == _TARGET_NODE:
            return node == value
        if predicate == _SUBJECTS_OF:
            return bool(self._data.about(node, value))
        return bool(self._data.into(value, node))


def _nodes_of(target: ox.Triple, data: Statements) -> Iterator[Term]:
    predicate, value = target.predicate, target.object
    if predicate == _TARGET_NODE:
        yield value
    elif predicate == _TARGET_CLASS:
        yield from data.instances(value)
    elif predicate == _SUBJECTS_OF:
        yield from (triple.subject for triple in data.using(value))
    else:
        yield from (triple.object for triple in data.using(value))


class MarkedShapes:
    """Shapes that check what is marked.

    Args:
        shapes: The shapes as they are written.
        lift: Whether property shapes are marked themselves instead of the node shape that has them; the results
            are the same. pySHACL takes a shape's constraints apart anew for each node that a node shape hands
            down, but only once for all nodes of a target.
    """

    def __init__(self, shapes: Statements, *, lift: bool = False) -> None:
        self.targets = find_targets(shapes)
        lifted: dict[Term, Term] = dict(_liftable(shapes, self.targets)) if lift else {}
        self._marked_for: dict[Term, list[ox.NamedNode]] = {}
        added = []
        aimed: dict[Term, None] = dict.fromkeys(target.subject for target in self.targets)
        for number, shape in enumerate((*aimed, *lifted)):
            if isinstance(shape, ox.Literal):
                continue
            mark = ox.NamedNode(f"{_MARK}{number}")
            self._marked_for.setdefault(lifted.get(shape, shape), []).append(mark)
            added.append(ox.Triple(shape, _OBJECTS_OF, mark))
        # A component of one's own may take anything as its parameter.
        idle = frozenset() if any(shapes.subjects(RDF_TYPE, _COMPONENT)) else FOR_PEOPLE
        kept = (
            t
            for t in shapes
            if t.predicate not in idle and not _is_target(t, aimed) and not (lifted and _is_link(t, lifted))
        )
        self.triples = (*kept, *added)

    def marks_of(self, shape: Term) -> Sequence[ox.NamedNode]:
        """The predicates of the statements that mark nodes for a shape."""
        return self._marked_for.get(shape, ())

    def marks(self, aims: Iterable[Aim]) -> Iterator[ox.Triple]:
        """The statements that mark nodes for the shapes that are to check them."""
        markers: dict[Term, ox.NamedNode] = {}
        for shape, node in aims:
            if node not in markers:
                # One marker a node: an engine may take long over a thousand statements of one.
                markers[node] = ox.NamedNode(_MARKER + sha256(str(node).encode()).hexdigest()[:24])
            for mark in self._marked_for.get(shape, ()):
                yield ox.Triple(markers[node], mark, node)


def _is_target(triple: ox.Triple, aimed: Collection[Term]) -> bool:
    return triple.predicate in TARGETS or (
        triple.predicate == RDF_TYPE and triple.object == _CLASS and triple.subject in aimed
    )


def _is_link(triple: ox.Triple, lifted: Collection[Term]) -> bool:
    return triple.predicate == _PROPERTY and triple.object in lifted


def _liftable(
    shapes: Statements, targets: Sequence[ox.Triple]
) -> Iterator[tuple[ox.NamedNode | ox.BlankNode, ox.NamedNode | ox.BlankNode]]:
    """Property shapes that belong to one shape with targets and to nothing else, with that shape.

    Where a property shape has two parents, a node of both is checked twice, and marks would make that once.
    """
    aimed = dict.fromkeys(target.subject for target in targets)
    used: dict[Term, list[ox.Triple]] = {}
    for triple in shapes:
        if not isinstance(triple.object, ox.Literal):
            used.setdefault(triple.object, []).append(triple)
    off = {triple.subject for triple in shapes.using(_DEACTIVATED)}
    paths = {triple.subject for triple in shapes.using(ox.NamedNode(f"{SH}path"))}
    for parent in aimed:
        if isinstance(parent, ox.Triple) or parent in used or parent in off or parent in paths:
            continue
        links = shapes.about(parent, _PROPERTY)
        if any(shapes.about(link.object, _DISJOINT_SIBLINGS) for link in links):
            continue  # Such a shape asks its parent for the others.
        for triple in links:
            child = triple.object
            only = used.get(child) == [triple] and child not in aimed
            if only and isinstance(child, (ox.NamedNode, ox.BlankNode)):
                yield child, parent
