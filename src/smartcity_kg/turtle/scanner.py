r"""Turtle to triples with the place of each term (layer 1).

It follows the grammar of RDF 1.1 Turtle (W3C Recommendation, section 6.5) but does not judge: pyoxigraph has read
the text already, so what is accepted here beyond the grammar does no harm. Whoever uses the result compares it
with pyoxigraph's triples; see `positions`. No file is read, and pyoxigraph is asked only to resolve IRIs.
"""

import re
from typing import NamedTuple, TypeAlias

import pyoxigraph as ox

from smartcity_kg.terms import RDF, RDF_TYPE, XSD, Term

Span: TypeAlias = tuple[int, int]

MAX_DEPTH = 100
_FIRST, _REST, _NIL = (ox.NamedNode(f"{RDF}{name}") for name in ("first", "rest", "nil"))
_INTEGER, _DECIMAL, _DOUBLE, _BOOLEAN = (
    ox.NamedNode(f"{XSD}{name}") for name in ("integer", "decimal", "double", "boolean")
)
# The names of the grammar: PN_CHARS_BASE, PN_CHARS and PLX.
_BASE = (
    r"A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_CHARS = _BASE + r"_0-9\u00B7\u0300-\u036F\u203F-\u2040-"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.!$&'()*+,;=/?#@%-]"
# Possessive throughout, so that no text makes it try the same piece twice.
_TOKEN = re.compile(
    rf"""
    (?P<space> (?: [ \t\r\n]++ | \#[^\r\n]*+ )++ )
  | (?P<string>
        \"\"\" (?: "{{0,2}} (?: [^"\\]++ | \\. ) )*+ \"\"\"
      | ''' (?: '{{0,2}} (?: [^'\\]++ | \\. ) )*+ '''
      | " (?: [^"\\\r\n]++ | \\. )*+ "
      | ' (?: [^'\\\r\n]++ | \\. )*+ ' )
  | (?P<iri> < [^<>"\x00-\x20]*+ > )
  | (?P<label> _: [{_BASE}_0-9] (?: \.*+ [{_CHARS}]++ )*+ )
  | (?P<name>
        (?: [{_BASE}] (?: \.*+ [{_CHARS}]++ )*+ )?+ :
        (?: (?: [{_BASE}_0-9:] | {_PLX} ) (?: \.*+ (?: [{_CHARS}:]++ | {_PLX} ) )*+ )?+ )
  | (?P<number>
        [+-]? (?: [0-9]+ (?: \.[0-9]* )? [eE][+-]?[0-9]+ | \.[0-9]+[eE][+-]?[0-9]+ | [0-9]*\.[0-9]+ | [0-9]+ ) )
  | (?P<at> @[A-Za-z]+ (?: -[A-Za-z0-9]+ )* )
  | (?P<word> [A-Za-z]+ )
  | (?P<mark> \^\^ | [.;,\[\]()] )
  | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"#[^\r\n]*")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_LOCAL_ESCAPE = re.compile(r"\\(.)")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\\]*")


class ScanProblem(Exception):
    """The text has something that cannot be followed, such as RDF 1.2 syntax: never a verdict on the file."""


class Written(NamedTuple):
    """One triple as it is written: its terms, and from where to where each stands, in characters of the text.

    The links of a collection (`rdf:first`, `rdf:rest`) are not written; they stand where their element begins.
    `step` is the number of the token with which a parser that reads one token after the other knows the triple.
    """

    subject: Term
    predicate: ox.NamedNode
    object: Term
    subject_at: Span
    predicate_at: Span
    object_at: Span
    step: int


class Scan(NamedTuple):
    """What was found: the triples in the order of the text, the last bindings, and where the directives stand."""

    written: list[Written]
    prefixes: dict[str, str]
    directives: list[Span]


def scan(text: str, *, base_iri: str | None = None) -> Scan:
    """The triples of a Turtle text with their places. Blank nodes get labels of their own.

    Relative IRIs are resolved against `base_iri` until the text names a base itself.

    Raises:
        ScanProblem: If something cannot be followed, or `[` and `(` are nested more than 100 deep.

    >>> found = scan("@prefix e: <http://e.org/> . e:a e:b 'c' .")
    >>> [(str(one.object), one.object_at) for one in found.written]
    [('"c"', (37, 40))]
    >>> scan("<http://e.org/a> .")
    Traceback (most recent call last):
    smartcity_kg.turtle.scanner.ScanProblem: a predicate was expected at character 17
    """
    reader = _Reader(text, base_iri)
    try:
        reader.read()
    except (ValueError, LookupError, ArithmeticError, SyntaxError, RecursionError, StopIteration) as error:
        raise ScanProblem(f"a term could not be read: {error}") from error
    return Scan(reader.written, reader.prefixes, reader.directives)


def comments(text: str) -> list[Span]:
    """Where the comments of a Turtle text stand, from `#` to the end of the line.

    What the grammar does not know is passed over: whoever asks need not know whether the text is Turtle.

    >>> text = "<http://e.org/#a> <http://e.org/b> '# c' . # d"
    >>> [text[start:end] for start, end in comments(text)]
    ['# d']
    """
    spaces = (found for found in _TOKEN.finditer(text) if found.lastgroup == "space" and "#" in found[0])
    return [
        (found.start() + comment.start(), found.start() + comment.end())
        for found in spaces
        for comment in _COMMENT.finditer(found[0])
    ]


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return self.start, self.end


class _Link(NamedTuple):
    """What an object is about to be linked to: subject and predicate, and where they stand."""

    subject: Term
    predicate: ox.NamedNode
    subject_at: Span
    predicate_at: Span


class _Found(NamedTuple):
    """A term, where it stands, and the step with which its triple is known; none if that is written already."""

    term: Term
    at: Span
    step: int | None


class _Reader:
    """Recursive descent over the tokens; `self.next` is the number of the one to be read next."""

    def __init__(self, text: str, base_iri: str | None) -> None:
        self.tokens = _tokens(text)
        self.next = 0
        self.written: list[Written] = []
        self.prefixes: dict[str, str] = {}
        self.directives: list[Span] = []
        self._base = base_iri
        self._iris: dict[str, ox.NamedNode] = {}
        self._depth = 0
        self._count = 0
        # Labels of our own must never meet a written one.
        self._label = "b"
        while f"_:{self._label}" in text:
            self._label += "b"

    @property
    def token(self) -> _Token:
        return self.tokens[self.next]

    def read(self) -> None:
        while self.token.kind != "end":
            keyword = _keyword(self.token)
            if keyword:
                self._directive(keyword)
            else:
                self._block()

    def _directive(self, keyword: str) -> None:
        start = self.token.start
        if keyword.endswith("prefix"):
            name, iri = self.tokens[self.next + 1 : self.next + 3]
            self.prefixes[name.text[:-1]] = self._resolved(iri.text).value
            self.next += 3
        else:
            self._base = self._resolved(self.tokens[self.next + 1].text).value
            self.next += 2
        self._iris.clear()
        if keyword.startswith("@"):
            self._skip(".")
        self.directives.append((start, self.tokens[self.next - 1].end))

    def _block(self) -> None:
        first = self.token
        subject = self._term(None)
        # Only a subject in brackets may stand alone.
        if not (first.text == "[" and self.token.text == "."):
            at = first.span if first.text == "[" else subject.at
            self._predicates(subject.term, at)
        self._skip(".")

    def _predicates(self, subject: Term, subject_at: Span) -> None:
        while True:
            at = self.token.span
            link = _Link(subject, self._predicate(), subject_at, at)
            self._object(link)
            while self._is_mark(","):
                self.next += 1
                self._object(link)
            while self._is_mark(";"):
                self.next += 1
            if self._is_mark(".") or self._is_mark("]"):
                return

    def _predicate(self) -> ox.NamedNode:
        token = self.token
        self.next += 1
        if token.kind in {"name", "iri"}:
            return self._iri(token)
        if token.text == "a" and token.kind == "word":
            return RDF_TYPE
        raise ScanProblem(f"a predicate was expected at character {token.start}")

    def _object(self, link: _Link) -> None:
        found = self._term(link)
        if found.step is not None:
            self._write(link, found.term, found.at, found.step)

    def _write(self, link: _Link, term: Term, at: Span, step: int) -> None:
        self.written.append(
            Written(link.subject, link.predicate, term, link.subject_at, link.predicate_at, at, step)
        )

    def _term(self, link: _Link | None) -> _Found:
        token, number = self.token, self.next
        if token.text == "[" and token.kind == "mark":
            return self._brackets()
        if token.text == "(" and token.kind == "mark":
            return self._collection(link)
        if token.kind == "string":
            return self._string()
        self.next += 1
        return _Found(self._simple(token), token.span, number)

    def _simple(self, token: _Token) -> Term:
        if token.kind in {"name", "iri"}:
            return self._iri(token)
        if token.kind == "number":
            return ox.Literal(token.text, datatype=_number_type(token.text))
        if token.kind == "label":
            return ox.BlankNode(token.text[2:])
        if token.kind == "word" and token.text in {"true", "false"}:
            return ox.Literal(token.text, datatype=_BOOLEAN)
        raise ScanProblem(f"{token.text!r} was not expected at character {token.start}")

    def _string(self) -> _Found:
        token, after = self.token, self.tokens[self.next + 1]
        quotes = 3 if token.text[:3] in {'"""', "'''"} else 1
        value = _unescaped(token.text[quotes:-quotes])
        self.next += 1
        if after.kind == "at":
            self.next += 1
            literal = ox.Literal(value, language=after.text[1:].lower())
            return _Found(literal, (token.start, after.end), self.next - 1)
        if after.text == "^^":
            datatype = self.tokens[self.next + 1]
            self.next += 2
            literal = ox.Literal(value, datatype=self._iri(datatype))
            return _Found(literal, (token.start, datatype.end), self.next - 1)
        # Whether a language follows is known with the next token only.
        return _Found(ox.Literal(value), token.span, self.next)

    def _brackets(self) -> _Found:
        start = self.token
        node = self._fresh()
        self._enter(start)
        if not self._is_mark("]"):
            self._predicates(node, start.span)
        end = self._skip("]")
        self._depth -= 1
        return _Found(node, (start.start, end.end), self.next - 1)

    def _collection(self, link: _Link | None) -> _Found:
        start = self.token
        self._enter(start)
        if self._is_mark(")"):
            end = self._skip(")")
            self._depth -= 1
            return _Found(_NIL, (start.start, end.end), self.next - 1)
        root = self._fresh()
        place = len(self.written)
        if link:
            self._write(link, root, start.span, self.next)
        self._elements(root)
        end = self._skip(")")
        self._depth -= 1
        at = (start.start, end.end)
        if not link:
            return _Found(root, at, self.next - 1)
        # The list was linked when it began, as pyoxigraph does; where it ends is known now.
        self.written[place] = self.written[place]._replace(object_at=at)
        return _Found(root, at, None)

    def _elements(self, node: Term) -> None:
        while True:
            at = self.token.span
            self._object(_Link(node, _FIRST, at, at))
            at = self.token.span
            link = _Link(node, _REST, at, at)
            if self._is_mark(")"):
                self._write(link, _NIL, at, self.next)
                return
            node = self._fresh()
            self._write(link, node, at, self.next)

    def _iri(self, token: _Token) -> ox.NamedNode:
        known = self._iris.get(token.text)
        if known is None:
            known = self._resolved(token.text) if token.kind == "iri" else self._expanded(token.text)
            self._iris[token.text] = known
        return known

    def _resolved(self, text: str) -> ox.NamedNode:
        body = text[1:-1]
        if self._base is None and _ABSOLUTE.fullmatch(body):
            return ox.NamedNode(body)
        # pyoxigraph resolves it, so that both agree by construction.
        quad = next(iter(ox.parse(f"{text} <x:p> <x:o> .", ox.RdfFormat.TURTLE, base_iri=self._base)))
        if not isinstance(quad.subject, ox.NamedNode):
            raise ScanProblem(f"{text!r} is no IRI")
        return quad.subject

    def _expanded(self, text: str) -> ox.NamedNode:
        prefix, _, local = text.partition(":")
        if prefix not in self.prefixes:
            raise ScanProblem(f"the prefix {prefix}: is not bound")
        return ox.NamedNode(self.prefixes[prefix] + _LOCAL_ESCAPE.sub(r"\1", local))

    def _fresh(self) -> ox.BlankNode:
        self._count += 1
        return ox.BlankNode(f"{self._label}{self._count}")

    def _enter(self, bracket: _Token) -> None:
        self.next += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ScanProblem(f"brackets are nested more than {MAX_DEPTH} deep at character {bracket.start}")

    def _is_mark(self, text: str) -> bool:
        token = self.token
        return token.text == text and token.kind == "mark"

    def _skip(self, mark: str) -> _Token:
        token = self.token
        if not self._is_mark(mark):
            raise ScanProblem(f"{mark!r} was expected at character {token.start}")
        self.next += 1
        return token


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind == "other":
            raise ScanProblem(f"{found[0]!r} was not expected at character {found.start()}")
        if kind != "space":
            tokens.append(_Token(kind, found[0], found.start(), found.end()))
    # Two, since a string looks at the token after it.
    end = _Token("end", "", len(text), len(text))
    return [*tokens, end, end]


def _keyword(token: _Token) -> str:
    """`@prefix`, `@base`, `prefix` or `base` where a directive begins (the latter two in any case), else empty."""
    word = token.text.lower() if token.kind == "word" else token.text
    return word if token.kind in {"word", "at"} and word in {"@prefix", "@base", "prefix", "base"} else ""


def _number_type(text: str) -> ox.NamedNode:
    if "e" in text or "E" in text:
        return _DOUBLE
    return _DECIMAL if "." in text else _INTEGER


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    number = escape[1] or escape[2]
    return chr(int(number, 16)) if number else _ESCAPED.get(escape[3], escape[3])
