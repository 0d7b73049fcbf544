"""The pages that are about no single thing: start, map, networks, questions, editor, data, texts (layer 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from smartcity_kg.answer import Rows, Truth
from smartcity_kg.errors import NotFound
from smartcity_kg.pages.article import Article
from smartcity_kg.pages.figures import draw_overview, draw_rows, item_key
from smartcity_kg.pages.fingerprint import Fingerprints
from smartcity_kg.pages.panels import make_table, rows_of
from smartcity_kg.pages.site import Page, Site, as_script, forms_of
from smartcity_kg.pages.values import Reader, Value, day_in_words, last_part, number_in_words
from smartcity_kg.pages.words import say
from smartcity_kg.project import Project
from smartcity_kg.queries import SavedQuery, bind_parameters, run_saved_query
from smartcity_kg.store import Store
from smartcity_kg.terms import Term, text_of

# The questions behind the pages of this module; what they ask stands in their files.
_PLACES, _LATEST, _PARTICIPANTS = "places", "latest-records", "participants"
_CONNECTIONS, _NUMBERS, _SIZES, _FIRST = "connections", "numbers", "network-sizes", "network-sizes"
# Which page asks what, and which of them offer files.
_START = "index"
_ASKED = {
    _START: (_PLACES, _PARTICIPANTS, _LATEST),
    "map": (_PLACES, _PARTICIPANTS),
    "networks": (_CONNECTIONS, _SIZES),
}
_OFFERING = ("data", "sparql")
_TEXTS = ("about", "accessibility", "privacy", "check")
_SHOWN = 6
_MOST_ROWS = 500


@dataclass(frozen=True)
class Listed:
    """A thing in a list: its name with link, where it belongs, and what it is filtered by."""

    value: Value
    key: str
    tags: str
    number: int = 0
    recorded: bool = False


@dataclass(frozen=True)
class Group:
    """Things under one heading."""

    heading: Value
    items: tuple[Listed, ...]


def _by_region(site: Site, rows: Rows, participants: Rows, reader: Reader) -> tuple[Group, ...]:
    """All places by region, with what they take part in as tags."""
    taking_part = _by_place(participants)
    found: dict[Term | None, dict[str, Listed]] = {}
    for row in rows.rows:
        record = dict(zip(rows.columns, row, strict=True))
        thing, region = record.get("thing"), record.get("region")
        if not isinstance(thing, NamedNode):
            continue
        bodies = taking_part.get(thing.value, ())
        tags = [item_key(site, one) for one in (*([region] if region else []), *bodies)]
        recorded = record.get("record") is not None
        tags += ["record"] if recorded else []
        listed = Listed(reader.value(thing), item_key(site, thing), " ".join(tags), len(bodies), recorded)
        found.setdefault(region, {})[thing.value] = listed
    groups = [
        Group(
            reader.value(region) if region else Value("–"),
            tuple(sorted(items.values(), key=lambda one: one.value.text)),
        )
        for region, items in found.items()
    ]
    return tuple(sorted(groups, key=lambda group: group.heading.text))


def _by_place(rows: Rows) -> dict[str, list[Term]]:
    found: dict[str, list[Term]] = {}
    body, place = rows.columns.index("body"), rows.columns.index("thing")
    for row in rows.rows:
        if row[body] is not None:
            found.setdefault(text_of(row[place]), []).append(row[body])  # type: ignore[arg-type]
    return found


@dataclass(frozen=True)
class Answered:
    """The rows of an answer, and the examples that stand for the query's required parameters."""

    rows: Rows
    values: Mapping[str, str]


def answer_saved(query: SavedQuery, store: Store, project: Project) -> Answered | None:
    """The answer to a saved query for the examples of its parameters; none where it is yes or no.

    >>> from smartcity_kg.graph import prepared_store
    >>> project = Project.find()
    >>> from smartcity_kg.queries import get_saved_query
    >>> found = answer_saved(get_saved_query(project, "networks-of-city"), prepared_store(project), project)
    >>> dict(found.values)
    {'city': 'city:magdeburg'}
    """
    values = {one.name: one.example for one in query.parameters if not one.optional}
    answer = store.query(query.text, bind_parameters(query, store, project.prefixes, values))
    return None if isinstance(answer, Truth) else Answered(rows_of(answer), values)


@dataclass(frozen=True)
class Shown:
    """A query and what came of it, as the editor's page shows it: one of rows, truth value, graph and problem."""

    text: str
    rows: Rows | None = None
    truth: bool | None = None
    graph: str = ""
    problem: str = ""


class Frontpages:
    """Makes the pages that are about no single thing.

    Args:
        site: What all pages share.
        files: What can be downloaded, for the page about the data.
        answers: Answers to saved queries by name, as far as they are known.
    """

    def __init__(
        self,
        site: Site,
        files: Sequence[Mapping[str, object]] = (),
        answers: Mapping[str, Answered | None] | None = None,
    ) -> None:
        self.site = site
        self.files = files
        self._answers: dict[str, Answered | None] = dict(answers or {})
        self._rows: dict[str, Rows] = {}
        self._saved = {query.name: query for query in site.queries}

    def paths(self) -> tuple[str, ...]:
        """The paths of all these pages, without language and ending."""
        fixed = ("index", "map", "networks", "queries", "sparql", "data", "search", "not-found", *_TEXTS)
        return (*fixed, *(f"queries/{query.name}" for query in self.site.queries))

    def prepare(self) -> None:
        """Ask everything that pages need, so that they can be made where there is no store."""
        for names in _ASKED.values():
            for name in names:
                self._ask(name)
        for language in self.site.languages:
            self._counted(language)
        for query in self.site.queries:
            self.answer(query)

    def inputs(self, path: str, prints: Fingerprints) -> tuple[list[NamedNode], str]:
        """What a page depends on: the things that it tells about, and all else as one text."""
        if path.startswith("queries/"):
            return [], self._query_inputs(path, prints)
        things = [NamedNode(iri) for iri in self.site.index.things.get("data", ())] if path == "data" else []
        rows = [prints.of_rows(self._ask(name)) for name in _ASKED.get(path, ())]
        if path == _START:
            rows += [prints.of_rows(self._counted(language)) for language in self.site.languages]
        # The digests of the downloads change with every record, so they may not concern other pages.
        return things, repr((rows, self.files if path in _OFFERING else ()))

    def _query_inputs(self, path: str, prints: Fingerprints) -> str:
        query = self._saved[path.removeprefix("queries/")]
        answered = self.answer(query)
        if answered is None:
            return query.text
        examples = [prints.face(term) for term in self.examples(answered).values()]
        return repr((query.text, prints.of_rows(answered.rows), examples))

    def _ask(self, name: str) -> Rows:
        if name not in self._rows:
            self._rows[name] = rows_of(self.site.store.query(self._saved[name].text))
        return self._rows[name]

    def _counted(self, language: str) -> Rows:
        key = f"{_NUMBERS} {language}"
        if key not in self._rows:
            query = self._saved[_NUMBERS]
            prefixes = self.site.project.prefixes
            self._rows[key] = rows_of(run_saved_query(query, self.site.store, prefixes, {}, language=language))
        return self._rows[key]

    def _places(self, reader: Reader) -> tuple[Group, ...]:
        return _by_region(self.site, self._ask(_PLACES), self._ask(_PARTICIPANTS), reader)

    def render(self, path: str, language: str) -> str:
        """The HTML of a page.

        Raises:
            KeyError: If there is no such page.
        """
        if path.startswith("queries/"):
            return self._query(path, language)
        makers = {
            _START: self._start,
            "map": self._map,
            "networks": self._networks,
            "queries": self._queries,
            "sparql": self.editor,
            "data": self._data,
        }
        return makers[path](language) if path in makers else self._text(path, language)

    def _start(self, language: str) -> str:
        page = Page("index", language, say("hero", language), say("hero_text", language), area="index")
        reader = self.site.reader(page)
        groups = self._places(reader)
        recorded = [one for group in groups for one in group.items if one.recorded]
        return self.site.render(
            "index.html",
            page,
            figure=draw_overview(self.site, page, _listed(groups, recorded=True), title=say("map", language)),
            recorded=recorded,
            numbers=self._numbers(language),
            latest=self._latest(reader),
        )

    def _numbers(self, language: str) -> list[tuple[str, Value]]:
        rows = self._counted(language)
        return [(text_of(name), Value(number_in_words(text_of(number), language))) for name, number in rows.rows]

    def _latest(self, reader: Reader) -> list[tuple[Value, str, Value | None]]:
        found: dict[str, tuple[Value, str, Value | None]] = {}
        for thing, day, source in self._ask(_LATEST).rows:
            if thing is not None:
                value = reader.value(thing)
                words = day_in_words(text_of(day), reader.language)
                found.setdefault(value.iri, (value, words, reader.value(source) if source else None))
        return list(found.values())[:_SHOWN]

    def _map(self, language: str) -> str:
        page = Page("map", language, say("map", language), say("map_caption", language), area="map")
        reader = self.site.reader(page)
        groups = self._places(reader)
        members = self._ask(_PARTICIPANTS)
        bodies = {text_of(term): term for term in (row[members.columns.index("body")] for row in members.rows)}
        choices = [(item_key(self.site, term), reader.name(term)) for term in bodies.values() if term is not None]
        return self.site.render(
            "map.html",
            page,
            figure=draw_overview(self.site, page, _listed(groups), title=say("map", language)),
            groups=groups,
            columns={name: titles[language] for name, titles in self.site.columns.items()},
            bodies=sorted(choices, key=lambda choice: choice[1]),
            regions=[
                (item_key(self.site, NamedNode(g.heading.iri)), g.heading.text) for g in groups if g.heading.iri
            ],
        )

    def _networks(self, language: str) -> str:
        page = Page(
            "networks", language, say("networks", language), say("networks_lead", language), area="networks"
        )
        reader = self.site.reader(page)
        rows = self._ask(_CONNECTIONS)
        return self.site.render(
            "networks.html",
            page,
            figure=draw_rows(self.site, rows, "graph", page, title=page.title),
            table=make_table(rows, self.site.columns, reader, most=2000),
            sizes=make_table(self._ask(_SIZES), self.site.columns, reader, most=500),
        )

    def _queries(self, language: str) -> str:
        page = Page("queries", language, say("questions", language), say("ask_text", language), area="queries")
        return self.site.render("queries.html", page, topics=self._by_topic(page))

    def _by_topic(self, page: Page) -> list[tuple[str, list[tuple[SavedQuery, str]]]]:
        """The names of the topics, each with its queries and their pages."""
        topics: dict[str, list[tuple[SavedQuery, str]]] = {}
        for query in self.site.queries:
            topics.setdefault(query.topic, []).append((query, page.to(f"queries/{query.name}")))
        words = self.site.project.settings.get("topics", {})
        return [(words.get(topic, {}).get(page.language, topic), entries) for topic, entries in topics.items()]

    def answer(self, query: SavedQuery) -> Answered | None:
        """The stored answer to a query."""
        if query.name not in self._answers:
            self._answers[query.name] = answer_saved(query, self.site.store, self.site.project)
        return self._answers[query.name]

    def _query(self, path: str, language: str) -> str:
        query = self._saved[path.removeprefix("queries/")]
        title = query.title(language)
        described = path in self.site.index.things
        page = Page(
            path, language, title, query.description(language), area="queries",
            iri=f"{self.site.index.base}{path}" if described else "", forms=forms_of(path) if described else (),
        )  # fmt: skip
        reader = self.site.reader(page)
        answered = self.answer(query)
        rows = answered.rows if answered else Rows((), ())
        examples = self.examples(answered) if answered else {}
        named = {name: reader.value(term) for name, term in examples.items()}
        return self.site.render(
            "query.html",
            page,
            query=query,
            lead=query.description(language),
            values=[(p.title(language), named[p.name]) for p in query.parameters if p.name in named],
            figure=draw_rows(self.site, rows, query.view, page, title=title),
            table=make_table(rows, self.site.columns, reader, most=500) if answered else None,
            count=len(rows),
            parameters=query.parameters,
        )

    def examples(self, answered: Answered) -> dict[str, Term]:
        """What stands for the required parameters of an answered query: things, or what was written."""
        found: dict[str, Term] = {}
        for name, text in answered.values.items():
            try:
                found[name] = self.site.project.prefixes.expand(text)
            except (NotFound, ValueError):
                found[name] = Literal(text)
        return found

    def editor(self, language: str, shown: Shown | None = None) -> str:
        """The page with the editor for SPARQL; where a server answers, with a query and what came of it."""
        page = Page(
            "sparql",
            language,
            "SPARQL",
            say("ask_text", language),
            area="sparql",
            scripts=("page.js", "sparql.js"),
        )
        base = self.site.index.base
        links = [
            [f"{base}ontology#", page.to("ontology") + "#", ""],
            [f"{base}id/", page.to("doc").removesuffix(".html") + "/", ".html"],
            [f"{base}scheme/", page.to("scheme").removesuffix(".html") + "/", ".html"],
        ]
        first = self._saved[_FIRST]
        dump = next((file for file in self.files if file.get("dump")), None)
        rows = shown.rows if shown else None
        return self.site.render(
            "sparql.html",
            page,
            topics=self._by_topic(page),
            links=links,
            text=shown.text if shown else first.sparql,
            dump=dump,
            shown=shown,
            count=len(rows) if rows else 0,
            table=make_table(rows, self.site.columns, self.site.reader(page), most=_MOST_ROWS) if rows else None,
        )

    def _data(self, language: str) -> str:
        page = Page(
            "data", language, say("data", language), say("reuse_text", language), area="data",
            iri=f"{self.site.index.base}data", forms=forms_of("data"),
            linked_data=as_script(self._dataset(language)),
        )  # fmt: skip
        return self.site.render("data.html", page, files=self.files, described=self._described(page))

    def _described(self, page: Page) -> list[Article]:
        """What the catalogue says, a place on the page for each thing."""
        reader, writer = self.site.reader(page), self.site.writer(page.language)
        iris = self.site.index.things.get("data", ())
        return [writer.article(NamedNode(iri), reader) for iri in iris if "#" in iri]

    def _period(self) -> dict[str, str]:
        """The time that the data are about, as the catalogue has it."""
        period = NamedNode(f"{self.site.index.base}data#period")
        days = sorted(o.value for _, o in self.site.index.outgoing.get(period, ()) if isinstance(o, Literal))
        return {"temporalCoverage": f"{days[0]}/{days[-1]}"} if days else {}

    def _dataset(self, language: str) -> dict[str, object]:
        """The data as search engines want to know them."""
        edition = self.site.editions[language]
        return {
            "@context": "https://schema.org/",
            "@type": "Dataset",
            "@id": f"{self.site.index.base}data",
            "name": edition.title,
            "description": say("hero_text", language),
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "creator": {"@type": "Organization", "name": edition.publisher},
            "version": edition.version,
            "dateModified": edition.day,
            "identifier": f"{self.site.index.base}data",
            "url": f"{self.site.address}{language}/data.html",
            "inLanguage": ["de", "en"],
            "isAccessibleForFree": True,
            **self._period(),
            "spatialCoverage": {"@type": "Country", "name": {"de": "Deutschland", "en": "Germany"}[language]},
            "distribution": [
                {
                    "@type": "DataDownload",
                    "contentUrl": f"{self.site.address}{file['file']}",
                    "encodingFormat": file["media_type"],
                    "name": file["title"],
                }
                for file in ({**one, "title": one["title"][language]} for one in self.files)  # type: ignore[index]
            ],
        }

    def _text(self, path: str, language: str) -> str:
        key = {"not-found": "not_found"}.get(path, path)
        page = Page(path, language, say(key, language), area="check" if path == "check" else "")
        template = path if path in {"search", "not-found"} else f"{path}.{language}"
        publisher = self.site.project.settings.get("publisher", {})
        return self.site.render(f"{template}.html", page, base=self.site.index.base, publisher=publisher)


def search_entries(site: Site) -> list[list[str]]:
    """What the search finds: of each thing with a name the path, and names and kinds by language."""
    found = []
    for path, iris in site.index.things.items():
        thing = NamedNode(iris[0])
        names = [site.index.label(thing, language) for language in site.languages]
        if any(names) and not path.startswith("ontology/"):
            kinds = site.index.classes(thing)
            words = [
                ", ".join(site.index.label(k, language) or last_part(k.value) for k in kinds)
                for language in site.languages
            ]
            found.append([path, *names, *words])
    return found


def _listed(groups: Sequence[Group], *, recorded: bool = False) -> list[NamedNode]:
    """The things of all groups, or those that have a record."""
    return [NamedNode(one.value.iri) for group in groups for one in group.items if one.recorded or not recorded]
