"""Saved queries for visitors: a page with a form made from the parameters, and the same for programs (layer 6).

What is typed becomes terms before a query is asked, never text of it; the query runs like that of any visitor.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from pyoxigraph import Literal, NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from smartcity_kg.answer import Rows
from smartcity_kg.errors import NotFound, ParameterProblem, SmartCityError
from smartcity_kg.formats import csv, geojson
from smartcity_kg.formats import json as results_json
from smartcity_kg.pages.figures import draw_rows
from smartcity_kg.pages.panels import find_choices, make_table
from smartcity_kg.pages.site import LANGUAGES, Page, forms_of
from smartcity_kg.queries import Parameter, SavedQuery
from smartcity_kg.server.documents import Documents
from smartcity_kg.server.fairness import client_of
from smartcity_kg.server.headers import CORS, preflight, status_of
from smartcity_kg.server.negotiate import best_language, best_media_type
from smartcity_kg.server.rows import DEFAULT_LIMIT, MOST, Given, find_rows
from smartcity_kg.server.serving import DEFAULT_LANGUAGE, Serving
from smartcity_kg.server.versions import Version
from smartcity_kg.tables import Column, Table
from smartcity_kg.terms import text_of

TYPES = {"json": "application/json", "csv": "text/csv", "geojson": "application/geo+json"}
PAGING = ("limit", "offset")
_OWN = frozenset(["lang", "format", *PAGING])
_SHOWN = 500
_FEW = 400  # choices that a list to pick from may have
_VARY = {"vary": "Accept, Accept-Language"}


def routes(serving: Serving) -> list[Route]:
    """The routes of the pages and of the interface for programs."""
    desk = SavedQueries(serving)
    return [
        Route("/queries/{name:str}", desk.page, methods=["GET", "HEAD"]),
        Route("/{language:str}/queries/{name:str}.html", desk.page, methods=["GET", "HEAD"]),
        Route("/api/queries/{name:str}", desk.answer, methods=["GET", "HEAD", "OPTIONS"]),
    ]


@dataclass(frozen=True)
class Input:
    """A field of the form: a parameter with what it may be and what was typed."""

    parameter: Parameter
    kind: str
    value: str
    choices: tuple[tuple[str, str], ...]


class SavedQueries:
    """Answers to saved queries.

    Args:
        serving: What is served.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._documents = Documents(serving)

    async def answer(self, request: Request) -> Response:
        """The answer for a program."""
        if request.method == "OPTIONS":
            return preflight("GET, HEAD, OPTIONS")
        version = await self._serving.ready()
        query = _find(version, request.path_params["name"])
        given = _given(request)
        form = _form(request, query)
        rows, more = await self._rows(request, version, query, given)
        headers = {**CORS, **_VARY, "content-language": given.language, "link": _paging(request, given, more=more)}
        body = await asyncio.to_thread(partial(_written, form, rows, query, version, given.language))
        charset = "; charset=utf-8" if form == "csv" else ""
        sent = b"" if request.method == "HEAD" else body
        return Response(sent, 200, {k: v for k, v in headers.items() if v}, f"{TYPES[form]}{charset}")

    async def page(self, request: Request) -> Response:
        """The page with form and answer."""
        version = await self._serving.ready()
        name, wanted = request.path_params["name"], request.path_params.get("language", "")
        queries = {query.name: query for query in version.maker.site.queries}
        if name not in queries or (wanted and wanted not in LANGUAGES) or not _wants_page(request, wanted):
            return await self._documents.answer(request)
        query, status, problem = queries[name], 200, ""
        if query.form != "SELECT":
            return await self._documents.answer(request)
        rows, more = Rows((), ()), False
        language = wanted or _language(request)
        typed = {k: v for k, v in request.query_params.items() if k not in _OWN}
        if not typed:
            typed = {one.name: one.example for one in query.parameters if not one.optional}
        try:
            given = _given(request, typed=typed, language=language, limit=_SHOWN)
            rows, more = await self._rows(request, version, query, given)
        except SmartCityError as error:
            status, problem = status_of(error), str(error).replace("--", "")
        text = await asyncio.to_thread(
            partial(_page, version, query, language, typed, rows, more=more, problem=problem)
        )
        headers = {**_VARY, "content-language": language, "cache-control": "max-age=60"}
        body = b"" if request.method == "HEAD" else text.encode()
        return Response(body, status, headers, "text/html; charset=utf-8")

    async def _rows(
        self, request: Request, version: Version, query: SavedQuery, given: Given
    ) -> tuple[Rows, bool]:
        site = version.maker.site
        client = client_of(request.client.host) if request.client else ""
        return await find_rows(self._serving.workers, site.store, site.project, query, given, client=client)


def _find(version: Version, name: str) -> SavedQuery:
    queries = {query.name: query for query in version.maker.site.queries}
    if name not in queries:
        raise NotFound.among("saved query", name[:100], sorted(queries), hint="GET /api/openapi.json lists them.")
    return queries[name]


def _given(
    request: Request,
    *,
    typed: Mapping[str, str] | None = None,
    language: str = "",
    limit: int = DEFAULT_LIMIT,
) -> Given:
    """What was typed.

    Raises:
        ParameterProblem: If something was given twice or without a value, or paging is no number in bounds.
    """
    pairs = request.query_params.multi_items()
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ParameterProblem(f"the parameter {twice[0][:50]!r} is given twice")
    if typed is None and (empty := [name for name, value in pairs if not value.strip()]):
        raise ParameterProblem(f"the parameter {empty[0][:50]!r} has no value", hint="Leave it out.")
    values = typed if typed is not None else {name: value for name, value in pairs if name not in _OWN}
    # A field of a form that was left empty is none.
    filled = {name: value for name, value in values.items() if value.strip()}
    return Given(
        filled,
        language or _language(request),
        _whole(request, "limit", limit, 1, MOST),
        _whole(request, "offset", 0, 0, 1_000_000),
    )


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang", "")
    if wanted and wanted not in LANGUAGES:
        raise ParameterProblem(f"there is no language {wanted[:20]!r} here", hint="There are de and en.")
    return wanted or best_language(request.headers.get("accept-language", ""), LANGUAGES, DEFAULT_LANGUAGE)


def _whole(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise ParameterProblem(f"{name} is a whole number from {least} to {most:,}, not {text[:20]!r}")
    return int(text)


def _wants_page(request: Request, language: str) -> bool:
    if language:
        return True
    accept = "" if "_mediatype" in request.query_params else request.headers.get("accept", "")
    offered = ("text/html", *(form.media_type for form in forms_of("x")))
    return "_mediatype" not in request.query_params and best_media_type(accept, offered) == "text/html"


def formats_of(query: SavedQuery) -> dict[str, str]:
    """What an answer can be had as: the names of the formats with their media types."""
    return {form: media for form, media in TYPES.items() if form != "geojson" or _place(query) is not None}


def _form(request: Request, query: SavedQuery) -> str:
    wanted = request.query_params.get("format", "")
    offered = formats_of(query)
    if wanted:
        if wanted not in offered:
            raise ParameterProblem(f"there is no format {wanted[:20]!r}", hint=f"There are {', '.join(offered)}.")
        return wanted
    chosen = best_media_type(request.headers.get("accept", ""), tuple(offered.values()))
    if chosen is None:
        raise HTTPException(406, f"The answer can be had as {', '.join(offered.values())}.")
    return next(form for form, media in offered.items() if media == chosen)


def _paging(request: Request, given: Given, *, more: bool) -> str:
    """Links to the pages before and after (RFC 8288)."""

    def link(offset: int, rel: str) -> str:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name not in PAGING]
        asked = urlencode([*kept, ("limit", given.limit), ("offset", offset)])
        return f'<{request.url.path}?{asked}>; rel="{rel}"'

    found = [link(given.offset + given.limit, "next")] if more else []
    if given.offset:
        found.append(link(max(0, given.offset - given.limit), "prev"))
    return ", ".join(found)


def _place(query: SavedQuery) -> str | None:
    """The column that says where a row lies: a geometry, or a thing of a query that is shown on a map."""
    if query.form != "SELECT":
        return None
    geometry = next((name for name, kind in query.columns.items() if kind == geojson.TYPE), None)
    if geometry or query.view != "map":
        return geometry
    return next((name for name, kind in query.columns.items() if kind == "iri"), None)


def _written(form: str, rows: Rows, query: SavedQuery, version: Version, language: str) -> bytes:
    if form == "csv":
        return csv.write_answer(rows).encode()
    if form == "json":
        return results_json.write_answer(rows).encode()
    return geojson.write_features(_table(rows, query, version, language))


def _table(rows: Rows, query: SavedQuery, version: Version, language: str) -> Table:
    """The rows with a column of geometries."""
    name = _place(query)
    kinds = {column: query.columns.get(column, "string") for column in rows.columns}
    columns = tuple(Column(column, kind, {language: column}) for column, kind in kinds.items())
    if name is None or kinds.get(name) == geojson.TYPE:
        return Table(query.name, {}, {}, columns, rows.rows, "map")
    place = rows.columns.index(name)

    def where(row: tuple[object, ...]) -> Literal | None:
        thing = row[place]
        point = version.maker.site.index.point(thing) if isinstance(thing, NamedNode) else None
        return None if point is None else Literal(f"POINT({point[0]} {point[1]})")

    added = tuple((*row, where(row)) for row in rows.rows)
    return Table(query.name, {}, {}, (*columns, Column("geometry", geojson.TYPE, {})), added, "map")


def _page(
    version: Version,
    query: SavedQuery,
    language: str,
    typed: Mapping[str, str],
    rows: Rows,
    *,
    more: bool,
    problem: str,
) -> str:
    site = version.maker.site
    path, title = f"queries/{query.name}", query.title(language)
    described = path in site.index.things
    page = Page(
        path, language, title, query.description(language), area="queries",
        iri=f"{site.index.base}{path}" if described else "", forms=forms_of(path) if described else (),
    )  # fmt: skip
    kept = [place for place, name in enumerate(rows.columns) if name in query.columns]
    cells = tuple(tuple(row[place] for place in kept) for row in rows.rows)
    plain = Rows(tuple(rows.columns[place] for place in kept), cells)
    asked = urlencode({name: value for name, value in typed.items() if value.strip()})
    return site.render(
        "query.html",
        page,
        query=query,
        lead=query.description(language),
        inputs=[_input(one, typed.get(one.name, ""), version, language) for one in query.parameters],
        live=True,
        problem=problem,
        api=f"/api/queries/{query.name}?{asked}",
        places=_place(query) is not None,
        more=more,
        values=(),
        figure=draw_rows(site, plain, query.view, page, title=title),
        table=make_table(plain, site.columns, site.reader(page), most=_SHOWN) if len(plain) else None,
        count=len(plain),
        parameters=(),
    )


def _input(parameter: Parameter, value: str, version: Version, language: str) -> Input:
    kinds = {"integer": "number", "date": "date", "boolean": "boolean"}
    kind = kinds.get(parameter.type, "text")
    site = version.maker.site
    if parameter.type != "iri":
        return Input(parameter, kind, value, ())
    things = find_choices(parameter, site.project, site.index)
    if not 0 < len(things) <= _FEW:
        return Input(parameter, kind, value, ())
    prefixes = site.project.prefixes
    named = sorted(
        (site.index.label(thing, language) or text_of(thing), prefixes.compress(thing.value)) for thing in things
    )
    return Input(parameter, "choice", value, tuple((curie, label) for label, curie in named))
