"""SHACL through pySHACL (layer 2): the one module that knows it.

Shapes and data are rdflib graphs made from triples that pyoxigraph has parsed. The shapes are applied to the
given focus nodes only, by replacing their targets with `sh:targetNode`: pySHACL's own option for that leaves
the nested shapes of `sh:node` and `sh:qualifiedValueShape` unchecked (see docs/decisions).
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.interop import from_rdflib, term_from_rdflib, term_to_rdflib, to_rdflib
from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDFS, SH, Prefixes, Term
from smartcity_kg.validate.constraints import Constraint, find_constraints, run_constraint

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

    _Aim: TypeAlias = tuple[Node, Node, Node]

_IDENTIFIER = "http://purl.org/dc/terms/identifier"
_TARGETS = frozenset(
    f"{SH}{name}" for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
)
_VARIABLE = re.compile(r"\{[?$]\w+\}")


@dataclass(frozen=True)
class Shapes:
    """The shapes of a project, ready to check graphs.

    `reference`: whether pySHACL does everything, as slow as it is; else SPARQL-based constraints are left out here
    and run by `constraints`.
    """

    triples: tuple[ox.Triple, ...]
    prefixes: Prefixes
    reference: bool = False

    @classmethod
    def read(cls, project: Project, *, reference: bool = False) -> "Shapes":
        """The shapes in `ontology/shapes`, with the prefixes that their queries use."""
        triples = [triple for path in project.shape_files for triple in project.read(path).triples]
        return cls(tuple(triples), project.prefixes, reference)

    @cached_property
    def constraints(self) -> tuple[Constraint, ...]:
        """The SPARQL-based constraints that pySHACL need not run."""
        return () if self.reference else find_constraints(self.triples)

    @cached_property
    def graph(self) -> "Graph":
        """The shapes as an rdflib graph, without their targets and without `constraints`."""
        left_out = {constraint.link for constraint in self.constraints}
        return to_rdflib(t for t in self.triples if t.predicate.value not in _TARGETS and t not in left_out)

    @cached_property
    def targets(self) -> tuple[ox.Triple, ...]:
        """What each shape aims at."""
        return tuple(triple for triple in self.triples if triple.predicate.value in _TARGETS)

    def check(
        self, data: "Graph", store: EmbeddedStore, *, focus_nodes: Collection[Term]
    ) -> tuple[list[Finding], tuple[ox.Triple, ...]]:
        """What the shapes say about some nodes: findings without a file, and the triples of the SHACL report.

        The graph comes as rdflib has it and as a store, with the same triples. Not safe to call from two threads
        at once.

        Raises:
            BackendError: If pySHACL cannot apply the shapes.
        """
        from pyshacl import validate
        from rdflib import RDF, Graph

        aims: list[_Aim] = list(_aims(self.targets, data, {term_to_rdflib(term) for term in focus_nodes}))
        for aim in aims:
            self.graph.add(aim)
        try:
            _, report, text = validate(
                data, shacl_graph=self.graph, inference="none", advanced=False, inplace=True, do_owl_imports=False
            )
        finally:
            for aim in aims:
                self.graph.remove(aim)
        if not isinstance(report, Graph):
            raise BackendError(f"the shapes cannot be applied: {text}")
        for constraint in self.constraints:
            self._add_results(report, constraint, store, aims)
        found = [self._finding(report, node) for _, _, node in report.triples((None, _sh("result"), None))]
        kept = _report_triples(report, next(report.subjects(RDF.type, _sh("ValidationReport"))))
        return found, tuple(kept)

    def _add_results(
        self, report: "Graph", constraint: Constraint, store: EmbeddedStore, aims: "list[_Aim]"
    ) -> None:
        """Add what a constraint finds to a SHACL report, as W3C SHACL, section 5.3.2 says."""
        from rdflib import RDF, BNode, Literal

        shape = term_to_rdflib(constraint.shape)
        start = next(report.subjects(RDF.type, _sh("ValidationReport")))
        severity = self.graph.value(shape, _sh("severity")) or _sh("Violation")
        templates = _by_language(self.graph.objects(shape, _sh("message")))
        focus_nodes = [term_from_rdflib(node) for subject, _, node in aims if subject == shape]
        for row in run_constraint(constraint, store, focus_nodes):
            result = BNode()
            shown = {name: self._shown(term) for name, term in {**row.variables, "this": row.focus}.items()}
            parts = {
                "focusNode": term_to_rdflib(row.focus),
                "resultSeverity": severity,
                "sourceShape": shape,
                "sourceConstraintComponent": _sh("SPARQLConstraintComponent"),
                "value": term_to_rdflib(row.variables.get("value", row.focus)),
            }
            if "path" in row.variables:
                parts["resultPath"] = term_to_rdflib(row.variables["path"])
            report.add((start, _sh("result"), result))
            report.add((result, RDF.type, _sh("ValidationResult")))
            for name, node in parts.items():
                report.add((result, _sh(name), node))
            for language, template in templates.items():
                report.add((result, _sh("resultMessage"), Literal(_fill(template, shown), lang=language)))
            if severity == _sh("Violation"):
                report.set((start, _sh("conforms"), Literal(False)))

    def _finding(self, report: "Graph", node: "Node") -> Finding:
        def one(name: str) -> "Node | None":
            return report.value(node, _sh(name))

        focus, path, value = (_term(one(name)) for name in ("focusNode", "resultPath", "value"))
        if focus is None:
            raise BackendError("a SHACL result names no focus node")
        shape = one("sourceShape")
        filled = {"this": self._shown(focus), "value": self._shown(value), "path": self._shown(path)}
        messages = self._messages(list(report.objects(node, _sh("resultMessage"))), shape)
        return Finding(
            rule=str(self.graph.value(shape, _iri(_IDENTIFIER)) or ""),
            level=str(one("resultSeverity") or "").rpartition("#")[2].lower(),
            focus=focus,
            path=path if isinstance(path, ox.NamedNode) else None,
            value=value,
            messages={language: _fill(text, filled) for language, text in messages.items()},
            names=_by_language(self._names(shape)),
            file="",
        )

    def _messages(self, found: "list[Node]", shape: "Node | None") -> dict[str, str]:
        """Messages by language. pySHACL fills in variables but drops the language: the template tells which."""
        messages = _by_language(message for message in found if getattr(message, "language", None))
        for text in (str(message) for message in found if not getattr(message, "language", None)):
            for language, template in _by_language(self.graph.objects(shape, _sh("message"))).items():
                values = _values_in(text, template)
                if values is not None:
                    between = _VARIABLE.split(template)
                    shown = [*(self.prefixes.compress(value) for value in values), ""]
                    messages[language] = "".join(
                        part for pair in zip(between, shown, strict=True) for part in pair
                    )
        return messages or {"": "; ".join(sorted(map(str, found)))}

    def _names(self, shape: "Node | None") -> list["Node"]:
        return list(self.graph.objects(shape, _sh("name"))) or list(
            self.graph.objects(shape, _iri(f"{RDFS}label"))
        )

    def _shown(self, term: Term | None) -> str:
        if isinstance(term, ox.NamedNode):
            return self.prefixes.compress(term.value)
        return getattr(term, "value", "")


def _values_in(text: str, template: str) -> list[str] | None:
    """What stands in a text where a template has variables; none if the text is not made from it."""
    parts = [re.escape(part) for part in _VARIABLE.split(template)]
    found = re.fullmatch("(.*?)".join(parts), text, re.DOTALL)
    return None if found is None else list(found.groups())


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[0][2:-1], found[0]), text)


def _by_language(nodes: "Iterable[Node]") -> dict[str, str]:
    pairs = sorted((str(getattr(node, "language", None) or ""), str(node)) for node in nodes)
    return dict(pairs)


def _aims(targets: Iterable[ox.Triple], data: "Graph", wanted: set["Node"]) -> "Iterator[_Aim]":
    """The targets of shapes as those of their nodes that are wanted (SHACL, section 2.1.3)."""
    for target in targets:
        shape = term_to_rdflib(target.subject)
        for node in set(_nodes_of_target(data, target.predicate.value, term_to_rdflib(target.object))) & wanted:
            yield shape, _sh("targetNode"), node


def _nodes_of_target(data: "Graph", predicate: str, value: "Node") -> "Iterator[Node]":
    from rdflib import RDF

    kind = predicate.removeprefix(SH)
    if kind == "targetNode":
        yield value
    elif kind == "targetClass":
        for subclass in data.transitive_subjects(_iri(f"{RDFS}subClassOf"), value):
            yield from data.subjects(RDF.type, subclass)
    elif kind == "targetSubjectsOf":
        yield from data.subjects(value, None)
    else:
        yield from data.objects(None, value)


def _report_triples(report: "Graph", start: "Node") -> list[ox.Triple]:
    """The report and its results without copies of shapes, as triples in a fixed order."""
    from rdflib import BNode

    keep = []
    queue, seen = [start], {start}
    while queue:
        for triple in report.triples((queue.pop(), None, None)):
            is_shape = triple[1] in {_sh("sourceShape"), _sh("sourceConstraint")}
            if is_shape and isinstance(triple[2], BNode):
                continue
            keep.append(triple)
            if isinstance(triple[2], BNode) and triple[2] not in seen and not is_shape:
                seen.add(triple[2])
                queue.append(triple[2])
    return list(from_rdflib(keep))


def _sh(name: str) -> "Node":
    return _iri(SH + name)


def _iri(text: str) -> "Node":
    from rdflib import URIRef

    return URIRef(text)


def _term(node: "Node | None") -> Term | None:
    return None if node is None else term_from_rdflib(node)
