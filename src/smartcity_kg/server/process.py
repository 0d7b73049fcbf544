"""One worker process as the server sees it: started, asked, killed (layer 6)."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from smartcity_kg.server.worker import LENGTH, LENGTHS

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv.pop()); "
    "from smartcity_kg.server.worker import main; main()"
)
_MOST_HEADER = 100_000
_AFTER_DEATH = 0.01
_KIND_WHEN_GONE = "gone"


class WorkerProcess(asyncio.Protocol):
    """A worker process over one store.

    Args:
        store: The store's folder.
        settings: What `worker.main` reads.

    Attributes:
        store: The folder that it answers from.
        busy: Whether a question is with it.
        pid: Its number.
        graphs: The names of the graphs in its store, once it has opened it.
    """

    def __init__(self, store: Path, settings: Mapping[str, Any]) -> None:
        self.store = store
        self.busy = False
        self.graphs: frozenset[str] = frozenset()
        self._most_body = int(settings["bytes"])
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[dict[str, Any], bytes]] | None = None
        self._transport: asyncio.Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ours, theirs = socket.socketpair()
        told = json.dumps({**settings, "store": str(store)})
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own program
                [sys.executable, "-I", "-S", "-c", _START, str(theirs.fileno()), told, json.dumps(sys.path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd="/",
                env={},
                start_new_session=True,
            )
        self.pid = self._process.pid

    async def connect(self) -> dict[str, Any]:
        """Wait until it has opened its store; its word on that: of the kind `ready`, `store` or `gone`."""
        self._ours.setblocking(False)
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        await loop.create_unix_connection(lambda: self, sock=self._ours)
        word, body = await self._answer
        if word["kind"] == "ready":
            self.graphs = frozenset(body.decode().splitlines())
        return word

    def ask(self, question: Mapping[str, Any]) -> asyncio.Future[tuple[dict[str, Any], bytes]]:
        """Send it a question; what comes is the answer's header, of the kind `gone` if it ended, and body."""
        self.busy = True
        self._answer = asyncio.get_running_loop().create_future()
        frame = json.dumps(question).encode()
        if self._transport is None or not self.alive:
            self._answer.set_result(({"kind": _KIND_WHEN_GONE}, b""))
        else:
            self._transport.write(LENGTH.pack(len(frame)) + frame)
        return self._answer

    def processor_seconds(self) -> float:
        """What it has used of the processor so far; of the clock, where the system does not tell."""
        try:
            # The number of the clock of a process, as clock_getcpuclockid gives it on Linux.
            return time.clock_gettime((~self.pid << 3) | 2)
        except OSError:
            return time.monotonic()

    def yield_to_others(self) -> None:
        """Let quicker questions go first on the processor; it stays so."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, 15)

    def kill(self) -> None:
        """End it at once, whatever it does."""
        if self._process.returncode is None:
            self._process.kill()
        if self._transport is None:
            self._ours.close()
            self._reap()
        else:
            self._transport.abort()

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def signal(self) -> int:
        """The signal that it ended by; nought if it runs or ended by itself."""
        return -min(self._process.returncode or 0, 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop when the channel is open."""
        # What a pair of sockets gives can be written to; not every event loop derives it from that class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop with a piece of an answer."""
        self._received += data
        if len(self._received) < LENGTHS.size:
            return
        head, body = LENGTHS.unpack_from(self._received)
        if head > _MOST_HEADER or body > self._most_body:
            self.kill()
            return
        end = LENGTHS.size + head + body
        if len(self._received) < end or self._answer is None:
            return
        header = _read_header(bytes(self._received[LENGTHS.size : LENGTHS.size + head]))
        content = bytes(self._received[LENGTHS.size + head : end])
        self._received.clear()
        self._give(header, content)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as the event loop calls it
        """Called by the event loop when the process has ended or was killed."""
        if self._process.returncode is None:
            self._process.kill()
        self._reap()

    def _reap(self) -> None:
        """Wait for the end of the process without waiting for it here, so that none is left."""
        if self._process.poll() is None:
            asyncio.get_running_loop().call_later(_AFTER_DEATH, self._reap)
            return
        self._give({"kind": _KIND_WHEN_GONE}, b"")
        if not self.ended.done():
            self.ended.set_result(None)

    def _give(self, header: dict[str, Any], body: bytes) -> None:
        self.busy = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((header, body))


def _read_header(content: bytes) -> dict[str, Any]:
    try:
        header = json.loads(content)
    except ValueError:
        header = None
    return header if isinstance(header, dict) else {"kind": "failed", "message": "it sent nonsense"}
