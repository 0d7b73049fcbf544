"""The report as a letter to people who know no RDF: plain text, ready for an e-mail (layer 3).

The words stand in `templates/letter.de.txt` and `letter.en.txt`, as running text for each language: a letter reads
well only if whoever changes a phrase sees what stands before and after it.
"""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import PurePath
from typing import Any

from pyoxigraph import NamedNode

from smartcity_kg.causes import find_causes
from smartcity_kg.completeness import Completeness
from smartcity_kg.edtf import in_words
from smartcity_kg.formats.page import hint_lines, readable
from smartcity_kg.formats.templates import render
from smartcity_kg.report import Finding
from smartcity_kg.terms import Prefixes, Term, text_of
from smartcity_kg.verdict import LANGUAGES, Refusal, Verdict

_WIDTH = 76
_MOST = 10
_NAME = 100
_VERBATIM = " " * 6
_ITEM = re.compile(r" *(?:- |\d+\. )?")
_TERM = re.compile(r"<([^<>\s]+)>|(?<![\w:/])([a-z][\w-]*:[A-Za-z0-9](?:[\w/.-]*\w)?)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ„“])")
# What is left of Turtle, and words that only those who edit Turtle know.
_JARGON = re.compile(r'["@\[\]{}^=]|\b(?:IRI|IRIs|SHACL|RDF|Turtle|Literal|literal|Tripel|triple|Präfix|prefix)\b')
_QUOTES = {"de": "„{}“", "en": "“{}”"}


def write_verdict(
    verdict: Verdict,
    *,
    day: date | None = None,
    due: date | None = None,
    publisher: Mapping[str, str] | None = None,
) -> str:
    """The letter: what is well, what is wrong by cause, what to do, and at the end the details for an editor.

    Args:
        verdict: What was found.
        day: When the check was; the day of the call if absent.
        due: By when an answer is wanted.
        publisher: Who signs (`name`), and whom to ask (`contact`).

    >>> from smartcity_kg.report import Report
    >>> clean = Verdict(Report(("ulm.ttl",), ()), Report(("ulm.ttl",), ()))
    >>> "nothing more for you to do" in write_verdict(clean, day=date(2026, 11, 22))
    True
    """
    language = verdict.language if verdict.language in LANGUAGES else "en"
    findings = verdict.shown.findings
    files = dict.fromkeys([*verdict.report.files, *(refusal.file for refusal in verdict.refusals)])
    known_as = {one.file: one.title for one in verdict.completeness}
    counts = verdict.report.counts()
    signed = publisher or {}
    by_level = {
        level: _causes([one for one in findings if one.level == level], verdict, language) for level in counts
    }
    text = render(
        f"letter.{language}.txt",
        date=_date(day or date.today(), language),
        due=_date(due, language) if due else "",
        publisher=signed.get("name", ""),
        contact=signed.get("contact", ""),
        files=[{"title": _name(known_as.get(file) or PurePath(file).name)} for file in files],
        refusals=[_refusal(refusal, language) for refusal in verdict.refusals],
        unreadable=any(refusal.unreadable for refusal in verdict.refusals),
        checked=bool(verdict.report.files),
        violations=_places(verdict, "violation"),
        warnings=_places(verdict, "warning"),
        known=len(verdict.known),
        scores=[_score(one) for one in verdict.completeness],
        must=by_level["violation"],
        should=by_level["warning"],
        could=by_level["info"],
        details=[_detail(finding, verdict.prefixes, language) for finding in findings],
    )
    return _wrapped(text)


def _places(verdict: Verdict, level: str) -> int:
    """At how many places something of a level is said: two rules may speak about one word."""
    found = (one for one in verdict.report.findings if one.level == level)
    return len({(one.file, one.line, one.column, one.focus) for one in found})


def _date(day: date, language: str) -> str:
    return in_words(day.isoformat(), language)


def _name(text: str) -> str:
    return readable(text, _NAME)


def _refusal(refusal: Refusal, language: str) -> dict[str, Any]:
    return {
        "file": _name(PurePath(refusal.file).name),
        "place": readable(refusal.place),
        "line": refusal.line,
        "message": readable(refusal.message(language)).rstrip("."),
        "hint": hint_lines(refusal.hint(language)),
        "unreadable": refusal.unreadable,
    }


def _score(score: Completeness) -> dict[str, Any]:
    return {
        "title": _name(score.title),
        "full": [one for one in score.sections if one.entries],
        "empty": [one.name for one in score.sections if not one.entries],
    }


def _causes(findings: Sequence[Finding], verdict: Verdict, language: str) -> list[dict[str, Any]]:
    """The causes in words: what the rule wants, and the entries concerned, each once."""
    said = []
    for cause in find_causes(findings):
        rule = verdict.rules.get(cause.first.rule)
        names = _names(verdict, cause.first.file)
        entries = _entries(cause.findings, verdict, language)
        # What holds for all entries is said once.
        same = len(entries) > 1 and len({(one["said"], *one["meant"]) for one in entries}) == 1
        why = rule.descriptions.get(language, "") if rule else ""
        said.append(
            {
                "name": readable(cause.first.name(language)),
                "why": _plain(why, verdict.prefixes, names, language),
                "said": entries[0]["said"] if same else "",
                "meant": entries[0]["meant"] if same else [],
                "entries": [{**one, "said": "", "meant": []} if same else one for one in entries[:_MOST]],
                "more": max(0, len(entries) - _MOST),
            }
        )
    return said


def _entries(findings: Iterable[Finding], verdict: Verdict, language: str) -> list[dict[str, Any]]:
    found: dict[tuple[str, Term], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.file, finding.focus), []).append(finding)
    entries = []
    for (file, focus), some in found.items():
        names = _names(verdict, file)
        score = next((one for one in verdict.completeness if one.file == file), None)
        section = score.section_of.get(focus, "") if score else ""
        said = (_plain(one.message(language), verdict.prefixes, names, language) for one in some)
        meant = (_called(one.suggestion, names) for one in some if one.suggestion)
        entries.append(
            {
                "section": next((s.name for s in score.sections if s.section == section), "") if score else "",
                "name": _called(focus, names),
                "lines": sorted({one.line for one in some if one.line}),
                "said": " ".join(dict.fromkeys(filter(None, said))),
                "meant": list(dict.fromkeys(meant)),
            }
        )
    return entries


def _names(verdict: Verdict, file: str) -> Mapping[Term, str]:
    return next((one.names for one in verdict.completeness if one.file == file), {})


def _called(thing: Term, names: Mapping[Term, str]) -> str:
    """What people call a thing, or the last part of its IRI."""
    return _name(names.get(thing) or re.split(r"[/#]", text_of(thing).rstrip("/#"))[-1])


def _plain(message: str, prefixes: Prefixes, names: Mapping[Term, str], language: str) -> str:
    """A message without what only editors of Turtle can read: names in place of terms, such sentences left out."""

    def named(found: re.Match[str]) -> str:
        prefix, _, local = (found[2] or "").partition(":")
        if found[2] and prefix not in prefixes.namespaces:
            return found[0]
        thing = NamedNode(f"{prefixes.namespaces[prefix]}{local}") if found[2] else None
        called = _called(thing, names) if thing else re.split(r"[/#]", found[1].rstrip("/#"))[-1]
        return _QUOTES[language].format(called)

    sentences = (_TERM.sub(named, one) for one in _SENTENCE.split(readable(message)))
    return " ".join(one for one in sentences if not _JARGON.search(one))


def _detail(finding: Finding, prefixes: Prefixes, language: str) -> dict[str, Any]:
    return {
        "place": readable(finding.place),
        "rule": finding.rule,
        "message": readable(finding.message(language)),
        "meant": prefixes.compress(finding.suggestion.value) if finding.suggestion else "",
        "snippet": [readable(line) for line in finding.snippet.split("\n") if line],
    }


def _wrapped(text: str) -> str:
    """Each line as a paragraph, with its own indent; what has to stay as it is, is indented far."""
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.rstrip()
        if not bare:
            if lines and lines[-1]:
                lines.append("")
        elif bare.startswith(_VERBATIM):
            lines.append(bare)
        else:
            head = _ITEM.match(bare)
            indent = " " * len(head[0]) if head else ""
            lines += textwrap.wrap(
                bare, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
    return "\n".join(lines).strip("\n") + "\n"
