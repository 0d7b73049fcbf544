"""What changed, as one page without scripts: for a screen of any width, and for paper (layer 3)."""

from datetime import date
from typing import Any

from smartcity_kg.compare import Change, Comparison, PropertyChange
from smartcity_kg.formats.changes import (
    end_remark,
    heading,
    pairs,
    property_label,
    shown_properties,
    value_text,
    visible,
    words_of,
)
from smartcity_kg.formats.page import render_page


def write_html(comparison: Comparison, *, today: date | None = None) -> str:
    """The changes as a whole page; all that comes from files is escaped.

    Args:
        comparison: What changed.
        today: The day that decides whether a span ended or ends; the day of the call if absent.

    >>> "no change" in write_html(Comparison("a.ttl", "<b>.ttl", "en", ()))
    True
    """
    words = words_of(comparison.language)
    day = today or date.today()
    return render_page(
        "changes.html",
        comparison.language,
        words=words,
        old=visible(comparison.old or ""),
        new=visible(comparison.new),
        summary=words["same"] if comparison.same else words["counts"].format(**comparison.counts()),
        changes=[_change(change, comparison.language, day) for change in comparison.changes],
    )


def _change(change: Change, language: str, today: date) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "heading": heading(change, language),
        "name": "" if change.name == change.label else visible(change.name),
        "rows": [_row(found, language, today) for found in shown_properties(change)],
    }


def _row(found: PropertyChange, language: str, today: date) -> dict[str, Any]:
    return {
        "label": property_label(found, language),
        "pairs": [
            (value_text(gone) if gone else "", value_text(come) if come else "") for gone, come in pairs(found)
        ],
        "remark": end_remark(found, language, today),
    }
