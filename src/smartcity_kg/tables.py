"""Tables of the data, from the saved queries of the topic `tables` (layer 2).

A query in that folder becomes a table: its columns with titles, the properties they stand for, and beside each
column of IRIs one with labels for each language.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from smartcity_kg.answer import Rows
from smartcity_kg.labels import find_labels
from smartcity_kg.project import Project
from smartcity_kg.queries import SavedQuery, read_column_titles, read_saved_queries
from smartcity_kg.store import Store
from smartcity_kg.terms import Term, text_of

TOPIC = "tables"
_LABELS = {"de": "Name", "en": "name"}


@dataclass(frozen=True)
class Column:
    """A column: its name, its type as in the header of the query, its titles, and the property it stands for.

    `language`: of a column of labels, which belongs to the column before it.
    """

    name: str
    type: str
    titles: Mapping[str, str]
    property: NamedNode | None = None
    language: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its columns and rows, sorted; `key` are the columns that together name a row.

    >>> table = Table("t", {}, {}, (Column("a", "iri", {"en": "A"}),), ((NamedNode("http://e.org/a"),),), "table")
    >>> table.key, [column.name for column in table.columns]
    (('a',), ['a'])
    """

    name: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    columns: tuple[Column, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    view: str

    @property
    def key(self) -> tuple[str, ...]:
        """The leading columns of IRIs that no two rows share, as few as suffice; none where there are no such."""
        places = [place for place, column in enumerate(self.columns) if not column.language]
        for count in range(1, len(places) + 1):
            chosen = places[:count]
            if self.columns[chosen[-1]].type != "iri" or any(row[chosen[-1]] is None for row in self.rows):
                return ()
            if len({tuple(row[place] for place in chosen) for row in self.rows}) == len(self.rows):
                return tuple(self.columns[place].name for place in chosen)
        return ()

    def as_rows(self) -> Rows:
        """The table as an answer, for the formats of answers."""
        return Rows(tuple(column.name for column in self.columns), self.rows)


def read_tables(project: Project, store: Store, languages: Sequence[str] = ("de", "en")) -> tuple[Table, ...]:
    """All tables of a project, by name, filled from a store.

    Raises:
        HeaderProblem: If the header of a query is malformed.
        BackendError: If the store fails.

    >>> from smartcity_kg.graph import open_store
    >>> project = Project.find()
    >>> {"cities", "memberships"} <= {table.name for table in read_tables(project, open_store(project, stages=()))}
    True
    """
    queries = [query for query in read_saved_queries(project) if query.topic == TOPIC]
    return tuple(_read(query, project, store, languages) for query in queries)


def _read(query: SavedQuery, project: Project, store: Store, languages: Sequence[str]) -> Table:
    answer = store.query(query.text)
    if not isinstance(answer, Rows):
        raise query.header.problem("a table must be a SELECT query")
    if set(answer.columns) != set(query.columns):
        raise query.header.problem(f"the query gives the columns {', '.join(answer.columns)}", key="columns")
    iris = [place for place, name in enumerate(answer.columns) if query.columns[name] == "iri"]
    terms = [row[place] for row in answer for place in iris]
    labels = {language: find_labels(store, terms, language) for language in languages}
    named = {**read_column_titles(project), **query.header.values.get("titles", {})}
    columns = [
        column
        for name in answer.columns
        for column in _columns(query, name, project, named.get(name, {}), languages)
    ]
    rows = tuple(tuple(_cells(row, iris, labels)) for row in answer)
    return Table(
        query.name,
        {language: query.title(language) for language in languages},
        {language: query.description(language) for language in languages},
        tuple(columns),
        rows,
        str(query.header.values.get("view", "table")),
    )


def _columns(
    query: SavedQuery, name: str, project: Project, titles: Mapping[str, str], languages: Sequence[str]
) -> Iterable[Column]:
    given = query.header.values.get("properties", {}).get(name)
    yield Column(name, query.columns[name], titles, project.prefixes.expand(given) if given else None)
    if query.columns[name] == "iri":
        for language in languages:
            words = _LABELS.get(language, _LABELS["en"])
            title = f"{titles.get(language, name)}: {words} ({language})"
            yield Column(f"{name}_label_{language}", "string", {language: title}, None, language)


def _cells(
    row: Sequence[Term | None], iris: Sequence[int], labels: Mapping[str, Mapping[str, Literal]]
) -> Iterable[Term | None]:
    for place, term in enumerate(row):
        yield term
        if place in iris:
            yield from (found.get(text_of(term)) for found in labels.values())
