"""pySHACL, the reference (layer 2): the one module that knows it.

Shapes and data become rdflib graphs made from triples that pyoxigraph has parsed, without normalising literals.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.interop import from_rdflib, ill_typed_literals, to_rdflib

if TYPE_CHECKING:
    from rdflib import Graph


class Pyshacl:
    """See `engine.Engine`."""

    lift = True

    @property
    def name(self) -> str:
        """See `engine.Engine.name`."""
        from importlib.metadata import version

        return f"pyshacl {version('pyshacl')} rdflib {version('rdflib')}"

    def prepare(self, shapes: Sequence[ox.Triple]) -> "PyshaclShapes":
        """See `engine.Engine.prepare`."""
        _look_up_parameters_fast()
        return PyshaclShapes(to_rdflib(shapes))


class PyshaclShapes:
    """See `engine.Prepared`."""

    def __init__(self, shapes: "Graph") -> None:
        self._shapes = shapes

    def validate(self, data: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
        """See `engine.Prepared.validate`."""
        from pyshacl import validate
        from rdflib import Graph

        from smartcity_kg.validate.prepared import PreparedGraph

        try:
            with ill_typed_literals():
                _, report, text = validate(
                    to_rdflib(data, PreparedGraph()),
                    shacl_graph=self._shapes,
                    inference="none",
                    advanced=False,
                    inplace=True,
                    do_owl_imports=False,
                )
        except Exception as error:
            # pySHACL lets pass what rdflib and re raise, and for an unknown prefix that is a plain Exception.
            raise BackendError(f"the shapes cannot be applied: {error}") from error
        if not isinstance(report, Graph):
            raise BackendError(f"the shapes cannot be applied: {text}")
        return tuple(from_rdflib(report))


class _Lookup(list[object]):
    """A list that is also a set for the question whether something is in it."""

    def __init__(self, members: Iterable[object]) -> None:
        super().__init__(members)
        self._set = frozenset(self)

    def __contains__(self, item: object) -> bool:
        return item in self._set


def _look_up_parameters_fast() -> None:
    """Let pySHACL find the parameters of constraints by their hash.

    For each shape and node it asks of every statement of the shape whether its predicate is one of about thirty
    parameters, in a list, comparing one by one: 57 % of the time of a validation. It keeps the list in a place of
    its module, where the same list with a quicker `in` may stand.
    """
    from pyshacl import shape
    from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP

    known = (_Lookup(ALL_CONSTRAINT_PARAMETERS), CONSTRAINT_PARAMETERS_MAP)
    setattr(shape, "CONSTRAINT_PARAMS", known)  # noqa: B010 - the module sets it so itself, at its first use
