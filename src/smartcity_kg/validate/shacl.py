"""From shapes, data and the nodes to check to findings (layer 2).

SHACL core is left to an engine; queries of shapes run in Oxigraph for all nodes at once (`constraints`). Only the
nodes asked for are checked, by marks in the data (`targets`), and the engine gets only the statements that shapes
can look at (`slices`).
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import pyoxigraph as ox

from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF_TYPE, RDFS, SH, Prefixes, Term
from smartcity_kg.validate.constraints import Constraint, find_constraints, run_constraint
from smartcity_kg.validate.engine import Engine, Prepared, open_engine
from smartcity_kg.validate.memory import digest
from smartcity_kg.validate.messages import Rule, read_rules
from smartcity_kg.validate.past import canonical, written
from smartcity_kg.validate.reasons import Inner
from smartcity_kg.validate.remembered import Units, code
from smartcity_kg.validate.results import Result, join_report, make_result, split_report
from smartcity_kg.validate.slices import Slicer
from smartcity_kg.validate.statements import Statements
from smartcity_kg.validate.targets import FOR_PEOPLE, TARGETS, Aim, MarkedShapes, find_aims, find_targets

_IDENTIFIER = ox.NamedNode("http://purl.org/dc/terms/identifier")
_LABEL = ox.NamedNode(f"{RDFS}label")
_NAME, _MESSAGE, _SEVERITY, _TARGET_NODE, _VIOLATION = (
    ox.NamedNode(f"{SH}{name}") for name in ("name", "message", "severity", "targetNode", "Violation")
)
_SAYING = frozenset({RDF_TYPE, _MESSAGE, _SEVERITY, _IDENTIFIER})
_GIVEN, _LONGEST = "GivenValue", 60
_VARIABLE = re.compile(r"\{[?$]\w+\}")


@dataclass(frozen=True)
class Shapes:
    """The shapes of a project, ready to check graphs.

    Attributes:
        triples: The shapes as they are written.
        prefixes: For names in messages, and for queries that declare none.
        engine: What checks SHACL core.
        alone: Whether the engine does everything, queries too, on the whole graph and with plain `sh:targetNode`.
            Slow; it is what the quick way is compared with.
        words: What is said about inner shapes that have no message.
    """

    triples: tuple[ox.Triple, ...]
    prefixes: Prefixes
    engine: Engine
    alone: bool = False
    words: Mapping[str, Rule] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, project: Project, *, reference: bool = False, engine: Engine | None = None) -> "Shapes":
        """The shapes in `ontology/shapes`, with the prefixes that their queries use.

        `reference`: whether pySHACL does everything; else the engine given, or the fastest that is installed.
        """
        triples = [triple for path in project.shape_files for triple in project.read(path).triples]
        chosen = open_engine("pyshacl") if reference else engine or open_engine()
        return cls(tuple(triples), project.prefixes, chosen, reference, read_rules(project))

    @cached_property
    def constraints(self) -> tuple[Constraint, ...]:
        """The SPARQL-based constraints that the engine need not run."""
        return () if self.alone else find_constraints(self.triples)

    @cached_property
    def statements(self) -> Statements:
        """The shapes, to be asked."""
        return Statements(self.triples)

    @cached_property
    def core(self) -> Statements:
        """The shapes without `constraints`."""
        links = {constraint.link for constraint in self.constraints}
        queries = {link.object for link in links}
        left = [t for t in self.triples if t not in links and t.subject not in queries]
        idle = {link.subject for link in links} - {t.subject for t in left if _asks(t)} - {t.object for t in left}
        # What a shape without any constraint aims at need not be marked.
        return Statements(t for t in left if t.subject not in idle or t.predicate not in TARGETS)

    @cached_property
    def targets(self) -> tuple[ox.Triple, ...]:
        """What each shape aims at."""
        return find_targets(self.statements)

    @cached_property
    def marked(self) -> MarkedShapes:
        """The shapes as the engine gets them."""
        return MarkedShapes(self.core, lift=self.engine.lift)

    @cached_property
    def slicer(self) -> Slicer:
        """What cuts the data for the engine."""
        return Slicer(self.core)

    @cached_property
    def _prepared(self) -> Prepared:
        return self.engine.prepare(self.marked.triples)

    def prepare(self) -> None:
        """Do now what is otherwise done when the first graph is checked."""
        _ = self.constraints, self.targets, self.marked, self.slicer, self._prepared

    def check(
        self,
        data: Statements,
        store: EmbeddedStore,
        *,
        focus_nodes: Collection[Term] | None = None,
        units: Units | None = None,
    ) -> tuple[list[Finding], tuple[ox.Triple, ...]]:
        """What the shapes say about some nodes, or all: findings without a file, and the SHACL report.

        Args:
            data: The data graph with its literals as they are written.
            store: The same as a store.
            focus_nodes: The nodes to check.
            units: How to share the work out, and what is remembered of it; in one go if absent.

        Raises:
            BackendError: If the shapes cannot be applied.
        """
        if self.alone and focus_nodes is None:
            results = list(split_report(self.engine.prepare(self.triples).validate(data)))
            return self._findings(results, data), join_report(results)
        if self.alone:
            results = list(self._alone(data, find_aims(self.targets, data, focus_nodes)))
        elif units is None:
            results = list(self._core(data, focus_nodes))
            for constraint in self.constraints:
                results.extend(self._asked(constraint, data, store, focus_nodes))
        else:
            results = self._remembered(data, store, units)
        return self._findings(results, data), join_report(results)

    def _remembered(self, data: Statements, store: EmbeddedStore, units: Units) -> list[Result]:
        units.begin(self.name, data)
        results = units.check(self.engine, self.marked, self.slicer, data)
        for constraint in self.constraints:
            ask = partial(self._asked, constraint, data, store)
            results.extend(units.rows(constraint, self.prefixes, ask))
        units.keep(self.name)
        return results

    @cached_property
    def name(self) -> str:
        """The hash of all that results depend on besides the data."""
        prefixes = [f"{prefix} {namespace}" for prefix, namespace in sorted(self.prefixes.namespaces.items())]
        shapes = canonical("\n".join(written(self.triples)))
        return digest(self.engine.name, *prefixes, *shapes, *code())

    def _alone(self, data: Statements, aims: Iterable[Aim]) -> tuple[Result, ...]:
        declared = set(self.targets)
        plain = [t for t in self.triples if t.predicate not in TARGETS and t not in declared]
        aimed = [ox.Triple(shape, _TARGET_NODE, node) for shape, node in aims]
        return split_report(self.engine.prepare([*plain, *aimed]).validate(data))

    def _core(self, data: Statements, focus_nodes: Collection[Term] | None) -> Iterable[Result]:
        aims = find_aims(self.marked.targets, data, focus_nodes)
        return split_report(self._prepared.validate((*self.slicer.cut(data, aims), *self.marked.marks(aims))))

    def _asked(
        self, constraint: Constraint, data: Statements, store: EmbeddedStore, wanted: Collection[Term] | None
    ) -> list[Result]:
        """What a constraint finds about those of the nodes wanted that it aims at."""
        aims = find_aims(self._targets_of[constraint.shape], data, wanted)
        return list(self._run(constraint, store, [node for _, node in aims]))

    @cached_property
    def _targets_of(self) -> Mapping[Term, list[ox.Triple]]:
        found: dict[Term, list[ox.Triple]] = {}
        for target in self.targets:
            found.setdefault(target.subject, []).append(target)
        return found

    def _run(
        self, constraint: Constraint, store: EmbeddedStore, focus_nodes: Iterable[Term]
    ) -> "Iterator[Result]":
        """What a constraint finds, as W3C SHACL, section 5.3.2 says."""
        shape = constraint.shape
        severity = next(self.statements.objects(shape, _SEVERITY), _VIOLATION)
        templates = _by_language(self.statements.objects(shape, _MESSAGE))
        for row in run_constraint(constraint, store, focus_nodes):
            shown = {name: self._shown(term) for name, term in {**row.variables, "this": row.focus}.items()}
            parts = {
                "focusNode": row.focus,
                "resultSeverity": severity,
                "sourceShape": shape,
                "sourceConstraintComponent": ox.NamedNode(f"{SH}SPARQLConstraintComponent"),
                "value": row.variables.get("value", row.focus),
            }
            if "path" in row.variables:
                parts["resultPath"] = row.variables["path"]
            filled = ((language, _fill(template, shown)) for language, template in templates.items())
            yield make_result(parts, (_text(text, language) for language, text in filled))

    def _findings(self, results: list[Result], data: Statements) -> list[Finding]:
        """Findings with the reasons behind them."""
        inner = Inner(self.statements, self.slicer, self.engine, self.words, self._shown)
        reasons = inner.find(results, data)
        return [replace(self._finding(result), reasons=why) for result, why in zip(results, reasons, strict=True)]

    def _finding(self, result: Result) -> Finding:
        focus, path, value = result.focus, result.one("resultPath"), result.one("value")
        shape = result.one("sourceShape")
        filled = {"this": self._shown(focus), "value": self._shown(value), "path": self._shown(path)}
        messages = self._messages(result.all("resultMessage"), shape)
        return Finding(
            rule=_value(next(iter(self._said(shape, _IDENTIFIER)), None)),
            level=_value(result.one("resultSeverity")).rpartition("#")[2].lower(),
            focus=focus,
            path=path if isinstance(path, ox.NamedNode) else None,
            value=value,
            messages=self._with_value({la: _fill(text, filled) for la, text in messages.items()}, focus, value),
            names=_by_language(self._said(shape, _NAME) or self._said(shape, _LABEL)),
            file="",
        )

    def _with_value(self, messages: Mapping[str, str], focus: Term, value: Term | None) -> dict[str, str]:
        """Messages that say which value they are about, unless it is the entry itself or has no name."""
        rule, shown = self.words.get(_GIVEN), self._shown(value)
        if rule is None or not shown or value == focus or isinstance(value, ox.BlankNode):
            return dict(messages)
        short = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
        given = rule.filled(value=short)
        return {
            language: text
            if _names(text, shown) or _names(text, short) or language not in given
            else f"{text} {given[language]}"
            for language, text in messages.items()
        }

    def _said(self, shape: Term | None, predicate: Term) -> list[Term]:
        return [] if shape is None else list(self.statements.objects(shape, predicate))

    def _messages(self, found: list[Term], shape: Term | None) -> dict[str, str]:
        """Messages by language. An engine that fills in variables drops the language: the template tells which."""
        messages = _by_language(message for message in found if _language(message))
        for text in (_value(message) for message in found if not _language(message)):
            for language, template in _by_language(self._said(shape, _MESSAGE)).items():
                values = _values_in(text, template)
                if values is not None:
                    between = _VARIABLE.split(template)
                    shown = [*(self.prefixes.compress(value) for value in values), ""]
                    messages[language] = "".join(
                        part for pair in zip(between, shown, strict=True) for part in pair
                    )
        return messages or {"": "; ".join(sorted(map(_value, found)))}

    def _shown(self, term: Term | None) -> str:
        if isinstance(term, ox.NamedNode):
            return self.prefixes.compress(term.value)
        return _value(term)


def _asks(triple: ox.Triple) -> bool:
    """Whether a statement about a shape can make it say anything; one in words unknown may."""
    return triple.predicate not in TARGETS | FOR_PEOPLE | _SAYING


def _values_in(text: str, template: str) -> list[str] | None:
    """What stands in a text where a template has variables; none if the text is not made from it."""
    parts = [re.escape(part) for part in _VARIABLE.split(template)]
    found = re.fullmatch("(.*?)".join(parts), text, re.DOTALL)
    return None if found is None else list(found.groups())


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[0][2:-1], found[0]), text)


def _names(text: str, value: str) -> bool:
    """Whether a text holds a value as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def _by_language(terms: Iterable[Term]) -> dict[str, str]:
    return dict(sorted((_language(term), _value(term)) for term in terms))


def _language(term: Term) -> str:
    return (term.language or "") if isinstance(term, ox.Literal) else ""


def _value(term: Term | None) -> str:
    return getattr(term, "value", "")


def _text(text: str, language: str) -> ox.Literal:
    return ox.Literal(text, language=language) if language else ox.Literal(text)
