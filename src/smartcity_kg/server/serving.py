"""What all routes share: the version that is served, the workers, pages in memory (layer 6)."""

import asyncio
import contextlib
import ctypes
import gc
import gzip
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

from starlette.datastructures import Headers

from smartcity_kg.errors import BackendError, SmartCityError, TooBusy
from smartcity_kg.pages.address import find_address
from smartcity_kg.pages.site import LANGUAGES
from smartcity_kg.project import Project
from smartcity_kg.server.checkers import Checkers
from smartcity_kg.server.negotiate import best_language
from smartcity_kg.server.remote import Remote
from smartcity_kg.server.versions import Source, Version, read_version
from smartcity_kg.server.workers import QueryLimits, Workers

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 2.0
_PAUSE_SECONDS = 60.0  # after a switch that failed, unless something changes before
_SMALL = 1_000
_MOST_WAITING = 200  # things that are being made
_FIRST = ("index", "map", "data")  # pages made before anybody asks
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class Settings:
    """How a server is run.

    Args:
        address: Where the site is on the web; the project's base if empty.
        store: A finished store, or where prepared stores are kept.
        workers: How many long queries run at the same time.
        endpoint: A remote SPARQL endpoint that answers instead of the embedded store.
        downloads: A release whose files are offered.
        kept_bytes: Memory for pages that were made.
        follow: Whether changes of the data are looked for.
        warm: Whether the pages that most visitors ask for first are made before.
    """

    address: str = ""
    store: Path | None = None
    workers: int = 2
    endpoint: str = ""
    downloads: Path | None = None
    kept_bytes: int = 64_000_000
    follow: bool = True
    warm: bool = True


@dataclass(frozen=True)
class Kept:
    """Something that was made for an address: its bytes, packed too where that is worth it, and its digest."""

    body: bytes
    packed: bytes
    digest: str

    @property
    def size(self) -> int:
        """Bytes of memory that it takes, about."""
        return len(self.body) + len(self.packed)

    @classmethod
    def of(cls, body: bytes) -> "Kept":
        """The bytes with their digest.

        >>> Kept.of(b"x").packed
        b''
        """
        packed = gzip.compress(body, compresslevel=6, mtime=0) if len(body) > _SMALL else b""
        return cls(body, packed, hashlib.blake2b(body, digest_size=12).hexdigest())


@dataclass
class Counts:
    """What happened since the start, for `/metrics`."""

    answers: dict[int, int] = field(default_factory=dict)
    switches: int = 0
    failed_switches: int = 0

    def count(self, status: int) -> None:
        """One more answer with a status."""
        self.answers[status] = self.answers.get(status, 0) + 1


class Serving:
    """What is served, and with what.

    Args:
        project: Ontology, shapes, queries and settings.
        settings: How.
        limits: What a stranger's query may use; the project's settings if absent.

    Attributes:
        project: As given.
        settings: As given.
        checkers: Where submissions are checked.
        version: The version that is served; none until it is read.
        counts: What happened since the start.
        problem: What went wrong when a version was read the last time; for the log, not for visitors.
        on_failure: Called if there is no version that can be served at all.

    Raises:
        BackendError: If the store's folder is missing or not whole.
    """

    def __init__(
        self, project: Project, settings: Settings | None = None, limits: QueryLimits | None = None
    ) -> None:
        self.project = project
        self.settings = settings or Settings()
        self.source = Source.of(project, self.settings.store, self.settings.downloads)
        self.limits = limits or limits_of(project)
        self.checkers = Checkers(project)
        self._workers: Workers | Remote | None = None
        self.version: Version | None = None
        self.counts = Counts()
        self._ready = asyncio.Event()
        self._pages: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._bytes = 0
        self._maker_thread = ThreadPoolExecutor(1, "pages")
        self._tasks: set[asyncio.Task[None]] = set()
        self._look = asyncio.Event()
        self._stamp = ""
        self._again = 0.0
        self._making: dict[tuple[str, ...], asyncio.Future[Kept]] = {}
        self.problem = ""
        self.on_failure: Callable[[], None] = lambda: None

    @property
    def address(self) -> str:
        """Where the site is on the web; it ends in a slash."""
        return (self.settings.address or self.project.base).rstrip("/") + "/"

    @property
    def workers(self) -> Workers | Remote:
        """Where strangers' queries run.

        Raises:
            BackendError: Before `start`.
        """
        if self._workers is None:
            raise BackendError("the server has not started")
        return self._workers

    @property
    def endpoint(self) -> str:
        """The public address of the SPARQL endpoint."""
        return f"{self.address}sparql"

    async def editor(self, scope: Mapping[str, Any]) -> bytes:
        """The page with the editor in the language that a request asks for."""
        accepted = Headers(scope=dict(scope)).get("accept-language", "")
        language = best_language(accepted, LANGUAGES, DEFAULT_LANGUAGE)
        return (await self.page("sparql", language)).body

    async def start(self, folder: Path | None = None) -> None:
        """Start workers, and read the pages' version beside: queries are answered at once.

        Args:
            folder: The store to begin with, if it was found already.

        Raises:
            InputError: If a file of the project cannot be read.
            BackendError: If there is no store, or it cannot be opened.
        """
        stamp = self._stamp = self.source.stamp()
        found = await asyncio.to_thread(self.source.find) if folder is None else folder
        self._workers = open_workers(self, found)
        await self._workers.start()
        self._begin(self._read_first(found, stamp))
        if self.settings.follow:
            self._begin(self._follow())

    def fail(self, error: SmartCityError) -> None:
        """Note that nothing can be served; who waits is told so."""
        self.problem = error.message
        self._ready.set()
        self.on_failure()

    async def close(self) -> None:
        """End what was begun."""
        for task in list(self._tasks):
            task.cancel()
        for task in list(self._tasks):
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.checkers.close()
        if self._workers is not None:
            await self._workers.close()
        self._maker_thread.shutdown(wait=False, cancel_futures=True)

    def look(self) -> None:
        """Look for a new version now."""
        self._stamp = ""
        self._look.set()

    async def ready(self) -> Version:
        """The version that is served, once there is one.

        Raises:
            BackendError: If there will be none.
        """
        await self._ready.wait()
        if self.version is None:
            raise BackendError("the data cannot be read")
        return self.version

    async def page(self, path: str, language: str, version: Version | None = None) -> Kept:
        """The HTML of a page that there is, in a language.

        Raises:
            TooBusy: If too much is being made.
        """
        return await self.kept(
            ("page", path, language), lambda given: given.maker.page(path, language).encode(), version
        )

    async def kept(
        self, key: tuple[str, ...], make: Callable[[Version], bytes], version: Version | None = None
    ) -> Kept:
        """What is kept under a key, made once for a version in a thread of its own.

        Args:
            key: A name for what is made.
            make: Makes it.
            version: What it is made from; the version that is served if absent.

        Raises:
            TooBusy: If too much is being made.
            SmartCityError: As `make` does.
        """
        of = version or await self.ready()
        full = (of.name, of.stamp, *key)
        found = self._pages.get(full)
        if found is not None:
            self._pages.move_to_end(full)
            return found
        making = self._making.get(full)
        if making is None:
            if len(self._making) >= _MOST_WAITING:
                raise TooBusy("too many pages are being made", seconds=5)
            loop = asyncio.get_running_loop()
            making = loop.run_in_executor(self._maker_thread, lambda: Kept.of(make(of)))
            self._making[full] = making
            making.add_done_callback(lambda done: self._keep(full, done))
        # Whoever goes away does not take it from those who wait for the same.
        return await asyncio.shield(making)

    def _keep(self, key: tuple[str, ...], done: "asyncio.Future[Kept]") -> None:
        self._making.pop(key, None)
        if done.cancelled() or done.exception() is not None:
            return
        self._pages[key] = done.result()
        self._bytes += done.result().size
        while self._bytes > self.settings.kept_bytes and len(self._pages) > 1:
            _, gone = self._pages.popitem(last=False)
            self._bytes -= gone.size

    def figures(self) -> Mapping[str, Any]:
        """What `/metrics` says beside counts."""
        return {"pages": len(self._pages), "page_bytes": self._bytes}

    def _begin(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, folder: Path, stamp: str) -> Version:
        release = self.settings.downloads
        return await asyncio.to_thread(read_version, self.project, folder, self.address, stamp, release=release)

    async def _read_first(self, folder: Path, stamp: str) -> None:
        begun = perf_counter()
        try:
            self.version = await self._read(folder, stamp)
        except SmartCityError as error:
            self.fail(error)
            return
        self._ready.set()
        _LOG.info("pages are ready after %.1f s", perf_counter() - begun)
        await self._warm(self.version)
        _settle(self.version)

    async def _warm(self, version: Version) -> None:
        """Make what the first visitors would have to wait for."""
        if not self.settings.warm:
            return
        richest = await asyncio.get_running_loop().run_in_executor(self._maker_thread, _richest, version)
        for path in (*_FIRST, *richest):
            for language in LANGUAGES:
                await self.page(path, language, version)

    async def _follow(self) -> None:
        """Look for a new version again and again, and switch to it."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), _LOOK_SECONDS)
            self._look.clear()
            try:
                stamp = await asyncio.to_thread(self.source.stamp)
            except OSError:
                continue  # gone for the moment
            if stamp != self._stamp or (self._again and monotonic() > self._again):
                self._stamp = stamp
                await self._switch(stamp)

    async def _switch(self, stamp: str) -> None:
        """Serve the newest version, if it is whole."""
        await self._ready.wait()
        try:
            folder = await asyncio.to_thread(self.source.find)
            new = await self._read(folder, stamp)
            await self._warm(new)
            await self.workers.switch(folder)
        except (SmartCityError, OSError) as error:
            self.counts.failed_switches += 1
            self._again = monotonic() + _PAUSE_SECONDS
            self.problem = f"the new version cannot be served: {getattr(error, 'message', error)}"
            _LOG.error("%s; the old one stays", self.problem)
            return
        self.version = new
        await self.checkers.close()
        self.problem, self._again = "", 0.0
        for key in [key for key in self._pages if key[:2] != (new.name, new.stamp)]:
            self._bytes -= self._pages.pop(key).size
        self.counts.switches += 1
        _settle(new)
        _LOG.info("switched to version %s", new.name)


def _settle(version: Version) -> None:
    """Give back what an old version took, and what only reading the new one needed.

    What is served now is not walked over any more to collect garbage: that would delay answers.
    """
    with contextlib.suppress(OSError):
        version.maker.site.store.leave_memory(version.folder)
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    # The allocator of glibc keeps what was freed in many small pieces until it is told to give it back.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _richest(version: Version) -> tuple[str, ...]:
    """The path of the page with the most answers to saved queries: making it reads what others need too."""
    site = version.maker.site
    iri = max(site.panels, key=lambda one: len(site.panels[one]), default="")
    address = find_address(iri, site.index.base)
    return (address.path,) if address and address.path in version.maker.pages else ()


def open_workers(serving: Serving, folder: Path) -> Workers | Remote:
    """What answers queries: workers over a store, or a remote endpoint; it is not started.

    Raises:
        ParameterProblem: If the endpoint's address is none.
    """
    if serving.settings.endpoint:
        return Remote(
            serving.settings.endpoint,
            serving.project.prefixes,
            workers=serving.settings.workers,
            limits=serving.limits,
        )
    return Workers(
        folder,
        workers=serving.settings.workers,
        limits=serving.limits,
        prefixes=serving.project.prefixes.namespaces,
        inferred=serving.project.inferred,
    )


def limits_of(project: Project) -> QueryLimits:
    """What a stranger's query may use, from the project's settings.

    >>> limits_of(Project.find()).query_bytes
    16384
    """
    return QueryLimits(
        seconds=project.limit("query_seconds", 5),
        rows=project.limit("query_rows", 10_000),
        bytes=project.limit("query_answer_bytes", 20_000_000),
        megabytes=project.limit("query_megabytes", 1_000),
        queue=project.limit("query_queue", 16),
        client_seconds=project.limit("client_seconds", 30),
        query_bytes=project.limit("query_bytes", 16_384),
    )
