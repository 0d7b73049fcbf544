"""A remote SPARQL 1.1 endpoint, asked through SPARQLWrapper (layer 1).

The same query text and the same `Answer` as the embedded store. The whole answer is read, with a deadline and
a limit on its size, before any of it counts: a cut answer is an error.
"""

import io
import re
import time
import warnings
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import pyoxigraph as ox

from smartcity_kg.answer import Answer, Rows, Triples, Truth
from smartcity_kg.errors import BackendError, ParameterProblem, QueryProblem, TimedOut
from smartcity_kg.sparql import bind, check_query, with_prefixes, without_comments
from smartcity_kg.terms import Prefixes

_RETRY_STATUS = frozenset({502, 503, 504})
_BAD_REQUEST = 400
_CREDENTIALS = "Does it want a user name and a password?"
_QUOTED_BODY = re.compile(r"""Response:\s*b?['"](.*)['"]\s*$""", re.DOTALL)
_RETRY_AFTER_SECONDS = 0.5
_CHUNK = 65_536
_LONGEST_GET = 2_000


class RemoteStore:
    """A SPARQL 1.1 Protocol endpoint.

    Args:
        endpoint: Its address, http or https.
        prefixes: The project's prefixes; declared in each query that uses them.
        user: User name for HTTP Basic authentication; none if empty.
        password: Password for it.
        timeout: Seconds for a whole answer.
        max_bytes: The largest answer that is accepted.
        max_query_bytes: The longest query that is sent.

    Raises:
        ParameterProblem: If the address is no http or https address.

    >>> RemoteStore("ftp://e.org/", Prefixes({}))
    Traceback (most recent call last):
    smartcity_kg.errors.ParameterProblem: 'ftp://e.org/' is no address of an endpoint
      It begins with http:// or https:// and names a host.
    """

    def __init__(
        self,
        endpoint: str,
        prefixes: Prefixes,
        *,
        user: str = "",
        password: str = "",
        timeout: float = 30,
        max_bytes: int = 50_000_000,
        max_query_bytes: int = 16_384,
    ) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ParameterProblem(
                f"{endpoint!r} is no address of an endpoint",
                hint="It begins with http:// or https:// and names a host.",
            )
        self.endpoint = endpoint
        self.prefixes = prefixes
        self.timeout = timeout
        self.max_bytes = max_bytes
        self.max_query_bytes = max_query_bytes
        self._credentials = (user, password) if user else None

    def query(self, text: str, bindings: Mapping[str, ox.NamedNode | ox.Literal] | None = None) -> Answer:
        """See `Store.query`; one retry where the endpoint says 502, 503 or 504."""
        form = check_query(text, max_bytes=self.max_query_bytes)
        sent = with_prefixes(without_comments(bind(text, bindings or {})).strip(), self.prefixes.namespaces)
        try:
            body, kind = self._fetch(sent, form)
        except _TryAgain:
            time.sleep(_RETRY_AFTER_SECONDS)
            try:
                body, kind = self._fetch(sent, form)
            except _TryAgain as error:
                raise self._failed(str(error)) from error
        return self._read(body, kind, form)

    def _wrapper(self, text: str, form: str) -> Any:  # noqa: ANN401 - SPARQLWrapper has no types
        from SPARQLWrapper import JSON, POST, SPARQLWrapper

        wrapper = SPARQLWrapper(self.endpoint)
        wrapper.agent = "smartcity-kg"
        wrapper.setTimeout(max(1, round(self.timeout)))
        wrapper.setQuery(text)
        # SPARQLWrapper guesses the form with a search for words such as ADD, and may find one in an IRI.
        wrapper.queryType = form
        wrapper.setReturnFormat(JSON if form in {"SELECT", "ASK"} else "turtle")
        if self._credentials:
            wrapper.setCredentials(*self._credentials)
        if len(text) > _LONGEST_GET:
            wrapper.setMethod(POST)
        return wrapper

    def _fetch(self, text: str, form: str) -> tuple[bytes, str]:
        from SPARQLWrapper import SPARQLExceptions

        deadline = time.monotonic() + self.timeout
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                response = self._wrapper(text, form).query().response
            with response:
                kind = response.headers.get_content_type()
                return self._body(response, deadline), kind
        except (SPARQLExceptions.SPARQLWrapperException, HTTPError) as error:
            raise self._refused(error) from error
        except TimeoutError as error:
            raise self._timed_out() from error
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise self._timed_out() from error
            raise self._failed(f"it cannot be reached ({error.reason})") from error
        except (HTTPException, OSError) as error:
            raise self._failed(f"the connection broke ({type(error).__name__}: {error})") from error

    def _refused(self, error: BaseException) -> Exception:
        answer = error if isinstance(error, HTTPError) else error.__context__
        if not isinstance(answer, HTTPError):
            return self._failed(_first_line(error))
        with answer:
            code, reason = answer.code, answer.reason
        if code in _RETRY_STATUS:
            return _TryAgain(f"it answers HTTP {code} {reason}")
        if code == _BAD_REQUEST:
            said = _QUOTED_BODY.search(str(error))
            detail = said[1].replace("\\n", " ")[:300] if said else reason
            return QueryProblem(f"the endpoint {self.endpoint} refuses the query: {detail}", path="<query>")
        hint = _CREDENTIALS if code in {401, 403} else ""
        return self._failed(f"it answers HTTP {code} {reason}", hint=hint)

    def _body(self, response: Any, deadline: float) -> bytes:  # noqa: ANN401 - an HTTP response
        parts: list[bytes] = []
        size = 0
        while chunk := response.read1(_CHUNK):
            size += len(chunk)
            if size > self.max_bytes:
                raise self._failed(f"its answer is larger than {self.max_bytes:,} bytes")
            if time.monotonic() > deadline:
                raise self._timed_out()
            parts.append(chunk)
        length = response.headers.get("Content-Length")
        if length is not None and length.isdigit() and int(length) != size:
            raise self._failed(f"its answer was cut off after {size:,} of {length} bytes")
        return b"".join(parts)

    def _read(self, body: bytes, kind: str, form: str) -> Answer:
        if kind == "text/html":
            raise self._failed(
                "it answers with an HTML page, not with a SPARQL result", hint="Is the address right?"
            )
        try:
            if form in {"SELECT", "ASK"}:
                return _result(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON))
            quads = ox.parse(io.BytesIO(body), format=ox.RdfFormat.from_media_type(kind) or ox.RdfFormat.TURTLE)
            return Triples.sorted(quad.triple for quad in quads)
        except (SyntaxError, ValueError, OSError) as error:
            raise self._failed(
                f"its answer ({kind}) is broken or no SPARQL result: {_first_line(error)}"
            ) from error

    def _failed(self, reason: str, *, hint: str = "") -> BackendError:
        return BackendError(f"the endpoint {self.endpoint} failed: {reason}", hint=hint)

    def _timed_out(self) -> TimedOut:
        return TimedOut(
            f"the endpoint {self.endpoint} gave no whole answer within {self.timeout:g} seconds",
            hint="Try again, ask for less, or allow more with --timeout.",
        )


class _TryAgain(Exception):
    """The endpoint is busy for the moment."""


def _result(result: object) -> Answer:
    if isinstance(result, ox.QuerySolutions):
        columns = tuple(variable.value for variable in result.variables)
        return Rows(columns, tuple(tuple(solution) for solution in result))
    return Truth(bool(result))


def _first_line(error: BaseException) -> str:
    text = str(getattr(error, "msg", "") or error)
    lines = [line.strip() for line in text.replace("\\n", "\n").splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
