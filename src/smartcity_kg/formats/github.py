"""GitHub workflow commands: each finding as a note on its line of a change (layer 3)."""

from smartcity_kg.report import Finding, Report

_COMMANDS = {"violation": "error", "warning": "warning", "info": "notice"}


def write_report(report: Report, language: str) -> str:
    """One workflow command a finding; nothing for a report without findings.

    Source: GitHub Actions, workflow commands for setting annotations.

    >>> write_report(Report(("a.ttl",), ()), "en")
    ''
    """
    return "".join(f"{_command(finding, language)}\n" for finding in report.findings)


def _command(finding: Finding, language: str) -> str:
    title = f"{finding.rule} {finding.name(language)}".strip()
    places = {
        "file": finding.file,
        "line": finding.line,
        "endLine": finding.end_line,
        "col": finding.column,
        "endColumn": finding.end_column,
        "title": title,
    }
    given = ",".join(f"{name}={_property(str(value))}" for name, value in places.items() if value is not None)
    return f"::{_COMMANDS[finding.level]} {given}::{_data(finding.message(language))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
