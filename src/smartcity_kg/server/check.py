"""Checks of submissions on the web: a page with a form, and the same for programs (layer 6).

Nothing of a text is kept or logged; a download is made from the text that the page sends again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from smartcity_kg.errors import ParameterProblem
from smartcity_kg.pages.site import LANGUAGES, Page
from smartcity_kg.pages.words import say
from smartcity_kg.server.checker import FORMATS
from smartcity_kg.server.checkers import Reported
from smartcity_kg.server.headers import CORS, preflight, read_body
from smartcity_kg.server.negotiate import best_language, best_media_type
from smartcity_kg.server.serving import DEFAULT_LANGUAGE, Serving
from smartcity_kg.server.submitted import FORM, MULTIPART, read_form

_TEXTS = frozenset(["text/turtle", "application/n-triples", "text/plain", "application/octet-stream"])
_FIELDS = frozenset(["text", "file", "name", "lang", "format"])
_BY_TYPE = {
    "application/json": "json",
    "text/html": "html",
    "application/sarif+json": "sarif",
    "text/plain": "text",
    "text/turtle": "turtle",
    "application/xml": "junit",
}
_ENDINGS = {
    "json": "json",
    "html": "html",
    "sarif": "sarif",
    "letter": "txt",
    "text": "txt",
    "turtle": "ttl",
    "junit": "xml",
}
# What a report can be had as: the name of the format, and its media type.
FORMATS_OF_REPORTS = {form: FORMATS[form] for form in _ENDINGS}
_NAME = re.compile(r"[\w.-]{1,100}")
_DEFAULT_NAME = "submission.ttl"
_FRAME_BYTES = 10_000  # what a form has beside its file
_NO_STORE = {"cache-control": "no-store", "vary": "Accept, Accept-Language"}


def routes(serving: Serving) -> list[Route]:
    """The routes of the page and of the interface for programs."""
    desk = CheckDesk(serving)
    return [
        Route("/check", desk.page, methods=["GET", "HEAD"]),
        Route("/check", desk.check, methods=["POST"]),
        Route("/{language:str}/check.html", desk.page, methods=["GET", "HEAD"]),
        Route("/api/validate", desk.validate, methods=["POST", "OPTIONS"]),
    ]


@dataclass(frozen=True)
class Asked:
    """What is to be checked: a text, what it is called, and how the report is wanted."""

    data: bytes
    name: str
    language: str
    form: str


class CheckDesk:
    """Where submissions are checked.

    Args:
        serving: What is served.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._most = serving.project.limit("file_bytes", 10_000_000)

    async def page(self, request: Request) -> Response:
        """The page with the form."""
        language = request.path_params.get("language") or _language(request, "")
        return await self._shown(request, language if language in LANGUAGES else DEFAULT_LANGUAGE)

    async def check(self, request: Request) -> Response:
        """The page with the report about what the form sent."""
        asked = await self._asked(request)
        if not asked.data.strip():
            return await self._shown(request, asked.language, missing=True)
        found = await self._serving.checkers.report(asked.name, asked.data, form="part", language=asked.language)
        return await self._shown(request, asked.language, asked=asked, report=found)

    async def validate(self, request: Request) -> Response:
        """The report for a program."""
        if request.method == "OPTIONS":
            return preflight("POST, OPTIONS")
        asked = await self._asked(request)
        if not asked.data.strip():
            raise ParameterProblem("there is no text to check", hint="Send Turtle as the body, as text/turtle.")
        found = await self._serving.checkers.report(
            asked.name, asked.data, form=asked.form, language=asked.language
        )
        media_type = FORMATS[asked.form]
        headers = {**CORS, **_NO_STORE, "content-language": asked.language}
        if request.headers.get("content-type", "").startswith((MULTIPART, FORM)):
            file = f"{asked.name.rpartition('.')[0] or asked.name}-report.{_ENDINGS[asked.form]}"
            headers["content-disposition"] = f'attachment; filename="{file}"'
        if media_type == "text/html":
            # The report has its style sheet within, which it names by its digest.
            headers["content-security-policy"] = _policy_of(found.body)
        charset = "; charset=utf-8" if media_type.startswith("text/") else ""
        return Response(found.body, 200, headers, f"{media_type}{charset}")

    async def _shown(
        self,
        request: Request,
        language: str,
        *,
        asked: Asked | None = None,
        report: Reported | None = None,
        missing: bool = False,
    ) -> Response:
        version = await self._serving.ready()
        page = Page("check", language, say("check", language), area="check")
        text = version.maker.site.render(
            "check.html",
            page,
            asked=asked,
            text=asked.data.decode("utf-8", "replace") if asked else "",
            report=report.body.decode() if report else "",
            missing=missing,
            most=self._most,
        )
        headers = {**_NO_STORE, "content-language": language}
        body = b"" if request.method == "HEAD" else text.encode()
        return Response(body, 200, headers, "text/html; charset=utf-8")

    async def _asked(self, request: Request) -> Asked:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in {MULTIPART, FORM}:
            given = await self._form(request)
        elif kind in _TEXTS or not kind:
            given = {"text": await read_body(request, self._most)}
        else:
            raise HTTPException(415, "Send Turtle as text/turtle, or a form.")
        parameters = {
            name: given.get(name, b"").decode("utf-8", "replace") or request.query_params.get(name, "")
            for name in ("name", "lang", "format")
        }
        if unknown := sorted(set(request.query_params) - _FIELDS):
            raise ParameterProblem(
                f"there is no parameter {unknown[0][:50]!r}", hint="There are name, lang, format."
            )
        name = parameters["name"].rpartition("/")[2].rpartition("\\")[2]
        data = given.get("file") or given.get("text", b"")
        return Asked(
            data,
            name if _NAME.fullmatch(name) else _DEFAULT_NAME,
            _language(request, parameters["lang"]),
            _form_of(request, parameters["format"]),
        )

    async def _form(self, request: Request) -> Mapping[str, bytes]:
        found: dict[str, bytes] = {}
        pairs = await read_form(request, most=self._most, beside=_FRAME_BYTES, fields=len(_FIELDS))
        files = {name for name, _ in pairs} & {"file"}
        for name, value in pairs:
            if name not in _FIELDS or (name in found and not (files and name == "name")):
                raise ParameterProblem(f"the form has a field too many: {name[:50]!r}")
            # A name that was given wins over that of the file.
            found.setdefault(name, value)
        return found


def _language(request: Request, wanted: str) -> str:
    if wanted and wanted not in LANGUAGES:
        raise ParameterProblem(f"there is no language {wanted[:20]!r} here", hint="There are de and en.")
    return wanted or best_language(request.headers.get("accept-language", ""), LANGUAGES, DEFAULT_LANGUAGE)


def _form_of(request: Request, wanted: str) -> str:
    if wanted:
        if wanted not in _ENDINGS:
            listed = ", ".join(_ENDINGS)
            raise ParameterProblem(f"there is no format {wanted[:20]!r}", hint=f"There are {listed}.")
        return wanted
    chosen = best_media_type(request.headers.get("accept", ""), tuple(_BY_TYPE))
    if chosen is None:
        raise HTTPException(406, f"A report can be had as {', '.join(_BY_TYPE)}.")
    return _BY_TYPE[chosen]


def _policy_of(page: bytes) -> str:
    """The policy that a page names itself."""
    found = re.search(rb'Content-Security-Policy" content="([^"]+)"', page)
    return found[1].decode().replace("&#39;", "'") if found else "default-src 'none'"
