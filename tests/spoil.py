"""Records spoilt at the level of statements, the same in every run."""

import random
from collections.abc import Iterator, Mapping, Sequence

import pyoxigraph as ox

from smartcity_kg.terms import RDF_TYPE, XSD, Term

_UNKNOWN = ox.NamedNode("https://w3id.org/smartcity-kg/id/city/atlantis/unknown")
_KINDS = ("string", "date", "integer", "decimal", "boolean", "gYear", "anyURI", "dateTime")
_VALUES = ("", " ", "07", "-1", "2020-02-30", "Stadt", "x" * 400, "1e9", "true", "12345678", "Ende 2017", "+0.50")
_LANGUAGES = ("de", "en", "fr", "de-DE", "EN")
_REFERRERS = 3


def rename(triples: Sequence[ox.Triple], names: Mapping[Term, Term]) -> list[ox.Triple]:
    """Triples with other names for some things, wherever they stand."""
    changed = ((names.get(t.subject, t.subject), t.predicate, names.get(t.object, t.object)) for t in triples)
    return [ox.Triple(s, p, o) for s, p, o in changed if isinstance(s, ox.NamedNode | ox.BlankNode)]


def own_names(subjects: Iterator[Term] | Sequence[Term], tag: str) -> dict[Term, Term]:
    """A new name for each of some things, made from the old one."""
    found = dict.fromkeys(subjects)
    return {term: ox.NamedNode(f"{term.value}-{tag}") for term in found if isinstance(term, ox.NamedNode)}


def spoilt(record: Sequence[ox.Triple], seed: str) -> list[ox.Triple]:
    """An entry of a record with one statement spoilt, and up to three entries that point at it, renamed."""
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    triple = chance.choice(record)
    wrong = _wrong(triple, record, chance)
    referrers = dict.fromkeys(t.subject for t in record if t.object == triple.subject and t.subject != t.object)
    around = [triple.subject, *list(referrers)[:_REFERRERS]]
    kept = [t for t in record if t.subject in around and t != triple]
    return rename([*kept, *wrong], own_names(around, seed))


def _wrong(triple: ox.Triple, record: Sequence[ox.Triple], chance: random.Random) -> list[ox.Triple]:
    """What stands in place of a statement: nothing, another value, or a second value."""
    subject, predicate, value = triple.subject, triple.predicate, triple.object
    other = _other(value, record, chance)
    how = chance.choice(("drop", "change", "change", "change", "double"))
    if how == "drop":
        return []
    return [ox.Triple(subject, predicate, other), *([triple] if how == "double" else [])]


def _other(value: Term, record: Sequence[ox.Triple], chance: random.Random) -> ox.Literal | ox.NamedNode:
    if isinstance(value, ox.Literal):
        how = chance.choice(("text", "kind", "language", "iri"))
        if how == "iri":
            return _UNKNOWN
        if how == "language":
            return ox.Literal(value.value, language=chance.choice(_LANGUAGES))
        if how == "kind":
            return ox.Literal(value.value, datatype=ox.NamedNode(XSD + chance.choice(_KINDS)))
        text = chance.choice(_VALUES)
        return ox.Literal(text, language=value.language) if value.language else _typed(text, value)
    how = chance.choice(("unknown", "known", "known", "literal"))
    if how == "literal":
        return ox.Literal(getattr(value, "value", ""))
    known = [t.object for t in record if isinstance(t.object, ox.NamedNode) and t.predicate != RDF_TYPE]
    return _UNKNOWN if how == "unknown" or not known else chance.choice(known)


def _typed(text: str, like: ox.Literal) -> ox.Literal:
    return ox.Literal(text, datatype=like.datatype)
