"""Namespaces and the CURIEs made with them (layer 0).

The bindings come from `ontology/prefixes.ttl`; only the few terms that the code itself needs stand here.
Nothing here knows a class of the domain by name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from smartcity_kg.errors import NotFound

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SH = "http://www.w3.org/ns/shacl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"
RDF_TYPE = NamedNode(RDF + "type")
LANG_STRING = RDF + "langString"

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_LOCAL = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_./-]*[A-Za-z0-9_-])?)?")
_TURTLE_LOCAL = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?)?")


@dataclass(frozen=True)
class Prefixes:
    """Prefix to namespace, in both directions.

    CURIEs may have slashes in the local part (`city:magdeburg/stadtrat`), as people write them; where Turtle
    or SPARQL has to read the text, use `turtle_name`, which escapes or falls back to `<…>`.

    >>> prefixes = Prefixes({"city": "https://example.org/id/city/"})
    >>> prefixes.compress("https://example.org/id/city/ulm")
    'city:ulm'
    >>> prefixes.compress("https://example.com/other")
    'https://example.com/other'
    >>> prefixes.expand("city:ulm")
    <NamedNode value=https://example.org/id/city/ulm>
    """

    namespaces: Mapping[str, str]
    _by_length: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "namespaces", MappingProxyType(dict(self.namespaces)))
        longest_first = sorted(self.namespaces.items(), key=lambda item: (-len(item[1]), item[0]))
        object.__setattr__(self, "_by_length", tuple(longest_first))

    def __iter__(self) -> Iterator[str]:
        return iter(self.namespaces)

    def expand(self, curie: str) -> NamedNode:
        """The IRI that a CURIE stands for; an absolute IRI, bare or in `<>`, is returned as it is.

        Raises:
            NotFound: If the prefix is unknown, or the text is neither a CURIE nor an IRI.
        """
        if curie.startswith("<") and curie.endswith(">"):
            curie = curie[1:-1]
        prefix, colon, local = curie.partition(":")
        if colon and prefix in self.namespaces and not local.startswith("//"):
            return NamedNode(self.namespaces[prefix] + local)
        if colon and _IRI.fullmatch(curie) and ("//" in curie or prefix in {"urn", "mailto", "tag"}):
            return NamedNode(curie)
        if not colon:
            raise NotFound(f"{curie!r} is neither an IRI nor a prefixed name")
        raise NotFound.among("prefix", prefix, self.namespaces)

    def compress(self, iri: str) -> str:
        """The shortest CURIE for an IRI, or the IRI itself where no namespace fits."""
        return self._compress(iri, _LOCAL) or iri

    def turtle_name(self, iri: str) -> str:
        """The IRI as Turtle and SPARQL read it: a prefixed name, or `<…>`.

        >>> Prefixes({"e": "https://e.org/"}).turtle_name("https://e.org/a/b")
        '<https://e.org/a/b>'
        """
        return self._compress(iri, _TURTLE_LOCAL) or f"<{iri}>"

    def _compress(self, iri: str, local: re.Pattern[str]) -> str | None:
        for prefix, namespace in self._by_length:
            if iri.startswith(namespace) and local.fullmatch(iri, len(namespace)):
                return f"{prefix}:{iri[len(namespace) :]}"
        return None


def text_of(term: Term | None) -> str:
    """The plain text of a term: the IRI, the lexical form, the blank node's label; empty for none.

    >>> text_of(Literal("Ulm", language="de"))
    'Ulm'
    >>> text_of(None)
    ''
    """
    if term is None:
        return ""
    if isinstance(term, BlankNode):
        return f"_:{term.value}"
    if isinstance(term, Triple):
        return str(term)
    return term.value


def pick_language(literals: Iterator[Literal] | list[Literal], language: str) -> Literal | None:
    """The literal in the wanted language; else one without language, German, English, then any.

    The choice does not depend on the order of `literals`.

    >>> found = pick_language([Literal("city", language="en"), Literal("Stadt", language="de")], "en")
    >>> found.value
    'city'
    >>> pick_language([], "en") is None
    True
    """
    wanted = {language: 0, "": 1, "de": 2, "en": 3}
    wanted[language] = 0
    ordered = sorted(literals, key=lambda lit: (wanted.get(lit.language or "", 4), lit.value))
    return ordered[0] if ordered else None
