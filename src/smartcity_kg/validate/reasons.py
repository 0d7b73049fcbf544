"""Why a value does not have the shape that a rule demands (layer 2).

Where a shape demands that a value conforms to another shape (`sh:node`), to one of several (`sh:or`, `sh:xone`),
to all (`sh:and`), or that enough values do (`sh:qualifiedValueShape`), SHACL reports only that it does not. The
value is therefore checked once more, against each of these shapes by itself. The words stand in
`ontology/messages/reasons.ttl`, by the constraint component; a message of the inner shape goes first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from smartcity_kg.report import Reason
from smartcity_kg.terms import SH, Term, text_of
from smartcity_kg.validate.engine import Engine
from smartcity_kg.validate.messages import Rule, fill
from smartcity_kg.validate.results import Result, split_report
from smartcity_kg.validate.slices import Slicer
from smartcity_kg.validate.statements import Statements
from smartcity_kg.validate.targets import TARGETS, Aim

_LISTS = ("or", "xone", "and")
_SUFFIX = "ConstraintComponent"
_NODE, _PATH, _MESSAGE, _QUALIFIED, _OBJECTS_OF = (
    ox.NamedNode(f"{SH}{name}") for name in ("node", "path", "message", "qualifiedValueShape", "targetObjectsOf")
)
_PART, _NAMED = "urn:x-smartcity-kg:part:", "urn:x-smartcity-kg:named:"
# Who has made the same mistake a hundred times needs no more reasons.
_MOST = 100


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
        wanted = [list(dict.fromkeys(self._aims(result, data))) for result in results]
        every = dict.fromkeys(aim for some in wanted for aim in some)
        # Results come in any order; who gets reasons must not depend on it.
        nodes = set(sorted({node for _, node in every}, key=str)[:_MOST])
        aims = [aim for aim in every if aim[1] in nodes]
        if not aims or not self.rules:
            return [()] * len(results)
        found: dict[Term, list[Result]] = {}
        for result in self._check(aims, data):
            found.setdefault(result.focus, []).append(result)
        of = {aim: self._reasons(aim, found.get(aim[1], ())) for aim in aims}
        return [tuple(reason for aim in some for reason in of.get(aim, ())) for some in wanted]

    def _aims(self, result: Result, data: Statements) -> Iterator[Aim]:
        """The inner shapes behind a result, each with a node to check."""
        shape, value = result.one("sourceShape"), result.one("value")
        component = text_of(result.one("sourceConstraintComponent")).removeprefix(SH)
        name = _parameter(component)
        inner: list[Term] = []
        nodes: list[Term] = [] if value is None else [value]
        if not isinstance(shape, ox.NamedNode):
            return
        if name in _LISTS:
            lists = self.shapes.objects(shape, ox.NamedNode(f"{SH}{name}"))
            inner = [one for start in lists for one in self.shapes.members(start)]
        elif name == "node":
            inner = list(self.shapes.objects(shape, _NODE))
        elif name == "qualifiedMinCount":
            path = next(self.shapes.objects(shape, _PATH), None)
            inner = list(self.shapes.objects(shape, _QUALIFIED))
            nodes = list(data.objects(result.focus, path)) if isinstance(path, ox.NamedNode) else []
        for node in nodes:
            for one in inner:
                if isinstance(one, (ox.NamedNode, ox.BlankNode)):
                    yield one, node

    def _check(self, aims: Sequence[Aim], data: Statements) -> tuple[Result, ...]:
        """The results of the engine for nodes that are marked for inner shapes; these have names in it."""
        roots = list(dict.fromkeys(shape for shape, _ in aims))
        marks = {root: ox.NamedNode(f"{_PART}{number}") for number, root in enumerate(roots)}
        inside = {term for root in roots for term in self._inside(root)}
        kept = [t for t in self.shapes if t.subject in inside and t.predicate not in TARGETS]
        kept += [ox.Triple(root, _OBJECTS_OF, mark) for root, mark in marks.items()]
        marked = [
            ox.Triple(ox.NamedNode(f"{_PART}of:{number}"), marks[shape], node)
            for number, (shape, node) in enumerate(aims)
        ]
        prepared = self.engine.prepare([_named_all(triple) for triple in kept])
        return split_report(prepared.validate((*self.slicer.cut(data, aims), *marked)))

    def _inside(self, root: Term) -> set[Term]:
        """A shape and all that it leads to."""
        seen, queue = {root}, [root]
        while queue:
            for triple in self.shapes.about(queue.pop()):
                if triple.object not in seen and not isinstance(triple.object, ox.Literal):
                    seen.add(triple.object)
                    queue.append(triple.object)
        return seen

    def _reasons(self, aim: Aim, results: Iterable[Result]) -> tuple[Reason, ...]:
        """What the results for a node say about one shape, each thing once, in a fixed order."""
        shapes = {_named(term): term for term in self._inside(aim[0])}
        found = {}
        for result in results:
            source = result.one("sourceShape")
            shape = None if source is None else shapes.get(source)
            if shape is not None:
                reason = self._reason(result, shape)
                if reason.messages:  # That a shape within a shape fails tells nobody anything.
                    found[str(reason.path), reason.message("en")] = reason
        return tuple(found[key] for key in sorted(found))

    def _reason(self, result: Result, shape: Term) -> Reason:
        path = next(self.shapes.objects(shape, _PATH), None)
        component = text_of(result.one("sourceConstraintComponent")).removeprefix(SH)
        expected = list(self.shapes.objects(shape, ox.NamedNode(f"{SH}{_parameter(component)}")))
        values = {
            "node": self.shown(result.focus),
            "value": self.shown(result.one("value")),
            "path": self.shown(path),
            "expected": ", ".join(sorted(map(self._in_words, expected))),
            "component": component.removesuffix(_SUFFIX),
        }
        rule = self.rules.get(component)
        said = {text.language or "": text.value for text in self._messages(shape)}
        messages = {language: fill(text, values) for language, text in sorted(said.items())}
        if not messages and rule is not None:
            messages = rule.filled(**values)
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
