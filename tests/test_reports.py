"""How reports are shown: filters, the line of a finding, and what other programs read."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from cases import ROOT
from conftest import CommandLine
from smartcity_kg.formats import github, junit, sarif, text
from smartcity_kg.report import Finding, Report
from smartcity_kg.verdict import Verdict

CITY = ox.NamedNode("https://w3id.org/smartcity-kg/id/city/coburg")
HOSTILE = 'a "b" <script>alert(1)</script> ]]> ::error:: 50 %\nnext, line\x00\x1b[31m\u202e'


def finding(
    rule: str, level: str, line: int, message: str = "Something is wrong.", file: str = "a.ttl"
) -> Finding:
    """A finding with a place."""
    texts = {"en": message, "de": message}
    found = Finding(rule, level, CITY, None, None, texts, {"en": rule}, file)
    return replace(found, line=line, column=5, end_line=line, end_column=9)


REPORT = Report(
    ("a.ttl", "b.ttl"),
    (
        finding("C-1", "violation", 1),
        finding("C-2", "warning", 2),
        finding("C-3", "info", 3),
        finding("C-1", "violation", 4),
    ),
)


@pytest.fixture
def run(run_small: CommandLine) -> CommandLine:
    """The command line in the small project, since checks against the whole one take three times as long."""
    return run_small


@pytest.fixture
def spoilt(tmp_path: Path) -> str:
    """The record of Coburg with three slips, outside the project."""
    record = (ROOT / "data/cities/coburg.ttl").read_text(encoding="utf-8")
    record = record.replace("sckg:fieldOfAction", "sckg:feildOfAction", 1)
    record = re.sub(r"    dct:license <[^>]*> ;\n", "", record, count=1)
    path = tmp_path / "coburg.ttl"
    path.write_text(record, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("level", "rules", "left"),
    [
        ("info", (), ["C-1", "C-2", "C-3", "C-1"]),
        ("warning", (), ["C-1", "C-2", "C-1"]),
        ("violation", (), ["C-1", "C-1"]),
        ("info", ("C-3",), ["C-3"]),
        ("violation", ("C-3",), []),
    ],
)
def test_filters(level: str, rules: tuple[str, ...], left: list[str]) -> None:
    assert [found.rule for found in REPORT.only(level=level, rules=rules).findings] == left


def test_at_most_so_many_a_file() -> None:
    more = Report(REPORT.files, (*REPORT.findings, finding("C-9", "info", 1, file="b.ttl")))
    assert [found.rule for found in more.first(1).findings] == ["C-1", "C-9"]


def test_what_is_hidden_is_counted_and_changes_no_verdict() -> None:
    shown = text.write_verdict(Verdict(REPORT, REPORT.only(level="warning", rules=["C-2"])))
    assert shown.endswith("2 files do not conform: 2 violations, 1 warning, 1 hint (3 of them not shown)\n")
    assert "C-1" not in shown.splitlines()[1]


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_word_concerned_is_marked(width: int) -> None:
    line = "    " + "word " * 30
    long = Report(("a.ttl",), (finding("C-1", "violation", 1),))
    lines = text.write_verdict(Verdict(long, long, sources={"a.ttl": [line]}), width=width).splitlines()
    source, carets = lines[3], lines[4]
    assert max(map(len, lines[3:5])) <= width
    assert source[carets.index("^") : carets.rindex("^") + 1] == "word"


def test_the_command_shows_lines_and_what_to_paste(
    run: CommandLine, spoilt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where all that the record names is known
    result = run("validate", spoilt, "--source", "--lang", "de")
    assert result.code == 1
    assert "Meinten Sie sckg:fieldOfAction?" in result.out
    assert (
        "Zum Einfügen: dct:license <http://publications.europa.eu/resource/authority/licence/CC_BY_4_0> ;"
        in result.out
    )
    marked = re.search(r"\d+ \| (.*)\n +\| ( *)(\^+)\n", result.out)
    assert marked is not None
    assert marked[1][len(marked[2]) :].startswith(("sckg:feildOfAction", "<https://w3id.org"))


@pytest.mark.parametrize("options", [("--level", "warning"), ("--rule", "C-75"), ("--max", "1")])
def test_filters_leave_the_exit_code(options: tuple[str, str], run: CommandLine, spoilt: str) -> None:
    result = run("validate", spoilt, *options)
    assert result.code == 1
    assert "not shown" in result.out


def test_it_is_written_whole_to_a_file(run: CommandLine, spoilt: str, tmp_path: Path) -> None:
    target = tmp_path / "report.sarif"
    result = run("validate", spoilt, "--format", "sarif", "--out", str(target))
    assert (result.code, result.out) == (1, "")
    assert json.loads(target.read_text(encoding="utf-8"))["runs"][0]["results"]


def test_a_file_that_cannot_be_written_to_is_an_error(run: CommandLine, spoilt: str, tmp_path: Path) -> None:
    result = run("validate", spoilt, "--out", str(tmp_path / "nowhere" / "report.txt"))
    assert result.code == 3
    assert "cannot be written" in result.err


# What other programs read


def test_sarif_names_rules_and_places() -> None:
    log = json.loads(sarif.write_verdict(Verdict(REPORT, REPORT)))
    [run] = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["C-1", "C-2", "C-3"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note", "error"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 5, "endLine": 1, "endColumn": 9}


def test_github_notes_one_a_line() -> None:
    lines = github.write_verdict(Verdict(REPORT, REPORT)).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::notice", "::error"]
    assert lines[0] == "::error file=a.ttl,line=1,endLine=1,col=5,endColumn=9,title=C-1 C-1::Something is wrong."


def test_junit_counts_failures_by_file() -> None:
    root = ElementTree.fromstring(junit.write_verdict(Verdict(REPORT, REPORT)))  # noqa: S314 - our own output
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("a.ttl", "3", "1"),
        ("b.ttl", "1", "0"),
    ]


def test_hostile_texts_come_out_harmless() -> None:
    report = Report(("a, b:c.ttl",), (finding("C-1", "violation", 1, HOSTILE, "a, b:c.ttl"),))
    assert (
        json.loads(sarif.write_verdict(Verdict(report, report)))["runs"][0]["results"][0]["message"]["text"]
        == HOSTILE
    )
    lines = github.write_verdict(Verdict(report, report)).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("::error file=a%2C b%3Ac.ttl,line=1,")
    assert "50 %25%0Anext, line" in lines[0]
    root = ElementTree.fromstring(junit.write_verdict(Verdict(report, report)))  # noqa: S314 - our own output
    assert "<script>alert(1)</script> ]]>" in str(root.findtext(".//failure"))


@pytest.mark.parametrize("form", ["json", "sarif", "github", "junit", "text"])
def test_the_same_input_gives_the_same_bytes(form: str, run: CommandLine, spoilt: str) -> None:
    assert run("validate", spoilt, "--format", form).out == run("validate", spoilt, "--format", form).out
