"""Answers to saved queries as parts of pages (layer 4).

Which query belongs on which pages, and how it is shown there, says its header.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import NamedNode

from smartcity_kg.answer import Answer, Rows, Triples
from smartcity_kg.pages.index import Index
from smartcity_kg.pages.values import Reader, Value
from smartcity_kg.project import Project
from smartcity_kg.queries import Parameter, SavedQuery, read_saved_queries
from smartcity_kg.store import Store
from smartcity_kg.terms import RDF_TYPE, SKOS, Term

_IN_SCHEME = NamedNode(f"{SKOS}inScheme")
# Where there are more things than this, a query for each takes too long; those with a record still get one.
_MANY = 300
_MOST_ROWS = 200
_AT_ONCE = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Table:
    """Rows for people.

    Attributes:
        columns: The titles of the columns.
        rows: The cells; none where there is no value.
        more: How many rows are left out.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value | None, ...], ...]
    more: int = 0

    def is_number(self, place: int) -> bool:
        """Whether all cells of a column are numbers or empty."""
        cells = [row[place] for row in self.rows]
        return any(cells) and all(cell is None or cell.number for cell in cells)


@dataclass(frozen=True)
class Answered:
    """A saved query with its answer about one thing, as terms."""

    query: SavedQuery
    view: str
    section: str
    rows: Rows


class Panels(Mapping[str, tuple[Answered, ...]]):
    """What `find_panels` finds, asked for when it is needed first: that takes seconds.

    The arguments are those of `find_panels`.
    """

    def __init__(self, store: Store, project: Project, index: Index) -> None:
        self._from = (store, project, index)

    @cached_property
    def _found(self) -> dict[str, tuple[Answered, ...]]:
        return find_panels(*self._from)

    def __getitem__(self, iri: str) -> tuple[Answered, ...]:
        return self._found[iri]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def find_panels(store: Store, project: Project, index: Index) -> dict[str, tuple[Answered, ...]]:
    """For each thing, by its IRI, the answers that belong on its page and are not empty.

    Reads the store: each query once for all things where that is possible, else once for each.
    """
    found: dict[str, list[Answered]] = {}
    for query in read_saved_queries(project):
        if query.panel is None:
            continue
        parameter = next(one for one in query.parameters if one.name == query.panel.parameter)
        section = project.prefixes.expand(query.panel.section).value if query.panel.section else ""
        for iri, rows in _answers(query, parameter, store, project, index).items():
            if len(rows):
                found.setdefault(iri, []).append(Answered(query, query.panel.view, section, rows))
    return {iri: tuple(panels) for iri, panels in sorted(found.items())}


def _answers(
    query: SavedQuery, parameter: Parameter, store: Store, project: Project, index: Index
) -> dict[str, Rows]:
    things = find_choices(parameter, project, index)
    if parameter.optional and parameter.name in query.columns:
        return _partition(rows_of(store.query(query.text)), parameter.name, {thing.value for thing in things})
    if len(things) > _MANY:
        things = [thing for thing in things if index.record(thing)]
    defaults = _defaults(query, parameter, project)
    # The engine works without Python's lock.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(lambda thing: store.query(query.text, {**defaults, parameter.name: thing}), things)
        return {thing.value: rows_of(answer) for thing, answer in zip(things, answers, strict=True)}


def _defaults(query: SavedQuery, but: Parameter, project: Project) -> dict[str, NamedNode]:
    """The examples of other parameters that are required."""
    return {
        one.name: project.prefixes.expand(one.example)
        for one in query.parameters
        if one.name != but.name and not one.optional and one.type == "iri"
    }


def find_choices(parameter: Parameter, project: Project, index: Index) -> list[NamedNode]:
    """What a parameter may be: the members of its class or the concepts of its scheme, sorted."""
    if parameter.scheme:
        wanted = (_IN_SCHEME, NamedNode(parameter.scheme))
    else:
        wanted = (RDF_TYPE, project.prefixes.expand(parameter.class_name))
    predicate, value = wanted
    subjects = {s for p, s in index.incoming.get(value, ()) if p == predicate and isinstance(s, NamedNode)}
    return sorted(subjects, key=lambda subject: subject.value)


def _partition(rows: Rows, column: str, wanted: set[str]) -> dict[str, Rows]:
    """The rows by the thing in a column, without that column."""
    place = rows.columns.index(column)
    columns = rows.columns[:place] + rows.columns[place + 1 :]
    parts: dict[str, list[tuple[Term | None, ...]]] = {}
    for row in rows:
        iri = getattr(row[place], "value", "")
        if iri in wanted:
            parts.setdefault(iri, []).append(row[:place] + row[place + 1 :])
    return {iri: Rows(columns, tuple(part)) for iri, part in parts.items()}


def rows_of(answer: Answer) -> Rows:
    """The rows of an answer; triples as rows of subject, predicate, object.

    Raises:
        TypeError: If the answer is yes or no.

    >>> rows_of(Triples(())).columns
    ('subject', 'predicate', 'object')
    """
    if isinstance(answer, Rows):
        return answer
    if isinstance(answer, Triples):
        return answer.as_rows()
    raise TypeError("a page needs rows or triples")


def make_table(
    rows: Rows, titles: Mapping[str, Mapping[str, str]], reader: Reader, *, most: int = _MOST_ROWS
) -> Table:
    """The rows as a table for a reader, without columns that are empty throughout.

    >>> from smartcity_kg.pages.address import Links
    >>> from smartcity_kg.terms import Prefixes
    >>> from pyoxigraph import Literal
    >>> reader = Reader(Index("", {}, {}, {}, {}, {}, {}), Prefixes({}), Links("de/a.html", "de"))
    >>> make_table(Rows(("n", "m"), ((Literal(1), None),)), {"n": {"de": "Zahl"}}, reader).columns
    ('Zahl',)
    """
    kept = [place for place in range(len(rows.columns)) if any(row[place] is not None for row in rows)]
    columns = tuple(titles.get(name, {}).get(reader.language, name) for name in (rows.columns[p] for p in kept))
    cells = tuple(_cells(row, kept, reader) for row in rows.rows[:most])
    return Table(columns, cells, max(0, len(rows) - most))


def _cells(row: tuple[Term | None, ...], kept: Sequence[int], reader: Reader) -> tuple[Value | None, ...]:
    terms = [row[place] for place in kept]
    return tuple(None if term is None else reader.value(term) for term in terms)
