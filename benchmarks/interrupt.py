"""End `build` and `site` at many moments, and fill their disk: the old folder must stay whole.

    python benchmarks/interrupt.py [--moments 20] [--commands build,site]

Works on a copy of the project in a temporary folder, with all data: a folder is published, a record changes, and
the next run is killed at moments spread over the time that it takes. After each the folder must hold what it held,
and after the last one a run must succeed, leave nothing beside the folder, and give the bytes of a folder made
anew. Then the same with files that cannot grow, as on a full disk. Takes some minutes; each moment is a line.
"""

import argparse
import hashlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("ontology", "data", "queries", "smartcity.toml")
RECORD = "data/cities/ulm.ttl"
# In bytes: below the smallest dump, below the largest, below the list of files.
LIMITS = (500_000, 2_000_000, 6_000_000)


def command(name: str, project: Path, out: Path) -> list[str]:
    """The command line of a run."""
    where = ["--project", str(project), "--out", str(out), "--date", "2026-11-23", "--quiet"]
    return [sys.executable, "-m", "smartcity_kg", name, *where]


def state(folder: Path) -> str:
    """A digest of all names and contents below a folder."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(str(path.relative_to(folder)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def change(project: Path) -> None:
    """Change one text of a record."""
    path = project / RECORD
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"@de', ' neu"@de', 1), encoding="utf-8")


def killed(name: str, project: Path, out: Path, moments: int) -> int:
    """Kill a run at some moments; how often the folder was not whole afterwards."""
    before = state(out)
    spare = out.with_name("measured")
    shutil.copytree(out, spare, copy_function=shutil.copy2)
    start = time.monotonic()
    subprocess.run(command(name, project, spare), check=True)
    whole = time.monotonic() - start
    shutil.rmtree(spare)
    wrong = 0
    for moment in range(moments):
        after = whole * (moment + 1) / (moments + 1)
        change(project)
        with subprocess.Popen(command(name, project, out)) as process:
            time.sleep(after)
            ended = process.poll() is not None
            process.send_signal(signal.SIGKILL)
        good = ended or state(out) == before
        before = state(out) if ended else before
        wrong += not good
        said = "had finished" if ended else "whole" if good else "NOT WHOLE"
        print(f"{name}: killed after {after:.1f} s of {whole:.1f} s: {said}", flush=True)
    return wrong


def filled(name: str, project: Path, out: Path) -> int:
    """Run with files that cannot grow beyond some sizes; how often the folder was not whole afterwards."""
    wrong = 0
    before = state(out)
    for limit in LIMITS:
        change(project)

        def limited(limit: int = limit) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        done = subprocess.run(
            command(name, project, out), preexec_fn=limited, capture_output=True, text=True, check=False
        )
        good = done.returncode != 0 and "Traceback" not in done.stderr and state(out) == before
        wrong += not good
        said = " ".join(done.stderr.split()) or "nothing said"
        print(f"{name}: no file above {limit:,} bytes: {'whole' if good else 'NOT WHOLE'}: {said}", flush=True)
    return wrong


def tried(name: str, folder: Path, moments: int) -> int:
    """All of it for one command; how often something was wrong."""
    project = folder / "project"
    project.mkdir()
    for part in PARTS:
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, project / part)
    place = folder / "place"
    place.mkdir()
    out = place / "out"
    subprocess.run(command(name, project, out), check=True)
    wrong = killed(name, project, out, moments) + filled(name, project, out)
    subprocess.run(command(name, project, out), check=True)
    left = sorted(path.name for path in place.iterdir() if path.name != "out")
    subprocess.run(command(name, project, folder / "anew"), check=True)
    (out / ".published.json").unlink()
    (folder / "anew" / ".published.json").unlink()
    same = state(out) == state(folder / "anew")
    print(f"{name}: left beside: {left or 'nothing'}; the same as anew: {same}", flush=True)
    return wrong + bool(left) + (not same)


def main() -> int:
    """0 if the folder was whole at every moment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--commands", default="build,site")
    options = parser.parse_args()
    wrong = 0
    for name in options.commands.split(","):
        with tempfile.TemporaryDirectory() as folder:
            wrong += tried(name, Path(folder), options.moments)
    print(f"{wrong} times something was wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
