"""What changed, as one page without scripts: for a screen of any width, and for paper (layer 3)."""

from datetime import date
from html import escape

from smartcity_kg.compare import Change, Comparison, PropertyChange, Value
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

_STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 48rem; margin: 0 auto;
  padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 0; }
section { border-left: .3rem solid #767676; padding: .2rem 0 .2rem .8rem; margin: 1.2rem 0; break-inside: avoid; }
section.new { border-color: #116329; } section.gone { border-color: #a40e26; }
code { font-size: .85rem; color: #4a4a4a; }
dl { margin: .4rem 0 0; } dt { font-weight: 600; } dd { margin: 0 0 .4rem 1rem; }
del { color: #a40e26; } ins { color: #116329; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } }
"""


def write_html(comparison: Comparison, *, today: date | None = None) -> str:
    """The changes as a whole page; all that comes from files is escaped.

    Args:
        comparison: What changed.
        today: The day that decides whether a span ended or ends; the day of the call if absent.

    >>> "no change" in write_html(Comparison("a.ttl", "<b>.ttl", "en", ()))
    True
    """
    words = words_of(comparison.language)
    summary = words["same"] if comparison.same else words["counts"].format(**comparison.counts())
    day = today or date.today()
    sections = "".join(_section(change, comparison.language, day) for change in comparison.changes)
    return (
        f'<!doctype html>\n<html lang="{escape(comparison.language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{words['title']}: {_text(comparison.new)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{words['title']}</h1>\n"
        f"<p>{words['before']}: <code>{_text(comparison.old or '–')}</code><br>\n"
        f"{words['after']}: <code>{_text(comparison.new)}</code></p>\n"
        f"<p><strong>{summary}</strong></p>\n{sections}</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(visible(text))


def _section(change: Change, language: str, today: date) -> str:
    name = "" if change.name in {"", change.label} else f"\n<code>{_text(change.name)}</code>"
    rows = "".join(_row(found, language, today) for found in shown_properties(change))
    return (
        f'<section class="{change.kind}">\n<h2>{escape(heading(change, language))}</h2>{name}\n'
        f"<dl>\n{rows}</dl>\n</section>\n"
    )


def _row(found: PropertyChange, language: str, today: date) -> str:
    lines = "".join(f"<dd>{_pair(gone, come)}</dd>\n" for gone, come in pairs(found))
    remark = end_remark(found, language, today)
    ends = f"<dd>{escape(remark)}</dd>\n" if remark else ""
    return f"<dt>{escape(property_label(found, language))}</dt>\n{lines}{ends}"


def _pair(gone: Value | None, come: Value | None) -> str:
    marked = [f"<del>{escape(value_text(gone))}</del>"] if gone else []
    marked += [f"<ins>{escape(value_text(come))}</ins>"] if come else []
    return " → ".join(marked)
