"""JUnit XML, which build servers show (layer 3)."""

import re
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from smartcity_kg.report import Finding
from smartcity_kg.verdict import Refusal, Verdict

# What XML 1.0 cannot hold, not even escaped (section 2.2).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COUNTED = ("tests", "failures", "errors")


def write_verdict(verdict: Verdict) -> str:
    """A suite for each file; in it a case for each rule that found something, or one that says it conforms.

    Violations are failures; what warnings and hints say stands in the output of their case. A file that could not
    be read or checked is an error.

    >>> from smartcity_kg.report import Report
    >>> conforming = Report(("a.ttl",), ())
    >>> print(write_verdict(Verdict(conforming, conforming)).splitlines()[1])
    <testsuites name="smartcity-kg validate" tests="1" failures="0" errors="0">
    """
    language, found = verdict.language, verdict.shown.findings
    suites = [_suite(file, [f for f in found if f.file == file], language) for file in verdict.shown.files]
    suites += [_refused(refusal, language) for refusal in verdict.refusals]
    total = {name: str(sum(int(suite.get(name, "0")) for suite in suites)) for name in _COUNTED}
    root = Element("testsuites", {"name": "smartcity-kg validate", **total})
    root.extend(suites)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _refused(refusal: Refusal, language: str) -> Element:
    file = _plain(refusal.file)
    suite = Element("testsuite", {"name": file, "tests": "1", "failures": "0", "errors": "1"})
    case = SubElement(suite, "testcase", {"name": "can be checked", "classname": file})
    said = (f"{refusal.place}: {refusal.message(language)}", refusal.hint(language))
    error = SubElement(case, "error", {"message": _plain(refusal.message(language)), "type": refusal.rule})
    error.text = _plain("\n".join(filter(None, said)))
    return suite


def _suite(file: str, findings: list[Finding], language: str) -> Element:
    by_rule = sorted(findings, key=lambda finding: finding.rule)
    groups = [list(group) for _, group in groupby(by_rule, key=lambda finding: finding.rule)]
    failed = sum(1 for group in groups if group[0].level == "violation")
    numbers = {"tests": str(max(len(groups), 1)), "failures": str(failed), "errors": "0"}
    suite = Element("testsuite", {"name": _plain(file), **numbers})
    for group in groups:
        _case(suite, file, group, language)
    if not groups:
        SubElement(suite, "testcase", {"name": "conforms", "classname": _plain(file)})
    return suite


def _case(suite: Element, file: str, group: list[Finding], language: str) -> None:
    first = group[0]
    name = _plain(f"{first.rule} {first.name(language)}".strip())
    case = SubElement(suite, "testcase", {"name": name, "classname": _plain(file)})
    text = _plain("\n".join(line for finding in group for line in _lines(finding, language)))
    if first.level == "violation":
        SubElement(case, "failure", {"message": _plain(first.message(language)), "type": first.rule}).text = text
    else:
        SubElement(case, "system-out").text = text


def _lines(finding: Finding, language: str) -> list[str]:
    reasons = (f"  – {reason.message(language)}" for reason in finding.reasons)
    return [f"{finding.place}: {finding.message(language)}", *reasons]


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
