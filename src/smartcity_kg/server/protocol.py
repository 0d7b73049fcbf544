"""The SPARQL 1.1 protocol at one address: queries, the service's description, the editor's page (layer 6).

What it answers is complete or an error: an answer is only sent when the whole of it is there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeAlias

from starlette.routing import Route

from smartcity_kg.errors import (
    BackendError,
    ComeLater,
    ParameterProblem,
    QueryProblem,
    Refused,
    SmartCityError,
    TimedOut,
    TooLarge,
    TooMuch,
)
from smartcity_kg.project import Project
from smartcity_kg.server.answers import Result
from smartcity_kg.server.asked import METHODS, Asked, BadRequest, Receive, Scope, headers_of, read_question
from smartcity_kg.server.fairness import client_of
from smartcity_kg.server.service_description import describe_service
from smartcity_kg.server.workers import GRAPH_TYPES, RESULT_TYPES, Workers
from smartcity_kg.sparql import check_query

Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
PATH = "/sparql"
_HTML = "text/html"
_JSON = "application/json"
_ALIASES = {_JSON: "application/sparql-results+json"}
_TEXT = "text/plain; charset=utf-8"
_PATIENCE = 0.1  # seconds after which a request is watched for a client that has gone away
_STATUS: Mapping[type[SmartCityError], int] = {
    QueryProblem: 400,
    ParameterProblem: 406,
    TooLarge: 422,
    Refused: 403,
    TimedOut: 504,
    BackendError: 503,
}
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After, Server-Timing",
}
_PREFLIGHT = {
    **_CORS,
    "Access-Control-Allow-Methods": ", ".join(METHODS),
    "Access-Control-Allow-Headers": "Accept, Content-Type",
    "Access-Control-Max-Age": "86400",
    "Allow": ", ".join(METHODS),
}


class Serving(Protocol):
    """What the endpoint needs of the server."""

    @property
    def project(self) -> Project:
        """The project that is served."""
        ...

    @property
    def workers(self) -> Workers:
        """Who answers queries."""
        ...

    @property
    def endpoint(self) -> str:
        """The public address of the endpoint."""
        ...

    async def editor(self, scope: Scope) -> bytes:
        """The editor's page in the language that a request asks for."""
        ...


def routes(serving: Serving) -> list[Route]:
    """The routes of the endpoint.

    >>> import types
    >>> [route.path for route in routes(types.SimpleNamespace())]
    ['/sparql']
    """
    return [Route(PATH, Endpoint(serving), name="sparql")]


class Endpoint:
    """The endpoint as an ASGI application.

    Args:
        serving: The server that it is part of.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every error becomes one with a sentence."""
        if scope["method"] == "OPTIONS":
            await _reply(send, scope, 204, b"", _PREFLIGHT)
            return
        # The same request gets the same answer without being read again.
        same = (scope["query_string"], *(value for name, value in scope["headers"] if name == b"accept"))
        again = self._serving.workers.answers.get(same) if scope["method"] == "GET" else None
        if again:
            await _reply(send, scope, 200, again.body, _headers(again))
            return
        try:
            headers = headers_of(scope)
            asked = await read_question(scope, receive, headers, most=self._serving.workers.limits.query_bytes)
            found = await self._answer(scope, receive, headers.get("accept", ""), asked)
            await _reply(send, scope, 200, found.body, _headers(found))
            if found.kept and scope["method"] == "GET":
                self._serving.workers.answers.keep(same, found)
        except BadRequest as error:
            await _reply(
                send, scope, error.status, _sentence(error.message), {"Content-Type": _TEXT, **error.headers}
            )
        except SmartCityError as error:
            await _reply(send, scope, status_of(error), _sentence(str(error)), _said_with(error))
        except _GoneAwayError:
            return

    async def _answer(self, scope: Scope, receive: Receive, accept: str, asked: Asked) -> Result:
        if not asked.text:
            return await self._itself(scope, accept, asked)
        most = self._serving.workers.limits.query_bytes
        if len(asked.text.encode(errors="replace")) > most:
            raise BadRequest(413, f"The query has more than the {most:,} bytes allowed.")
        media_type = _chosen(asked, accept, *self._offers(asked.text, accept, asked.media_type))
        if media_type == _HTML:
            return await self._page(scope)
        client = client_of(scope["client"][0]) if scope.get("client") else ""
        running = self._serving.workers.run(
            asked.text,
            media_type=_ALIASES.get(media_type, media_type),
            client=client,
            inferred=asked.inferred,
            default_graphs=asked.default_graphs,
            named_graphs=asked.named_graphs,
        )
        return replace(await _unless_gone(running, receive), media_type=media_type)

    async def _itself(self, scope: Scope, accept: str, asked: Asked) -> Result:
        if scope["method"] == "POST":
            raise BadRequest(400, "The parameter 'query' is missing.")
        media_type = _chosen(asked, accept, *GRAPH_TYPES, _HTML)
        if media_type == _HTML:
            return await self._page(scope)
        serving = self._serving
        body = describe_service(
            serving.endpoint, serving.workers.graphs, media_type, serving.project.prefixes.namespaces
        )
        return Result(body, media_type, {})

    async def _page(self, scope: Scope) -> Result:
        return Result(await self._serving.editor(scope), _HTML, {})

    def _offers(self, text: str, accept: str, media_type: str) -> Sequence[str]:
        form = check_query(text, max_bytes=self._serving.workers.limits.query_bytes, dataset=True)
        offers = (*RESULT_TYPES, _JSON) if form in {"SELECT", "ASK"} else GRAPH_TYPES
        return (*offers, _HTML) if _HTML in accept and not media_type else offers


def _chosen(asked: Asked, accept: str, *offers: str) -> str:
    found = choose(asked.media_type or accept, offers)
    if found is None:
        listed = ", ".join(offer for offer in offers if offer != _JSON)
        raise BadRequest(406, f"That is not to be had. To be had is: {listed}.")
    return found


def choose(accept: str, offers: Iterable[str]) -> str | None:
    """The offer that an `Accept` header likes best (RFC 9110, section 12.5.1); the first of those liked equally.

    What is named stands above what a wildcard allows.

    >>> choose("text/html;q=0.5, text/*;q=0.2, */*;q=0.1", ["text/turtle", "text/html"])
    'text/html'
    >>> choose("", ["text/turtle"]), choose("text/html;q=0, */*", ["text/html"])
    ('text/turtle', None)
    """
    ranges = [_range(part) for part in (accept or "*/*").split(",") if part.strip()]
    best, best_rank = None, (0.0, 0)
    for offer in offers:
        rank = max(((depth, quality) for depth, quality in _matches(offer, ranges)), default=(0, 0.0))[::-1]
        if rank[0] > 0 and rank > best_rank:
            best, best_rank = offer, rank
    return best


def _range(part: str) -> tuple[str, float]:
    name, *options = (piece.strip().lower() for piece in part.split(";"))
    for option in options:
        key, _, value = option.partition("=")
        if key.strip() == "q":
            try:
                return name, max(0.0, min(1.0, float(value)))
            except ValueError:
                return name, 0.0
    return name, 1.0


def _matches(offer: str, ranges: Iterable[tuple[str, float]]) -> Iterable[tuple[int, float]]:
    whole = f"{offer.partition('/')[0]}/*"
    for name, quality in ranges:
        depth = {offer: 3, whole: 2, "*/*": 1, "*": 1}.get(name)
        if depth:
            yield depth, quality


def status_of(error: SmartCityError) -> int:
    """The status of the answer to a query that failed.

    >>> status_of(TimedOut("too slow")), status_of(QueryProblem("no query"))
    (504, 400)
    """
    if isinstance(error, ComeLater):
        return 429 if isinstance(error, TooMuch) else 503
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)


def timing(result: Result) -> str:
    """The `Server-Timing` header of an answer.

    >>> timing(Result(b"", "text/csv", {"wait": 0.001, "evaluate": 0.0123}))
    'wait;dur=1.0, evaluate;dur=12.3'
    """
    if result.kept:
        return "kept"
    return ", ".join(f"{name};dur={seconds * 1_000:.1f}" for name, seconds in result.seconds.items())


def _headers(result: Result) -> Mapping[str, str]:
    headers = {"Content-Type": _with_charset(result.media_type)}
    if result.seconds or result.kept:
        headers["Server-Timing"] = timing(result)
    if result.media_type == _HTML:
        headers["Vary"] = "Accept, Accept-Language"
    return headers


def _said_with(error: SmartCityError) -> Mapping[str, str]:
    headers = {"Content-Type": _TEXT}
    if isinstance(error, ComeLater):
        headers["Retry-After"] = str(error.seconds)
    return headers


def _sentence(message: str) -> bytes:
    return f"{message}\n".encode(errors="replace")


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


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


async def _reply(send: Send, scope: Scope, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    every = {"Vary": "Accept", **_CORS, **headers, "Content-Length": str(len(body))}
    if not body:
        del every["Content-Length"]
    listed = [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in every.items()
    ]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
