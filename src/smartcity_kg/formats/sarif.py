"""SARIF 2.1.0, which code hosts and editors read (layer 3)."""

import json
from importlib.metadata import version
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from smartcity_kg.report import Finding, Report

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"violation": "error", "warning": "warning", "info": "note"}


def write_report(report: Report, language: str) -> str:
    """The report as a SARIF log with one run: a rule for each that spoke, a result for each finding.

    Columns count code points, as in all reports here; the run says so. Source: OASIS SARIF 2.1.0, sections 3.14,
    3.27 and 3.29.

    >>> json.loads(write_report(Report(("a.ttl",), ()), "en"))["version"]
    '2.1.0'
    """
    spoke = {finding.rule: finding for finding in reversed(report.findings)}
    rules = sorted(spoke)
    driver = {
        "name": "smartcity-kg",
        "version": version("smartcity-kg"),
        "rules": [_rule(spoke[name], language) for name in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": {"uri": _uri(file)}} for file in report.files],
        "results": [_result(finding, rules, language) for finding in report.findings],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _rule(finding: Finding, language: str) -> dict[str, Any]:
    return {
        "id": finding.rule,
        "shortDescription": {"text": finding.name(language) or finding.rule},
        "defaultConfiguration": {"level": _LEVELS[finding.level]},
    }


def _result(finding: Finding, rules: list[str], language: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.file)}}
    if finding.line is not None:
        names = ("startLine", "startColumn", "endLine", "endColumn")
        parts = (finding.line, finding.column, finding.end_line, finding.end_column)
        place["region"] = {name: part for name, part in zip(names, parts, strict=True) if part is not None}
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": _LEVELS[finding.level],
        "message": {"text": finding.message(language)},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
