"""Why a value does not have the shape that a rule demands (layer 2).

Where a shape demands that a value conforms to another shape (`sh:node`), to one of several (`sh:or`, `sh:xone`),
to all (`sh:and`), to none (`sh:not`), or that enough or few values do (`sh:qualifiedValueShape`), SHACL reports
only that it is not so. The value is therefore checked once more, against each of these shapes by itself, and so on
where one of these leads to others. The words stand in `ontology/messages/reasons.ttl`, by the constraint
component; a message of the inner shape goes first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from smartcity_kg.report import Reason
from smartcity_kg.terms import RDF, RDF_TYPE, SH, Term, text_of
from smartcity_kg.validate.engine import Engine
from smartcity_kg.validate.messages import Rule, fill
from smartcity_kg.validate.results import Result, split_report
from smartcity_kg.validate.slices import Slicer
from smartcity_kg.validate.statements import Statements
from smartcity_kg.validate.targets import TARGETS, Aim

_LISTS = ("or", "xone", "and")
_SUFFIX = "ConstraintComponent"
_FIRST, _REST, _NIL = (ox.NamedNode(f"{RDF}{name}") for name in ("first", "rest", "nil"))
_NODE_SHAPE = ox.NamedNode(f"{SH}NodeShape")
_COUNTED = ("qualifiedMinCount", "qualifiedMaxCount")
_PATH, _MESSAGE, _QUALIFIED, _OBJECTS_OF, _PROPERTY, _AND = (
    ox.NamedNode(f"{SH}{name}")
    for name in ("path", "message", "qualifiedValueShape", "targetObjectsOf", "property", "and")
)
_PART, _NAMED, _WHOLE = (f"urn:x-smartcity-kg:{name}:" for name in ("part", "named", "whole"))
# A node shape has no path to name: some components then need other words.
_WITHOUT_PATH = "WithoutPath"
# Shapes may lead to themselves; nobody follows a reason further than this.
_DEEPEST = 6
# Who has made the same mistake a hundred times needs no more reasons.
_MOST = 100


@dataclass(frozen=True)
class _Checked:
    """What is known of inner shapes: their results at nodes, and where they do not hold."""

    results: dict[Aim, list[Result]] = field(default_factory=dict)
    failed: set[Aim] = field(default_factory=set)

    def holds(self, aim: Aim) -> bool:
        return aim in self.results and aim not in self.failed


@dataclass(frozen=True)
class Inner:
    """What finds reasons: the shapes, what cuts data for them, the engine, the words, and how a term is shown."""

    shapes: Statements
    slicer: Slicer
    engine: Engine
    rules: Mapping[str, Rule]
    shown: Callable[[Term | None], str]

    def find(self, results: Sequence[Result], data: Statements) -> list[tuple[Reason, ...]]:
        """The reasons behind each result, in the order of the shapes; none where it says all itself.

        Raises:
            BackendError: If the engine cannot apply the shapes.
        """
        if not self.rules:
            return [()] * len(results)
        checked = _Checked()
        new: Sequence[Result] = results
        for _ in range(_DEEPEST):
            every = dict.fromkeys(aim for result in new for aim in self._aims(result, data))
            # Results come in any order; who gets reasons must not depend on it.
            nodes = set(sorted({node for _, node in every}, key=str)[:_MOST])
            aims = [aim for aim in every if aim[1] in nodes and aim not in checked.results]
            if not aims:
                break
            self._check(aims, data, checked)
            new = [result for aim in aims for result in checked.results[aim]]
        return [tuple(self._behind(result, data, checked, _DEEPEST)) for result in results]

    def _aims(self, result: Result, data: Statements) -> Iterator[Aim]:
        """The inner shapes behind a result, each with a node to check."""
        shape, value, name = _source(result), result.one("value"), _parameter(_component(result))
        nodes: list[Term] = [] if value is None else [value]
        if name in _COUNTED:
            path = next(self.shapes.objects(shape, _PATH), None)
            nodes = sorted(data.objects(result.focus, path), key=str) if isinstance(path, ox.NamedNode) else []
        for one in self._inner(shape, name):
            if isinstance(one, (ox.NamedNode, ox.BlankNode)):
                yield from ((one, node) for node in nodes)

    def _inner(self, shape: Term, name: str) -> list[Term]:
        """The shapes that a parameter of a shape leads to."""
        if name in _COUNTED:
            return list(self.shapes.objects(shape, _QUALIFIED))
        if name not in (*_LISTS, "node", "not"):
            return []
        given = list(self.shapes.objects(shape, ox.NamedNode(f"{SH}{name}")))
        return [one for start in given for one in self.shapes.members(start)] if name in _LISTS else given

    def _check(self, aims: Sequence[Aim], data: Statements, checked: _Checked) -> None:
        """Ask the engine about nodes that are marked for inner shapes; these have names in it.

        A shape around each tells whether it holds, since what its parts report may be about other nodes.
        """
        roots = list(dict.fromkeys(shape for shape, _ in aims))
        marks = {root: ox.NamedNode(f"{_PART}{number}") for number, root in enumerate(roots)}
        wholes = {ox.NamedNode(f"{_WHOLE}{number}"): root for number, root in enumerate(roots)}
        inside = {term for root in roots for term in self._inside(root)}
        kept = [t for t in self.shapes if t.subject in inside and t.predicate not in TARGETS]
        kept += [ox.Triple(root, _OBJECTS_OF, mark) for root, mark in marks.items()]
        for number, (whole, root) in enumerate(wholes.items()):
            start = ox.NamedNode(f"{_WHOLE}list:{number}")
            kept += [ox.Triple(whole, RDF_TYPE, _NODE_SHAPE), ox.Triple(whole, _OBJECTS_OF, marks[root])]
            kept += [ox.Triple(whole, _AND, start), ox.Triple(start, _FIRST, root), ox.Triple(start, _REST, _NIL)]
        marked = [
            ox.Triple(ox.NamedNode(f"{_PART}of:{number}"), marks[shape], node)
            for number, (shape, node) in enumerate(aims)
        ]
        prepared = self.engine.prepare([_named_all(triple) for triple in kept])
        found: dict[tuple[Term, Term], list[Result]] = {}
        for result in split_report(prepared.validate((*self.slicer.cut(data, aims), *marked))):
            source = _source(result)
            if isinstance(source, ox.NamedNode) and source in wholes:
                checked.failed.add((wholes[source], result.focus))
            found.setdefault((source, result.focus), []).append(result)
        for aim in aims:
            parts = sorted(self._reporting(aim[0]), key=str)
            checked.results[aim] = [result for part in parts for result in found.get((part, aim[1]), ())]

    def _reporting(self, root: Term) -> set[Term]:
        """A shape and its property shapes: what reports results of its own about a node."""
        return {root, *self.shapes.objects(root, _PROPERTY)}

    def _inside(self, root: Term) -> set[Term]:
        """A shape and all that it leads to."""
        seen, queue = {root}, [root]
        while queue:
            for triple in self.shapes.about(queue.pop()):
                if triple.object not in seen and not isinstance(triple.object, ox.Literal):
                    seen.add(triple.object)
                    queue.append(triple.object)
        return seen

    def _behind(self, result: Result, data: Statements, checked: _Checked, left: int) -> Iterator[Reason]:
        """Why a result of a shape that leads to others came to be."""
        name = _parameter(_component(result))
        aims = list(dict.fromkeys(self._aims(result, data)))
        holding = [aim for aim in aims if checked.holds(aim)]
        if name == "not" or (name == "xone" and len(holding) > 1):
            if holding:
                yield self._reason(result, expected=[shape for shape, _ in holding])
        elif name == "qualifiedMaxCount":
            if holding:
                yield self._reason(result, values=[node for _, node in holding])
        elif left:
            for aim in aims:
                yield from self._reasons(checked.results.get(aim, ()), data, checked, left - 1)

    def _reasons(
        self, results: Iterable[Result], data: Statements, checked: _Checked, left: int
    ) -> Iterator[Reason]:
        """What the results for a node say about one shape, each thing once, in a fixed order."""
        found = {}
        for result in results:
            own = [] if self._messages(_source(result)) else list(self._behind(result, data, checked, left))
            for reason in own or [self._reason(result, own=True)]:
                if reason.messages:  # That a shape within a shape fails tells nobody anything.
                    found[str(reason.path), reason.message("en")] = reason
        return iter([found[key] for key in sorted(found)])

    def _reason(
        self,
        result: Result,
        *,
        expected: Iterable[Term] | None = None,
        values: Iterable[Term] | None = None,
        own: bool = False,
    ) -> Reason:
        """A result in words: of its shape, if these count and there are some, else of its component."""
        shape, component = _source(result), _component(result)
        path = next(self.shapes.objects(shape, _PATH), None) or result.one("resultPath")
        if expected is None:
            expected = self.shapes.objects(shape, ox.NamedNode(f"{SH}{_parameter(component)}"))
        given = [result.one("value")] if values is None else list(values)
        filling = {
            "node": self.shown(result.focus),
            "value": ", ".join(sorted(map(self.shown, given))),
            "path": self.shown(path),
            "expected": ", ".join(sorted(map(self._in_words, expected))),
            "component": component.removesuffix(_SUFFIX),
        }
        said = {text.language or "": text.value for text in self._messages(shape)} if own else {}
        messages = {language: fill(text, filling) for language, text in sorted(said.items())}
        rule = self.rules.get(component)
        if path is None:
            rule = self.rules.get(f"{component}{_WITHOUT_PATH}", rule)
        if not messages and rule is not None:
            messages = rule.filled(**filling)
        return Reason(result.focus, path if isinstance(path, ox.NamedNode) else None, messages)

    def _messages(self, shape: Term) -> list[ox.Literal]:
        return [text for text in self.shapes.objects(shape, _MESSAGE) if isinstance(text, ox.Literal)]

    def _in_words(self, term: Term) -> str:
        """A term, the members of a list, or what is said of a shape without a name."""
        if not isinstance(term, ox.BlankNode):
            return self.shown(term)
        members = self.shapes.members(term)
        if members:
            return ", ".join(map(self._in_words, members))
        said = (f"{self.shown(t.predicate)} {self._in_words(t.object)}" for t in self.shapes.about(term))
        return "; ".join(sorted(said))


def _component(result: Result) -> str:
    """The constraint component that failed, without the namespace of SHACL."""
    return text_of(result.one("sourceConstraintComponent")).removeprefix(SH)


def _source(result: Result) -> Term:
    """The shape that a result is of; a shape that had no name is the blank node again that it was."""
    source = result.one("sourceShape")
    if isinstance(source, ox.NamedNode):
        bare = source.value.removeprefix(_NAMED)
        return source if bare == source.value else ox.BlankNode(bare)
    return _NIL  # A blank node of the engine's own.


def _parameter(component: str) -> str:
    """The parameter of a component (W3C SHACL, section 4): `class` for `ClassConstraintComponent`."""
    name = component.removesuffix(_SUFFIX)
    return name[:1].lower() + name[1:]


def _named(term: Term) -> Term:
    """A name for a shape that has none, since a report tells of its shapes by their names."""
    return ox.NamedNode(f"{_NAMED}{term.value}") if isinstance(term, ox.BlankNode) else term


def _named_all(triple: ox.Triple) -> ox.Triple:
    subject = _named(triple.subject)
    if isinstance(subject, ox.NamedNode):
        return ox.Triple(subject, triple.predicate, _named(triple.object))
    return triple
