"""JSON-LD 1.1, compact with a published context, the same bytes for the same triples (layer 3).

Texts in languages are maps from language to text, things are full IRIs, whole numbers and truth values are JSON's
own; decimals and dates are strings, so that no digit is lost.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import pyoxigraph as ox

from smartcity_kg.context import IRI, LANGUAGE, Context
from smartcity_kg.formats.order import in_order, iris_of
from smartcity_kg.terms import RDF_TYPE, XSD, text_of

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!//)")
_STRING = f"{XSD}string"
# What JSON writes the same way. Other forms, such as 007 or 1 for true, are kept as they are.
_NATIVE = {
    f"{XSD}integer": re.compile(r"0|-?[1-9][0-9]{0,14}"),
    f"{XSD}boolean": re.compile(r"true|false"),
}


def write_graph(triples: Iterable[ox.Triple], context: Context, *, address: str) -> bytes:
    """Triples as JSON-LD: one line for each thing; blank nodes keep their names.

    Args:
        triples: What to write.
        context: The short names.
        address: Where the context is published; readers load it from there.

    >>> a, p = ox.NamedNode("http://e.org/a"), ox.NamedNode("http://e.org/p")
    >>> context = Context("1", {p.value: "p"}, {p.value: "@language"})
    >>> label = ox.Literal("Ulm", language="de")
    >>> print(write_graph([ox.Triple(a, p, label)], context, address="c.jsonld").decode(), end="")
    {"@context":"c.jsonld","graph":[
    {"id":"http://e.org/a","p":{"de":"Ulm"}}
    ]}
    """
    ordered = in_order(triples)
    return write_ordered(ordered, narrow(context, iris_of(ordered)), address=address)


@dataclass(frozen=True)
class Narrowed:
    """A context without the short names that a reader would mistake, and these names."""

    context: Context
    mistaken: tuple[str, ...]


def narrow(context: Context, iris: Iterable[str]) -> Narrowed:
    """The part of a context that triples with some IRIs can be written with.

    >>> narrow(Context("1", {"http://e.org/geo": "geo"}, {}), ["geo:52,13"]).mistaken
    ('geo',)
    """
    mistaken = _mistaken(iris, context)
    if not mistaken:
        return Narrowed(context, ())
    kept = replace(
        context,
        properties={iri: name for iri, name in context.properties.items() if name not in mistaken},
        classes={iri: name for iri, name in context.classes.items() if name not in mistaken},
    )
    return Narrowed(kept, tuple(sorted(mistaken)))


def write_ordered(triples: Iterable[ox.Triple], narrowed: Narrowed, *, address: str) -> bytes:
    r"""Triples as JSON-LD in the order given, with a context narrowed for them or for more.

    >>> a, p = ox.NamedNode("http://e.org/a"), ox.NamedNode("http://e.org/p")
    >>> write_ordered([ox.Triple(a, p, a)], Narrowed(Context("1", {}, {}), ()), address="c.jsonld").count(b"\n")
    3
    """
    context, mistaken = narrowed.context, narrowed.mistaken
    where: object = [address, dict.fromkeys(mistaken)] if mistaken else address
    nodes = groupby(triples, key=lambda triple: triple.subject)
    lines = [_dump(_node(text_of(subject), list(said), context)) for subject, said in nodes]
    body = ",\n".join(lines)
    return f'{{"@context":{_dump(where)},"graph":[\n{body}\n]}}\n'.encode()


def write_context(context: Context) -> bytes:
    """The context itself, to be published at its address.

    >>> write_context(Context("1", {}, {})).startswith(b'{')
    True
    """
    return (json.dumps(context.document(), ensure_ascii=False, indent=1) + "\n").encode()


def _mistaken(iris: Iterable[str], context: Context) -> set[str]:
    """The short names that a reader would take for the prefix of an IRI that stands here, such as `geo:52,13`."""
    names = {*context.properties.values(), *context.classes.values()}
    found = (_SCHEME.match(iri) for iri in iris if not iri.startswith(("https://", "http://")))
    return {match[1] for match in found if match} & names


def _node(subject: str, said: list[ox.Triple], context: Context) -> dict[str, object]:
    node: dict[str, object] = {"id": subject}
    for predicate, group in groupby(said, key=lambda triple: triple.predicate):
        values = [triple.object for triple in group]
        if predicate == RDF_TYPE and all(isinstance(value, ox.NamedNode) for value in values):
            node["type"] = _few([context.classes.get(text_of(value), text_of(value)) for value in values])
            continue
        kind = context.kinds.get(predicate.value, "") if predicate.value in context.properties else ""
        node[context.properties.get(predicate.value, predicate.value)] = _values(values, kind)
    return node


def _values(values: list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple], kind: str) -> object:
    tagged = [value for value in values if isinstance(value, ox.Literal) and value.language]
    if kind == LANGUAGE and len(tagged) == len(values):
        by_language = groupby(sorted(tagged, key=_by_language), key=lambda value: value.language)
        return {str(language): _few([value.value for value in group]) for language, group in by_language}
    each = list(_each(values, kind))
    # Where a map from languages is usual, only a list keeps an object from being read as one.
    return each if kind == LANGUAGE else _few(each)


def _each(values: Iterable[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple], kind: str) -> Iterator[object]:
    for value in values:
        if not isinstance(value, ox.Literal):
            yield text_of(value) if kind == IRI else {"id": text_of(value)}
        elif value.language:
            yield {"@language": value.language, "@value": value.value}
        else:
            yield _plain(value, kind)


def _plain(value: ox.Literal, kind: str) -> object:
    datatype = value.datatype.value
    if datatype in _NATIVE and kind in ("", LANGUAGE, datatype) and _NATIVE[datatype].fullmatch(value.value):
        native: object = json.loads(value.value)
        return native
    if datatype == kind or (datatype == _STRING and kind in ("", LANGUAGE)):
        return value.value
    return {"@type": datatype, "@value": value.value}


def _by_language(value: ox.Literal) -> tuple[str, str]:
    return value.language or "", value.value


def _few(values: list[object]) -> object:
    return values[0] if len(values) == 1 else values


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
