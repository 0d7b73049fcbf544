"""A built site as the checks see it: a sample of its pages and RDF, each file read once (layer 4)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import normpath
from typing import TypeVar
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from smartcity_kg.errors import InputError
from smartcity_kg.publish.audit.graph import FORMATS, Graph, parse
from smartcity_kg.publish.audit.page import Page, read_page
from smartcity_kg.publish.audit.place import Place

_LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Za-z]+)?")
_CANONICAL = re.compile(r'<link[^>]*rel="canonical"[^>]*href="([^"]+)"')
_LOC = re.compile(r"<loc>([^<]+)</loc>")
_CATALOGUE = re.compile(
    r"(?:[^/]+|catalogue/[^/]+|download/[^/]+|download/catalogue/[^/]+)\.ttl|\.well-known/[^/]+"
)
_DEEP = 3
_ASKED_OF_A_CHECK = 40
T = TypeVar("T")


@dataclass
class Site:
    """A site in some place; `base` is what the IRIs of its things begin with, `each` the sample of every kind."""

    place: Place
    base: str
    each: int = 6
    _pages: dict[str, Page] = field(default_factory=dict, repr=False)
    _graphs: dict[str, Graph | str] = field(default_factory=dict, repr=False)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that the site has pages in: its folders with two letters and an `index.html`."""
        tops = {path.split("/")[0] for path in self.place.paths() if "/" in path}
        return tuple(sorted(t for t in tops if _LANGUAGE.fullmatch(t) and self.place.exists(f"{t}/index.html")))

    @cached_property
    def address(self) -> str:
        """Where the site says that it lies; ends in a slash."""
        found = _CANONICAL.search(self.text("index.html"))
        return found[1] if found else self.base

    @cached_property
    def page_paths(self) -> tuple[str, ...]:
        """All pages in a language."""
        return tuple(
            path for path in self.place.paths() if path.endswith(".html") and path.split("/")[0] in self.languages
        )

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """A sample: of each folder and depth some pages, evenly spread, the same in every run."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for path in self.page_paths:
            parts = path.split("/")
            groups.setdefault((*parts[:-1][:_DEEP], str(len(parts))), []).append(path)
        wanted = [path for _, paths in sorted(groups.items()) for path in self._some(paths)]
        return tuple(page for page in map(self.page, wanted) if page is not None)

    def _some(self, paths: Sequence[str]) -> list[str]:
        count = len(paths) if paths[0].count("/") == 1 else min(self.each, len(paths))
        return [paths[number * len(paths) // count] for number in range(count)]

    def few(self, names: Iterable[T]) -> list[T]:
        """All of some names in a folder; of those at an address, which must be asked one by one, some."""
        known = list(names)
        count = min(_ASKED_OF_A_CHECK, len(known)) if self.place.live else len(known)
        return [known[number * len(known) // count] for number in range(count)]

    @cached_property
    def things(self) -> tuple[str, ...]:
        """The documents of sampled pages that have RDF, without ending and language: `doc/a/b`, `scheme/c`."""
        names = dict.fromkeys(document(page.path) for page in self.pages)
        return tuple(name for name in names if self.place.exists(f"{name}.ttl"))

    def page(self, path: str) -> Page | None:
        """A page, or none where it cannot be read."""
        if path not in self._pages:
            text = self.text(path)
            if not text:
                return None
            self._pages[path] = read_page(path, text)
        return self._pages[path]

    def text(self, path: str) -> str:
        """The text of a file; empty where there is none."""
        try:
            return self.place.read(path).decode("utf-8", errors="replace") if self.place.exists(path) else ""
        except InputError:
            return ""

    def graph(self, path: str) -> Graph | str:
        """What a file of RDF says, or why it cannot be read."""
        if path not in self._graphs:
            ending = path.rpartition(".")[2]
            try:
                self._graphs[path] = parse(self.place.read(path), ending if ending in FORMATS else "ttl", path)
            except InputError as error:
                self._graphs[path] = error.message
        return self._graphs[path]

    @cached_property
    def ontology(self) -> Graph:
        """The ontology; empty where there is none."""
        return self._readable("ontology.ttl")

    @cached_property
    def shapes(self) -> Graph:
        """The shapes; empty where there are none."""
        return self._readable("shapes.ttl")

    @cached_property
    def catalogue(self) -> Graph:
        """What describes the data for catalogues, from all small files where it may stand."""
        taken = {"ontology.ttl", "shapes.ttl", "scheme.ttl"}
        paths = [path for path in self.place.paths() if _CATALOGUE.fullmatch(path) and path not in taken]
        return Graph(triple for path in paths for triple in self._readable(path).triples)

    def _readable(self, path: str) -> Graph:
        found = self.graph(path) if self.place.exists(path) else Graph(())
        return found if isinstance(found, Graph) else Graph(())

    def ours(self, iri: str) -> str | None:
        """The document of an IRI of ours, without ending; none for those of others.

        >>> from pathlib import Path
        >>> Site.ours(Site(None, "https://e.org/"), "https://e.org/id/city/ulm#a")  # type: ignore[arg-type]
        'doc/city/ulm'
        """
        bare = urldefrag(iri).url
        if not bare.startswith(self.base):
            return None
        path = unquote(bare.removeprefix(self.base))
        return f"doc/{path.removeprefix('id/')}" if path.startswith("id/") else path

    def target(self, page: Page, address: str) -> str | None:
        """The path that a link of a page leads to; none where it leaves the site or the page is meant."""
        bare = urldefrag(address).url
        if not bare:
            return None
        for start in (self.address, self.base):
            if bare.startswith(start):
                bare = f"/{bare.removeprefix(start)}"
                break
        parts = urlsplit(bare)
        if parts.scheme or parts.netloc:
            return None
        path = unquote(urlsplit(urljoin(f"/{page.path}", bare)).path)
        plain = normpath(path).lstrip("/")
        return f"{plain}/index.html" if path.endswith("/") and plain else plain or "index.html"

    def mapped(self) -> Iterator[str]:
        """The addresses that the site map lists."""
        for name in _LOC.findall(self.text("sitemap.xml")):
            path = name.removeprefix(self.address)
            yield from _LOC.findall(self.text(path)) if path.endswith(".xml") else [name]


def document(path: str) -> str:
    """The document of a page: its path without language and ending.

    >>> document("de/doc/city/ulm.html")
    'doc/city/ulm'
    """
    return path.partition("/")[2].removesuffix(".html")
