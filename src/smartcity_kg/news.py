"""What is new in a release, as values (layer 2): terms, records, entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyoxigraph as ox

from smartcity_kg.compare import Comparison

Graphs = Mapping[str, tuple[ox.Triple, ...]]


@dataclass(frozen=True)
class Previous:
    """The release before: its graphs of data, its terms, and what it says about itself."""

    data: Graphs
    terms: frozenset[ox.Triple] | None
    version: str = ""
    day: str = ""


@dataclass(frozen=True)
class TermChange:
    """A term that was added, removed or deprecated, and its labels by language."""

    kind: str
    term: ox.NamedNode
    labels: Mapping[str, str]


@dataclass(frozen=True)
class RecordChange:
    """A record, or a file of shared entries, that is new, changed or gone, with its changes by language."""

    kind: str
    record: str
    labels: Mapping[str, str]
    comparisons: Mapping[str, Comparison]


@dataclass(frozen=True)
class Note:
    """What a release is, and what changed since the one before, if there is one.

    >>> Note("1.0.0", date(2026, 1, 1), {}, None, (), ()).counts()
    {'terms': {'added': 0, 'removed': 0, 'deprecated': 0}, 'records': {'new': 0, 'changed': 0, 'gone': 0}}
    """

    version: str
    day: date
    sizes: Mapping[str, int]
    since: Previous | None
    terms: tuple[TermChange, ...]
    records: tuple[RecordChange, ...]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many terms and records changed, by kind."""
        return {
            "terms": {
                kind: sum(t.kind == kind for t in self.terms) for kind in ("added", "removed", "deprecated")
            },
            "records": {kind: sum(r.kind == kind for r in self.records) for kind in ("new", "changed", "gone")},
        }
