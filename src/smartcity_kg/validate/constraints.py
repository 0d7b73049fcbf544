"""SPARQL-based constraints, all focus nodes at once (layer 2).

SHACL runs the query of such a constraint once for each focus node, with `$this` bound (W3C SHACL, section 5.3.1).
Here the query runs once in Oxigraph with all focus nodes in a `VALUES` block, which gives the same rows as long as
`$this` stands in the outer group; pySHACL is the reference, and a test compares both on every example.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from smartcity_kg.answer import Rows
from smartcity_kg.errors import BackendError
from smartcity_kg.sparql import bind_all, tokens
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import SH, Term

_SPARQL, _SELECT = ox.NamedNode(f"{SH}sparql"), ox.NamedNode(f"{SH}select")
# W3C SHACL, section 5.3.1 and appendix A: what a query with variables bound beforehand must not have.
_REFUSED = frozenset({"MINUS", "SERVICE", "VALUES"})
_REBOUND = re.compile(r"\bAS\s+[?$]this\b", re.IGNORECASE)
_TARGETS = frozenset(
    f"{SH}{name}" for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
)


@dataclass(frozen=True)
class Constraint:
    """A node shape with targets of its own and a SELECT query: the shape, the link to the query, the text."""

    shape: ox.NamedNode
    link: ox.Triple
    select: str


@dataclass(frozen=True)
class Row:
    """One row that a constraint gave: the focus node, and its variables by name."""

    focus: Term
    variables: Mapping[str, Term]


def find_constraints(shapes: Sequence[ox.Triple]) -> tuple[Constraint, ...]:
    """The constraints that can run for all focus nodes at once, sorted by their shape."""
    aimed = {triple.subject for triple in shapes if triple.predicate.value in _TARGETS}
    texts = {triple.subject: triple.object for triple in shapes if triple.predicate == _SELECT}
    found = []
    for triple in shapes:
        text = texts.get(triple.object) if isinstance(triple.object, ox.BlankNode) else None
        suits = (
            triple.predicate == _SPARQL and triple.subject in aimed and isinstance(triple.subject, ox.NamedNode)
        )
        if not isinstance(text, ox.Literal) or _needs_engine(text.value):
            continue
        if suits and isinstance(triple.subject, ox.NamedNode):
            found.append(Constraint(triple.subject, triple, text.value))
    return tuple(sorted(found, key=lambda constraint: constraint.shape.value))


def _needs_engine(select: str) -> bool:
    """Whether a query may have more than one row for `$this` bound outside, or is one that SHACL refuses."""
    words = [token.text.upper() for token in tokens(select) if token.kind == "word"]
    return words.count("SELECT") != 1 or not _REFUSED.isdisjoint(words) or bool(_REBOUND.search(select))


def run_constraint(constraint: Constraint, store: EmbeddedStore, focus_nodes: Iterable[Term]) -> Iterator[Row]:
    """The rows of a constraint for some focus nodes, each once.

    Raises:
        BackendError: If the query is malformed or is no SELECT with `$this`.
    """
    nodes = sorted((node for node in focus_nodes if isinstance(node, ox.NamedNode)), key=str)
    if not nodes:
        return
    answer = store.run(bind_all(constraint.select, "this", nodes))
    if not isinstance(answer, Rows) or "this" not in answer.columns:
        raise BackendError(f"{constraint.shape.value}: the constraint must be a SELECT with $this")
    for cells in dict.fromkeys(answer.rows):
        variables = {name: term for name, term in zip(answer.columns, cells, strict=True) if term is not None}
        focus = variables.pop("this", None)
        if focus is not None:
            yield Row(focus, variables)
