"""Measure the commands as whole processes: CPU seconds and memory, median of several runs.

Beside them stand the bare interpreter and the same query through plain rdflib, so that the figures can be read on
any machine. Nothing here is a test: figures depend on the machine and on what else it does.

    python3 dev.py bench
"""

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = Path(sys.executable).with_name("smartcity-kg")
RUNS = 7
RDFLIB = """
import pathlib, rdflib
graph = rdflib.Graph()
for folder in ("ontology/modules", "ontology/borrowed", "ontology/schemes", "data"):
    for path in sorted(pathlib.Path(folder).rglob("*.ttl")):
        graph.parse(path)
rows = graph.query('''
PREFIX sckg: <https://w3id.org/smartcity-kg/ontology#>
PREFIX org: <http://www.w3.org/ns/org#>
SELECT DISTINCT ?a ?b ?network WHERE {
  ?m1 org:member ?a ; org:organization/sckg:bodyOf? ?network .
  ?m2 org:member ?b ; org:organization/sckg:bodyOf? ?network .
  ?network a sckg:Network . FILTER(?a != ?b)
  VALUES ?a { <https://w3id.org/smartcity-kg/id/city/magdeburg> }
} ORDER BY ?a ?b ?network''')
print(len(rows))
"""
BUILD = """
from smartcity_kg.graph import open_store
from smartcity_kg.project import Project
open_store(Project.find())
"""
CASES: dict[str, list[str | Path]] = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "smartcity-kg --help": [COMMAND, "--help"],
    "smartcity-kg date 'Ende 2017'": [COMMAND, "date", "Ende 2017"],
    "smartcity-kg query shared-networks --city Magdeburg": [
        *(COMMAND, "query", "shared-networks", "--city", "Magdeburg"),
    ],
    "the same through plain rdflib, no rules": [sys.executable, "-c", RDFLIB],
    "smartcity-kg query shared-networks (all pairs)": [COMMAND, "query", "shared-networks"],
    "smartcity-kg query links (all links)": [COMMAND, "query", "links"],
    "smartcity-kg describe Magdeburg": [COMMAND, "describe", "Magdeburg"],
    "building the graph": [sys.executable, "-c", BUILD],
    "smartcity-kg validate (everything, remembered)": [COMMAND, "validate"],
}
SLOW = 3.0


def measure(command: list[str | Path]) -> tuple[float, float, int]:
    """CPU seconds, wall seconds and peak memory (kB) of one run as a child process."""
    started = time.perf_counter()
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if child.returncode != 0:
        raise SystemExit(f"failed: {command}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss


def main() -> None:
    """Print one line for each case."""
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, median of {RUNS} runs"
    )
    print(f"{'CPU s':>7} {'wall s':>7} {'MB':>5}")
    for name, command in CASES.items():
        runs = [measure(command)]
        while len(runs) < (RUNS if runs[0][0] < SLOW else 3):
            runs.append(measure(command))
        cpu, wall, memory = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{cpu:7.3f} {wall:7.3f} {memory / 1024:5.0f}  {name}", flush=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
