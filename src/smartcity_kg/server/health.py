"""Whether the server lives and can answer, what it has done, and its log (layer 6).

Nothing here tells who asked what: no address of a visitor, no query, no text.
"""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, time

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smartcity_kg.server.serving import Serving

_NO_STORE = {"cache-control": "no-store"}
_ACCESS = logging.getLogger("smartcity_kg.access")
_KINDS = (
    "healthz",
    "readyz",
    "metrics",
    "id",
    "doc",
    "scheme",
    "ontology",
    "shapes",
    "sparql",
    "queries",
    "api",
    "check",
    "search",
    "assets",
    "de",
    "en",
)


def routes(serving: Serving) -> list[Route]:
    """The routes for those who watch over the server."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n", headers=_NO_STORE)

    async def readyz(_: Request) -> Response:
        good = serving.version is not None
        said = {"ready": good, "version": serving.version.name if serving.version else None}
        if serving.problem:
            said["problem"] = "a version could not be read; see the log"
        return JSONResponse(said, 200 if good else 503, _NO_STORE)

    async def metrics(_: Request) -> Response:
        text = "".join(f"{line}\n" for line in _lines(serving))
        return PlainTextResponse(text, headers=_NO_STORE, media_type="text/plain; version=0.0.4")

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _lines(serving: Serving) -> Iterator[str]:
    """Figures in the text format of Prometheus, version 0.0.4."""
    yield "# HELP smartcity_answers_total Answers since the start, by status."
    yield "# TYPE smartcity_answers_total counter"
    for status, count in sorted(serving.counts.answers.items()):
        yield f'smartcity_answers_total{{status="{status}"}} {count}'
    yield "# TYPE smartcity_switches_total counter"
    yield f"smartcity_switches_total {serving.counts.switches}"
    yield "# TYPE smartcity_failed_switches_total counter"
    yield f"smartcity_failed_switches_total {serving.counts.failed_switches}"
    figures = dict(serving.figures())
    figures |= {f"workers_{name}": value for name, value in serving.workers.figures().items()}
    figures["resident_bytes"] = _resident()
    for name, value in sorted(figures.items()):
        yield f"# TYPE smartcity_{name} gauge"
        yield f"smartcity_{name} {value}"


def _resident() -> int:
    """Bytes of memory of this process; 0 where that cannot be told."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


class AccessLog:
    """Writes a line of JSON for each answer, and counts: method, kind of address, status, time, bytes.

    Args:
        app: What answers.
        serving: Where counts are kept.
    """

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self.app = app
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status, size = perf_counter(), 0, 0

        async def send_on(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        finally:
            self._serving.counts.count(status or 499)
            if _ACCESS.isEnabledFor(logging.INFO):
                kind = scope["path"].strip("/").partition("/")[0]
                line = {
                    "time": round(time(), 3),
                    "method": scope["method"],
                    "kind": kind if kind in _KINDS else ("" if not kind else "other"),
                    "status": status or 499,
                    "milliseconds": round(1000 * (perf_counter() - begun), 1),
                    "bytes": size,
                }
                _ACCESS.info(json.dumps(line))
