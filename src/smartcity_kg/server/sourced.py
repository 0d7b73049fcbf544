"""Answers with their sources, as plain values for programs that read and cite (layer 6).

An answer says which edition of the data it comes from, which records hold the things in it, under which licence,
and on which documents these rest.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode

from smartcity_kg.answer import Rows, python_value
from smartcity_kg.describe import Statement, describe
from smartcity_kg.errors import BackendError, NotFound, ParameterProblem, TooLarge
from smartcity_kg.labels import with_labels
from smartcity_kg.pages.address import find_address
from smartcity_kg.queries import Parameter, SavedQuery, bind_parameters
from smartcity_kg.reason import read_rules
from smartcity_kg.server.rows import RESULTS, Given, find_rows, read_rows
from smartcity_kg.server.search import SearchDesk
from smartcity_kg.server.serving import Serving
from smartcity_kg.server.versions import Version
from smartcity_kg.sparql import bind, bind_all, check_query
from smartcity_kg.terms import Term, text_of

LANGUAGES = ("de", "en")
MOST_ROWS = 1_000
_MOST_THINGS = 100  # whose sources are looked up for one answer
_MOST_GRAPH = 200_000  # bytes of N-Triples
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_NAME = "submission.ttl"
_TRIPLES = "application/n-triples"
_RECORDS = """SELECT DISTINCT ?record ?title ?licence ?valid ?modified WHERE {
  GRAPH ?record { ?this ?property ?value }
  ?record dct:license ?licence .
  OPTIONAL { ?record dct:title ?title }
  OPTIONAL { ?record dct:valid ?valid }
  OPTIONAL { ?record dct:modified ?modified }
} ORDER BY ?record ?title"""
# A filter, since the engine would join a pattern with all sources there are.
_SOURCES = """SELECT DISTINCT ?source WHERE {
  { ?this sckg:evidence/dct:isPartOf? ?source } UNION { ?this dct:source ?source }
  UNION { ?statement rdf:subject ?this ; sckg:evidence/dct:isPartOf? ?source }
  FILTER EXISTS { ?source a sckg:Source }
} ORDER BY ?source"""
_STATED = """SELECT DISTINCT ?subject ?property ?object ?record WHERE {
  { GRAPH ?record { ?this ?property ?object } BIND(?this AS ?subject) }
  UNION { GRAPH ?record { ?subject ?property ?this } BIND(?this AS ?object) }
  ?record dct:license ?licence .
}"""
_EVIDENCE = """SELECT DISTINCT ?subject ?property ?object ?evidence WHERE {
  { ?statement rdf:subject ?this } UNION { ?statement rdf:object ?this }
  ?statement rdf:subject ?subject ; rdf:predicate ?property ; rdf:object ?object ; sckg:evidence ?evidence .
}"""


class Sourced:
    """What can be asked, each answer with its sources.

    Args:
        serving: What is served.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._search = SearchDesk(serving)
        self._starting: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """End what was begun."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._serving.close()

    def begin(self) -> None:
        """Open the graph beside whatever else goes on."""
        if self._starting is None or (self._starting.done() and self._starting.exception() is not None):
            self._starting = asyncio.get_running_loop().create_task(self._serving.start())

    async def queries(self, *, topic: str = "", language: str = "en") -> dict[str, Any]:
        """The saved queries: of all topics by name and title, of one with description, typed parameters, columns.

        Raises:
            NotFound: If there is no such topic.
        """
        version = await self._ready()
        queries = version.maker.site.queries
        topics = sorted({query.topic for query in queries})
        if topic and topic not in topics:
            raise NotFound.among("topic", topic[:100], topics, hint=f"There are: {', '.join(topics)}.")
        listed = [_offer(query, language, whole=bool(topic)) for query in queries if topic in {"", query.topic}]
        return {"topics": topics, "queries": listed, "edition": self._edition(version, language)}

    async def run(
        self, name: str, values: Mapping[str, str], *, language: str = "en", limit: int = 100, offset: int = 0
    ) -> dict[str, Any]:
        """The answer to a saved query: rows with labels, or a graph as N-Triples.

        Raises:
            SmartCityError: As `find_rows` does.
        """
        version = await self._ready()
        queries = {query.name: query for query in version.maker.site.queries}
        if name not in queries:
            raise NotFound.among("saved query", name[:100], queries, hint="list_saved_queries names all.")
        query = queries[name]
        _check_given(query, values)
        told: dict[str, Any] = {
            "query": name,
            "title": query.title(language),
            "means": query.description(language),
        }
        try:
            site, workers = version.maker.site, self._serving.workers
            if query.form != "SELECT":
                terms = await asyncio.to_thread(
                    bind_parameters, query, site.store, site.project.prefixes, dict(values)
                )
                return told | await self._graph_or_truth(version, bind(query.text, terms), query.form, language)
            given = Given({k: v for k, v in values.items() if v.strip()}, language, limit, offset)
            rows, more = await find_rows(workers, site.store, site.project, query, given)
        except ParameterProblem as error:
            # The library's messages name parameters as the command line does.
            raise ParameterProblem(error.message.replace("--", ""), hint=error.hint.replace("--", "")) from error
        return told | await self._rows(version, rows, language, more=more)

    async def sparql(self, text: str, *, language: str = "en", limit: int = 100) -> dict[str, Any]:
        """The answer to a SPARQL query that only reads; it runs in a worker.

        Raises:
            QueryProblem: If it is malformed.
            Refused: If it would change something or ask another server, or its answer is too large.
            BackendError: If there is no answer, or not in time.
        """
        version = await self._ready()
        form = check_query(text, max_bytes=self._serving.limits.query_bytes, dataset=True)
        if form != "SELECT":
            return await self._graph_or_truth(version, text, form, language)
        result = await self._serving.workers.run(text, media_type=RESULTS)
        found = read_rows(result.body)
        kept = Rows(found.columns, found.rows[:limit])
        named = [
            name
            for place, name in enumerate(kept.columns)
            if f"{name}_label" not in kept.columns and any(isinstance(row[place], NamedNode) for row in kept)
        ]
        rows = await asyncio.to_thread(with_labels, kept, version.maker.site.store, language, named)
        return await self._rows(version, rows, language, more=len(found) > limit)

    async def describe(self, thing: str, *, language: str = "en", limit: int = 100) -> dict[str, Any]:
        """What the graph says about a thing, each statement with the records and passages that it stands in.

        Raises:
            NotFound: If the graph knows no such thing.
            ParameterProblem: If several things have that name.
        """
        version = await self._ready()
        return await asyncio.to_thread(partial(self._described, version, thing, language, limit))

    async def search(self, text: str, *, language: str = "en", limit: int = 10) -> dict[str, Any]:
        """The things whose name fits a text, best first; if there are none, those whose name is alike."""
        version = await self._ready()
        if not text.strip():
            raise ParameterProblem("there is nothing to search for", hint="Give a name or a part of one.")
        found, near = await self._search.found(version, text[:200], limit)
        hits = [
            {
                "label": e.label(language),
                "kind": e.kind(language),
                "iri": e.iri,
                "page": f"{self._serving.address}{e.path}",
            }
            for e in found
        ]
        return {"found": hits, "only_alike": near, "edition": self._edition(version, language)}

    async def validate(self, text: str, *, language: str = "en") -> dict[str, Any]:
        """The report about a text in Turtle, checked in a process with limits; nothing is kept."""
        if not text.strip():
            raise ParameterProblem("there is no text to check", hint="Give a record in Turtle.")
        data = text.encode("utf-8", "replace")
        most = self._serving.project.limit("file_bytes", 10_000_000)
        if len(data) > most:
            raise TooLarge(f"the text has {len(data):,} bytes, more than the {most:,} allowed")
        found = await self._serving.checkers.report(_NAME, data, form="json", language=language)
        report: dict[str, Any] = json.loads(found.body)
        return report

    async def _ready(self) -> Version:
        self.begin()
        if self._starting is not None:
            await asyncio.shield(self._starting)
        try:
            return await self._serving.ready()
        except BackendError as error:
            raise BackendError(self._serving.problem or error.message, hint=error.hint) from error

    async def _graph_or_truth(self, version: Version, text: str, form: str, language: str) -> dict[str, Any]:
        if form == "ASK":
            result = await self._serving.workers.run(text, media_type=RESULTS)
            return {
                "answer": bool(json.loads(result.body)["boolean"]),
                "edition": self._edition(version, language),
            }
        result = await self._serving.workers.run(text, media_type=_TRIPLES)
        if len(result.body) > _MOST_GRAPH:
            said = f"the graph has {len(result.body):,} bytes, more than the {_MOST_GRAPH:,} that are passed on"
            raise TooLarge(said, hint="Ask for less: name a subject or a property, or add LIMIT.")
        found = ox.parse(result.body, ox.RdfFormat.N_TRIPLES)
        things = dict.fromkeys(end for triple in found for end in (triple.subject, triple.object))
        graph: dict[str, Any] = {"triples": result.body.decode()}
        return graph | await self._with_sources(version, things, language)

    async def _rows(self, version: Version, rows: Rows, language: str, *, more: bool) -> dict[str, Any]:
        told = [dict(zip(rows.columns, map(python_value, row), strict=True)) for row in rows]
        said: dict[str, Any] = {"columns": list(rows.columns), "rows": told, "count": len(told), "more": more}
        things = dict.fromkeys(term for row in rows for term in row)
        return said | await self._with_sources(version, things, language)

    async def _with_sources(self, version: Version, terms: Iterable[object], language: str) -> dict[str, Any]:
        """What `_sources` says of the first of some terms that are things of ours."""
        base = self._serving.project.base
        own = [term for term in terms if isinstance(term, NamedNode) and term.value.startswith(base)]
        found = await asyncio.to_thread(partial(self._sources, version, own[:_MOST_THINGS], language))
        if len(own) > _MOST_THINGS:
            found["sources_of"] = f"the first {_MOST_THINGS} of {len(own)} things"
        return found

    def _described(self, version: Version, thing: str, language: str, limit: int) -> dict[str, Any]:
        site = version.maker.site
        found = describe(site.store, site.project, thing, language=language, layout=site.layouts[language])
        weaker = {rule.name for rule in read_rules(site.project) if rule.weaker}
        statements = [one for one in found.statements if one.rule not in weaker]
        records = self._by_statement(version, _STATED, found.thing)
        evidence = self._by_statement(version, _EVIDENCE, found.thing)

        def told(one: Statement) -> dict[str, Any]:
            ends = (found.thing, one.other) if one.outgoing else (one.other, found.thing)
            key = (ends[0], one.predicate, ends[1])
            said = {
                "direction": "out" if one.outgoing else "in",
                "property": one.predicate.value,
                "property_label": one.predicate_label,
                "value": text_of(one.other),
                "label": one.other_label,
                "records": records.get(key, []),
                "evidence": evidence.get(key, []),
                "inferred_by": one.rule,
            }
            return {name: value for name, value in said.items() if value}

        return {
            "iri": found.thing.value,
            "label": found.label,
            "labels": {spoken: site.index.label(found.thing, spoken) for spoken in LANGUAGES},
            "page": self._page(version, found.thing.value),
            "statements": [told(one) for one in statements[:limit]],
            "count": min(limit, len(statements)),
            "more": len(statements) > limit,
        } | self._sources(version, [found.thing], language)

    def _by_statement(self, version: Version, text: str, thing: NamedNode) -> dict[tuple[object, ...], list[str]]:
        found: dict[tuple[object, ...], list[str]] = {}
        for *statement, where in self._asked(version, text, [thing]):
            found.setdefault(tuple(statement), []).append(text_of(where))
        return {statement: sorted(set(places)) for statement, places in found.items()}

    def _sources(self, version: Version, things: list[NamedNode], language: str) -> dict[str, Any]:
        """Edition, records and sources of what an answer is about."""
        records: dict[str, dict[str, str]] = {}
        for record, title, licence, valid, modified in self._asked(version, _RECORDS, things):
            said = records.setdefault(text_of(record), {"iri": text_of(record)})
            if not isinstance(title, Literal) or title.language in {None, language}:
                told = {"title": title, "licence": licence, "valid": valid, "modified": modified}
                said.update({name: text_of(term) for name, term in told.items() if term is not None})
        sources = [row[0] for row in self._asked(version, _SOURCES, things) if isinstance(row[0], NamedNode)]
        return {
            "edition": self._edition(version, language),
            "records": list(records.values()),
            "sources": [
                {
                    "iri": source.value,
                    "label": version.maker.site.index.label(source, language),
                    "page": self._page(version, source.value),
                }
                for source in sources
            ],
        }

    def _asked(self, version: Version, text: str, things: list[NamedNode]) -> list[tuple[Term | None, ...]]:
        if not things:
            return []
        answer = version.maker.site.store.query(bind_all(text, "this", things))
        if not isinstance(answer, Rows):
            raise TypeError("a SELECT must answer with rows")
        return [row for row in answer if not any(isinstance(term, BlankNode) for term in row)]

    def _page(self, version: Version, iri: str) -> str:
        address = find_address(iri, self._serving.project.base)
        if address is None or address.path not in version.maker.pages:
            return ""
        return f"{self._serving.address}{address.path}" + (f"#{address.fragment}" if address.fragment else "")

    def _edition(self, version: Version, language: str) -> dict[str, str]:
        edition = version.maker.site.editions[language]
        return {
            "title": edition.title,
            "version": edition.version,
            "date": edition.day,
            "publisher": edition.publisher,
            "licence": _LICENCE,
            "page": self._serving.address,
        }


def _offer(query: SavedQuery, language: str, *, whole: bool) -> dict[str, Any]:
    brief = {"name": query.name, "topic": query.topic, "title": query.title(language)}
    if not whole:
        return brief
    return brief | {
        "description": query.description(language),
        "parameters": {one.name: _wanted(one, language) for one in query.parameters},
        "columns": dict(query.columns),
    }


def _wanted(parameter: Parameter, language: str) -> dict[str, Any]:
    said = {
        "title": parameter.title(language),
        "type": parameter.type,
        "class": parameter.class_name,
        "scheme": parameter.scheme,
        "example": parameter.example,
    }
    return {name: value for name, value in said.items() if value} | {"required": not parameter.optional}


def _check_given(query: SavedQuery, values: Mapping[str, str]) -> None:
    for one in query.parameters:
        if not one.optional and not values.get(one.name, "").strip():
            example = json.dumps({one.name: one.example}, ensure_ascii=False)
            raise ParameterProblem(f"{query.name} needs the parameter {one.name}", hint=f"For example: {example}")
