"""What all pages of a site share: the graph, the words, where files are (layer 4)."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from smartcity_kg.completeness import Yardstick
from smartcity_kg.formats.templates import render
from smartcity_kg.geo import Neighbourhood
from smartcity_kg.layout import Layout, read_layout
from smartcity_kg.pages.address import Address, Links, file_name
from smartcity_kg.pages.article import Writer
from smartcity_kg.pages.citation import Edition
from smartcity_kg.pages.index import Index
from smartcity_kg.pages.panels import Answered
from smartcity_kg.pages.values import Reader, day_in_words
from smartcity_kg.pages.words import say
from smartcity_kg.project import Project
from smartcity_kg.queries import SavedQuery, read_column_titles, read_saved_queries
from smartcity_kg.reason import read_rules
from smartcity_kg.store.embedded import EmbeddedStore

LANGUAGES = ("de", "en")
# No inline script or style, nothing from elsewhere; WebAssembly is for the store in the browser.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'"
)


@dataclass(frozen=True)
class Form:
    """A page's content as RDF: the name of the format, its media type and the file."""

    name: str
    media_type: str
    ending: str
    file: str


FORMATS = (
    ("Turtle", "text/turtle", "ttl"),
    ("JSON-LD", "application/ld+json", "jsonld"),
    ("N-Triples", "application/n-triples", "nt"),
    ("RDF/XML", "application/rdf+xml", "rdf"),
)


def forms_of(path: str) -> tuple[Form, ...]:
    """The files with a page's content as RDF.

    >>> [form.file for form in forms_of("doc/city/ulm")][0]
    'doc/city/ulm.ttl'
    """
    return tuple(Form(name, media, ending, f"{file_name(path)}.{ending}") for name, media, ending in FORMATS)


def as_script(data: object) -> str:
    r"""JSON that may stand in a script element: nothing in it can end the element.

    >>> as_script({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@dataclass(frozen=True)
class Page:
    """What the frame of a page shows, in one language.

    Attributes:
        path: The page's path below the root, without language and ending.
        language: Its language.
        title: Its title.
        description: One sentence for search engines.
        iri: The thing that the page is about; empty where it is about none.
        area: The entry of the menu that it belongs to.
        forms: The same as RDF.
        types: Classes of schema.org for the thing.
        linked_data: JSON-LD of schema.org for search engines.
        scripts: The scripts that it loads.
    """

    path: str
    language: str
    title: str
    description: str = ""
    iri: str = ""
    area: str = ""
    forms: tuple[Form, ...] = ()
    types: tuple[str, ...] = ()
    linked_data: str = ""
    scripts: tuple[str, ...] = ("page.js",)
    policy: str = POLICY

    @property
    def file(self) -> str:
        """The page's file."""
        return self.in_language(self.language)

    def in_language(self, language: str) -> str:
        """The file of the page in a language."""
        return f"{language}/{file_name(self.path)}.html"

    @property
    def links(self) -> Links:
        """Links from this page."""
        return Links(self.file, self.language)

    def link(self, file: str) -> str:
        """The link to a file of the site."""
        return self.links.file_link(file)

    def to(self, path: str, fragment: str = "") -> str:
        """The link to another page in the same language."""
        return self.links.page(Address(path, fragment))


@dataclass(frozen=True)
class Site:
    """A site of one edition: everything that is read once and used on many pages.

    Attributes:
        project: Where ontology, shapes and queries come from.
        store: The graph with all inferences.
        address: The address that the site will have on the web; it ends in a slash.
        edition: What is cited, by language.
        index: The graph by thing.
        panels: Answers to saved queries by the thing on whose page they belong.
        available: The assets that are there.
        served: Whether a server answers at the addresses of its interfaces, rather than a folder of files.
    """

    project: Project
    store: EmbeddedStore
    address: str
    editions: Mapping[str, Edition]
    index: Index
    panels: Mapping[str, tuple[Answered, ...]]
    available: frozenset[str] = frozenset()
    served: bool = False
    _writers: dict[str, Writer] = field(default_factory=dict, repr=False, compare=False)

    languages = LANGUAGES

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """What the shapes say about order and names, by language."""
        return {language: read_layout(self.project, language) for language in LANGUAGES}

    @cached_property
    def rules(self) -> dict[str, dict[str, str]]:
        """What the rules are called, by language and name."""
        rules = read_rules(self.project)
        return {
            language: {rule.name: rule.header.text("title", language) for rule in rules} for language in LANGUAGES
        }

    @cached_property
    def _weaker(self) -> frozenset[str]:
        return frozenset(rule.name for rule in read_rules(self.project) if rule.weaker)

    @cached_property
    def columns(self) -> dict[str, dict[str, str]]:
        """What columns are called."""
        return read_column_titles(self.project)

    @cached_property
    def queries(self) -> tuple[SavedQuery, ...]:
        """The saved queries."""
        return read_saved_queries(self.project)

    @cached_property
    def neighbourhoods(self) -> dict[str, Neighbourhood]:
        """The points of all things, by class."""
        found: dict[str, dict[str, tuple[float, float]]] = {}
        for iris in self.index.things.values():
            for iri in iris:
                thing = NamedNode(iri)
                point = self.index.point(thing)
                for kind in self.index.classes(thing) if point else ():
                    found.setdefault(kind.value, {})[iri] = point  # type: ignore[assignment]
        return {kind: Neighbourhood(points) for kind, points in sorted(found.items())}

    @cached_property
    def uses(self) -> Counter[NamedNode]:
        """How often each property is used in a statement that no rule concluded."""
        found: Counter[NamedNode] = Counter()
        for subject, pairs in self.index.outgoing.items():
            found.update(p for p, o in pairs if Triple(subject, p, o) not in self.index.rules)  # type: ignore[arg-type]
        return found

    @cached_property
    def day(self) -> dict[str, str]:
        """The edition's day in words, by language."""
        return {language: day_in_words(self.editions[language].day, language) for language in LANGUAGES}

    @property
    def version(self) -> str:
        """The edition's version."""
        return self.editions["en"].version

    @cached_property
    def yardsticks(self) -> dict[str, Yardstick]:
        """What records are measured by, with names in each language."""
        return Yardstick.read_each(self.project, LANGUAGES, self.layouts, self._statements)

    def _statements(self, path: Path) -> Iterable[Triple]:
        """What a file of the project says, as the store has it."""
        return self.store.triples(graph=self.project.graph_name(path))

    def prepare(self) -> None:
        """Read from the store what pages of all things need."""
        len(self.panels)
        len(self.yardsticks)

    def writer(self, language: str) -> Writer:
        """What makes articles in a language."""
        if language not in self._writers:
            self._writers[language] = Writer.of(self.index, self.layouts[language], self._weaker)
        return self._writers[language]

    def reader(self, page: Page) -> Reader:
        """Who reads a page."""
        return Reader(self.index, self.project.prefixes, page.links)

    def render(self, template: str, page: Page, **values: object) -> str:
        """A page, from a template of `templates/site`; `live` where it answers to what was asked."""
        language = page.language

        def t(key: str, **filled: object) -> str:
            return say(key, language, **filled)

        title = self.editions[language].title
        frame = {"title": title, "address": self.address, "languages": LANGUAGES, "day": self.day}
        return render(
            f"site/{template}",
            page=page,
            site={**frame, "version": self.version, "assets": self.available, "served": self.served},
            t=t,
            say=say,
            rules=self.rules[language],
            **{"live": False, **values},
        )
