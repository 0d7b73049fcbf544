"""What every answer has, and what becomes of errors (layer 6).

An error is a status and one sentence with what to do; never a path of this machine, a version or a traceback. What
a client says about itself (`Host`, `X-Forwarded-…`) is used for nothing.
"""

import asyncio
import json
import logging
import re
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smartcity_kg.errors import (
    BackendError,
    ComeLater,
    NotFound,
    Refused,
    SmartCityError,
    TimedOut,
    TooBusy,
    TooLarge,
    TooMuch,
)
from smartcity_kg.pages.site import POLICY
from smartcity_kg.server.negotiate import best_media_type

SECURITY = {
    "content-security-policy": f"{POLICY}; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}
# Data may be read from pages of other sites.
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Content-Location, ETag, Link, Retry-After, Server-Timing",
}
_PREFLIGHT = {
    **CORS,
    "access-control-allow-headers": "Accept, Accept-Language, Content-Type, If-None-Match",
    "access-control-max-age": "86400",
}
# The first that fits decides.
_STATUS: tuple[tuple[type[SmartCityError], int], ...] = (
    (TooLarge, 413),
    (TooBusy, 503),
    (TooMuch, 429),
    (TimedOut, 504),
    (BackendError, 503),
    (NotFound, 404),
    (Refused, 403),
    (SmartCityError, 400),
)
_SENTENCES = {
    400: "The request cannot be understood.",
    404: "There is nothing at this address.",
    405: "This method is not allowed here.",
    406: "None of the formats that you accept is available.",
    413: "The request is too large.",
    415: "This media type is not taken here.",
}
_BODY_SECONDS = 20.0
_ABSOLUTE = re.compile(r"^https?://[^/?]*", re.IGNORECASE)  # RFC 9112, section 3.2.2
_LOG = logging.getLogger(__name__)


def status_of(error: SmartCityError) -> int:
    """The HTTP status for an error.

    >>> status_of(NotFound("no such query")), status_of(TooBusy("wait", seconds=1))
    (404, 503)
    """
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def error_response(
    status: int, message: str, *, hint: str = "", accept: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """An error as text, or as JSON where that is asked for.

    >>> error_response(404, "Nothing here.", accept="application/json").body
    b'{"error": "Nothing here."}'
    """
    given = {**CORS, "cache-control": "no-store", **(headers or {})}
    if best_media_type(accept, ("text/plain", "application/json")) == "application/json":
        said = {"error": message, **({"hint": hint} if hint else {})}
        return Response(json.dumps(said, ensure_ascii=False), status, given, "application/json")
    return PlainTextResponse("\n".join(filter(None, (message, hint))) + "\n", status, given)


def response_to(error: SmartCityError, request: Request) -> Response:
    """An error of ours as an answer."""
    headers = {"retry-after": str(error.seconds)} if isinstance(error, ComeLater) else {}
    accept = request.headers.get("accept", "")
    return error_response(status_of(error), place_of(error), hint=error.hint, accept=accept, headers=headers)


def place_of(error: SmartCityError) -> str:
    """The message with its place in a query; the place in a file of ours is nobody's business.

    >>> place_of(SmartCityError("no such city"))
    'no such city'
    """
    place = ":".join(str(n) for n in (getattr(error, "line", 0), getattr(error, "column", 0)) if n)
    return f"{place}: {error.message}" if place else error.message


def preflight(methods: str) -> Response:
    """The answer to `OPTIONS`."""
    return Response(
        status_code=204, headers={**_PREFLIGHT, "access-control-allow-methods": methods, "allow": methods}
    )


async def read_body(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises:
        TooLarge: If it has more bytes, declared or sent.
        HTTPException: If it takes too long to arrive, or is compressed: what that unpacks to cannot be told
            beforehand.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415, "Send the body as it is, without Content-Encoding.")
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise TooLarge(f"the body has more than the {most:,} bytes allowed")
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            return await _read(request, most)
    except TimeoutError:
        raise HTTPException(408, "The body took too long to arrive.", {"connection": "close"}) from None


async def _read(request: Request, most: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLarge(f"the body has more than the {most:,} bytes allowed")
        parts.append(part)
    return b"".join(parts)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """What Starlette refuses by itself: unknown addresses and methods."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    said = error.detail if error.detail and " " in error.detail else _SENTENCES.get(error.status_code, "Refused.")
    accept = request.headers.get("accept", "")
    return error_response(error.status_code, said, accept=accept, headers=dict(error.headers or {}))


async def on_error(request: Request, error: Exception) -> Response:
    """Errors of ours."""
    assert isinstance(error, SmartCityError)  # noqa: S101
    return response_to(error, request)


def _in_origin_form(scope: Scope) -> Scope:
    """A request whose target is a whole address as one for its path: the server is the one that it came to."""
    if scope["path"].startswith("/"):
        return scope
    shorter: Scope = {"path": _ABSOLUTE.sub("", scope["path"]) or "/"}
    if "raw_path" in scope:
        shorter["raw_path"] = _ABSOLUTE.sub("", scope["raw_path"].decode("latin-1")).encode("latin-1") or b"/"
    return {**scope, **shorter}


class SecurityHeaders:
    """Puts the headers that every answer has, and answers for what went wrong unforeseen."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False
        scope = _in_origin_form(scope)

        async def send_on(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        except ClientDisconnect:
            return
        except Exception:
            _LOG.exception("a request failed")
            if begun:
                raise
            response = error_response(500, "The server made a mistake; it is noted in its log.")
            await response(scope, receive, send_on)
