"""Remembered results: never other than fresh ones, and only where nothing that matters has changed."""

import random
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import sample_project
from smartcity_kg.errors import SmartCityError
from smartcity_kg.formats.turtle import write_triples
from smartcity_kg.project import Project
from smartcity_kg.report import Report
from smartcity_kg.terms import Prefixes
from smartcity_kg.validate import check_files, remembered
from smartcity_kg.validate.memory import Memory
from smartcity_kg.validate.reads import find_reads
from smartcity_kg.validate.results import Result
from smartcity_kg.validate.shacl import Shapes
from spoil import spoilt


@pytest.fixture
def own(tmp_path: Path) -> Project:
    """A copy of the sample that a test may change."""
    return sample_project(tmp_path / "project")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample whose results are remembered; each test changes a copy."""
    project = sample_project(tmp_path_factory.mktemp("filled") / "project")
    check_files(project, remember=folder(project))
    return project.root


@pytest.fixture
def known(filled: Path, tmp_path: Path) -> Project:
    """A copy of the sample that was checked before."""
    return Project.at(Path(shutil.copytree(filled, tmp_path / "project")))


class Progress:
    """What `tell` was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        """Note a step."""
        self.steps.append((done, total))

    @property
    def remembered(self) -> float:
        """The share of checks that needed no engine."""
        done, total = self.steps[0]
        return done / total


def folder(project: Project) -> Path:
    return project.root / ".cache" / "validate"


def change(path: Path, seed: str) -> None:
    """Drop one statement of a file, or write other values into one."""
    project = Project.find()
    triples = list(project.read(path).triples)
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    dropped = chance.choice(triples)
    added = spoilt(triples, seed) if chance.random() < 0.5 else []
    kept = [triple for triple in triples if triple != dropped]
    path.write_text(write_triples([*kept, *added], project.prefixes), encoding="utf-8")


def test_second_time_needs_no_engine(own: Project) -> None:
    fresh = check_files(own)
    first, second = Progress(), Progress()
    one = check_files(own, remember=folder(own), tell=first)
    two = check_files(own, remember=folder(own), tell=second)
    assert one.report == two.report == fresh.report
    assert len(one.shacl_report) == len(two.shacl_report) == len(fresh.shacl_report)
    assert (first.remembered, second.remembered) == (0, 1)
    assert first.steps[-1][0] == first.steps[-1][1]


@pytest.mark.parametrize("seed", [f"change{number}" for number in range(4)])
def test_remembered_is_what_fresh_is(known: Project, seed: str) -> None:
    """After two changes one after the other, of records or shared files, each seen with the memory before."""
    for step in range(2):
        files = known.data_files
        change(files[hash_of(seed, step) % len(files)], f"{seed}{step}")
        progress = Progress()
        assert check_files(known, remember=folder(known), tell=progress).report == check_files(known).report
        assert progress.remembered > 0


def hash_of(seed: str, step: int) -> int:
    return random.Random(f"{seed}-{step}").randrange(10_000)  # noqa: S311 - the same in every run


SPOILT = 30
SPOILT_FOLDERS = ("data/cities", "data/shared", "ontology/schemes", "ontology/shapes", "ontology/rules")


@pytest.mark.parametrize("number", range(SPOILT))
def test_what_is_spoilt_anywhere_is_seen(known: Project, number: int) -> None:
    """In records, shared files, schemes, shapes and rules in turn: the same report, remembered or not."""
    files = spoilable(known, SPOILT_FOLDERS[number % len(SPOILT_FOLDERS)])
    path = files[hash_of("spoilt", number) % len(files)]
    before = path.read_bytes()
    spoil_text(path, number)
    assert path.read_bytes() != before
    assert outcome(known, folder(known)) == outcome(known, None)


def spoilable(project: Project, part: str) -> list[Path]:
    """The files of a folder, which has some."""
    files = sorted(path for path in (project.root / part).rglob("*") if path.suffix in {".ttl", ".rq"})
    assert files, part
    return files


def spoil_text(path: Path, number: int) -> None:
    """Drop a statement or spoil values; in a query, ask less."""
    if path.suffix == ".ttl":
        change(path, f"spoilt{number}")
        return
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("WHERE {", "WHERE { FILTER(false)", 1), encoding="utf-8")


def outcome(project: Project, remember: Path | None) -> Report | str:
    """The report, or why there is none: a spoilt shape may be no shape."""
    try:
        return check_files(project, remember=remember).report
    except SmartCityError as error:
        return str(error)


def test_a_change_elsewhere_that_matters_is_seen(known: Project) -> None:
    """A record refers to an entry of another file; the entry goes, and the record is checked again."""
    shared = next(path for path in known.data_files if path.stem == "networks")
    triples = known.read(shared).triples
    kinds = [t for t in triples if t.predicate.value.endswith("#type")]
    shared.write_text(write_triples([t for t in triples if t not in kinds], known.prefixes), encoding="utf-8")
    found = check_files(known, remember=folder(known)).report
    assert found == check_files(known).report
    assert any(finding.file.startswith("data/cities/") for finding in found.findings if finding.level != "info")


def test_changed_shapes_are_applied(known: Project) -> None:
    shape = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<http://e.org/S> a sh:NodeShape ; sh:targetClass foaf:Document ;
  sh:property <http://e.org/P> .
<http://e.org/P> sh:path <http://e.org/p> ; sh:minCount 1 ; sh:message "missing"@en .
"""
    (known.root / "ontology" / "shapes" / "zz.ttl").write_text(shape, encoding="utf-8")
    progress = Progress()
    found = check_files(known, remember=folder(known), tell=progress).report
    assert progress.remembered == 0
    assert "missing" in {finding.message("en") for finding in found.findings}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": "no triples"}'])
def test_a_spoilt_memory_counts_as_none(own: Project, content: str) -> None:
    fresh = check_files(own, remember=folder(own)).report
    [path] = folder(own).glob("*.json")
    path.write_text(content, encoding="utf-8")
    progress = Progress()
    assert check_files(own, remember=folder(own), tell=progress).report == fresh
    assert progress.remembered == 0


def test_where_nothing_can_be_written_nothing_is_remembered(own: Project) -> None:
    (own.root / ".cache").write_text("a file, not a folder", encoding="utf-8")
    assert check_files(own, remember=folder(own)).report == check_files(own).report


def test_processes_say_the_same(own: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_WORTH_A_PROCESS", 500)
    progress = Progress()
    assert check_files(own, processes=2, tell=progress).report == check_files(own).report
    assert len(progress.steps) == 3


def test_old_memories_go(tmp_path: Path) -> None:
    for name in "abcd":
        memory = Memory(tmp_path, name)
        memory.put("unit", [])
        memory.keep(["unit"])
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_a_memory_tells_nodes_apart() -> None:
    a = ox.NamedNode("http://e.org/a")
    memory = Memory(None, "x")
    memory.put("unit", [Result(a, (ox.Triple(a, a, ox.Literal("07")),))])
    assert [str(triple.object) for result in memory.get("unit") for triple in result.triples] == ['"07"']


# Constraints with a query


def test_a_key_used_twice_is_seen_in_the_file_that_did_not_change(known: Project) -> None:
    """A constraint compares entries of two files; one of them changes, and the other has a finding too."""
    number = ox.NamedNode(f"{known.base}ontology#municipalityKey")
    shared = known.root / "data" / "shared" / "cities.ttl"
    record = known.root / "data" / "cities" / "lemgo.ttl"
    [key, *_] = [triple for triple in known.read(shared).triples if triple.predicate == number]
    city = ox.NamedNode(f"{known.base}id/city/lemgo")
    changed = [*known.read(record).triples, ox.Triple(city, number, key.object)]
    record.write_text(write_triples(changed, known.prefixes), encoding="utf-8")
    found = check_files(known, remember=folder(known)).report
    assert found == check_files(known).report
    assert key.subject in {finding.focus for finding in found.findings if finding.level == "violation"}


@pytest.mark.parametrize("spoil", ["", "first line", "last lines"])
@pytest.mark.parametrize("kind", ["past", "places"])
def test_a_spoilt_memory_of_the_check_before_counts_as_none(known: Project, kind: str, spoil: str) -> None:
    change(known.data_files[0], "spoilt-memory")
    [path] = folder(known).glob(f"*.{kind}")
    text = path.read_text(encoding="utf-8")
    cut = {"first line": text.partition("\n")[2], "last lines": text[: len(text) * 2 // 3]}
    path.write_text(cut.get(spoil, spoil), encoding="utf-8")
    assert check_files(known, remember=folder(known)).report == check_files(known).report


def test_the_report_is_the_same_text(known: Project) -> None:
    """Also where some results are new and some are remembered."""
    for step in range(3):
        change(known.data_files[step], f"text{step}")
    remembered_one, fresh = (check_files(known, remember=place).shacl_report for place in (folder(known), None))
    assert write_triples(remembered_one, known.prefixes) == write_triples(fresh, known.prefixes)


PREFIXES = Prefixes({"e": "http://e.org/"})


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("$this e:p ?x", []),
        ("?x e:p $this", []),
        ("$this e:p ?x . ?x e:q ?y", [("q", "")]),
        ("$this e:p/e:q ?x", [("q", "")]),
        ("$this ^e:p/e:q* ?x", [("q", "")]),
        ("$this e:p ?x . ?y e:q e:o", [("q", "<http://e.org/o>")]),
        ("$this e:p|e:q ?x", [("p", ""), ("q", "")]),
        ("FILTER NOT EXISTS { $this e:p ?x . ?x e:q ?y ; e:r e:o }", [("q", ""), ("r", "<http://e.org/o>")]),
        ("$this e:p ?x MINUS { ?x e:q ?y }", [("q", "")]),
        ("$this e:p ?x OPTIONAL { ?x e:q ?y }", [("q", "")]),
        ("{ SELECT ?x { ?x e:q ?y } } $this e:p ?x", [("q", "")]),
        ("FILTER EXISTS { ?x e:q ?y FILTER NOT EXISTS { ?y e:r ?z } }", [("q", ""), ("r", "")]),
    ],
)
def test_what_a_query_reads_of_other_nodes(pattern: str, read: list[tuple[str, str]]) -> None:
    found = find_reads(f"SELECT $this {{ {pattern} }}", PREFIXES)
    assert (found.everything, found.volatile) == (False, False)
    assert found.patterns == {(f"http://e.org/{predicate}", value) for predicate, value in read}


@pytest.mark.parametrize(
    "pattern",
    [
        "$this e:p ?x . ?x ?any ?y",
        "?x e:p* ?y",
        "GRAPH ?g { $this e:p ?x }",
        "$this !e:p ?x",
        "{",
        "BIND(NOW() AS ?x)",
    ],
)
def test_what_cannot_be_told_reads_everything(pattern: str) -> None:
    found = find_reads(f"SELECT $this {{ {pattern} }}", PREFIXES)
    assert found.everything
    assert found.meet([ox.Triple(*[ox.NamedNode("http://e.org/x")] * 3)])
    assert found.volatile == ("NOW" in pattern)


def test_few_of_our_queries_read_everything() -> None:
    """Each that does is asked of all entries after every change, which takes longer than all others together."""
    shapes = Shapes.read(Project.find())
    reads = {c.shape.value.rpartition("#")[2]: find_reads(c.select, shapes.prefixes) for c in shapes.constraints}
    assert {name for name, one in reads.items() if one.everything} == {"C-73", "C-170", "C-237"}
