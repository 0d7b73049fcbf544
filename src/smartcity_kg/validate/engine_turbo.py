"""pyshacl-turbo, the faster engine (layer 2): the one module that knows it.

Shapes and data go in as N-Triples text. That keeps every literal as it is written; an Oxigraph store as input
would turn a valid `"07"` into `7`. What it says is compared with pySHACL in every test run, since it is young.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.interop import from_rdflib, ill_typed_literals

if TYPE_CHECKING:
    from pyshacl_turbo import CompiledShapes


class Turbo:
    """See `engine.Engine`."""

    lift = False

    @property
    def name(self) -> str:
        """See `engine.Engine.name`."""
        from importlib.metadata import version

        return f"pyshacl-turbo {version('pyshacl-turbo')}"

    def prepare(self, shapes: Sequence[ox.Triple]) -> "TurboShapes":
        """See `engine.Engine.prepare`."""
        from pyshacl_turbo import compile_shapes

        try:
            return TurboShapes(compile_shapes(_text(shapes), shacl_graph_format="nt"))
        except (RuntimeError, ValueError, NotImplementedError) as error:
            raise BackendError(f"the shapes cannot be applied: {error}") from error


class TurboShapes:
    """See `engine.Prepared`."""

    def __init__(self, program: "CompiledShapes") -> None:
        self._program = program

    def validate(self, data: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
        """See `engine.Prepared.validate`."""
        from pyshacl_turbo.rdf import Input

        # An `Input` goes to the engine as it is; plain text would pass through rdflib's parser first.
        source = Input(_text(data), "nt", None, {}, preserve_ids=True)
        try:
            with ill_typed_literals():
                result: tuple[Any, Any, Any] = self._program.validate(source)
        except (RuntimeError, ValueError, NotImplementedError) as error:
            raise BackendError(f"the shapes cannot be applied: {error}") from error
        return tuple(from_rdflib(result[1]))


def _text(triples: Iterable[ox.Triple]) -> str:
    written = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    return (written or b"").decode("utf-8")
