"""What is known already: findings of a file, or of files at a revision, that are not new (layer 2).

The rules, and what other files say, are those of today on both sides, so what is new is what the files brought in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from pyoxigraph import BlankNode, NamedNode, Triple

from smartcity_kg.errors import InputError, SmartCityError
from smartcity_kg.history import read_revision
from smartcity_kg.project import Project
from smartcity_kg.report import Finding, Report
from smartcity_kg.terms import Term, text_of
from smartcity_kg.validate.messages import read_rules
from smartcity_kg.validate.results import Result, join_report, split_report

_Key: TypeAlias = tuple[str, str, str, str]


def read_baseline(project: Project, baseline: str, paths: Sequence[Path]) -> Mapping[Path, bytes | None]:
    """The files to compare with, and their bytes where these are not the ones on disk.

    Reads no file itself; asks git where the baseline is no file.

    Args:
        project: Where messages come from.
        baseline: The name of a file, or a revision as git names it.
        paths: The files that are checked.

    Raises:
        InputError: If the baseline is neither, or git cannot tell.

    >>> list(read_baseline(Project.find(), __file__, [])) == [Path(__file__)]
    True
    """
    if Path(baseline).is_file():
        return {Path(baseline): None}
    try:
        read = {path: read_revision(baseline, path) for path in paths}
    except InputError as error:
        raise _neither(project, baseline) from error
    return {path: data for path, data in read.items() if data is not None and data.strip()}


def unusable(project: Project, baseline: str, cause: SmartCityError) -> SmartCityError:
    """The error that says that a baseline cannot be checked; its exit code is that of the cause.

    >>> print(unusable(Project.find(), "main", InputError("the file is empty", path="a.ttl")))
    there is nothing to compare with in the baseline main: a.ttl: the file is empty
    """
    error = type(cause)(cause.message)
    said = {language: cause.in_language(language) for language in ("de", "en")}
    hints = {language: one.hint for language, one in said.items()}
    for one in said.values():
        one.hint = ""
    rule = read_rules(project)["B-02"]
    error.translations = {
        language: (rule.filled(value=baseline, match=str(said[language]))[language], hints[language])
        for language in said
    }
    return error.in_language("en")


def _neither(project: Project, baseline: str) -> InputError:
    rules = read_rules(project)
    said, hints = rules["B-01"].filled(value=baseline), rules["H-12"].filled()
    error = InputError(said["en"], hint=hints["en"])
    error.translations = {language: (said[language], hints[language]) for language in said}
    return error


def split_known(report: Report, known: Report) -> tuple[Report, tuple[Finding, ...]]:
    """The findings that are new, and those that are known.

    A finding is known by its rule, entry, property and value, wherever it stands in which file; as often as it was
    found before, and no more often. Entries and values without a name cannot be told apart: they are counted.

    >>> split_known(Report(("a.ttl",), ()), Report(("a.ttl",), ()))[1]
    ()
    """
    left = Counter(_key(finding) for finding in known.findings)
    new, old = [], []
    for finding in report.findings:
        if left[_key(finding)] > 0:
            left[_key(finding)] -= 1
            old.append(finding)
        else:
            new.append(finding)
    return Report(report.files, tuple(new)), tuple(old)


def leave_known(report: Iterable[Triple], new: Report, known: Sequence[Finding]) -> tuple[Triple, ...]:
    """A SHACL report without the results of findings that are known; it conforms if none is left.

    Args:
        report: The SHACL report of all findings.
        new: The findings that are new.
        known: The others.

    >>> from smartcity_kg.validate.results import join_report
    >>> len(leave_known(join_report([]), Report(("a.ttl",), ()), []))
    2
    """
    gone = {_place(finding) for finding in known} - {_place(finding) for finding in new.findings}
    if not gone:
        return tuple(report)
    return join_report([result for result in split_report(report) if _place_of(result) not in gone])


def _place(finding: Finding) -> _Key:
    return (finding.rule, str(finding.focus), str(finding.path), str(finding.value))


def _place_of(result: Result) -> _Key:
    path = result.one("resultPath")
    number = text_of(result.one("sourceShape")).rpartition("#")[2]
    named = path if isinstance(path, NamedNode) else None
    return (number, str(result.focus), str(named), str(result.one("value")))


def _key(finding: Finding) -> _Key:
    return (finding.rule or finding.name("en"), _said(finding.focus), _said(finding.path), _said(finding.value))


def _said(term: Term | None) -> str:
    return "_:" if isinstance(term, BlankNode) else str(term)
