"""Rows of saved queries, asked in the workers as any visitor's query is (layer 6)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from smartcity_kg.answer import Rows
from smartcity_kg.errors import NotFound
from smartcity_kg.labels import with_labels
from smartcity_kg.project import Project
from smartcity_kg.queries import SavedQuery, bind_parameters
from smartcity_kg.server.remote import Remote
from smartcity_kg.server.workers import Workers
from smartcity_kg.sparql import bind, tokens
from smartcity_kg.store.embedded import EmbeddedStore

RESULTS = "application/sparql-results+json"
DEFAULT_LIMIT, MOST = 1_000, 9_999
_LANGUAGE = "language"


@dataclass(frozen=True)
class Given:
    """What somebody asks of a saved query.

    Args:
        values: Texts by parameter, as they were typed.
        language: That of labels, and of texts where the query has a parameter for it.
        limit: How many rows.
        offset: How many rows to pass over.
    """

    values: Mapping[str, str]
    language: str = "en"
    limit: int = DEFAULT_LIMIT
    offset: int = 0


async def find_rows(
    workers: Workers | Remote,
    store: EmbeddedStore,
    project: Project,
    query: SavedQuery,
    given: Given,
    *,
    client: str = "",
) -> tuple[Rows, bool]:
    """Rows of an answer with a label beside each IRI, and whether there are more.

    What was typed becomes terms in the store; the query itself runs in the workers.

    Raises:
        ParameterProblem: If a parameter is unknown, missing or of the wrong type.
        NotFound: If a parameter names something that is not there, or the query gives no table.
        BackendError: As `Workers.run` raises it.
    """
    if query.form != "SELECT":
        raise NotFound(f"{query.name} gives no table")
    values = dict(given.values)
    if any(one.name == _LANGUAGE for one in query.parameters):
        values.setdefault(_LANGUAGE, given.language)
    terms = await asyncio.to_thread(bind_parameters, query, store, project.prefixes, values)
    text, cut = _paged(bind(query.text, terms), given)
    result = await workers.run(text, media_type=RESULTS, client=client)
    rows = read_rows(result.body)
    begin = 0 if cut else given.offset
    kept = Rows(rows.columns, rows.rows[begin : begin + given.limit])
    named = [name for name, kind in query.columns.items() if kind == "iri"]
    labelled = await asyncio.to_thread(with_labels, kept, store, given.language, named)
    return labelled, len(rows) > begin + given.limit


def read_rows(body: bytes) -> Rows:
    """The rows of an answer in SPARQL results JSON.

    >>> read_rows(b'{"head": {"vars": ["a"]}, "results": {"bindings": []}}').columns
    ('a',)
    """
    found = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
    if not isinstance(found, ox.QuerySolutions):
        raise NotFound("this query gives no table")
    return Rows(tuple(variable.value for variable in found.variables), tuple(tuple(row) for row in found))


def _paged(text: str, given: Given) -> tuple[str, bool]:
    """The query with a limit, unless it has one of its own; and whether it got one."""
    words = {token.text.upper() for token in tokens(text) if token.kind == "word"}
    if words & {"LIMIT", "OFFSET"}:
        return text, False
    return f"{text}\nLIMIT {given.limit + 1} OFFSET {given.offset}", True
