"""The static site: every page in every language, and RDF beside it (layer 4).

Everything that has an IRI has a page and RDF. Pages are made in several processes; a page whose inputs are those
of the last run is taken over.
"""

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyoxigraph as ox
from pyoxigraph import NamedNode, RdfFormat, Triple, serialize

from smartcity_kg.answer import Rows
from smartcity_kg.assets import find_assets
from smartcity_kg.catalogue import Distribution
from smartcity_kg.context import read_context
from smartcity_kg.errors import ParameterProblem
from smartcity_kg.formats import csv, ntriples, rdfxml, turtle
from smartcity_kg.formats import json as results_json
from smartcity_kg.formats.order import used_prefixes
from smartcity_kg.formats.templates import render
from smartcity_kg.graph import prepared_store
from smartcity_kg.pages.address import file_name
from smartcity_kg.pages.citation import Edition
from smartcity_kg.pages.fingerprint import Fingerprints
from smartcity_kg.pages.frontpages import Answered, Frontpages, answer_saved, search_entries
from smartcity_kg.pages.index import Index
from smartcity_kg.pages.panels import Panels
from smartcity_kg.pages.site import FORMATS, Site
from smartcity_kg.pages.thing import Things
from smartcity_kg.pages.vocabulary import ontology_page, rules_page, schemes_page
from smartcity_kg.pages.words import say
from smartcity_kg.project import Project
from smartcity_kg.publish.beside import beside
from smartcity_kg.publish.folder import FolderWriter, publishing
from smartcity_kg.publish.folder import Written as Entry
from smartcity_kg.publish.hosting import hosting_files
from smartcity_kg.publish.machines import linkset_json, queries_json, vocabulary_json
from smartcity_kg.publish.release import Written, write_release
from smartcity_kg.queries import read_saved_queries
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF_TYPE

_PACKAGE = Path(__file__).parents[1]
_CHUNK = 60
_SHARE = 0.75  # of the pages of things; the rest takes as long as the RDF and what else there is
DOWNLOADS = "download/"

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """One page to make: its kind, its path, and what it is made from."""

    kind: str
    path: str
    key: str


@dataclass(frozen=True)
class Built:
    """What a run did.

    Attributes:
        files: How many files there are.
        changed: How many of them are new or have other bytes.
        removed: How many are gone.
        made: How many pages were made, and not taken over from the run before.
        problems: What could not be compared with an earlier release.
    """

    files: int
    changed: int
    removed: int
    made: int
    problems: tuple[str, ...] = ()


class Maker:
    """Makes the files of a site from what is read once.

    Args:
        site: What all pages share.
        files: What can be downloaded.
        answers: Answers to saved queries by name, as far as they are known.
    """

    def __init__(
        self,
        site: Site,
        files: Sequence[Mapping[str, Any]] = (),
        answers: Mapping[str, Answered | None] | None = None,
    ) -> None:
        self.site = site
        self.things = Things(site)
        self.front = Frontpages(site, files, answers)
        self._front = dict.fromkeys(self.front.paths())
        special = {"ontology": ontology_page, "shapes": rules_page, "scheme": schemes_page}
        versions = site.index.versions.items()
        self._special = {**special, **{path: special[of] for path, of in versions if of in special}}

    def prepare(self) -> None:
        """Read everything that pages need from the store, so that they can be made in other processes."""
        self.things.prepare()
        self.site.prepare()
        self.front.prepare()

    def jobs(self) -> tuple[Callable[[], list[Job]], Callable[[], list[Job]]]:
        """What finds out all pages and all RDF, each with what it depends on: in halves that take equally long."""
        prints = Fingerprints(self.site.index, self.site.languages, _common(self.site))
        fixed = {*self._front, *self._special}
        things = [path for path in self.site.index.things if path not in fixed]
        here = int(len(things) * _SHARE)
        return (
            lambda: [*self._front_jobs(prints), *self._thing_jobs(prints, things[:here])],
            lambda: [*self._thing_jobs(prints, things[here:]), *self._rdf_jobs(prints)],
        )

    def _rdf_jobs(self, prints: Fingerprints) -> list[Job]:
        return [Job("rdf", path, prints.of_triples(self.things.triples(path))) for path in self.site.index.things]

    def _thing_jobs(self, prints: Fingerprints, paths: Iterable[str]) -> list[Job]:
        return [Job("thing", path, prints.of_things(*self.things.inputs(path, prints))) for path in paths]

    def _front_jobs(self, prints: Fingerprints) -> list[Job]:
        front = [Job("front", path, prints.of_things(*self.front.inputs(path, prints))) for path in self._front]
        terms = prints.of_statements(*self._terms()) if self._special else ""
        special = [Job("special", path, terms) for path in self._special]
        return [*front, *special]

    def files_of(self, job: Job) -> list[str]:
        """The names of the files of a job."""
        if job.kind == "rdf":
            return [f"{file_name(job.path)}.{ending}" for _, _, ending in FORMATS]
        return [f"{language}/{file_name(job.path)}.html" for language in self.site.languages]

    def make(self, job: Job) -> list[tuple[str, bytes]]:
        """The files of a job with their content."""
        names = self.files_of(job)
        if job.kind == "rdf":
            triples = self.things.triples(job.path)
            return [(name, self._rdf(triples, form[2])) for name, form in zip(names, FORMATS, strict=True)]
        pages = (self._page(job, language) for language in self.site.languages)
        return list(zip(names, (page.encode() for page in pages), strict=True))

    def _page(self, job: Job, language: str) -> str:
        return self.page(job.path, language)

    @cached_property
    def pages(self) -> frozenset[str]:
        """The paths of all pages, without language and ending."""
        return frozenset((*self.front.paths(), *self._special, *self.site.index.things))

    def page(self, path: str, language: str) -> str:
        """The HTML of one of `pages` in a language.

        Raises:
            KeyError: If there is no such page.
        """
        if path in self._front:
            return self.front.render(path, language)
        if path in self._special:
            return self._special[path](self.site, language, path)
        return self.things.render(path, language)

    @cached_property
    def files(self) -> Mapping[str, Callable[[], bytes]]:
        """What makes the files that are neither pages nor the RDF beside them, by name."""
        site = self.site
        made: dict[str, Callable[[], bytes]] = {
            "search.json": lambda: _json(search_entries(site)),
            "vocabulary.json": lambda: _json(vocabulary_json(site)),
            "queries.json": lambda: _json(queries_json(site)),
            "linkset.json": lambda: _json(linkset_json(site, self.front.files)),
            ".well-known/void": lambda: self.rdf("data", "ttl"),
        }
        made |= {f"queries/{query.name}.rq": partial(query.text.encode) for query in site.queries}
        pages = sorted(f"{language}/{file_name(path)}.html" for language in site.languages for path in self.pages)
        hosted = dict(hosting_files(site, pages))
        return made | {name: partial(bytes, data) for name, data in hosted.items()}

    def rdf(self, path: str, ending: str) -> bytes:
        """The RDF of a page in the format of an ending; empty where the page is about nothing."""
        return self._rdf(self.things.triples(path), ending) if path in self.site.index.things else b""

    def _rdf(self, triples: Sequence[Triple], ending: str) -> bytes:
        prefixes = self.site.project.prefixes
        if ending == "ttl":
            return turtle.write_graph(triples, prefixes)
        if ending == "nt":
            return ntriples.write_graph(triples)
        if ending == "rdf":
            return rdfxml.write_graph(triples, prefixes)
        # The context stands in the file: whoever reads a page's data should not have to fetch another.
        used = dict(sorted(used_prefixes(triples, prefixes).items()))
        return serialize(triples, format=RdfFormat.JSON_LD, prefixes=used) or b""

    def _terms(self) -> tuple[list[NamedNode], str]:
        """What the pages of terms, rules and schemes depend on."""
        index = self.site.index
        heads = {path.partition("/")[0] for path in self._special}
        own = (iris for path, iris in index.things.items() if path.partition("/")[0] in heads)
        things = [NamedNode(iri) for iris in own for iri in iris]
        members = [name for name, found in sorted(index.members.items()) if set(found) & set(things)]
        counts = [sum(1 for p, _ in index.incoming.get(thing, ()) if p == RDF_TYPE) for thing in things]
        return things, repr((members, counts, [self.site.uses[thing] for thing in things]))


def build_site(
    project: Project,
    out: Path,
    *,
    address: str = "",
    day: date,
    previous: Path | None = None,
    processes: int = 1,
    tell: Tell | None = None,
    say_step: Callable[[str], None] | None = None,
) -> Built:
    """Write the site of a project into a folder: the old or the new one, never something between.

    Args:
        project: Whose site it is.
        out: The folder; new, empty, or a site that this wrote before.
        address: The address that it will have on the web; the project's base if empty.
        day: The day of the edition.
        previous: The release before, to say what is new.
        processes: How many processes make pages.
        tell: Called with how many pages are done and how many there are.
        say_step: Called with a word on what is being done.

    Raises:
        ParameterProblem: If the address is none.
        Refused: If the folder is not empty and no site of ours, or lies in the project.
        OSError: If the disk is full or fails.
    """
    place = _address(project, address)
    with publishing(out, kind="site", project=project) as writer, ExitStack() as stack:
        say_step = say_step or (lambda _: None)
        say_step("Reading the graph …")
        later: list[Callable[[], object]] = []
        store = prepared_store(project, later=later.append).in_memory()

        def release() -> tuple[Written, dict[str, Entry], set[str]]:
            written = write_release(
                project, store, writer, day=day, place=DOWNLOADS, previous=previous, base=place
            )
            return written, writer.files, writer.changed

        # Two things at once as far as possible: first the other process, which can have no threads of this one.
        released = stack.enter_context(beside(release, processes=processes))
        pool = stack.enter_context(ThreadPoolExecutor(2))
        asked = pool.submit(_answers, project, store)
        kept = [pool.submit(work) for work in later]
        results: list[Written] = []

        def catalogue(site: Site) -> Iterable[Triple]:
            # Needs nothing of the release, and the other process is still at work on that.
            site.prepare()
            written, files, changed = released()
            if writer.files is not files:
                writer.adopt(files, changed)
            results.append(written)
            return written.catalogue

        say_step("Writing the downloads …")
        site = read_site(project, address=address, day=day, store=store, catalogue=catalogue)
        [written] = results
        say_step("Asking the saved queries …")
        maker = Maker(site, [_offered(file) for file in written.files], asked.result())
        maker.prepare()
        wait(kept)
        made = _write_pages(maker, writer, processes, tell)
        for name, data in _other_files(maker):
            writer.write(name, data)
        _write_answers(maker, writer)
        say_step("Putting the site in place …")
        return Built(len(writer.files), len(writer.changed), len(writer.removed), made, written.problems)


def _offered(file: Distribution) -> dict[str, Any]:
    """A file as the page about the data offers it."""
    return {
        "file": f"{DOWNLOADS}{file.path}",
        "title": dict(file.titles),
        "format": file.media_type + (" (gzip)" if file.compression else ""),
        "media_type": file.media_type,
        "bytes": file.size,
        "sha256": file.sha256,
        "dump": file.media_type == "application/n-quads",
    }


def _answers(project: Project, store: EmbeddedStore) -> dict[str, Answered | None]:
    return {query.name: answer_saved(query, store, project) for query in read_saved_queries(project)}


def _address(project: Project, address: str) -> str:
    place = address or project.base
    parts = urlsplit(place)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment or " " in place:
        raise ParameterProblem(
            f"{place!r} is no address of a site", hint="Write it as https://data.example.org/ or with a path."
        )
    return place if place.endswith("/") else place + "/"


def read_site(
    project: Project,
    *,
    address: str,
    day: date,
    store: EmbeddedStore | None = None,
    catalogue: Callable[[Site], Iterable[Triple]] = lambda _: (),
    served: bool = False,
) -> Site:
    """Everything that pages are made from, read once; `served` where a server shows them.

    `catalogue` gives the description of the release; it is called with the site that lacks only that.

    >>> from datetime import date
    >>> site = read_site(Project.find(), address="", day=date(2026, 11, 22))
    >>> len(site.index.things) > 7000
    True
    """
    # A store is not asked how much it holds: that would read it all.
    store = prepared_store(project) if store is None else store
    files = (*project.shape_files, *project.files("ontology/alignments"))
    more: dict[str, Iterable[Triple]] = {project.graph_name(path): project.read(path).triples for path in files}
    index = Index.read(store, project, more)
    title, publisher = project.settings.get("title", {}), project.settings.get("publisher", {})
    name, version = str(publisher.get("name", "")), read_context(project).version
    editions = {
        language: Edition(str(title.get(language, "smartcity-kg")), name, version, day.isoformat())
        for language in Site.languages
    }
    panels = Panels(store, project, index)
    assets = frozenset(find_assets())
    site = Site(project, store, _address(project, address), editions, index, panels, assets, served)
    index.add({f"{project.base}data": catalogue(site)})
    return site


_MAKER: list[Maker] = []


def _make(jobs: list[Job]) -> list[tuple[Job, list[tuple[str, bytes]]]]:
    return [(job, _MAKER[0].make(job)) for job in jobs]


def _write_pages(maker: Maker, writer: FolderWriter, processes: int, tell: Tell | None) -> int:
    """Write all pages, and say of how many the files had to be made."""
    first, second = maker.jobs()
    with beside(lambda: _take_over(maker, second(), writer), processes=processes) as others:
        halves = [_take_over(maker, first(), writer), others()]
    for half in halves:
        writer.adopt({name: file for name, file in half.taken.items() if name not in writer.files}, ())
    waiting = [job for half in halves for job in half.waiting]
    total = sum(half.jobs for half in halves)
    done = total - len(waiting)
    for job, files in _in_processes(maker, waiting, processes):
        for name, data in files:
            if name not in writer.files:
                writer.write(name, data, key=job.key)
        done += 1
        if tell and done % _CHUNK == 0:
            tell(done, total)
    return len(waiting)


@dataclass(frozen=True)
class _Half:
    """Of some jobs how many there are, which must be done, and the files that were taken over."""

    jobs: int
    waiting: list[Job]
    taken: dict[str, Entry]


def _take_over(maker: Maker, jobs: list[Job], writer: FolderWriter) -> _Half:
    """Take over what can be; in another process the writer must be told of it."""
    waiting = [job for job in jobs if not _taken_over(maker, job, writer)]
    names = (name for job in jobs for name in maker.files_of(job))
    return _Half(len(jobs), waiting, {name: writer.files[name] for name in names if name in writer.files})


def _taken_over(maker: Maker, job: Job, writer: FolderWriter) -> bool:
    """Whether all files of a job could be taken over."""
    if not job.key:
        return False
    taken = [writer.reuse(name, job.key) for name in maker.files_of(job)]
    return all(taken)


def _in_processes(maker: Maker, jobs: list[Job], processes: int) -> Iterator[tuple[Job, list[tuple[str, bytes]]]]:
    # Few pages are made after a small change, and among them the slowest.
    size = max(1, min(_CHUNK, len(jobs) // (4 * processes)))
    chunks = [jobs[start : start + size] for start in range(0, len(jobs), size)]
    if processes < 2 or len(chunks) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        for job in jobs:
            yield job, maker.make(job)
        return
    _MAKER[:] = [maker]
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            for made in pool.imap(_make, chunks):
                yield from made
    finally:
        _MAKER.clear()


def _common(site: Site) -> str:
    """What every page depends on: this code, its templates and words, shapes, queries, settings, the edition."""
    total = hashlib.blake2b(ox.__version__.encode(), digest_size=16)
    project = site.project
    sources = [*_PACKAGE.rglob("*.py"), *_PACKAGE.glob("templates/**/*.*")]
    own = [*project.shape_files, *project.files("ontology/rules", "queries", suffix=".rq")]
    own += [
        path for path in (project.root / "smartcity.toml", project.root / "queries/columns.toml") if path.is_file()
    ]
    for path in (*sorted(sources), *sorted(own), *find_assets().values()):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    total.update(repr((site.address, sorted(site.editions.items()))).encode())
    return total.hexdigest()


def _other_files(maker: Maker) -> Iterator[tuple[str, bytes]]:
    for name, path in sorted(find_assets().items()):
        yield f"assets/{name}", path.read_bytes()
    for name, make in maker.files.items():
        yield name, make()
    yield "index.html", _chooser(maker.site).encode()


def _write_answers(maker: Maker, writer: FolderWriter) -> None:
    """Write the stored answers; those that are as in the run before are taken over."""
    code = _common(maker.site)
    for query in maker.site.queries:
        answered = maker.front.answer(query)
        if answered is None:
            continue
        rows = answered.rows
        key = _digest_of_rows(code, rows)
        for ending, write in (("csv", csv.write_answer), ("json", results_json.write_answer)):
            name = f"queries/{query.name}.{ending}"
            if not writer.reuse(name, key):
                writer.write(name, write(rows).encode(), key=key)


def _digest_of_rows(code: str, rows: Rows) -> str:
    total = hashlib.blake2b(f"{code}\n{rows.columns}\n".encode(), digest_size=16)
    for row in rows.rows:
        total.update("\t".join("" if term is None else str(term) for term in row).encode() + b"\n")
    return total.hexdigest()


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _chooser(site: Site) -> str:
    """The page at the root: it leads to the start page in each language."""
    names = [(language, say("this_language", language)) for language in site.languages]
    titles = {language: edition.title for language, edition in site.editions.items()}
    return render("site/chooser.html", languages=names, titles=titles, address=site.address)
