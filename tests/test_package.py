"""The installed package: it carries the project and works without a checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cases import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


def test_wheel_carries_the_project(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("ontology/prefixes.ttl", "data/cities/magdeburg.ttl", "smartcity.toml"):
        assert f"smartcity_kg/_project/{name}" in names
    assert "smartcity_kg/py.typed" in names
    assert any(name.endswith("licenses/LICENSE-DATA") for name in names)


def test_installed_copy_answers_without_a_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import smartcity_kg; "
        "kg = smartcity_kg.open_project(); print(kg.project.root); "
        "print(kg.query('networks-of-city', city='Magdeburg', language='de').column('network_label'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=elsewhere, check=True, capture_output=True, text=True)
    root, answer = done.stdout.splitlines()
    assert Path(root) == tmp_path / "site" / "smartcity_kg" / "_project"
    assert "Deutscher Städtetag" in answer
