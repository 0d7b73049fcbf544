"""Worker processes over an immutable store: no stranger's query runs in the server's own process (layer 6).

A query gets a first slice of time in a quick worker. Most need no more. One that does goes on as a long one, behind
the quick ones on the processor, and another worker takes its place; when all places for long ones are taken it waits
in a queue. So a quick question is answered at once, whatever else is running. A long one ends with its answer or is
killed at its deadline, and its process ends with it.
"""

import asyncio
import logging
import math
import signal
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from smartcity_kg.errors import (
    BackendError,
    ParameterProblem,
    QueryProblem,
    SmartCityError,
    TimedOut,
    TooBusy,
    TooLarge,
    TooMuch,
)
from smartcity_kg.server.answers import Answers, Result, may_be_kept
from smartcity_kg.server.fairness import Budget, Line
from smartcity_kg.server.process import WorkerProcess
from smartcity_kg.sparql import check_query
from smartcity_kg.store.embedded import query_problem

RESULT_TYPES = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
GRAPH_TYPES = ("text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml")
_SOLUTIONS = frozenset(["SELECT", "ASK"])
_START_SECONDS = 20
_LONGEST_PAUSE = 5
_TRIES = 3
_MOST_SLOW = 10_000
_SHORTEST_WAIT = 0.002
_PATIENCE = 10  # how much longer than a slice of the processor a question may wait for the processor itself
_FROM_OUTSIDE = frozenset([signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
_OUT_OF_TIME = frozenset([signal.SIGXCPU])
_SMALLER = "Ask for less: add LIMIT, count instead of listing, or ask in parts."
_Answer: TypeAlias = tuple[dict[str, Any], bytes]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class QueryLimits:
    """What a stranger's query may use.

    Args:
        seconds: From its first moment in a worker to its last, on the clock.
        slice: Seconds that it may take before it counts as a long one.
        rows: Rows, or statements of a graph, that an answer may have.
        bytes: Bytes that an answer may have.
        megabytes: Memory of a worker, beyond what it has before its first question.
        queue: How many long ones may wait.
        arrivals: How many may wait for their first slice.
        client_seconds: What one client may use in a minute before only quick questions are answered.
        query_bytes: The size of a query's text.
        kept_bytes: Memory for answers that are given again to the same question.
    """

    seconds: float = 5
    slice: float = 0.06
    rows: int = 10_000
    bytes: int = 20_000_000
    megabytes: int = 1_000
    queue: int = 16
    arrivals: int = 256
    client_seconds: float = 30
    query_bytes: int = 16_384
    kept_bytes: int = 32_000_000


class _Lane:
    """Places for one kind of question, and the line before them."""

    def __init__(self, places: int, line: int, pool: "Workers") -> None:
        self._places = places
        self.running = 0
        self.line: Line[WorkerProcess] = Line(line, lambda worker: pool.release(self, worker, keep=True))

    @property
    def open(self) -> bool:
        """Whether one more may run."""
        return self.running < self._places


class Workers:
    """Worker processes over a store folder.

    Args:
        store: A finished folder that nobody writes to.
        workers: How many long queries run at the same time, and how many quick ones.
        limits: What a query may use.
        prefixes: Prefixes that a query may use undeclared.
        inferred: What the names of graphs with inferred statements begin with.

    Use `start` before the first question and `close` after the last, in the same event loop.
    """

    def __init__(
        self,
        store: Path,
        *,
        workers: int = 2,
        limits: QueryLimits | None = None,
        prefixes: Mapping[str, str] = MappingProxyType({}),
        inferred: str = "",
    ) -> None:
        self.store = store
        self.limits = limits or QueryLimits()
        self.answers = Answers(self.limits.kept_bytes)
        self._count = workers
        self._settings = {
            "prefixes": dict(prefixes),
            "inferred": inferred,
            "rows": self.limits.rows,
            "bytes": self.limits.bytes,
            "megabytes": self.limits.megabytes,
            "seconds": self.limits.seconds,
        }
        self._budget = Budget(seconds=self.limits.client_seconds, window=60)
        self._quick = _Lane(workers, self.limits.arrivals, self)
        self._long = _Lane(workers, self.limits.queue, self)
        self._all: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []
        self._slow: OrderedDict[str, None] = OrderedDict()  # texts that took longer than a slice
        self._starting: set[asyncio.Task[None]] = set()
        self._failed: str = ""
        self._closed = False

    async def start(self) -> None:
        """Start the processes and wait until one can answer.

        Raises:
            BackendError: If the store cannot be opened.
        """
        self._closed = False
        self._idle.append(await self._opened(self.store))
        self._refill()

    async def close(self) -> None:
        """End all processes, and wait until they have ended."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        ending = [worker.ended for worker in self._all]
        for worker in self._all:
            worker.kill()
        await asyncio.gather(*ending)
        self._idle.clear()

    async def switch(self, store: Path) -> None:
        """Answer new questions from another store; what is being answered is finished from the old one.

        Raises:
            BackendError: If that store cannot be opened; then nothing has changed.
        """
        worker = await self._opened(store)
        self.store = store
        self.answers.clear()
        self._slow.clear()
        old, self._idle = self._idle, [worker]
        for other in old:
            other.kill()
        self._refill()
        self._dispatch()

    @property
    def processes(self) -> tuple[int, ...]:
        """The numbers of all worker processes, sorted."""
        return tuple(sorted(worker.pid for worker in self._all))

    def figures(self) -> Mapping[str, int]:
        """How many processes there are, quick and long questions run, and questions wait for either."""
        return {
            "processes": len(self._all),
            "quick": self._quick.running,
            "long": self._long.running,
            "arrivals": len(self._quick.line),
            "queue": len(self._long.line),
            "kept": len(self.answers),
        }

    async def run(
        self,
        text: str,
        *,
        media_type: str,
        client: str = "",
        inferred: bool = True,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Result:
        """The answer to a query, serialised.

        Args:
            text: SPARQL 1.1 that only reads.
            media_type: One of `RESULT_TYPES` for SELECT and ASK, of `GRAPH_TYPES` for CONSTRUCT and DESCRIBE.
            client: Whose question it is, for fairness; nobody's if empty.
            inferred: Whether inferred statements are in the data set.
            default_graphs: Names of the graphs that make up the default graph, instead of all.
            named_graphs: Names of the graphs that `GRAPH` may name; if one of the two is given, the other is empty.

        Raises:
            QueryProblem: If the text is malformed.
            Refused: If it is an update, calls another endpoint or is nested too deep.
            TooLarge: If the answer has too many rows or bytes, or needs too much memory.
            TimedOut: If it takes too long.
            TooBusy: If too many wait.
            TooMuch: If the client has used its share.
            ParameterProblem: If the media type does not fit the query's form.
            BackendError: If no worker can answer.
        """
        key = (text, media_type, inferred, tuple(default_graphs), tuple(named_graphs))
        kept = self.answers.get(key)
        if kept is not None:
            return kept
        form = check_query(text, max_bytes=self.limits.query_bytes)
        if media_type not in (RESULT_TYPES if form in _SOLUTIONS else GRAPH_TYPES):
            raise ParameterProblem(f"the answer to {form} cannot be given as {media_type}")
        question: dict[str, Any] = {"text": text, "format": media_type, "inferred": inferred}
        if default_graphs or named_graphs:
            question |= {"default": list(default_graphs), "named": list(named_graphs)}
        store, arrived = self.store, time.perf_counter()
        header, body = await self._answered(question, client)
        if header["kind"] != "answer":
            raise self._problem(header)
        evaluated = float(header["seconds"])
        waited = max(0.0, time.perf_counter() - arrived - evaluated)
        result = Result(body, media_type, {"wait": waited, "evaluate": evaluated})
        if store == self.store and may_be_kept(text):
            self.answers.keep(key, result)
        return result

    # One question

    async def _answered(self, question: Mapping[str, Any], client: str) -> _Answer:
        answer: _Answer = ({"kind": "gone"}, b"")
        for _ in range(_TRIES):
            answer = await (self._long_one if question["text"] in self._slow else self._quick_one)(
                question, client
            )
            # A worker that was killed from outside says nothing about the question.
            if answer[0]["kind"] != "gone" or answer[0]["signal"] not in _FROM_OUTSIDE:
                break
        return answer

    async def _quick_one(self, question: Mapping[str, Any], client: str) -> _Answer:
        worker = await self._take(self._quick, client)
        lane, keep, before = self._quick, False, worker.processor_seconds()
        try:
            answer = worker.ask(question)
            await self._first_slice(worker, answer)
            if not answer.done():
                self._note_slow(question["text"])
                if self._long.open and not self._long.line and not self._budget.wait(client):
                    lane = self._move(worker)
                    await asyncio.wait((answer,), timeout=self.limits.seconds - self.limits.slice)
            if answer.done():
                keep = lane is self._quick
                return _understood(worker, answer.result())
        finally:
            self._budget.charge(client, worker.processor_seconds() - before)
            self.release(lane, worker, keep=keep)
        if lane is self._long:
            raise self._timed_out()
        return await self._long_one(question, client)

    async def _first_slice(self, worker: WorkerProcess, answer: asyncio.Future[_Answer]) -> None:
        """Wait until the answer is there, or has cost a slice of the processor, or has taken far longer."""
        begun, used = time.monotonic(), worker.processor_seconds()
        left = self.limits.slice
        while not answer.done() and left > 0:
            await asyncio.wait((answer,), timeout=max(left, _SHORTEST_WAIT))
            spent = worker.processor_seconds() - used
            left = self.limits.slice - max(spent, (time.monotonic() - begun) / _PATIENCE)

    async def _long_one(self, question: Mapping[str, Any], client: str) -> _Answer:
        seconds = self._budget.wait(client)
        if seconds:
            share = f"{self.limits.client_seconds:g} s of processing a minute"
            raise TooMuch(f"this address has used its {share}; quick queries are still answered", seconds=seconds)
        worker = await self._take(self._long, client)
        before = worker.processor_seconds()
        try:
            worker.yield_to_others()
            answer = worker.ask(question)
            await asyncio.wait((answer,), timeout=self.limits.seconds)
            if not answer.done():
                raise self._timed_out()
            if worker.processor_seconds() - before < self.limits.slice:
                self._slow.pop(question["text"], None)
            return _understood(worker, answer.result())
        finally:
            self._budget.charge(client, worker.processor_seconds() - before)
            self.release(self._long, worker, keep=False)

    def _note_slow(self, text: str) -> None:
        self._slow[text] = None
        if len(self._slow) > _MOST_SLOW:
            self._slow.popitem(last=False)

    def _timed_out(self) -> TimedOut:
        return TimedOut(
            f"the query took longer than {self.limits.seconds:g} s and was stopped",
            hint="Ask for less: name a subject or a property, or write MINUS instead of NOT EXISTS.",
        )

    def _problem(self, header: Mapping[str, Any]) -> SmartCityError:
        """What an answer that is none means for who asked."""
        kind, message = header["kind"], str(header.get("message", ""))
        if kind == "syntax":
            return query_problem(message)
        if kind == "long":
            return TooLarge(f"the answer has {message}, so nothing of it is sent", hint=_SMALLER)
        if header.get("signal") in _OUT_OF_TIME:
            return self._timed_out()
        if kind == "memory" or header.get("signal"):
            return TooLarge("the query needs too much memory, or is too deep for the engine", hint=_SMALLER)
        _LOG.error("a worker could not answer: %s", message)
        return BackendError("the query could not be answered: the store failed")

    # The processes

    async def _take(self, lane: _Lane, client: str) -> WorkerProcess:
        """A worker, and a place in a lane; both go back by `release`."""
        if self._idle and lane.open and not lane.line:
            lane.running += 1
            return self._idle.pop()
        if lane.line.full:
            raise TooBusy("too many queries are waiting", seconds=math.ceil(self.limits.seconds))
        if self._failed and not self._all:
            raise BackendError("no query can be answered at the moment: the store cannot be opened")
        return await lane.line.wait(client)

    def _move(self, worker: WorkerProcess) -> _Lane:
        """Take a question from the quick ones to the long ones."""
        self._quick.running -= 1
        self._long.running += 1
        worker.yield_to_others()
        self._refill()
        self._dispatch()
        return self._long

    def release(self, lane: _Lane, worker: WorkerProcess, *, keep: bool) -> None:
        """Give a place in a lane back, and a worker, if it may be used again."""
        lane.running -= 1
        if keep and not self._closed and worker.alive and worker.store == self.store:
            self._idle.append(worker)
        else:
            worker.kill()
        self._refill()
        self._dispatch()

    def _dispatch(self) -> None:
        for lane in (self._quick, self._long):
            while self._idle and lane.open and lane.line:
                lane.running += 1
                lane.line.give(self._idle.pop())

    def _refill(self) -> None:
        """Start as many processes as quick questions may need, and a spare one."""
        if self._closed:
            return
        there = len(self._idle) + self._quick.running + len(self._starting)
        for _ in range(self._count + 1 - there):
            task = asyncio.get_running_loop().create_task(self._start_one())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start_one(self) -> None:
        pause = 0.1
        while True:
            try:
                store = self.store
                worker = await self._opened(store)
            except BackendError as error:
                if str(error) != self._failed:
                    _LOG.error("%s", error)
                self._failed = str(error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            self._failed = ""
            if store == self.store:
                break
            worker.kill()
        self._idle.append(worker)
        self._dispatch()

    async def _opened(self, store: Path) -> WorkerProcess:
        try:
            worker = WorkerProcess(store, self._settings)
        except OSError as error:
            raise BackendError(f"a worker cannot be started: {error}") from error
        self._all.add(worker)
        worker.ended.add_done_callback(lambda _: self._forget(worker))
        try:
            word = await asyncio.wait_for(worker.connect(), _START_SECONDS)
        except (TimeoutError, asyncio.CancelledError) as error:
            worker.kill()
            if isinstance(error, asyncio.CancelledError):
                raise
            raise BackendError(f"a worker did not open the store {store} in time") from error
        if word["kind"] == "ready":
            return worker
        worker.kill()
        raise BackendError(f"the store {store} cannot be opened: {word.get('message', 'the worker ended')}")

    def _forget(self, worker: WorkerProcess) -> None:
        self._all.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
            self._refill()


def _understood(worker: WorkerProcess, answer: _Answer) -> _Answer:
    """An answer, with the signal if there is none because the worker ended."""
    header, body = answer
    return ({**header, "signal": worker.signal}, body) if header["kind"] == "gone" else answer
