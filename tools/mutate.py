"""Check thousands of records changed by chance, through the whole path of validation.

    python tools/mutate.py --count 10000 --seed 1

Read and checked are the changed records as they would be from a stranger: limits, policy, shapes. A fault is a
crash, a check of more than five seconds of processor time, a refusal without line or reason or with more than 500
characters, a text accepted that the strict parser refuses, and a text changed in its layout that is refused or
judged in another way. Faults are printed with kind and seed, from which the same text can be made again.

The records stand beside the entries that people wrote, without the registers of the whole country: these are
looked up and not judged, and a check with them takes five times as long. `--registers` has them too.
Writes nothing but a copy of the project, which it removes.
"""

import argparse
import gc
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import pyoxigraph as ox  # noqa: E402

from mutations import KINDS, mutate  # noqa: E402
from smartcity_kg.errors import InputError, SmartCityError  # noqa: E402
from smartcity_kg.project import Project  # noqa: E402
from smartcity_kg.report import Report  # noqa: E402
from smartcity_kg.validate import Desk  # noqa: E402

MOST_SECONDS = 5
MOST_CHARACTERS = 500
Verdict = tuple[tuple[str, str, str], ...]


@dataclass
class Mutations:
    """Checks of changed records at one desk, one after the other."""

    project: Project
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        """Read what does not depend on the records."""
        self.records = sorted(self.project.files("data/cities"))
        self._given: dict[Path, bytes] = {}
        self._desk = Desk(self.project, strict=True, contents=self._given)
        self._desk.prepare()
        gc.freeze()  # what stays to the end need not be looked through again and again
        self._verdicts: dict[Path, Verdict] = {}

    def check(self, seed: int) -> Iterator[str]:
        """The faults found with the record and the change that a seed stands for."""
        kind, record = KINDS[seed % len(KINDS)], self.records[seed // len(KINDS) % len(self.records)]
        text = mutate(record.read_text(encoding="utf-8"), kind, seed).encode()
        started = time.process_time()
        try:
            found = self._judge(record, text)
        except Exception as error:  # noqa: BLE001 - whatever gets here is what is looked for
            yield f"crash: {type(error).__name__}: {error}"
            return
        spent = time.process_time() - started
        self.slowest = max(self.slowest, spent)
        if spent > MOST_SECONDS:
            yield f"slow: {spent:.1f} s"
        refused = isinstance(found, SmartCityError)
        self.outcomes[f"{kind}, {'refused' if refused else 'good' if _conforms(found) else 'with findings'}"] += 1
        if isinstance(found, SmartCityError):
            yield from _faults_of_refusal(found, layout=kind == "layout")
            return
        if not _is_turtle(text):
            yield "accepted, though the strict parser refuses it"
        if kind == "layout" and _verdict(found) != self._verdict_on(record):
            yield "judged in another way, though only its layout is changed"

    def _judge(self, record: Path, text: bytes) -> Report | SmartCityError:
        path = Path("/submitted") / record.name
        self._given[path] = text
        documents, refusals = self._desk.read([path])
        return refusals[0] if refusals else self._desk.check(documents).report

    def _verdict_on(self, record: Path) -> Verdict:
        if record not in self._verdicts:
            found = self._judge(record, record.read_bytes())
            self._verdicts[record] = () if isinstance(found, SmartCityError) else _verdict(found)
        return self._verdicts[record]


def _faults_of_refusal(error: SmartCityError, *, layout: bool) -> Iterator[str]:
    said = str(error)
    if layout:
        yield f"refused, though only its layout is changed: {said}"
    if not isinstance(error, InputError) or not (error.line or "NUL" in said or "UTF-8" in said):
        yield f"refused without a line: {said}"
    if not 0 < len(said) <= MOST_CHARACTERS:
        yield f"refused with {len(said)} characters"


def _conforms(found: Report | SmartCityError) -> bool:
    return isinstance(found, Report) and found.conforms


def _verdict(report: Report) -> Verdict:
    return tuple(sorted((finding.rule, str(finding.focus), finding.message("en")) for finding in report.findings))


def _is_turtle(text: bytes) -> bool:
    try:
        for _ in ox.parse(input=text, format=ox.RdfFormat.TURTLE):
            pass
    except (SyntaxError, ValueError):
        return False
    return True


def main() -> int:
    """Print faults as they are found and a summary; 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--registers", action="store_true", help="with the registers of the whole country")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        mutations = Mutations(Project.at(ROOT if chosen.registers else without_registers(Path(name))))
        return run(mutations, chosen.seed, chosen.count)


def without_registers(folder: Path) -> Path:
    """A copy of the project in a folder, without the registers."""
    for part in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("register-*.ttl", "sources"))
    shutil.copy(ROOT / "smartcity.toml", folder)
    return folder


def run(mutations: Mutations, first: int, count: int) -> int:
    """Check as many records, beginning with a seed."""
    faults = 0
    for number, seed in enumerate(range(first, first + count), 1):
        for fault in mutations.check(seed):
            faults += 1
            print(f"seed {seed}, {KINDS[seed % len(KINDS)]}: {fault}", flush=True)
        if number % 500 == 0 or number == count:
            spent = time.process_time()
            print(
                f"{number} records, {faults} faults, {spent:.0f} s, slowest {mutations.slowest:.2f} s", flush=True
            )
    for outcome, number in sorted(mutations.outcomes.items()):
        print(f"{number:8,}  {outcome}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
