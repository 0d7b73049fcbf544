"""Connections that send too slowly are closed: they cost memory, and places that others wait for (layer 6)."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
_SAID = b"The request took too long to arrive.\n"
_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n" % len(_SAID)
) + _SAID


class PunctualProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with a deadline for the head of a request.

    The first byte starts the clock, and more bytes do not set it back. A body's deadline is `headers.read_body`'s.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as in uvicorn
        """A client came."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._late)

    def data_received(self, data: bytes) -> None:
        """A client sent something."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._arrived()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._late)

    def on_response_complete(self) -> None:
        """An answer is sent; uvicorn waits for the next request for a while."""
        self._arrived()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """A client went."""
        self._arrived()
        super().connection_lost(exc)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._deadline = None
        if self.cycle is not None and not self.cycle.response_complete:
            return
        if not self.transport.is_closing():
            self.transport.write(_LATE)
            self.transport.close()
