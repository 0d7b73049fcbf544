"""The tables in `data/sources/`, each row with its place."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAMES = (
    "actors",
    "awards",
    "categories",
    "cities",
    "city-slugs",
    "contradictions",
    "english-names",
    "members",
    "memberships",
    "municipality-kinds",
    "networks",
    "organisations",
    "outcomes",
    "page-slugs",
    "parts",
    "programmes",
    "registers",
    "roles",
    "slugs",
    "states",
)


class RegisterError(Exception):
    """Faults in the tables; the message names file and row of each."""


@dataclass(frozen=True)
class Row:
    """A row of a table with its place."""

    file: str
    number: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def get(self, column: str) -> str:
        """The cell of a column that not every table has; empty where it is missing."""
        return self.values.get(column) or ""

    def fault(self, message: str) -> str:
        """A message that names file and row, as an editor counts them.

        >>> Row("cities.csv", 2, {}).fault("unknown kind of municipality")
        'cities.csv, row 2: unknown kind of municipality'
        """
        return f"{self.file}, row {self.number}: {message}"


@dataclass(frozen=True)
class Tables:
    """All tables by their names."""

    rows: Mapping[str, tuple[Row, ...]]

    @classmethod
    def read(cls, folder: Path) -> "Tables":
        """The tables of a folder; the heading of each is row 1."""
        return cls({name: _read(folder / f"{name}.csv") for name in NAMES})

    def __getitem__(self, name: str) -> tuple[Row, ...]:
        return self.rows[name]

    def by(self, name: str, column: str) -> dict[str, Row]:
        """The rows of a table by one of its columns; of several with one value the last."""
        return {row[column]: row for row in self.rows[name]}


def _read(path: Path) -> tuple[Row, ...]:
    with path.open(encoding="utf-8", newline="") as handle:
        return tuple(
            Row(path.name, number, values) for number, values in enumerate(csv.DictReader(handle), start=2)
        )


def member_key(row: Row) -> tuple[str, str, str, str]:
    """What tells one member from another in `memberships.csv` and `members.csv`."""
    return row["member"], row["member_kind"], row["member_ags"], row["state_iso3166_2"]
