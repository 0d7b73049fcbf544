"""The worker processes of one store: started, lent to a question, taken back or replaced (layer 6)."""

import asyncio
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smartcity_kg.errors import BackendError, TooBusy
from smartcity_kg.server.fairness import Line
from smartcity_kg.server.process import Forks, WorkerProcess

_START_SECONDS = 20
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5
_LOG = logging.getLogger(__name__)


class Lane:
    """Places for one kind of question, and the line before them.

    Args:
        places: How many may run.
        line: How many may wait.
        pool: Whose workers they use.
    """

    def __init__(self, places: int, line: int, pool: "Pool") -> None:
        self._places = places
        self.running = 0
        self.line: Line[WorkerProcess] = Line(line, lambda worker: pool.release(self, worker, keep=True))

    @property
    def open(self) -> bool:
        """Whether one more may run."""
        return self.running < self._places


class Pool:
    """Processes over a store folder, always one more ready than quick questions may need.

    Args:
        store: The folder.
        settings: What `worker.work` reads.
        places: How many long questions run at the same time; twice as many quick ones do.
        arrivals: How many quick ones may wait.
        queue: How many long ones may wait.
        patience: Seconds after which one who waits is sent away.
    """

    def __init__(
        self,
        store: Path,
        settings: Mapping[str, Any],
        *,
        places: int,
        arrivals: int,
        queue: int,
        patience: float,
    ) -> None:
        self.store = store
        self.quick = Lane(2 * places, arrivals, self)
        self.long = Lane(places, queue, self)
        self.graphs: frozenset[str] = frozenset()  # the names of the graphs in the store
        self.failed = ""  # why no process could be started the last time
        self._settings = settings
        self._wanted = 2 * places + 1
        self._patience = patience
        self._all: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._forks: dict[Path, Forks] = {}
        self._ends: set[asyncio.Future[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start the processes and wait until one can answer.

        Raises:
            BackendError: If the store cannot be opened.
        """
        self._closed = False
        try:
            worker = await self._opened(self.store)
        except BackendError:
            await self._end_forks()
            raise
        self.graphs = worker.graphs
        self._idle.append(worker)
        self._refill()

    async def close(self) -> None:
        """End all processes, wait until they have ended, and send away who waits."""
        self._closed = True
        for lane in (self.quick, self.long):
            lane.line.end(TooBusy("the server is being stopped", seconds=math.ceil(self._patience)))
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        ending = [worker.ended for worker in self._all]
        for worker in tuple(self._all):
            worker.kill()
        await asyncio.gather(*ending)
        self._idle.clear()
        await self._end_forks()

    async def switch(self, store: Path) -> None:
        """Lend workers over another store from now on; those that are lent finish.

        Raises:
            BackendError: If that store cannot be opened; then nothing has changed.
        """
        worker = await self._opened(store)
        self.store, self.graphs = store, worker.graphs
        old, self._idle = self._idle, [worker]
        for other in old:
            other.kill()
        self._refill()
        self._dispatch()

    @property
    def processes(self) -> tuple[int, ...]:
        """The numbers of all worker processes, sorted."""
        return tuple(sorted(worker.pid for worker in self._all if worker.pid))

    async def take(self, lane: Lane, client: str) -> WorkerProcess:
        """A worker, and a place in a lane; both go back by `release`.

        Raises:
            TooBusy: If too many wait, or for too long.
            BackendError: If no process can be started.
        """
        self._drop_dead()
        if self._idle and lane.open and not lane.line:
            lane.running += 1
            return self._idle.pop()
        if self.failed and not self.quick.running and not self.long.running:
            raise _unavailable()
        if lane.line.full or self._closed:
            raise self._too_busy()
        try:
            async with asyncio.timeout(self._patience):
                return await lane.line.wait(client)
        except TimeoutError as error:
            raise (_unavailable() if self.failed else self._too_busy()) from error

    def move(self, worker: WorkerProcess) -> Lane:
        """Take a question from the quick ones to the long ones, which must be open."""
        self.quick.running -= 1
        self.long.running += 1
        worker.yield_to_others()
        self._refill()
        self._dispatch()
        return self.long

    def release(self, lane: Lane, worker: WorkerProcess, *, keep: bool) -> None:
        """Give a place in a lane back, and a worker, if it may be used again."""
        lane.running -= 1
        if keep and not self._closed and worker.alive and worker.store == self.store:
            self._idle.append(worker)
        else:
            worker.kill()
        self._refill()
        self._dispatch()

    def _too_busy(self) -> TooBusy:
        return TooBusy("too many queries are waiting", seconds=math.ceil(self._patience))

    def _drop_dead(self) -> None:
        """Lend no worker whose end has not been told yet."""
        alive = [worker for worker in self._idle if worker.alive]
        if len(alive) < len(self._idle):
            self._idle = alive
            self._refill()

    def _dispatch(self) -> None:
        for lane in (self.quick, self.long):
            while self._idle and lane.open and lane.line:
                lane.running += 1
                lane.line.give(self._idle.pop())

    def _refill(self) -> None:
        if self._closed:
            return
        there = len(self._idle) + self.quick.running + len(self._starting)
        for _ in range(self._wanted - there):
            task = asyncio.get_running_loop().create_task(self._start_one())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start_one(self) -> None:
        pause: float = _FIRST_PAUSE
        said = ""
        while True:
            store = self.store
            try:
                worker = await self._opened(store)
            except BackendError as error:
                # Once may be chance: a process can be killed while it starts.
                if said and not self.failed:
                    self.failed = str(error)
                    _LOG.error("%s", error)
                said = str(error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            self.failed = ""
            if store == self.store:
                break
            worker.kill()
        self._idle.append(worker)
        self._dispatch()

    async def _opened(self, store: Path) -> WorkerProcess:
        try:
            forks = self._forks_of(store)
            worker = WorkerProcess(forks, int(self._settings["bytes"]))
        except OSError as error:
            raise BackendError(f"a worker cannot be started: {error}") from error
        self._all.add(worker)
        worker.ended.add_done_callback(lambda _: self._forget(worker))
        try:
            word = await asyncio.wait_for(worker.connect(), _START_SECONDS)
        except TimeoutError as error:
            if not worker.pid:  # nothing can be copied from what does not answer
                forks.close()
            worker.kill()
            await worker.ended
            raise BackendError(f"a worker did not open the store {store} in time") from error
        except OSError as error:
            raise BackendError(f"a worker cannot be started: {error}") from error
        except BaseException:
            worker.kill()
            raise
        if word["kind"] == "ready":
            return worker
        worker.kill()
        await worker.ended
        raise BackendError(f"the store {store} cannot be opened: {word.get('message', 'the worker ended')}")

    def _forks_of(self, store: Path) -> Forks:
        forks = self._forks.get(store)
        if forks is None or not forks.alive:
            forks = self._forks[store] = Forks(store, self._settings)
            self._ends.add(forks.closed)
            forks.closed.add_done_callback(self._ends.discard)
        return forks

    async def _end_forks(self) -> None:
        for forks in self._forks.values():
            forks.close()
        self._forks.clear()
        await asyncio.gather(*self._ends)

    def _forget(self, worker: WorkerProcess) -> None:
        self._all.discard(worker)
        # Who answers from an old store is let finish; then nothing of it stays.
        if worker.store != self.store and all(other.store != worker.store for other in self._all):
            forks = self._forks.pop(worker.store, None)
            if forks:
                forks.close()
        if worker in self._idle:
            self._idle.remove(worker)
            self._refill()


def _unavailable() -> BackendError:
    return BackendError("no query can be answered at the moment: the store cannot be opened")
