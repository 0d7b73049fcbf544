"""Files made to do harm: each is refused with its rule and place, and the next one is checked all the same."""

from pathlib import Path

import pytest

from cases import ROOT, sample_project
from hostile import HOSTILE, write_hostile
from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.validate import sandbox
from smartcity_kg.validate.sandbox import check_submissions

pytestmark = pytest.mark.skipif(not sandbox.has_sandbox(), reason="there are no forks here")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project with the limits that hold by default."""
    return sample_project(tmp_path_factory.mktemp("hostile") / "project")


@pytest.fixture(scope="module")
def good(own: Project) -> tuple[Path, tuple[Finding, ...]]:
    """A file that nothing is wrong with, and what is said about it when it is alone."""
    path = own.root.parent / "coburg.ttl"
    path.write_bytes((ROOT / "data" / "cities" / "coburg.ttl").read_bytes())
    return path, check_submissions(own, [path]).report.findings


@pytest.mark.parametrize("kind", HOSTILE)
def test_each_is_refused_and_the_next_file_is_checked(
    kind: str, own: Project, good: tuple[Path, tuple[Finding, ...]], tmp_path: Path
) -> None:
    path, (next_path, alone) = write_hostile(kind, tmp_path), good
    checked = check_submissions(own, [path, next_path])
    wanted = HOSTILE[kind]
    broken = {
        f"{finding.rule}:{finding.line}"
        for finding in checked.report.findings
        if finding.file == str(path) and finding.level == "violation"
    }
    if wanted.said:
        assert [wanted.said in str(error) for error in checked.refusals] == [True]
        assert not broken
    else:
        assert not checked.refusals
        assert wanted.rule in broken
    assert tuple(f for f in checked.report.findings if f.file == str(next_path)) == alone
