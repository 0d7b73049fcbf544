"""SHACL through pySHACL (layer 2): the one module that knows it.

Shapes and data are rdflib graphs made from triples that pyoxigraph has parsed. The shapes are applied to the
given focus nodes only, by replacing their targets with `sh:targetNode`: pySHACL's own option for that leaves
the nested shapes of `sh:node` and `sh:qualifiedValueShape` unchecked (see docs/decisions).
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.interop import from_rdflib, term_from_rdflib, to_rdflib
from smartcity_kg.project import Project
from smartcity_kg.terms import RDFS, SH, Prefixes, Term

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

_IDENTIFIER = "http://purl.org/dc/terms/identifier"
_PLACEHOLDER = re.compile(r"\{[?$](this|value|path)\}")


@dataclass(frozen=True)
class Result:
    """One `sh:result` of a SHACL report, in our terms."""

    rule: str
    level: str
    focus: Term
    path: Term | None
    value: Term | None
    messages: Mapping[str, str]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Shapes:
    """The shapes of a project, ready to check graphs."""

    triples: tuple[ox.Triple, ...]
    prefixes: Prefixes

    @classmethod
    def read(cls, project: Project) -> "Shapes":
        """The shapes in `ontology/shapes`, with the prefixes that their queries use."""
        triples = [triple for path in project.shape_files for triple in project.read(path).triples]
        return cls(tuple(triples), project.prefixes)

    @cached_property
    def graph(self) -> "Graph":
        """The shapes as an rdflib graph."""
        return to_rdflib(self.triples)

    def check(
        self, triples: Iterable[ox.Triple], *, focus_nodes: Collection[Term]
    ) -> tuple[list[Result], tuple[ox.Triple, ...]]:
        """What the shapes say about some nodes of a graph: the results, and the report graph's triples.

        Raises:
            BackendError: If pySHACL cannot apply the shapes.
        """
        from pyshacl import validate
        from rdflib import RDF, Graph

        from smartcity_kg.validate.prepared import PreparedGraph

        data = to_rdflib(triples, PreparedGraph())
        shapes = _aimed(self.graph, data, {_node(term) for term in focus_nodes})
        _, report, text = validate(
            data, shacl_graph=shapes, inference="none", advanced=False, inplace=True, do_owl_imports=False
        )
        if not isinstance(report, Graph):
            raise BackendError(f"the shapes cannot be applied: {text}")
        found = [self._result(report, node) for _, _, node in report.triples((None, _sh("result"), None))]
        kept = _report_triples(report, next(report.subjects(RDF.type, _sh("ValidationReport"))))
        return found, tuple(kept)

    def _result(self, report: "Graph", node: "Node") -> Result:
        def one(name: str) -> "Node | None":
            return report.value(node, _sh(name))

        focus, path, value = (_term(one(name)) for name in ("focusNode", "resultPath", "value"))
        if focus is None:
            raise BackendError("a SHACL result names no focus node")
        shape = one("sourceShape")
        filled = {"this": self._shown(focus), "value": self._shown(value), "path": self._shown(path)}
        messages = _by_language(report.objects(node, _sh("resultMessage")))
        return Result(
            rule=str(self.graph.value(shape, _iri(_IDENTIFIER)) or ""),
            level=str(one("resultSeverity") or "").rpartition("#")[2].lower(),
            focus=focus,
            path=path if isinstance(path, ox.NamedNode) else None,
            value=value,
            messages={language: _fill(text, filled) for language, text in messages.items()},
            names=_by_language(self._names(shape)),
        )

    def _names(self, shape: "Node | None") -> list["Node"]:
        return list(self.graph.objects(shape, _sh("name"))) or list(
            self.graph.objects(shape, _iri(f"{RDFS}label"))
        )

    def _shown(self, term: Term | None) -> str:
        if isinstance(term, ox.NamedNode):
            return self.prefixes.compress(term.value)
        return getattr(term, "value", "")


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _by_language(nodes: "Iterable[Node]") -> dict[str, str]:
    pairs = sorted((str(getattr(node, "language", None) or ""), str(node)) for node in nodes)
    return dict(pairs)


def _aimed(shapes: "Graph", data: "Graph", wanted: set["Node"]) -> "Graph":
    """The shapes with each target replaced by those of its nodes that are wanted (SHACL, section 2.1.3)."""
    from rdflib import Graph

    aimed = Graph()
    targets = {_sh(name) for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")}
    for subject, predicate, value in shapes:
        if predicate not in targets:
            aimed.add((subject, predicate, value))
            continue
        for node in set(_nodes_of_target(data, predicate, value)) & wanted:
            aimed.add((subject, _sh("targetNode"), node))
    return aimed


def _nodes_of_target(data: "Graph", predicate: "Node", value: "Node") -> "Iterator[Node]":
    from rdflib import RDF

    kind = str(predicate).rpartition("#")[2]
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


def _node(term: Term) -> "Node":
    from smartcity_kg.interop import term_to_rdflib

    return term_to_rdflib(term)


def _term(node: "Node | None") -> Term | None:
    return None if node is None else term_from_rdflib(node)
