"""A published site, asked over HTTP within limits on time, size and number (layer 4)."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from smartcity_kg.errors import InputError, ParameterProblem
from smartcity_kg.publish.audit.graph import MEDIA_TYPES

_LOC = re.compile(r"<loc>([^<]+)</loc>")
_CANONICAL = re.compile(r'<link[^>]*rel="canonical"[^>]*href="([^"]+)"')
_LISTED = re.compile(r"^[0-9a-f]{64}  ?\*?(.+)$", re.M)
_PROBED = (
    *(
        f"{name}.{ending}"
        for name in ("ontology", "shapes", "scheme", "data", "catalogue")
        for ending in MEDIA_TYPES
    ),
    "void.ttl",
    "catalogue/void.ttl",
    "catalogue/dcat.ttl",
    ".well-known/void",
    "robots.txt",
    "sitemap.xml",
    "index.html",
)
_OF_A_THING = re.compile(r"[a-z]{2}/(?:doc|ontology|scheme)/.+\.html$")
_CHUNK = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_MOST_MAPS = 20


@dataclass(frozen=True)
class Limits:
    """What an audit may cost the server: seconds for an answer and in all, bytes of an answer, requests."""

    seconds: float = 10.0
    total_seconds: float = 300.0
    max_bytes: int = 20_000_000
    requests: int = 1_500


@dataclass(frozen=True)
class Answer:
    """What a server answered; `url` is the address that was asked. Names of headers are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def media_type(self) -> str:
        """The media type without parameters.

        >>> Answer("https://e.org/", 200, {"content-type": "text/turtle;charset=utf-8"}).media_type
        'text/turtle'
        """
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """Let nobody else decide where to go: redirects are what is looked at."""


class Address:
    """A site at an address; paths are relative to it.

    Raises:
        ParameterProblem: If it is no http or https address.

    >>> Address("ftp://e.org/")
    Traceback (most recent call last):
    smartcity_kg.errors.ParameterProblem: 'ftp://e.org/' is no address of a site
      It begins with http:// or https:// and names a host.
    """

    live = True

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        if not _is_http(url):
            raise ParameterProblem(
                f"{url!r} is no address of a site", hint="It begins with http:// or https:// and names a host."
            )
        self.subject = self.root = url if url.endswith("/") else f"{url}/"
        self.reads = self.unasked = 0
        self._limits = limits or Limits()
        self._opener: OpenerDirector = build_opener(_Stay())
        self._started = time.monotonic()
        self._there: dict[str, bool] = {}
        self._bodies: dict[str, bytes] = {}

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be asked."""
        spent = time.monotonic() - self._started > self._limits.total_seconds
        return spent or self.reads >= self._limits.requests

    def ask(
        self, path: str, *, method: str = "GET", follow: bool = False, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer for a path or a whole address.

        Raises:
            InputError: If there is none within the limits.
        """
        url = self._url(path)
        for _ in range(_MOST_REDIRECTS):
            answer = self._ask(url, method, headers or {})
            target = urljoin(url, answer.headers.get("location", ""))
            if not follow or answer.status not in _REDIRECTS or not _is_http(target):
                return answer
            url = target
        raise InputError(f"more than {_MOST_REDIRECTS} redirects", path=url)

    def _ask(self, url: str, method: str, headers: Mapping[str, str]) -> Answer:
        if not _is_http(url):
            raise InputError("only http and https addresses are asked", path=url)
        if self.is_spent:
            raise InputError("the limit on time or requests is reached", path=url)
        self.reads += 1
        request = Request(url, method=method, headers={"User-Agent": "smartcity-kg audit", **headers})  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._limits.seconds) as response:
                return Answer(url, response.status, _lower(response.headers), self._body(response, url))
        except HTTPError as error:
            with error:
                return Answer(url, error.code, _lower(error.headers))
        except (URLError, HTTPException, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise InputError(f"no answer: {reason}", path=url) from error

    def _body(self, response: object, url: str) -> bytes:
        parts, size, until = [], 0, time.monotonic() + self._limits.seconds
        while part := response.read1(_CHUNK):  # type: ignore[attr-defined]
            size += len(part)
            if size > self._limits.max_bytes:
                raise InputError(f"the answer has more than {self._limits.max_bytes:,} bytes", path=url)
            if time.monotonic() > until:
                raise InputError(f"the answer took more than {self._limits.seconds:g} seconds", path=url)
            parts.append(part)
        return b"".join(parts)

    def exists(self, path: str) -> bool:
        """Whether the server has it; what may no longer be asked counts as there, and is counted."""
        if path not in self._there:
            if self.is_spent:
                self.unasked += 1
                return True
            try:
                self._own(path)
                self._there[path] = self.ask(path, method="HEAD", follow=True).status == 200
            except InputError:
                self._there[path] = False
        return self._there[path]

    def read(self, path: str) -> bytes:
        """The bytes at a path, redirects followed."""
        if path not in self._bodies:
            self._own(path)
            answer = self.ask(path, follow=True)
            if answer.status != 200:
                raise InputError(f"the server answered {answer.status}", path=path)
            self._bodies[path] = answer.body
        return self._bodies[path]

    def _url(self, path: str) -> str:
        return urljoin(self.root, quote(path, safe="/:?#[]@!$&'()*+,;=%"))

    def _own(self, path: str) -> None:
        """Refuse what a site map or a page names outside of the site."""
        if not self._url(path).startswith(self.root):
            raise InputError("this lies outside of the site", path=path)

    def paths(self) -> Sequence[str]:
        """What the site map and the list of checksums name, and a few files that every site has."""
        return self._paths

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        try:
            front = self.read("index.html").decode("utf-8", errors="replace")
        except InputError as error:
            hint = "Check the address; a site has an index.html there."
            raise InputError(f"the site cannot be read: {error.message}", path=self.root, hint=hint) from error
        canonical = _CANONICAL.search(front)
        start = canonical[1] if canonical else self.root
        found = {path for path in _PROBED if self.exists(path)}
        for address in _LOC.findall(self._text("sitemap.xml"))[:_MOST_MAPS]:
            path = address.removeprefix(start)
            found.update(
                one.removeprefix(start)
                for one in (_LOC.findall(self._text(path)) if path.endswith(".xml") else ())
            )
            found.add(path)
        if self.exists("download/checksums.txt"):
            found.add("download/checksums.txt")
            found.update(f"download/{name}" for name in _LISTED.findall(self._text("download/checksums.txt")))
        documents = {path.partition("/")[2].removesuffix(".html") for path in found if _OF_A_THING.match(path)}
        return tuple(sorted(found | {f"{name}.ttl" for name in documents}))

    def _text(self, path: str) -> str:
        try:
            return self.read(path).decode("utf-8", errors="replace")
        except InputError:
            return ""


def _is_http(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
