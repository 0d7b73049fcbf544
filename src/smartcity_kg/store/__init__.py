"""Stores that answer SPARQL (layer 1): one protocol, one module for each backend.

Whatever the backend, a query comes in as text without `PREFIX` lines for the project's prefixes and with
parameters apart, and an `Answer` of pyoxigraph terms goes out.
"""

from collections.abc import Mapping
from typing import Protocol

from pyoxigraph import Literal, NamedNode

from smartcity_kg.answer import Answer


class Store(Protocol):
    """Something that answers SPARQL 1.1 queries over the merged graph."""

    def query(self, text: str, bindings: Mapping[str, NamedNode | Literal] | None = None) -> Answer:
        """The answer to a query that only reads.

        Args:
            text: SPARQL 1.1; the project's prefixes may be used undeclared.
            bindings: Variable to term; bound at the start of the outer group.

        Raises:
            QueryProblem: If the text is malformed, with line and column.
            Refused: If it is an update, or calls another endpoint.
            BackendError: If the store fails.
        """
        ...
