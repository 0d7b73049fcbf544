"""The installed package: it carries the project and works without a checkout."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from cases import ROOT
from smartcity_kg.assets import ASSETS

# Taking the scripts as they were last built asks no registry.
NO_REGISTRY = {**os.environ, "SMARTCITY_REQUIRE_WEB": "0"}
WEB = ROOT / "src/smartcity_kg/_web"


def build(target: str, folder: Path) -> Path:
    """A wheel or sdist, built without the network."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=NO_REGISTRY)
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


def test_wheel_carries_the_project(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("ontology/prefixes.ttl", "data/cities/magdeburg.ttl", "smartcity.toml"):
        assert f"smartcity_kg/_project/{name}" in names
    assert "smartcity_kg/py.typed" in names
    assert any(name.endswith("licenses/LICENSE-DATA") for name in names)


def test_installed_copy_answers_without_a_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")  # noqa: S202 - the wheel just built
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


@pytest.mark.parametrize("name", ASSETS)
def test_wheel_carries_what_pages_load(wheel: Path, name: str) -> None:
    if name != "style.css" and not (WEB / name).is_file():
        pytest.skip("the scripts of the pages are not built here")
    built = zipfile.ZipFile(wheel).read(f"smartcity_kg/_web/{name}")
    assert built == (WEB / name).read_bytes()


def test_installed_copy_makes_pages_with_what_the_wheel_carries(
    wheel: Path, sample_root: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")  # noqa: S202 - the wheel just built
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); from smartcity_kg.cli import main; main()"
    command = [sys.executable, "-c", code, "site", "--project", str(sample_root), "--out", "out", "--quiet"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    page = (tmp_path / "out/en/doc/city/ulm.html").read_text(encoding="utf-8")
    loaded = set(re.findall(r'(?:src|href)="[^"]*/(assets/[^"]+)"', page))
    assert any(name.endswith(".css") for name in loaded)
    assert any(name.endswith(".js") for name in loaded) or not (WEB / "page.js").is_file()
    for name in loaded:
        carried = (tmp_path / "site/smartcity_kg/_web" / Path(name).name).read_bytes()
        assert (tmp_path / "out" / name).read_bytes() == carried


def test_sdist_carries_what_the_build_needs(tmp_path: Path) -> None:
    """The sources of the scripts, and what was made from them, so that installing needs no registry."""
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert {"hatch_build.py", "web/package-lock.json", "web/.npmrc", "web/build.js"} <= names
    assert {path.relative_to(ROOT).as_posix() for path in WEB.iterdir()} <= names
    assert not [name for name in names if "node_modules" in name]


def test_lock_names_no_registry() -> None:
    lock = (ROOT / "web/package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert "://" not in lock
