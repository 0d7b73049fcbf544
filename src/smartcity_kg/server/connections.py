"""Connections that send too slowly or too much are closed: they cost memory, and places of others (layer 6)."""

import asyncio
from typing import Any

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
MOST_HEAD = 32_768  # bytes of a request before its body


def _closing(status: str, said: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    return f"{head}content-length: {len(said)}\r\n\r\n{said}".encode()


_LATE = _closing("408 Request Timeout", "The request took too long to arrive.\n")
_LONG = _closing("431 Request Header Fields Too Large", "The head of the request is too long.\n")
_VERSION = _closing("505 HTTP Version Not Supported", "Ask with HTTP/1.1.\n")
_BAD = _closing("400 Bad Request", "This is no request that the server understands.\n")


class PunctualProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with a deadline for the head of a request, and a limit for its size.

    The first byte starts the clock, and more bytes do not set it back. A body's deadline is `headers.read_body`'s.
    """

    _deadline: asyncio.TimerHandle | None = None
    _in_head = False
    _head = 0  # bytes of a head that is not complete yet, as far as they came on their own
    _refusal = _BAD

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as in uvicorn
        """A client came."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._late)

    def data_received(self, data: bytes) -> None:
        """A client sent something."""
        if self.transport.is_closing():
            return
        self._head += len(data) if self._in_head else 0
        super().data_received(data)
        if self._in_head and self._head > MOST_HEAD:
            self._close(_LONG)
        elif self._is_answering():
            self._arrived()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._late)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        """A head is complete.

        Raises:
            HttpParserError: If it is refused; what it is refused with is sent by `send_400_response`.
        """
        self._in_head = False
        version = self.parser.get_http_version()
        hosts = sum(name == b"host" for name, _ in self.headers)
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > MOST_HEAD:
            self._refusal = _LONG
        elif version not in {"1.0", "1.1"}:
            self._refusal = _VERSION
        # RFC 9112, section 3.2: exactly one, but for the older version.
        elif hosts == 1 or (not hosts and version == "1.0"):
            super().on_headers_complete()
            return
        raise HttpParserError

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - as uvicorn calls it
        """Refuse what is no request."""
        self._close(self._refusal)

    def on_response_complete(self) -> None:
        """An answer is sent; uvicorn waits for the next request for a while."""
        self._arrived()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """A client went."""
        self._arrived()
        super().connection_lost(exc)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._deadline = None
        if not self._is_answering():
            self._close(_LATE)

    def _close(self, said: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(said)
            self.transport.close()
