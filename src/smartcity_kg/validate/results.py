"""The results in SHACL reports: taken apart, put together, read (layer 2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.terms import RDF_TYPE, SH, XSD, Term
from smartcity_kg.validate.statements import Statements

_REPORT, _RESULT = ox.NamedNode(f"{SH}ValidationReport"), ox.NamedNode(f"{SH}ValidationResult")
_LINK, _CONFORMS, _FOCUS = (ox.NamedNode(f"{SH}{name}") for name in ("result", "conforms", "focusNode"))
_OF_SHAPES = frozenset({ox.NamedNode(f"{SH}sourceShape"), ox.NamedNode(f"{SH}sourceConstraint")})


@dataclass(frozen=True)
class Result:
    """One result of a validation: its node, and the triples that describe it, without copies of shapes."""

    node: ox.BlankNode | ox.NamedNode
    triples: tuple[ox.Triple, ...]

    def one(self, name: str) -> Term | None:
        """The value of one of its properties of SHACL; none if there is none."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[Term]:
        """The values of one of its properties of SHACL."""
        predicate = ox.NamedNode(f"{SH}{name}")
        return [t.object for t in self.triples if t.subject == self.node and t.predicate == predicate]

    @property
    def focus(self) -> Term:
        """The node that was checked.

        Raises:
            BackendError: If the result names none.
        """
        found = self.one("focusNode")
        if found is None:
            raise BackendError("a SHACL result names no focus node")
        return found


def make_result(parts: Mapping[str, Term], messages: Iterable[ox.Literal]) -> Result:
    """A result with some properties of SHACL and messages."""
    node = ox.BlankNode()
    triples = [ox.Triple(node, RDF_TYPE, _RESULT)]
    triples += [ox.Triple(node, ox.NamedNode(f"{SH}{name}"), term) for name, term in parts.items()]
    triples += [ox.Triple(node, ox.NamedNode(f"{SH}resultMessage"), text) for text in messages]
    return Result(node, tuple(triples))


def split_report(report: Iterable[ox.Triple]) -> tuple[Result, ...]:
    """The results that a report links to; those under `sh:detail` stay with theirs.

    Raises:
        BackendError: If there is no report.
    """
    stated = Statements(report)
    if not any(True for _ in stated.subjects(RDF_TYPE, _REPORT)):
        raise BackendError("the engine gave no SHACL report")
    nodes = [t.object for t in stated.using(_LINK)]
    return tuple(
        Result(node, _described(stated, node)) for node in nodes if isinstance(node, (ox.BlankNode, ox.NamedNode))
    )


def join_report(results: Sequence[Result]) -> tuple[ox.Triple, ...]:
    """A report with some results; it conforms if there is none (W3C SHACL, section 3.6.1.1).

    Results may come from several processes. After a fork these make the same names for blank nodes, so each result
    gets a new one.

    >>> len(join_report([]))
    2
    """
    report = ox.BlankNode("report")
    results = [_renamed(result, ox.BlankNode(f"result{number}")) for number, result in enumerate(results)]
    truth = ox.Literal("false" if results else "true", datatype=ox.NamedNode(f"{XSD}boolean"))
    links = (ox.Triple(report, _LINK, result.node) for result in results)
    head = (ox.Triple(report, RDF_TYPE, _REPORT), ox.Triple(report, _CONFORMS, truth))
    return tuple(dict.fromkeys((*head, *links, *(t for result in results for t in result.triples))))


def _renamed(result: Result, node: ox.BlankNode) -> Result:
    triples = (ox.Triple(node, t.predicate, t.object) if t.subject == result.node else t for t in result.triples)
    return Result(node, tuple(triples))


def _described(stated: Statements, start: Term) -> tuple[ox.Triple, ...]:
    """What is said of a node, and of blank nodes it leads to; never of a blank node that is a shape."""
    kept = []
    queue, seen = [start], {start}
    while queue:
        for triple in stated.about(queue.pop()):
            blank = isinstance(triple.object, ox.BlankNode)
            if blank and triple.predicate in _OF_SHAPES:
                continue
            kept.append(triple)
            if blank and triple.object not in seen:
                seen.add(triple.object)
                queue.append(triple.object)
    return tuple(kept)
