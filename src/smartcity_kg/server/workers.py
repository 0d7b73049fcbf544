"""Worker processes over an immutable store: no stranger's query runs in the server's own process (layer 6).

A query gets a first slice of time in a quick worker. Most need no more. One that does goes on as a long one,
behind the quick ones on the processor, and another worker takes its place; when all places for long ones are taken
it waits in a queue. So a quick question is answered at once, whatever else is running. A long one ends with its
answer or is killed at its deadline, and its process ends with it.
"""

import asyncio
import logging
import signal
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from smartcity_kg.errors import (
    BackendError,
    ParameterProblem,
    Refused,
    SmartCityError,
    TimedOut,
    TooLarge,
    TooMuch,
)
from smartcity_kg.server.answers import Answers, Result, may_be_kept
from smartcity_kg.server.fairness import Budget
from smartcity_kg.server.pool import Pool
from smartcity_kg.server.process import WorkerProcess
from smartcity_kg.sparql import check_query, dataset_of
from smartcity_kg.store.embedded import query_problem

RESULT_TYPES = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
GRAPH_TYPES = ("text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml")
_SOLUTIONS = frozenset(["SELECT", "ASK"])
_TRIES = 3
_MOST_SHOWN = 200
_MOST_SLOW = 10_000
_SHORTEST_WAIT = 0.002
_PATIENCE = 30  # how much longer than a slice of the processor a question may wait for the processor itself
# Nought: it had ended before it was asked.
_FROM_OUTSIDE = frozenset([0, signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
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


class Workers:
    """Worker processes over a store folder.

    Args:
        store: A finished folder that nobody writes to.
        workers: How many long queries run at the same time; twice as many quick ones do.
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
        self.limits = limits or QueryLimits()
        self.answers = Answers(self.limits.kept_bytes)
        self._prefixes = dict(prefixes)
        settings = {
            "prefixes": self._prefixes,
            "inferred": inferred,
            "rows": self.limits.rows,
            "bytes": self.limits.bytes,
            "megabytes": self.limits.megabytes,
            "seconds": self.limits.seconds,
        }
        self._pool = Pool(
            store,
            settings,
            places=workers,
            arrivals=self.limits.arrivals,
            queue=self.limits.queue,
            patience=2 * self.limits.seconds,
        )
        self._budget = Budget(seconds=self.limits.client_seconds, window=60)
        self._slow: OrderedDict[str, None] = OrderedDict()  # texts that took longer than a slice

    async def start(self) -> None:
        """Start the processes and wait until one can answer.

        Raises:
            BackendError: If the store cannot be opened.
        """
        await self._pool.start()

    async def close(self) -> None:
        """End all processes, wait until they have ended, and send away who waits."""
        await self._pool.close()

    async def switch(self, store: Path) -> None:
        """Answer new questions from another store; what is being answered is finished from the old one.

        Raises:
            BackendError: If that store cannot be opened; then nothing has changed.
        """
        await self._pool.switch(store)
        self.answers.clear()
        self._slow.clear()

    @property
    def store(self) -> Path:
        """The folder that new questions are answered from."""
        return self._pool.store

    @property
    def graphs(self) -> frozenset[str]:
        """The names of the graphs in the store."""
        return self._pool.graphs

    @property
    def processes(self) -> tuple[int, ...]:
        """The numbers of all worker processes, sorted."""
        return self._pool.processes

    def figures(self) -> Mapping[str, int]:
        """How many processes there are, quick and long questions run, questions wait, answers are kept."""
        return {
            "processes": len(self._pool.processes),
            "quick": self._pool.quick.running,
            "long": self._pool.long.running,
            "arrivals": len(self._pool.quick.line),
            "queue": len(self._pool.long.line),
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
            named_graphs: Names of the graphs that `GRAPH` may name; if one of the two is given, the other is
                empty. Together they stand above what the query names with FROM.

        Raises:
            QueryProblem: If the text is malformed.
            Refused: If it is an update, calls another endpoint, is nested too deep, or names a graph that is
                not here.
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
        form = check_query(text, max_bytes=self.limits.query_bytes, dataset=True)
        if media_type not in (RESULT_TYPES if form in _SOLUTIONS else GRAPH_TYPES):
            raise ParameterProblem(f"the answer to {form} cannot be given as {media_type}")
        question: dict[str, Any] = {"text": text, "format": media_type, "inferred": inferred}
        if not default_graphs and not named_graphs:
            default_graphs, named_graphs = dataset_of(text, self._prefixes)
        if default_graphs or named_graphs:
            self._check_graphs((*default_graphs, *named_graphs))
            question |= {"default": sorted(set(default_graphs)), "named": sorted(set(named_graphs))}
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

    def _check_graphs(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.graphs:
                raise Refused(
                    f"there is no graph <{name[:_MOST_SHOWN]}> here, and none is fetched from elsewhere",
                    hint="SELECT DISTINCT ?g { GRAPH ?g { } } lists the graphs.",
                )

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
        worker = await self._pool.take(self._pool.quick, client)
        lane, keep, before = self._pool.quick, False, worker.processor_seconds()
        try:
            answer = worker.ask(question)
            await self._first_slice(worker, answer)
            if not answer.done():
                self._note_slow(question["text"])
                if self._pool.long.open and not self._pool.long.line and not self._budget.wait(client):
                    lane = self._pool.move(worker)
                    await asyncio.wait((answer,), timeout=self.limits.seconds - self.limits.slice)
            if answer.done():
                header, _ = answer.result()
                keep = lane is self._pool.quick and not header.get("swollen", True)
                return _understood(worker, answer.result())
        finally:
            self._budget.charge(client, worker.processor_seconds() - before)
            self._pool.release(lane, worker, keep=keep)
        if lane is self._pool.long:
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
        worker = await self._pool.take(self._pool.long, client)
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
            self._pool.release(self._pool.long, worker, keep=False)

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


def _understood(worker: WorkerProcess, answer: _Answer) -> _Answer:
    """An answer, with the signal if there is none because the worker ended."""
    header, body = answer
    return ({**header, "signal": worker.signal}, body) if header["kind"] == "gone" else answer
