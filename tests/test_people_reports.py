"""Reports for people: the page and the letter."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from pyoxigraph import NamedNode

from browser import chromium, faults_of, opened, too_wide
from cases import ROOT
from smartcity_kg.formats import html_report, letter
from smartcity_kg.report import Finding, Reason, Report
from smartcity_kg.verdict import Refusal, Verdict

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from conftest import CommandLine

HOSTILE = "<script>alert(1)</script>\"'&</pre></style>\u202e\x1b[31m"
RECORD = (ROOT / "tests/sample/data/cities/magdeburg.ttl").read_text("utf-8")
DAY = ("--date", "2026-11-22")
JARGON = re.compile(r"\b(?:\w+:[\w/-]+|IRIs?|SHACL|[Tt]riple|node|Knoten|RDF)\b")


@pytest.fixture
def run(run_small: "CommandLine") -> "CommandLine":
    """The command line in the small project, since checks against the whole one take three times as long."""
    return run_small


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with a concept and a property misspelt, and a name left out."""
    path = tmp_path_factory.mktemp("spoilt") / "magdeburg.ttl"
    text = RECORD.replace("sckg:fieldOfAction fld:mobility", "sckg:fieldOfAction fld:mobilty", 2)
    text = text.replace("sckg:status sta:ongoing", "sckg:satus sta:ongoing", 1)
    path.write_text(text.replace(' , "Smart City Magdeburg"@en', "", 1), "utf-8")
    return path


def hostile(text: str) -> Verdict:
    """A verdict about a file all of whose words are chosen by an enemy."""
    node = NamedNode("http://e.org/a")
    finding = Finding(
        "C-1", "violation", node, None, None, {"en": text}, {"en": text}, "a.ttl", 1, 1, 1, len(text) + 1,
        suggestion=NamedNode("http://e.org/b"), snippet=text, reasons=(Reason(node, None, {"en": text}),),
    )  # fmt: skip
    report = Report(("a.ttl",), (finding,))
    refusal = Refusal(text, "S-00", {"en": text}, {"en": text}, 1, 1)
    return Verdict(report, report, sources={"a.ttl": [text]}, refusals=(refusal,), known=(finding,), baseline=text)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "de",
            (
                '<html lang="de">',
                "<h1>Die Datei entspricht den Regeln noch nicht</h1>",
                "Meinten Sie <code>fld:mobility</code>?",
                "<b>fld:mobilty</b>",
                "Vollständigkeit: Magdeburg",
                "Warum es die Regel gibt (C-79)",
            ),
        ),
        (
            "en",
            (
                '<html lang="en">',
                "<h1>The file does not conform yet</h1>",
                "Did you mean <code>sckg:status</code>?",
                "2 warnings,",
                "Completeness: Magdeburg",
            ),
        ),
    ],
)
def test_the_page_says_what_is_wrong_and_what_to_do(
    run: "CommandLine", spoilt: Path, language: str, expected: tuple[str, ...]
) -> None:
    result = run("validate", str(spoilt), "--trust", "--format", "html", "--lang", language)
    assert result.code == 1
    assert [text for text in expected if text not in result.out] == []


def test_every_link_within_the_page_leads_somewhere(run: "CommandLine", spoilt: Path) -> None:
    page = run("validate", str(spoilt), "data/cities/ulm.ttl", "--trust", "--format", "html").out
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert {"f1", "f2", "f1-c1"} <= targets <= set(ids)


@pytest.mark.parametrize("text", [HOSTILE, "x" * 10_000], ids=["markup", "long"])
def test_what_files_say_stays_text(text: str) -> None:
    page = html_report.write_verdict(hostile(text))
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "x" * 1_000 not in page


def test_the_letter_holds_no_control_characters() -> None:
    said = letter.write_verdict(hostile(HOSTILE), day=date(2026, 11, 22))
    assert not set(said) & {"\u202e", "\x1b"}


@pytest.mark.parametrize(
    ("language", "heads"),
    [
        (
            "de",
            ("Guten Tag,", "WAS ZU BERICHTIGEN IST", "Gemeint ist wohl „Mobilität“", "bis zum 31. Januar 2027"),
        ),
        ("en", ("Good day,", "WHAT HAS TO BE CORRECTED", "“Mobility” is meant", "by 31 January 2027")),
    ],
)
def test_the_letter_is_for_people(run: "CommandLine", spoilt: Path, language: str, heads: tuple[str, ...]) -> None:
    asked = ("--trust", "--format", "letter", "--lang", language, *DAY, "--due", "2027-01-31")
    result = run("validate", str(spoilt), *asked)
    assert result.code == 1
    flat = " ".join(result.out.split())
    assert [head for head in heads if head.casefold() not in flat.casefold()] == []
    body, _, details = result.out.partition("\n--\n")
    assert JARGON.findall(body.partition("\n")[2]) == []
    assert "fld:mobilty" in details
    assert [line for line in body.split("\n") if len(line) > 76] == []
    assert run("validate", str(spoilt), *asked).out == result.out


def test_a_letter_of_thanks(run: "CommandLine") -> None:
    result = run(
        "validate", "data/cities/ulm.ttl", "--format", "letter", "--lang", "de", *DAY, "--level", "warning"
    )
    assert result.code == 0
    assert "alles in Ordnung" in result.out
    assert "WAS ZU TUN IST" not in result.out


def test_a_letter_about_warnings(run: "CommandLine", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # where the record has no other
    path = tmp_path / "magdeburg.ttl"
    text = (ROOT / "data/cities/magdeburg.ttl").read_text("utf-8")
    path.write_text(text.replace(' , "Smart City Magdeburg"@en', "", 1), "utf-8")
    result = run("validate", str(path), "--trust", "--format", "letter", "--lang", "de", *DAY)
    assert result.code == 0
    assert "1 Stelle sollten Sie sich aber noch einmal ansehen" in " ".join(result.out.split())
    assert "WAS ZU BERICHTIGEN IST" not in result.out


@pytest.mark.parametrize("format_", ["html", "letter"])
def test_a_file_that_cannot_be_read(run: "CommandLine", tmp_path: Path, format_: str) -> None:
    path = tmp_path / "magdeburg.ttl"
    path.write_text(RECORD.replace('"Smart City Magdeburg"@de', '"Smart City Magdeburg@de', 1), "utf-8")
    result = run("validate", str(path), "--trust", "--format", format_, "--lang", "de")
    assert result.code == 3
    assert "nicht lesbar" in result.out
    assert "Zeile" in result.out
    assert "alles in Ordnung" not in result.out


@pytest.mark.parametrize(
    "options",
    [
        ("--format", "letter", "--due", "31.1.2027"),
        ("--format", "letter", "--due", "2027-02-30"),
        ("--format", "letter", "--due", "2026-01-01", *DAY),
        ("--format", "html", "--due", "2027-01-31"),
    ],
)
def test_dates_that_make_no_sense_are_refused(run: "CommandLine", options: tuple[str, ...]) -> None:
    assert run("validate", "data/cities/ulm.ttl", *options).code == 2


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One headless browser for all pages."""
    with chromium() as one:
        yield one


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_the_page_in_a_browser(
    run: "CommandLine", browser: "Browser", spoilt: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    path = spoilt.with_name(f"report-{width}-{scheme}.html")
    broken = spoilt.with_name("broken.ttl")
    broken.write_text("<a> <b", "utf-8")
    files = (str(spoilt), str(broken))
    assert run("validate", *files, "--trust", "--format", "html", "--lang", "de", "--out", str(path)).code == 3
    with opened(browser, path.as_uri(), width=width, scheme=scheme) as (page, asked, said):
        assert faults_of(page) == []
        assert not too_wide(page)
        assert page.evaluate("getComputedStyle(document.querySelector('.level')).borderTopStyle") == "solid"
        assert (asked, said) == ([], [])
