"""The program of the process that checks submissions for the server (layer 6).

It reads shapes and data once, so that a check takes a fraction of a second, and does each check in a fork of
itself with limits. It answers one question after the other: JSON and a text come, JSON and a text go. It keeps
nothing of a text.
"""

import json
import re
import struct
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, BinaryIO, NoReturn

from smartcity_kg.completeness import Completeness, Yardstick, measure
from smartcity_kg.errors import BackendError, SmartCityError
from smartcity_kg.formats import html_report, letter, text, turtle
from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.rule_texts import read_rule_texts
from smartcity_kg.server.record_text import as_json, change_from_json, read_record
from smartcity_kg.terms import text_of
from smartcity_kg.turtle.parse import decode
from smartcity_kg.validate import Checked
from smartcity_kg.validate.sandbox import Limits, Submissions, run_job
from smartcity_kg.validate.submission import parse_submission
from smartcity_kg.verdict import LANGUAGES, Refusal, Verdict

LENGTHS = struct.Struct(">II")
FORMATS = {
    "html": "text/html",
    "part": "text/html",
    "json": "application/json",
    "sarif": "application/sarif+json",
    "letter": "text/plain",
    "text": "text/plain",
    "turtle": "text/turtle",
    "junit": "application/xml",
}
_WIDTH = 100
_MOST_FINDINGS = 500


def main() -> NoReturn:
    """Answer what comes over standard input, for the project whose folder is the first argument, until it ends."""
    project = Project.at(sys.argv[1])
    checks = Checks(project)
    _send(sys.stdout.buffer, {"kind": "ready"}, b"")
    while (question := _receive(sys.stdin.buffer)) is not None:
        told, data = question
        try:
            if told["format"] == "record":
                body = checks.record(str(told["name"]), data, told, str(told["language"]))
            else:
                body = checks.report(str(told["name"]), data, str(told["format"]), str(told["language"]))
            _send(sys.stdout.buffer, {"kind": "report", "conforms": checks.conforms}, body.encode())
        except SmartCityError as error:
            _send(sys.stdout.buffer, {"kind": "failed", "message": error.message, "hint": error.hint}, b"")
    sys.exit(0)


class Checks:
    """Reports about texts.

    Args:
        project: Where shapes, rules and data come from.

    Attributes:
        conforms: Whether the last text conforms.

    >>> checks = Checks(Project.find())
    >>> "no Turtle" in checks.report("a.ttl", b"nonsense", "text", "en") or not checks.conforms
    True
    """

    def __init__(self, project: Project) -> None:
        self.conforms = False
        self._project = project
        self._submissions = Submissions(project)
        self._rules = read_rule_texts(project)
        self._yardsticks = Yardstick.read_each(project, LANGUAGES)

    def report(self, name: str, data: bytes, form: str, language: str) -> str:
        """The report about a text in one of `FORMATS` and a language.

        Raises:
            BackendError: If the report takes too much time or memory.
        """
        checked = self._submissions.check(name, data)
        self.conforms = checked.report.conforms and not checked.refusals
        # What is shown of a stranger's text is made under the same limits.
        return str(run_job(lambda: self._written(checked, name, data, form, language), Limits.of(self._project)))

    def record(self, name: str, data: bytes, told: Mapping[str, Any], language: str) -> str:
        """A record after a change, with what the checks say of it, as JSON; see `record_text`.

        Args:
            name: What the record is called.
            data: Its text.
            told: The `change`, if any, the entry that is `wanted`, and whether the record is to be `checked`.
            language: `de` or `en`.

        Raises:
            BackendError: If it takes too much time or memory.
        """
        change = change_from_json(told.get("change"))
        wanted = str(told.get("wanted", ""))
        limits = Limits.of(self._project)
        try:
            found = run_job(
                lambda: json.dumps(as_json(read_record(self._project, data, name, change, wanted))), limits
            )
        except BackendError:
            raise
        except SmartCityError as error:
            self.conforms = False
            shown = error.in_language(language)
            line = getattr(error, "line", None)
            return json.dumps({"problem": {"message": shown.message, "hint": shown.hint, "line": line}})
        record = json.loads(found)
        if not told.get("checked", True):
            return json.dumps({"record": record})
        checked = self._submissions.check(name, record["text"].encode())
        self.conforms = checked.report.conforms and not checked.refusals
        findings = [_as_told(finding, language) for finding in checked.report.findings[:_MOST_FINDINGS]]
        refused = [str(error.in_language(language)) for error in checked.refusals]
        return json.dumps({"record": record, "findings": findings, "refused": refused, "conforms": self.conforms})

    def _written(self, checked: Checked, name: str, data: bytes, form: str, language: str) -> str:
        report = checked.report
        verdict = Verdict(
            report,
            report,
            language=language,
            prefixes=self._project.prefixes,
            refusals=tuple(Refusal.of(error) for error in checked.refusals),
            completeness=self._measured(name, data, language) if report.files else (),
            sources={name: re.split(r"\r\n|\n|\r", decode(data, name))} if report.files else {},
            rules=self._rules,
            pages=f"{self._project.base}shapes#",
        )
        if form == "turtle":
            return turtle.write_triples(checked.shacl_report, self._project.prefixes)
        if form == "letter":
            return letter.write_verdict(verdict, publisher=self._project.settings.get("publisher", {}))
        if form == "part":
            return html_report.write_part(verdict)
        if form == "text":
            refused = "".join(f"{error.in_language(language)}\n" for error in checked.refusals)
            return refused + (text.write_verdict(verdict, width=_WIDTH) if report.files else "")
        module = {"html": "html_report"}.get(form, form)
        return str(import_module(f"smartcity_kg.formats.{module}").write_verdict(verdict))

    def _measured(self, name: str, data: bytes, language: str) -> tuple[Completeness, ...]:
        triples = parse_submission(self._project, data, name).triples
        found = measure(triples, self._yardsticks[language], file=name)
        return () if found is None else (found,)


def _as_told(finding: Finding, language: str) -> dict[str, str | int | None]:
    """A finding as a form shows it."""
    return {
        "rule": finding.rule,
        "level": finding.level,
        "focus": text_of(finding.focus),
        "path": text_of(finding.path),
        "message": finding.message(language),
        "line": finding.line,
    }


def _receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    head = stream.read(LENGTHS.size)
    if len(head) < LENGTHS.size:
        return None
    first, second = LENGTHS.unpack(head)
    return json.loads(stream.read(first)), stream.read(second)


def _send(stream: BinaryIO, said: dict[str, object], body: bytes) -> None:
    header = json.dumps(said).encode()
    stream.write(LENGTHS.pack(len(header), len(body)) + header + body)
    stream.flush()
