"""The pages on the rules: one for each constraint, and as the shapes say it."""

import re
from functools import cache
from pathlib import Path

import pytest
from tools import rules

from cases import ROOT, cases

PAGES = cases("docs/rules", "*.md", at_least=200)
OTHERS = {"README.md", "syntax.md", "reading.md"}


@cache
def wanted() -> dict[str, str]:
    """The pages as the shapes make them now."""
    return rules.pages()


@pytest.mark.parametrize("path", PAGES)
def test_page_is_what_the_shapes_make(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == wanted().get(path.name), "run python -m tools.rules"


def test_every_constraint_has_a_page() -> None:
    numbers = {
        number
        for folder in ("shapes", "messages")
        for path in (ROOT / "ontology" / folder).glob("*.ttl")
        for number in re.findall(r'dct:identifier "([CP]-\d+)"', path.read_text(encoding="utf-8"))
    }
    assert {f"{number}.md" for number in numbers} | OTHERS == set(wanted())
    assert {path.values[0].name for path in PAGES} == set(wanted())


@pytest.mark.parametrize("path", [path for path in PAGES if path.values[0].name not in OTHERS])
def test_page_tells_all_in_both_languages(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in ("| level |", "| applies to |", "**Why.**", "**What you are told.**", "**How to mend it.**"):
        assert text.count(word) == 1
    for word in ("| Stufe |", "| gilt für |", "**Warum.**", "**Was Sie lesen.**", "**Was zu tun ist.**"):
        assert text.count(word) == 1
    assert text.count("```turtle\n") == 2
    assert "#+" not in text
    assert not re.search(r"\{[?$]", text.replace("```", ""))


def test_the_index_lists_each_rule_in_its_topic_and_by_number() -> None:
    for name in set(wanted()) - OTHERS:
        assert wanted()["README.md"].count(f"({name})") == 2


@pytest.mark.parametrize(("name", "letter"), [("syntax", "S"), ("reading", "F")])
def test_what_is_said_of_files_that_cannot_be_read_has_a_place(name: str, letter: str) -> None:
    text = (ROOT / "ontology" / "messages" / f"{name}.ttl").read_text(encoding="utf-8")
    numbers = re.findall(rf'dct:identifier "({letter}-\d+)"', text)
    page = wanted()[f"{name}.md"]
    assert len(numbers) >= 16
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == sorted(numbers)
    for word in ("**Why.**", "**What you are told.**", "**Warum.**", "**Was Sie lesen.**"):
        assert page.count(word) == len(numbers)
    assert wanted()["README.md"].count(f"({name}.md)") == 1


def test_check_finds_what_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rules.main([], tmp_path) == 0
    assert rules.main(["--check"], tmp_path) == 0
    (tmp_path / "C-13.md").write_text("old", encoding="utf-8")
    (tmp_path / "C-9999.md").write_text("of a rule that is gone", encoding="utf-8")
    assert rules.main(["--check"], tmp_path) == 1
    said = capsys.readouterr().err
    assert "docs/rules/C-13.md is out of date" in said
    assert "docs/rules/C-9999.md is out of date" in said
    assert rules.main([], tmp_path) == 0
    assert not (tmp_path / "C-9999.md").exists()


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("A is wrong. Check B. Or C.", ("A is wrong.", "Check B. Or C.")),
        ("„{?value}“ fehlt. Ergänzen Sie es.", ("„…“ fehlt.", "Ergänzen Sie es.")),
        ("{?value} is wrong", ("… is wrong", "")),
    ],
)
def test_message_is_what_is_wrong_and_what_to_do(message: str, parts: tuple[str, str]) -> None:
    assert rules.split_message(message) == parts
