"""A store made from the one before: what one made anew would be, and made so only where that is sure."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import sample_project
from smartcity_kg.formats.turtle import write_triples
from smartcity_kg.graph import open_store, prepared_folder, prepared_store, read_store
from smartcity_kg.project import Project
from smartcity_kg.renewal import NOTE
from smartcity_kg.store.copy import COPY, read_copy
from smartcity_kg.store.embedded import EmbeddedStore
from spoil import spoilt

RECORD, SHARED = "data/cities/ulm.ttl", "data/shared/memberships.ttl"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with a prepared store."""
    project = sample_project(tmp_path_factory.mktemp("filled") / "project")
    prepared_store(project)
    return project.root


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Project:
    """A copy that a test may change."""
    return Project.at(Path(shutil.copytree(filled, tmp_path / "project")))


def contents(store: EmbeddedStore) -> set[str]:
    """Everything in a store with its graph, blank nodes aside."""
    return {text for text in map(str, store.quads) if "_:" not in text}


def prepared(project: Project) -> tuple[EmbeddedStore, bool]:
    """The store, and whether it was made from the one before."""
    built: list[int] = []
    store = prepared_store(Project.at(project.root), building=lambda: built.append(1))
    return store, not built


def replaced(old: str, new: str, file: str = RECORD) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def added(statement: str, file: str = RECORD) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        with (root / file).open("a", encoding="utf-8") as record:
            record.write(f"\n{statement}\n")

    return change


def new_file(root: Path) -> None:
    (root / "data/shared/new.ttl").write_text("<http://e.org/a> <http://e.org/b> 'c' .\n", encoding="utf-8")


def copied_file(root: Path) -> None:
    """What one file says, another says too: statements in two graphs."""
    shutil.copy(root / "data/shared/laws.ttl", root / "data/shared/laws-again.ttl")


NO_RULE = {
    "a name": replaced('"@de', ' neu"@de'),
    "nothing but the layout": added("# a comment"),
    "an address": added("city:ulm rdfs:seeAlso <https://example.org/> ."),
    "an address in two files": added("<http://e.org/a> <http://e.org/b> 'c' ."),
    "a file": new_file,
}
A_RULE = {
    "a class": added("<http://e.org/a> a sckg:City ."),
    "what was concluded": added("city:ulm a sckg:Place , skos:Concept ; sckg:activeIn fld:mobility ."),
    "a link": added("city:ulm sckg:ofCity city:magdeburg ; sckg:exchangesWith city:lemgo ."),
    "a day": replaced('sckg:when "2018"', 'sckg:when "2016"'),
    "a status": replaced("sckg:status", "sckg:certainty", SHARED),
    "a blank node": added("city:ulm rdfs:seeAlso [ rdfs:label 'x' ] ."),
    "a rule": lambda root: (root / "ontology/rules/active-in.rq").unlink(),
    "a setting": added("\n[renewal]\n", "smartcity.toml"),
    "the ontology": added("sckg:City rdfs:subClassOf <http://e.org/C> .", "ontology/modules/core.ttl"),
}


@pytest.mark.parametrize("name", NO_RULE)
def test_what_no_rule_reads_needs_no_rules(name: str, own: Project) -> None:
    NO_RULE[name](own.root)
    store, renewed = prepared(own)
    assert renewed
    assert contents(store) == contents(open_store(Project.at(own.root)))


@pytest.mark.parametrize("name", A_RULE)
def test_what_a_rule_reads_is_concluded_anew(name: str, own: Project) -> None:
    A_RULE[name](own.root)
    store, renewed = prepared(own)
    assert not renewed
    assert contents(store) == contents(open_store(Project.at(own.root)))


@pytest.mark.parametrize("seed", range(8))
def test_whatever_changes_it_is_as_if_built_anew(seed: int, own: Project) -> None:
    """Three changes by chance one after the other, each from the store before: dropped and spoilt statements."""
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    for step in range(3):
        path = chance.choice(own.data_files)
        triples = list(own.read(path).triples)
        dropped = chance.sample(triples, min(len(triples) - 1, chance.choice([0, 1, 1, 3])))
        told = [triple for triple in triples if triple not in dropped]
        told += spoilt(triples, f"{seed}{step}") if chance.random() < 0.4 else []
        path.write_text(write_triples(told, own.prefixes), encoding="utf-8")
        store, _ = prepared(own)
        assert contents(store) == contents(open_store(Project.at(own.root)))


def test_what_two_files_say_stays_until_neither_says_it(own: Project) -> None:
    copied_file(own.root)
    prepared(own)
    question = "ASK { ?law a sckg:LegalResource }"
    for name in ("laws-again", "laws"):
        (own.root / f"data/shared/{name}.ttl").unlink()
        store, _ = prepared(own)
        assert contents(store) == contents(open_store(Project.at(own.root)))
        assert bool(store.query(question)) == (name == "laws-again")


def test_a_file_that_is_gone(own: Project) -> None:
    new_file(own.root)
    prepared(own)
    (own.root / "data/shared/new.ttl").unlink()
    store, _ = prepared(own)
    assert not store.query("ASK { <http://e.org/a> ?p ?o }")


@pytest.mark.parametrize("note", ["", "{", "[]", '{"basis": "", "files": {}, "steps": 0}', '{"basis": 1}'])
def test_a_note_that_is_none_means_building(note: str, own: Project) -> None:
    [folder] = (own.root / ".cache" / "graph").iterdir()
    (folder / NOTE).write_text(note, encoding="utf-8")
    NO_RULE["a name"](own.root)
    store, renewed = prepared(own)
    assert not renewed
    assert contents(store) == contents(open_store(Project.at(own.root)))


def test_after_many_steps_it_is_built_anew(own: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartcity_kg.renewal._MOST_STEPS", 2)
    renewed = []
    for _ in range(4):
        NO_RULE["a name"](own.root)
        renewed.append(prepared(own)[1])
    assert renewed == [True, True, False, True]


def test_a_server_gets_a_folder_of_its_own(own: Project) -> None:
    before = prepared_folder(own)
    held = ox.Store.read_only(str(before))
    NO_RULE["a name"](own.root)
    after = prepared_folder(Project.at(own.root))
    assert after != before
    assert len(held) == len(ox.Store.read_only(str(after)))
    assert sorted(path.name for path in after.parent.iterdir()) == sorted([before.name, after.name])


@pytest.mark.parametrize("cut", [0, 1, 1_000_000])
def test_a_text_that_was_cut_off_is_not_read(cut: int, filled: Path, tmp_path: Path) -> None:
    [folder] = (filled / ".cache" / "graph").iterdir()
    copied = Path(shutil.copytree(folder, tmp_path / folder.name))
    text = (copied / COPY).read_bytes()
    (copied / COPY).write_bytes(text[: max(0, len(text) - cut)])
    whole = read_copy(copied)
    assert (whole is not None) == (cut == 0)
    store = read_store(Project.at(filled), copied)
    assert contents(store.in_memory()) == contents(store)
