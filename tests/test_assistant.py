"""The graph for assistants, asked by the protocol's own client: in memory, and once as a command."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from cases import ROOT, sample_project
from conftest import CommandLine
from smartcity_kg.assistant import create_server
from smartcity_kg.graph import prepared_folder
from smartcity_kg.project import Project
from smartcity_kg.server.serving import Serving, Settings

T = TypeVar("T")
Call = Callable[..., "Told"]
ULM = "https://w3id.org/smartcity-kg/id/city/ulm"
TOOLS = ("describe", "list_saved_queries", "run_saved_query", "run_sparql", "search", "validate_turtle")


class Told:
    """What a tool answers: values, or the text of its error."""

    def __init__(self, answer: Any) -> None:  # noqa: ANN401 - the protocol's
        self.failed = bool(answer.is_error)
        self.text = "".join(part.text for part in answer.content)
        self.values: dict[str, Any] = answer.structured_content or {}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = sample_project(tmp_path_factory.mktemp("assistant") / "project")
    prepared_folder(project)
    return project


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def client(project: Project, loop: asyncio.Runner) -> Iterator[Client]:
    """A client of a server in this process."""
    serving = Serving(project, Settings("https://atlas.example.org/", warm=False, follow=False))
    asking, ending = asyncio.Queue[Any](), asyncio.Event()

    async def serve() -> None:
        async with Client(create_server(serving)) as connected:
            await asking.put(connected)
            await ending.wait()

    async def begin() -> tuple[asyncio.Task[None], Client]:
        task = asyncio.create_task(serve())
        return task, await asking.get()

    async def end() -> None:
        ending.set()
        await task

    task, connected = loop.run(begin())
    yield connected
    loop.run(end())


@pytest.fixture
def call(client: Client, loop: asyncio.Runner) -> Call:
    def asked(tool: str, **arguments: object) -> Told:
        return Told(loop.run(_awaited(client.call_tool(tool, arguments))))

    return asked


async def _awaited(coming: Awaitable[T]) -> T:
    return await coming


def test_tools_only_read_and_say_what_they_want(client: Client, loop: asyncio.Runner) -> None:
    tools = loop.run(_awaited(client.list_tools())).tools
    assert tuple(sorted(tool.name for tool in tools)) == TOOLS
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
    assert all(tool.description for tool in tools)
    described = [field.get("description") for tool in tools for field in tool.input_schema["properties"].values()]
    assert all(described)


def test_saved_queries_are_listed_with_typed_parameters(call: Call) -> None:
    everything = call("list_saved_queries").values
    assert {query["topic"] for query in everything["queries"]} == set(everything["topics"])
    networks = {query["name"]: query for query in call("list_saved_queries", topic="networks").values["queries"]}
    city = networks["networks-of-city"]["parameters"]["city"]
    assert (city["type"], city["class"], city["required"]) == ("iri", "sckg:City", True)


def test_saved_query_answers_with_labels_and_sources(call: Call) -> None:
    told = call("run_saved_query", name="all-cities", language="de").values
    assert "Ulm" in [row["city_label"] for row in told["rows"]]
    assert told["edition"]["title"] == "Smart-City-Wissensgraph"
    assert told["edition"]["version"]
    assert told["edition"]["licence"].startswith("https://creativecommons.org/")
    records = {record["iri"]: record for record in told["records"]}
    assert records["https://w3id.org/smartcity-kg/doc/city/ulm"]["licence"].endswith("CC_BY_4_0")
    assert told["sources"]
    assert all(source["label"] and source["page"].startswith("https://atlas.") for source in told["sources"])


def test_rows_come_in_parts(call: Call) -> None:
    first = call("run_saved_query", name="all-cities", limit=1).values
    second = call("run_saved_query", name="all-cities", limit=1, offset=1).values
    assert (first["count"], first["more"]) == (1, True)
    assert first["rows"] != second["rows"]


def test_thing_may_be_named(call: Call) -> None:
    by_name = call("run_saved_query", name="networks-of-city", parameters={"city": "Ulm"})
    by_iri = call("run_saved_query", name="networks-of-city", parameters={"city": ULM})
    assert not by_name.failed
    assert by_name.values == by_iri.values


def test_description_has_records_evidence_and_page(call: Call) -> None:
    told = call("describe", thing="Ulm", language="de", limit=1000).values
    assert (told["iri"], told["page"]) == (ULM, "https://atlas.example.org/doc/city/ulm")
    assert told["labels"]["en"] == "Ulm"
    stated = [one for one in told["statements"] if "records" in one]
    assert stated
    assert [one for one in told["statements"] if "inferred_by" in one and "records" not in one]
    assert told["sources"]


def test_statement_with_evidence_of_its_own_names_it(call: Call) -> None:
    told = call("describe", thing=f"{ULM}/funding-modellprojekt").values
    assert [one for one in told["statements"] if "evidence" in one]


def test_search_finds_and_forgives(call: Call) -> None:
    found = call("search", text="ulm").values
    assert (found["found"][0]["iri"], found["only_alike"]) == (ULM, False)
    assert call("search", text="Ullm").values["only_alike"]


def test_sparql_of_each_form(call: Call) -> None:
    rows = call("run_sparql", query="SELECT ?c { ?c a sckg:City } ORDER BY ?c", limit=1).values
    assert (rows["count"], rows["more"], rows["columns"]) == (1, True, ["c", "c_label"])
    counted = call("run_sparql", query="SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").values
    assert isinstance(counted["rows"][0]["n"], int)
    assert call("run_sparql", query="ASK { city:ulm a sckg:City }").values["answer"] is True
    graph = call("run_sparql", query="CONSTRUCT WHERE { city:ulm a ?class }").values
    assert f"<{ULM}>" in graph["triples"]
    assert graph["sources"]


RECORD = (ROOT / "tests" / "sample" / "data" / "cities" / "ulm.ttl").read_text(encoding="utf-8")


def test_text_is_checked(call: Call) -> None:
    assert call("validate_turtle", text=RECORD).values["conforms"]
    report = call("validate_turtle", text=RECORD.replace("sckg:evidence", "sckg:evidenz", 1), language="de").values
    assert "evidenz" in json.dumps(report["findings"])
    assert report["language"] == "de"
    assert not call("validate_turtle", text="no Turtle").values["conforms"]


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("run_saved_query", {"name": "network-of-city"}, "Did you mean 'networks-of-city'"),
        ("run_saved_query", {"name": "networks-of-city"}, 'For example: {"city":'),
        ("run_saved_query", {"name": "all-cities", "parameters": {"town": "Ulm"}}, "no parameter town"),
        ("run_saved_query", {"name": "networks-of-city", "parameters": {"city": "Ulmm"}}, "'Ulm'"),
        (
            "run_saved_query",
            {"name": "networks-of-city", "parameters": {"city": "> . DROP ALL #"}},
            "there is no city",
        ),
        ("run_saved_query", {"name": "all-cities", "limit": 100_000}, "less than or equal to 1000"),
        ("run_saved_query", {"name": "all-cities", "language": "fr"}, "'de' or 'en'"),
        ("run_saved_query", {}, "name"),
        ("list_saved_queries", {"topic": "network"}, "Did you mean 'networks'"),
        ("describe", {"thing": "city:nowhere"}, "there is no entry"),
        ("describe", {"thing": "a\u0000<b>"}, "there is no entry"),
        ("search", {"text": "  "}, "nothing to search for"),
        ("run_sparql", {"query": "DROP ALL"}, "DROP is an update"),
        ("run_sparql", {"query": "ASK { SERVICE <http://e.org/> {} }"}, "SERVICE is not allowed"),
        ("run_sparql", {"query": "SELECT * FROM <http://e.org/g> { ?s ?p ?o }"}, "http://e.org/g"),
        ("run_sparql", {"query": ""}, "no SPARQL query"),
        ("run_sparql", {"query": "SELECT * {\n ?s ?p }"}, "<query>:2:"),
        ("run_sparql", {"query": "(" * 5000}, "nested deeper"),
        ("run_sparql", {"query": "ASK { ?s ?p '" + "x" * 20_000 + "' }"}, "more than the 16,384 allowed"),
        ("run_sparql", {"query": "CONSTRUCT WHERE { ?s ?p ?o }"}, "more than the 200,000 that are passed on"),
        ("validate_turtle", {"text": ""}, "no text to check"),
    ],
)
def test_mistakes_are_told_as_errors_of_the_tool(
    call: Call, tool: str, arguments: dict[str, object], said: str
) -> None:
    told = call(tool, **arguments)
    assert told.failed
    assert said in told.text
    assert "Traceback" not in told.text


def test_endless_query_is_stopped_and_others_answered(project: Project, loop: asyncio.Runner) -> None:
    from smartcity_kg.server.workers import QueryLimits

    async def ask() -> tuple[Told, Told]:
        serving = Serving(project, Settings(warm=False, follow=False), QueryLimits(seconds=0.5))
        async with Client(create_server(serving)) as client:
            await client.call_tool("search", {"text": "Ulm"})
            hostile = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
            slow, quick = await asyncio.gather(
                client.call_tool("run_sparql", {"query": hostile}),
                client.call_tool("run_sparql", {"query": "ASK {}"}),
            )
            return Told(slow), Told(quick)

    slow, quick = loop.run(ask())
    assert slow.failed
    assert "was stopped" in slow.text
    assert quick.values["answer"] is True


def test_project_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, loop: asyncio.Runner) -> None:
    project = sample_project(tmp_path / "project")
    broken = project.root / "data" / "cities" / "ulm.ttl"
    broken.write_text(RECORD + "\n city:ulm a", encoding="utf-8")

    async def ask() -> list[Told]:
        async with Client(create_server(Serving(project, Settings(warm=False, follow=False)))) as client:
            answers = [Told(await client.call_tool("search", {"text": "Ulm"}))]
            broken.write_text(RECORD, encoding="utf-8")
            return [*answers, Told(await client.call_tool("search", {"text": "Ulm"}))]

    first, second = loop.run(ask())
    assert first.failed
    assert "ulm.ttl:" in first.text
    assert second.values["found"][0]["iri"] == ULM


def test_command_speaks_the_protocol_and_nothing_else(project: Project, loop: asyncio.Runner) -> None:
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "smartcity_kg", "mcp", "--project", str(project.root)],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )

    async def ask() -> Told:
        async with Client(command) as client:
            return Told(await client.call_tool("run_sparql", {"query": "ASK { city:ulm a sckg:City }"}))

    assert loop.run(ask()).values["answer"] is True


def test_command_with_a_store_that_is_none_says_so(run: CommandLine, tmp_path: Path) -> None:
    result = run("mcp", "--store", str(tmp_path / "none"))
    assert result.code == 4
    assert "there is no folder" in result.err


def test_command_without_its_extra_says_what_to_install(run: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcity_kg.assistant", None)
    result = run("mcp")
    assert result.code == 2
    assert "pip install 'smartcity-kg[mcp]'" in result.err
