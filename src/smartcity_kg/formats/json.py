"""JSON: query results (SPARQL 1.1 Query Results JSON Format), reports and descriptions (layer 3)."""

import json
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from smartcity_kg.answer import Answer, Truth
from smartcity_kg.causes import Cause
from smartcity_kg.completeness import Completeness
from smartcity_kg.describe import Description
from smartcity_kg.formats.cells import grid
from smartcity_kg.report import Finding, Reason
from smartcity_kg.terms import LANG_STRING, XSD, Term, text_of
from smartcity_kg.verdict import Refusal, Verdict

REPORT_SCHEMA = "https://w3id.org/smartcity-kg/schemas/report-1.json"
"""The JSON Schema of reports; its text is `docs/schemas/report-1.json`."""


def write_answer(answer: Answer) -> str:
    r"""The answer as SPARQL results JSON; triples as rows of subject, predicate, object.

    >>> write_answer(Truth(True))
    '{\n  "head": {},\n  "boolean": true\n}\n'
    """
    if isinstance(answer, Truth):
        return _text({"head": {}, "boolean": answer.value})
    columns, rows = grid(answer)
    bindings = [
        {name: _cell(term) for name, term in zip(columns, row, strict=True) if term is not None} for row in rows
    ]
    return _text({"head": {"vars": list(columns)}, "results": {"bindings": bindings}})


def write_verdict(verdict: Verdict) -> str:
    """The report, as `docs/schemas/report-1.json` describes it; messages in all languages.

    >>> from smartcity_kg.report import Report
    >>> conforming = Report(("a.ttl",), ())
    >>> json.loads(write_verdict(Verdict(conforming, conforming)))["conforms"]
    True
    """
    language = verdict.language
    found = [_finding(finding, language) for finding in verdict.shown.findings]
    number = {id(finding): cause.number for cause in verdict.causes for finding in cause.findings}
    for one, finding in zip(found, verdict.shown.findings, strict=True):
        one["cause"] = number[id(finding)]
    return _text(
        {
            "schema": REPORT_SCHEMA,
            "conforms": verdict.conforms,
            "exit_code": verdict.exit_code,
            "language": language,
            "counts": verdict.report.counts(),
            "hidden": verdict.hidden,
            "baseline": {"name": verdict.baseline, "known": len(verdict.known)} if verdict.baseline else None,
            "files": list(verdict.report.files),
            "file_counts": {file: verdict.report.of(file).counts() for file in verdict.report.files},
            "causes": [_cause(cause, language) for cause in verdict.causes],
            "findings": found,
            "refusals": [_refusal(refusal, language) for refusal in verdict.refusals],
            "completeness": [_completeness(one) for one in verdict.completeness],
        }
    )


def _finding(finding: Finding, language: str) -> dict[str, Any]:
    return {
        "file": finding.file,
        "level": finding.level,
        "rule": finding.rule,
        "name": finding.name(language),
        "message": finding.message(language),
        "messages": dict(finding.messages),
        "focus": text_of(finding.focus),
        "path": text_of(finding.path) or None,
        "value": None if finding.value is None else _cell(finding.value),
        "reasons": [_reason(reason, language) for reason in finding.reasons],
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "suggestion": text_of(finding.suggestion) or None,
        "snippet": finding.snippet or None,
    }


def _reason(reason: Reason, language: str) -> dict[str, Any]:
    return {
        "node": _cell(reason.node),
        "path": text_of(reason.path) or None,
        "message": reason.message(language),
        "messages": dict(reason.messages),
    }


def _cause(cause: Cause, language: str) -> dict[str, Any]:
    return {
        "number": cause.number,
        "findings": len(cause.findings),
        "rules": list(dict.fromkeys(finding.rule for finding in cause.findings)),
        "name": cause.first.name(language),
        "place": cause.first.place,
    }


def _refusal(refusal: Refusal, language: str) -> dict[str, Any]:
    return {
        "file": refusal.file,
        "reason": "unreadable" if refusal.unreadable else "unchecked",
        "rule": refusal.rule or None,
        "message": refusal.message(language),
        "messages": dict(refusal.messages),
        "hint": refusal.hint(language) or None,
        "hints": {language: hint for language, hint in refusal.hints.items() if hint},
        "line": refusal.line,
        "column": refusal.column,
    }


def _completeness(one: Completeness) -> dict[str, Any]:
    return {
        "file": one.file,
        "title": one.title,
        "percent": one.percent,
        "sections": [
            {
                "section": score.section,
                "name": score.name,
                "percent": score.percent,
                "entries": score.entries,
                "expected": score.expected,
                "filled": score.filled,
                "kinds": list(score.kinds),
                "gaps": [
                    {
                        "path": gap.path,
                        "name": gap.name,
                        "required": gap.required,
                        "entries": list(gap.entries),
                    }
                    for gap in score.gaps
                ],
            }
            for score in one.sections
        ],
    }


def write_description(description: Description) -> str:
    """The description: the thing, its label, and each statement with labels."""
    statements = [
        {
            "direction": "out" if statement.outgoing else "in",
            "property": statement.predicate.value,
            "property_label": statement.predicate_label,
            "value": _cell(statement.other),
            "label": statement.other_label,
            "inferred_by": statement.rule or None,
        }
        for statement in description.statements
    ]
    return _text(
        {
            "thing": description.thing.value,
            "label": description.label,
            "language": description.language,
            "statements": statements,
        }
    )


def _cell(term: Term) -> dict[str, str]:
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    cell = {"type": "literal", "value": text_of(term)}
    if isinstance(term, Literal):
        if term.language:
            cell["xml:lang"] = term.language
        elif term.datatype.value not in {f"{XSD}string", LANG_STRING}:
            cell["datatype"] = term.datatype.value
    return cell


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
