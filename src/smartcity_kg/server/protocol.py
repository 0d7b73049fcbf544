"""The SPARQL 1.1 protocol at one address: queries, the service's description, the editor's page (layer 6).

What it answers is complete or an error: an answer is only sent when the whole of it is there.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from smartcity_kg.errors import BackendError, SmartCityError
from smartcity_kg.server.answers import Result
from smartcity_kg.server.asked import METHODS, Asked, BadRequest, Receive, Scope, headers_of, read_question
from smartcity_kg.server.documents import Documents
from smartcity_kg.server.editor import show_answer
from smartcity_kg.server.fairness import client_of
from smartcity_kg.server.headers import CORS, error_response, preflight, response_to
from smartcity_kg.server.negotiate import best_media_type
from smartcity_kg.server.remote import Remote
from smartcity_kg.server.service_description import describe_service
from smartcity_kg.server.serving import Serving
from smartcity_kg.server.workers import GRAPH_TYPES, RESULT_TYPES, Workers
from smartcity_kg.sparql import check_query

Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
PATH = "sparql"
_HTML = "text/html"
_JSON = "application/json"
_ALIASES = {_JSON: "application/sparql-results+json"}
_EVERY = (*RESULT_TYPES, *GRAPH_TYPES, _JSON, _HTML)
_PATIENCE = 0.1  # seconds after which a request is watched for a client that has gone away


def routes(serving: Serving) -> list[Route]:
    """The routes of the endpoint.

    >>> from smartcity_kg.project import Project
    >>> [route.path for route in routes(Serving(Project.find()))]
    ['/sparql']
    """
    return [Route(f"/{PATH}", Endpoint(serving), name="sparql")]


class Endpoint:
    """The endpoint as an ASGI application.

    Args:
        serving: The server that it is part of.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._documents = Documents(serving)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every error becomes one with a sentence."""
        if scope["method"] == "OPTIONS":
            await preflight(", ".join(METHODS))(scope, receive, send)
            return
        headers = headers_of(scope)
        try:
            await self._answer(scope, receive, send, headers)
        except BadRequest as error:
            accept = headers.get("accept", "")
            response = error_response(error.status, error.message, accept=accept, headers=error.headers)
            await response(scope, receive, send)
        except SmartCityError as error:
            await response_to(error, Request(scope))(scope, receive, send)
        except _GoneAwayError:
            return

    @property
    def _workers(self) -> Workers | Remote:
        if self._serving.workers is None:
            raise BackendError("the server is not ready yet")
        return self._serving.workers

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: dict[str, str]) -> None:
        workers, accept = self._workers, headers.get("accept", "")
        # The same request gets the same answer without being read again.
        same = (scope["query_string"], accept) if scope["method"] == "GET" else None
        if same and (again := workers.answers.get(same)):
            await _reply(send, scope, again)
            return
        asked = await read_question(scope, receive, headers, most=workers.limits.query_bytes)
        found = await self._result(scope, receive, accept, asked)
        if found is None:
            response = await self._page(scope, receive, asked)
            await response(scope, receive, send)
            return
        await _reply(send, scope, found)
        if same and found.kept:
            workers.answers.keep(same, found)

    async def _result(self, scope: Scope, receive: Receive, accept: str, asked: Asked) -> Result | None:
        """The answer; nothing where the editor's page is wanted."""
        if not asked.text:
            return self._description(scope, accept, asked)
        most = self._workers.limits.query_bytes
        if len(asked.text.encode(errors="replace")) > most:
            raise BadRequest(413, f"The query has more than the {most:,} bytes allowed.")
        # Before anything is said against the query: a page says it in the page.
        if _chosen(asked, accept, *_EVERY) == _HTML:
            return None
        media_type = _chosen(asked, accept, *self._offers(asked), _HTML)
        if media_type == _HTML:
            return None
        found = await self._run(scope, receive, asked, _ALIASES.get(media_type, media_type))
        return replace(found, media_type=media_type)

    async def _page(self, scope: Scope, receive: Receive, asked: Asked) -> Response:
        """The editor's page; with a query, what comes of it too."""
        if not asked.text:
            return await self._documents.page(Request(scope), PATH)
        answer: Result | SmartCityError
        try:
            media_type = "text/turtle" if GRAPH_TYPES[0] in self._offers(asked) else RESULT_TYPES[0]
            answer = await self._run(scope, receive, asked, media_type)
        except SmartCityError as error:
            answer = error
        return await show_answer(self._serving, self._documents, Request(scope), asked.text, answer)

    async def _run(self, scope: Scope, receive: Receive, asked: Asked, media_type: str) -> Result:
        running = self._workers.run(
            asked.text,
            media_type=media_type,
            client=client_of(scope["client"][0]) if scope.get("client") else "",
            inferred=asked.inferred,
            default_graphs=asked.default_graphs,
            named_graphs=asked.named_graphs,
        )
        return await _unless_gone(running, receive)

    def _description(self, scope: Scope, accept: str, asked: Asked) -> Result | None:
        if scope["method"] == "POST":
            raise BadRequest(400, "The parameter 'query' is missing.")
        media_type = _chosen(asked, accept, *GRAPH_TYPES, _HTML)
        if media_type == _HTML:
            return None
        prefixes = self._serving.project.prefixes.namespaces
        endpoint = self._serving.address + PATH
        return Result(describe_service(endpoint, self._workers.graphs, media_type, prefixes), media_type, {})

    def _offers(self, asked: Asked) -> Sequence[str]:
        form = check_query(asked.text, max_bytes=self._workers.limits.query_bytes, dataset=True)
        return (*RESULT_TYPES, _JSON) if form in {"SELECT", "ASK"} else GRAPH_TYPES


def _chosen(asked: Asked, accept: str, *offers: str) -> str:
    found = best_media_type(asked.media_type or accept, offers)
    if found is None:
        listed = ", ".join(offer for offer in offers if offer not in {_JSON, _HTML})
        said = f"The answer is not there in a format that you accept. It is there as {listed}."
        raise BadRequest(406, said, {"vary": "Accept"})
    return found


def timing(result: Result) -> str:
    """The `Server-Timing` header of an answer.

    >>> timing(Result(b"", "text/csv", {"wait": 0.001, "evaluate": 0.0123}))
    'wait;dur=1.0, evaluate;dur=12.3'
    """
    if result.kept:
        return "kept"
    return ", ".join(f"{name};dur={seconds * 1_000:.1f}" for name, seconds in result.seconds.items())


class _GoneAwayError(Exception):
    """The client does not wait for the answer any more."""


async def _unless_gone(running: Awaitable[Result], receive: Receive) -> Result:
    """The result, unless the client goes away; then the query is stopped."""
    task = asyncio.ensure_future(running)
    try:
        done, _ = await asyncio.wait((task,), timeout=_PATIENCE)
        if not done:
            gone = asyncio.ensure_future(_gone(receive))
            try:
                await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
            finally:
                gone.cancel()
        if task.done():
            return task.result()
        raise _GoneAwayError
    finally:
        task.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _reply(send: Send, scope: Scope, result: Result) -> None:
    media_type = result.media_type
    headers = {
        **CORS,
        "content-length": str(len(result.body)),
        "content-type": f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
        "vary": "Accept",
    }
    if result.seconds or result.kept:
        headers["server-timing"] = timing(result)
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": listed})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else result.body})
