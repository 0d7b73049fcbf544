"""What a SHACL engine is to the rest of the code, and which one is used (layer 2).

An engine stands behind one module that no other imports but this one: `engine_pyshacl` is the reference,
`engine_turbo` the faster one, used where it is installed (`pip install smartcity-kg[fast]`). The tests demand the
same results from both.
"""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Protocol

import pyoxigraph as ox

from smartcity_kg.errors import MissingExtra


class Prepared(Protocol):
    """Shapes that an engine has read, ready for one data graph after the other."""

    def validate(self, data: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
        """The SHACL report about a data graph; the targets of the shapes say what is checked.

        Raises:
            BackendError: If the engine cannot apply the shapes.
        """
        ...


class Engine(Protocol):
    """A SHACL engine: shapes graph and data graph in, SHACL report out, all as triples with exact literals."""

    @property
    def lift(self) -> bool:
        """Whether it is quicker where property shapes have targets themselves (see `targets.MarkedShapes`)."""
        ...

    @property
    def name(self) -> str:
        """Name and version, since results are remembered under them."""
        ...

    def prepare(self, shapes: Sequence[ox.Triple]) -> Prepared:
        """Read shapes once, to apply them often.

        Raises:
            BackendError: If the shapes are malformed.
        """
        ...


ENGINES = ("turbo", "pyshacl")


def open_engine(name: str = "") -> Engine:
    """The engine with a name (`pyshacl` or `turbo`); without one, the fastest that is installed.

    Raises:
        MissingExtra: If the engine asked for is not installed.

    >>> open_engine("pyshacl").name.partition(" ")[0]
    'pyshacl'
    """
    fast = find_spec("pyshacl_turbo") is not None
    if name == "turbo" and not fast:
        raise MissingExtra(
            "the fast SHACL engine needs pyshacl-turbo", hint="Install it: pip install 'smartcity-kg[fast]'"
        )
    if name == "turbo" or (not name and fast):
        from smartcity_kg.validate.engine_turbo import Turbo

        return Turbo()
    from smartcity_kg.validate.engine_pyshacl import Pyshacl

    return Pyshacl()
