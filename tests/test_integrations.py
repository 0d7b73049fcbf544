"""What others plug in: the GitHub action and the hooks for pre-commit, run here as they run there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cases import ROOT, sample_project

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the action's steps are written for bash")


def read_yaml(text: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """The small part of YAML that these files are written in: maps, lists, words, literal blocks."""
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("# ")]
    value, rest = _node(lines, 0)
    assert rest == len(lines), f"not understood: {lines[rest]!r}"
    return value


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _node(lines: list[str], at: int) -> tuple[Any, int]:
    return _list(lines, at) if lines[at].lstrip().startswith("- ") else _map(lines, at)


def _list(lines: list[str], at: int) -> tuple[list[Any], int]:
    depth, found = _indent(lines[at]), []
    while at < len(lines) and _indent(lines[at]) == depth and lines[at].lstrip().startswith("- "):
        lines[at] = lines[at].replace("- ", "  ", 1)
        value, at = _map(lines, at)
        found.append(value)
    return found, at


def _map(lines: list[str], at: int) -> tuple[dict[str, Any], int]:
    depth, found = _indent(lines[at]), {}
    while at < len(lines) and _indent(lines[at]) == depth:
        key, colon, value = lines[at].strip().partition(":")
        assert colon, f"no key: {lines[at]!r}"
        assert re.fullmatch(r"[\w-]+", key), f"no key: {key!r}"
        assert key not in found, f"twice: {key!r}"
        at += 1
        if value.strip() == "|":
            start = at
            while at < len(lines) and _indent(lines[at]) > depth:
                at += 1
            margin = _indent(lines[start])
            found[key] = "".join(f"{line[margin:]}\n" for line in lines[start:at])
        elif value.strip():
            # A colon with a blank, or a blank with #, would mean something else in a plain word.
            word = value.strip()
            assert word.startswith('"') or not re.search(r": | #|^[\[{&*!%@`>|']", word), f"quote it: {word!r}"
            found[key] = word.strip('"')
        else:
            found[key], at = _node(lines, at)
    return found, at


ACTION: dict[str, Any] = read_yaml((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, str]] = read_yaml((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Workspace:
    """A folder with a project and records, and a way to call bash in it."""

    folder: Path
    programs: Path

    def bash(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script as a step of an action runs."""
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src"), **variables}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def action(self, files: str, **inputs: str) -> tuple[int, str, str]:
        """Run the action's own step: exit code, what it shows, its output `conforms`."""
        [step] = [step for step in ACTION["runs"]["steps"] if step.get("id") == "validate"]
        variables = {name.upper(): value.get("default", "") for name, value in ACTION["inputs"].items()}
        variables |= {"FORMAT": shown_format(self), "FILES": files}
        variables |= {name.upper(): value for name, value in inputs.items()}
        output = self.folder / "output"
        output.write_text("", encoding="utf-8")
        done = self.bash(step["run"], GITHUB_OUTPUT=str(output), **variables)
        return done.returncode, done.stdout + done.stderr, output.read_text(encoding="utf-8").strip()


def shown_format(workspace: Workspace) -> str:
    """The action's own format, or text where `validate` does not have it."""
    wanted = str(ACTION["inputs"]["format"]["default"])
    options = workspace.bash("smartcity-kg validate --help").stdout
    return wanted if re.search(rf"\b{wanted}\b", options) else "text"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small fixed project with a good record, one with a warning, a bad one and one that cannot be read."""
    folder = tmp_path_factory.mktemp("workspace")
    sample_project(folder / "project")
    programs = folder / "programs"
    programs.mkdir()
    for name, words in (("smartcity-kg", "-m smartcity_kg"), ("python", "")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    records = folder / "project" / "data" / "cities"
    good = (records / "lemgo.ttl").read_text(encoding="utf-8")
    (folder / "project" / "new").mkdir()
    for name, old, new in (
        ("good one.ttl", "", ""),
        ("warned.ttl", ' , "Digital agenda"@en', ""),
        ("bad.ttl", "sta:ongoing", "sta:ongoin"),
        ("broken.ttl", " ;\n", "\n"),
    ):
        assert old in good
        text = good.replace(old, new, 1) if old else good
        (folder / "project" / "new" / name).write_text(text, encoding="utf-8")
    return Workspace(folder / "project", programs)


@pytest.mark.parametrize(
    ("files", "inputs", "code", "conforms"),
    [
        ("new/good one.ttl", {}, 0, "conforms=true"),
        ("new/bad.ttl", {}, 1, "conforms=false"),
        ("new/good one.ttl\nnew/b?d.ttl\n", {}, 1, "conforms=false"),
        ("new/warned.ttl", {}, 0, "conforms=true"),
        ("new/warned.ttl", {"level": "warning"}, 1, "conforms=false"),
        ("new/broken.ttl", {}, 3, ""),
        ("new/missing.ttl", {}, 3, ""),
        ("--help", {}, 3, ""),
        ("", {}, 2, ""),
        ("new/bad.ttl", {"level": "grave"}, 2, ""),
        ("new/bad.ttl", {"language": "fr"}, 2, ""),
    ],
)
def test_action(workspace: Workspace, files: str, inputs: dict[str, str], code: int, conforms: str) -> None:
    assert workspace.action(files, **inputs)[::2] == (code, conforms)


def test_action_speaks_the_language(workspace: Workspace) -> None:
    _, shown, _ = workspace.action("new/bad.ttl", language="de")
    assert "nirgends beschrieben" in shown


def test_action_runs_nothing_that_an_input_says(workspace: Workspace) -> None:
    workspace.action('$(touch "caught")\n`touch caught`; touch caught', language="$(touch caught)")
    assert not (workspace.folder / "caught").exists()


def test_action_is_whole() -> None:
    assert set(ACTION["inputs"]) == {"files", "language", "level", "format"}
    assert ACTION["runs"]["using"] == "composite"
    install = next(step for step in ACTION["runs"]["steps"] if step["name"] == "Install")
    assert '"$ACTION_PATH"' in install["run"]
    for step in ACTION["runs"]["steps"]:
        # What is filled into a script could be run; what comes through the environment is only text.
        assert "${{" not in step.get("run", "")
        assert ("uses" in step) != ("run" in step)
        assert "uses" in step or step["shell"] == "bash"
    given = {name for step in ACTION["runs"]["steps"] for name in re.findall(r"inputs\.(\w+)", str(step))}
    assert given == set(ACTION["inputs"])


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_hook_is_whole(hook: dict[str, str]) -> None:
    assert {"id", "name", "entry", "language", "files"} <= set(hook)
    assert hook["language"] == "python"
    assert re.search(hook["files"], "data/cities/ulm.ttl")
    assert not re.search(hook["files"], "data/cities/ulm.ttl.bak")


def entry(name: str) -> str:
    """The command of a hook."""
    return next(hook["entry"] for hook in HOOKS if hook["id"] == name)


@pytest.mark.parametrize(("file", "code"), [("good one.ttl", 0), ("bad.ttl", 1), ("broken.ttl", 3)])
def test_validate_hook(workspace: Workspace, file: str, code: int) -> None:
    done = workspace.bash(f"{entry('smartcity-kg-validate')} 'new/{file}'")
    assert done.returncode == code


def test_fmt_hook(workspace: Workspace) -> None:
    path = workspace.folder / "new" / "shaken.ttl"
    good = (workspace.folder / "new" / "good one.ttl").read_text(encoding="utf-8")
    path.write_text(good.replace(" ;\n    ", ";\n "), encoding="utf-8")
    assert workspace.bash(f"{entry('smartcity-kg-fmt')} new/shaken.ttl").returncode == 0
    assert path.read_text(encoding="utf-8") == good
    assert workspace.bash(f"{entry('smartcity-kg-fmt')} new/broken.ttl").returncode == 3


@pytest.mark.parametrize(
    "text", ["a: b: c\n", "a: 1\na: 2\n", "no key\n", "a: 'b\n", "a: x # y\n", "a:\n  b: c\n d: e\n"]
)
def test_reader_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises(AssertionError):
        read_yaml(text)
