"""The SPARQL 1.1 protocol as its specification says, and what is refused."""

import asyncio
import csv
import gzip
import io
import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

pytest.importorskip("starlette", reason="needs the extra 'server'")

import httpx
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cases import sample_project
from smartcity_kg.graph import prepared_store
from smartcity_kg.project import Project
from smartcity_kg.server.protocol import routes
from smartcity_kg.server.serving import Serving, Settings
from smartcity_kg.server.workers import GRAPH_TYPES, RESULT_TYPES, QueryLimits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits on a process are a matter of Linux")

BASE = "https://w3id.org/smartcity-kg/"
MAGDEBURG = f"{BASE}doc/city/magdeburg"
ASK = "ASK {}"
SELECT = "SELECT ?c { ?c a sckg:City } ORDER BY ?c"
CONSTRUCT = "CONSTRUCT { ?c a sckg:City } { ?c a sckg:City }"
DESCRIBE = "DESCRIBE city:magdeburg"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
JSON = "application/sparql-results+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EVERYTHING = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?l) }"


def served(project: Project, store: Path, limits: QueryLimits | None = None) -> Starlette:
    """An application with the endpoint alone."""
    serving = Serving(project, Settings(address="https://example.org/", store=store, follow=False), limits)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await serving.start(store)
        yield
        await serving.close()

    application = Starlette(routes=routes(serving), lifespan=lifespan)
    application.state.serving = serving
    return application


@pytest.fixture(scope="module")
def kept_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return sample_project(tmp_path_factory.mktemp("protocol"))


@pytest.fixture(scope="module")
def folder(kept_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("stores")
    prepared_store(kept_project, cache)
    (found,) = cache.iterdir()
    return found


@pytest.fixture(scope="module")
def client(kept_project: Project, folder: Path) -> Iterator[TestClient]:
    limits = QueryLimits(seconds=1, rows=2_000, client_seconds=1_000)
    with TestClient(served(kept_project, folder, limits), raise_server_exceptions=True) as found:
        yield found


@dataclass(frozen=True)
class Sent:
    """A request: its method, its parameters, its body, the type of that."""

    method: str = "GET"
    parameters: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    kind: str = ""
    accept: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def by(self, client: TestClient) -> httpx.Response:
        """The answer to it."""
        headers = dict(self.headers)
        if self.kind:
            headers["Content-Type"] = self.kind
        headers["Accept"] = self.accept or "*/*"
        address = "/sparql" + (f"?{urlencode(self.parameters)}" if self.parameters else "")
        response: Any = client.request(self.method, address, content=self.body or None, headers=headers)
        return cast("httpx.Response", response)


def get(*parameters: tuple[str, str], accept: str = "") -> Sent:
    return Sent(parameters=parameters, accept=accept)


def form(*fields: tuple[str, str], kind: str = FORM) -> Sent:
    return Sent("POST", body=urlencode(fields).encode(), kind=kind)


def direct(text: str, *parameters: tuple[str, str], kind: str = QUERY, encoding: str = "utf-8") -> Sent:
    return Sent("POST", parameters, text.encode(encoding), kind)


def sentence(response: httpx.Response) -> str:
    """The reason that an answer gives; a sentence for people, nothing of the inside."""
    text = response.text
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.strip()
    assert "Traceback" not in text
    assert "/tmp" not in text  # noqa: S108 - no file is made
    assert "pyoxigraph" not in text
    return text


# Section 2.1.1 to 2.1.3: three ways to ask


@pytest.mark.parametrize(
    "sent",
    [
        get(("query", ASK)),
        form(("query", ASK)),
        direct(ASK),
        form(("query", ASK), kind=f"{FORM}; charset=UTF-8"),
        direct(ASK, kind="Application/SPARQL-Query;charset=utf-8"),
        Sent("POST", (("query", ASK),), kind=FORM),
        get(("query", ASK), ("unknown", "x")),
        get(("query", "# Größe\nASK {}")),
        direct("# Größe\nASK {}"),
    ],
)
def test_three_ways_to_ask(client: TestClient, sent: Sent) -> None:
    response = sent.by(client)
    assert response.status_code == 200
    assert response.headers["content-type"] == JSON
    assert response.json()["boolean"] is True


# Section 2.1.4: the data set


@pytest.mark.parametrize("way", [get, form, direct])
@pytest.mark.parametrize(
    ("query", "graphs", "expected"),
    [
        ("ASK { city:magdeburg a sckg:City }", [("default-graph-uri", MAGDEBURG)], True),
        ("ASK { GRAPH ?g { ?s ?p ?o } }", [("default-graph-uri", MAGDEBURG)], False),
        ("ASK { ?s ?p ?o }", [("named-graph-uri", MAGDEBURG)], False),
        (
            f"ASK {{ GRAPH <{MAGDEBURG}> {{ city:magdeburg a sckg:City }} }}",
            [("named-graph-uri", MAGDEBURG)],
            True,
        ),
        (
            f"ASK {{ GRAPH <{MAGDEBURG}> {{ ?s ?p ?o }} ?n a sckg:Network }}",
            [("default-graph-uri", f"{BASE}doc/shared/networks"), ("named-graph-uri", MAGDEBURG)],
            True,
        ),
        (
            "ASK { city:magdeburg a sckg:City . ?n a sckg:Network }",
            [("default-graph-uri", MAGDEBURG), ("default-graph-uri", f"{BASE}doc/shared/networks")],
            True,
        ),
        # The protocol stands above the query.
        (
            f"ASK FROM <{MAGDEBURG}> {{ city:magdeburg a sckg:City }}",
            [("default-graph-uri", f"{BASE}doc/shared/networks")],
            False,
        ),
    ],
)
def test_data_set(
    client: TestClient, way: object, query: str, graphs: list[tuple[str, str]], expected: bool
) -> None:
    sent = direct(query, *graphs) if way is direct else way(("query", query), *graphs)  # type: ignore[operator]
    response = sent.by(client)
    assert response.status_code == 200, response.text
    assert response.json()["boolean"] is expected


@pytest.mark.parametrize(
    "sent",
    [
        get(("query", ASK), ("default-graph-uri", "http://127.0.0.1:9/remote")),
        get(("query", ASK), ("named-graph-uri", "file:///etc/passwd")),
        get(("query", ASK), ("default-graph-uri", "")),
        get(("query", ASK), ("default-graph-uri", "a b> } <")),
        get(("query", "ASK FROM <http://127.0.0.1:9/remote> { ?s ?p ?o }")),
        get(("query", "ASK FROM NAMED <http://127.0.0.1:9/remote> { ?s ?p ?o }")),
        get(("query", "ASK FROM <file:///etc/passwd> { ?s ?p ?o }")),
    ],
)
def test_no_graph_is_fetched(client: TestClient, sent: Sent) -> None:
    response = sent.by(client)
    assert response.status_code == 403
    assert "none is fetched" in sentence(response)


def test_inferred_statements(client: TestClient, kept_project: Project) -> None:
    def count(*parameters: tuple[str, str]) -> int:
        found = get(("query", EVERYTHING), *parameters).by(client).json()
        return int(found["results"]["bindings"][0]["n"]["value"])

    everything, asserted = count(), count(("inferred", "false"))
    assert count(("inferred", "true")) == everything
    assert 0 < asserted < everything
    graphs = get(("query", "SELECT DISTINCT ?g { GRAPH ?g { } }"), accept="text/csv").by(client).text.split()[1:]
    named = [("default-graph-uri", name) for name in graphs if not name.startswith(kept_project.inferred)]
    assert count(*named) == asserted


# Section 2.1.5 and 2.1.6: the answer


@pytest.mark.parametrize("query", [SELECT, "ASK { city:magdeburg a sckg:City }"])
@pytest.mark.parametrize("media_type", RESULT_TYPES)
def test_formats_of_results(client: TestClient, query: str, media_type: str) -> None:
    response = get(("query", query), accept=media_type).by(client)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == media_type
    assert response.headers["vary"] == "Accept"
    read: Mapping[str, object] = {
        JSON: lambda: json.loads(response.text)["head"],
        "application/sparql-results+xml": lambda: ElementTree.fromstring(response.text),  # noqa: S314 - our own
        "text/csv": lambda: list(csv.reader(io.StringIO(response.text))),
        "text/tab-separated-values": lambda: response.text,
    }
    assert read[media_type]() is not None  # type: ignore[operator]
    assert "magdeburg" in response.text or "true" in response.text


@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE])
@pytest.mark.parametrize("media_type", GRAPH_TYPES)
def test_formats_of_graphs(client: TestClient, query: str, media_type: str) -> None:
    response = get(("query", query), accept=media_type).by(client)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == media_type
    expected = get(("query", query), accept="application/n-triples").by(client).content
    assert triples(response.content, media_type) == triples(expected, "application/n-triples") != set()


def triples(content: bytes, media_type: str) -> set[str]:
    """The triples without blank nodes of a serialised graph."""
    kind = ox.RdfFormat.from_media_type(media_type)
    found = {str(quad.triple) for quad in ox.parse(content, kind)}
    return {text for text in found if "_:" not in text}


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        (SELECT, "", JSON),
        (SELECT, "*/*", JSON),
        (SELECT, "application/json", "application/json"),
        (SELECT, "text/*", "text/csv"),
        (SELECT, "text/tab-separated-values, */*;q=0.1", "text/tab-separated-values"),
        (SELECT, "text/csv;q=0.4, application/sparql-results+xml;q=0.5", "application/sparql-results+xml"),
        (SELECT, "text/turtle, text/csv;q=0.1", "text/csv"),
        (SELECT, f"{JSON};q=0, */*", "application/sparql-results+xml"),
        (CONSTRUCT, "", "text/turtle"),
        (CONSTRUCT, "application/rdf+xml;q=0.9, text/turtle;q=0.8", "application/rdf+xml"),
        (CONSTRUCT, "nonsense;;q=x, application/n-triples", "application/n-triples"),
        (SELECT, BROWSER, "text/html"),
    ],
)
def test_negotiation(client: TestClient, query: str, accept: str, expected: str) -> None:
    response = get(("query", query), accept=accept).by(client)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == expected


@pytest.mark.parametrize(
    ("query", "accept"), [(SELECT, "text/turtle"), (CONSTRUCT, "text/csv"), (ASK, "image/png"), (ASK, "*/*;q=0")]
)
def test_no_such_format(client: TestClient, query: str, accept: str) -> None:
    response = get(("query", query), accept=accept).by(client)
    assert response.status_code == 406
    assert "It is there as" in sentence(response)


def test_a_format_can_be_named_in_the_address(client: TestClient) -> None:
    for named in ("application/sparql-results+xml", "text/csv"):
        response = client.get(f"/sparql?query={quote(SELECT)}&_mediatype={named}", headers={"Accept": BROWSER})
        assert response.headers["content-type"].startswith(named)


# Errors: never 500, always a reason


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (405, Sent("PUT", (("query", ASK),))),
        (405, Sent("DELETE", (("query", ASK),))),
        (400, get(("query", ASK), ("query", "SELECT * {}"))),
        (400, form(("query", ASK), ("query", ASK))),
        (400, direct(ASK, ("query", ASK))),
        (400, Sent("POST", (("query", ASK),), urlencode([("query", ASK)]).encode(), FORM)),
        (415, form(("query", ASK), kind="text/plain")),
        (415, form(("query", ASK), kind="multipart/form-data; boundary=x")),
        (415, form(("query", ASK), kind="")),
        (415, direct(ASK, kind="")),
        (415, direct(ASK, kind="text/plain")),
        (415, direct(ASK, kind=f"{QUERY}; charset=utf-16", encoding="utf-16")),
        (415, direct("CLEAR ALL", kind="application/sparql-update; charset=utf-16", encoding="utf-16")),
        (400, direct(ASK, encoding="utf-16")),
        (400, Sent("POST", body=b"ASK { ?s ?p '\xff' }", kind=QUERY)),
        (400, Sent("POST", body=b"query=ASK%20%7B%20%3Fs%20%3Fp%20%27%FF%27%20%7D", kind=FORM)),
        (400, Sent("POST", body="query=ASK {} # ü".encode("latin-1"), kind=FORM)),
        (400, form(("default-graph-uri", MAGDEBURG))),
        (400, Sent("POST", kind=QUERY)),
        (400, get(("query", ""))),
        (400, get(("query", "ASK {"))),
        (400, get(("query", "nonsense"))),
        (400, get(("query", "ASK { \0 }"))),
        (400, get(("query", "ASK { nowhere:a ?p ?o }"))),
        (400, get(("query", "ASK { ?s ?p 'x'@en\u202e }"))),
        (400, get(("query", "ASK { <a b> ?p ?o }"))),
        (400, get(("query", ASK), ("inferred", "perhaps"))),
        (400, get(*[("x", str(number)) for number in range(300)])),
        (413, direct("ASK { } #" + "x" * 20_000)),
        (413, form(("query", "ASK { } #" + "x" * 20_000))),
        (413, get(("query", "ASK { } #" + "ü" * 10_000))),
        (413, Sent("POST", body=b"query=" + b"x" * 100_000, kind=FORM)),
        (403, get(("query", "ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"))),
        (403, get(("query", "ASK { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }"))),
        (403, get(("query", "ASK { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"))),
        (403, get(("query", "ASK { " + "{" * 100 + "}" * 100 + " }"))),
        (413, get(("query", "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 3000"))),
        (504, get(("query", ENDLESS))),
    ],
)
def test_refused_with_a_reason(client: TestClient, status: int, sent: Sent) -> None:
    response = sent.by(client)
    assert (response.status_code, sentence(response)) == (status, response.text)
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "sent",
    [
        form(("update", "CLEAR ALL")),
        form(("update", "CLEAR NONSENSE")),
        form(("update", "CLEAR ALL"), ("update", "CLEAR ALL")),
        form(("update", "CLEAR ALL"), ("using-graph-uri", MAGDEBURG)),
        form(("update", "CLEAR ALL"), ("using-named-graph-uri", MAGDEBURG)),
        form(("query", ASK), ("update", "CLEAR ALL")),
        get(("update", "CLEAR ALL")),
        get(("query", "CLEAR ALL")),
        get(("query", "INSERT DATA { <http://e.org/a> a <http://e.org/B> }")),
        get(("query", "LOAD <http://127.0.0.1:9/>")),
        direct("CLEAR ALL"),
        direct("INSERT DATA { <a> a <b> }", kind="application/sparql-update"),
        direct("CLEAR ALL", ("using-graph-uri", MAGDEBURG), kind="application/sparql-update"),
    ],
)
def test_updates_are_refused(client: TestClient, sent: Sent) -> None:
    response = sent.by(client)
    assert response.status_code == 403
    assert "update" in sentence(response).lower()


@pytest.mark.parametrize("kind", [FORM, QUERY])
@pytest.mark.parametrize("coding", ["gzip", "deflate, br", "x"])
def test_compressed_bodies_are_refused(client: TestClient, kind: str, coding: str) -> None:
    sent = Sent("POST", body=gzip.compress(b"x" * 1_000_000), kind=kind, headers=(("Content-Encoding", coding),))
    response = sent.by(client)
    assert response.status_code == 415
    assert "compressed" in sentence(response)


def test_a_syntax_error_names_its_place(client: TestClient) -> None:
    response = get(("query", "SELECT *\n{ ?s ?p }")).by(client)
    assert response.status_code == 400
    assert "2:10:" in sentence(response)


def test_a_body_of_unknown_length_is_cut_off(client: TestClient) -> None:
    given = []

    def pieces() -> Iterator[bytes]:
        for number in range(1_000):
            given.append(number)
            yield b"#" * 1_000

    response = client.post("/sparql", content=pieces(), headers={"Content-Type": QUERY})
    assert response.status_code == 413


# The service itself


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
def test_service_description(client: TestClient, media_type: str) -> None:
    response = get(accept=media_type).by(client)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == media_type
    store = ox.Store()
    store.load(response.content, ox.RdfFormat.from_media_type(media_type))
    asked = """PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
        ASK { ?s a sd:Service ; sd:endpoint <https://example.org/sparql> ; sd:supportedLanguage sd:SPARQL11Query ;
            sd:resultFormat <http://www.w3.org/ns/formats/Turtle> ;
            sd:defaultDataset [ sd:namedGraph [ sd:name <https://w3id.org/smartcity-kg/doc/city/magdeburg> ] ] }"""
    assert store.query(asked)


@pytest.mark.parametrize(
    ("accept", "expected"), [("", "text/turtle"), ("*/*", "text/turtle"), (BROWSER, "text/html")]
)
def test_without_a_query(client: TestClient, accept: str, expected: str) -> None:
    response = get(accept=accept).by(client)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == expected
    assert "Accept" in response.headers["vary"]


# HTTP


@pytest.mark.parametrize("parameters", [(), (("query", ASK),)])
def test_head(client: TestClient, parameters: tuple[tuple[str, str], ...]) -> None:
    full = get(*parameters).by(client)
    response = Sent("HEAD", parameters).by(client)
    assert response.status_code == 200
    assert response.content == b""
    assert response.headers["content-length"] == str(len(full.content))


def test_preflight(client: TestClient) -> None:
    headers = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    response = client.options("/sparql", headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "content-type" in response.headers["access-control-allow-headers"].lower()


def test_timings(client: TestClient) -> None:
    sent = get(("query", "SELECT (COUNT(*) AS ?timed) { ?s ?p ?o }"))
    timings = [sent.by(client).headers["server-timing"] for _ in range(3)]
    assert "evaluate;dur=" in timings[0]
    assert timings[1:] == ["kept", "kept"]


def test_kept_answers_keep_apart_what_differs(client: TestClient) -> None:
    for _ in range(3):
        for accept in ("text/csv", JSON):
            assert get(("query", SELECT), accept=accept).by(client).headers["content-type"].startswith(accept)
        counts = {get(("query", EVERYTHING), ("inferred", inferred)).by(client).text for inferred in ("1", "0")}
        assert len(counts) == 2


def test_who_has_had_a_share_is_told_when_to_come_back(kept_project: Project, folder: Path) -> None:
    limits = QueryLimits(seconds=0.3, client_seconds=0.05)
    with TestClient(served(kept_project, folder, limits)) as client:
        statuses = [get(("query", f"{ENDLESS} # {number}")).by(client) for number in range(3)]
        assert statuses[0].status_code == 504
        assert statuses[2].status_code == 429
        assert 0 < int(statuses[2].headers["retry-after"]) <= 60
        assert get(("query", ASK)).by(client).status_code == 200


def test_a_full_queue_is_said(kept_project: Project, folder: Path) -> None:
    application = served(kept_project, folder, QueryLimits(seconds=0.4, queue=1, client_seconds=1_000))

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(application)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url="http://example.org") as client,
        ):
            asked = [client.get("/sparql", params={"query": f"{ENDLESS} # {n}"}) for n in range(6)]
            return await asyncio.gather(*asked)

    responses = asyncio.run(ask())
    assert {response.status_code for response in responses} == {503, 504}
    assert all(int(response.headers["retry-after"]) > 0 for response in responses if response.status_code == 503)


def test_a_query_nobody_waits_for_is_stopped(kept_project: Project, folder: Path) -> None:
    application = served(kept_project, folder, QueryLimits(seconds=30))

    async def ask() -> tuple[int, int]:
        serving = application.state.serving
        messages = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, object]:
            if messages:
                return messages.pop()
            await asyncio.sleep(0.5)
            return {"type": "http.disconnect"}

        async def send(_: object) -> None:
            raise AssertionError("an answer was sent to nobody")

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/sparql",
            "query_string": urlencode({"query": ENDLESS}).encode(),
            "headers": [],
            "client": ("192.0.2.1", 1),
        }
        async with application.router.lifespan_context(application):
            task = asyncio.ensure_future(application(scope, receive, send))
            await asyncio.sleep(0.4)
            running = serving.workers.figures()["long"]
            await task
            await asyncio.sleep(0.1)
            return running, serving.workers.figures()["long"]

    assert asyncio.run(ask()) == (1, 0)


# For readers without a script


@pytest.mark.parametrize(
    ("status", "query", "expected"),
    [
        (200, SELECT, "<bdi>Magdeburg</bdi></a>"),
        (200, "SELECT ?n { BIND(4321 AS ?n) }", "4,321"),
        (200, "SELECT ?x { ?x a <http://e.org/none> }", "No rows."),
        (200, "ASK {}", ">Yes<"),
        (200, CONSTRUCT, "city:magdeburg a sckg:City"),
        (200, "SELECT ('<script>alert(1)</script>' AS ?x) {}", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        (400, "SELECT * { ?s ?p }", "Line 1, column 19: expected"),
        (403, "DROP ALL", "is an update"),
    ],
)
def test_a_page_shows_query_and_answer(client: TestClient, status: int, query: str, expected: str) -> None:
    response = get(("query", query), accept=BROWSER).by(client)
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["vary"] == "Accept, Accept-Language"
    assert expected in response.text
    assert query.split(maxsplit=1)[0] in response.text.partition("<textarea")[2].partition("</textarea>")[0]
    assert "<script>alert" not in response.text


def test_the_editor_asks_this_endpoint(client: TestClient) -> None:
    page = get(accept=BROWSER).by(client).text
    assert 'action="../sparql" data-endpoint="../sparql"' in page
    assert "data-dump" not in page
