"""Which version of the data is served: found, read whole, and only then switched to (layer 6).

A store's folder never changes once it is finished: a new version is a new folder, built beside. So a reader of the
old one is not disturbed, and what is broken or half-written is never served.
"""

import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from smartcity_kg.catalogue import describe_release
from smartcity_kg.context import read_context
from smartcity_kg.errors import BackendError, SmartCityError
from smartcity_kg.graph import prepared_folder, prepared_place, read_store
from smartcity_kg.project import Project
from smartcity_kg.publish.release import CHECKSUMS
from smartcity_kg.publish.site import Maker, read_site
from smartcity_kg.server.asserted import add_asserted
from smartcity_kg.server.downloads import PLACE, Download, read_downloads

_CURRENT = "CURRENT"  # the file by which the engine finds its own
_PARTS = ("MANIFEST-*", "*.sst", "OPTIONS-*", "IDENTITY")  # what else it leaves in its folder
_HINT = "Name a prepared store, or leave the option out."


@dataclass(frozen=True)
class Source:
    """Where versions come from: a project, and a folder.

    Args:
        project: Ontology, shapes, queries, settings; the data too, unless the folder holds a store.
        folder: A finished store, or a link to one, or where prepared stores are kept; the project's own place for
            them if absent.
        is_store: Whether the folder is, or leads to, a store itself.
        release: A folder with files to download.
    """

    project: Project
    folder: Path | None = None
    is_store: bool = False
    release: Path | None = None

    @classmethod
    def of(cls, project: Project, folder: Path | None = None, release: Path | None = None) -> "Source":
        """The source for a folder, by what is in it now.

        Raises:
            BackendError: If there is no such folder, a store that is not whole, or a release that is none.

        >>> Source.of(Project.find(), Path("no-such-folder"))
        Traceback (most recent call last):
        smartcity_kg.errors.BackendError: there is no folder no-such-folder
          Name a prepared store, or leave the option out.
        """
        read_downloads(release)
        if folder is None:
            return cls(project, release=release)
        if not folder.is_dir():
            raise BackendError(f"there is no folder {folder}", hint=_HINT)
        whole = (folder / _CURRENT).is_file()
        if not whole and any(True for pattern in _PARTS for _ in folder.glob(pattern)):
            raise BackendError(f"the store at {folder} is not whole", hint=_HINT)
        return cls(project, folder, whole, release)

    def stamp(self) -> str:
        """A text that changes when there may be another version; it costs little.

        Raises:
            OSError: If the folder is gone for the moment.
        """
        project = self.project
        files = [project.root / "smartcity.toml", *project.files("queries", suffix="")]
        if self.is_store and self.folder is not None:
            files.append(self.folder.resolve(strict=True) / _CURRENT)
        else:
            files += [*project.data_files, *project.files("ontology", suffix="")]
        files += [self.release.resolve(strict=True) / CHECKSUMS] if self.release else []
        states = ((path, path.stat()) for path in files if path.is_file() or path.name == _CURRENT)
        return repr([(str(path), at.st_ino, at.st_mtime_ns, at.st_size) for path, at in states])

    def find(self, building: Callable[[], None] = lambda: None) -> Path:
        """The folder of the newest store, built in a process of its own if need be.

        Raises:
            InputError: If a file of the project cannot be read.
            BackendError: If there is no store and none can be built.
        """
        if self.is_store and self.folder is not None:
            found = self.folder.resolve()
        else:
            found = _in_own_process(self.project.root, self.folder, building)
        read_store(self.project, found)
        add_asserted(found, self.project.inferred)
        return found


@dataclass(frozen=True)
class Version:
    """A version that can be served: its store, and what makes its pages.

    Args:
        folder: The folder of the store.
        maker: What makes pages.
        made: When the last of what it was made from was finished, in seconds since 1970.
        stamp: What `Source.stamp` said of it.
        downloads: Files of a release, by their paths on the server.
    """

    folder: Path
    maker: Maker
    made: float
    stamp: str = ""
    downloads: Mapping[str, Download] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the store's folder."""
        return self.folder.name


def read_version(
    project: Project, folder: Path, address: str, stamp: str = "", *, release: Path | None = None
) -> Version:
    """A version from its store, and a release if there is one; takes some seconds.

    Raises:
        BackendError: If the store cannot be read or holds nothing, or the release is none.
    """
    project = Project.at(project.root)
    try:
        store = read_store(project, folder).in_memory()
        if next(iter(store.triples()), None) is None:
            raise BackendError(f"the store at {folder} is empty")
        sources = (folder / _CURRENT, *project.files("queries", suffix=""))
        made = max(path.stat().st_mtime for path in sources)
        day = date.fromtimestamp((folder / _CURRENT).stat().st_mtime)
        # What a site is as data does not need the files of a release, which a server does not write.
        place, version = address or project.base, read_context(project).version
        catalogue = describe_release(project, store, [], day=day, address=place, version=version)
        site = read_site(
            project, address=address, day=day, store=store, catalogue=lambda _: catalogue, served=True
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise BackendError(f"the store at {folder} is damaged", hint=_HINT) from error
    files = read_downloads(release)
    maker = Maker(site, [file.offer for file in files])
    return Version(folder, maker, made, stamp, {f"{PLACE}{file.name}": file for file in files})


def _in_own_process(root: Path, cache: Path | None, building: Callable[[], None]) -> Path:
    """The project's prepared store; what building it takes of memory is given back when its process ends."""
    found = prepared_place(Project.at(root), cache)
    if found.is_dir():
        return found
    building()
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(_build, root, cache).result().folder()
    except BrokenProcessPool as error:
        raise BackendError("the graph was not built: its process ended", hint="Is there memory enough?") from error


@dataclass(frozen=True)
class _Built:
    """What a process that builds gives back: a folder, or the text of an error, which does not travel itself."""

    path: Path | None
    message: str = ""
    hint: str = ""

    def folder(self) -> Path:
        if self.path is None:
            raise BackendError(self.message, hint=self.hint)
        return self.path


def _build(root: Path, cache: Path | None) -> _Built:
    try:
        project = Project.at(root)
        folder = prepared_folder(project, cache)
        add_asserted(folder, project.inferred)
        return _Built(folder)
    except SmartCityError as error:
        return _Built(None, str(error).partition("\n")[0], error.hint)
