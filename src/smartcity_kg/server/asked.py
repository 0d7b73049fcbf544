"""A request of the SPARQL 1.1 protocol as a question, or the reason why it is none (layer 6).

After SPARQL 1.1 Protocol, section 2.1: a query comes in the address, in a form, or as the body itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_READ_ONLY = "Updates are refused: this endpoint only reads."
_UPDATE_PARAMETERS = frozenset(["update", "using-graph-uri", "using-named-graph-uri"])
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_MOST_PARAMETERS = 200
_FORM_FACTOR = 4  # a character of a query takes three in a form, and there are other parameters
_BODY_SECONDS = 10


class BadRequest(Exception):
    """A request that is no question.

    Args:
        status: The status of the answer.
        message: What is wrong, in a sentence or two.
        headers: What the answer must carry besides.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})


@dataclass(frozen=True)
class Asked:
    """A question: the text (none when the service itself is asked for), the data set, the form of the answer.

    Args:
        text: The query; empty if there is none.
        default_graphs: The graphs that make up the default graph.
        named_graphs: The graphs that can be named.
        inferred: Whether inferred statements are in the data set.
        media_type: What the answer must be, whatever the `Accept` header says.
    """

    text: str = ""
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    inferred: bool = True
    media_type: str = ""


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request by lower-case name; a header that comes twice is joined by a comma.

    >>> headers_of({"headers": [(b"accept", b"text/csv"), (b"accept", b"*/*")]})
    {'accept': 'text/csv, */*'}
    """
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


async def read_question(scope: Scope, receive: Receive, headers: Mapping[str, str], *, most: int) -> Asked:
    """The question in a request.

    Args:
        scope: The request.
        receive: Gives its body.
        headers: Its headers.
        most: How many bytes a query may have.

    Raises:
        BadRequest: If it is none.
    """
    pairs = parameters(scope["query_string"], most * _FORM_FACTOR)
    if scope["method"] in {"GET", "HEAD"}:
        return _question(pairs)
    if scope["method"] != "POST":
        raise BadRequest(405, f"{scope['method'][:20]} is not allowed here.", {"allow": ", ".join(METHODS)})
    kind = _media_type(headers)
    if kind == UPDATE:
        raise BadRequest(403, _READ_ONLY)
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise BadRequest(415, "A compressed body is not taken.", {"accept-encoding": "identity"})
    if kind == FORM:
        body = await _body(receive, headers, most * _FORM_FACTOR)
        return _question([*pairs, *parameters(body, most * _FORM_FACTOR)])
    if any(name == "query" for name, _ in pairs):
        raise BadRequest(400, "There is a query in the address and one in the body.")
    return _question([*pairs, ("query", _decoded(await _body(receive, headers, most)))])


def parameters(encoded: bytes, most: int) -> list[tuple[str, str]]:
    """Names and values of a form or of the part of an address after `?`.

    Raises:
        BadRequest: If it is too long, has too many of them or is not UTF-8.

    >>> parameters(b"query=ASK%20%7B%7D&query=", 100)
    [('query', 'ASK {}'), ('query', '')]
    """
    if len(encoded) > most:
        raise BadRequest(413, f"The parameters have more than the {most:,} bytes allowed.")
    try:
        text = encoded.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except UnicodeError as error:
        raise BadRequest(400, "The parameters are not percent-encoded UTF-8.") from error
    except ValueError as error:
        raise BadRequest(400, f"There are more than {_MOST_PARAMETERS} parameters.") from error


def _question(pairs: list[tuple[str, str]]) -> Asked:
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    if _UPDATE_PARAMETERS & set(given):
        raise BadRequest(403, _READ_ONLY)
    for name in ("query", "inferred", "_mediatype"):
        if len(given.get(name, ())) > 1:
            raise BadRequest(400, f"The parameter '{name}' is given more than once.")
    text = given.get("query", [""])[0]
    if "query" in given and not text.strip():
        raise BadRequest(400, "The query is empty.")
    inferred = given.get("inferred", ["true"])[0].lower()
    if inferred not in _TRUTH:
        raise BadRequest(400, "The parameter 'inferred' is either true or false.")
    return Asked(
        text,
        tuple(given.get("default-graph-uri", ())),
        tuple(given.get("named-graph-uri", ())),
        _TRUTH[inferred],
        # A plus sign that nobody encoded reads as a blank.
        given.get("_mediatype", [""])[0].replace(" ", "+"),
    )


def _media_type(headers: Mapping[str, str]) -> str:
    kind, *options = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    if kind not in {FORM, QUERY, UPDATE}:
        said = f"A body of the type {kind[:100]!r} is not taken." if kind else "The body's type is not given."
        raise BadRequest(415, f"{said} Send {QUERY} or {FORM}.", {"accept-post": f"{QUERY}, {FORM}"})
    for option in options:
        name, _, value = option.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in {"utf-8", "utf8"}:
            raise BadRequest(415, "The body must be in UTF-8.")
    return kind


async def _body(receive: Receive, headers: Mapping[str, str], most: int) -> bytes:
    too_large = BadRequest(413, f"The body has more than the {most:,} bytes allowed.", {"connection": "close"})
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BadRequest(400, "The body is not complete.")
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > most:
                    raise too_large
    except TimeoutError as error:
        raise BadRequest(408, "The body did not come in time.", {"connection": "close"}) from error
    return bytes(body)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(400, "The body is not UTF-8.") from error
