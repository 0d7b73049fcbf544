"""Measure validation: one submission and the whole project, with each engine, beside pySHACL's own command.

All figures are from one run, so that their ratios can be read on any machine; nothing here is a test.

    python benchmarks/validation.py [PROJECT]
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = Path("data", "cities", "magdeburg.ttl")
COMMAND = [sys.executable, "-m", "smartcity_kg"]
RUNS = 3


def cpu_of_process(command: list[str], folder: Path) -> float:
    """CPU seconds of a command with all that it starts."""
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return usage.ru_utime + usage.ru_stime


def cpu_of_call(call: Callable[[], object]) -> float:
    """CPU seconds of a call in this process."""
    started = time.process_time()
    call()
    return time.process_time() - started


def show(name: str, measure: Callable[[], float], runs: int = RUNS) -> None:
    """Print the median of some runs."""
    print(f"{statistics.median(measure() for _ in range(runs)):8.2f}  {name}", flush=True)


def merged(folder: Path, name: str, *folders: str) -> str:
    """Some folders of Turtle as one file, since pySHACL's command takes one file each."""
    import pyoxigraph as ox

    paths = sorted(path for part in folders for path in (ROOT / "ontology" / part).rglob("*.ttl"))
    quads = (quad for path in paths for quad in ox.parse(path=str(path), rename_blank_nodes=True))
    target = folder / name
    ox.serialize((quad.triple for quad in quads), str(target), format=ox.RdfFormat.TURTLE)
    return str(target)


def one_submission(folder: Path) -> None:
    """A record: cold in a process of its own, then warm."""
    from smartcity_kg.project import Project
    from smartcity_kg.validate import Checker
    from smartcity_kg.validate.engine import ENGINES, open_engine

    shapes = merged(folder, "shapes.ttl", "shapes")
    ontology = merged(folder, "ontology.ttl", "modules", "borrowed", "schemes")
    pyshacl = str(Path(sys.executable).with_name("pyshacl"))
    show(
        "pyshacl -s shapes -e ontology record",
        lambda: cpu_of_process([pyshacl, "-s", shapes, "-e", ontology, str(ROOT / RECORD)], ROOT),
        1,
    )

    def cold() -> float:
        shutil.rmtree(ROOT / ".cache" / "validate", ignore_errors=True)
        return cpu_of_process([*COMMAND, "validate", str(RECORD)], ROOT)

    show("smartcity-kg validate record, nothing remembered", cold)
    project = Project.at(ROOT)
    record = project.read(ROOT / RECORD)
    context = [project.read(path) for path in (*project.ontology_files, *project.files("data/shared"))]
    for name in ENGINES:
        checker = Checker(project, context, engine=open_engine(name))
        checker.check([record])
        show(f"the same warm in one process, {name}", partial(cpu_of_call, partial(checker.check, [record])))


def whole_project(project: Path) -> None:
    """All files of a copy of a project: first, again, after a change in one record."""
    command = [*COMMAND, "validate", "--project", str(project)]
    show("whole project, nothing remembered", lambda: cpu_of_process(command, ROOT), 1)
    show("again", lambda: cpu_of_process(command, ROOT))
    path = project / RECORD
    text = path.read_text(encoding="utf-8")

    def change() -> float:
        nonlocal text
        text = text.replace('"@de', ' "@de', 1)
        path.write_text(text, encoding="utf-8")
        return cpu_of_process(command, ROOT)

    show("after a change in one record", change, 1)


def main() -> None:
    """Print CPU seconds, one line a case."""
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, CPU seconds")
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one_submission(folder)
        for part in ("ontology", "data", "queries"):
            shutil.copytree(source / part, folder / "project" / part)
        shutil.copy(source / "smartcity.toml", folder / "project")
        whole_project(folder / "project")


if __name__ == "__main__":
    main()
