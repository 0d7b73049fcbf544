"""The guides for submitters: what is made in them is what the code and the shapes say."""

import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tools import guide

from cases import ROOT
from smartcity_kg.project import Project

if TYPE_CHECKING:
    from conftest import CommandLine

LANGUAGES = sorted(guide.PAGES)


@cache
def wanted() -> dict[Path, str]:
    """The guides as they must be now."""
    return guide.pages()


@pytest.mark.parametrize("language", LANGUAGES)
def test_guide_is_up_to_date(language: str) -> None:
    path = ROOT / guide.PAGES[language]
    assert path.read_text(encoding="utf-8") == wanted()[path], "run python -m tools.guide"


@pytest.mark.parametrize("language", LANGUAGES)
def test_guide_has_every_part(language: str) -> None:
    text = (ROOT / guide.PAGES[language]).read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- guide: (\w+) -->", text)) == {
        "dates", "kinds", "sections", "status", "example", "end",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "phrase"), [(one, phrase) for one in LANGUAGES for phrase in guide.PHRASES[one]]
)
def test_the_command_makes_the_same_of_a_phrase(language: str, phrase: str, run: "CommandLine") -> None:
    text = wanted()[ROOT / guide.PAGES[language]]
    _, turtle, days = run("date", phrase, "--lang", language).out.splitlines()
    value, meant = turtle.split(": ", 1)[1], days.split(": ", 1)[1]
    assert f"| {phrase} | `{value}` | {meant} |\n" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_decision_table_has_twelve_examples_of_known_classes(language: str) -> None:
    text = (ROOT / guide.PAGES[language]).read_text(encoding="utf-8")
    section = text.partition("\n## 5. ")[2].partition("\n## ")[0]
    classes = re.findall(r"^\|[^|]+\|[^|]+\| `sckg:(\w+)` \|", section, re.MULTILINE)
    modules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ontology/modules").glob("*.ttl"))
    assert len(classes) == 12
    assert {name for name in classes if f"sckg:{name} a owl:Class" not in modules} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_guides_have_the_same_steps(language: str) -> None:
    text = (ROOT / guide.PAGES[language]).read_text(encoding="utf-8")
    assert re.findall(r"^## (\d+)\.", text, re.MULTILINE) == [str(number) for number in range(1, 11)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- guide: weather -->\n<!-- guide: end -->", "nothing makes a part 'weather'"),
        ("<!-- guide: dates -->\n", "does not end"),
    ],
)
def test_unknown_or_open_part(text: str, message: str, project: Project) -> None:
    with pytest.raises(guide.GuideError, match=message):
        guide.filled(text, guide.Parts(project, "en"))


def test_check_finds_what_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "ontology", tmp_path / "ontology")
    for page in guide.PAGES.values():
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / page, tmp_path / page)
    assert guide.main(["--check"], tmp_path) == 0
    path = tmp_path / guide.PAGES["de"]
    path.write_text(path.read_text(encoding="utf-8").replace("2017-36~", "2017"), encoding="utf-8")
    assert guide.main(["--check"], tmp_path) == 1
    assert "docs/de/einreichen.md is out of date" in capsys.readouterr().err
    assert guide.main([], tmp_path) == 0
    assert guide.main(["--check"], tmp_path) == 0
