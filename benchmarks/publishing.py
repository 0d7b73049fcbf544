"""How long `build` and `site` take: anew, and again after one record changed.

    python benchmarks/publishing.py

Works on a copy of the project in a temporary folder. Wall time and processor time, of all processes; no network.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("ontology", "data", "queries", "smartcity.toml")
RECORD = "data/cities/ulm.ttl"


def measure(command: str, project: Path, out: Path) -> tuple[float, float]:
    """Wall and processor seconds of a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    arguments: list[str | Path] = [command, "--project", project, "--out", out, "--date", "2026-11-23", "--quiet"]
    subprocess.run([sys.executable, "-m", "smartcity_kg", *arguments], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - start, used


def main() -> None:
    """Print a table."""
    print("| command | anew | processor | one record changed | processor | ratio |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for command in ("build", "site"):
            project = Path(folder, command)
            project.mkdir()
            for part in PARTS:
                source = ROOT / part
                (shutil.copytree if source.is_dir() else shutil.copy)(source, project / part)
            out = Path(folder, f"{command}-out")
            anew = measure(command, project, out)
            record = project / RECORD
            text = record.read_text(encoding="utf-8")
            record.write_text(text.replace('"@de', ' neu"@de', 1), encoding="utf-8")
            again = measure(command, project, out)
            cells = [command, *(f"{seconds:.1f} s" for seconds in (*anew, *again)), f"{again[0] / anew[0]:.2f}"]
            print(f"| {' | '.join(cells)} |", flush=True)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"\nLargest process: {most / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
