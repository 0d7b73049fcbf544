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
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = Path("data", "cities", "magdeburg.ttl")
COMMAND = [sys.executable, "-m", "smartcity_kg"]
RUNS = 3
WITHOUT_TURBO = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "pyshacl_turbo" else found(name, *rest)
from smartcity_kg.cli import main
main()
"""


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


@dataclass
class Table:
    """Figures as they are printed, and the ratio to one before where there is a goal."""

    figures: dict[str, float] = field(default_factory=dict)

    def show(
        self, name: str, measure: Callable[[], float], runs: int = RUNS, *, to: str = "", goal: str = ""
    ) -> None:
        """Print the median of some runs; `to` is the figure that it is a part of."""
        found = self.figures[name] = statistics.median(measure() for _ in range(runs))
        part = (
            f"  1/{self.figures[to] / found:.1f} of that of {to}{f' (goal: {goal})' if goal else ''}" if to else ""
        )
        print(f"{found:8.2f}  {name}{part}", flush=True)


def merged(target: Path, paths: Iterable[Path]) -> str:
    """Some files of Turtle as one, since pySHACL's command takes one file each."""
    import pyoxigraph as ox

    quads = (quad for path in paths for quad in ox.parse(path=str(path), rename_blank_nodes=True))
    ox.serialize((quad.triple for quad in quads), str(target), format=ox.RdfFormat.TURTLE)
    return str(target)


def one_submission(folder: Path, table: Table) -> None:
    """A record: cold in a process of its own, then warm; beside pySHACL with the same shapes and ontology."""
    from smartcity_kg.project import Project
    from smartcity_kg.validate import Checker
    from smartcity_kg.validate.engine import ENGINES, open_engine

    project = Project.at(ROOT)
    shapes = merged(folder / "shapes.ttl", project.shape_files)
    ontology = merged(folder / "ontology.ttl", project.ontology_files)
    record = str(ROOT / RECORD)
    pyshacl = [str(Path(sys.executable).with_name("pyshacl")), "-s", shapes, "-e", ontology, record]
    own = "pyshacl -s shapes -e ontology record"
    table.show(own, lambda: cpu_of_process(pyshacl, ROOT), 1)
    warm = "pySHACL warm in one process"
    table.show(warm, warm_pyshacl(shapes, ontology, record), 1)

    def cold(*command: str) -> float:
        shutil.rmtree(ROOT / ".cache" / "validate", ignore_errors=True)
        return cpu_of_process([*command, "validate", str(RECORD)], ROOT)

    table.show("smartcity-kg validate record, nothing remembered", lambda: cold(*COMMAND), to=own, goal="1/4")
    alone = partial(cold, sys.executable, "-c", WITHOUT_TURBO)
    table.show("the same where only pySHACL is installed", alone, 1, to=own, goal="1/1")
    document = project.read(ROOT / RECORD)
    everything = [project.read(path) for path in (*project.ontology_files, *project.files("data/shared"))]
    alike = [project.read(path) for path in project.ontology_files]
    for about, context in (("", alike), (", with all shared entries", everything)):
        for name in ENGINES:
            checker = Checker(project, context, engine=open_engine(name))
            checker.check([document])
            call = partial(cpu_of_call, partial(checker.check, [document]))
            goal = "1/15" if name != "pyshacl" else ""
            table.show(f"smartcity-kg warm in one process, {name}{about}", call, to=warm, goal=goal)


def warm_pyshacl(shapes: str, ontology: str, record: str) -> Callable[[], float]:
    """What measures pySHACL with everything read before."""
    import pyshacl
    import rdflib

    graphs = [rdflib.Graph().parse(path, format="turtle") for path in (record, shapes, ontology)]

    def call() -> object:
        return pyshacl.validate(graphs[0], shacl_graph=graphs[1], ont_graph=graphs[2])

    return partial(cpu_of_call, call)


def whole_project(project: Path, table: Table) -> None:
    """All files of a copy of a project: first, again, after a change in one record."""
    command = [*COMMAND, "validate", "--project", str(project)]
    table.show("whole project, nothing remembered", lambda: cpu_of_process(command, ROOT), 1)
    table.show("again", lambda: cpu_of_process(command, ROOT))
    path = project / RECORD
    text = path.read_text(encoding="utf-8")

    def change() -> float:
        nonlocal text
        text = text.replace('"@de', ' "@de', 1)
        path.write_text(text, encoding="utf-8")
        return cpu_of_process(command, ROOT)

    table.show("after a change in one record (goal: 2)", change)


def main() -> None:
    """Print CPU seconds, one line a case."""
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, CPU seconds")
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    with tempfile.TemporaryDirectory() as name:
        folder, table = Path(name), Table()
        one_submission(folder, table)
        for part in ("ontology", "data", "queries"):
            shutil.copytree(source / part, folder / "project" / part)
        shutil.copy(source / "smartcity.toml", folder / "project")
        whole_project(folder / "project", table)


if __name__ == "__main__":
    main()
