"""Search over the names of all things, for people without a script and for programs (layer 6)."""

import asyncio
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from smartcity_kg.errors import ParameterProblem
from smartcity_kg.pages.address import file_name
from smartcity_kg.pages.frontpages import search_entries
from smartcity_kg.pages.site import LANGUAGES, Page, Site
from smartcity_kg.pages.words import say
from smartcity_kg.server.headers import CORS, preflight
from smartcity_kg.server.negotiate import best_language
from smartcity_kg.server.serving import DEFAULT_LANGUAGE, Serving
from smartcity_kg.server.versions import Version
from smartcity_kg.terms import SKOS

_ALTERNATIVE = NamedNode(f"{SKOS}altLabel")
_MOST, _SHOWN, _LONGEST = 100, 50, 200
_ALIKE = 0.7
_PARAMETERS = frozenset(["q", "lang", "limit"])
_SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_VARY = {"vary": "Accept, Accept-Language"}


def routes(serving: Serving) -> list[Route]:
    """The routes of the page and of the interface for programs."""
    desk = SearchDesk(serving)
    return [
        Route("/search", desk.page, methods=["GET", "HEAD"]),
        Route("/{language:str}/search.html", desk.page, methods=["GET", "HEAD"]),
        Route("/api/search", desk.answer, methods=["GET", "HEAD", "OPTIONS"]),
    ]


@dataclass(frozen=True)
class Entry:
    """A thing that can be found: its page and IRI, names and kinds by language, and all names to compare with."""

    path: str
    iri: str
    labels: tuple[str, ...]
    kinds: tuple[str, ...]
    keys: tuple[str, ...]

    def label(self, language: str) -> str:
        """Its name in a language, or in another one."""
        wanted = self.labels[LANGUAGES.index(language)]
        return wanted or next(filter(None, self.labels), "")

    def kind(self, language: str) -> str:
        """What it is."""
        return self.kinds[LANGUAGES.index(language)]


class Names:
    """The names of a site.

    Args:
        entries: What can be found.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._by_key: dict[str, list[Entry]] = {}
        for entry in entries:
            for key in entry.keys:
                self._by_key.setdefault(key, []).append(entry)

    @classmethod
    def of(cls, site: Site) -> "Names":
        """The names of all things of a site."""
        return cls(list(_entries(site)))

    def find(self, text: str, most: int) -> tuple[list[Entry], bool]:
        """What has a name that fits, best first; and whether nothing does, so that these are only alike.

        >>> ulm = Entry("doc/city/ulm", "https://e.org/ulm", ("Ulm", "Ulm"), ("Stadt", "city"), ("ulm",))
        >>> names = Names([ulm])
        >>> names.find("Ul", 5)[1], names.find("Ulmm", 5)[1], names.find("xyz", 5)[0]
        (False, True, [])
        """
        wanted = folded(text)
        if not wanted:
            return [], False
        word = re.compile(rf"\b{re.escape(wanted)}")
        ranked: dict[str, tuple[int, int, str, Entry]] = {}
        for key, entries in self._by_key.items():
            rank = _rank(key, wanted, word)
            for entry in entries if rank is not None else ():
                place = (rank or 0, len(key), entry.path, entry)
                ranked[entry.path] = min(ranked.get(entry.path, place), place, key=lambda one: one[:3])
        if ranked:
            return [entry for *_, entry in sorted(ranked.values(), key=lambda one: one[:3])][:most], False
        near = get_close_matches(wanted, self._by_key, n=most, cutoff=_ALIKE)
        found = {entry.path: entry for key in near for entry in self._by_key[key]}
        return list(found.values())[:most], True


def folded(text: str) -> str:
    """A text as names are compared: small letters, no accents, umlauts as two letters.

    >>> folded("  Köln-Süd "), folded("Budyšin")
    ('koeln-sued', 'budysin')
    """
    spelt = " ".join(unicodedata.normalize("NFC", text).casefold().split()).translate(_SPELLINGS)
    plain = unicodedata.normalize("NFKD", spelt)
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


class SearchDesk:
    """Answers to searches.

    Args:
        serving: What is served.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._names: tuple[str, Names] | None = None
        self._turn = asyncio.Lock()

    async def page(self, request: Request) -> Response:
        """The page with what was found."""
        version = await self._serving.ready()
        language = request.path_params.get("language") or _language(request)
        if language not in LANGUAGES:
            language = DEFAULT_LANGUAGE
        text = request.query_params.get("q", "")[:_LONGEST]
        found, near = await self.found(version, text, _SHOWN)
        page = Page("search", language, say("search", language))
        shown = [
            (entry.label(language), f"/{language}/{file_name(entry.path)}.html", entry.kind(language))
            for entry in found
        ]
        body = version.maker.site.render("search.html", page, live=True, asked=text, entries=shown, near=near)
        headers = {**_VARY, "content-language": language, "cache-control": "max-age=60"}
        return Response(b"" if request.method == "HEAD" else body, 200, headers, "text/html; charset=utf-8")

    async def answer(self, request: Request) -> Response:
        """What was found, for a program."""
        if request.method == "OPTIONS":
            return preflight("GET, HEAD, OPTIONS")
        names = [name for name, _ in request.query_params.multi_items()]
        if wrong := sorted({n for n in names if n not in _PARAMETERS or names.count(n) > 1}):
            said = f"the parameter {wrong[0][:50]!r} is none, or is given twice"
            raise ParameterProblem(said, hint="There are q, lang, limit.")
        if request.query_params.get("lang") == "":
            raise ParameterProblem("the parameter 'lang' has no value", hint="Leave it out.")
        limit = request.query_params.get("limit", "10")
        if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 0 < int(limit) <= _MOST):
            raise ParameterProblem(f"limit is a whole number from 1 to {_MOST}, not {limit[:20]!r}")
        text = request.query_params.get("q", "")
        if not text.strip():
            raise ParameterProblem("there is nothing to search for", hint="Give q, for example ?q=Ulm.")
        version, language = await self._serving.ready(), _language(request)
        found, near = await self.found(version, text[:_LONGEST], int(limit))
        hits = [
            {
                "label": e.label(language),
                "kind": e.kind(language),
                "iri": e.iri,
                "href": f"/{e.path}",
                "page": f"/{language}/{file_name(e.path)}.html",
                "near": near,
            }
            for e in found
        ]
        headers = {**CORS, **_VARY, "content-language": language, "cache-control": "max-age=60"}
        return JSONResponse(hits, 200, headers)

    async def found(self, version: Version, text: str, most: int) -> tuple[list[Entry], bool]:
        """What has a name that fits, as `Names.find`; names are read once for a version."""
        async with self._turn:
            if self._names is None or self._names[0] != version.name:
                self._names = (version.name, await asyncio.to_thread(Names.of, version.maker.site))
        return await asyncio.to_thread(partial(self._names[1].find, text, most))


def _entries(site: Site) -> Iterator[Entry]:
    count = len(LANGUAGES)
    for path, *texts in search_entries(site):
        iri = site.index.things[path][0]
        others = [
            o.value
            for p, o in site.index.outgoing.get(NamedNode(iri), ())
            if p == _ALTERNATIVE and isinstance(o, Literal)
        ]
        keys = dict.fromkeys(folded(name) for name in (*texts[:count], *others, path.rpartition("/")[2]) if name)
        yield Entry(path, iri, tuple(texts[:count]), tuple(texts[count:]), tuple(keys))


def _rank(key: str, wanted: str, word: re.Pattern[str]) -> int | None:
    if wanted not in key:
        return None
    if key == wanted:
        return 0
    if key.startswith(wanted):
        return 1
    return 2 if word.search(key) else 3


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang", "")
    if wanted and wanted not in LANGUAGES:
        raise ParameterProblem(f"there is no language {wanted[:20]!r} here", hint="There are de and en.")
    return wanted or best_language(request.headers.get("accept-language", ""), LANGUAGES, DEFAULT_LANGUAGE)
