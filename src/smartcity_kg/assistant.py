"""The graph for assistants: a server of the Model Context Protocol (above the server's layer).

It offers tools that only read. What an assistant sends is a stranger's: queries run in workers with limits, texts
are checked in a process of their own. Each answer says what it rests on.
"""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, Literal, TypeAlias

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from smartcity_kg.errors import SmartCityError
from smartcity_kg.server.serving import Serving
from smartcity_kg.server.sourced import MOST_ROWS, Sourced

_INSTRUCTIONS = """An open knowledge graph of German smart cities: cities, what they do, organisations, networks,
competitions, funding, with the passages that statements rest on.

Begin with `search` for a name, or with `list_saved_queries` for a question; a saved query is better than a SPARQL
query of your own. For SPARQL, `describe` a thing first to see its properties. Prefixes need no declaration.

Each answer has `edition`, and where it can `records` and `sources`: name them when you use it. A statement with
`inferred_by` was concluded by a rule and is in no record. What is not in the graph is unknown, not untrue."""

Language: TypeAlias = Annotated[
    Literal["de", "en"], Field(description="The language of labels and texts: German or English.")
]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=MOST_ROWS, description="How many at most.")]
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


def create_server(serving: Serving) -> MCPServer:
    """The server for assistants over what is served; it starts and ends the workers with itself.

    Args:
        serving: What is served; it need not be started.

    >>> from smartcity_kg.project import Project
    >>> create_server(Serving(Project.find())).name
    'smartcity-kg'
    """
    sourced = Sourced(serving)

    @asynccontextmanager
    async def lifespan(_: MCPServer) -> AsyncIterator[None]:
        sourced.begin()
        try:
            yield
        finally:
            await sourced.close()

    server = MCPServer(
        "smartcity-kg",
        title=str(serving.project.settings.get("title", {}).get("en", "")) or None,
        instructions=_INSTRUCTIONS,
        version=version("smartcity-kg"),
        log_level="WARNING",
        lifespan=lifespan,
    )
    _add_questions(server, sourced)
    _add_things(server, sourced)
    return server


def _add_questions(server: MCPServer, sourced: Sourced) -> None:
    """The tools that answer questions."""

    @server.tool(annotations=_READS, title="List saved queries")
    async def list_saved_queries(
        topic: Annotated[str, Field(description="One of the topics, such as networks.")] = "",
        language: Language = "en",
    ) -> dict[str, Any]:
        """The questions that the graph answers ready-made.

        Without a topic their names and titles; of a topic also what they mean, typed parameters and columns.
        """
        return await _told(sourced.queries(topic=topic, language=language))

    @server.tool(annotations=_READS, title="Run a saved query")
    async def run_saved_query(
        name: Annotated[str, Field(description="Its name, as list_saved_queries gives it.")],
        parameters: Annotated[
            dict[str, str | int | bool] | None,
            Field(description="Values by name. A thing is given by its name, a prefixed name or its IRI."),
        ] = None,
        language: Language = "en",
        limit: Limit = 100,
        offset: Annotated[int, Field(ge=0, le=1_000_000, description="How many rows to leave out.")] = 0,
    ) -> dict[str, Any]:
        """The answer to a saved query, with labels beside IRIs, and what it rests on."""
        values = {key: _typed(value) for key, value in (parameters or {}).items()}
        return await _told(sourced.run(name, values, language=language, limit=limit, offset=offset))

    @server.tool(annotations=_READS, title="Run a SPARQL query")
    async def run_sparql(
        query: Annotated[str, Field(description="SELECT, ASK, CONSTRUCT or DESCRIBE; no SERVICE, no update.")],
        language: Language = "en",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """The answer to a SPARQL 1.1 query that only reads.

        The default graph holds everything, also what rules conclude; each record is a named graph too.
        """
        return await _told(sourced.sparql(query, language=language, limit=limit))


def _add_things(server: MCPServer, sourced: Sourced) -> None:
    """The tools that are about things and texts."""

    @server.tool(annotations=_READS, title="Search by name")
    async def search(
        text: Annotated[str, Field(description="A name in German or English, or a part of one.")],
        language: Language = "en",
        limit: Annotated[int, Field(ge=1, le=100, description="How many at most.")] = 10,
    ) -> dict[str, Any]:
        """The things with such a name: label, kind, IRI and page; names that are alike if there is none."""
        return await _told(sourced.search(text, language=language, limit=limit))

    @server.tool(annotations=_READS, title="Describe a thing")
    async def describe(
        thing: Annotated[str, Field(description="Its name, a prefixed name such as city:magdeburg, or its IRI.")],
        language: Language = "en",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """All statements about a thing in both directions, with labels, records, evidence, and its page."""
        return await _told(sourced.describe(thing, language=language, limit=limit))

    @server.tool(annotations=_READS, title="Check a record")
    async def validate_turtle(
        text: Annotated[str, Field(description="A record in Turtle.")],
        language: Language = "en",
    ) -> dict[str, Any]:
        """What the shapes say about a text in Turtle: findings with line, message and hint. Nothing is kept."""
        return await _told(sourced.validate(text, language=language))


async def _told(answer: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """The answer, or its reason as the protocol's error of a tool."""
    try:
        return await answer
    except SmartCityError as error:
        raise ToolError(str(error)) from error


def _typed(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
