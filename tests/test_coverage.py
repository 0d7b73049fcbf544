"""Every fact of the list of Magdeburg is in the graph, with evidence, or left out with a reason."""

import csv
import importlib.util
import json
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cases import cases

ROOT = Path(__file__).parents[1]
SHARED = Path(__file__).parents[2] / "shared"
FACT_LIST = SHARED / "facts" / "magdeburg_facts.csv"
OTHER_LIST = SHARED / "facts" / "portraits" / "magdeburg-extern.jsonl"
PORTRAIT = "https://w3id.org/smartcity-kg/id/portrait/bitkom-magdeburg-2019#"
SOURCE = "https://w3id.org/smartcity-kg/id/source/"
OTHER = "MDX-"  # how the facts from other sources than the portrait are numbered
RUN = 8  # so many words in a row taken from a portrait would be a copy


def _load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_tool", ROOT / "tools" / "coverage.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from tools import coverage as tool
else:
    tool = _load_tool()

DATA, PREFIXES = tool.read_data("magdeburg")
FACTS = tool.read_facts(ROOT / "docs" / "coverage" / "magdeburg.csv", PREFIXES)
OF_PORTRAIT = [fact for fact in FACTS if not fact.identifier.startswith(OTHER)]
OF_OTHERS = [fact for fact in FACTS if fact.identifier.startswith(OTHER)]
CARRIED = [fact for fact in FACTS if fact.triples]
FROM_FILES = [fact for fact in CARRIED if set(fact.graphs) != {"inferred"}]
TURTLE = sorted((ROOT / "data").rglob("*.ttl"))


def by_identifier(fact: object) -> str:
    return str(getattr(fact, "identifier", fact))


def in_files(fact: "tool.Fact") -> list[ox.Triple]:
    return [triple for triple in fact.triples if any(triple in graph for graph in DATA.graphs.values())]


def test_every_fact_stands_once_and_in_order() -> None:
    assert [fact.identifier for fact in OF_PORTRAIT] == [f"MD{number:03}" for number in range(1, 229)]
    assert [fact.identifier for fact in OF_OTHERS] == [f"{OTHER}{number:02}" for number in range(1, 35)]
    assert [*OF_PORTRAIT, *OF_OTHERS] == FACTS


@pytest.mark.parametrize("fact", FACTS, ids=by_identifier)
def test_a_fact_is_carried_or_left_out_with_a_reason(fact: "tool.Fact") -> None:
    assert fact.what
    assert fact.explicitness in ("explicit", "inferred")
    if fact.triples:
        assert fact.graphs
        assert not fact.reason.startswith("Left out")
    else:
        assert not fact.graphs
        assert fact.reason.startswith("Left out: ")


@pytest.mark.parametrize("fact", CARRIED, ids=by_identifier)
def test_each_triple_stands_in_a_graph_that_the_row_names(fact: "tool.Fact") -> None:
    found = {name: [triple for triple in fact.triples if triple in graph] for name, graph in DATA.graphs.items()}
    found["inferred"] = [triple for triple in fact.triples if triple not in in_files(fact)]
    assert {name for name, triples in found.items() if triples} == set(fact.graphs)


@pytest.mark.parametrize("fact", CARRIED, ids=by_identifier)
def test_each_triple_is_in_the_merged_graph(fact: "tool.Fact", store: ox.Store) -> None:
    missing = [
        triple
        for triple in fact.triples
        if not any(store.quads_for_pattern(triple.subject, triple.predicate, triple.object, ox.DefaultGraph()))
    ]
    assert not missing


@pytest.mark.parametrize("fact", FROM_FILES, ids=by_identifier)
def test_the_evidence_names_the_paragraph_or_the_page_of_the_fact(fact: "tool.Fact") -> None:
    passage = re.compile(re.escape(PORTRAIT + fact.passage) + r"(-[1-9][0-9]*)?")
    evidence = [iri for triple in in_files(fact) for iri in DATA.evidence(triple)]
    if fact in OF_OTHERS:
        assert any(iri.startswith(SOURCE) for iri in evidence), evidence
    else:
        assert any(passage.fullmatch(iri) for iri in evidence), evidence


@pytest.mark.parametrize("fact", FROM_FILES, ids=by_identifier)
def test_what_is_inferred_is_marked_and_what_is_said_is_not(fact: "tool.Fact") -> None:
    marks = [DATA.mark(triple) for triple in in_files(fact)]
    expected = "stated" if fact.explicitness == "explicit" else "inferred"
    assert expected in marks


def test_the_list_agrees_with_the_facts_it_was_made_from() -> None:
    if not FACT_LIST.is_file():
        pytest.skip("the list of facts does not lie beside this checkout")
    with FACT_LIST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    given = [(row["fact_id"], int(row["paragraph"]), row["explicitness"]) for row in rows]
    assert [(fact.identifier, fact.paragraph, fact.explicitness) for fact in OF_PORTRAIT] == given
    sections = {(row["section"], fact.section) for row, fact in zip(rows, OF_PORTRAIT, strict=True)}
    assert len(sections) == len({row["section"] for row in rows}) == len({fact.section for fact in OF_PORTRAIT})


def test_the_list_agrees_with_the_facts_from_other_sources() -> None:
    if not OTHER_LIST.is_file():
        pytest.skip("the facts from other sources do not lie beside this checkout")
    rows = [json.loads(line) for line in OTHER_LIST.read_text(encoding="utf-8").splitlines()]
    assert [(fact.explicitness, fact.paragraph) for fact in OF_OTHERS] == [
        (row["explicitness"], None) for row in rows
    ]


LISTS = cases("docs/coverage", "*.csv", at_least=13)


@pytest.mark.parametrize("path", LISTS)
def test_every_list_names_triples_that_are_there(path: Path, store: ox.Store) -> None:
    _, prefixes = tool.read_data(tool.record_of(path.stem))
    facts = tool.read_facts(path, prefixes)
    assert len({fact.identifier for fact in facts}) == len(facts)
    missing = [
        (fact.identifier, str(triple))
        for fact in facts
        for triple in fact.triples
        if not any(store.quads_for_pattern(triple.subject, triple.predicate, triple.object, ox.DefaultGraph()))
    ]
    assert missing == []
    assert [
        fact.identifier for fact in facts if not fact.triples and not fact.reason.startswith("Left out: ")
    ] == []


def test_the_table_is_up_to_date() -> None:
    assert tool.main(["--check"]) == 0


def test_the_check_notices_a_table_that_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("data", "docs/coverage", "ontology/schemes"):
        (tmp_path / folder).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / "docs/coverage").unlink()
    (tmp_path / "docs/coverage").mkdir()
    for name in ("magdeburg.csv", "magdeburg.md"):
        text = (ROOT / "docs/coverage" / name).read_text(encoding="utf-8")
        (tmp_path / "docs/coverage" / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    table = tmp_path / "docs/coverage/magdeburg.md"
    fresh = table.read_text(encoding="utf-8")
    assert tool.main(["--check"]) == 0
    table.write_text("old\n", encoding="utf-8")
    assert tool.main(["--check"]) == 1
    assert table.read_text(encoding="utf-8") == "old\n"
    assert "out of date" in capsys.readouterr().err
    assert tool.main([]) == 0
    assert table.read_text(encoding="utf-8") == fresh


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("md:x a", "no Turtle"),
        ("md:x a sckg:Goal ; sckg:rank 1", "2 triples"),
        ("nobody:x a sckg:Goal", "no Turtle"),
    ],
)
def test_a_malformed_triple_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(tool.CoverageError, match=f"row 7.*{problem}"):
        tool.parse_triple(text, PREFIXES, "row 7")


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[start : start + RUN]) for start in range(len(found) - RUN + 1)}


@cache
def portrait_runs() -> frozenset[tuple[str, ...]]:
    portraits = sorted((SHARED / "sources").glob("*.txt"))
    if not portraits:
        pytest.skip("the texts of the portraits do not lie beside this checkout")
    return frozenset().union(*(runs(path.read_text(encoding="utf-8")) for path in portraits))


@pytest.mark.parametrize("path", TURTLE, ids=lambda path: path.stem)
def test_no_sentence_of_a_portrait_is_copied(path: Path) -> None:
    triples, _ = tool.read_turtle(path)
    literals = {triple.object.value for triple in triples if isinstance(triple.object, ox.Literal)}
    copied = {text for text in literals if runs(text) & portrait_runs()}
    assert not copied


def test_all_data_is_looked_at() -> None:
    assert len(TURTLE) >= 8
