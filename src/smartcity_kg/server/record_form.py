"""The form for a record, new or there already: no script, checks, Turtle at the end (layer 6)."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from smartcity_kg.errors import NotFound, ParameterProblem, SmartCityError
from smartcity_kg.formats import turtle
from smartcity_kg.labels import Choice, resolve
from smartcity_kg.layout import section_names, slug_of
from smartcity_kg.pages.site import LANGUAGES, Page
from smartcity_kg.pages.words import say
from smartcity_kg.server.headers import read_body
from smartcity_kg.server.negotiate import best_language
from smartcity_kg.server.record import Entry, Forms, read_fields
from smartcity_kg.server.serving import DEFAULT_LANGUAGE, Serving
from smartcity_kg.server.versions import Version

_FORM = "application/x-www-form-urlencoded"
_MOST_BYTES, _MOST_FIELDS = 3_000_000, 30_000
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NO_STORE = {"cache-control": "no-store", "vary": "Accept, Accept-Language"}


def routes(serving: Serving) -> list[Route]:
    """The routes of the form."""
    desk = RecordDesk(serving)
    return [
        Route("/record", desk.page, methods=["GET", "HEAD"]),
        Route("/record", desk.answer, methods=["POST"]),
        Route("/{language:str}/record.html", desk.page, methods=["GET", "HEAD"]),
    ]


class RecordDesk:
    """Where records are written as forms.

    Args:
        serving: What is served.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def page(self, request: Request) -> Response:
        """The empty form, or that of a record."""
        version, language = await self._serving.ready(), self._language(request)
        name = request.query_params.get("city", "").strip()
        if not name:
            return self._shown(request, version, language)
        if len(name) > 100 or not slug_of(name):
            raise ParameterProblem("this is no name of a city")
        slug, label = await asyncio.to_thread(self._city, version, name)
        forms = Forms(version.maker.site, language)
        _, entries = await asyncio.to_thread(forms.read, slug, label)
        return self._shown(request, version, language, forms=forms, slug=slug, name=label, entries=entries)

    async def answer(self, request: Request) -> Response:
        """What a button of the form asks for: one more entry, one less, a check, the Turtle."""
        fields = await _fields(request)
        language = _one(fields, "lang")
        language = language if language in LANGUAGES else self._language(request)
        slug, name, action = _one(fields, "slug"), _one(fields, "name")[:100], _one(fields, "action")
        if not _SLUG.fullmatch(slug):
            raise ParameterProblem("the form names no city", hint="Begin again at /record.")
        version = await self._serving.ready()
        forms = Forms(version.maker.site, language)
        entries = read_fields(forms, fields)
        word, _, what = action.partition(":")
        if word == "add":
            if what not in forms.blocks:
                raise NotFound.among("class", what[:100], forms.blocks)
            entries.append(forms.new(forms.blocks[what], f"{version.maker.site.project.base}id/city/{slug}"))
        elif word == "remove" and what.isdigit() and int(what) < len(entries):
            del entries[int(what)]
        triples, _ = await asyncio.to_thread(forms.read, slug, name or slug)
        written = forms.write(triples, entries, slug)
        text = turtle.write_triples(written, version.maker.site.project.prefixes)
        if word == "download":
            headers = {**_NO_STORE, "content-disposition": f'attachment; filename="{slug}.ttl"'}
            return Response(text, 200, headers, "text/turtle; charset=utf-8")
        report = ""
        if word == "check":
            found = await self._serving.checkers.report(
                f"{slug}.ttl", text.encode(), form="part", language=language
            )
            report = found.body.decode()
        return self._shown(
            request, version, language, forms=forms, slug=slug, name=name, entries=entries, report=report
        )

    def _language(self, request: Request) -> str:
        wanted = request.path_params.get("language") or request.query_params.get("lang", "")
        if wanted in LANGUAGES:
            return str(wanted)
        return best_language(request.headers.get("accept-language", ""), LANGUAGES, DEFAULT_LANGUAGE)

    def _city(self, version: Version, name: str) -> tuple[str, str]:
        """Slug and name of a city, registered or new."""
        site = version.maker.site
        for kind in Forms(site, DEFAULT_LANGUAGE).kinds_of_topics:
            try:
                found = resolve(site.store, site.project.prefixes, name, Choice(class_iri=kind), kind="city")
            except SmartCityError:
                continue
            return found.value.rpartition("/")[2], site.index.label(found, "de") or name
        return slug_of(name), name

    def _shown(
        self,
        request: Request,
        version: Version,
        language: str,
        *,
        forms: Forms | None = None,
        slug: str = "",
        name: str = "",
        entries: Sequence[Entry] = (),
        report: str = "",
    ) -> Response:
        site = version.maker.site
        page = Page("record", language, say("record", language), area="check")
        sections = section_names(site.project, language)
        kinds = [
            (curie, block.name or curie, sections.get(block.section, ""))
            for curie, block in (forms.blocks if forms else {}).items()
        ]
        curies = {id(block): curie for curie, block in (forms.blocks if forms else {}).items()}
        numbered = enumerate(entries) if forms else ()
        shown = [
            (number, one, curies[id(one.block)], forms.controls(one.block)) for number, one in numbered if forms
        ]
        recorded = sorted(
            (site.index.label(NamedNode(iri), language), iri.rpartition("/")[2])
            for iri in Forms(site, language).topics
        )
        text = site.render(
            "record.html",
            page,
            slug=slug,
            name=name,
            kinds=kinds,
            entries=shown,
            report=report,
            recorded=recorded,
        )
        headers = {**_NO_STORE, "content-language": language}
        body = b"" if request.method == "HEAD" else text.encode()
        return Response(body, 200, headers, "text/html; charset=utf-8")


async def _fields(request: Request) -> Mapping[str, list[str]]:
    """The fields of a form; no file, nothing kept."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise ParameterProblem("this is no form", hint="Begin at /record.")
    body = await read_body(request, _MOST_BYTES)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=False, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise ParameterProblem("the form cannot be read") from error
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _one(fields: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(fields.get(name, ())), "")
