"""The server for assistants, asked by the SDK's own client."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cases import ROOT, sample_project
from smartcity_kg.graph import prepared_folder
from smartcity_kg.project import Project

mcp = pytest.importorskip("mcp", reason="the SDK of the Model Context Protocol is not installed")

from smartcity_kg.assistant import Assistant, create_server  # noqa: E402

RECORD = (ROOT / "tests" / "sample" / "data" / "cities" / "ulm.ttl").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return sample_project(tmp_path_factory.mktemp("assistant") / "project")


def asked(project: Project, work: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401 - whatever the work gives
    """What some work with a client gives."""

    async def run() -> Any:  # noqa: ANN401
        async with mcp.Client(create_server(Assistant(project), "1")) as client:
            return await work(client)

    return asyncio.run(run())


def call(project: Project, tool: str, **given: object) -> dict[str, Any]:
    """The answer of a tool."""
    result = asked(project, lambda client: client.call_tool(tool, given))
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content or json.loads(result.content[0].text)
    return found


def refused(project: Project, tool: str, **given: object) -> str:
    """What a tool says that refuses."""
    result = asked(project, lambda client: client.call_tool(tool, given))
    assert result.is_error
    text: str = result.content[0].text
    assert "Traceback" not in text
    return text


def test_tools_are_described(project: Project) -> None:
    tools = asked(project, lambda client: client.list_tools()).tools
    names = {tool.name for tool in tools}
    assert names == {"list_questions", "ask_question", "describe_thing", "search", "sparql", "validate"}
    assert all(tool.description and tool.annotations.read_only_hint for tool in tools)


def test_questions_and_their_answers_name_their_source(project: Project) -> None:
    listed = call(project, "list_questions", topic="networks", language="de")
    assert "networks-of-city" in {one["name"] for one in listed["questions"]}
    found = call(project, "ask_question", name="networks-of-city", parameters={"city": "Magdeburg"}, limit=2)
    assert found["rows"][0]["network_label"]
    assert found["source"]["licence"].startswith("https://creativecommons.org/")
    assert found["page"].endswith("queries/networks-of-city")


def test_a_thing_with_its_evidence(project: Project) -> None:
    found = call(project, "describe_thing", thing="city:magdeburg", language="de")
    assert found["label"] == "Magdeburg"
    assert found["page"].endswith("doc/city/magdeburg")
    assert found["statements"]


def test_search_forgives_spelling(project: Project) -> None:
    found = call(project, "search", text="magdebrug", limit=1)
    assert found["only_similar"]
    assert found["found"][0]["iri"].endswith("city/magdeburg")


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("SELECT ?s WHERE { ?s a sckg:Network } LIMIT 1", "results"),
        ("ASK { ?s a sckg:Network }", "boolean"),
        ("CONSTRUCT { ?s a sckg:Network } WHERE { ?s a sckg:Network }", "turtle"),
    ],
)
def test_queries_that_read(project: Project, query: str, key: str) -> None:
    assert key in call(project, "sparql", query=query)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DELETE WHERE { ?s ?p ?o }", "read"),
        ("SELECT * { SERVICE <http://e.org/> { ?s ?p ?o } }", "SERVICE"),
        ("SELECT * FROM <http://e.org/g> { ?s ?p ?o }", "graph"),
        ("SELECT nonsense", "1:"),
        ("", ""),
    ],
)
def test_queries_that_do_not_only_read_are_refused(project: Project, query: str, said: str) -> None:
    assert said in refused(project, "sparql", query=query)


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("ask_question", {"name": "networks-of-cit"}, "networks-of-city"),
        ("ask_question", {"name": "networks-of-city"}, "city"),
        ("ask_question", {"name": "networks-of-city", "parameters": {"city": "'} DROP"}}, "DROP"),
        ("ask_question", {"name": "networks-of-city", "parameters": {"city": "Ulm"}, "limit": 0}, "limit"),
        ("describe_thing", {"thing": "Nirgendwo"}, "Nirgendwo"),
        ("list_questions", {"topic": "nonsense"}, "topic"),
        ("search", {"text": " "}, "empty"),
    ],
)
def test_wrong_questions_are_explained(project: Project, tool: str, given: dict[str, Any], said: str) -> None:
    assert said in refused(project, tool, **given)


def test_a_record_is_checked(project: Project) -> None:
    broken = RECORD.replace("sckg:evidence", "sckg:evidenz", 1)

    async def work(client: Any) -> tuple[Any, Any]:  # noqa: ANN401
        given = {"name": "ulm.ttl", "language": "de"}
        good = await client.call_tool("validate", {"turtle": RECORD, **given})
        return good, await client.call_tool("validate", {"turtle": broken, **given})

    good, bad = asked(project, work)
    assert json.loads(good.content[0].text)["conforms"] is True
    found = json.loads(bad.content[0].text)
    assert found["conforms"] is False
    assert "sckg:evidenz" in found["report"]


def test_as_a_process(project: Project) -> None:
    """As assistants start it: over standard input and output."""
    folder: Path = prepared_folder(project)

    async def run() -> Any:  # noqa: ANN401
        parameters = mcp.StdioServerParameters(
            command=sys.executable,
            args=["-m", "smartcity_kg", "mcp", "--project", str(project.root), "--store", str(folder)],
        )
        async with mcp.Client(parameters) as client:
            return await client.call_tool("sparql", {"query": "ASK { ?s a sckg:City }"})

    result = asyncio.run(run())
    assert json.loads(result.content[0].text)["boolean"] is True
