"""A release: dumps, tables, catalogue data, checksums and a note, in one folder (layer 4).

The same input and the same date give the same bytes.
"""

import gzip
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.answer import Rows
from smartcity_kg.catalogue import Distribution, describe_graph, describe_release
from smartcity_kg.context import Context, read_context
from smartcity_kg.errors import InputError
from smartcity_kg.formats import csv, csvw, geojson, jsonld, ntriples, rdfxml, release_note, turtle
from smartcity_kg.news import Note
from smartcity_kg.project import Project
from smartcity_kg.publish.beside import beside
from smartcity_kg.publish.dumps import FORMS, Dumps
from smartcity_kg.publish.folder import FolderWriter, publishing
from smartcity_kg.publish.lines import Changes
from smartcity_kg.publish.note import compare_releases, read_previous
from smartcity_kg.publish.statements import Part, Statements, read_statements
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.tables import Table, read_tables
from smartcity_kg.terms import text_of

KIND = "release"
CHECKSUMS = "checksums.txt"
_LEVEL = 7  # 2 % larger than the best, in half of the time
_GZIP = "application/gzip"
_TRIPLES = "application/n-triples"
_GRAPH = "data/graph.nq.gz"
_LICENCE = "SELECT ?licence WHERE { ?ontology a owl:Ontology ; dct:license ?licence } ORDER BY ?licence"
_CODE = ("formats", "publish", "tables.py", "context.py", "turtle/blanks.py")


@dataclass(frozen=True)
class Released:
    """What a release came to: its files, which of them are new or changed or gone, and its note.

    `problems`: what could not be done, in a sentence each.
    """

    folder: Path
    files: tuple[Distribution, ...]
    changed: frozenset[str]
    removed: frozenset[str]
    note: Note
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """What was written of a release.

    Attributes:
        files: The files.
        note: What is new.
        problems: What could not be compared.
        catalogue: The description of the files.
    """

    files: tuple[Distribution, ...]
    note: Note
    problems: tuple[str, ...]
    catalogue: tuple[ox.Triple, ...]


def build_release(
    project: Project,
    store: EmbeddedStore,
    folder: Path,
    *,
    day: date,
    previous: Path | None = None,
    base: str = "",
    processes: int = 1,
    later: Iterable[Callable[[], object]] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Released:
    """Write a release of a project into a folder, whole or not at all.

    Args:
        project: What is released.
        store: Its store, rules run.
        folder: Where the release is to stand; the release that stands there is replaced.
        day: The day of the release.
        previous: The release before, or a dump from it, to say what changed.
        base: The address under which the release will stand; the project's base if absent.
        processes: How many processes work on it.
        later: What else is to be done, in threads beside this; see `prepared_store`.
        progress: Called with a word on what is being done.

    Raises:
        Refused: If the folder may not be written to; see `publishing`.
        InputError: If a file of the project cannot be read, or the folder not be written.

    >>> project = Project.find()
    >>> inside = project.root / "release"
    >>> build_release(project, EmbeddedStore(project.prefixes), inside, day=date(2026, 1, 1))
    Traceback (most recent call last):
    smartcity_kg.errors.Refused: ...release: this folder lies in the project, and what is published...
    """
    with publishing(folder, kind=KIND, project=project) as writer:
        written = write_release(
            project,
            store,
            writer,
            day=day,
            previous=previous,
            base=base,
            processes=processes,
            later=later,
            progress=progress,
        )
        progress("Putting the release in place …")
    changed, removed = frozenset(writer.changed), frozenset(writer.removed)
    return Released(folder, written.files, changed, removed, written.note, written.problems)


def write_release(
    project: Project,
    store: EmbeddedStore,
    writer: FolderWriter,
    *,
    day: date,
    place: str = "",
    previous: Path | None = None,
    base: str = "",
    processes: int = 1,
    later: Iterable[Callable[[], object]] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> "Written":
    """Write the files of a release into a folder that is being built, below `place`, such as `download/`.

    The other arguments are those of `build_release`.
    """
    progress("Reading …")
    context = read_context(project)
    address = f"{base or project.base}{place}"

    def read() -> _Read:
        described = describe_graph(project, store, day=day, address=address, version=context.version)
        return _Read(_table_files(read_tables(project, store), _licence(store), day), described)

    # First the other process, which can have no threads of this one.
    with beside(read, processes=processes) as tables, ThreadPoolExecutor(2) as pool:
        kept = [pool.submit(work) for work in later]
        release = _Release(project, writer, context, address, place, pool)
        statements = read_statements(project, store)
        release.write_parts(statements, progress)
        release.write(context.path, jsonld.write_context(context), "application/ld+json", "context", _CONTEXT)
        progress("Writing tables …")
        found = tables()
        wait(kept)
    for file in found.tables:
        release.write(file.path, file.data, file.media_type, file.dataset, file.titles)
    progress("Comparing with the previous release …")
    note, problems = _compared(previous, statements, project, store, day, context.version)
    release.write_note(note)
    progress("Describing the files for catalogues …")
    release.sort_files()
    described = describe_release(
        project, store, release.files, day=day, address=address, version=context.version, graph=found.described
    )
    release.write_catalogue(described)
    release.write_checksums()
    return Written(tuple(release.files), note, tuple(problems), described)


_CONTEXT = {"de": "JSON-LD-Kontext", "en": "JSON-LD context"}
_WHOLE = {"de": "Der ganze Graph, wie ihn Abfragen sehen", "en": "The whole graph, as queries see it"}
_TABLES = {"de": "Tabellen", "en": "Tables"}
_METADATA = {"de": "Beschreibung der Tabellen (CSVW)", "en": "Description of the tables (CSVW)"}


@dataclass(frozen=True)
class _File:
    """A file of a release: the arguments of `_Release.write`."""

    path: str
    data: bytes
    media_type: str
    dataset: str
    titles: Mapping[str, str]


@dataclass(frozen=True)
class _Read:
    """What another process reads from the store: the tables, and what the catalogue says of the graph."""

    tables: Sequence[_File]
    described: Sequence[ox.Triple]


class _Release:
    """Writes the files of a release and keeps the list of them."""

    def __init__(
        self,
        project: Project,
        writer: FolderWriter,
        context: Context,
        base: str,
        place: str,
        pool: ThreadPoolExecutor,
    ) -> None:
        self.files: list[Distribution] = []
        self._pool = pool
        self._project = project
        self._writer = writer
        self._context = context
        self._address = f"{base}{context.path}"
        self._place = place
        namespaces = str(sorted(project.prefixes.namespaces.items()))
        self._code = _digest(_digest_of_code(), self._address, namespaces, jsonld.write_context(context))

    def write(
        self, path: str, data: bytes, media_type: str, dataset: str, titles: Mapping[str, str], key: str = ""
    ) -> None:
        """Write a file and list it."""
        self._writer.write(self._place + path, data, key=key)
        self._list(path, media_type, dataset, titles)

    def write_parts(self, statements: Statements, progress: Callable[[str], None]) -> None:
        """Write all parts in all formats, and the whole graph."""
        # All packing waits in one queue: begun early, it is done when the rest is.
        whole = self.pack(statements.whole.quads)
        changes, packed = Changes(statements.whole, self.read_before()), []
        for part in statements.parts:
            progress(f"Writing {part.folder}/{part.name} …")
            packed.append(self.write_part(part, changes))
        for write in packed:
            write()
        self.write_whole(whole.result())

    def write_part(self, part: Part, changes: Changes) -> Callable[[], None]:
        """Write a part in all formats but the packed one; what was made from the same before is taken over.

        Args:
            part: The graphs.
            changes: What changed in the whole graph since the run before.

        Returns:
            What writes the packed one; it waits until that is packed.
        """
        lines = part.graphs
        said = (f"{name} {len(graph)}\n".encode() + b"".join(graph) for name, graph in lines.graphs.items())
        of = f"{self._code}-{_digest(*lines.graph_names)}"
        key = f"{of}-{_digest(*said)}"
        stem = f"{part.folder}/{part.name}"
        packed = None if self._take_over(f"{stem}.nt.gz", key, part) else self.pack(lines.merged)
        waiting = [ending for ending in FORMS if not self._take_over(f"{stem}.{ending}", key, part)]
        if waiting:
            dumps = Dumps(lines, self._project.prefixes, self._context, self._address)
            for ending in waiting:
                old = self._old(f"{stem}.{ending}", of)
                data = dumps.patch(ending, old, changes) or dumps.write(ending)
                self.write(f"{stem}.{ending}", data, FORMS[ending].media_type, part.name, part.titles, key)

        def write_packed() -> None:
            if packed:
                self.write(f"{stem}.nt.gz", packed.result(), _TRIPLES, part.name, part.titles, key)

        return write_packed

    def sort_files(self) -> None:
        """List what belongs together together, in the order of the first of each."""
        places = {name: place for place, name in enumerate(dict.fromkeys(file.dataset for file in self.files))}
        self.files.sort(key=lambda file: (places[file.dataset], file.path.endswith(".gz")))

    def _take_over(self, path: str, key: str, part: Part) -> bool:
        if not self._writer.reuse(self._place + path, key):
            return False
        ending = path.partition(".")[2]
        self._list(path, FORMS[ending].media_type if ending in FORMS else _TRIPLES, part.name, part.titles)
        return True

    def read_before(self) -> Sequence[bytes]:
        """The whole graph of the run before, as sorted lines of N-Quads; empty where there was none."""
        old = self._old(_GRAPH, self._code)
        return gzip.decompress(old).splitlines(keepends=True) if old else ()

    def pack(self, lines: Iterable[bytes]) -> "Future[bytes]":
        """Pack lines beside other work: packing needs no Python."""
        return self._pool.submit(_packed, b"".join(lines))

    def write_whole(self, packed: bytes) -> None:
        """Write the graph that the saved queries ask: each named graph, and the merged one as default graph."""
        self.write(_GRAPH, packed, "application/n-quads", "graph", _WHOLE, self._code)

    def _old(self, path: str, code: str) -> bytes:
        """A file of the run before; empty if there is none, or it was not made by the same code of the same."""
        key = self._writer.key(self._place + path)
        return (self._writer.read(self._place + path) or b"") if key.startswith(code) else b""

    def write_note(self, note: Note) -> None:
        """Write what is new, for people and for programs."""
        for language in ("de", "en"):
            text = release_note.write_markdown(note, language)
            titles = {"de": "Was neu ist", "en": "What is new"}
            self.write(f"notes/release.{language}.md", text.encode(), "text/markdown", "note", titles)
        text = release_note.write_json(note)
        self.write("notes/release.json", text.encode(), "application/json", "note", titles)

    def write_catalogue(self, triples: Sequence[ox.Triple]) -> None:
        """Write the description of the files in all formats."""
        prefixes = self._project.prefixes
        titles = {"de": "Beschreibung für Kataloge (DCAT, VoID)", "en": "Description for catalogues (DCAT, VoID)"}
        for ending, media_type, data in (
            ("ttl", "text/turtle", turtle.write_graph(triples, prefixes)),
            ("nt", "application/n-triples", ntriples.write_graph(triples)),
            ("jsonld", "application/ld+json", jsonld.write_graph(triples, self._context, address=self._address)),
            ("rdf", "application/rdf+xml", rdfxml.write_graph(triples, prefixes)),
        ):
            self.write(f"catalogue/catalogue.{ending}", data, media_type, "catalogue", titles)

    def write_checksums(self) -> None:
        """Write the digests of all files, as `sha256sum --check` reads them."""
        lines = (f"{file.sha256}  {file.path}\n" for file in sorted(self.files, key=lambda file: file.path))
        self._writer.write(self._place + CHECKSUMS, "".join(lines).encode())

    def _list(self, path: str, media_type: str, dataset: str, titles: Mapping[str, str]) -> None:
        file = self._writer.files[self._place + path]
        packed = _GZIP if path.endswith(".gz") else ""
        self.files.append(Distribution(path, dataset, media_type, file.size, file.sha256, titles, packed))


def _table_files(tables: Iterable[Table], licence: str, day: date) -> list[_File]:
    """The tables, what their columns mean, and the places of those that are meant for a map."""
    files, found = [], list(tables)
    for table in found:
        text, path = csv.write_answer(table.as_rows()), f"tables/{table.name}"
        files.append(_File(f"{path}.csv", text.encode(), "text/csv", table.name, table.titles))
        if geojson.has_places(table):
            data = geojson.write_features(table)
            files.append(_File(f"{path}.geojson", data, "application/geo+json", table.name, table.titles))
    data = csvw.write_metadata(found, titles=_TABLES, licence=licence, date=day.isoformat())
    path = "tables/tables.csv-metadata.json"
    return [*files, _File(path, data, "application/csvm+json", "tables", _METADATA)]


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=_LEVEL, mtime=0)


def _licence(store: EmbeddedStore) -> str:
    answer = store.run(_LICENCE)
    return next((text_of(row[0]) for row in answer), "") if isinstance(answer, Rows) else ""


def _compared(
    previous: Path | None, statements: Statements, project: Project, store: EmbeddedStore, day: date, version: str
) -> tuple[Note, list[str]]:
    """The note; where the release before cannot be read or compared, one without it, and what was wrong."""
    before, problems = read_previous(previous, project)
    try:
        return compare_releases(before, statements, project, store, day=day, version=version), problems
    except InputError as error:
        problem = f"{previous}: the previous release cannot be compared: {error.message}"
        return compare_releases(None, statements, project, store, day=day, version=version), [problem]


def _digest(*parts: str | bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update((part.encode() if isinstance(part, str) else part) + b"\0")
    return total.hexdigest()[:32]


def _digest_of_code() -> str:
    """A name for the code that writes, so that a new version takes nothing over from an old one."""
    here = Path(__file__).parents[1]
    files = [path for name in _CODE for path in sorted((here / name).rglob("*.py") or [here / name])]
    files += [here / name for name in _CODE if name.endswith(".py")]
    return _digest(ox.__version__, *(path.read_bytes() for path in files))
