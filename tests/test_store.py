"""One behaviour for every store, and what a remote one does when the endpoint fails."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

import pyoxigraph as ox
import pytest

from smartcity_kg.answer import Rows, Triples, Truth
from smartcity_kg.errors import BackendError, ParameterProblem, QueryProblem, Refused, TimedOut
from smartcity_kg.store import Store
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.store.remote import RemoteStore
from smartcity_kg.terms import Prefixes

MAGDEBURG = ox.NamedNode("https://w3id.org/smartcity-kg/id/city/magdeburg")


@pytest.fixture(params=["sample", "remote"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """Each backend in turn, with the same graph."""
    found: Store = request.getfixturevalue(request.param)
    return found


def test_select(any_store: Store) -> None:
    answer = any_store.query("SELECT ?c WHERE { ?c a sckg:City } ORDER BY ?c")
    assert isinstance(answer, Rows)
    assert (MAGDEBURG,) in answer.rows


def test_unbound_cells_are_none(any_store: Store) -> None:
    answer = any_store.query("SELECT ?a ?b WHERE { BIND(1 AS ?a) }")
    assert answer == Rows(("a", "b"), ((ox.Literal(1), None),))


def test_ask(any_store: Store) -> None:
    assert any_store.query("ASK { city:magdeburg a sckg:City }") == Truth(True)


def test_construct_is_sorted(any_store: Store) -> None:
    answer = any_store.query("CONSTRUCT { ?c a sckg:City } WHERE { ?c a sckg:City }")
    assert isinstance(answer, Triples)
    assert list(answer) == sorted(answer, key=str)


def test_bindings(any_store: Store) -> None:
    answer = any_store.query(
        "SELECT ?label WHERE { ?c skos:prefLabel ?label FILTER(LANG(?label) = 'de') }", {"c": MAGDEBURG}
    )
    assert isinstance(answer, Rows)
    assert answer.column("label") == ["Magdeburg"]


def test_binding_is_a_term_never_text(any_store: Store) -> None:
    hostile = ox.Literal('x") } } DROP ALL # \\ \n \u2028 { "')
    answer = any_store.query("SELECT ?v WHERE { BIND(?value AS ?v) }", {"value": hostile})
    assert answer == Rows(("v",), ((hostile,),))


def test_merged_graph_holds_each_triple_once(any_store: Store) -> None:
    answer = any_store.query("SELECT (COUNT(*) AS ?n) WHERE { city:magdeburg a sckg:City }")
    assert isinstance(answer, Rows)
    assert answer.column("n") == ["1"]


def test_named_graphs(any_store: Store) -> None:
    assert any_store.query("ASK { GRAPH doc:city\\/magdeburg { ?doc foaf:primaryTopic city:magdeburg } }")


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <http://e.org/a> a <http://e.org/B> }",
        "DROP ALL",
        "LOAD <http://e.org/>",
        "SELECT * WHERE { SERVICE <http://e.org/> { ?s ?p ?o } }",
        "SELECT * WHERE { \\u0053ERVICE <http://e.org/> { ?s ?p ?o } }",
        'SELECT * WHERE { ?s ?p "a\\u0022 . SERVICE <http://e.org/> { ?s ?p "b" } }',
        "SELECT * FROM <http://e.org/> WHERE { ?s ?p ?o }",
        "SELECT * WHERE { " + "#" * 20_000 + "\n}",
    ],
)
def test_refused(any_store: Store, text: str) -> None:
    with pytest.raises((Refused, QueryProblem)):
        any_store.query(text)


def test_words_in_strings_and_iris_are_harmless(any_store: Store) -> None:
    assert not any_store.query('ASK { <http://e.org/SERVICE> ?p "INSERT FROM" } # SERVICE')


def test_malformed(any_store: Store) -> None:
    with pytest.raises(QueryProblem):
        any_store.query("SELECT ?s WHERE { ?s ?p ")
    with pytest.raises(QueryProblem, match="this is no SPARQL query"):
        any_store.query("Welche Städte?")


def test_embedded_store_names_an_undeclared_prefix(sample: EmbeddedStore) -> None:
    with pytest.raises(QueryProblem, match=r"<query>:2:\d+: a prefix is not declared"):
        sample.query("SELECT ?s WHERE {\n ?s nope:p ?o }")


Reply: TypeAlias = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Reply) -> Iterator[str]:
    """A server on loopback that answers every request in one way; its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        """Answers with the given function."""

        def do_GET(self) -> None:
            """Answer."""
            answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/sparql"
    finally:
        server.shutdown()
        server.server_close()


def replies(status: int, kind: str, body: bytes, *, length: int | None = None) -> Reply:
    """An answer with a status, a media type and a body; the length may lie."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        with suppress(OSError):
            handler.wfile.write(body)

    return answer


RESULT = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'
JSON = "application/sparql-results+json"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (replies(200, "text/html", b"<html>hello</html>"), "an HTML page"),
        (replies(200, JSON, RESULT[:-9]), "broken or no SPARQL result"),
        (replies(200, JSON, b"{}"), "broken or no SPARQL result"),
        (replies(200, JSON, RESULT, length=1000), "cut off|connection broke"),
        (replies(500, "text/plain", b"no"), "HTTP 500"),
        (replies(404, "text/plain", b"no"), "HTTP 404 Not Found"),
        (replies(401, "text/plain", b"no"), "HTTP 401(.|\n)*password"),
        (replies(503, "text/plain", b"busy"), "HTTP 503"),
    ],
)
def test_failing_endpoint(answer: Reply, reason: str) -> None:
    with serving(answer) as address, pytest.raises(BackendError, match=reason) as caught:
        RemoteStore(address, Prefixes({}), timeout=5).query("SELECT ?s WHERE { ?s ?p ?o }")
    assert address in str(caught.value)
    assert caught.value.exit_code == 4


def test_endpoint_that_refuses_the_query_says_why() -> None:
    with (
        serving(replies(400, "text/plain", b"line 1: no such function")) as address,
        pytest.raises(QueryProblem, match="refuses the query: line 1: no such function"),
    ):
        RemoteStore(address, Prefixes({}), timeout=5).query("SELECT ?s WHERE { ?s ?p ?o }")


def test_one_retry_when_the_endpoint_is_busy() -> None:
    statuses = iter([503, 200])

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        replies(next(statuses), JSON, RESULT)(handler)

    with serving(answer) as address:
        found = RemoteStore(address, Prefixes({}), timeout=5).query("SELECT ?s WHERE { ?s ?p ?o }")
    assert found == Rows(("s",), ())


def test_slow_endpoint() -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(3)
        replies(200, JSON, RESULT)(handler)

    with serving(answer) as address, pytest.raises(TimedOut, match="no whole answer within 1 seconds"):
        RemoteStore(address, Prefixes({}), timeout=1).query("SELECT ?s WHERE { ?s ?p ?o }")


def test_endpoint_that_drips() -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", JSON)
        handler.end_headers()
        try:
            for _ in range(40):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    with serving(answer) as address, pytest.raises(TimedOut):
        RemoteStore(address, Prefixes({}), timeout=1).query("SELECT ?s WHERE { ?s ?p ?o }")


def test_answer_that_is_too_large() -> None:
    with (
        serving(replies(200, JSON, RESULT + b" " * 10_000)) as address,
        pytest.raises(BackendError, match="larger than 1,000 bytes"),
    ):
        RemoteStore(address, Prefixes({}), timeout=5, max_bytes=1000).query("SELECT ?s WHERE { ?s ?p ?o }")


def test_endpoint_that_is_down() -> None:
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        RemoteStore("http://127.0.0.1:9/sparql", Prefixes({}), timeout=2).query("ASK { ?s ?p ?o }")
    assert "http://127.0.0.1:9/sparql" in str(caught.value)


@pytest.mark.parametrize("address", ["", "127.0.0.1", "file:///etc/passwd", "ftp://e.org/", "http:///sparql"])
def test_address_that_is_none(address: str) -> None:
    with pytest.raises(ParameterProblem, match="no address of an endpoint"):
        RemoteStore(address, Prefixes({}))


def test_credentials_are_sent_only_when_given() -> None:
    seen: list[str | None] = []

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers.get("Authorization"))
        replies(200, JSON, RESULT)(handler)

    with serving(answer) as address:
        RemoteStore(address, Prefixes({}), timeout=5).query("SELECT ?s WHERE { ?s ?p ?o }")
        RemoteStore(address, Prefixes({}), user="a", password="b", timeout=5).query("SELECT ?s WHERE { ?s ?p ?o }")  # noqa: S106
    assert seen == [None, "Basic YTpi"]
