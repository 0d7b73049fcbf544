"""The whole graph of a project in an embedded store: every file loaded, the rules run (layer 2).

`prepared_store` keeps the result on disk, under a name made from the content of everything that it depends on: a
changed file gives another name, so a prepared store is never stale.
"""

import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.project import Project
from smartcity_kg.reason import STAGES, run_rules
from smartcity_kg.renewal import Origin, Renewed, find_origin, renew
from smartcity_kg.store.copy import write_copy
from smartcity_kg.store.embedded import EmbeddedStore

_CODE = (
    "graph.py",
    "renewal.py",
    "reason.py",
    "edtf.py",
    "project.py",
    "store/copy.py",
    "store/embedded.py",
    "turtle/parse.py",
)
_NAME = re.compile("[0-9a-f]{32}")
_KEPT = 2
_GIVEN_UP = 3600  # seconds after which nobody builds any more


def open_store(project: Project, *, stages: tuple[str, ...] = STAGES) -> EmbeddedStore:
    """A new store in memory with the ontology and all data of a project, and what the rules of some stages add.

    Reads the files of the project; writes nothing.

    Raises:
        InputError: If a file of the project cannot be read or is no Turtle.

    >>> store = open_store(Project.find(), stages=())
    >>> "https://w3id.org/smartcity-kg/doc/city/magdeburg" in store.graphs()
    True
    """
    store = _store(project)
    for path in (*project.ontology_files, *project.data_files):
        store.load(project.read(path).triples, graph=project.graph_name(path))
    if stages:
        run_rules(store, project, *stages)
    return store


def prepared_store(
    project: Project,
    cache: Path | None = None,
    *,
    building: Callable[[], None] = lambda: None,
    later: Callable[[Callable[[], object]], object] | None = None,
) -> EmbeddedStore:
    """The store of a project with all rules run; built when something has changed since the last time.

    It is in memory if it was built now, else on disk and read-only.

    Args:
        project: Whose graph it is.
        cache: The folder to keep stores in; `.cache/graph` in the project's folder if absent.
        building: Called once before a store is built, for a word of progress.
        later: Called with what writes a new store to disk; it may do that beside other work, since the store is
            then the one in memory. If absent, it is written at once.

    A store is built beside and renamed when it is complete; where the folder cannot be written to, the store stays
    in memory.

    Raises:
        InputError: If a file of the project cannot be read or is no Turtle.

    >>> len(prepared_store(Project.find())) > 4000
    True
    """
    target = prepared_place(project, cache)
    if not target.is_dir():
        renewed = _renew(project, target)
        if renewed:
            (later or _at_once)(partial(_keep_renewed, renewed, target))
            return renewed.store
        building()
        origin, store = _origin(project), open_store(project)
        # Nothing is kept if the files changed while they were read.
        if prepared_place(Project.at(project.root), cache) == target:
            (later or _at_once)(partial(_keep, store, target, origin))
        return store
    try:
        return read_store(project, target)
    except BackendError:
        shutil.rmtree(target, ignore_errors=True)
        return open_store(project)


def prepared_folder(
    project: Project, cache: Path | None = None, *, building: Callable[[], None] = lambda: None
) -> Path:
    """The folder of a project's prepared store, built if it is not there; it never changes afterwards.

    The arguments are those of `prepared_store`.

    Raises:
        InputError: If a file of the project cannot be read or is no Turtle.
        BackendError: If the folder cannot be written.

    >>> project = Project.find()
    >>> prepared_folder(project) == prepared_place(project)
    True
    """
    target = prepared_place(project, cache)
    if not target.is_dir() and not ((renewed := _renew(project, target)) and _keep_renewed(renewed, target)):
        building()
        origin, store = _origin(project), open_store(project)
        if prepared_place(Project.at(project.root), cache) != target:
            raise BackendError("the files changed while they were read", hint="Try again.")
        if not _keep(store, target, origin):
            raise BackendError("the prepared store cannot be written", hint="Check access rights and the disk.")
    return target


def read_store(project: Project, folder: Path) -> EmbeddedStore:
    """The store in a folder, read-only.

    Raises:
        BackendError: If there is none, or it is damaged.

    >>> read_store(Project.find(), Path("no-such-folder"))
    Traceback (most recent call last):
    smartcity_kg.errors.BackendError: there is no store that can be read at no-such-folder
      Name a folder with a prepared store, or leave the option out.
    """
    try:
        # The engine makes a folder that is missing, before it finds no store in it.
        if not (folder / "CURRENT").is_file():
            raise OSError
        return _store(project, ox.Store.read_only(str(folder)), folder)
    except (OSError, RuntimeError) as error:
        raise BackendError(
            f"there is no store that can be read at {folder}",
            hint="Name a folder with a prepared store, or leave the option out.",
        ) from error


def prepared_place(project: Project, cache: Path | None = None) -> Path:
    """The folder where a project's prepared store is, once it was built; the name says what it was built from.

    >>> len(prepared_place(Project.find()).name)
    32
    """
    return (cache or project.root / ".cache" / "graph") / _digest(project)


def _store(project: Project, quads: ox.Store | None = None, folder: Path | None = None) -> EmbeddedStore:
    limit = project.limit("query_bytes", 16_384)
    return EmbeddedStore(project.prefixes, quads=quads, folder=folder, max_query_bytes=limit)


def _digest(project: Project) -> str:
    """A name for everything that the graph depends on."""
    origin = _origin(project)
    return hashlib.sha256(f"{origin.basis}\n{sorted(origin.files.items())}".encode()).hexdigest()[:32]


def _origin(project: Project) -> Origin:
    """Files, and as one text: rules, settings, this code, the engine."""
    total = hashlib.sha256(ox.__version__.encode())
    rules = project.files("ontology/rules", suffix=".rq")
    prefixes = project.root / "ontology" / "prefixes.ttl"
    settings = project.root / "smartcity.toml"
    for path in (prefixes, *rules, *([settings] if settings.is_file() else [])):
        total.update(f"\0{project.relative(path)}\0".encode() + path.read_bytes())
    for name in _CODE:
        total.update((Path(__file__).parent / name).read_bytes())
    return find_origin(project, total.hexdigest())


def _at_once(work: Callable[[], object]) -> None:
    work()


def _renew(project: Project, target: Path) -> Renewed | None:
    """The store, if it could be made from the one before."""
    try:
        finished = [path for path in target.parent.iterdir() if _NAME.fullmatch(path.name)]
        before = max(finished, key=lambda path: path.stat().st_mtime, default=None)
        renewed = renew(project, before, _origin(project)) if before else None
    except (OSError, RuntimeError, BackendError):
        return None
    # Nothing is kept if the files changed while they were read.
    return renewed if prepared_place(Project.at(project.root), target.parent) == target else None


def _keep_renewed(renewed: Renewed, target: Path) -> bool:
    """Write a renewed store to disk under a name; whether that worked."""
    return _put(renewed.write, target)


def _keep(store: EmbeddedStore, target: Path, origin: Origin) -> bool:
    """Write a store to disk under a name; whether that worked."""

    def write(place: Path) -> None:
        on_disk = ox.Store(str(place))
        on_disk.bulk_extend(store.quads)
        on_disk.optimize()
        del on_disk
        write_copy(store.quads, place, store.prefixes.namespaces)
        origin.write(place)

    return _put(write, target)


def _put(write: Callable[[Path], None], target: Path) -> bool:
    """Have a store written beside its place, and put it there when it is whole; whether that worked."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".building-") as folder:
            place = Path(folder) / "store"
            write(place)
            if not target.exists():
                place.rename(target)
        _forget_old(target)
    except (OSError, RuntimeError):
        return False
    return True


def _forget_old(target: Path) -> None:
    long_ago = time.time() - _GIVEN_UP
    for path in target.parent.glob(".building-*"):  # what is left of one that was killed
        if path.stat().st_mtime < long_ago:
            shutil.rmtree(path, ignore_errors=True)
    # Somebody may have named a folder that holds more than stores: what is not one of ours is left alone.
    others = [path for path in target.parent.iterdir() if _NAME.fullmatch(path.name) and path != target]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
