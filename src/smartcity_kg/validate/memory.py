"""Results of checks and the places of findings by key, kept in files (layer 2)."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.files import write_whole
from smartcity_kg.report import Finding
from smartcity_kg.turtle.parse import Document
from smartcity_kg.turtle.positions import Place
from smartcity_kg.validate.past import written
from smartcity_kg.validate.places import Sources
from smartcity_kg.validate.results import Result, join_report, split_report

_KEPT = 2


class Memory:
    """Results by key, in one file of a folder; without a folder only as long as the object lives.

    What cannot be read counts as not there, and what cannot be written is not kept.

    >>> memory = Memory(None, "shapes")
    >>> memory.put("unit", [])
    >>> "unit" in memory, "other" in memory, list(memory.get("unit"))
    (True, False, [])
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self._path = None if folder is None else folder / f"{name}.json"
        self._found = _read(self._path)
        self._stored = frozenset(self._found)

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def get(self, key: str) -> tuple[Result, ...]:
        """The results under a key."""
        return read_results(self._found[key])

    def put(self, key: str, results: Sequence[Result]) -> None:
        """Note the results under a key."""
        self._found[key] = write_results(results)

    def keep(self, keys: Iterable[str]) -> None:
        """Write what is under some keys, and forget the rest."""
        wanted = {key: self._found[key] for key in keys}
        if self._path is None or frozenset(wanted) == self._stored:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(wanted, sort_keys=True, ensure_ascii=False))
            others = [path for path in self._path.parent.glob("*.json") if path != self._path]
            for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT - 1 :]:
                path.unlink(missing_ok=True)
                for kind in (".past", ".places"):
                    path.with_suffix(kind).unlink(missing_ok=True)
        except OSError:
            return


class PlaceMemory:
    """Places of findings, in one file of a folder; without a folder only as long as the object lives.

    To find one, a whole file is taken apart word by word, and most files are as they were.

    >>> memory = PlaceMemory(None, "shapes")
    >>> finding = Finding("", "info", ox.NamedNode("http://e.org/a"), None, None, {}, {}, "a.ttl")
    >>> memory.get(finding, Document("a.ttl", (), {}), {}, lambda: Place(1, 2, 1, 3)).column
    2
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self._path = None if folder is None else folder / f"{name}.places"
        self._found = _read_places(self._path)
        self._used: dict[str, list[int] | None] = {}
        self._texts: dict[str, str] = {}

    def get(
        self, finding: Finding, document: Document, sources: Sources, find: Callable[[], Place | None]
    ) -> Place | None:
        """The place of a finding in a document, which `find` finds if it is not remembered."""
        if self._path is None:
            return find()
        if document.path not in self._texts:
            self._texts[document.path] = digest(document.text)
        asked = (finding.focus, finding.path, finding.value)
        of_path = sources.get(finding.path, ()) if isinstance(finding.path, ox.NamedNode) else ()
        key = digest(self._texts[document.path], *map(str, asked), *sorted(map(str, of_path)))
        if key not in self._used:
            place = find() if key not in self._found else self._found[key]
            self._used[key] = None if place is None else list(place)
        noted = self._used[key]
        return None if noted is None else Place(*noted)

    def keep(self) -> None:
        """Write the places that were asked for, and forget the rest."""
        if self._path is None or self._used == self._found:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(self._used, sort_keys=True))
        except OSError:
            return


def digest(*texts: str) -> str:
    """A hash of some texts, in their order.

    >>> digest("a", "b") == digest("ab")
    False
    """
    total = hashlib.sha256()
    for text in texts:
        total.update(text.encode() + b"\0")
    return total.hexdigest()[:32]


def write_results(results: Sequence[Result]) -> str:
    """Results as a SHACL report in N-Triples, sorted; nothing if there are none.

    >>> write_results([])
    ''
    """
    return "".join(f"{line}\n" for line in sorted(set(written(join_report(results))))) if results else ""


def read_results(text: str) -> tuple[Result, ...]:
    """The results that `write_results` wrote.

    Raises:
        SyntaxError: If it is no N-Triples.
        BackendError: If it is no SHACL report.

    >>> read_results("")
    ()
    """
    triples = [quad.triple for quad in ox.parse(input=text, format=ox.RdfFormat.N_TRIPLES)] if text else []
    return split_report(triples) if triples else ()


def _read(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    good = isinstance(found, dict) and all(_is_report(text) for text in found.values())
    return found if good else {}


def _read_places(path: Path | None) -> dict[str, list[int] | None]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and all(map(_is_place, found.values())) else {}


def _is_place(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, list) and len(value) == 4 and all(isinstance(one, int) for one in value)


def _is_report(text: object) -> bool:
    try:
        return text == "" or (isinstance(text, str) and bool(read_results(text)))
    except (SyntaxError, BackendError):
        return False
