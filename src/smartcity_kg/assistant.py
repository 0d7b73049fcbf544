"""The graph for assistants that speak the Model Context Protocol (layer 6).

Questions run under the same guard and in the same workers as those of visitors of the server; a text to check is
checked in a sandbox. Every answer says which data it is from. This module alone imports the official SDK.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from smartcity_kg.answer import Rows
from smartcity_kg.context import read_context
from smartcity_kg.describe import Description, describe
from smartcity_kg.errors import NotFound, ParameterProblem, SmartCityError
from smartcity_kg.formats import json as results_json
from smartcity_kg.graph import prepared_folder, read_store
from smartcity_kg.labels import find_labels
from smartcity_kg.pages.address import find_address
from smartcity_kg.project import Project
from smartcity_kg.queries import SavedQuery, read_saved_queries
from smartcity_kg.server.checkers import Checkers
from smartcity_kg.server.rows import RESULTS, Given, find_rows
from smartcity_kg.server.search import Entry, Names, folded
from smartcity_kg.server.serving import limits_of
from smartcity_kg.server.workers import Workers
from smartcity_kg.sparql import check_query
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import text_of

Language = Literal["de", "en"]
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_MOST_ROWS, _MOST_FOUND = 200, 20
_NAMES = """
SELECT ?thing ?name ?kind WHERE {
  ?thing skos:prefLabel|skos:altLabel|rdfs:label|dct:title ?name . FILTER(ISIRI(?thing))
  OPTIONAL { ?thing a ?kind }
}
"""
_EVIDENCE = "sckg:evidence"
_READING = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_INSTRUCTIONS = """An open knowledge graph of German smart cities: who is responsible, what they aim at and do,
participation, networks, competitions and funding. Each statement about a city names its evidence and the day on
which it held. Begin with list_questions: a saved question is answered fully and with labels. Use search to find
the IRI of a thing, describe_thing for all that is known of it, and sparql for anything else. Name the source that
an answer gives, and say when a statement is marked as inferred."""


@dataclass(frozen=True)
class _Desk:
    """What all tools use, once the server has started."""

    project: Project
    store: EmbeddedStore
    workers: Workers
    checkers: Checkers
    queries: Mapping[str, SavedQuery]


class Assistant:
    """The tools over a project.

    Args:
        project: Whose graph it is.
        folder: A prepared store; the project's own, built if need be, if absent.
    """

    def __init__(self, project: Project, folder: Path | None = None) -> None:
        self._project = project
        self._folder = folder
        self._desk: _Desk | None = None
        self._names: Names | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start the workers, and end them afterwards.

        Raises:
            BackendError: If there is no store, or it cannot be opened.
        """
        project = self._project
        folder = await asyncio.to_thread(prepared_folder, project) if self._folder is None else self._folder
        prefixes = project.prefixes.namespaces
        workers = Workers(folder, limits=limits_of(project), prefixes=prefixes, inferred=project.inferred)
        await workers.start()
        checkers = Checkers(project)
        queries = {query.name: query for query in read_saved_queries(project)}
        self._desk = _Desk(project, read_store(project, folder), workers, checkers, queries)
        try:
            yield
        finally:
            await checkers.close()
            await workers.close()

    async def list_questions(self, topic: str = "", language: Language = "en") -> dict[str, Any]:
        """The saved questions with their parameters: name, title, what counts, topic.

        Args:
            topic: One topic only, such as networks.
            language: That of titles and descriptions.
        """
        queries = [query for query in self._at_hand.queries.values() if query.form == "SELECT"]
        topics = sorted({query.topic for query in queries})
        if topic and topic not in topics:
            raise _told(NotFound.among("topic", topic[:100], topics))
        chosen = [_question(query, language) for query in queries if topic in {"", query.topic}]
        return {"topics": topics, "questions": chosen, "source": self._source}

    async def ask_question(
        self,
        name: str,
        parameters: dict[str, str] | None = None,
        language: Language = "en",
        limit: int = 50,
        offset: int = 0,
    ) -> dict[str, Any]:
        """The answer to a saved question, as rows with labels.

        Args:
            name: Which question; list_questions has the names.
            parameters: What is asked about, by parameter: a name, an IRI or a prefixed name; numbers as text.
            language: That of labels.
            limit: How many rows, at most 200.
            offset: How many rows to pass over.
        """
        desk = self._at_hand
        try:
            if name not in desk.queries:
                raise NotFound.among("question", name[:100], sorted(desk.queries))
            if not 1 <= limit <= _MOST_ROWS or not 0 <= offset <= 1_000_000:
                raise ParameterProblem(f"limit is from 1 to {_MOST_ROWS}, offset from 0 to 1,000,000")
            given = Given(parameters or {}, language, limit, offset)
            query = desk.queries[name]
            rows, more = await find_rows(desk.workers, desk.store, desk.project, query, given)
        except SmartCityError as error:
            raise _told(error) from error
        said = {"question": query.title(language), "rows": _plain(rows), "more": more}
        return {**said, "page": f"{desk.project.base}queries/{name}", "source": self._source}

    async def describe_thing(self, thing: str, language: Language = "en") -> dict[str, Any]:
        """All that is known about one thing, in both directions, with labels; what rules concluded is marked.

        Args:
            thing: An IRI, a prefixed name such as city:magdeburg, or a name.
            language: That of labels.
        """
        desk = self._at_hand
        try:
            found = await asyncio.to_thread(describe, desk.store, desk.project, thing, language=language)
        except SmartCityError as error:
            raise _told(error) from error
        return {**self._described(found), "source": self._source}

    async def search(self, text: str, language: Language = "en", limit: int = 10) -> dict[str, Any]:
        """Things by their names, also where the spelling is not quite right.

        Args:
            text: A name or a part of it.
            language: That of the names given back.
            limit: How many, at most 20.
        """
        if not text.strip() or not 1 <= limit <= _MOST_FOUND:
            raise ToolError(f"text must not be empty, and limit is from 1 to {_MOST_FOUND}")
        if self._names is None:
            self._names = await asyncio.to_thread(self._read_names)
        entries, near = await asyncio.to_thread(self._names.find, text[:200], limit)
        hits = [
            {"iri": one.iri, "name": one.label(language), "kind": one.kind(language), "page": self._page(one.iri)}
            for one in entries
        ]
        return {"found": hits, "only_similar": near, "source": self._source}

    async def sparql(self, query: str) -> dict[str, Any]:
        """The answer to a SPARQL 1.1 query that only reads. Prefixes of the ontology need not be declared.

        Updates, SERVICE and remote graphs are refused; time, rows and memory are limited. SELECT gives rows, ASK a
        truth, CONSTRUCT and DESCRIBE Turtle.

        Args:
            query: The query.
        """
        workers = self._at_hand.workers
        try:
            form = check_query(query, max_bytes=workers.limits.query_bytes, dataset=True)
            table = form in {"SELECT", "ASK"}
            result = await workers.run(query, media_type=RESULTS if table else "text/turtle")
        except SmartCityError as error:
            raise _told(error) from error
        answer = json.loads(result.body) if table else {"turtle": result.body.decode()}
        return {**answer, "source": self._source}

    async def validate(
        self, turtle: str, language: Language = "en", name: str = "submission.ttl"
    ) -> dict[str, Any]:
        """What is wrong with a record in Turtle, on which line, and how to mend it. Nothing of it is kept.

        Args:
            turtle: The record.
            language: That of the report.
            name: What the report calls it.
        """
        data = turtle.encode()
        most = self._project.limit("file_bytes", 10_000_000)
        if len(data) > most:
            raise ToolError(f"the text has more than the {most:,} bytes allowed")
        kept = "".join(sign for sign in name if sign.isalnum() or sign in "._-")[:100] or "submission.ttl"
        try:
            found = await self._at_hand.checkers.report(kept, data, form="text", language=language)
        except SmartCityError as error:
            raise _told(error) from error
        return {"conforms": found.conforms, "report": found.body.decode()}

    @property
    def _at_hand(self) -> _Desk:
        if self._desk is None:
            raise ToolError("the server has not started")
        return self._desk

    @property
    def _source(self) -> dict[str, str]:
        version = read_context(self._project).version
        return {"data": f"{self._project.base}data", "version": version, "licence": _LICENCE}

    def _page(self, iri: str) -> str:
        address = find_address(iri, self._project.base)
        return f"{self._project.base}{address.path}" if address else iri

    def _described(self, found: Description) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(results_json.write_description(found))
        evidence = [
            text_of(one.other) for one in found.statements if one.outgoing and one.predicate.value == _EVIDENCE
        ]
        return {**said, "evidence": evidence, "page": self._page(found.thing.value)}

    def _read_names(self) -> Names:
        store = self._at_hand.store
        answer = store.run(_NAMES)
        rows = answer.rows if isinstance(answer, Rows) else ()
        names: dict[str, dict[str, None]] = {}
        kinds: dict[str, Any] = {}
        things = {row[0].value: row[0] for row in rows if row[0] is not None and hasattr(row[0], "value")}
        for thing, name, kind in rows:
            names.setdefault(text_of(thing), {})[folded(text_of(name))] = None
            if kind is not None:
                kinds.setdefault(text_of(thing), kind)
        labels = {la: find_labels(store, (*things.values(), *kinds.values()), la) for la in ("de", "en")}

        def both(iri: str) -> tuple[str, ...]:
            return tuple(text_of(labels[language].get(iri)) for language in ("de", "en"))

        none = ("", "")
        return Names(
            [
                Entry(iri, iri, both(iri), both(text_of(kinds[iri])) if iri in kinds else none, tuple(keys))
                for iri, keys in sorted(names.items())
            ]
        )


def create_server(assistant: Assistant, version: str) -> MCPServer[Any]:
    """The server with its tools; it starts and ends what the assistant needs."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[Any]) -> AsyncIterator[None]:
        async with assistant.running():
            yield

    server: MCPServer[Any] = MCPServer(
        "smartcity-kg", title="Smart City KG", instructions=_INSTRUCTIONS, version=version, lifespan=lifespan,
        log_level="ERROR",
    )  # fmt: skip
    for tool in (
        assistant.list_questions,
        assistant.ask_question,
        assistant.describe_thing,
        assistant.search,
        assistant.sparql,
        assistant.validate,
    ):
        server.tool(annotations=_READING)(tool)
    return server


def serve_stdio(project: Project, version: str, folder: Path | None = None) -> None:
    """Serve over standard input and output until it ends.

    Raises:
        BackendError: If there is no store, or it cannot be opened.
    """
    create_server(Assistant(project, folder), version).run("stdio")


def _question(query: SavedQuery, language: str) -> dict[str, Any]:
    return {
        "name": query.name,
        "title": query.title(language),
        "description": query.description(language),
        "topic": query.topic,
        "parameters": [
            {
                "name": one.name,
                "title": one.title(language),
                "type": one.type,
                "required": not one.optional,
                "example": one.example,
            }
            for one in query.parameters
        ],
    }


def _plain(rows: Rows) -> list[dict[str, str]]:
    return [
        {name: text_of(term) for name, term in zip(rows.columns, row, strict=True) if term is not None}
        for row in rows.rows
    ]


def _told(error: SmartCityError) -> ToolError:
    """An error of ours as one of a tool: what is wrong and what to do."""
    place = ":".join(str(n) for n in (getattr(error, "line", 0), getattr(error, "column", 0)) if n)
    text = f"{place}: {error.message}" if place else error.message
    return ToolError(f"{text}\n{error.hint}" if error.hint else text)
