"""A release: whole or not at all, the same bytes each time, and what is in it is what is in the graph."""

import csv
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from cases import ROOT, sample_project
from smartcity_kg.errors import InputError, Refused, SmartCityError
from smartcity_kg.graph import open_store, prepared_place
from smartcity_kg.project import Project
from smartcity_kg.publish import folder as folders
from smartcity_kg.publish.folder import MARKER, FolderWriter, publishing
from smartcity_kg.publish.release import Released, build_release
from smartcity_kg.store.embedded import EmbeddedStore

DAY = date(2026, 11, 23)
FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt.gz": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
}
PARTS = (
    "data/data",
    "data/data-inferred",
    *(f"ontology/{n}" for n in ("ontology", "schemes", "shapes", "alignments")),
)


def put(writer: FolderWriter, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        writer.write(path, data)


def publish(target: Path, files: dict[str, bytes], kind: str = "release") -> FolderWriter:
    with publishing(target, kind=kind, project=Project.at(ROOT)) as writer:
        put(writer, files)
    return writer


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def said(folder: Path) -> dict[str, bytes]:
    return {path: data for path, data in content(folder).items() if path != MARKER}


# The folder


def test_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    target = tmp_path / "out"
    publish(target, {"a.txt": b"a", "b/b.txt": b"b", "c.txt": b"c"})
    before = (target / "a.txt").stat()
    writer = publish(target, {"a.txt": b"a", "b/b.txt": b"new"})
    assert (target / "a.txt").stat().st_ino == before.st_ino
    assert (writer.changed, writer.removed) == ({"b/b.txt"}, {"c.txt"})
    assert said(target) == {"a.txt": b"a", "b/b.txt": b"new"}
    assert names(tmp_path) == ["out"]


def test_a_file_that_somebody_changed_is_written_again(tmp_path: Path) -> None:
    target = tmp_path / "out"
    publish(target, {"a.txt": b"a"})
    (target / "a.txt").write_bytes(b"x")
    assert publish(target, {"a.txt": b"a"}).changed == {"a.txt"}
    assert said(target) == {"a.txt": b"a"}


def test_a_file_is_taken_over_if_it_was_made_from_the_same(tmp_path: Path, project: Project) -> None:
    target = tmp_path / "out"
    for key, taken in (("one", [False, False]), ("one", [True, False]), ("two", [False, False])):
        with publishing(target, kind="site", project=project) as writer:
            found = [writer.reuse("a.txt", key), writer.reuse("b.txt", "")]
            if not found[0]:
                writer.write("a.txt", key.encode(), key=key)
            writer.write("b.txt", b"")
        assert found == taken
        assert said(target) == {"a.txt": key.encode(), "b.txt": b""}
    (target / "a.txt").write_bytes(b"harmed")
    with publishing(target, kind="site", project=project) as writer:
        assert not writer.reuse("a.txt", "two")


def a_file(target: Path) -> None:
    target.write_text("x")


def of_somebody(target: Path) -> None:
    target.mkdir()
    (target / "letter.txt").write_text("x")


def with_an_empty_folder(target: Path) -> None:
    (target / "mine").mkdir(parents=True)


def of_another_kind(target: Path) -> None:
    publish(target, {"a.txt": b"a"}, kind="site")


def with_a_file_of_somebody(target: Path) -> None:
    publish(target, {"a.txt": b"a"})
    (target / "CNAME").write_text("x")


def with_a_broken_marker(target: Path) -> None:
    target.mkdir()
    (target / MARKER).write_text('{"kind": "release", "files": {"a": 1}}')


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (a_file, "this is a file, not a folder"),
        (of_somebody, "not empty, and smartcity-kg did not write it"),
        (with_an_empty_folder, "not empty, and smartcity-kg did not write it"),
        (of_another_kind, "holds a site, not a release"),
        (with_a_file_of_somebody, "did not write, such as CNAME"),
        (with_a_broken_marker, "not empty, and smartcity-kg did not write it"),
    ],
)
def test_a_folder_that_is_not_ours_is_refused(
    prepare: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    prepare(target)
    before = content(tmp_path)
    with pytest.raises(Refused, match=message):
        publish(target, {"a.txt": b"new"})
    assert content(tmp_path) == before


@pytest.mark.parametrize("place", [".", "release", "data/x/y", ".."])
def test_nothing_is_written_in_or_around_the_project(place: str) -> None:
    before = set(ROOT.iterdir())
    with pytest.raises(Refused, match="project"):
        publish(ROOT / place, {"a.txt": b"a"})
    assert set(ROOT.iterdir()) == before


def test_a_link_into_the_project_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(ROOT / "web", target_is_directory=True)
    with pytest.raises(Refused, match="lies in the project"):
        publish(tmp_path / "out", {"a.txt": b"a"})


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"cannot be written: .*\n.*nothing was changed"):
        publish(tmp_path / "file" / "out", {"a.txt": b"a"})


@pytest.mark.parametrize("path", ["../a.txt", "/a.txt", "a/../../b", "", MARKER, "a\\b"])
def test_no_file_outside_of_the_folder(path: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no place"):
        publish(tmp_path / "out", {path: b"a"})
    assert names(tmp_path) == []


def test_an_error_leaves_the_old_folder(tmp_path: Path, project: Project) -> None:
    target = tmp_path / "out"
    publish(target, {"a.txt": b"old"})
    before = content(tmp_path)
    with pytest.raises(SmartCityError, match="no"), publishing(target, kind="release", project=project) as writer:
        put(writer, {"a.txt": b"new"})
        raise SmartCityError("no")
    assert content(tmp_path) == before


def test_two_runs_do_not_meet(tmp_path: Path, project: Project) -> None:
    target = tmp_path / "out"
    with publishing(target, kind="release", project=project) as writer:
        put(writer, {"a.txt": b"first"})
        with pytest.raises(Refused, match="another run is writing"):
            publish(target, {"a.txt": b"second"})
    assert said(target) == {"a.txt": b"first"}


def test_systems_that_cannot_swap_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_swap", lambda _one, _other: False)
    target = tmp_path / "out"
    publish(target, {"a.txt": b"old"})
    publish(target, {"a.txt": b"new"})
    assert said(target) == {"a.txt": b"new"}
    # As if the process had ended between the two steps.
    target.rename(tmp_path / ".out.old")
    publish(target, {"b.txt": b"newer"})
    assert said(target) == {"b.txt": b"newer"}
    assert names(tmp_path) == ["out"]


_FULL = """
import resource, sys
from pathlib import Path
from smartcity_kg.errors import InputError
from smartcity_kg.project import Project
from smartcity_kg.publish.folder import publishing
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with publishing(Path(sys.argv[1]), kind="release", project=Project.at(sys.argv[2])) as writer:
        writer.write("a.txt", b"new")
        writer.write("large.bin", bytes(200_000))
except InputError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_says_so_and_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "out"
    publish(target, {"a.txt": b"old"})
    before = content(tmp_path)
    done = run_python(_FULL, str(target), str(ROOT))
    assert "cannot be written: File too large" in done.stdout
    assert "Free some space; nothing was changed." in done.stdout
    assert content(tmp_path) == before


_ENDLESS = """
import sys
from pathlib import Path
from smartcity_kg.project import Project
from smartcity_kg.publish.folder import publishing
project = Project.at(sys.argv[2])
print("ready", flush=True)
for turn in range(1_000_000):
    text = str(turn).encode()
    with publishing(Path(sys.argv[1]), kind="release", project=project) as writer:
        for number in range(40):
            writer.write(f"{number}/{number % 7}.txt", text)
        writer.write("same.txt", b"same")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes in another way")
def test_ended_at_any_moment_the_folder_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sync", lambda: None)
    target = tmp_path / "out"
    publish(target, {"a.txt": b"first"})
    quick = _ENDLESS.replace("import sys\n", "import os, sys\nos.sync = lambda: None\n", 1)
    for turn in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", quick, str(target), str(ROOT)],
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(0.003 * turn)
            process.send_signal(signal.SIGKILL)
        found = content(target)
        listed = json.loads(found.pop(MARKER))["files"]
        assert set(found) == set(listed)
        texts = {data for path, data in found.items() if path != "same.txt"}
        assert len(texts) == 1
    publish(target, {"a.txt": b"last"})
    assert said(target) == {"a.txt": b"last"}
    assert names(tmp_path) == ["out"]


# The release


def run_python(code: str, *arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=True
    )


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project, which tests copy and must not change."""
    return sample_project(tmp_path_factory.mktemp("project") / "project")


@pytest.fixture(scope="module")
def release(sampled: Project, sample: EmbeddedStore, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A release of the sample."""
    return build_release(sampled, sample, tmp_path_factory.mktemp("release") / "out", day=DAY)


def read(release: Released, path: str) -> bytes:
    data = (release.folder / path).read_bytes()
    if path.endswith(".gz"):
        return gzip.decompress(data)
    if path.endswith(".jsonld"):
        found = json.loads(data)
        assert found["@context"] == "https://w3id.org/smartcity-kg/context/0.1.0.jsonld"
        context = json.loads((release.folder / "context/0.1.0.jsonld").read_bytes())
        return json.dumps({**found, "@context": context["@context"]}).encode()
    return data


def triples(release: Released, path: str) -> set[ox.Triple]:
    format_ = FORMATS[path.partition(".")[2]]
    return {quad.triple for quad in ox.parse(input=read(release, path), format=format_)}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending != "ttl"])
def test_all_formats_say_the_same(part: str, ending: str, release: Released) -> None:
    told = triples(release, f"{part}.ttl")
    assert told
    assert triples(release, f"{part}.{ending}") == told


def test_data_are_those_of_the_store(release: Released, sampled: Project, sample: EmbeddedStore) -> None:
    graphs = [sampled.graph_name(path) for path in sampled.data_files]
    stated = {triple for name in graphs for triple in sample.triples(graph=name)}
    concluded = {
        t for name in sample.graphs() if name.startswith(sampled.inferred) for t in sample.triples(graph=name)
    }
    assert triples(release, "data/data.ttl") == stated
    assert triples(release, "data/data-inferred.ttl") == stated | concluded


def test_each_record_is_a_graph(release: Released, sampled: Project) -> None:
    quads = ox.parse(input=read(release, "data/data.trig"), format=ox.RdfFormat.TRIG)
    found = {str(getattr(quad.graph_name, "value", "")) for quad in quads}
    assert found == {sampled.graph_name(path) for path in sampled.data_files}


def test_the_whole_graph_answers_queries(release: Released, sample: EmbeddedStore) -> None:
    store = ox.Store()
    store.load(input=read(release, "data/graph.nq.gz"), format=ox.RdfFormat.N_QUADS)
    for query in ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"):
        (row,) = store.query(query)  # type: ignore[misc]
        assert row["n"].value == sample.run(query).column("n")[0]  # type: ignore[union-attr]


def test_checksums_are_those_that_sha256sum_reads(release: Released) -> None:
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("there is no sha256sum")
    command = [tool, "--check", "--strict", "checksums.txt"]
    done = subprocess.run(command, cwd=release.folder, capture_output=True, check=False)
    assert done.returncode == 0
    listed = [line.split("  ", 1)[1] for line in (release.folder / "checksums.txt").read_text().splitlines()]
    assert listed == sorted(set(content(release.folder)) - {MARKER, "checksums.txt"})


def test_the_list_of_files_is_true(release: Released) -> None:
    assert {file.path for file in release.files} == set(content(release.folder)) - {MARKER, "checksums.txt"}
    assert all((release.folder / file.path).stat().st_size == file.size for file in release.files)
    assert all(file.titles["de"] and file.titles["en"] for file in release.files)


TABLES = sorted(path.stem for path in (ROOT / "queries/tables").glob("*.rq"))


def metadata(release: Released) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release.folder / "tables/tables.csv-metadata.json").read_bytes())
    return found


def test_each_table_is_described(release: Released) -> None:
    assert TABLES
    assert [table["url"] for table in metadata(release)["tables"]] == [f"{name}.csv" for name in TABLES]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_as_its_description_says(name: str, release: Released) -> None:
    (table,) = [table for table in metadata(release)["tables"] if table["url"] == f"{name}.csv"]
    columns = table["tableSchema"]["columns"]
    text = (release.folder / f"tables/{name}.csv").read_bytes().decode()
    header, *rows = list(csv.reader(io.StringIO(text, newline="")))
    assert header == [column["name"] for column in columns]
    key = [header.index(part) for part in table["tableSchema"]["primaryKey"]]
    assert len({tuple(row[place] for place in key) for row in rows}) == len(rows) > 0
    for column in columns:
        titles = column["titles"]
        assert column.get("lang") or set(titles) == {"de", "en"}, column["name"]
        if column.get("required"):
            assert all(row[header.index(column["name"])] for row in rows)
    assert {text["@language"] for text in table["dc:title"]} == {"de", "en"}


def test_a_map_is_drawn_from_longitude_and_latitude(release: Released) -> None:
    found = json.loads((release.folder / "tables/cities.geojson").read_bytes())
    assert found["type"] == "FeatureCollection"
    (one,) = [feature for feature in found["features"] if feature["id"].endswith("/city/magdeburg")]
    longitude, latitude = one["geometry"]["coordinates"]
    assert (round(longitude), round(latitude)) == (12, 52)
    assert one["properties"]["city_label_de"] == "Magdeburg"
    assert len(found["features"]) == len((release.folder / "tables/cities.csv").read_text().splitlines()) - 1


_BUILD = """
import sys
from smartcity_kg.cli import run
sys.exit(run(["build", "--quiet", "--date", "2026-11-23", *sys.argv[1:]]))
"""


def test_each_process_writes_the_same_bytes(sampled: Project, release: Released, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        run_python(_BUILD, "--project", str(sampled.root), "--out", str(tmp_path / seed), seed=seed)
        assert content(tmp_path / seed) == content(release.folder)


def changed_project(sampled: Project, folder: Path) -> Project:
    shutil.copytree(sampled.root, folder)
    record = folder / "data/cities/magdeburg.ttl"
    text = record.read_text(encoding="utf-8").replace('"Smart City Magdeburg"@en', '"Smart City Magdeburg <b>"@en')
    record.write_text(text, encoding="utf-8")
    module = folder / "ontology/modules/strategy.ttl"
    added = """
<https://w3id.org/smartcity-kg/ontology#Trial> a <http://www.w3.org/2002/07/owl#Class> ;
    <http://www.w3.org/2000/01/rdf-schema#label> "trial"@en , "Versuch"@de ;
    <http://www.w3.org/2002/07/owl#deprecated> true .
"""
    module.write_text(module.read_text(encoding="utf-8") + added, encoding="utf-8")
    (folder / "data/cities/ulm.ttl").unlink(missing_ok=True)
    return Project.at(folder)


@pytest.fixture(scope="module")
def changed(sampled: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The sample with a changed record, one record fewer, and a new term."""
    return changed_project(sampled, tmp_path_factory.mktemp("changed") / "project")


def test_a_changed_project_gives_the_bytes_of_a_full_build(
    sampled: Project, sample: EmbeddedStore, changed: Project, tmp_path: Path
) -> None:
    build_release(sampled, sample, tmp_path / "again", day=DAY)
    store = open_store(changed)
    again = build_release(changed, store, tmp_path / "again", day=DAY)
    build_release(changed, store, tmp_path / "full", day=DAY)
    assert content(tmp_path / "again") == content(tmp_path / "full")
    assert not [path for path in again.changed if path.startswith("ontology/shapes")]


def test_the_command_again_after_a_change_is_as_if_from_scratch(sampled: Project, tmp_path: Path) -> None:
    """As a command, where the graph is made from the one before and kept beside the other work."""
    root = shutil.copytree(sampled.root, tmp_path / "project")

    def build(out: str) -> dict[str, bytes]:
        command = [sys.executable, "-m", "smartcity_kg", "build", "--project", str(root), "--out", out, "--quiet"]
        subprocess.run([*command, "--date", DAY.isoformat()], cwd=tmp_path, check=True, timeout=120)
        assert prepared_place(Project.at(root)).is_dir()
        return content(tmp_path / out)

    first = build("again")
    record = root / "data/cities/magdeburg.ttl"
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace('"Smart City Magdeburg"@en', '"Magdeburg"@en'), encoding="utf-8")
    again = build("again")
    assert again["data/data.trig"] != first["data/data.trig"]
    assert again == build("anew")


def test_the_note_says_what_changed(changed: Project, release: Released, tmp_path: Path) -> None:
    store = open_store(changed)
    after = build_release(changed, store, tmp_path / "out", day=DAY, previous=release.folder)
    assert not after.problems
    german, english = (
        (after.folder / f"notes/release.{tag}.md").read_text(encoding="utf-8") for tag in ("de", "en")
    )
    assert "- trial: <https://w3id.org/smartcity-kg/ontology#Trial>" in english
    assert "- Versuch: <https://w3id.org/smartcity-kg/ontology#Trial>" in german
    assert "Magdeburg \\<b\\>" in english
    assert "<b>" not in english
    found = json.loads((after.folder / "notes/release.json").read_bytes())
    assert found["since"] == {"version": "0.1.0", "date": "2026-11-23"}
    assert found["counts"]["terms"] == {"added": 1, "removed": 0, "deprecated": 1}
    assert found["counts"]["records"]["changed"] == 1


@pytest.mark.parametrize("dump", ["data/data.nt.gz", "data/data.ttl", "data/data.trig", "data/data.rdf"])
def test_a_dump_is_enough_to_say_what_changed(
    dump: str, changed: Project, release: Released, tmp_path: Path
) -> None:
    store = open_store(changed)
    after = build_release(changed, store, tmp_path / "out", day=DAY, previous=release.folder / dump)
    assert not after.problems
    assert "Magdeburg \\<b\\>" in (after.folder / "notes/release.en.md").read_text(encoding="utf-8")


def test_the_same_again_says_so(
    sampled: Project, sample: EmbeddedStore, release: Released, tmp_path: Path
) -> None:
    after = build_release(sampled, sample, tmp_path / "out", day=DAY, previous=release.folder)
    assert "No term and no record changed." in (after.folder / "notes/release.en.md").read_text(encoding="utf-8")


def broken_folder(place: Path) -> Path:
    place.mkdir()
    return place


def broken_file(place: Path) -> Path:
    (place.with_suffix(".ttl")).write_text("<a> <b> ")
    return place.with_suffix(".ttl")


def broken_gzip(place: Path) -> Path:
    (place.with_suffix(".nt.gz")).write_bytes(b"\x1f\x8b\x08nonsense")
    return place.with_suffix(".nt.gz")


def another_format(place: Path) -> Path:
    (place.with_suffix(".docx")).write_bytes(b"x")
    return place.with_suffix(".docx")


@pytest.mark.parametrize("make", [broken_folder, broken_file, broken_gzip, another_format])
def test_a_previous_release_that_cannot_be_read_is_said(
    make: Callable[[Path], Path], sampled: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from smartcity_kg.cli import run

    previous = make(tmp_path / "previous")
    arguments = ["build", "--project", str(sampled.root), "--out", str(tmp_path / "out"), "--date", "2026-11-23"]
    assert run([*arguments, "--previous", str(previous)]) == 0
    said_ = capsys.readouterr()
    assert f"{previous}: the previous release cannot be read: " in said_.err
    assert "The release note leaves out what changed." in said_.err
    assert "There is no previous release" in (tmp_path / "out/notes/release.en.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments", [["--base", "data.example.org"], ["--base", "https://e.org/x"], ["--date", "soon"], []]
)
def test_used_wrongly(arguments: list[str], tmp_path: Path) -> None:
    from smartcity_kg.cli import run

    out = ["--out", str(tmp_path / "out")] if arguments else []
    assert run(["build", *out, *arguments]) == 2
    assert names(tmp_path) == []


def test_a_base_of_ones_own(sampled: Project, sample: EmbeddedStore, tmp_path: Path) -> None:
    after = build_release(sampled, sample, tmp_path / "out", day=DAY, base="https://example.org/kg/")
    found = json.loads((after.folder / "data/data.jsonld").read_bytes())
    assert found["@context"] == "https://example.org/kg/context/0.1.0.jsonld"
