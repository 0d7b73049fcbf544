"""Where the data come from: the page is made from them, and no source whose licence asks for it goes unnamed."""

from pathlib import Path

import pytest
from tools import attribution

from cases import ROOT, cases

PAGE = (ROOT / attribution.PAGE).read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert attribution.page() == PAGE, "run python -m tools.attribution"


@pytest.mark.parametrize("path", cases("data", "*.ttl", at_least=30))
def test_each_file_rests_on_a_source(path: Path) -> None:
    row = next(line for line in PAGE.splitlines() if f"`{path.relative_to(ROOT).as_posix()}`" in line)
    assert "no source" not in row
    assert row.count("20") >= 2, "neither source has a day"


@pytest.mark.parametrize("owner", ["Statistisches Bundesamt", "Eurostat", "GeoNames"])
def test_who_asks_to_be_named_is_named_in_both_languages(owner: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| ") and owner in line)
    assert len(row.split("<br>")) == 2
