"""The page about a thing: its sections, facts, pictures, gaps (layer 4).

What belongs in which section, in which order and under which name, is what the shapes say.
"""

from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from smartcity_kg.completeness import Completeness, measure
from smartcity_kg.pages.article import Article, Property
from smartcity_kg.pages.citation import cite
from smartcity_kg.pages.figures import draw_place, draw_rows
from smartcity_kg.pages.fingerprint import Fingerprints
from smartcity_kg.pages.panels import Answered, Table, make_table
from smartcity_kg.pages.schema_org import Vocabulary
from smartcity_kg.pages.site import Page, Site, as_script, forms_of
from smartcity_kg.pages.values import Reader, Value, is_web
from smartcity_kg.pages.words import say
from smartcity_kg.terms import RDF, RDF_TYPE, SKOS, Term

_STATEMENT = NamedNode(f"{RDF}Statement")
_SAME = frozenset(
    NamedNode(iri)
    for iri in (
        "http://www.w3.org/2002/07/owl#sameAs",
        f"{SKOS}exactMatch",
        f"{SKOS}closeMatch",
        "http://www.w3.org/2000/01/rdf-schema#seeAlso",
        "http://xmlns.com/foaf/0.1/homepage",
    )
)
_IN_DATASET = NamedNode("http://rdfs.org/ns/void#inDataset")
_DOCUMENTS = "doc/"
_FACTS = 6
_NEAR = 8


@dataclass(frozen=True)
class Shown:
    """A panel as a page shows it."""

    name: str
    title: str
    description: str
    href: str
    view: str
    figure: str
    table: Table


@dataclass(frozen=True)
class PageSection:
    """A section of a portrait: its heading, entries and panels."""

    anchor: str
    title: str
    entries: tuple[Article, ...]
    panels: tuple[Shown, ...]


@dataclass(frozen=True)
class Missing:
    """What a page lacks, in sentences."""

    note: str
    lines: tuple[str, ...]


class Things:
    """Makes the pages of things, each in both languages.

    Args:
        site: What they share.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._near_found: dict[NamedNode, list[tuple[str, float]]] = {}
        self._completeness: dict[tuple[str, str], Completeness | None] = {}
        self._vocabulary = Vocabulary.read(site.project)

    def prepare(self) -> None:
        """Read from the store what pages need from it, so that they can be made where there is none."""
        for iris in self.site.index.things.values():
            record = self.site.index.record(NamedNode(iris[0]))
            for language in self.site.languages if record else ():
                self._measured(record, language)

    def inputs(self, path: str, prints: Fingerprints) -> tuple[list[NamedNode], str]:
        """What the page depends on: the things it tells about, and all else as one text."""
        index = self.site.index
        things = [NamedNode(iri) for iri in index.things[path]]
        main = things[0]
        panels = [prints.of_rows(panel.rows) for panel in self.site.panels.get(main.value, ())]
        near = [(prints.face(NamedNode(iri)), f"{km:.3f}") for iri, km in self._nearest(main)]
        crumbs = [prints.face(crumb) for crumb in self._above(main)]
        return [*things, *self._members(main)], repr((panels, near, crumbs, sorted(self._recorded)))

    def render(self, path: str, language: str) -> str:
        """The HTML of a page."""
        site, index = self.site, self.site.index
        iris = index.things[path]
        main = NamedNode(iris[0])
        shell = Page(path, language, "")
        reader = site.reader(shell)
        article = site.writer(language).article(main, reader, incoming=True)
        page = self._page(path, language, article, main, reader)
        sections, panels = self._sections(main, reader, page)
        lead, facts = _split(article)
        # A thing and the document about it are one page; the parts of either follow.
        others = [NamedNode(iri) for iri in iris[1:]]
        point = index.point(main)
        return site.render(
            "thing.html",
            page,
            article=article,
            lead=lead,
            facts=facts,
            sections=sections,
            panels=panels,
            parts_of_page=[site.writer(language).article(other, reader) for other in others],
            crumbs=self._crumbs(main, reader),
            place=draw_place(site, main, self._nearest(main), page, title=article.title),
            coordinates=_coordinates(point, language) if point else "",
            near=self._near(main, reader),
            missing=self._missing(main, language),
            citation=cite(article.title, main.value, site.editions[language], language),
            elsewhere=self._elsewhere(main, reader),
        )

    def triples(self, path: str) -> list[Triple]:
        """The RDF of a page: what is said of its things, all of a record, and the dataset that it is part of."""
        index = self.site.index
        wanted: dict[Triple, None] = {}
        waiting: list[Term] = [NamedNode(iri) for iri in index.things[path]]
        waiting += index.members.get(f"{index.base}{path}", ())
        waiting += index.axioms.get(index.versions.get(path, path), ())
        seen = set(waiting)
        while waiting:
            subject = waiting.pop()
            for predicate, other in index.outgoing.get(subject, ()):
                wanted[Triple(subject, predicate, other)] = None  # type: ignore[arg-type]
                if isinstance(other, BlankNode) and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        if path.startswith(_DOCUMENTS) and index.page(NamedNode(f"{index.base}data")):
            document, dataset = NamedNode(f"{index.base}{path}"), NamedNode(f"{index.base}data#data")
            wanted[Triple(document, _IN_DATASET, dataset)] = None
        return sorted(wanted, key=str)

    def _page(self, path: str, language: str, article: Article, main: NamedNode, reader: Reader) -> Page:
        kinds = ", ".join(kind.text for kind in article.kinds)
        description = f"{article.title}: {kinds}. {self.site.editions[language].title}."
        types = self._vocabulary.types(self.site.index, main)
        return Page(
            path,
            language,
            article.title,
            description[:300],
            main.value,
            forms=forms_of(path),
            types=types,
            linked_data=as_script(self._vocabulary.describe(self.site, main, reader, types)),
        )

    def _sections(
        self, main: NamedNode, reader: Reader, page: Page
    ) -> tuple[tuple[PageSection, ...], tuple[Shown, ...]]:
        site = self.site
        answered = site.panels.get(main.value, ())
        by_section: dict[tuple[str, str], list[tuple[str, Article]]] = {}
        writer = site.writer(reader.language)
        for member in self._members(main):
            block = next((block for block in writer.blocks(member) if block.section), None)
            if block:
                article = writer.article(member, reader)
                order = self._first_day(member)
                by_section.setdefault((block.section_order, block.section), []).append((order, article))
        names = {panel.section for panel in answered if panel.section} - {key[1] for key in by_section}
        orders = {b.section: b.section_order for b in writer.layout.blocks}
        for name in names:
            by_section.setdefault((orders.get(name, "~"), name), [])
        sections = []
        for (_, section), found in sorted(by_section.items()):
            entries = tuple(article for _, article in sorted(found, key=lambda one: (one[0], one[1].title)))
            panels = tuple(self._shown(p, reader, page) for p in answered if p.section == section)
            title = reader.name(NamedNode(section))
            sections.append(
                PageSection(section.rpartition("/")[2], title[:1].upper() + title[1:], entries, panels)
            )
        rest = tuple(self._shown(panel, reader, page) for panel in answered if not panel.section)
        return tuple(sections), rest

    def _members(self, main: NamedNode) -> list[NamedNode]:
        """What has a place in a portrait: what the record describes, and what lies below the thing's IRI."""
        index = self.site.index
        own = [m for m in index.members.get(index.record(main), ()) if isinstance(m, NamedNode)]
        below = [NamedNode(i) for i in self._below.get(main.value, ())]
        found = {m.value: m for m in (*own, *below) if m != main and "#" not in m.value}
        return [
            found[iri] for iri in sorted(found) if (RDF_TYPE, _STATEMENT) not in index.outgoing.get(found[iri], ())
        ]

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        """The things whose IRIs lie below that of another."""
        found: dict[str, list[str]] = {}
        for iris in self.site.index.things.values():
            for iri in iris:
                found.setdefault(iri.rpartition("/")[0], []).append(iri)
        return found

    def _first_day(self, thing: Term) -> str:
        """The earliest day that a property of a thing names; late where it names none."""
        days = [
            other.value
            for _, other in self.site.index.outgoing.get(thing, ())
            if isinstance(other, Literal) and other.datatype.value.endswith("#date")
        ]
        return min(days, default="~")

    def _shown(self, panel: Answered, reader: Reader, page: Page) -> Shown:
        query = panel.query
        return Shown(
            query.name,
            query.title(reader.language),
            query.description(reader.language),
            page.to(f"queries/{query.name}"),
            panel.view,
            draw_rows(self.site, panel.rows, panel.view, page, title=query.title(reader.language)),
            make_table(panel.rows, self.site.columns, reader),
        )

    def _crumbs(self, main: NamedNode, reader: Reader) -> list[Value]:
        return [reader.value(one) for one in self._above(main)]

    def _above(self, main: NamedNode) -> list[NamedNode]:
        """The things whose IRIs this one's begins with, where they have a page."""
        index = self.site.index
        parts = main.value.removeprefix(index.base).partition("#")[0].split("/")
        above = [NamedNode(index.base + "/".join(parts[:count])) for count in range(1, len(parts))]
        return [one for one in above if index.page(one) and index.page(one) != index.page(main)]

    def _near(self, main: NamedNode, reader: Reader) -> Table:
        rows = [
            (reader.value(NamedNode(iri)), Value(say("km", reader.language, n=max(1, round(km))), number=True))
            for iri, km in self._nearest(main)
        ]
        return Table((say("name", reader.language), say("distance", reader.language)), tuple(rows))

    def _nearest(self, main: NamedNode) -> list[tuple[str, float]]:
        if main not in self._near_found:
            kinds = (self.site.neighbourhoods.get(kind.value) for kind in self.site.index.classes(main))
            towns = next((one for one in kinds if one and main.value in one.points), None)
            self._near_found[main] = towns.nearest(main.value, _NEAR) if towns else []
        return self._near_found[main]

    def _missing(self, main: NamedNode, language: str) -> Missing | None:
        index = self.site.index
        record = index.record(main)
        if record:
            found = self._measured(record, language)
            return Missing("", _gaps(found, language)) if found else None
        alike = [kind for kind in index.classes(main) if kind.value in self._recorded]
        return Missing(say("missing_record_other", language), ()) if alike else None

    @cached_property
    def _recorded(self) -> frozenset[str]:
        """The classes of things of which some have a record."""
        index = self.site.index
        things = (NamedNode(iri) for iris in index.things.values() for iri in iris)
        return frozenset(kind.value for thing in things if index.record(thing) for kind in index.classes(thing))

    def _measured(self, record: str, language: str) -> Completeness | None:
        if (record, language) not in self._completeness:
            yardstick = self.site.yardsticks[language]
            self._completeness[record, language] = measure(list(self.site.store.triples(graph=record)), yardstick)
        return self._completeness[record, language]

    def _elsewhere(self, main: NamedNode, reader: Reader) -> list[Value]:
        found = [
            reader.value(other)
            for predicate, other in self.site.index.outgoing.get(main, ())
            if predicate in _SAME and isinstance(other, NamedNode) and is_web(other.value)
        ]
        return sorted((v for v in found if not v.iri.startswith(self.site.index.base)), key=lambda v: v.iri)


def _split(article: Article) -> tuple[list[Property], list[Property]]:
    """The texts that introduce a thing, and the few facts to be shown large."""
    lead = [p for p in article.stated if p.long and p.group == "identity"]
    facts = [p for p in article.stated if p.key][:_FACTS]
    return lead, facts


def _gaps(found: Completeness, language: str, most: int = 12) -> tuple[str, ...]:
    lines = []
    for section in found.sections:
        if not section.entries:
            lines.append(say("missing_section", language, kinds=", ".join(section.kinds)))
        for gap in section.gaps[:3]:
            entries = ", ".join(gap.entries[:3]) + (" …" if len(gap.entries) > 3 else "")
            lines.append(say("missing_field", language, name=gap.name, entries=entries))
    return tuple(lines[:most])


def _coordinates(point: tuple[float, float], language: str) -> str:
    east = {"de": "O", "en": "E"}[language]
    text = f"{point[1]:.2f}° N, {point[0]:.2f}° {east}"
    return text.replace(".", ",") if language == "de" else text
