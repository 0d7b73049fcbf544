"""Work in units, shared out over processes and remembered (layer 2).

A unit is some nodes to check. What an engine says about them depends on nothing but the shapes, the engine and
the slice of the data that the shapes look at; the slice is all that the engine gets. So a result is kept under the
hash of exactly that text and can never be stale: whatever would change it changes its name.
"""

import hashlib
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.files import write_whole
from smartcity_kg.terms import Term
from smartcity_kg.validate.engine import Engine, open_engine
from smartcity_kg.validate.results import Result, join_report, split_report
from smartcity_kg.validate.slices import Slicer
from smartcity_kg.validate.statements import Statements
from smartcity_kg.validate.targets import Aim, MarkedShapes

_NODES = 400  # About so many nodes a unit: small enough that a change in a large file costs little.
_WORTH_A_PROCESS = 20_000  # So many triples; starting another process takes as long as checking them.
_KEPT = 2
_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from smartcity_kg.validate.remembered import work; work(sys.argv[2])"
)


@dataclass
class Units:
    """How a validation is cut into units, and where their results are kept.

    Args:
        owners: The file of each node; nodes of one file share units.
        folder: Where results are kept; nowhere if absent or if it cannot be written to.
        processes: How many processes may work at once.
        tell: Called with how many nodes are done and how many there are in all.
    """

    owners: Mapping[Term, str]
    folder: Path | None = None
    processes: int = 1
    tell: Callable[[int, int], None] | None = None

    def check(
        self, engine: Engine, shapes: MarkedShapes, slicer: Slicer, data: Statements, aims: Collection[Aim]
    ) -> list[Result]:
        """The results of an engine for some aims, from memory where nothing has changed.

        Raises:
            BackendError: If the engine or one of the processes fails.
        """
        memory = Memory(self.folder, _digest(engine.name, *_canonical(shapes.triples), *_code()))
        names = _Names(shapes)
        cut = [_Unit(unit, slicer.cut(data, unit), names) for unit in self._units(aims)]
        missing = [unit for unit in cut if unit.key not in memory]
        total = len(aims)
        done = total - sum(len(unit.aims) for unit in missing)
        self._tell(done, total)
        for batch, results in self._run(engine, "".join(_lines(shapes.triples)), missing):
            for unit in batch:
                focus = {node for _, node in unit.aims}
                memory.put(unit.key, [result for result in results if result.focus in focus])
                done += len(unit.aims)
            self._tell(done, total)
        memory.keep(unit.key for unit in cut)
        return [result for unit in cut for result in memory.get(unit.key)]

    def _tell(self, done: int, total: int) -> None:
        if self.tell is not None:
            self.tell(done, total)

    def _units(self, aims: Iterable[Aim]) -> list[tuple[Aim, ...]]:
        """The aims by file, and within a large file by a hash of the node, so that no unit moves with another."""
        by_node: dict[Term, list[Aim]] = {}
        for aim in aims:
            by_node.setdefault(aim[1], []).append(aim)
        by_file: dict[str, list[Term]] = {}
        for node in by_node:
            by_file.setdefault(self.owners.get(node, ""), []).append(node)
        units: dict[tuple[str, int], list[Aim]] = {}
        for name, nodes in by_file.items():
            count = 1 << max(0, (len(nodes) // _NODES).bit_length())
            for node in nodes:
                bucket = zlib.crc32(str(node).encode()) % count
                units.setdefault((name, bucket), []).extend(by_node[node])
        return [tuple(units[key]) for key in sorted(units)]

    def _run(
        self, engine: Engine, shapes: str, units: Sequence["_Unit"]
    ) -> Iterator[tuple[Sequence["_Unit"], tuple[Result, ...]]]:
        """What an engine says about units, some at a time."""
        batches = _batches(units, self.processes)
        if len(batches) < 2:
            for batch in batches:
                yield batch, split_report(_parse(validate_text(engine, shapes, _data(batch))))
            return
        kind = engine.name.partition(" ")[0].rpartition("-")[2]
        with ThreadPoolExecutor(self.processes) as pool:
            for batch, report in zip(
                batches, pool.map(lambda batch: _in_process(kind, shapes, _data(batch)), batches), strict=True
            ):
                yield batch, split_report(_parse(report))


class _Names:
    """How the aims of a unit are written in its key: each node with the marks that it gets."""

    def __init__(self, shapes: MarkedShapes) -> None:
        self.shapes = shapes
        self._marks: dict[Term, str] = {}

    def of(self, aims: Iterable[Aim]) -> list[str]:
        """A line for each node, sorted."""
        marks: dict[Term, list[str]] = {}
        for shape, node in aims:
            if shape not in self._marks:
                self._marks[shape] = " ".join(map(str, self.shapes.marks_of(shape)))
            marks.setdefault(node, []).append(self._marks[shape])
        return sorted(f"{node} {' '.join(sorted(given))}" for node, given in marks.items())


class _Unit:
    """Some aims, the statements that an engine gets for them, and the key of both.

    The marks are a function of the aims and long to write, so that the key has the aims instead.
    """

    def __init__(self, aims: tuple[Aim, ...], triples: Iterable[ox.Triple], names: _Names) -> None:
        self.aims = aims
        self._stated = _lines(triples)
        self._names = names

    @cached_property
    def key(self) -> str:
        """The hash of all that the engine is given."""
        return _digest(*self._stated, "", *self._names.of(self.aims))

    @cached_property
    def lines(self) -> list[str]:
        """What the engine is given, marks included."""
        return sorted({*self._stated, *_lines(self._names.shapes.marks(self.aims))})


class Memory:
    """Results by key, in one file of a folder; without a folder only as long as the object lives.

    What cannot be read counts as not there, and what cannot be written is not kept.

    >>> memory = Memory(None, "shapes")
    >>> memory.put("unit", [])
    >>> "unit" in memory, "other" in memory, list(memory.get("unit"))
    (True, False, [])
    """

    def __init__(self, folder: Path | None, name: str) -> None:
        self._path = None if folder is None else folder / f"{name}.json"
        self._found = _read(self._path)
        self._stored = frozenset(self._found)

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def get(self, key: str) -> tuple[Result, ...]:
        """The results under a key."""
        return split_report(_parse(self._found[key])) if self._found[key] else ()

    def put(self, key: str, results: Sequence[Result]) -> None:
        """Note the results under a key."""
        self._found[key] = "".join(_lines(join_report(results))) if results else ""

    def keep(self, keys: Iterable[str]) -> None:
        """Write what is under some keys, and forget the rest."""
        wanted = {key: self._found[key] for key in keys}
        if self._path is None or frozenset(wanted) == self._stored:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(wanted, sort_keys=True, ensure_ascii=False))
            others = [path for path in self._path.parent.glob("*.json") if path != self._path]
            for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT - 1 :]:
                path.unlink(missing_ok=True)
        except OSError:
            return


def validate_text(engine: Engine, shapes: str, data: str) -> str:
    """The SHACL report about a data graph; all as N-Triples.

    Raises:
        BackendError: If the engine cannot apply the shapes.
    """
    return "".join(_lines(engine.prepare(_parse(shapes)).validate(_parse(data))))


def work(kind: str) -> None:
    """What another process does: shapes and data from standard input, the report to standard output."""
    shapes, _, data = sys.stdin.buffer.read().decode().partition("\0")
    sys.stdout.buffer.write(validate_text(open_engine(kind), shapes, data).encode())


def _in_process(kind: str, shapes: str, data: str) -> str:
    command = [sys.executable, "-c", _START, json.dumps(sys.path), kind]
    done = subprocess.run(  # noqa: S603 - this interpreter and this code
        command, input=f"{shapes}\0{data}".encode(), capture_output=True, check=False
    )
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise BackendError(f"a process that checks shapes failed: {last}")
    return done.stdout.decode()


def _batches(units: Sequence[_Unit], processes: int) -> list[list[_Unit]]:
    """Units in batches of about the same size, as many as are worth a process; each batch in a fixed order."""
    size = sum(len(unit.lines) for unit in units)
    count = max(1, min(processes, size // _WORTH_A_PROCESS))
    batches: list[list[_Unit]] = [[] for _ in range(count)]
    sizes = [0] * count
    for unit in sorted(units, key=lambda unit: len(unit.lines), reverse=True):
        smallest = sizes.index(min(sizes))
        batches[smallest].append(unit)
        sizes[smallest] += len(unit.lines)
    return [batch for batch in batches if batch]


def _data(units: Iterable[_Unit]) -> str:
    return "".join(dict.fromkeys(line for unit in units for line in unit.lines))


def _lines(triples: Iterable[ox.Triple]) -> list[str]:
    """N-Triples, a line each, sorted: the same text for the same graph, if it has no blank nodes."""
    written = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    return sorted({f"{line}\n" for line in written.decode("utf-8").split("\n") if line})


def _canonical(triples: Iterable[ox.Triple]) -> list[str]:
    """The same text for the same graph, blank nodes or not."""
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return _lines(quad.triple for quad in dataset)


def _parse(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(input=text, format=ox.RdfFormat.N_TRIPLES)] if text else []


def _code() -> list[str]:
    here = Path(__file__).parent
    return [path.read_text(encoding="utf-8") for path in (*sorted(here.glob("*.py")), here.parent / "interop.py")]


def _digest(*texts: str) -> str:
    total = hashlib.sha256()
    for text in texts:
        total.update(text.encode() + b"\0")
    return total.hexdigest()[:32]


def _read(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    good = isinstance(found, dict) and all(_is_report(text) for text in found.values())
    return found if good else {}


def _is_report(text: object) -> bool:
    try:
        return text == "" or (isinstance(text, str) and bool(split_report(_parse(text))))
    except (SyntaxError, BackendError):
        return False
