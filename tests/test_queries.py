"""Saved queries: header, columns, expected results, and the same answers on every backend."""

import csv
import io
from pathlib import Path

import pytest

from cases import ROOT, cases
from smartcity_kg.answer import Answer, Rows
from smartcity_kg.errors import HeaderProblem, InputError, NotFound, ParameterProblem, Refused
from smartcity_kg.formats.csv import write_answer
from smartcity_kg.project import Project
from smartcity_kg.queries import (
    SavedQuery,
    get_saved_query,
    read_column_titles,
    read_saved_queries,
    read_saved_query,
    run_saved_query,
)
from smartcity_kg.sparql import bind, with_prefixes
from smartcity_kg.store import Store
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.store.remote import RemoteStore

QUERIES = cases("queries", "*.rq", at_least=35)
GOLDEN = ROOT / "tests" / "golden" / "queries"
# What other parts of the project and its users rely on: name, parameters, columns.
PROMISED = {
    "shared-networks": ("city", "a b network"),
    "networks-of-city": ("city", "network"),
    "exchange-partners": ("city", "partner source date"),
    "competition-results": ("city", "competition rank field_size winner winner_count"),
    "units-by-field": ("field city", ""),
    "initiatives-by-field": ("field", ""),
    "milestones": ("city", ""),
    "participation-formats": ("city status", ""),
    "risks": ("city", ""),
    "evidence": ("thing", ""),
}
EMPTY_ON_GOOD_DATA = frozenset(
    [
        "double-labels",
        "missing-parts",
        "only-competition-networks",
        "retired-terms",
        "shared-funders",
        "undescribed",
        "without-english-name",
        "without-evidence",
    ]
)


def examples(query: SavedQuery) -> dict[str, str]:
    """The examples of the required parameters."""
    return {parameter.name: parameter.example for parameter in query.parameters if not parameter.optional}


def golden_cases(query: SavedQuery) -> dict[str, dict[str, str]]:
    """File name to parameters: the required ones, and each optional one beside them."""
    required = examples(query)
    found = {f"{query.name}.csv": required}
    for parameter in query.parameters:
        if parameter.optional:
            found[f"{query.name}.{parameter.name}.csv"] = {**required, parameter.name: parameter.example}
    return found


@pytest.fixture(params=QUERIES, scope="module")
def query(request: pytest.FixtureRequest, project: Project) -> SavedQuery:
    """Each saved query in turn."""
    path: Path = request.param
    return read_saved_query(path, project)


def test_header_speaks_both_languages(query: SavedQuery) -> None:
    for language in ("de", "en"):
        assert query.title(language).endswith("?")
        assert query.description(language)
        assert all(parameter.title(language) for parameter in query.parameters)


def test_answers_are_the_expected_ones(query: SavedQuery, sample: EmbeddedStore, project: Project) -> None:
    for name, values in golden_cases(query).items():
        answer = run_saved_query(query, sample, project.prefixes, values, language="de")
        wanted = GOLDEN / query.topic / name
        assert wanted.is_file(), f"{name} is missing: python3 dev.py golden"
        assert write_answer(answer) == wanted.read_bytes().decode()


def test_expected_result_is_not_empty(query: SavedQuery) -> None:
    for name in golden_cases(query):
        lines = (GOLDEN / query.topic / name).read_text(encoding="utf-8").splitlines()
        assert len(lines) > 1 or query.name in EMPTY_ON_GOOD_DATA


def test_endpoint_gives_the_same(
    query: SavedQuery, sample: EmbeddedStore, remote: RemoteStore, project: Project
) -> None:
    def ask(store: Store) -> Answer:
        return run_saved_query(query, store, project.prefixes, examples(query), language="en")

    assert ask(remote) == ask(sample)


def test_runs_on_all_data(query: SavedQuery, embedded: EmbeddedStore, project: Project) -> None:
    answer = run_saved_query(query, embedded, project.prefixes, examples(query), language="de")
    assert not isinstance(answer, Rows) or answer.columns


def test_every_iri_column_has_a_label_column(query: SavedQuery, sample: EmbeddedStore, project: Project) -> None:
    answer = run_saved_query(query, sample, project.prefixes, examples(query))
    if isinstance(answer, Rows):
        for name, kind in query.columns.items():
            assert name in answer.columns
            assert (f"{name}_label" in answer.columns) == (kind == "iri")


def test_text_runs_without_our_engine(query: SavedQuery, project: Project) -> None:
    """Any SPARQL 1.1 parser reads the query with its prefixes and parameters."""
    from pyoxigraph import NamedNode
    from rdflib.plugins.sparql import prepareQuery

    bindings = {parameter.name: NamedNode("https://example.org/x") for parameter in query.parameters}
    assert prepareQuery(with_prefixes(bind(query.text, bindings), project.prefixes.namespaces))


def test_no_expected_result_without_its_query(project: Project) -> None:
    wanted = {f"{query.topic}/{name}" for query in read_saved_queries(project) for name in golden_cases(query)}
    assert {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.csv")} == wanted


def test_open_questions_are_answered(project: Project) -> None:
    numbers = [query.header.values.get("question") for query in read_saved_queries(project)]
    answered = {number for number in numbers if number}
    assert len(answered) >= 35


@pytest.mark.parametrize("name", PROMISED)
def test_promised_query(name: str, project: Project) -> None:
    query = get_saved_query(project, name)
    parameters, columns = PROMISED[name]
    assert {parameter.name for parameter in query.parameters} >= set(parameters.split())
    assert list(query.columns)[: len(columns.split())] == columns.split()


def column(project: Project, store: Store, name: str, wanted: str, **values: str) -> list[str]:
    answer = run_saved_query(get_saved_query(project, name), store, project.prefixes, values, language="de")
    assert isinstance(answer, Rows)
    return answer.column(wanted)


def test_networks_of_magdeburg(project: Project, sample: EmbeddedStore) -> None:
    found = column(project, sample, "networks-of-city", "network_label", city="Magdeburg")
    assert sorted(found) == ["Deutscher Städtetag", "Netzwerk Energieeffiziente Stadt"]


def test_exchange_is_mutual(project: Project, sample: EmbeddedStore) -> None:
    found = column(project, sample, "exchange-partners", "partner_label", city="city:magdeburg")
    assert sorted(found) == ["Coburg", "Karlsruhe"]
    assert column(project, sample, "exchange-partners", "partner_label", city="Karlsruhe") == ["Magdeburg"]


def test_competition_results_of_magdeburg(project: Project, sample: EmbeddedStore) -> None:
    answer = run_saved_query(
        get_saved_query(project, "competition-results"),
        sample,
        project.prefixes,
        {"city": "magdeburg"},
        language="de",
    )
    assert isinstance(answer, Rows)
    by_name = {row["competition_label"]: row for row in answer.as_dicts()}
    won = by_name["Energieeffiziente Stadt"]
    assert (won["winner"], won["winner_count"], "rank" in won) == ("true", "5", False)
    voted = by_name["HRS City Voting 2017: Meine smarte Stadt"]
    assert (voted["rank"], voted["field_size"]) == ("2", "44")


def test_each_pair_stands_once(project: Project, sample: EmbeddedStore) -> None:
    pairs = list(
        zip(
            column(project, sample, "shared-networks", "a"),
            column(project, sample, "shared-networks", "b"),
            column(project, sample, "shared-networks", "network"),
            strict=True,
        )
    )
    assert pairs
    assert all(a < b for a, b, _ in pairs)
    assert len(set(pairs)) == len(pairs)


def test_labels_follow_the_language(project: Project, sample: EmbeddedStore) -> None:
    query = get_saved_query(project, "networks-of-city")
    answer = run_saved_query(query, sample, project.prefixes, {"city": "Magdeburg"}, language="en")
    assert isinstance(answer, Rows)
    assert "Association of German Cities" in answer.column("network_label")


@pytest.mark.parametrize(
    ("name", "values", "error", "message"),
    [
        ("networks-of-city", {}, ParameterProblem, "needs the parameter --city"),
        ("networks-of-city", {"city": "Magdburg"}, NotFound, "Did you mean 'Magdeburg'"),
        ("networks-of-city", {"city": "city:magdburg"}, NotFound, "Did you mean 'city:magdeburg'"),
        ("networks-of-city", {"city": "net:deutscher-staedtetag"}, NotFound, "there is no city"),
        ("networks-of-city", {"town": "Magdeburg"}, ParameterProblem, "It has: --city"),
        ("networks-of-city", {"city": "'; DROP ALL #"}, NotFound, "there is no city"),
    ],
)
def test_bad_parameter(
    name: str,
    values: dict[str, str],
    error: type[Exception],
    message: str,
    project: Project,
    sample: EmbeddedStore,
) -> None:
    with pytest.raises(error, match=message):
        run_saved_query(get_saved_query(project, name), sample, project.prefixes, values)


HEADER = """#+ title.en = "Which?"
#+ title.de = "Welche?"
#+ description.en = "All."
#+ description.de = "Alle."
"""
COLUMNS = '#+ columns = {n = "integer"}\n'
QUERY = "SELECT ?n WHERE { BIND(1 AS ?n) }\n"


def saved(tmp_path: Path, text: str) -> SavedQuery:
    """A query that stands in a small project of its own."""
    for folder in ("ontology", "queries/topic"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    path = tmp_path / "queries/topic/question.rq"
    path.write_text(text, encoding="utf-8")
    return read_saved_query(path, Project.at(tmp_path))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (
            HEADER + '#+ colums = {n = "integer"}\n' + QUERY,
            HeaderProblem,
            r"question.rq:5: unknown key 'colums.n'",
        ),
        (HEADER + "#+ columns = {n = }\n" + QUERY, HeaderProblem, r"question.rq:5:\d+: .*not valid TOML"),
        (HEADER + QUERY, HeaderProblem, "lacks the key 'columns'"),
        (HEADER + '#+ columns = {n = "number"}\n' + QUERY, HeaderProblem, "unknown type 'number'"),
        (HEADER + COLUMNS + '#+ view = "pie"\n' + QUERY, HeaderProblem, "unknown view 'pie'"),
        (
            HEADER + COLUMNS + '#+ parameters.n = {type = "int", example = "1"}\n' + QUERY,
            HeaderProblem,
            "known type",
        ),
        (HEADER + COLUMNS + '#+ parameters.n = {type = "integer"}\n' + QUERY, HeaderProblem, "needs an example"),
        (COLUMNS + QUERY, HeaderProblem, "lacks the key 'title.en'"),
        (HEADER + "DELETE WHERE { ?s ?p ?o }", Refused, r"question.rq:5:1: DELETE is an update"),
        (HEADER + "SELECT * WHERE { SERVICE <http://e.org/> { } }", Refused, "question.rq:5:18: SERVICE"),
    ],
)
def test_malformed_query_file(text: str, error: type[Exception], message: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=message):
        saved(tmp_path, text)


def test_syntax_error_names_file_line_and_column(tmp_path: Path, sample: EmbeddedStore, project: Project) -> None:
    query = saved(tmp_path, HEADER + COLUMNS + "SELECT ?n WHERE { BIND(1 AS ?n }\n")
    with pytest.raises(InputError, match=r"queries/topic/question.rq:6:\d+: expected"):
        run_saved_query(query, sample, project.prefixes, {})


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [("integer", "7", "seven"), ("date", "2019-03-19", "19.3.2019"), ("boolean", "ja", "vielleicht")],
)
def test_typed_parameter(
    kind: str, good: str, bad: str, tmp_path: Path, sample: EmbeddedStore, project: Project
) -> None:
    declared = f'#+ parameters.value = {{type = "{kind}", example = "{good}"}}\n'
    query = saved(tmp_path, HEADER + COLUMNS + declared + "SELECT ?n WHERE { BIND(STR(?value) AS ?n) }\n")
    answer = run_saved_query(query, sample, project.prefixes, {"value": good})
    assert isinstance(answer, Rows)
    assert len(answer) == 1
    with pytest.raises(ParameterProblem, match=f"--value wants .*, not '{bad}'"):
        run_saved_query(query, sample, project.prefixes, {"value": bad})


def test_header_that_names_other_columns(tmp_path: Path, sample: EmbeddedStore, project: Project) -> None:
    query = saved(tmp_path, HEADER + COLUMNS.replace("n =", "m =") + QUERY)
    with pytest.raises(HeaderProblem, match=r"question.rq:5: the header names the columns m, the query gives n"):
        run_saved_query(query, sample, project.prefixes, {})


def test_two_queries_of_one_name(tmp_path: Path) -> None:
    saved(tmp_path, HEADER + COLUMNS + QUERY)
    (tmp_path / "queries/other").mkdir()
    (tmp_path / "queries/other/question.rq").write_text(HEADER + COLUMNS + QUERY, encoding="utf-8")
    with pytest.raises(InputError, match="two saved queries are named 'question'"):
        read_saved_queries(Project.at(tmp_path))


def test_expected_results_are_csv() -> None:
    text = (GOLDEN / "networks" / "shared-networks.csv").read_text(encoding="utf-8")
    assert next(csv.reader(io.StringIO(text)))[:2] == ["a", "a_label"]


def test_every_column_has_a_title_in_both_languages(project: Project) -> None:
    """And no title is left over."""
    titles = read_column_titles(project)
    used = {column for query in read_saved_queries(project) for column in query.columns}
    assert {name for name in used if set(titles.get(name, {})) != {"de", "en"}} == set()
    assert set(titles) - used == set()
