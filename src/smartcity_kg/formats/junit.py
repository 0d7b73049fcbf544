"""JUnit XML, which build servers show (layer 3)."""

import re
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from smartcity_kg.report import Finding, Report

# What XML 1.0 cannot hold, not even escaped (section 2.2).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_report(report: Report, language: str) -> str:
    """A suite for each file; in it a case for each rule that found something, or one that says it conforms.

    Violations are failures; what warnings and hints say stands in the output of their case.

    >>> print(write_report(Report(("a.ttl",), ()), "en").splitlines()[1])
    <testsuites name="smartcity-kg validate" tests="1" failures="0">
    """
    suites = [_suite(file, [f for f in report.findings if f.file == file], language) for file in report.files]
    total = {name: str(sum(int(suite.get(name, "0")) for suite in suites)) for name in ("tests", "failures")}
    root = Element("testsuites", {"name": "smartcity-kg validate", **total})
    root.extend(suites)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(file: str, findings: list[Finding], language: str) -> Element:
    by_rule = sorted(findings, key=lambda finding: finding.rule)
    groups = [list(group) for _, group in groupby(by_rule, key=lambda finding: finding.rule)]
    failed = sum(1 for group in groups if group[0].level == "violation")
    numbers = {"tests": str(max(len(groups), 1)), "failures": str(failed)}
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
    text = _plain("\n".join(f"{finding.place}: {finding.message(language)}" for finding in group))
    if first.level == "violation":
        SubElement(case, "failure", {"message": _plain(first.message(language)), "type": first.rule}).text = text
    else:
        SubElement(case, "system-out").text = text


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
