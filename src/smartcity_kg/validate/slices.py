"""The statements that shapes can look at when they check some nodes (layer 2).

A walk along the paths of the shapes collects them: first from the nodes that are checked, then, for nested shapes,
from the values reached. That is enough to check these nodes: an engine says the same about them as with the whole
graph. So it has less to read, and its report is a function of the slice, which makes it safe to remember.

Only what SHACL core says of itself is known here. Shapes with queries, rules or components of their own can look
at anything: for them `Slicer.whole` is true, and there is no slice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from smartcity_kg.terms import RDF_TYPE, RDFS, SH, Term
from smartcity_kg.validate.statements import Statements
from smartcity_kg.validate.targets import TARGETS, Aim


def _sh(*names: str) -> frozenset[ox.NamedNode]:
    return frozenset(ox.NamedNode(f"{SH}{name}") for name in names)


_PATH = ox.NamedNode(f"{SH}path")
_INVERSE, _ALTERNATIVE = ox.NamedNode(f"{SH}inversePath"), ox.NamedNode(f"{SH}alternativePath")
_REPEATED = _sh("zeroOrMorePath", "oneOrMorePath")
_OPTIONAL = ox.NamedNode(f"{SH}zeroOrOnePath")
_NESTED = _sh("property", "node", "not", "qualifiedValueShape")
_NESTED_LISTS = _sh("and", "or", "xone")
_COMPARED = _sh("equals", "disjoint", "lessThan", "lessThanOrEquals")
_CLASS, _CLOSED = ox.NamedNode(f"{SH}class"), ox.NamedNode(f"{SH}closed")
_SUBCLASS = ox.NamedNode(f"{RDFS}subClassOf")
# What looks at no statement but the value itself, or is for people.
_LOCAL = TARGETS | _sh(
    *("datatype", "nodeKind", "minCount", "maxCount", "minLength", "maxLength", "pattern", "flags"),
    *("minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "languageIn", "uniqueLang"),
    *("hasValue", "in", "ignoredProperties", "qualifiedMinCount", "qualifiedMaxCount"),
    *("order", "name", "group", "description", "message", "severity", "deactivated", "defaultValue", "readOnly"),
    *("declare", "prefix", "namespace"),
)
_KNOWN = (
    _LOCAL | _NESTED | _NESTED_LISTS | _COMPARED | _REPEATED
    | {_PATH, _INVERSE, _ALTERNATIVE, _OPTIONAL, _CLASS, _CLOSED}
)  # fmt: skip
_OWN_COMPONENT = ox.NamedNode(f"{SH}ConstraintComponent")


@dataclass
class _Walk:
    """What a walk has seen: statements in the order found, and which shape has been at which nodes."""

    data: Statements
    found: dict[ox.Triple, None]
    been: dict[Term, set[Term]]


class Slicer:
    """Shapes, ready to cut from a data graph what they look at."""

    def __init__(self, shapes: Statements) -> None:
        self.shapes = shapes
        unknown = {t.predicate for t in shapes if t.predicate.value.startswith(SH)} - _KNOWN
        own = any(True for _ in shapes.subjects(RDF_TYPE, _OWN_COMPONENT))
        self.whole = own or bool(unknown)
        self._parts: dict[Term, _Parts] = {}

    def cut(self, data: Statements, aims: Iterable[Aim]) -> tuple[ox.Triple, ...]:
        """The statements that the shapes can look at when each checks its nodes; all where that is unknown."""
        if self.whole:
            return data.triples
        walk = _Walk(data, dict.fromkeys(data.using(_SUBCLASS)), {})
        nodes: dict[Term, set[Term]] = {}
        for aimed, node in aims:
            nodes.setdefault(aimed, set()).add(node)
        for shape, focus in nodes.items():
            self._visit(walk, shape, focus)
        return tuple(walk.found)

    def _visit(self, walk: _Walk, shape: Term, focus: set[Term]) -> None:
        been = walk.been.setdefault(shape, set())
        new = focus - been
        if not new:
            return
        if shape not in self._parts:
            self._parts[shape] = _Parts.of(self.shapes, shape)
        parts = self._parts[shape]
        been |= new
        for predicate in parts.compared:
            self._step(walk, new, predicate)
        values = new if parts.path is None else self._follow(walk, new, parts.path)
        if parts.closed:
            walk.found.update((triple, None) for node in values for triple in walk.data.about(node))
        if parts.classes:
            self._step(walk, values, RDF_TYPE)
        for nested in parts.nested:
            self._visit(walk, nested, values)

    def _follow(self, walk: _Walk, nodes: set[Term], path: Term, *, back: bool = False) -> set[Term]:
        """The nodes at the end of a path (W3C SHACL, section 2.3.1); the statements on the way are noted."""
        if isinstance(path, ox.NamedNode):
            return self._step(walk, nodes, path, back=back)
        [triple, *_] = self.shapes.about(path)
        kind, inner = triple.predicate, triple.object
        if kind == _INVERSE:
            return self._follow(walk, nodes, inner, back=not back)
        if kind == _ALTERNATIVE:
            ways = self.shapes.members(inner)
            return {node for way in ways for node in self._follow(walk, nodes, way, back=back)}
        if kind == _OPTIONAL:
            return nodes | self._follow(walk, nodes, inner, back=back)
        if kind in _REPEATED:
            return self._repeat(walk, nodes, inner, back=back)
        parts = self.shapes.members(path)
        for part in reversed(parts) if back else parts:
            nodes = self._follow(walk, nodes, part, back=back)
        return nodes

    def _repeat(self, walk: _Walk, nodes: set[Term], path: Term, *, back: bool) -> set[Term]:
        reached, new = set(nodes), nodes
        while new:
            new = self._follow(walk, new, path, back=back) - reached
            reached |= new
        return reached

    @staticmethod
    def _step(walk: _Walk, nodes: set[Term], predicate: Term, *, back: bool = False) -> set[Term]:
        reached = set()
        for node in nodes:
            for triple in walk.data.into(predicate, node) if back else walk.data.about(node, predicate):
                walk.found[triple] = None
                reached.add(triple.subject if back else triple.object)
        return reached


@dataclass(frozen=True)
class _Parts:
    """What a shape looks at: where its path leads, what it compares with, what it asks of the values."""

    path: Term | None
    compared: tuple[Term, ...]
    classes: bool
    closed: bool
    nested: tuple[Term, ...]

    @classmethod
    def of(cls, shapes: Statements, shape: Term) -> "_Parts":
        """The parts of a shape, or of what may be none."""
        stated = shapes.about(shape)
        return cls(
            path=next((t.object for t in stated if t.predicate == _PATH), None),
            compared=tuple(t.object for t in stated if t.predicate in _COMPARED),
            classes=any(t.predicate == _CLASS for t in stated),
            closed=any(t.predicate == _CLOSED for t in stated),
            nested=tuple(_nested(shapes, stated)),
        )


def _nested(shapes: Statements, stated: Iterable[ox.Triple]) -> Iterator[Term]:
    for triple in stated:
        if triple.predicate in _NESTED:
            yield triple.object
        elif triple.predicate in _NESTED_LISTS:
            yield from shapes.members(triple.object)
