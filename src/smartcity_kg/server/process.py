"""Worker processes as the server sees them: copied, asked, killed (layer 6)."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from smartcity_kg.server.worker import LENGTH, LENGTHS

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv.pop()); "
    "from smartcity_kg.server.forks import main; main()"
)
_MOST_HEADER = 100_000
_AFTER_DEATH = 0.01
_KIND_WHEN_GONE = "gone"
_PIECE = 65_536


class Forks:
    """The process that the workers of one store are copied from; see `forks.ForkServer`.

    Args:
        store: The store's folder.
        settings: What `worker.work` reads.

    Raises:
        OSError: If it cannot be started.

    Attributes:
        store: The folder.
        closed: Done when the process has ended.
    """

    def __init__(self, store: Path, settings: Mapping[str, Any]) -> None:
        self.store = store
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._wanted: deque[asyncio.Future[tuple[int, asyncio.Future[int]]]] = deque()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._received = b""
        self._channel, theirs = socket.socketpair()
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
        self._channel.setblocking(False)
        self._loop.add_reader(self._channel.fileno(), self._hear)
        self._open = True

    @property
    def alive(self) -> bool:
        """Whether it can be asked for a worker."""
        return self._open

    async def fork(self, theirs: socket.socket) -> tuple[int, asyncio.Future[int]]:
        """A new worker that reads what comes over a socket: its number, and the signal that it will end by.

        Raises:
            OSError: If there is none.
        """
        self._tell({"do": "fork"}, theirs.fileno())
        wanted: asyncio.Future[tuple[int, asyncio.Future[int]]] = self._loop.create_future()
        self._wanted.append(wanted)
        return await wanted

    def kill(self, pid: int) -> None:
        """End a worker at once; it has the same number until this process has told its end."""
        with contextlib.suppress(OSError):  # then this process has ended, and its workers with it
            self._tell({"do": "kill", "pid": pid})

    def close(self) -> None:
        """End the process, and all workers that there still are."""
        if self._process.returncode is None:
            self._process.kill()
        self._lose()

    def _tell(self, what: Mapping[str, Any], *sockets: int) -> None:
        if not self._open:
            raise OSError("the process that workers are copied from has ended")
        socket.send_fds(self._channel, [json.dumps(what).encode() + b"\n"], sockets)

    def _hear(self) -> None:
        try:
            data = self._channel.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "forked" in told:
                self._give(int(told["forked"]))
            elif ended := self._ended.pop(int(told["ended"]), None):
                ended.set_result(int(told["signal"]))

    def _give(self, pid: int) -> None:
        wanted = self._wanted.popleft()
        if pid > 0:
            self._ended[pid] = self._loop.create_future()
        if wanted.cancelled():
            self.kill(pid)
        elif pid > 0:
            wanted.set_result((pid, self._ended[pid]))
        else:
            wanted.set_exception(OSError("no process can be copied"))

    def _lose(self) -> None:
        """There is no such process any more, and none of its workers."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._channel.fileno())
        self._channel.close()
        for wanted in self._wanted:
            if not wanted.done():
                wanted.set_exception(OSError("the process that workers are copied from has ended"))
        self._reap()

    def _reap(self) -> None:
        """Wait for the end of the process without waiting for it here, so that none is left."""
        if self._process.poll() is None:
            self._loop.call_later(_AFTER_DEATH, self._reap)
            return
        for ended in self._ended.values():
            if not ended.done():
                ended.set_result(int(signal.SIGKILL))
        self._ended.clear()
        if not self.closed.done():
            self.closed.set_result(None)


class WorkerProcess(asyncio.Protocol):
    """A worker process over one store.

    Args:
        forks: What it is copied from.
        most_body: Bytes that an answer may have.

    Attributes:
        store: The folder that it answers from.
        busy: Whether a question is with it.
        pid: Its number; nought before it is there.
        graphs: The names of the graphs in its store, once it has opened it.
        ended: Done when it has ended.
    """

    def __init__(self, forks: Forks, most_body: int) -> None:
        self.store = forks.store
        self.busy = False
        self.graphs: frozenset[str] = frozenset()
        self.pid = 0
        self.signal = 0
        self._forks = forks
        self._most_body = most_body
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[dict[str, Any], bytes]] | None = None
        self._transport: asyncio.Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self) -> dict[str, Any]:
        """Wait until it has opened its store; its word on that: of the kind `ready`, `store` or `gone`.

        Raises:
            OSError: If there is no such process.
        """
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self.pid, ending = await self._forks.fork(theirs)
        except BaseException:
            ours.close()
            self._end()
            raise
        ending.add_done_callback(self._note_end)
        ours.setblocking(False)
        self._answer = loop.create_future()
        await loop.create_unix_connection(lambda: self, sock=ours)
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
        if not self.ended.done() and self.pid:
            self._forks.kill(self.pid)
        if self._transport is not None:
            self._transport.abort()

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._transport is not None and not self._transport.is_closing() and not self.ended.done()

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
        if not self.ended.done():
            self._forks.kill(self.pid)

    def _note_end(self, ending: asyncio.Future[int]) -> None:
        self.signal = ending.result()
        if self._transport is not None:
            self._transport.abort()
        self._end()

    def _end(self) -> None:
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
