"""SARIF 2.1.0, which code hosts and editors read (layer 3)."""

import json
from importlib.metadata import version
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from smartcity_kg.report import Finding
from smartcity_kg.verdict import Refusal, Verdict

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"violation": "error", "warning": "warning", "info": "note"}


def write_verdict(verdict: Verdict) -> str:
    """The report as a SARIF log with one run: a rule for each that spoke, a result for each finding.

    A file that could not be read or checked is a notification, and the run was not successful. With a baseline,
    what it has too is there as well, marked as unchanged. Columns count code points, as in all reports here; the
    run says so. Source: OASIS SARIF 2.1.0, sections 3.14, 3.20, 3.27, 3.29 and 3.58.

    >>> from smartcity_kg.report import Report
    >>> conforming = Report(("a.ttl",), ())
    >>> json.loads(write_verdict(Verdict(conforming, conforming)))["version"]
    '2.1.0'
    """
    known = verdict.unchanged if verdict.baseline else ()
    spoke = {finding.rule: finding for finding in reversed((*verdict.shown.findings, *known))}
    rules = sorted(spoke)
    results = [_result(finding, rules, verdict.language) for finding in verdict.shown.findings]
    unchanged = [_result(finding, rules, verdict.language) for finding in known]
    if verdict.baseline:
        results = [{**result, "baselineState": "new"} for result in results]
        results += [{**result, "baselineState": "unchanged"} for result in unchanged]
    driver = {
        "name": "smartcity-kg",
        "version": version("smartcity-kg"),
        "rules": [_rule(spoke[name], verdict) for name in rules],
    }
    invocation: dict[str, Any] = {"executionSuccessful": not verdict.refusals}
    if verdict.refusals:
        said = [_notification(refusal, verdict.language) for refusal in verdict.refusals]
        invocation["toolExecutionNotifications"] = said
    run = {
        "tool": {"driver": driver},
        "language": verdict.language,
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": {"uri": _uri(file)}} for file in verdict.shown.files],
        "invocations": [invocation],
        "results": results,
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _rule(finding: Finding, verdict: Verdict) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": finding.rule,
        "shortDescription": {"text": finding.name(verdict.language) or finding.rule},
        "defaultConfiguration": {"level": _LEVELS[finding.level]},
    }
    texts = verdict.rules.get(finding.rule)
    if texts and texts.descriptions:
        said = texts.descriptions.get(verdict.language) or next(iter(texts.descriptions.values()))
        rule["fullDescription"] = {"text": said}
    if verdict.pages and finding.rule:
        rule["helpUri"] = f"{verdict.pages}{finding.rule}"
    return rule


def _result(finding: Finding, rules: list[str], language: str) -> dict[str, Any]:
    region = _region(finding.line, finding.column, finding.end_line, finding.end_column)
    said = (finding.message(language), *(f"– {reason.message(language)}" for reason in finding.reasons))
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": _LEVELS[finding.level],
        "message": {"text": "\n".join(said)},
        "locations": [_location(finding.file, region)],
    }


def _notification(refusal: Refusal, language: str) -> dict[str, Any]:
    """What kept a file from being checked."""
    said = filter(None, (refusal.message(language), refusal.hint(language)))
    notification: dict[str, Any] = {"level": "error", "message": {"text": "\n".join(said)}}
    if refusal.rule:
        notification["descriptor"] = {"id": refusal.rule}
    if refusal.file:
        region = _region(refusal.line, refusal.column, None, None)
        notification["locations"] = [_location(refusal.file, region)]
    return notification


def _region(line: int | None, column: int | None, end_line: int | None, end_column: int | None) -> dict[str, int]:
    if line is None:
        return {}
    names = ("startLine", "startColumn", "endLine", "endColumn")
    parts = (line, column, end_line, end_column)
    return {name: part for name, part in zip(names, parts, strict=True) if part is not None}


def _location(file: str, region: dict[str, int]) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if region:
        place["region"] = region
    return {"physicalLocation": place}


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
