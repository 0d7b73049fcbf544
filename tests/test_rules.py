"""Rules: each with an example of what goes in and what comes out, and all of them against owlrl."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import ROOT, cases, sample_project
from smartcity_kg.answer import Rows
from smartcity_kg.edtf import bounds
from smartcity_kg.errors import HeaderProblem, QueryProblem
from smartcity_kg.graph import open_store
from smartcity_kg.project import Project
from smartcity_kg.reason import owlrl_closure, read_rule, read_rules, run_rules
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.turtle.parse import read_turtle

RULES = cases("ontology/rules", "*.rq", at_least=10)
EXAMPLES = ROOT / "tests" / "rules"
SCKG = "https://w3id.org/smartcity-kg/ontology#"


@pytest.mark.parametrize("path", RULES)
def test_rule_gives_exactly_what_its_example_says(path: Path, project: Project) -> None:
    rule = read_rule(path, project)
    given = read_turtle(EXAMPLES / f"{path.stem}.in.ttl").triples
    wanted = set(read_turtle(EXAMPLES / f"{path.stem}.out.ttl").triples)
    store = EmbeddedStore(project.prefixes)
    store.load(given, graph="https://example.org/given")
    run_rules(store, project, rule.stage)
    assert set(store.triples(graph=project.inferred + rule.name)) == wanted


@pytest.mark.parametrize("path", RULES)
def test_rule_says_what_it_does_in_both_languages(path: Path, project: Project) -> None:
    header = read_rule(path, project).header
    assert header.text("title", "de")
    assert header.text("title", "en")


def test_rules_never_write_into_a_record(project: Project) -> None:
    store = open_store(project, stages=())
    before = {name: set(store.triples(graph=name)) for name in store.graphs()}
    run_rules(store, project)
    assert {name: set(store.triples(graph=name)) for name in before} == before


def test_a_second_run_adds_nothing(project: Project) -> None:
    store = open_store(project)
    assert run_rules(store, project).total == 0


def test_what_a_rule_gives_stands_in_one_graph_only(embedded: EmbeddedStore, project: Project) -> None:
    inferred = [set(embedded.triples(graph=g)) for g in embedded.graphs() if g.startswith(project.inferred)]
    assert sum(map(len, inferred)) == len(set().union(*inferred)) > 400


def rows(store: EmbeddedStore, query: str) -> set[tuple[str, ...]]:
    answer = store.query(query)
    assert isinstance(answer, Rows)
    return {tuple(str(term) for term in row) for row in answer}


def test_rules_and_owlrl_differ_only_where_listed(tmp_path: Path) -> None:
    """The comparison is of statements between entries with the ontology's properties, and of their classes.

    It is made on the records of the fixed sample: owlrl takes seconds for each record.
    """
    project = sample_project(tmp_path / "project")
    spelt_out = open_store(project, stages=("expand",))
    given = set(spelt_out.triples())
    by_owlrl = {t for t in owlrl_closure(spelt_out) if _counts(t, project)} - given
    complete = open_store(project)
    by_rules = {t for t in complete.triples() if _counts(t, project)} - given

    # owlrl has more: links of cities that share a network, which the queries derive when asked.
    shares = ox.NamedNode(f"{SCKG}sharesNetworkWith")
    shared = {(t.subject, t.object) for t in by_owlrl if t.predicate == shares}
    missing = by_owlrl - by_rules
    assert {t for t in missing if t.predicate != shares} <= {
        ox.Triple(a, ox.NamedNode(f"{SCKG}connectedWith"), b) for a, b in shared
    }
    # The rules have more: what the rules beyond OWL 2 RL conclude, and what OWL 2 RL concludes from that.
    beyond = {
        triple
        for rule in read_rules(project)
        if rule.beyond_owl
        for triple in complete.triples(graph=project.inferred + rule.name)
    }
    spelt_out.load(beyond, graph="https://example.org/beyond")
    by_owlrl_then = {t for t in owlrl_closure(spelt_out) if _counts(t, project)} | beyond
    assert by_rules - by_owlrl <= by_owlrl_then
    assert len(by_rules & by_owlrl) > 150


def _counts(triple: ox.Triple, project: Project) -> bool:
    entry = f"{project.base}id/"
    if not getattr(triple.subject, "value", "").startswith(entry) or triple.subject == triple.object:
        return False
    if triple.predicate.value.endswith("#type"):
        return getattr(triple.object, "value", "").startswith(SCKG)
    return triple.predicate.value.startswith(SCKG)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('#+ title.en = "a"\nCONSTRUCT {} WHERE {}', HeaderProblem, "lacks the key 'title.de'"),
        ("{head}SELECT * WHERE {{ ?s ?p ?o }}", QueryProblem, "must be a CONSTRUCT"),
        ("{stage}CONSTRUCT {{}} WHERE {{}}", HeaderProblem, "unknown stage 'later'"),
    ],
)
def test_malformed_rule_is_refused(
    text: str, error: type[Exception], message: str, tmp_path: Path, project: Project
) -> None:
    head = '#+ title.en = "a"\n#+ title.de = "a"\n#+ source = "b"\n'
    path = tmp_path / "rule.rq"
    path.write_text(
        text.format(head=f'{head}#+ stage = "infer"\n', stage=f'{head}#+ stage = "later"\n')
        if "{head}" in text or "{stage}" in text
        else text
    )
    with pytest.raises(error, match=message):
        read_rule(path, project)


def test_bounds_in_the_graph_are_those_of_the_dates(embedded: EmbeddedStore) -> None:
    found = rows(
        embedded,
        "SELECT (STR(?d) AS ?date) (STR(?a) AS ?from) (STR(?b) AS ?to) WHERE "
        "{ ?x sckg:when|sckg:throughout ?d ; sckg:notBefore ?a ; sckg:notAfter ?b }",
    )
    assert len(found) >= 4
    for date, first, last in found:
        span = bounds(date.strip('"'))
        assert (f'"{span.earliest}"', f'"{span.latest}"') == (first, last)


def test_every_rule_is_read(project: Project) -> None:
    assert [rule.name for rule in read_rules(project)] == sorted(
        path.stem for path in project.files("ontology/rules", suffix=".rq")
    )
