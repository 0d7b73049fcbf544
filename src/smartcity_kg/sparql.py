r"""The guard over query text, and the place where parameters are bound (layer 1).

The guard reads tokens, not patterns: strings, IRIs and comments cannot fool it. A query is looked at as it is
written and as it reads after `\u` escapes are resolved (SPARQL 1.1, section 19.2), since engines differ in
when they resolve them. It runs no query and touches nothing outside.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

from smartcity_kg.errors import QueryProblem, Refused

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = frozenset(
    ["INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH", "USING"]
)  # fmt: skip
MAX_NESTING = 64
_OPENING, _CLOSING = frozenset("({["), frozenset(")}]")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_LOCAL_ESCAPE = re.compile(r"\\(.)")
_PAIR = 2
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>\#[^\n\r]*)
  | (?P<string>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*'{3}
      | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*')
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<variable>[?$]\w+)
  | (?P<name>[^\W\d_][\w.-]{0,200}+(?<!\.):(?:[\w.:%-]|\\.)*|:(?:[\w.:%-]|\\.)*)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<word>[^\W\d]\w*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A piece of query text: its kind, its text and where it starts (offset from 0)."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a query without white space and comments.

    >>> [token.text for token in tokens('ASK { ?s <http://e.org/SERVICE> "a#b" } # SERVICE')]
    ['ASK', '{', '?s', '<http://e.org/SERVICE>', '"a#b"', '}']
    """
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "other"
        if kind not in {"space", "comment"}:
            yield Token(kind, found[0], found.start())


@lru_cache(maxsize=1_000)
def check_query(text: str, *, name: str = "<query>", max_bytes: int = 16_384, dataset: bool = False) -> str:
    """The form of a query that only reads: `SELECT`, `ASK`, `CONSTRUCT` or `DESCRIBE`.

    Raises:
        Refused: If it is an update, calls `SERVICE`, names a data set with `FROM` (unless `dataset`: then whoever
            runs it looks at what `dataset_of` gives), is too long, or is nested deeper than 64 levels (the
            engine's parser would end the process); the message names line and column.
        QueryProblem: If it has no query form at all.

    >>> check_query("SELECT ?s WHERE { ?s ?p ?o }")
    'SELECT'
    >>> check_query("ASK { SERVICE <http://e.org/> { ?s ?p ?o } }")
    Traceback (most recent call last):
    smartcity_kg.errors.Refused: <query>:1:7: SERVICE is not allowed: a query here calls no other endpoint
      Ask that endpoint itself: smartcity-kg query --endpoint URL.
    """
    size = len(text.encode())
    if size > max_bytes:
        raise Refused(f"{name}: the query has {size:,} bytes, more than the {max_bytes:,} allowed")
    form = _guarded_form(text, name, dataset)
    resolved = _resolve_escapes(text)
    if resolved != text:
        form = _guarded_form(resolved, name, dataset)
    if form is None:
        raise QueryProblem(
            "this is no SPARQL query",
            path=name,
            line=1,
            column=1,
            hint=f"It needs one of {', '.join(FORMS)}.",
        )
    return form


def _guarded_form(text: str, name: str, dataset: bool) -> str | None:
    form = None
    depth = 0
    for token in tokens(text):
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth > MAX_NESTING:
            place = _named_place(name, text, token)
            raise Refused(f"{place}: the query is nested deeper than {MAX_NESTING} levels")
        if token.kind != "word":
            continue
        word = token.text.upper()
        if word == "SERVICE":
            place = _named_place(name, text, token)
            raise Refused(
                f"{place}: SERVICE is not allowed: a query here calls no other endpoint",
                hint="Ask that endpoint itself: smartcity-kg query --endpoint URL.",
            )
        if word == "FROM" and not dataset:
            place = _named_place(name, text, token)
            raise Refused(
                f"{place}: FROM is not allowed: the data set is fixed",
                hint="Use GRAPH <…> { … } for one graph.",
            )
        if word in _UPDATES and form is None:
            place = _named_place(name, text, token)
            raise Refused(
                f"{place}: {word} is an update, and the graph is read-only",
                hint="Ask with SELECT, ASK, CONSTRUCT or DESCRIBE; the graph follows the Turtle files in data/.",
            )
        if word in FORMS and form is None:
            form = word
    return form


def _named_place(name: str, text: str, token: Token) -> str:
    return "{}:{}:{}".format(name, *place_of(text, token.start))


def dataset_of(text: str, namespaces: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The graphs that a query names with `FROM` and with `FROM NAMED` (SPARQL 1.1, section 13.2).

    Args:
        text: The query.
        namespaces: Prefixes that it may use undeclared.

    Raises:
        Refused: If a name is relative, or has a prefix that is not declared.

    >>> dataset_of("SELECT * FROM e:a FROM NAMED <http://e.org/b> { }", {"e": "http://e.org/"})
    (('http://e.org/a',), ('http://e.org/b',))
    """
    if "FROM" not in text.upper() and "\\" not in text:
        return (), ()
    known = dict(namespaces)
    found: dict[bool, list[str]] = {False: [], True: []}
    pieces = tuple(tokens(_resolve_escapes(text)))
    for place, token in enumerate(pieces):
        word = token.text.upper() if token.kind == "word" else ""
        after = pieces[place + 1 : place + 3]
        if word == "PREFIX" and len(after) == _PAIR:
            known[after[0].text.removesuffix(":")] = after[1].text.strip("<>")
        elif word == "FROM" and after:
            named = after[0].text.upper() == "NAMED"
            found[named].append(_graph_name(after[-1] if named else after[0], known))
    return tuple(found[False]), tuple(found[True])


def _graph_name(token: Token, known: Mapping[str, str]) -> str:
    if token.kind == "name":
        prefix, _, local = token.text.partition(":")
        if prefix in known:
            return known[prefix] + _LOCAL_ESCAPE.sub(r"\1", local)
    elif token.kind == "iri" and ":" in token.text:
        return token.text.strip("<>")
    raise Refused(
        f"{token.text[:200]!r} names no graph", hint="Write FROM with an absolute IRI, as in FROM <https://…>."
    )


def _resolve_escapes(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        code = int(found[1] or found[2], 16)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else found[0]

    return _ESCAPE.sub(character, text)


def place_of(text: str, offset: int) -> tuple[int, int]:
    r"""Line and column, both from 1, of an offset in a text.

    >>> place_of("ab\ncd", 4)
    (2, 2)
    """
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def bind(text: str, bindings: Mapping[str, NamedNode | Literal]) -> str:
    """The query with one `VALUES` block at the start of its outer group: the bindings as serialised terms.

    Line numbers do not change, so that messages about the text stay true.

    Raises:
        QueryProblem: If the query has no group to bind in.

    >>> bind("ASK WHERE { ?s ?p ?city }", {"city": NamedNode("http://e.org/ulm")})
    'ASK WHERE { VALUES (?city) { (<http://e.org/ulm>) } ?s ?p ?city }'
    """
    if not bindings:
        return text
    names = sorted(bindings)
    variables = " ".join(f"?{name}" for name in names)
    terms = " ".join(str(bindings[name]) for name in names)
    opening = _outer_group(text)
    return f"{text[: opening + 1]} VALUES ({variables}) {{ ({terms}) }}{text[opening + 1 :]}"


def bind_all(text: str, name: str, terms: Iterable[NamedNode]) -> str:
    """The query with one variable bound to each of some IRIs in turn, at the start of its outer group.

    >>> bind_all("ASK WHERE { $this ?p ?o }", "this", [NamedNode("http://e.org/a")])
    'ASK WHERE { VALUES ?this { <http://e.org/a> } $this ?p ?o }'
    """
    opening = _outer_group(text)
    listed = " ".join(str(term) for term in terms)
    return f"{text[: opening + 1]} VALUES ?{name} {{ {listed} }}{text[opening + 1 :]}"


def _outer_group(text: str) -> int:
    seen_where = False
    for token in tokens(text):
        if token.kind == "word" and token.text.upper() == "WHERE":
            seen_where = True
        elif token.text == "{" and seen_where:
            return token.start
    raise QueryProblem("the query has no WHERE { … } to bind parameters in", path="<query>")


def without_comments(text: str) -> str:
    r"""The query without its comments; strings and IRIs that hold a `#` stay whole.

    >>> without_comments('# all\nASK { ?s ?p "#1" } # end')
    '\nASK { ?s ?p "#1" } '
    """
    return "".join("" if found.lastgroup == "comment" else found[0] for found in _TOKEN.finditer(text))


def with_prefixes(text: str, namespaces: Mapping[str, str]) -> str:
    """The query with `PREFIX` declarations for the prefixes that it uses, all on its first line.

    >>> with_prefixes("ASK { ?s a e:B }", {"e": "http://e.org/", "f": "http://f.org/"})
    'PREFIX e: <http://e.org/> ASK { ?s a e:B }'
    """
    used = {token.text.partition(":")[0] for token in tokens(text) if token.kind == "name"}
    declared = "".join(f"PREFIX {name}: <{namespaces[name]}> " for name in sorted(used & set(namespaces)))
    return declared + text
