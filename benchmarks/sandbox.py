"""Measure the sandbox: what it costs beside a check in the same process, and what a thousand hostile jobs leave.

    python benchmarks/sandbox.py [JOBS]

A job is a check of one file with all limits, one after the other in one process. Files are of every kind that is
refused (`tests/hostile.py`): hijacked cities, own shapes, too large, too deep, absurd numbers, control characters,
links, pipes.
"""

import gc
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from hostile import HOSTILE, write_hostile  # noqa: E402
from smartcity_kg.errors import SmartCityError  # noqa: E402
from smartcity_kg.project import Project  # noqa: E402
from smartcity_kg.validate import Desk  # noqa: E402
from smartcity_kg.validate.sandbox import Limits, run_job  # noqa: E402

JOBS = 1_000
RUNS = 15
_ID = "https://w3id.org/smartcity-kg/id"
_TITLE = "<http://purl.org/dc/terms/title>"
_MEGABYTE = 1_000_000


def spin() -> None:
    """Never end."""
    while True:
        pass


def fill() -> object:
    """Take more memory than there may be."""
    return [bytes(_MEGABYTE) for _ in range(10_000)]


def hostile_files(folder: Path) -> dict[str, Path]:
    """Paths that are refused, by what is wrong with them."""
    paths = {}
    for number, kind in enumerate(HOSTILE):
        place = folder / str(number)
        place.mkdir()
        paths[kind] = write_hostile(kind, place)
    return paths


@dataclass(frozen=True)
class Left:
    """What a process has: children, open files, megabytes of memory."""

    children: int
    files: int
    megabytes: float

    @classmethod
    def now(cls) -> "Left":
        """Counted now."""
        gc.collect()
        stats = [_stat(entry) for entry in Path("/proc").glob("[0-9]*")]
        children = sum(1 for stat in stats if stat[1:2] == [str(os.getpid())])
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        files = sum(1 for _ in Path("/proc/self/fd").iterdir())
        return cls(children, files, pages * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE)

    def __str__(self) -> str:
        """In words."""
        return f"{self.children} processes, {self.files} files, {self.megabytes:.1f} MB"


def _stat(entry: Path) -> list[str]:
    try:
        return (entry / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    except OSError:
        return []


def outcome(work: Callable[[], object], limits: Limits) -> str:
    """What a job comes to, in one word."""
    try:
        return str(run_job(work, limits))
    except SmartCityError as error:
        return type(error).__name__


def milliseconds(call: Callable[[], object]) -> float:
    """Milliseconds of processor time, of this process and those that it waited for; the median of some runs."""

    def once() -> float:
        before = os.times()
        call()
        after = os.times()
        return sum(after[:4]) - sum(before[:4])

    # The clock of processes ticks a hundred times a second, so many calls are measured together.
    return 1_000 * statistics.median(sum(once() for _ in range(RUNS)) / RUNS for _ in range(5))


def main() -> None:
    """Print figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else JOBS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = Project.at(ROOT)
        desk = Desk(project, strict=True)
        desk.prepare()
        limits = Limits.of(project)
        paths = hostile_files(folder)

        def read(path: Path) -> str:
            documents, refusals = desk.read([path])
            if refusals:
                return f"refused: {refusals[0].message[:60]}"
            broken = desk.check(documents).report.findings
            rules = sorted({finding.rule for finding in broken if finding.level == "violation"})
            return f"does not conform: {', '.join(rules)}" if rules else "accepted"

        small = folder / "small.ttl"
        small.write_text(f"<{_ID}/city/ulm> {_TITLE} 'x' .", encoding="utf-8")
        here = milliseconds(lambda: desk.read([small]))
        inside = milliseconds(lambda: run_job(lambda: len(desk.read([small])), limits))
        print(f"{inside - here:8.1f} ms CPU for the sandbox on top of a small file", flush=True)

        jobs: dict[str, Callable[[], object]] = {kind: partial(read, path) for kind, path in paths.items()}
        jobs |= {"out of memory": fill, "crash": os.abort}
        slow = Limits(1, 64)
        kinds = list(jobs)
        seen: dict[str, str] = {}
        outcomes: Counter[str] = Counter()
        for kind in kinds:
            seen[kind] = outcome(jobs[kind], limits)
        seen["never ends"] = outcome(spin, slow)
        before = Left.now()
        started = time.monotonic()
        for number in range(count):
            kind = kinds[number % len(kinds)]
            said = outcome(jobs[kind], slow if kind in {"out of memory", "crash"} else limits)
            outcomes["as the first time" if said == seen[kind] else f"otherwise: {kind}: {said}"] += 1
            if number % 100 == 99:
                outcomes["never ends, stopped"] += outcome(spin, slow) == "TimedOut"
        after = Left.now()
        for kind, said in seen.items():
            print(f"          {kind}: {said}")
        print(f"{count:8,} hostile jobs in {time.monotonic() - started:.0f} s: {dict(outcomes)}")
        print(f"          before: {before}\n          after:  {after}")


if __name__ == "__main__":
    main()
