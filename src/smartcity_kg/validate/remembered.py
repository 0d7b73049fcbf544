"""Work in units, shared out over processes and remembered (layer 2).

A unit is some nodes to check. What an engine says about them depends on nothing but the shapes, the engine and
the slice of the data that the shapes look at; the slice is all that the engine gets. So a result is kept under the
hash of exactly that text and can never be stale: whatever would change it changes its name. Which slices need not
even be cut again, and which queries not be asked again, is known from the graph of the check before (`past`).
"""

import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.terms import Prefixes, Term
from smartcity_kg.validate.constraints import Constraint
from smartcity_kg.validate.engine import Engine, open_engine
from smartcity_kg.validate.memory import Memory, digest, read_results, write_results
from smartcity_kg.validate.past import Difference, Past, PastRows, PastUnit, checksums, lines_of, written
from smartcity_kg.validate.reads import find_reads
from smartcity_kg.validate.results import Result, split_report
from smartcity_kg.validate.slices import Slicer
from smartcity_kg.validate.statements import Statements
from smartcity_kg.validate.targets import Aim, MarkedShapes, find_aims

_NODES = 400  # About so many nodes a unit: small enough that a change in a large file costs little.
_WORTH_A_PROCESS = 20_000  # So many triples; starting another process takes as long as checking them.
_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from smartcity_kg.validate.remembered import work; work(sys.argv[2])"
)


@dataclass
class Units:
    """How a validation is cut into units, and where their results are kept; for one validation.

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
    _memory: Memory = field(default_factory=lambda: Memory(None, ""), init=False)
    _past: Past = field(default_factory=Past, init=False)
    _lines: frozenset[str] = field(default=frozenset(), init=False)
    _difference: Difference = field(default_factory=lambda: Difference.of(()), init=False)
    _units: dict[str, PastUnit] = field(default_factory=dict, init=False)
    _rows: dict[str, PastRows] = field(default_factory=dict, init=False)

    def begin(self, name: str, data: Statements) -> None:
        """Read what is remembered of checks with a name, which tells shapes, engine and code from others."""
        self._memory = Memory(self.folder, name)
        if self.folder is not None:
            self._past = Past.read(self._past_file(self.folder, name))
            self._lines = lines_of(data)
            self._difference = self._past.difference(self._lines)

    def check(self, engine: Engine, shapes: MarkedShapes, slicer: Slicer, data: Statements) -> list[Result]:
        """The results of an engine for all nodes, from memory where nothing has changed.

        Raises:
            BackendError: If the engine or one of the processes fails.
        """
        groups = self._groups()
        known = {name: unit for name, nodes in groups.items() if (unit := self._known(name, nodes, slicer))}
        aims = _by_node(find_aims(shapes.targets, data, _nodes(groups, known)))
        names = _Names(shapes)
        cut = {
            name: self._cut(slicer, data, nodes, aims, names)
            for name, nodes in groups.items()
            if name not in known
        }
        self._check(engine, shapes, list(cut.values()), sum(unit.aims for unit in known.values()))
        if self.folder is not None:
            self._units = {**known, **{name: unit.as_past(groups[name]) for name, unit in cut.items()}}
        keys = [known[name].key if name in known else cut[name].key for name in groups]
        self._memory.keep(keys)
        return [result for key in keys for result in self._memory.get(key)]

    def rows(
        self,
        constraint: Constraint,
        prefixes: Prefixes,
        run: Callable[[Collection[Term]], Sequence[Result]],
    ) -> Sequence[Result]:
        """The results of a constraint, whose query is `run` for some nodes: those that a change may concern."""
        if self.folder is None:
            return run(self.owners.keys())
        name = digest(constraint.shape.value, constraint.select)
        then = self._past.rows.get(name)
        reads = then.reads if then else find_reads(constraint.select, prefixes)
        if then is None or reads.volatile or reads.meet(self._difference.triples):
            found = list(run(self.owners.keys()))
        else:
            again = self._concerned
            same = (result for result in read_results(then.report) if result.focus in self.owners)
            found = [result for result in same if result.focus not in again]
            found += run(again) if again else ()
        self._rows[name] = PastRows(reads, write_results(found))
        return found

    def keep(self, name: str) -> None:
        """Remember this check for the next one."""
        now = Past(self._lines, self._units, self._rows)
        if self.folder is not None and now != self._past:
            now.write(self._past_file(self.folder, name))

    @staticmethod
    def _past_file(folder: Path, name: str) -> Path:
        return folder / f"{name}.past"

    @cached_property
    def _concerned(self) -> frozenset[Term]:
        """The nodes of which something differs, and those that were not checked before."""
        before = self._past.nodes
        new = (node for node in self.owners if str(node) not in before)
        return frozenset((*new, *(node for node in self._difference.nodes if node in self.owners)))

    @cached_property
    def _changed(self) -> frozenset[int]:
        return frozenset(checksums(self._difference.nodes))

    def _known(self, name: str, nodes: Sequence[Term], slicer: Slicer) -> PastUnit | None:
        """A unit as it was, if its results cannot be others now."""
        then = self._past.units.get(name)
        if then is None or then.key not in self._memory:
            return None
        if self._difference.triples and (slicer.whole or self._difference.concerns_all):
            return None
        return then if then.is_as_before(_texts(nodes), self._changed) else None

    @staticmethod
    def _cut(
        slicer: Slicer,
        data: Statements,
        nodes: Sequence[Term],
        aims: Mapping[Term, Sequence[Aim]],
        names: "_Names",
    ) -> "_Unit":
        own = tuple(aim for node in nodes for aim in aims.get(node, ()))
        return _Unit(own, slicer.cut(data, own), names)

    def _check(self, engine: Engine, shapes: MarkedShapes, units: Sequence["_Unit"], done: int) -> None:
        """Check the units whose results are not remembered; `done` is how many aims are settled."""
        missing = [unit for unit in units if unit.key not in self._memory]
        total = done + sum(len(unit.aims) for unit in units)
        done = total - sum(len(unit.aims) for unit in missing)
        self._tell(done, total)
        for batch, results in self._run(engine, "".join(_lines(shapes.triples)), missing):
            for unit in batch:
                focus = {node for _, node in unit.aims}
                self._memory.put(unit.key, [result for result in results if result.focus in focus])
                done += len(unit.aims)
            self._tell(done, total)

    def _tell(self, done: int, total: int) -> None:
        if self.tell is not None:
            self.tell(done, total)

    def _groups(self) -> dict[str, list[Term]]:
        """The nodes by file, and within a large file by a hash of the node, so that no unit moves with another."""
        by_file: dict[str, list[Term]] = {}
        for node, file in self.owners.items():
            by_file.setdefault(file, []).append(node)
        groups: dict[str, list[Term]] = {}
        for file, nodes in by_file.items():
            count = 1 << max(0, (len(nodes) // _NODES).bit_length())
            for node in nodes:
                bucket = zlib.crc32(str(node).encode()) % count
                groups.setdefault(f"{file} {bucket + 1} of {count}", []).append(node)
        return {name: groups[name] for name in sorted(groups)}

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

    def __init__(self, aims: tuple[Aim, ...], triples: Sequence[ox.Triple], names: _Names) -> None:
        self.aims = aims
        self._triples = triples
        self._stated = _lines(triples)
        self._names = names

    def as_past(self, nodes: Iterable[Term]) -> PastUnit:
        """What is remembered of it; `nodes` are those that it was made for, with aims or without."""
        terms = checksums((*nodes, *(term for t in self._triples for term in (t.subject, t.object))))
        return PastUnit(_texts(nodes), self.key, len(self.aims), terms)

    @cached_property
    def key(self) -> str:
        """The hash of all that the engine is given."""
        return digest(*self._stated, "", *self._names.of(self.aims))

    @cached_property
    def lines(self) -> list[str]:
        """What the engine is given, marks included."""
        return sorted({*self._stated, *_lines(self._names.shapes.marks(self.aims))})


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
    return sorted({f"{line}\n" for line in written(triples)})


def _parse(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(input=text, format=ox.RdfFormat.N_TRIPLES)] if text else []


def code() -> list[str]:
    """The code that makes results: with other code, nothing is remembered."""
    here = Path(__file__).parent
    used = (*sorted(here.glob("*.py")), *(here.parent / name for name in ("interop.py", "sparql.py", "answer.py")))
    return [ox.__version__, *(path.read_text(encoding="utf-8") for path in used)]


def _texts(nodes: Iterable[Term]) -> tuple[str, ...]:
    return tuple(sorted(map(str, nodes)))


def _nodes(groups: Mapping[str, Iterable[Term]], known: Collection[str]) -> dict[Term, None]:
    """The nodes of the groups that are not known."""
    return {node: None for name, nodes in groups.items() if name not in known for node in nodes}


def _by_node(aims: Iterable[Aim]) -> dict[Term, list[Aim]]:
    found: dict[Term, list[Aim]] = {}
    for aim in aims:
        found.setdefault(aim[1], []).append(aim)
    return found
