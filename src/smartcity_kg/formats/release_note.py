"""The note of a release: Markdown for people, JSON for programs (layer 3)."""

import json
import re
from collections.abc import Iterator

from smartcity_kg.formats import changes
from smartcity_kg.news import Note, RecordChange

_WORDS = {
    "en": {
        "title": "Release {version} of {day}",
        "sizes": "What is in it", "statements": "statements", "part": "Part",
        "data": "Data", "data-inferred": "Data with what rules conclude", "ontology": "Ontology",
        "schemes": "Concept schemes", "shapes": "Shapes", "alignments": "Alignments",
        "nothing": "There is no previous release to compare with.",
        "since": "What changed since {before}", "release": "release {version} of {day}",
        "dump": "the previous dump",
        "same": "No term and no record changed.",
        "terms": "Terms", "added": "Added", "removed": "Removed", "deprecated": "Deprecated",
        "records": "Cities and entries", "new": "new", "changed": "changed", "gone": "removed",
        "all": "All data", "more": "… and {count} more; all of them stand in release.json",
    },
    "de": {
        "title": "Ausgabe {version} vom {day}",
        "sizes": "Was darin steht", "statements": "Aussagen", "part": "Teil",
        "data": "Daten", "data-inferred": "Daten mit dem, was Regeln folgern", "ontology": "Ontologie",
        "schemes": "Begriffslisten", "shapes": "Shapes", "alignments": "Zuordnungen",
        "nothing": "Es gibt keine frühere Ausgabe zum Vergleich.",
        "since": "Was sich seit {before} geändert hat", "release": "Ausgabe {version} vom {day}",
        "dump": "dem früheren Stand", "same": "Kein Begriff und kein Datensatz hat sich geändert.",
        "terms": "Begriffe", "added": "Neu", "removed": "Entfallen", "deprecated": "Überholt",
        "records": "Städte und Einträge", "new": "neu", "changed": "geändert", "gone": "entfallen",
        "all": "Alle Daten", "more": "… und {count} weitere; alle stehen in release.json",
    },
}  # fmt: skip
_SHOWN = 50
_MARKS = re.compile(r"([\\`*_{}\[\]<>()#|!~&+-])")


def write_markdown(note: Note, language: str) -> str:
    """The note in a language; of a record with many changes the first fifty are shown.

    >>> from datetime import date
    >>> print(write_markdown(Note("1.0.0", date(2026, 1, 1), {}, None, (), ()), "en").splitlines()[0])
    # Release 1.0.0 of 2026-01-01
    """
    return "\n".join(_lines(note, language)) + "\n"


def _lines(note: Note, language: str) -> Iterator[str]:
    words = _WORDS.get(language, _WORDS["en"])
    yield from ["# " + words["title"].format(version=_plain(note.version), day=note.day.isoformat()), ""]
    yield from [f"## {words['sizes']}", "", f"| {words['part']} | {words['statements']} |", "| --- | ---: |"]
    yield from (f"| {words.get(name, name)} | {size:,} |" for name, size in note.sizes.items())
    yield ""
    if note.since is None:
        yield words["nothing"]
        return
    kind = "release" if note.since.version else "dump"
    before = words[kind].format(version=_plain(note.since.version), day=_plain(note.since.day))
    yield f"## {words['since'].format(before=before)}"
    yield ""
    if not note.terms and not note.records:
        yield words["same"]
        return
    if note.terms:
        yield from [f"### {words['terms']}", ""]
        for kind in ("added", "removed", "deprecated"):
            found = [term for term in note.terms if term.kind == kind]
            if found:
                yield f"{words[kind]}:"
                yield ""
                yield from (f"- {_plain(term.labels[language])}: <{term.term.value}>" for term in found)
                yield ""
    if note.records:
        yield from [f"### {words['records']}", ""]
        for record in note.records:
            yield from _record(record, note, language)


def _record(record: RecordChange, note: Note, language: str) -> Iterator[str]:
    words = _WORDS.get(language, _WORDS["en"])
    comparison = record.comparisons[language]
    counts = changes.words_of(language)["counts"].format(**comparison.counts())
    name = record.labels[language] if record.record else words["all"]
    yield f"#### {_plain(name)} ({words[record.kind]}: {counts})"
    yield ""
    for change in comparison.changes[:_SHOWN]:
        yield f"- {_plain(changes.heading(change, language))}"
        if change.kind == "changed":
            for found in changes.shown_properties(change):
                yield f"  - {_plain(changes.property_line(change, found, language, note.day))}"
    if len(comparison.changes) > _SHOWN:
        yield f"- {words['more'].format(count=len(comparison.changes) - _SHOWN)}"
    yield ""


def write_json(note: Note) -> str:
    """The note as JSON, in all languages, with all changes.

    >>> from datetime import date
    >>> json.loads(write_json(Note("1.0.0", date(2026, 1, 1), {}, None, (), ())))["since"] is None
    True
    """
    since = note.since and {"version": note.since.version, "date": note.since.day}
    whole = {
        "version": note.version,
        "date": note.day.isoformat(),
        "statements": dict(note.sizes),
        "since": since,
        "counts": note.counts(),
        "terms": [{"kind": t.kind, "term": t.term.value, "labels": dict(t.labels)} for t in note.terms],
        "records": [
            {
                "kind": record.kind,
                "record": record.record,
                "labels": dict(record.labels),
                "changes": {
                    language: json.loads(changes.write_json(comparison))["changes"]
                    for language, comparison in sorted(record.comparisons.items())
                },
            }
            for record in note.records
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _plain(text: str) -> str:
    """A text that Markdown shows as it is."""
    return _MARKS.sub(r"\\\1", changes.visible(text))
