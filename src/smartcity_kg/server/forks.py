"""The program of the process that workers are copied from: it holds a store, and runs no query (layer 6).

It is started afresh, so that neither it nor its copies hold anything of the server: no environment, no file, no
network. A small store is read into memory once, and all copies share that memory. A larger one stays on disk, and
each copy opens it. What it is told and what it says are lines of JSON: `fork`, with one end of a pair of sockets
for the copy, and `kill` with its number; then `forked` and `ended` with the number and a signal.
"""

import gc
import json
import os
import resource
import select
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pyoxigraph as ox

from smartcity_kg.isolation import end_with_parent, leave_network
from smartcity_kg.server.worker import work
from smartcity_kg.store.copy import COPY, read_copy

_MOST_TEXT = 25_000_000  # bytes of a store's text; in memory it takes ten times as much
_MOST_SOCKETS = 64  # that come with one message


def main() -> NoReturn:
    """Make workers for who is at the other end of a socket (first argument), with settings (second)."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    settings: dict[str, Any] = json.loads(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    leave_network()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    store = read_small(Path(settings["store"]))
    gc.collect()
    gc.freeze()
    ForkServer(channel, settings, store).run()
    os._exit(0)


def read_small(folder: Path) -> ox.Store | None:
    """The store of a folder in memory; none where it is large, or can only be read from its own files.

    >>> read_small(Path("no-such-folder")) is None
    True
    """
    with suppress(OSError):
        if (folder / COPY).stat().st_size <= _MOST_TEXT:
            return read_copy(folder)
    return None


class ForkServer:
    """Copies itself and ends its copies when it is told to, and says when one has ended.

    Args:
        channel: Where it is told so.
        settings: Those of the workers.
        store: The store in memory, if it is there.
    """

    def __init__(self, channel: socket.socket, settings: dict[str, Any], store: ox.Store | None) -> None:
        self._channel = channel
        self._settings = settings
        self._store = store
        self._copies: set[int] = set()
        self._received = b""
        self._sockets: list[int] = []
        self._awake, waking = os.pipe()
        for end in (self._awake, waking):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waking)

    def run(self) -> None:
        """Do so until the other end is closed."""
        while True:
            readable, _, _ = select.select([self._channel.fileno(), self._awake], [], [])
            if self._awake in readable:
                with suppress(BlockingIOError):
                    os.read(self._awake, 65_536)
                self._tell_ended()
            if self._channel.fileno() in readable and not self._obey():
                return

    def _obey(self) -> bool:
        """Do what is told; false at the end."""
        data, sockets, _, _ = socket.recv_fds(self._channel, 65_536, _MOST_SOCKETS)
        self._sockets += sockets
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if told["do"] == "fork":
                self._fork(self._sockets.pop(0))
            elif told["pid"] in self._copies:
                os.kill(told["pid"], signal.SIGKILL)
        return bool(data)

    def _fork(self, theirs: int) -> None:
        parent = os.getpid()
        try:
            copy = os.fork()
        except OSError:  # no memory, or too many processes
            copy = -1
        if copy == 0:
            self._become_worker(theirs, parent)
        os.close(theirs)
        if copy > 0:
            self._copies.add(copy)
        self._tell({"forked": copy})

    def _become_worker(self, channel: int, parent: int) -> NoReturn:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # What belongs to other copies is closed too: one that ended would not be noticed otherwise.
        self._channel.close()
        os.closerange(3, channel)
        os.closerange(channel + 1, _highest_file() + 1)
        end_with_parent()
        if os.getppid() != parent:
            os._exit(0)
        work(socket.socket(fileno=channel), self._settings, self._store)

    def _tell_ended(self) -> None:
        for copy in tuple(self._copies):
            ended, status = os.waitpid(copy, os.WNOHANG)
            if ended:
                self._copies.discard(copy)
                self._tell({"ended": copy, "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0})

    def _tell(self, what: dict[str, int]) -> None:
        # Who does not listen any more has ended, and this process is about to.
        with suppress(OSError):
            self._channel.sendall(json.dumps(what).encode() + b"\n")


def _highest_file() -> int:
    with suppress(OSError):
        return max(int(path.name) for path in Path("/dev/fd").iterdir())
    return 1024
