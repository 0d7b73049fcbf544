"""The project: a folder of files as one immutable value (layer 1).

It knows paths and settings; it parses nothing but its own settings and the list of prefixes.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from smartcity_kg.errors import InputError, SmartCityError
from smartcity_kg.terms import SH, Prefixes
from smartcity_kg.turtle.parse import Document, parse_turtle, read_bytes

SETTINGS_FILE = "smartcity.toml"
PACKAGED = Path(__file__).parent / "_project"
_DECLARED_PREFIX = f"{SH}prefix"
_DECLARED_NAMESPACE = f"{SH}namespace"


@dataclass(frozen=True)
class Project:
    """A folder with `ontology/`, `data/` and `queries/`, and its settings.

    >>> project = Project.find()
    >>> project.graph_name(project.root / "data/shared/networks.ttl")
    'https://w3id.org/smartcity-kg/doc/shared/networks'
    """

    root: Path
    settings: Mapping[str, Any] = field(repr=False)

    @classmethod
    def at(cls, folder: str | Path) -> "Project":
        """The project in a folder.

        Raises:
            SmartCityError: If the folder lacks `ontology/` or its settings are malformed.
        """
        root = Path(folder).resolve()
        if not (root / "ontology").is_dir():
            raise SmartCityError(
                f"{folder}: this folder holds no project: it has no folder 'ontology'",
                hint="Name the folder that has ontology/, data/ and queries/ in it.",
            )
        return cls(root, _read_settings(root / SETTINGS_FILE))

    @classmethod
    def find(cls, start: str | Path | None = None) -> "Project":
        """The project around a folder (default: the working folder), else the one that the package carries.

        Raises:
            SmartCityError: If there is neither.
        """
        here = Path(start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / SETTINGS_FILE).is_file() and (folder / "ontology").is_dir():
                return cls.at(folder)
        checkout = Path(__file__).parents[2]
        return cls.at(checkout if (checkout / SETTINGS_FILE).is_file() else PACKAGED)

    @property
    def base(self) -> str:
        """The IRI that all IRIs of this instance begin with; it ends in a slash."""
        return str(self.settings.get("base", "https://w3id.org/smartcity-kg/"))

    @property
    def inferred(self) -> str:
        """What the names of all graphs with inferred triples begin with."""
        return f"{self.base}graph/inferred/"

    def limit(self, name: str, default: int) -> int:
        """A limit from the settings, in the unit that its name says."""
        return int(self.settings.get("limits", {}).get(name, default))

    @cached_property
    def prefixes(self) -> Prefixes:
        """The bindings of `ontology/prefixes.ttl`, the one place where a prefix is bound."""
        namespaces: dict[str, str] = {}
        names: dict[str, str] = {}
        for triple in self.read(self.root / "ontology" / "prefixes.ttl").triples:
            value = getattr(triple.object, "value", "")
            if triple.predicate.value == _DECLARED_PREFIX:
                names[str(triple.subject)] = value
            elif triple.predicate.value == _DECLARED_NAMESPACE:
                namespaces[str(triple.subject)] = value
        return Prefixes({names[key]: namespaces[key] for key in sorted(names) if key in namespaces})

    def files(self, *folders: str, suffix: str = ".ttl") -> tuple[Path, ...]:
        """The files with a suffix in or below some folders of the project, sorted by their path."""
        found = {path for folder in folders for path in (self.root / folder).rglob(f"*{suffix}") if path.is_file()}
        return tuple(sorted(found))

    @property
    def ontology_files(self) -> tuple[Path, ...]:
        """What the terms mean: header, modules, borrowed slices, schemes. Shapes and alignments stand apart."""
        header = self.root / "ontology" / "smartcity.ttl"
        return (
            *([header] if header.is_file() else []),
            *self.files("ontology/modules", "ontology/borrowed", "ontology/schemes"),
        )

    @property
    def shape_files(self) -> tuple[Path, ...]:
        """The shapes and the prefixes that their queries use."""
        return (self.root / "ontology" / "prefixes.ttl", *self.files("ontology/shapes"))

    @property
    def data_files(self) -> tuple[Path, ...]:
        """Shared entries and records."""
        return self.files("data/shared", "data/cities")

    @property
    def checked_files(self) -> tuple[Path, ...]:
        """What is validated when no file is named: all data, and the schemes."""
        return (*self.data_files, *self.files("ontology/schemes"))

    def relative(self, path: str | Path) -> str:
        """A path as people name it: from the project's folder where it lies in it."""
        try:
            return Path(path).resolve().relative_to(self.root).as_posix()
        except (ValueError, OSError, RuntimeError):  # not below it; too long; links that lead in a circle
            return str(path)

    def graph_name(self, path: Path) -> str:
        """The IRI of the named graph that a file of the project becomes."""
        stem = path.resolve().relative_to(self.root).with_suffix("").as_posix()
        if stem.startswith("data/cities/"):
            return f"{self.base}doc/city/{stem.removeprefix('data/cities/')}"
        if stem.startswith("data/"):
            return f"{self.base}doc/{stem.removeprefix('data/')}"
        return f"{self.base}graph/{stem}"

    def read(self, path: Path) -> Document:
        """The triples of a file of the project, within the project's limits.

        Raises:
            InputError: If it cannot be read or is no Turtle; the message names it from the project's folder.
        """
        name = self.relative(path)
        data = read_bytes(path, name=name, max_bytes=self.limit("file_bytes", 10_000_000))
        return parse_turtle(data, path=name, max_triples=self.limit("file_triples", 200_000))


def _read_settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"the settings cannot be read: {error}", path=path) from error
    _check_limits(settings.get("limits", {}), path)
    return settings


def _check_limits(limits: Any, path: Path) -> None:  # noqa: ANN401 - whatever stands in the file
    if not isinstance(limits, dict):
        raise InputError("'limits' is no table", path=path, hint="Write [limits], and a line for each limit.")
    for name, value in limits.items():
        if type(value) is not int or value < 0:
            raise InputError(
                f"the limit {name!r} is {value!r}, no whole number",
                path=path,
                hint=f"Write for example {name} = 5.",
            )
