"""The prepared store: right, never stale, never half-written."""

import os
from pathlib import Path

import pytest

from cases import sample_project
from smartcity_kg.graph import open_store, prepared_store
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore

QUESTION = "ASK { city:magdeburg skos:altLabel 'Ottostadt'@de }"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The fixed sample, which a test may change."""
    return sample_project(tmp_path / "project").root


def contents(store: EmbeddedStore) -> set[str]:
    """Everything in a store, blank nodes aside."""
    return {text for text in map(str, store.quads) if "_:" not in text}


def test_prepared_store_holds_the_same(copy: Path) -> None:
    project = Project.at(copy)
    built = contents(prepared_store(project))
    opened = contents(prepared_store(project))
    assert built == opened == contents(open_store(project))


def test_it_is_built_once(copy: Path) -> None:
    calls: list[int] = []
    for _ in range(3):
        prepared_store(Project.at(copy), building=lambda: calls.append(1))
    assert calls == [1]


@pytest.mark.parametrize("file", ["data/shared/cities.ttl", "data/cities/magdeburg.ttl"])
def test_a_changed_file_is_seen_at_once(file: str, copy: Path) -> None:
    assert not prepared_store(Project.at(copy)).query(QUESTION)
    path = copy / file
    before = path.stat()
    text = path.read_text(encoding="utf-8")
    path.write_text(text + 'city:magdeburg skos:altLabel "Ottostadt"@de .\n', encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert prepared_store(Project.at(copy)).query(QUESTION)
    path.write_text(text, encoding="utf-8")
    assert not prepared_store(Project.at(copy)).query(QUESTION)


def test_a_changed_rule_is_seen_at_once(copy: Path) -> None:
    question = "ASK { city:magdeburg sckg:activeIn ?field }"
    assert prepared_store(Project.at(copy)).query(question)
    (copy / "ontology" / "rules" / "active-in.rq").unlink()
    assert not prepared_store(Project.at(copy)).query(question)


def test_a_new_and_a_removed_file_are_seen(copy: Path) -> None:
    prepared_store(Project.at(copy))
    new = copy / "data" / "shared" / "new.ttl"
    new.write_text("<https://example.org/a> a <https://example.org/B> .", encoding="utf-8")
    assert prepared_store(Project.at(copy)).query("ASK { <https://example.org/a> ?p ?o }")
    new.unlink()
    assert not prepared_store(Project.at(copy)).query("ASK { <https://example.org/a> ?p ?o }")


def test_old_stores_are_forgotten(copy: Path) -> None:
    path = copy / "data" / "shared" / "new.ttl"
    for number in range(4):
        path.write_text(f"<https://example.org/a> a <https://example.org/{number}> .", encoding="utf-8")
        prepared_store(Project.at(copy))
    assert len(list((copy / ".cache" / "graph").iterdir())) == 2


def test_a_damaged_store_does_not_matter(copy: Path) -> None:
    project = Project.at(copy)
    wanted = contents(prepared_store(project))
    [store] = (copy / ".cache" / "graph").iterdir()
    for file in store.iterdir():
        file.write_bytes(b"")
    assert contents(prepared_store(project)) == wanted


def test_a_folder_that_cannot_be_written_to(copy: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    assert prepared_store(Project.at(copy), blocked / "graph").query("ASK { city:magdeburg a sckg:City }")


def test_other_folders_beside_the_stores_are_left_alone(copy: Path) -> None:
    cache = copy / "kept"
    for name in ("photos", "letters", ".hidden"):
        (cache / name).mkdir(parents=True)
    path = copy / "data/shared/cities.ttl"
    for note in ("", "# one\n", "# two\n", "# three\n"):
        path.write_text(path.read_text(encoding="utf-8") + note, encoding="utf-8")
        prepared_store(Project.at(copy), cache)
    assert {"photos", "letters", ".hidden"} <= {path.name for path in cache.iterdir()}
    assert len(list(cache.iterdir())) == 3 + 2
