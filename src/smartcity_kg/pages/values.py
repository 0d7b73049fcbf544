"""Values as people read them: names with links, dates in words, numbers in the language's writing (layer 4)."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from smartcity_kg.edtf import in_words
from smartcity_kg.errors import SmartCityError
from smartcity_kg.pages.address import Links
from smartcity_kg.pages.index import Index
from smartcity_kg.terms import RDF_TYPE, SKOS, XSD, Prefixes, Term, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONCEPT = NamedNode(f"{SKOS}Concept")
_SCHEME = NamedNode(f"{SKOS}inScheme")
_EDTF = "http://id.loc.gov/datatypes/edtf/"
_WHOLE = frozenset(
    f"{XSD}{name}"
    for name in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger", "unsignedInt", "short")
)
_YES = {"de": {"true": "ja", "false": "nein"}, "en": {"true": "yes", "false": "no"}}
_DEPTH = 3
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Value:
    """One value on a page.

    Attributes:
        text: What is read.
        href: Where it leads; empty where it leads nowhere.
        language: The language of the text, where it is not that of the page.
        rule: The rule that concluded the statement; empty if it is stated.
        scheme: The last part of the scheme's IRI, where the value is a concept.
        notation: The last part of the concept's IRI.
        iri: The IRI, where the value has one.
        long: Whether it is a text in sentences.
        number: Whether it is a number.
    """

    text: str
    href: str = ""
    language: str = ""
    rule: str = ""
    scheme: str = ""
    notation: str = ""
    iri: str = ""
    long: bool = False
    number: bool = False


@dataclass(frozen=True)
class Reader:
    """Who reads: the language, and the file of the site that shows the values.

    >>> from smartcity_kg.pages.address import Links
    >>> reader = Reader(Index("https://e.org/", {}, {}, {}, {}, {}, {}), Prefixes({}), Links("de/a.html", "de"))
    >>> reader.value(Literal("2019-03-19", datatype=NamedNode(XSD + "date"))).text
    '19. März 2019'
    >>> reader.value(Literal(239364)).text
    '239.364'
    """

    index: Index
    prefixes: Prefixes
    links: Links

    @property
    def language(self) -> str:
        """The language of the page."""
        return self.links.language

    def value(self, term: Term, rule: str = "") -> Value:
        """A term as a value of a page; `rule` is the rule that concluded it."""
        if isinstance(term, Literal):
            value = _literal(term, self.language, rule)
            # A namespace of ours is written as an address, but no page stands there.
            return replace(value, href="") if value.href.startswith(self.index.base) else value
        if not isinstance(term, NamedNode):
            return Value(self._inner(term, _DEPTH), rule=rule)
        text = self.index.label(term, self.language) or self._short(term.value)
        scheme, notation = self._concept(term)
        return Value(text, self.href(term), "", rule, scheme, notation, term.value)

    def href(self, term: Term) -> str:
        """Where a thing's page is from here, or its address elsewhere; empty where it has none."""
        address = self.index.page(term)
        if address:
            return self.links.page(address)
        iri = text_of(term)
        return iri if isinstance(term, NamedNode) and is_web(iri) and not iri.startswith(self.index.base) else ""

    def name(self, term: Term) -> str:
        """What a thing is called, or its shortened IRI."""
        return self.index.label(term, self.language) or self._short(text_of(term))

    def _short(self, iri: str) -> str:
        return self.prefixes.compress(iri)

    def _concept(self, term: NamedNode) -> tuple[str, str]:
        if (RDF_TYPE, _CONCEPT) not in self.index.outgoing.get(term, ()):
            return "", ""
        schemes = self.index.values(term, _SCHEME)
        return last_part(text_of(schemes[0])) if schemes else "", last_part(term.value)

    def _inner(self, node: Term, depth: int) -> str:
        """A blank node by what is said of it."""
        if depth == 0:
            return "…"
        pairs = sorted(self.index.outgoing.get(node, ()), key=str)
        said = [
            self._inner(other, depth - 1) if not isinstance(other, Literal | NamedNode) else self.value(other).text
            for predicate, other in pairs
            if predicate != RDF_TYPE and _speaks(other, self.language, (o for p, o in pairs if p == predicate))
        ]
        return ", ".join(said)


def _speaks(term: Term, language: str, others: "Iterable[Term]") -> bool:
    tag = getattr(term, "language", None)
    return not tag or tag == language or all(getattr(other, "language", None) != language for other in others)


def is_web(iri: str) -> bool:
    """Whether an IRI may be a link: a page on the web, never a script.

    >>> is_web("https://e.org/"), is_web("javascript:alert(1)")
    (True, False)
    """
    return iri.lower().startswith(("http://", "https://"))


def last_part(iri: str) -> str:
    """The last part of an IRI, after slash or number sign.

    >>> last_part("https://e.org/scheme/status#planned")
    'planned'
    """
    return iri.rstrip("/").rpartition("/")[2].rpartition("#")[2]


def _literal(literal: Literal, language: str, rule: str) -> Value:
    kind, text = literal.datatype.value, literal.value
    if literal.language:
        other = "" if literal.language == language else literal.language
        return Value(text, language=other, rule=rule, long=_is_long(text))
    if kind in _WHOLE or kind == f"{XSD}decimal":
        return Value(number_in_words(text, language), rule=rule, number=True)
    if kind == f"{XSD}date":
        return Value(day_in_words(text, language), rule=rule)
    if kind.startswith(_EDTF):
        return Value(_edtf(text, language), rule=rule)
    if kind == f"{XSD}boolean":
        return Value(_YES[language].get(text, text), rule=rule)
    if kind == f"{XSD}anyURI" and is_web(text):
        return Value(text, text, rule=rule)
    return Value(text, rule=rule, long=_is_long(text))


def _is_long(text: str) -> bool:
    return len(text) > 60 or text.rstrip().endswith(".")


def _edtf(text: str, language: str) -> str:
    try:
        return in_words(text, language)
    except (SmartCityError, ValueError):
        return text


def day_in_words(text: str, language: str) -> str:
    """A day as people write it; the text itself where it is no day.

    >>> day_in_words("2026-11-22", "en"), day_in_words("unknown", "de")
    ('22 November 2026', 'unknown')
    """
    return _edtf(text[:10], language) if _DAY.fullmatch(text[:10]) else text


def number_in_words(text: str, language: str) -> str:
    """A decimal number with the signs of the language; the text itself where it is no number.

    >>> number_in_words("239364", "de"), number_in_words("201.04", "de"), number_in_words("1000.5", "en")
    ('239.364', '201,04', '1,000.5')
    """
    whole, point, rest = text.partition(".")
    if not whole.lstrip("+-").isdigit() or (point and not rest.isdigit()) or len(whole) > 30:
        return text
    written = f"{int(whole):,}" + point + rest
    return written.translate(str.maketrans(",.", ".,")) if language == "de" else written
