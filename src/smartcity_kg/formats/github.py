"""GitHub workflow commands: each finding as a note on its line of a change (layer 3)."""

from collections.abc import Mapping

from smartcity_kg.report import Finding
from smartcity_kg.verdict import Refusal, Verdict

_COMMANDS = {"violation": "error", "warning": "warning", "info": "notice"}


def write_verdict(verdict: Verdict) -> str:
    """One workflow command for each finding and each refused file; nothing where there are none.

    Source: GitHub Actions, workflow commands for setting annotations.

    >>> from smartcity_kg.report import Report
    >>> write_verdict(Verdict(Report(("a.ttl",), ()), Report(("a.ttl",), ())))
    ''
    """
    refusals = [_refusal(refusal, verdict.language) for refusal in verdict.refusals]
    findings = [_finding(finding, verdict.language) for finding in verdict.shown.findings]
    return "".join(f"{command}\n" for command in (*refusals, *findings))


def _finding(finding: Finding, language: str) -> str:
    places = {
        "file": finding.file,
        "line": finding.line,
        "endLine": finding.end_line,
        "col": finding.column,
        "endColumn": finding.end_column,
        "title": f"{finding.rule} {finding.name(language)}".strip(),
    }
    said = (finding.message(language), *(f"– {reason.message(language)}" for reason in finding.reasons))
    return _command(_COMMANDS[finding.level], places, "\n".join(said))


def _refusal(refusal: Refusal, language: str) -> str:
    places = {
        "file": refusal.file or None,
        "line": refusal.line,
        "col": refusal.column,
        "title": refusal.rule or None,
    }
    return _command("error", places, "\n".join(filter(None, (refusal.message(language), refusal.hint(language)))))


def _command(name: str, places: Mapping[str, object], text: str) -> str:
    given = ",".join(f"{key}={_property(str(value))}" for key, value in places.items() if value is not None)
    return f"::{name}{' ' if given else ''}{given}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
