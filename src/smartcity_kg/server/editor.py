"""The editor's page with a query and its answer, for a browser that runs no script (layer 6)."""

import asyncio

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from smartcity_kg.answer import Rows
from smartcity_kg.errors import SmartCityError
from smartcity_kg.pages.frontpages import Shown
from smartcity_kg.pages.words import say
from smartcity_kg.server.answers import Result
from smartcity_kg.server.documents import Documents
from smartcity_kg.server.headers import CORS, status_of
from smartcity_kg.server.serving import Serving


async def show_answer(
    serving: Serving, documents: Documents, request: Request, text: str, answer: Result | SmartCityError
) -> Response:
    """The page in the reader's language with a query and what came of it.

    Args:
        serving: What is served.
        documents: Knows the reader's language.
        request: Whose it is.
        text: The query.
        answer: JSON or Turtle, or the reason why there is none.
    """
    version = await serving.ready()
    language = documents.language(request)
    if isinstance(answer, SmartCityError):
        status, shown = status_of(answer), Shown(text, problem=_said(answer, language))
    else:
        status, shown = 200, read_shown(text, answer)
    page = await asyncio.to_thread(version.maker.front.editor, language, shown)
    headers = {**CORS, "vary": "Accept, Accept-Language", "content-language": language}
    return Response(page, status, headers, "text/html; charset=utf-8")


def _said(error: SmartCityError, language: str) -> str:
    """What is wrong with a query, where, and what to do."""
    line, column = getattr(error, "line", 0), getattr(error, "column", 0)
    said = error.message
    if line:
        said = say("query_problem", language, line=line, column=column, message=said)
    return " ".join(filter(None, (said, error.hint)))


def read_shown(text: str, result: Result) -> Shown:
    """What a page shows of an answer: rows, a truth value, or a graph as Turtle.

    >>> read_shown("ASK {}", Result(b'{"head":{},"boolean":true}', "application/sparql-results+json", {})).truth
    True
    """
    if result.media_type == "text/turtle":
        return Shown(text, graph=result.body.decode())
    parsed = ox.parse_query_results(result.body, ox.QueryResultsFormat.JSON)
    if isinstance(parsed, ox.QueryBoolean):
        return Shown(text, truth=bool(parsed))
    columns = tuple(variable.value for variable in parsed.variables)
    return Shown(text, rows=Rows(columns, tuple(tuple(solution) for solution in parsed)))
