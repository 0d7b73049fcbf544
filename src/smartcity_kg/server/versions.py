"""Which version of the data is served: found, read whole, and only then switched to (layer 6).

A store's folder never changes once it is finished: a new version is a new folder, built beside. So a reader of the
old one is not disturbed, and what is broken or half-written is never served.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from smartcity_kg.errors import BackendError
from smartcity_kg.graph import prepared_folder, read_store
from smartcity_kg.project import Project
from smartcity_kg.publish.site import Maker, read_site
from smartcity_kg.server.asserted import add_asserted

_CURRENT = "CURRENT"  # the file by which the engine finds its own


@dataclass(frozen=True)
class Source:
    """Where versions come from: a project, and a folder.

    Args:
        project: Ontology, shapes, queries, settings; the data too, unless the folder holds a store.
        folder: A finished store, or a link to one, or where prepared stores are kept; the project's own place for
            them if absent.
    """

    project: Project
    folder: Path | None = None

    @property
    def is_store(self) -> bool:
        """Whether the folder is a store itself."""
        return self.folder is not None and (self.folder / _CURRENT).is_file()

    def stamp(self) -> str:
        """A text that changes when there may be another version; it costs little."""
        if self.is_store and self.folder is not None:
            return str(self.folder.resolve())
        project = self.project
        files = (
            project.root / "smartcity.toml",
            *project.ontology_files,
            *project.data_files,
            *project.files("ontology", "queries", suffix=""),
        )
        states = (path.stat() for path in files if path.is_file())
        return str(hash(tuple((state.st_ino, state.st_mtime_ns, state.st_size) for state in states)))

    def find(self, building: Callable[[], None] = lambda: None) -> Path:
        """The folder of the newest store, built if need be.

        Raises:
            InputError: If a file of the project cannot be read.
            BackendError: If there is no store and none can be built.
        """
        if self.is_store and self.folder is not None:
            folder = self.folder.resolve()
        else:
            # What a project has read of its files once may have changed.
            folder = prepared_folder(Project.at(self.project.root), self.folder, building=building)
        add_asserted(folder, self.project.inferred)
        return folder


@dataclass(frozen=True)
class Version:
    """A version that can be served: its store, and what makes its pages.

    Args:
        folder: The folder of the store.
        maker: What makes pages.
        made: When its store was finished, in seconds since 1970.
    """

    folder: Path
    maker: Maker
    made: float

    @property
    def name(self) -> str:
        """The name of the store's folder."""
        return self.folder.name


def read_version(project: Project, folder: Path, address: str) -> Version:
    """A version from its store; takes some seconds and touches the store only.

    Raises:
        BackendError: If the store cannot be read or holds nothing.
    """
    project = Project.at(project.root)
    store = read_store(project, folder)
    if next(iter(store.triples()), None) is None:
        raise BackendError(f"the store at {folder} is empty")
    made = (folder / _CURRENT).stat().st_mtime
    site = read_site(project, address=address, day=date.fromtimestamp(made), store=store)
    return Version(folder, Maker(site), made)
