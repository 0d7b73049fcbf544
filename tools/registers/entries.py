"""Entries, the files that they stand in, and how they are written as Turtle."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, unquote, urlsplit

import pyoxigraph as ox

from smartcity_kg.layout import slug_of
from smartcity_kg.project import Project

ROOT = Path(__file__).resolve().parents[2]
PREFIXES = Project.at(ROOT).prefixes
BASE = "https://w3id.org/smartcity-kg/"
ID = f"{BASE}id/"
CC_BY = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"
_SLUG_LENGTH, _TELLING_LENGTH = 48, 6
_SHORT_NUMBERS = {"integer", "decimal", "boolean"}

Node: TypeAlias = ox.NamedNode
Value: TypeAlias = ox.NamedNode | ox.Literal


def term(name: str) -> Node:
    """The IRI of a prefixed name.

    >>> term("sta:ongoing").value
    'https://w3id.org/smartcity-kg/scheme/status/ongoing'
    """
    return PREFIXES.expand(name)


def text(german: str, english: str = "") -> tuple[ox.Literal, ...]:
    """A text in German and, if there is one, in English."""
    both = ((german, "de"), (english, "en"))
    return tuple(ox.Literal(words, language=language) for words, language in both if words)


def typed(value: str, datatype: str) -> ox.Literal:
    """A literal of a datatype."""
    return ox.Literal(value, datatype=term(datatype))


def decimal(value: str) -> ox.Literal:
    """A decimal number, with a point even where the table has none."""
    return typed(value if "." in value else f"{value}.0", "xsd:decimal")


def web_address(address: str) -> Node:
    """An address with all that an IRI may not hold encoded."""
    return ox.NamedNode(quote(address, safe=":/?#[]@!$&'()*+,;=%-._~"))


def same_page(address: str) -> str:
    """What two spellings of one address have in common.

    >>> same_page("https://www.vku.de/themen/") == same_page("http://vku.de/themen")
    True
    """
    parts = urlsplit(address)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}{query}".lower()


def source_slug(address: str) -> str:
    """The slug of a page: host, and the last words of its path.

    >>> source_slug("https://www.vku.de/themen/digitalisierung/13-modellprojekte/")
    'vku-de-13-modellprojekte'
    """
    parts = urlsplit(address)
    host = slug_of(parts.netloc.removeprefix("www."))
    words = [slug_of(re.sub(r"\.(html?|php|aspx?|pdf)$", "", unquote(part))) for part in parts.path.split("/")]
    words = [word for word in words if word and word not in {"de", "en", "index"}]
    tail = words[-1] if words else ""
    if len(tail) < _TELLING_LENGTH and len(words) > 1:
        tail = f"{words[-2]}-{tail}"
    tail = tail[:_SLUG_LENGTH].strip("-")
    return f"{host}-{tail}" if tail else host


@dataclass
class Entry:
    """What a file says about one thing: properties in the order of writing."""

    subject: Node
    facts: list[tuple[Node, Value]] = field(default_factory=list)

    def add(self, predicate: str, *values: Value | None) -> "Entry":
        """State a property with each value that is there, once."""
        for value in values:
            if value is not None and (pair := (term(predicate), value)) not in self.facts:
                self.facts.append(pair)
        return self

    def label(self, german: str, english: str) -> "Entry":
        """Name the thing in both languages."""
        return self.add("skos:prefLabel", *text(german, english))

    @property
    def kind(self) -> str:
        """The class that it was made with, as a CURIE."""
        return PREFIXES.compress(self.facts[0][1].value)


@dataclass
class Sheet:
    """A file to be written: its title, a comment, its entries."""

    name: str
    title: tuple[str, str]
    comment: str
    sources: set[Node] = field(default_factory=set)
    entries: dict[Node, Entry] = field(default_factory=dict)

    def entry(self, subject: Node, kind: str) -> Entry:
        """The entry of a thing, made when it is first asked for."""
        if subject not in self.entries:
            self.entries[subject] = Entry(subject).add("rdf:type", term(kind))
        return self.entries[subject]


def write_turtle(entries: Iterable[Entry], comment: str) -> str:
    """Some entries as Turtle in the layout of the project, with the prefixes that they use."""
    body = "\n\n".join(_block(entry) for entry in entries) + "\n"
    plain = re.sub(r'"(?:[^"\\]|\\.)*"|<[^>]*>', " ", body)
    used = sorted(set(re.findall(r"(?<![\w-])([a-z]+):", plain)))
    prefixes = "".join(f"@prefix {name}: <{PREFIXES.namespaces[name]}> .\n" for name in used)
    return f"{prefixes}\n# {comment}\n\n{body}"


def _block(entry: Entry) -> str:
    grouped: dict[Node, list[str]] = defaultdict(list)
    for predicate, value in entry.facts:
        grouped[predicate].append(_turtle(value))
    classes = grouped.pop(term("rdf:type"), [])
    lines = [f"a {' , '.join(classes)}"] if classes else []
    lines += [f"{_turtle(predicate)} {' , '.join(values)}" for predicate, values in grouped.items()]
    return f"{_turtle(entry.subject)} " + " ;\n    ".join(lines) + " ."


def _turtle(value: Value) -> str:
    if isinstance(value, ox.NamedNode):
        return PREFIXES.turtle_name(value.value)
    quoted = value.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    kind = value.datatype.value.rpartition("#")[2]
    if value.language:
        return f'"{quoted}"@{value.language}'
    if kind == "string":
        return f'"{quoted}"'
    return value.value if kind in _SHORT_NUMBERS else f'"{quoted}"^^{_turtle(value.datatype)}'
