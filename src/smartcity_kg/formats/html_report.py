"""The report as one page for people: for a screen of any width, and for paper (layer 3).

This says what is shown; the words stand in `templates/report.de.html` and `report.en.html`, the page in
`report.html`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from smartcity_kg.causes import Cause, find_causes
from smartcity_kg.completeness import Completeness, Gap, SectionScore
from smartcity_kg.formats.page import hint_lines, readable, render_page
from smartcity_kg.formats.templates import render
from smartcity_kg.report import LEVELS, Finding
from smartcity_kg.terms import Term, text_of
from smartcity_kg.verdict import LANGUAGES, Refusal, Verdict

_ROOM = 90
_MOST_NAMES = 5


def write_verdict(verdict: Verdict) -> str:
    """The report as a whole page without scripts; all that comes from files is escaped.

    Args:
        verdict: What was found. Where it has the lines of a file, those of the findings are shown.

    >>> from smartcity_kg.report import Report
    >>> page = write_verdict(Verdict(Report(("a.ttl",), ()), Report(("a.ttl",), ())))
    >>> "<h1>The file conforms</h1>" in page
    True
    """
    return render_page("report.html", verdict.language, **_shown(verdict))


def write_part(verdict: Verdict) -> str:
    """The same as a part of a page that has a frame and a style sheet of its own.

    >>> from smartcity_kg.report import Report
    >>> part = write_part(Verdict(Report(("a.ttl",), ()), Report(("a.ttl",), ())))
    >>> "<h1>The file conforms</h1>" in part, "<html" in part
    (True, False)
    """
    language = verdict.language if verdict.language in LANGUAGES else "en"
    return render("report.html", frame="part.html", language=language, **_shown(verdict))


def _shown(verdict: Verdict) -> dict[str, Any]:
    names = dict.fromkeys([*verdict.report.files, *(refusal.file for refusal in verdict.refusals)])
    return {
        "conforms": verdict.conforms,
        "number": verdict.report.counts(),
        "unread": sum(refusal.unreadable for refusal in verdict.refusals),
        "unchecked": sum(not refusal.unreadable for refusal in verdict.refusals),
        "known": len(verdict.known),
        "baseline": readable(verdict.baseline),
        "hidden": verdict.hidden,
        "files": [_file(name, f"f{number}", verdict) for number, name in enumerate(names, start=1)],
    }


def _file(name: str, anchor: str, verdict: Verdict) -> dict[str, Any]:
    shown = verdict.shown.of(name).findings
    counted = verdict.report.of(name)
    refusals = [refusal for refusal in verdict.refusals if refusal.file == name]
    score = next((one for one in verdict.completeness if one.file == name), None)
    state = "clean" if counted.conforms else "faulty"
    if refusals:
        state = "unread" if refusals[0].unreadable else "unchecked"
    names: Mapping[Term, str] = score.names if score else {}
    return {
        "name": readable(name),
        "anchor": anchor,
        "state": state,
        "number": counted.counts(),
        "shown": len(shown),
        "refusals": [_refusal(refusal, verdict.language) for refusal in refusals],
        "causes": [_cause(cause, f"{anchor}-c{cause.number}", verdict, names) for cause in find_causes(shown)],
        "score": _score(score) if score else None,
    }


def _refusal(refusal: Refusal, language: str) -> dict[str, Any]:
    return {
        "unreadable": refusal.unreadable,
        "place": readable(refusal.place),
        "message": readable(refusal.message(language)),
        "hint": "\n".join(hint_lines(refusal.hint(language))),
    }


def _cause(cause: Cause, anchor: str, verdict: Verdict, names: Mapping[Term, str]) -> dict[str, Any]:
    language = verdict.language
    worst = min(cause.findings, key=lambda finding: LEVELS.index(finding.level))
    at: dict[tuple[object, ...], list[Finding]] = {}
    for finding in cause.findings:
        at.setdefault((finding.line, finding.column, finding.focus), []).append(finding)
    rules = {finding.rule: _rule(finding, verdict) for finding in cause.findings}
    return {
        "anchor": anchor,
        "level": worst.level,
        "name": readable(worst.name(language) or worst.message(language)),
        "rules": [rule for number, rule in rules.items() if number],
        "places": [
            _place(found, f"{anchor}-{number}", verdict, names) for number, found in enumerate(at.values(), 1)
        ],
    }


def _rule(finding: Finding, verdict: Verdict) -> dict[str, str]:
    text = verdict.rules.get(finding.rule)
    descriptions = text.descriptions if text else {}
    return {
        "number": finding.rule,
        "name": readable(finding.name(verdict.language)),
        "why": descriptions.get(verdict.language) or descriptions.get("en", ""),
        "address": f"{verdict.pages}{finding.rule}" if verdict.pages and finding.rule else "",
    }


def _place(found: Sequence[Finding], anchor: str, verdict: Verdict, names: Mapping[Term, str]) -> dict[str, Any]:
    first = found[0]
    said = [
        {
            "level": finding.level,
            "rule": _rule(finding, verdict),
            "message": readable(finding.message(verdict.language)),
            "reasons": [readable(reason.message(verdict.language)) for reason in finding.reasons],
        }
        for finding in found
    ]
    return {
        "anchor": anchor,
        "at": readable(first.place),
        "entry": _entry(first.focus, names, verdict),
        "source": _source(first, verdict.sources.get(first.file, ())),
        "said": said,
        "meant": _each(verdict.prefixes.compress(one.suggestion.value) for one in found if one.suggestion),
        "snippets": _each(_lines(finding.snippet) for finding in found if finding.snippet),
    }


def _lines(text: str) -> str:
    """A text of several lines, each as it can be shown."""
    return "\n".join(readable(line) for line in text.split("\n"))


def _each(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _entry(focus: Term, names: Mapping[Term, str], verdict: Verdict) -> str:
    curie = readable(verdict.prefixes.compress(text_of(focus)))
    name = readable(names.get(focus, ""), 200)
    return f"{name} ({curie})" if name else curie


def _source(finding: Finding, lines: Sequence[str]) -> dict[str, Any] | None:
    """The line of a finding in three parts around the word concerned, cut where it is long, and carets."""
    if finding.line is None or finding.column is None or finding.line > len(lines):
        return None
    line = lines[finding.line - 1].replace("\t", " ")
    start = finding.column - 1
    end = finding.end_column - 1 if finding.end_column and finding.end_line == finding.line else len(line)
    left = 0 if end <= _ROOM else max(0, start - _ROOM // 3)
    before = readable(line[left:start].lstrip())
    token = readable(line[start:end], _ROOM)
    after = readable(line[end : end + max(0, _ROOM - (end - left))].rstrip())
    return {
        "line": finding.line,
        "before": f"… {before}" if left else before,
        "token": token,
        "after": after,
        "margin": " " * len(str(finding.line)),
        "indent": " " * (len(before) + (2 if left else 0)),
        "carets": "^" * max(1, len(token)),
    }


def _score(score: Completeness) -> dict[str, Any]:
    return {
        "title": readable(score.title or score.file),
        "percent": score.percent,
        "sections": [_section(one) for one in score.sections],
    }


def _section(one: SectionScore) -> dict[str, Any]:
    return {
        "name": one.name,
        "kinds": one.kinds,
        "entries": one.entries,
        "percent": one.percent,
        "gaps": [_gap(gap) for gap in one.gaps],
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "name": gap.name,
        "required": gap.required,
        "entries": [readable(name, 80) for name in gap.entries[:_MOST_NAMES]],
        "more": max(0, len(gap.entries) - _MOST_NAMES),
    }
