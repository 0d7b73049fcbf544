"""Files as test cases: never a loop inside a test, never a pass on an empty folder; and the fixed sample."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from smartcity_kg.project import Project

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def cases(folder: str, pattern: str, *, at_least: int) -> list[Any]:
    """One parameter for each file below a folder of the project; an error if there are fewer than the floor."""
    found = sorted((ROOT / folder).rglob(pattern))
    if len(found) < at_least:
        raise AssertionError(f"{folder}/**/{pattern}: {len(found)} files, expected at least {at_least}")
    return [pytest.param(path, id=path.relative_to(ROOT / folder).as_posix()) for path in found]


def sample_project(folder: Path) -> Project:
    """The project with the small fixed data of `tests/sample`, put together in a folder.

    Expected results are those of the sample, so that they stay small and do not change with every new record.
    """
    shutil.copytree(ROOT / "ontology", folder / "ontology", ignore=shutil.ignore_patterns("examples"))
    shutil.copytree(ROOT / "queries", folder / "queries")
    shutil.copytree(ROOT / "tests" / "sample" / "data", folder / "data")
    shutil.copy(ROOT / "smartcity.toml", folder)
    return Project.at(folder)
