"""Entries in the text of a record: read, written and taken out where they stand (layer 6).

Only the block of an entry is changed, the rest of the text stays as it is, comments included. The text is a
stranger's: this runs in the process that checks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from smartcity_kg.errors import Refused
from smartcity_kg.layout import slug_of
from smartcity_kg.project import Project
from smartcity_kg.terms import RDF_TYPE, SKOS, XSD, Prefixes, Term, pick_language, text_of
from smartcity_kg.turtle.parse import Document
from smartcity_kg.validate.submission import parse_submission

TOPIC = NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")
_LABELS = (NamedNode(f"{SKOS}prefLabel"), NamedNode("http://purl.org/dc/terms/title"))
_MOST_USED = 300
_LONGEST_SLUG = 60
_GAP = re.compile(r"(?:[\s;]|#[^\r\n]*)*")
_BARE = {f"{XSD}integer": re.compile(r"[+-]?[0-9]+"), f"{XSD}boolean": re.compile(r"true|false")}


@dataclass(frozen=True)
class Change:
    """What is to be done with an entry.

    Attributes:
        iri: The entry; empty for a new one, whose IRI is made from its name.
        classes: What it is.
        paths: The properties that the form shows; others stay as they are.
        pairs: Their values in order: property, term.
        remove: Whether to take it out.
    """

    iri: str = ""
    classes: tuple[str, ...] = ()
    paths: frozenset[str] = frozenset()
    pairs: tuple[tuple[str, Term], ...] = ()
    remove: bool = False


@dataclass(frozen=True)
class Listed:
    """An entry of a record in a list.

    Attributes:
        iri: The entry.
        classes: What it is.
        labels: What it is called, by language.
        plain: Whether a form can show it: no value is a node without a name.
    """

    iri: str
    classes: tuple[str, ...]
    labels: Mapping[str, str]
    plain: bool = True


@dataclass(frozen=True)
class Record:
    """A record as a form needs it.

    Attributes:
        text: Its text.
        topic: What it is about.
        entries: What is described in it, in the order of the text.
        opened: The entry that the form shows, with its values in order.
        iri: That entry.
        used: The IRIs that the text gives for a property, by property.
        prefixes: The prefixes of the text.
    """

    text: str
    topic: str
    entries: tuple[Listed, ...]
    iri: str = ""
    opened: tuple[tuple[str, Term], ...] = ()
    used: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)


def read_record(
    project: Project, data: bytes, name: str, change: Change | None = None, wanted: str = ""
) -> Record:
    r"""A record after a change, with the entry that is wanted.

    Args:
        project: Whose prefixes and limits apply.
        data: The text.
        name: What it is called in messages.
        change: What is to be changed before.
        wanted: The entry to show; that of the change if empty.

    Raises:
        InputError: If the text is no Turtle or exceeds a limit.
        Refused: If the entry cannot be changed here.

    >>> project = Project.find()
    >>> text = b'@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n<http://e.org/a> skos:note "x"@en . # y'
    >>> change = Change("http://e.org/a", paths=frozenset([f"{SKOS}note"]), pairs=((f"{SKOS}note", Literal(5)),))
    >>> read_record(project, text, "a.ttl", change).text.splitlines()[-1]
    '    skos:note 5 . # y'
    """
    document = parse_submission(project, data, name)
    iri = wanted
    if change is not None:
        iri = change.iri or _minted(document, change)
        text = _changed(document, project.prefixes, change, iri)
        document = parse_submission(project, text.encode(), name)
        iri = wanted or iri
    return _as_record(document, iri)


def _as_record(document: Document, iri: str) -> Record:
    by_subject: dict[NamedNode, list[Triple]] = {}
    used: dict[str, dict[str, None]] = {}
    for triple in document.triples:
        if isinstance(triple.subject, NamedNode):
            by_subject.setdefault(triple.subject, []).append(triple)
        if isinstance(triple.object, NamedNode) and triple.predicate != RDF_TYPE:
            used.setdefault(triple.predicate.value, {})[triple.object.value] = None
    opened = (
        tuple((t.predicate.value, t.object) for t in by_subject.get(NamedNode(iri), ()) if t.predicate != RDF_TYPE)
        if iri
        else ()
    )
    return Record(
        document.text,
        _topic(document),
        tuple(_listed(subject, triples) for subject, triples in by_subject.items()),
        iri if opened or any(subject.value == iri for subject in by_subject) else "",
        opened,
        {path: tuple(found)[:_MOST_USED] for path, found in used.items()},
        document.prefixes,
    )


def _listed(subject: NamedNode, triples: Sequence[Triple]) -> Listed:
    classes = tuple(t.object.value for t in triples if t.predicate == RDF_TYPE and isinstance(t.object, NamedNode))
    labels: dict[str, str] = {}
    for language in ("de", "en"):
        for path in _LABELS:
            literals = [t.object for t in triples if t.predicate == path and isinstance(t.object, Literal)]
            found = pick_language(literals, language)
            if found is not None:
                labels.setdefault(language, found.value)
    return Listed(subject.value, classes, labels, not any(isinstance(t.object, BlankNode) for t in triples))


def _topic(document: Document) -> str:
    found = (t.object.value for t in document.triples if t.predicate == TOPIC and isinstance(t.object, NamedNode))
    return next(found, "")


def _minted(document: Document, change: Change) -> str:
    """An IRI for a new entry, below that of what the record is about."""
    topic = _topic(document)
    if not topic:
        raise Refused("the text has no record that says what it is about", hint="Begin with a new record.")
    literals = [term for path, term in change.pairs if NamedNode(path) in _LABELS and isinstance(term, Literal)]
    named = pick_language(literals, "de")
    last = re.split(r"[/#]", change.classes[0])[-1] if change.classes else "entry"
    slug = slug_of(named.value if named else last)[:_LONGEST_SLUG].strip("-") or "entry"
    taken = {text_of(triple.subject) for triple in document.triples}
    namespace = f"{topic.rstrip('/')}/"
    number, iri = 1, f"{namespace}{slug}"
    while iri in taken:
        number += 1
        iri = f"{namespace}{slug}-{number}"
    return iri


def _changed(document: Document, ours: Prefixes, change: Change, iri: str) -> str:
    subject = NamedNode(iri)
    old = [triple for triple in document.triples if triple.subject == subject]
    if any(isinstance(triple.object, BlankNode) for triple in old):
        raise Refused(f"{iri} has parts without a name", hint="Change it in the text.")
    blocks = _blocks(document, subject)
    if change.remove:
        return _spliced(document.text, blocks, "")
    kept = [(t.predicate.value, t.object) for t in old if t.predicate.value not in change.paths]
    kinds = [(RDF_TYPE.value, NamedNode(one)) for one in change.classes]
    kept = [pair for pair in kept if pair[0] != RDF_TYPE.value or not kinds]
    given = [(path, _as_written(path, term, old)) for path, term in change.pairs]
    pairs = list(dict.fromkeys((*kinds, *kept, *given)))
    if set(pairs) == {(t.predicate.value, t.object) for t in old}:
        return document.text
    ordered = _in_order(pairs, old)
    namespaces = {**ours.namespaces, **_of_topic(document, ours), **document.prefixes}
    names = Prefixes(namespaces)
    block = _written(subject, ordered, names)
    added = f"{document.text.rstrip()}\n\n{block} .\n"
    text = _spliced(document.text, blocks, block) if blocks else added
    missing = sorted(set(_prefixes_in(block)) - set(document.prefixes))
    head = "".join(f"@prefix {prefix}: <{namespaces[prefix]}> .\n" for prefix in missing if prefix in namespaces)
    return head + text


def _of_topic(document: Document, ours: Prefixes) -> dict[str, str]:
    """A prefix for what is below the thing that the record is about, if the text has none."""
    topic = _topic(document)
    namespace = f"{topic}/"
    if not topic or namespace in document.prefixes.values():
        return {}
    name = slug_of(re.split(r"[/#]", topic)[-1])
    free = re.fullmatch(r"[a-z][a-z0-9-]*", name) and name not in ours.namespaces
    return {name: namespace} if free and name not in document.prefixes else {}


def _as_written(path: str, term: Term, old: Iterable[Triple]) -> Term:
    """The term that the text has for the same lexical form: a form does not show datatypes."""
    if not isinstance(term, Literal):
        return term
    same = (
        t.object
        for t in old
        if t.predicate.value == path
        and isinstance(t.object, Literal)
        and (t.object.value, t.object.language) == (term.value, term.language)
    )
    return next(same, term)


def _in_order(pairs: Sequence[tuple[str, Term]], old: Sequence[Triple]) -> list[tuple[str, Term]]:
    """Properties in the order of the text, new ones after them; the values of each as they come."""
    places: dict[str, int] = {}
    for triple in old:
        places.setdefault(triple.predicate.value, len(places))
    return sorted(pairs, key=lambda pair: places.get(pair[0], len(places)))


def _blocks(document: Document, subject: NamedNode) -> list[tuple[int, int]]:
    """The spans of the statements about a thing, each without its full stop.

    Raises:
        Refused: If it is not known where they are, or what they hold cannot be told apart.
    """
    positions = document.positions
    if positions.problem:
        raise Refused("the text is written in a way that a form cannot change", hint="Change it in the text.")
    spans: dict[tuple[int, int], int] = {}
    for one in positions.about(subject):
        spans[one.subject_at] = max(spans.get(one.subject_at, 0), one.object_at[1])
    found = []
    for (start, _), last in sorted(spans.items()):
        gap = _GAP.match(positions.text, last)
        end = gap.end() if gap else last
        if positions.text[end : end + 1] != ".":
            raise Refused("the text is written in a way that a form cannot change", hint="Change it in the text.")
        # A comment after the last value stays, unless it stands inside.
        found.append((start, end))
    return found


def _spliced(text: str, blocks: Sequence[tuple[int, int]], block: str) -> str:
    """The text with the first block replaced and the others taken out; all of them if there is none to put in."""
    for place, (start, end) in reversed(list(enumerate(blocks))):
        if block and place == 0:
            text = f"{text[:start]}{block} {text[end:]}"
        else:
            text = text[:start] + text[end + 1 :].lstrip(" \t")
            text = text[:start].rstrip() + "\n" + text[start:] if text[:start].strip() else text
    return text


def _written(subject: NamedNode, pairs: Sequence[tuple[str, Term]], names: Prefixes) -> str:
    lines: dict[str, list[str]] = {}
    for path, term in pairs:
        lines.setdefault(path, []).append(_term(term, names))
    said = [
        f"{'a' if path == RDF_TYPE.value else names.turtle_name(path)} {' , '.join(values)}"
        for path, values in lines.items()
    ]
    head = names.turtle_name(subject.value)
    if said and said[0].startswith("a "):
        head, said = f"{head} {said[0]}", said[1:]
        return " ;\n    ".join([head, *said])
    return f"{head}\n    " + " ;\n    ".join(said)


def _term(term: Term, names: Prefixes) -> str:
    if isinstance(term, NamedNode):
        return names.turtle_name(term.value)
    if not isinstance(term, Literal) or term.language or term.datatype.value == f"{XSD}string":
        return str(term)
    bare = _BARE.get(term.datatype.value)
    if bare and bare.fullmatch(term.value):
        return term.value
    return f"{Literal(term.value)}^^{names.turtle_name(term.datatype.value)}"


def _prefixes_in(block: str) -> list[str]:
    """The prefixes that a block of our own layout uses."""
    plain = re.sub(r'"(?:[^"\\]|\\.)*"|<[^>]*>', "", block)
    return re.findall(r"(?<![\w@-])([A-Za-z][\w.-]*):", plain)


def as_json(record: Record) -> dict[str, Any]:
    """A record as JSON can carry it.

    >>> from_json(as_json(Record("", "", ()))).text
    ''
    """
    return {
        "text": record.text,
        "topic": record.topic,
        "entries": [[one.iri, one.classes, dict(one.labels), one.plain] for one in record.entries],
        "iri": record.iri,
        "opened": [[path, term_as_json(term)] for path, term in record.opened],
        "used": dict(record.used),
        "prefixes": dict(record.prefixes),
    }


def from_json(told: Mapping[str, Any]) -> Record:
    """The record that `as_json` made JSON of.

    >>> from_json(as_json(Record("x", "", ()))).text
    'x'
    """
    return Record(
        told["text"],
        told["topic"],
        tuple(Listed(iri, tuple(classes), labels, plain) for iri, classes, labels, plain in told["entries"]),
        told["iri"],
        tuple((path, term_from_json(term)) for path, term in told["opened"]),
        {path: tuple(found) for path, found in told["used"].items()},
        told["prefixes"],
    )


def change_as_json(change: Change | None) -> dict[str, Any] | None:
    """A change as JSON can carry it.

    >>> change_from_json(change_as_json(Change("http://e.org/a"))).iri
    'http://e.org/a'
    """
    if change is None:
        return None
    return {
        "iri": change.iri,
        "classes": list(change.classes),
        "paths": sorted(change.paths),
        "pairs": [[path, term_as_json(term)] for path, term in change.pairs],
        "remove": change.remove,
    }


def change_from_json(told: Mapping[str, Any] | None) -> Change | None:
    """The change that `change_as_json` made JSON of.

    >>> change_from_json(None) is None
    True
    """
    if told is None:
        return None
    return Change(
        told["iri"],
        tuple(told["classes"]),
        frozenset(told["paths"]),
        tuple((path, term_from_json(term)) for path, term in told["pairs"]),
        told["remove"],
    )


def term_as_json(term: Term) -> list[str]:
    """A term as a list of texts; nodes without a name by their label.

    >>> term_as_json(Literal("Ulm", language="de"))
    ['text', 'Ulm', 'de']
    """
    if isinstance(term, NamedNode):
        return ["iri", term.value]
    if not isinstance(term, Literal):
        return ["blank", text_of(term)]
    return ["text", term.value, term.language] if term.language else ["typed", term.value, term.datatype.value]


def term_from_json(told: Sequence[str]) -> Term:
    """The term that `term_as_json` made a list of.

    >>> term_from_json(["typed", "5", XSD + "integer"]).value
    '5'
    """
    if told[0] == "iri":
        return NamedNode(told[1])
    if told[0] == "blank":
        return BlankNode(told[1].removeprefix("_:"))
    if told[0] == "text":
        return Literal(told[1], language=told[2])
    return Literal(told[1], datatype=NamedNode(told[2]))
