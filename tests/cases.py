"""Files as test cases: never a loop inside a test, never a pass on an empty folder."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def cases(folder: str, pattern: str, *, at_least: int) -> list[Any]:
    """One parameter for each file below a folder of the project; an error if there are fewer than the floor."""
    found = sorted((ROOT / folder).rglob(pattern))
    if len(found) < at_least:
        raise AssertionError(f"{folder}/**/{pattern}: {len(found)} files, expected at least {at_least}")
    return [pytest.param(path, id=path.relative_to(ROOT / folder).as_posix()) for path in found]
