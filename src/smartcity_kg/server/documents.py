"""Linked data: things, documents, pages and files at their addresses (layer 6).

A thing `id/…` leads with 303 to the document `doc/…` (Cool URIs for the Semantic Web, section 4.3). A document is
a page in German or English, or RDF, as the request says (RFC 9110, section 12). The addresses with language or
ending are those of the static site.
"""

import asyncio
from collections.abc import Callable, Mapping
from email.utils import formatdate
from html import escape
from http import HTTPStatus
from mimetypes import guess_type
from urllib.parse import quote, unquote

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from smartcity_kg.assets import find_assets
from smartcity_kg.errors import close_matches
from smartcity_kg.pages.address import file_name, find_address
from smartcity_kg.pages.site import FORMATS, LANGUAGES
from smartcity_kg.pages.words import say
from smartcity_kg.publish.site import Maker
from smartcity_kg.server.headers import CORS, error_response, preflight
from smartcity_kg.server.negotiate import best_language, best_media_type
from smartcity_kg.server.serving import DEFAULT_LANGUAGE, Kept, Serving
from smartcity_kg.server.versions import Version

_HTML = "text/html"
_RDF = {media: ending for _, media, ending in FORMATS}
_ENDINGS = {ending: media for media, ending in _RDF.items()}
_OFFERED = (_HTML, *_RDF)
_METHODS = ["GET", "HEAD", "OPTIONS"]
_REPLACED = NamedNode("http://purl.org/dc/terms/isReplacedBy")
_DEPRECATED = NamedNode("http://www.w3.org/2002/07/owl#deprecated")
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_TYPES = {"nq.gz": "application/gzip", "geojson": "application/geo+json", "rq": "application/sparql-query"}
_NEAR = 3
_LONGEST = 100
_KEPT = "/-._~!$&'()+,;=@"  # what a path has as it is


def routes(serving: Serving) -> list[Route]:
    """The routes for everything that has an address; they come after all others, since they take all."""
    documents = Documents(serving)
    return [Route("/{path:path}", documents.answer, methods=_METHODS)]


class Documents:
    """Answers for addresses of things, documents, pages and files.

    Args:
        serving: What is served.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._assets = {f"assets/{name}": path for name, path in find_assets().items()}

    async def answer(self, request: Request) -> Response:
        """The answer to a request."""
        if request.method == "OPTIONS":
            return preflight(", ".join(_METHODS))
        path = _plain(request)
        if path is None:
            return error_response(400, "This address cannot be read.")
        if path in self._assets:
            asset = self._assets[path]
            return await self._file(request, path, lambda _: asset.read_bytes())
        version = await self._serving.ready()
        if path not in version.maker.pages:
            # A client may encode what need not be, or add slashes.
            plain = quote(unquote(path), safe=_KEPT)
            same = "/".join(part for part in plain.split("/") if part)
            if same != plain and (same in version.maker.pages or same.startswith("id/")):
                return RedirectResponse(f"/{_quoted(same)}", 301, CORS)
            path = plain
        if path in version.downloads and version.downloads[path].path.is_file():
            return _send_download(request, version, path)
        if path.startswith("id/"):
            return await self._thing(request, version, path)
        language, _, rest = path.partition("/")
        if language in LANGUAGES and (rest.endswith(".html") or not rest):
            name = unquote(rest.removesuffix(".html")) or "index"
            return await self.page(request, name, language=language)
        if other := _other_file(version.maker, path):
            return await self._file(request, path, other)
        return await self._document(request, version, path or "index")

    async def page(self, request: Request, path: str, *, language: str = "", status: int = 200) -> Response:
        """A page in a language: the one given, or the reader's."""
        version = await self._serving.ready()
        if path not in version.maker.pages:
            return await self.not_found(request, path)
        chosen = language or self.language(request)
        kept = await self._serving.page(path, chosen, version)
        headers = {"content-language": chosen, "link": _links(version, path)}
        if not language:
            headers |= {"vary": "Accept, Accept-Language", "content-location": f"/{chosen}/{file_name(path)}.html"}
        return _send(request, kept, f"{_HTML}; charset=utf-8", version, headers, status)

    def language(self, request: Request) -> str:
        """The language that a reader wants."""
        return best_language(request.headers.get("accept-language", ""), LANGUAGES, DEFAULT_LANGUAGE)

    async def not_found(self, request: Request, path: str) -> Response:
        """404, with what may have been meant."""
        version = await self._serving.ready()
        near = await asyncio.to_thread(_near, path, version.maker)
        accept = request.headers.get("accept", "")
        if "text/html" in accept:
            language = self.language(request)
            kept = await self._serving.page("not-found", language, version)
            # Its links lead up one folder, to the root; from here that may be elsewhere.
            page = kept.body.replace(b'="../', b'="/')
            text = page.replace(b"</main>", _offer(near, version, language) + b"</main>", 1) if near else page
            headers = {**CORS, "vary": "Accept, Accept-Language", "content-language": language}
            return Response(text, 404, headers, f"{_HTML}; charset=utf-8")
        hint = f"Did you mean {', '.join(f'/{name}' for name in near)}?" if near else ""
        return error_response(404, "There is nothing at this address.", hint=hint, accept=accept)

    async def _thing(self, request: Request, version: Version, path: str) -> Response:
        document = f"doc/{path.removeprefix('id/')}"
        if document not in version.maker.pages:
            return await self.not_found(request, document)
        headers = {**CORS, "vary": "Accept, Accept-Language", "cache-control": "max-age=300"}
        return RedirectResponse(f"/{_quoted(document)}", 303, headers)

    async def _document(self, request: Request, version: Version, path: str) -> Response:
        pages = version.maker.pages
        name, dot, ending = path.rpartition(".")
        if dot and path not in pages and name in pages:
            if ending == "html":
                return await self.page(request, name)
            if ending in _ENDINGS and name in version.maker.site.index.things:
                return await self._rdf(request, name, ending)
        if path not in pages:
            return await self.not_found(request, path)
        return await self._retired(request, version, path) or await self._negotiated(request, version, path)

    async def _negotiated(self, request: Request, version: Version, path: str) -> Response:
        described = path in version.maker.site.index.things
        offered = _OFFERED if described else (_HTML,)
        wanted = request.query_params.get("_mediatype", "")
        wanted = _ENDINGS.get(wanted, _HTML if wanted == "html" else wanted)
        chosen = best_media_type(wanted or request.headers.get("accept", ""), offered)
        if chosen is None:
            kinds = ", ".join(offered)
            said = "This document is not there in a format that you accept."
            hint, headers = f"It is there as {kinds}.", {"vary": "Accept, Accept-Language"}
            return error_response(406, said, hint=hint, headers=headers)
        if chosen == _HTML:
            return await self.page(request, path)
        return await self._rdf(request, path, _RDF[chosen], negotiated=True)

    async def _rdf(self, request: Request, path: str, ending: str, *, negotiated: bool = False) -> Response:
        version = await self._serving.ready()
        kept = await self._serving.kept(("rdf", path, ending), lambda version: version.maker.rdf(path, ending))
        headers = {"link": _links(version, path)}
        if negotiated:
            headers |= {"vary": "Accept, Accept-Language", "content-location": f"/{_quoted(path)}.{ending}"}
        charset = "; charset=utf-8" if ending in {"ttl", "nt"} else ""
        return _send(request, kept, f"{_ENDINGS[ending]}{charset}", version, headers)

    async def _retired(self, request: Request, version: Version, path: str) -> Response | None:
        """A redirect to what took the place of a thing that is retired; 410 where nothing did."""
        index = version.maker.site.index
        for iri in index.things.get(path, ()):
            if "#" in iri:
                continue
            said = index.outgoing.get(NamedNode(iri), ())
            for predicate, value in said:
                target = find_address(getattr(value, "value", ""), index.base) if predicate == _REPLACED else None
                if target:
                    return RedirectResponse(f"/{_quoted(target.path)}", 301, {**CORS, "vary": "Accept"})
            if any(p == _DEPRECATED and isinstance(o, Literal) and o.value == "true" for p, o in said):
                if "text/html" in request.headers.get("accept", ""):
                    return await self.page(request, path, status=HTTPStatus.GONE)
                return error_response(410, "This is retired, and nothing has taken its place.")
        return None

    async def _file(self, request: Request, path: str, make: Callable[[Version], bytes]) -> Response:
        if path in self._assets:
            kept = Kept.of(make(None)) if path not in _ASSETS else _ASSETS[path]  # type: ignore[arg-type]
            _ASSETS[path] = kept
            return _send(request, kept, _type_of(path), None, {"cache-control": "public, max-age=3600"})
        version = await self._serving.ready()
        kept = await self._serving.kept(("file", path), make)
        return _send(request, kept, _type_of(path), version, {})


_ASSETS: dict[str, Kept] = {}


def _plain(request: Request) -> str | None:
    """The path of a request, decoded once; none where it leads out or hides something."""
    raw: str = request.scope.get("raw_path", b"").partition(b"?")[0].decode("ascii", "replace")
    path = raw.removeprefix("/")
    if len(path) > 2_000 or "\\" in path or "%00" in path or "\0" in path:
        return None
    parts = [unquote(part) for part in path.split("/")]
    if any(part in {".", ".."} or "/" in part for part in parts):
        return None
    return path


def _quoted(path: str) -> str:
    return quote(path, safe=f"{_KEPT}%")


def _near(path: str, maker: Maker) -> tuple[str, ...]:
    """The paths of things that may have been meant; only names that begin alike are looked at, to be quick."""
    folder, _, wanted = path.rpartition("/")
    if len(wanted) > _LONGEST:
        return ()
    paths = (one.rpartition("/") for one in maker.site.index.things)
    names = (name for place, _, name in paths if place == folder)
    alike = [
        name
        for name in names
        if abs(len(name) - len(wanted)) <= _NEAR and (name[:1] == wanted[:1] or name[1:3] == wanted[1:3])
    ]
    return tuple(f"{folder}/{name}" if folder else name for name in close_matches(wanted, alike, count=_NEAR))


def _offer(near: tuple[str, ...], version: Version, language: str) -> bytes:
    """Links to things that may have been meant, by their names."""
    index = version.maker.site.index
    named = ((name, index.label(NamedNode(index.things[name][0]), language) or name) for name in near)
    links = "".join(f'<li><a href="/{_quoted(name)}">{escape(label)}</a></li>' for name, label in named)
    return f"<p>{say('perhaps', language)}</p><ul>{links}</ul>".encode()


def _links(version: Version, path: str) -> str:
    """The links of FAIR Signposting for a document."""
    site = version.maker.site
    found = [f'<{_LICENCE}>; rel="license"', '</data>; rel="collection"']
    iris = [iri for iri in site.index.things.get(path, ()) if "#" not in iri]
    if iris:
        found.append(f'<{iris[0]}>; rel="cite-as"')
        found += [
            f'</{_quoted(path)}.{ending}>; rel="alternate"; type="{media}"' for media, ending in _RDF.items()
        ]
        found.append(f'</{_quoted(path)}.ttl>; rel="describedby"; type="text/turtle"')
    found += [
        f'</{language}/{_quoted(path)}.html>; rel="alternate"; type="text/html"; hreflang="{language}"'
        for language in LANGUAGES
    ]
    return ", ".join(found)


def _other_file(maker: Maker, path: str) -> Callable[[Version], bytes] | None:
    """What makes a file that is no page; none where there is no such file."""
    # The rules for other web servers are of no use here.
    hidden = path.startswith((".htaccess", "hosting/"))
    return (lambda version: version.maker.files[path]()) if path in maker.files and not hidden else None


def _type_of(path: str) -> str:
    ending = path.rpartition(".")[2]
    media = (
        "text/turtle" if path == ".well-known/void" else _TYPES.get(ending) or guess_type(path)[0] or "text/plain"
    )
    return f"{media}; charset=utf-8" if media.startswith("text/") else media


def _send(
    request: Request,
    kept: Kept,
    media_type: str,
    version: Version | None,
    headers: Mapping[str, str],
    status: int = 200,
) -> Response:
    """An answer with what caches need; 304 where the client has it already."""
    packed = bool(kept.packed) and "gzip" in request.headers.get("accept-encoding", "")
    tag = f'"{kept.digest}{"-gz" if packed else ""}"'
    vary = ", ".join(filter(None, (headers.get("vary", ""), "Accept-Encoding")))
    given = {"cache-control": "max-age=300", **CORS, **headers, "etag": tag, "vary": vary}
    if version is not None:
        given["last-modified"] = formatdate(version.made, usegmt=True)
    if status == HTTPStatus.OK and _is_known(request, tag, given.get("last-modified", "")):
        return Response(status_code=304, headers=given)
    if packed:
        given["content-encoding"] = "gzip"
    body = kept.packed if packed else kept.body
    if request.method == "HEAD":
        return Response(
            status_code=status, headers={**given, "content-length": str(len(body))}, media_type=media_type
        )
    return Response(body, status, given, media_type)


def _send_download(request: Request, version: Version, path: str) -> Response:
    file = version.downloads[path]
    tag = f'"{file.digest}"'
    headers = {**CORS, "etag": tag, "cache-control": "max-age=300"}
    if _is_known(request, tag, ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(
        file.path, headers=headers, media_type="application/gzip" if file.packed else file.media_type
    )


def _is_known(request: Request, tag: str, modified: str) -> bool:
    """Whether the client's copy is the same (RFC 9110, section 13.1)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in known.split(",")}
    return bool(modified) and request.headers.get("if-modified-since") == modified
