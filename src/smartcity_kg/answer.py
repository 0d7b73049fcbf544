"""What a query answers: rows, triples or yes/no, as frozen values (layer 0).

Terms are pyoxigraph terms, whichever store answered.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pyoxigraph import Literal, Triple

from smartcity_kg.errors import MissingExtra
from smartcity_kg.terms import Term, text_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rows:
    """The answer to a SELECT: named columns and rows of terms, `None` where a variable is unbound.

    >>> rows = Rows(("n",), ((Literal("2"),), (None,)))
    >>> len(rows), rows.as_dicts()[0]
    (2, {'n': '2'})
    >>> rows.column("n")
    ['2', '']
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Term | None, ...]]:
        return iter(self.rows)

    def column(self, name: str) -> list[str]:
        """All values of one column as plain text; empty text where unbound."""
        place = self.columns.index(name)
        return [text_of(row[place]) for row in self.rows]

    def as_dicts(self) -> list[dict[str, str]]:
        """Each row as column to plain text; unbound variables are left out."""
        return [
            {name: text_of(term) for name, term in zip(self.columns, row, strict=True) if term is not None}
            for row in self.rows
        ]

    def to_pandas(self) -> "pd.DataFrame":
        """The rows as a pandas frame: numbers as numbers, booleans as booleans, all else as text.

        Raises:
            MissingExtra: If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingExtra(
                "pandas is not installed", hint='Install it with: pip install "smartcity-kg[pandas]"'
            ) from error
        return pd.DataFrame(
            [[python_value(term) for term in row] for row in self.rows], columns=list(self.columns)
        )


@dataclass(frozen=True)
class Triples:
    """The answer to a CONSTRUCT or DESCRIBE: distinct triples in a fixed order."""

    triples: tuple[Triple, ...]

    @classmethod
    def sorted(cls, triples: Iterable[Triple]) -> "Triples":
        """Distinct triples ordered by their N-Triples text."""
        return cls(tuple(sorted(set(triples), key=str)))

    def __len__(self) -> int:
        return len(self.triples)

    def __iter__(self) -> Iterator[Triple]:
        return iter(self.triples)

    def as_rows(self) -> Rows:
        """The triples as rows of subject, predicate, object."""
        return Rows(("subject", "predicate", "object"), tuple((t.subject, t.predicate, t.object) for t in self))


@dataclass(frozen=True)
class Truth:
    """The answer to an ASK."""

    value: bool

    def __bool__(self) -> bool:
        return self.value


Answer: TypeAlias = Rows | Triples | Truth

_INTEGERS = frozenset(
    ["integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "unsignedInt", "gYear"]
)
_FLOATS = frozenset(["decimal", "double", "float"])


def python_value(term: Term | None) -> Any:  # noqa: ANN401 - a cell of a data frame
    """A term as the nearest plain Python value; text where nothing fits or the lexical form is invalid.

    >>> from pyoxigraph import NamedNode
    >>> python_value(Literal(3)), python_value(NamedNode("https://e.org/a")), python_value(None)
    (3, 'https://e.org/a', None)
    """
    if term is None:
        return None
    if isinstance(term, Literal):
        kind = term.datatype.value.rpartition("#")[2]
        try:
            if kind in _INTEGERS:
                return int(term.value)
            if kind in _FLOATS:
                return float(term.value)
        except ValueError:
            return term.value
        if kind == "boolean" and term.value in {"true", "false", "1", "0"}:
            return term.value in {"true", "1"}
    return text_of(term)
