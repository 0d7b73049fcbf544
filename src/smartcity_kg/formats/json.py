"""JSON: query results (SPARQL 1.1 Query Results JSON Format), reports and descriptions (layer 3)."""

import json
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from smartcity_kg.answer import Answer, Truth
from smartcity_kg.describe import Description
from smartcity_kg.formats.cells import grid
from smartcity_kg.report import Report
from smartcity_kg.terms import LANG_STRING, XSD, Term, text_of


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


def write_report(report: Report, language: str) -> str:
    """The report: whether it conforms, counts by level, and the findings with messages in all languages."""
    findings = [
        {
            "file": finding.file,
            "level": finding.level,
            "rule": finding.rule,
            "name": finding.name(language),
            "message": finding.message(language),
            "messages": dict(finding.messages),
            "focus": text_of(finding.focus),
            "path": text_of(finding.path) or None,
            "value": None if finding.value is None else _cell(finding.value),
            "line": finding.line,
            "column": finding.column,
            "end_line": finding.end_line,
            "end_column": finding.end_column,
            "suggestion": text_of(finding.suggestion) or None,
            "snippet": finding.snippet or None,
        }
        for finding in report.findings
    ]
    return _text(
        {
            "conforms": report.conforms,
            "language": language,
            "counts": report.counts(),
            "files": list(report.files),
            "findings": findings,
        }
    )


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
