"""The process that checks submissions, as the server sees it (layer 6).

It is started when it is needed, replaced when it fails, and ended when nobody has needed it for a while.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smartcity_kg.errors import BackendError, TimedOut, TooBusy
from smartcity_kg.project import Project
from smartcity_kg.server.checker import LENGTHS
from smartcity_kg.server.record_text import Change, change_as_json

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv.pop()); "
    "from smartcity_kg.server.checker import main; main()"
)
_QUEUE = 8
_START_SECONDS = 60
_PATIENCE = 10  # seconds beyond what the checks themselves may take
_IDLE_SECONDS = 600
_CHECKS = 3  # reading, checking, writing the report: each has the limit to itself
_WAITING = 4  # as in the sandbox: time on the clock for each second of the processor


@dataclass(frozen=True)
class Reported:
    """A report as bytes, and whether the text conforms."""

    body: bytes
    conforms: bool


class Checkers:
    """One process that checks one text after the other; at most some may wait.

    Args:
        project: Where shapes, rules and data come from.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._idle: asyncio.TimerHandle | None = None
        self._seconds = _CHECKS * _WAITING * project.limit("check_seconds", 5) + _PATIENCE

    async def report(self, name: str, data: bytes, *, form: str, language: str) -> Reported:
        """The report about a text.

        Args:
            name: What the report calls it.
            data: Turtle.
            form: One of `checker.FORMATS`.
            language: `de` or `en`.

        Raises:
            TooBusy: If too many wait.
            TimedOut: If it takes too long.
            BackendError: If it cannot be checked.
        """
        return await self._queued({"name": name, "format": form, "language": language}, data)

    async def record(
        self, name: str, data: bytes, *, change: Change | None, wanted: str, language: str, checked: bool = True
    ) -> Mapping[str, Any]:
        """A record after a change, and what the checks say of it if asked; see `checker.Checks.record`.

        Raises:
            TooBusy: If too many wait.
            TimedOut: If it takes too long.
            BackendError: If it cannot be checked.
        """
        told = {"name": name, "format": "record", "language": language, "wanted": wanted, "checked": checked}
        found = await self._queued({**told, "change": change_as_json(change)}, data)
        said: Mapping[str, Any] = json.loads(found.body)
        return said

    async def _queued(self, told: Mapping[str, Any], data: bytes) -> Reported:
        if self._waiting >= _QUEUE:
            raise TooBusy("others are having their files checked", seconds=5)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._asked(told, data)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the process; what it knows of the project is read anew for the next text."""
        if self._idle is not None:
            self._idle.cancel()
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _asked(self, told: Mapping[str, Any], data: bytes) -> Reported:
        if self._idle is not None:
            self._idle.cancel()
        try:
            if self._process is None or self._process.returncode is not None:
                await asyncio.wait_for(self._start(), _START_SECONDS)
            said, body = await asyncio.wait_for(self._exchange(told, data), self._seconds)
        except TimeoutError as error:
            await self.close()
            raise TimedOut("the check took too long and was stopped", hint="Split the file.") from error
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            await self.close()
            raise BackendError("the check could not be done", hint="Try again.") from error
        except asyncio.CancelledError:
            # Its answer to this text must not be taken for that to the next one.
            await self.close()
            raise
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(_IDLE_SECONDS, lambda: loop.create_task(self.close()))
        if said["kind"] != "report":
            raise BackendError(str(said["message"]), hint=str(said["hint"]))
        return Reported(body, bool(said["conforms"]))

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _START,
            str(self._project.root),
            json.dumps(sys.path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        await self._read()

    async def _exchange(self, told: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        process = self._process
        if process is None or process.stdin is None:
            raise OSError
        header = json.dumps(told).encode()
        process.stdin.write(LENGTHS.pack(len(header), len(data)) + header + data)
        await process.stdin.drain()
        return await self._read()

    async def _read(self) -> tuple[dict[str, Any], bytes]:
        process = self._process
        if process is None or process.stdout is None:
            raise OSError
        first, second = LENGTHS.unpack(await process.stdout.readexactly(LENGTHS.size))
        said = json.loads(await process.stdout.readexactly(first))
        return said, await process.stdout.readexactly(second)
