#!/usr/bin/env python3
"""Set up, run and test the project with nothing but Python 3.11 or newer.

    python3 dev.py run      make .venv, install, check all records, show a first answer, serve until Ctrl+C
    python3 dev.py install  make .venv and install, no more
    python3 dev.py test     all checks: style, types, layers, tests
    python3 dev.py check    the checks without the tests
    python3 dev.py golden   write the expected results of the tests anew (then look at the difference)
    python3 dev.py bench    measure the commands

Only the standard library is used here. What is installed is pinned with hashes in requirements.lock.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.txt"
CHECKED = ROOT / ".cache" / "checked.txt"
LOCK = ROOT / "requirements.lock"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
COMMAND = BIN / ("smartcity-kg.exe" if os.name == "nt" else "smartcity-kg")
INTERRUPTED = 130  # how a command ends after Ctrl+C
OLDEST, NEWEST = (3, 11), (3, 14)


def main() -> int:
    """Run the command named on the command line; the exit code."""
    commands: dict[str, Callable[[], int]] = {
        "run": run,
        "install": install,
        "test": test,
        "check": check,
        "golden": golden,
        "bench": bench,
    }
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        print(__doc__)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        wanted = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
        print(f"This is Python {sys.version.split()[0]}; Python {wanted} is needed.", file=sys.stderr)
        return 2
    try:
        set_up()
        return commands[sys.argv[1]]()
    except subprocess.CalledProcessError as error:
        print(f"\nThis step failed (exit code {error.returncode}): {_shown(error.cmd)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def set_up() -> None:
    """Make the virtual environment and install, unless nothing changed since the last time."""
    wanted = _digest([LOCK, ROOT / "pyproject.toml", ROOT / "hatch_build.py", *_web_sources()]) + sys.version
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return
    started = time.monotonic()
    print("Setting up .venv (once; about a minute) …", flush=True)
    STAMP.unlink(missing_ok=True)
    _make_venv()
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _call([*pip, "--require-hashes", "-r", str(LOCK)])
    _call([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    STAMP.write_text(wanted, encoding="utf-8")
    print(f"Set up in {time.monotonic() - started:.0f} s.", flush=True)


def _web_sources() -> list[Path]:
    """What the build hook makes the pages' scripts from."""
    found = (path for path in (ROOT / "web").rglob("*") if path.is_file())
    return sorted(
        path for path in found if "node_modules" not in path.parts and path.suffix not in {".css", ".md"}
    )


def _make_venv() -> None:
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        sys.exit(f"Python lacks venv. On Debian and Ubuntu: sudo apt install python{version}-venv")
    _call([sys.executable, "-m", "venv", "--clear", str(VENV)])


def install() -> int:
    """Nothing beyond what every command does first."""
    print(f"Installed: {COMMAND.relative_to(ROOT)}")
    return 0


def run() -> int:
    """Check all records, build the graph, answer a first question, serve until somebody stops it."""
    inputs = sorted(path for folder in ("ontology", "data") for path in (ROOT / folder).rglob("*.*"))
    inputs += sorted((ROOT / "src").rglob("*.py"))
    digest = _digest(inputs)
    if CHECKED.exists() and CHECKED.read_text(encoding="utf-8") == digest:
        print("The records are unchanged since they were last found good.", flush=True)
    else:
        print("Checking all records …", flush=True)
        if subprocess.run([COMMAND, "validate"], cwd=ROOT, check=False).returncode:
            return 1
        CHECKED.parent.mkdir(exist_ok=True)
        CHECKED.write_text(digest, encoding="utf-8")
    print("\nBuilding the graph: which networks is Magdeburg in?\n", flush=True)
    _call([COMMAND, "query", "networks-of-city", "--city", "Magdeburg"])
    command = COMMAND.relative_to(ROOT)
    print(
        "\nWhere to go next:\n"
        f"  {command} describe Magdeburg\n"
        f"  {command} query shared-networks --city Magdeburg --lang de\n"
        f"  {command} queries\n"
        "  docs/tutorial.md: from here to a query and a record of your own\n",
        flush=True,
    )
    ended = subprocess.run([COMMAND, "serve", *sys.argv[2:]], cwd=ROOT, check=False).returncode
    return 0 if ended == INTERRUPTED else ended


def check() -> int:
    """Style, types and the layers of the code; the layout of the Turtle files is a test."""
    for command in (
        ["ruff", "check"],
        ["ruff", "format", "--check", "--quiet"],
        ["mypy"],
        ["lint-imports"],
    ):
        print(f"$ {' '.join(command)}", flush=True)
        _call([str(BIN / command[0]), *command[1:]])
    return 0


def test() -> int:
    """All checks, then the tests."""
    check()
    print("$ pytest", flush=True)
    # One more than there are processors: tests wait for servers and browsers.
    workers = str(min(os.cpu_count() or 1, 4) + 1)
    # A file at a time, since the tests of a file share servers, browsers and sites.
    command = [str(PYTHON), "-m", "pytest", "--numprocesses", workers, "--dist", "loadfile", *sys.argv[2:]]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def golden() -> int:
    """Write the expected results of the saved queries anew."""
    _call([str(PYTHON), str(ROOT / "tools" / "golden.py")])
    return 0


def bench() -> int:
    """Measure the commands."""
    for name in ("commands.py", "validation.py", "publishing.py"):
        _call([str(PYTHON), str(ROOT / "benchmarks" / name)])
    return 0


def _digest(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _call(command: list[str | Path]) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def _shown(command: object) -> str:
    return " ".join(str(part) for part in command) if isinstance(command, list) else str(command)


if __name__ == "__main__":
    sys.exit(main())
