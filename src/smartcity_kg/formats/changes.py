"""What changed, for people and for programs: text and JSON (layer 3)."""

import json
import re
from collections.abc import Sequence
from datetime import date

from pyoxigraph import BlankNode, Literal, NamedNode

from smartcity_kg.compare import KINDS, Change, Comparison, PropertyChange, Value
from smartcity_kg.terms import LANG_STRING, RDF_TYPE, XSD, Term, text_of

WORDS = {
    "en": {
        "new": "new {}", "changed": "changed {}", "gone": "removed {}", "entry": "entry", "named": "{} “{}”",
        "counts": "{new} new, {changed} changed, {gone} removed", "same": "no change",
        "kind": "Kind", "come": "added {}", "went": "removed {}",
        "ended": "ended {}", "ends": "ends {}", "title": "What changed", "before": "before", "after": "after",
    },
    "de": {
        "new": "neu: {}", "changed": "geändert: {}", "gone": "entfallen: {}",
        "entry": "Eintrag", "named": "{} „{}“",
        "counts": "{new} neu, {changed} geändert, {gone} entfallen", "same": "keine Änderung",
        "kind": "Art", "come": "neu {}", "went": "entfallen {}",
        "ended": "endete {}", "ends": "endet {}", "title": "Was sich geändert hat", "before": "vorher",
        "after": "nachher",
    },
}  # fmt: skip
# Control characters, and marks that turn the direction of a text: they could hide a change.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def words_of(language: str) -> dict[str, str]:
    """The words of a language; the English ones where there are none."""
    return WORDS.get(language, WORDS["en"])


def visible(text: str) -> str:
    r"""The text with each character that cannot be seen written as an escape.

    >>> visible("a\x1b[31m\nb")
    'a\\x1b[31m\\nb'
    """
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def heading(change: Change, language: str) -> str:
    """What happened to which entry, in words: `new project “Open data portal”`."""
    words = words_of(language)
    kind = visible(change.class_label) or words["entry"]
    # Borrowed vocabularies write English labels of classes with a capital.
    if language == "en" and kind[1:2].islower():
        kind = kind[:1].lower() + kind[1:]
    return words[change.kind].format(words["named"].format(kind, visible(change.label)))


def shown_properties(change: Change) -> Sequence[PropertyChange]:
    """The properties to show: the heading names the class of an entry that is new or gone already."""
    if change.kind == "changed":
        return change.properties
    return [found for found in change.properties if found.predicate != RDF_TYPE]


def property_label(found: PropertyChange, language: str) -> str:
    """What a property is called."""
    return words_of(language)["kind"] if found.predicate == RDF_TYPE else visible(found.label)


def value_text(value: Value) -> str:
    """A value as people read it: with its language, and a date in words.

    >>> value_text(Value(Literal("Ulm", language="de"), "Ulm", "de"))
    'Ulm (de)'
    """
    remark = value.language or value.words
    return f"{visible(value.text)} ({remark})" if remark else visible(value.text)


def pairs(found: PropertyChange) -> list[tuple[Value | None, Value | None]]:
    """What went beside what came for it: one for one in each language, the rest each alone, what went first."""
    paired: list[tuple[Value | None, Value | None]] = []
    for language in sorted({value.language for value in (*found.gone, *found.come)}):
        gone = [value for value in found.gone if value.language == language]
        come = [value for value in found.come if value.language == language]
        if len(gone) == 1 and len(come) == 1:
            paired.append((gone[0], come[0]))
        else:
            paired += [*((value, None) for value in gone), *((None, value) for value in come)]
    return paired


def end_remark(found: PropertyChange, language: str, today: date) -> str:
    """That a span which was open has an end now; empty where that is not what changed."""
    if found.ends is None:
        return ""
    return words_of(language)["ended" if found.ends < today else "ends"].format(found.ends.year)


def write_text(comparison: Comparison, *, today: date | None = None) -> str:
    """The changes: one block for each entry, and a last line with the counts.

    Args:
        comparison: What changed.
        today: The day that decides whether a span ended or ends; the day of the call if absent.

    >>> print(write_text(Comparison("a.ttl", "b.ttl", "en", ())), end="")
    no change
    """
    words = words_of(comparison.language)
    if comparison.same:
        return f"{words['same']}\n"
    day = today or date.today()
    lines: list[str] = []
    for change in comparison.changes:
        shown = change.name not in {"", change.label}
        lines.append(heading(change, comparison.language) + (f" ({visible(change.name)})" if shown else ""))
        for found in shown_properties(change):
            lines.append(f"  {property_line(change, found, comparison.language, day)}")
        lines.append("")
    lines.append(words["counts"].format(**comparison.counts()))
    return "\n".join(lines) + "\n"


def property_line(change: Change, found: PropertyChange, language: str, today: date) -> str:
    """What went and came at a property, in a line."""
    words = words_of(language)
    # Where nothing was before, or nothing is left, the heading or the bare value says so.
    alone = change.kind != "changed" or not (found.gone or found.kept)
    parts = []
    for gone, come in pairs(found):
        if gone and come:
            parts.append(f"{value_text(gone)} → {value_text(come)}")
        elif come:
            parts.append(value_text(come) if alone else words["come"].format(value_text(come)))
        elif gone:
            parts.append(value_text(gone) if alone else words["went"].format(value_text(gone)))
    remark = end_remark(found, language, today)
    return f"{property_label(found, language)}: {'; '.join(parts)}" + (f", {remark}" if remark else "")


def write_json(comparison: Comparison) -> str:
    r"""The changes with counts, labels and terms.

    >>> json.loads(write_json(Comparison("a.ttl", "b.ttl", "en", ())))["same"]
    True
    """
    changes = [
        {
            "kind": change.kind,
            "entry": text_of(change.entry),
            "class": change.class_label,
            "label": change.label,
            "text": heading(change, comparison.language),
            "properties": [
                {
                    "property": found.predicate.value,
                    "label": found.label,
                    "gone": [_cell(value) for value in found.gone],
                    "come": [_cell(value) for value in found.come],
                    "kept": found.kept,
                    "ends": found.ends.isoformat() if found.ends else None,
                }
                for found in change.properties
            ],
        }
        for change in comparison.changes
    ]
    whole = {
        "same": comparison.same,
        "old": comparison.old,
        "new": comparison.new,
        "language": comparison.language,
        "counts": {kind: comparison.counts()[kind] for kind in KINDS},
        "changes": changes,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _cell(value: Value) -> dict[str, str]:
    term: Term = value.term
    kind = "uri" if isinstance(term, NamedNode) else "bnode" if isinstance(term, BlankNode) else "literal"
    cell = {"type": kind, "value": text_of(term), "label": value.text}
    if isinstance(term, Literal):
        if term.language:
            cell["xml:lang"] = term.language
        elif term.datatype.value not in {f"{XSD}string", LANG_STRING}:
            cell["datatype"] = term.datatype.value
    return cell
