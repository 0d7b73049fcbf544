"""The server's pages and linked data: negotiation, caching, refusals, new versions, as clients see them."""

import contextlib
import json
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cases import ROOT, sample_project
from conftest import CommandLine
from smartcity_kg.errors import BackendError, NotFound, QueryProblem, Refused, SmartCityError, TimedOut, TooBusy
from smartcity_kg.graph import prepared_folder
from smartcity_kg.project import Project
from smartcity_kg.server import connections, headers
from smartcity_kg.server.downloads import read_downloads
from smartcity_kg.server.headers import status_of
from smartcity_kg.server.negotiate import best_language, best_media_type
from smartcity_kg.server.worker import ASSERTED

TURTLE, JSONLD, HTML = "text/turtle", "application/ld+json", "text/html"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CITY = "doc/city/magdeburg"


# Negotiation


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", HTML),
        ("*/*", HTML),
        (TURTLE, TURTLE),
        (f"{TURTLE};q=0.5, {HTML}", HTML),
        (f"{TURTLE}, {HTML}", HTML),
        (f"{HTML};q=0.1, {TURTLE};q=0.2", TURTLE),
        ("text/*;q=0.9, text/html;q=0.1", TURTLE),
        (f"{HTML};q=0, */*;q=0.1", TURTLE),
        ("TEXT/Turtle ; charset=utf-8 ; q=0.7", TURTLE),
        ("image/png", None),
        (f"{TURTLE};q=0", None),
        ("*/*;q=0", None),
        (f"{TURTLE};q=nonsense", HTML),
        (",,;;, ,", HTML),
        ("a" * 10_000, None),
        (BROWSER, HTML),
    ],
)
def test_media_type_by_weight(accept: str, chosen: str | None) -> None:
    assert best_media_type(accept, [HTML, TURTLE]) == chosen


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9", "de"),
        ("fr;q=1, de;q=0.5, en;q=0.6", "en"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("de; DROP TABLE", "de"),
    ],
)
def test_language_by_weight(header: str, language: str) -> None:
    assert best_language(header, ("de", "en"), "en") == language


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (QueryProblem("x"), 400),
        (Refused("x"), 403),
        (NotFound("x"), 404),
        (TooBusy("x", seconds=1), 503),
        (TimedOut("x"), 504),
        (BackendError("x"), 503),
    ],
)
def test_each_error_has_a_status(error: Exception, status: int) -> None:
    assert status_of(error) == status  # type: ignore[arg-type]


# A running server


class Server:
    """A server in a process of its own."""

    def __init__(self, project: Path, log: Path, *options: str, before: Callable[[], None] | None = None) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.log = log
        command = [sys.executable, "-m", "smartcity_kg", "serve", "--project", str(project), *options]
        with log.open("wb") as said:
            command += ["--port", str(self.port)]
            self.process = subprocess.Popen(command, stdout=said, stderr=said, preexec_fn=before)  # noqa: PLW1509

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def wait(self) -> "Server":
        """Until it is ready."""
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            try:
                if httpx.get(f"{self.address}/readyz").status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        pytest.fail(self.log.read_text(encoding="utf-8"))

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Ask for an address; names of headers with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(method, f"{self.address}/{path}", headers=named, timeout=60)

    def raw(self, data: bytes, *, more: bool = False) -> bytes:
        """Send bytes as they are, and no more unless it is said, and read what comes until the end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.sendall(data)
            if not more:
                line.shutdown(socket.SHUT_WR)
            parts = []
            while part := line.recv(65_536):
                parts.append(part)
        return b"".join(parts)

    def stop(self) -> int:
        """End it as Ctrl+C does."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_project(tmp_path_factory.mktemp("served") / "project").root


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    running = Server(folder, folder.parent / "log").wait()
    yield running
    running.stop()


def test_thing_leads_to_its_document(server: Server) -> None:
    answer = server.ask("id/city/magdeburg", Accept=TURTLE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{CITY}")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (TURTLE, TURTLE),
        (JSONLD, JSONLD),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
        (BROWSER, HTML),
        ("*/*", HTML),
    ],
)
def test_document_is_what_was_asked_for(server: Server, accept: str, media_type: str) -> None:
    answer = server.ask(CITY, Accept=accept)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media_type)
    assert {"Accept", "Accept-Language"} <= set(answer.headers["vary"].split(", "))
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-location"].startswith("/")


@pytest.mark.parametrize(
    ("ending", "form"), [("ttl", "TURTLE"), ("nt", "N_TRIPLES"), ("rdf", "RDF_XML"), ("jsonld", "JSON_LD")]
)
def test_graph_is_the_same_in_each_format(server: Server, ending: str, form: str) -> None:
    def graph(name: str, kind: str) -> ox.Dataset:
        found = ox.parse(input=server.ask(f"{CITY}.{name}").content, format=getattr(ox.RdfFormat, kind))
        dataset = ox.Dataset(found)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        return dataset

    assert graph(ending, form) == graph("nt", "N_TRIPLES")


def test_language_is_the_readers(server: Server) -> None:
    german, english = (server.ask(CITY, Accept=HTML, Accept_Language=tag) for tag in ("de-DE,en;q=0.5", "en"))
    assert '<html lang="de">' in german.text
    assert '<html lang="en">' in english.text
    assert (german.headers["content-language"], english.headers["content-language"]) == ("de", "en")
    assert german.headers["etag"] != english.headers["etag"]


@pytest.mark.parametrize(
    "path", [CITY, f"{CITY}.ttl", f"de/{CITY}.html", "assets/style.css", "robots.txt", "search.json"]
)
def test_what_a_client_has_is_not_sent_again(server: Server, path: str) -> None:
    first = server.ask(path)
    assert first.status_code == 200
    again = server.ask(path, If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("path", [CITY, f"{CITY}.ttl", "id/city/magdeburg", "doc/city/nowhere", "sitemap.xml"])
def test_head_says_what_get_says(server: Server, path: str) -> None:
    get, head = server.ask(path), server.ask(path, "HEAD")
    assert (head.status_code, head.content) == (get.status_code, b"")
    unsteady = {"date"}
    assert {k: v for k, v in head.headers.items() if k not in unsteady} == {
        k: v for k, v in get.headers.items() if k not in unsteady
    }


def test_links_to_the_other_forms(server: Server) -> None:
    link = server.ask(CITY).headers["link"]
    for part in (f'</{CITY}.ttl>; rel="alternate"; type="text/turtle"', 'rel="license"', 'rel="describedby"'):
        assert part in link
    assert re.search(r'<https://[^>]+/id/city/magdeburg>; rel="cite-as"', link)


@pytest.mark.parametrize("wanted", ["text/turtle", "ttl"])
def test_format_in_the_address(server: Server, wanted: str) -> None:
    assert server.ask(f"{CITY}?_mediatype={wanted}", Accept=HTML).headers["content-type"].startswith(TURTLE)


@pytest.mark.parametrize(
    "path", ["", "map", "networks", "queries", "data", "ontology", "about", "de/index.html", "en/"]
)
def test_pages_without_a_thing(server: Server, path: str) -> None:
    answer = server.ask(path, Accept=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(HTML)


def test_nothing_acceptable(server: Server) -> None:
    answer = server.ask(CITY, Accept="image/png")
    assert answer.status_code == 406
    assert "text/turtle" in answer.text


def test_what_is_not_there_is_guessed(server: Server) -> None:
    page = server.ask("doc/city/magdebrug", Accept=BROWSER)
    plain = server.ask("id/city/magdebrug", Accept="text/turtle")
    assert (page.status_code, plain.status_code) == (404, 404)
    assert f'<a href="/{CITY}">Magdeburg</a>' in page.text
    assert 'href="/assets/style.css"' in page.text
    assert f"/{CITY}" in plain.text
    assert json.loads(server.ask("doc/x", Accept="application/json").text)["error"]


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "..%2f..%2fetc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "assets/../pyproject.toml",
        "assets/%2e%2e%2fpyproject.toml",
        "doc/city/%00",
        "doc/city/a%5cb",
        "doc/city/" + "a" * 5_000,
        "doc/city/<script>alert(1)</script>",
        "%ff%fe",
        "doc//city//nowhere",
        "hosting/nginx.conf",
        ".htaccess",
    ],
)
def test_strange_addresses_are_refused(server: Server, path: str) -> None:
    answer = server.raw(
        f"GET /{path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n".encode(), more=True
    )
    status = int(answer.split()[1])
    assert status in {400, 404}
    assert b"<script>alert" not in answer
    assert b"Traceback" not in answer
    assert str(ROOT).encode() not in answer


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x00\x01\x02\xff" * 100,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_is_refused(server: Server, data: bytes) -> None:
    answer = server.raw(data)
    assert answer == b"" or int(answer.split()[1]) in {200, 400, 431, 505}
    assert b"Traceback" not in answer
    assert server.ask("healthz").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_not_allowed(server: Server, method: str) -> None:
    answer = server.ask(CITY, method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_forged_headers_are_used_for_nothing(server: Server) -> None:
    forged = {"Host": "evil.example", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "gopher"}
    for path in ("id/city/magdeburg", CITY, "doc/city/nowhere"):
        answer = server.ask(path, **forged)
        assert "evil" not in answer.text + str(answer.headers)


@pytest.mark.parametrize("path", [CITY, "healthz", "doc/city/nowhere", "assets/style.css"])
def test_every_answer_is_guarded(server: Server, path: str) -> None:
    headers = server.ask(path).headers
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert {"referrer-policy", "permissions-policy"} <= set(headers)
    assert "server" not in headers


def test_other_sites_may_ask_beforehand(server: Server) -> None:
    answer = server.ask(CITY, "OPTIONS", Origin="https://e.org", Access_Control_Request_Method="GET")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")


def test_slow_senders_do_not_keep_others_waiting(server: Server) -> None:
    lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    for line in lines:
        line.sendall(b"GET / HTTP/1.1\r\nHo")
    assert server.ask("healthz").status_code == 200
    for line in lines:
        line.close()


def test_figures_and_log_name_no_visitor(server: Server) -> None:
    server.ask("doc/city/secret-name")
    metrics = server.ask("metrics").text
    assert re.search(r'^smartcity_answers_total\{status="404"\} \d+$', metrics, re.MULTILINE)
    log = server.log.read_text(encoding="utf-8")
    assert "127.0.0.1:" not in log.replace(f"127.0.0.1:{server.port}", "")
    assert "secret-name" not in log
    assert {"method", "kind", "status", "milliseconds"} <= set(json.loads(log.splitlines()[-1]))


# A new version


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process can be set on Linux only")
def test_new_data_are_served_without_a_gap(tmp_path: Path) -> None:
    project = sample_project(tmp_path / "project").root
    server = Server(project, tmp_path / "log").wait()
    record = project / "data" / "cities" / "magdeburg.ttl"
    text = record.read_text(encoding="utf-8")
    before = server.ask("readyz").json()["version"]

    def said() -> str:
        return (tmp_path / "log").read_text(encoding="utf-8")

    # What cannot be read is not served.
    record.write_text(text + "nonsense", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    assert wait_for(lambda: "problem" in server.ask("readyz").json())
    assert server.ask(CITY, Accept=TURTLE).status_code == 200
    # Nor is what does not fit on the disk: here no file may grow beyond some bytes.
    record.write_text(text.replace("Magdeburg", "Neustadt"), encoding="utf-8")
    _, most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (100_000, most))
    server.process.send_signal(signal.SIGHUP)
    assert wait_for(lambda: "the prepared store cannot be written; the old one stays" in said())
    assert "problem" in server.ask("readyz").json()
    assert server.ask(CITY, Accept=TURTLE).status_code == 200
    assert sorted(path.name for path in (project / ".cache" / "graph").iterdir()) == [before]
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, most))
    server.process.send_signal(signal.SIGHUP)
    assert wait_for(lambda: server.ask("readyz").json()["version"] != before)
    assert "problem" not in server.ask("readyz").json()
    assert "Neustadt" in server.ask(CITY, Accept=TURTLE).text
    assert server.stop() in {0, 130}  # as after Ctrl+C, unless who started the tests lets it pass


def wait_for(true: "object", seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.1)
    return False


def test_a_store_of_its_own(folder: Path, tmp_path: Path) -> None:
    """A link to a finished store is served, and another one when it leads elsewhere."""
    found = prepared_folder(Project.at(folder))
    link = tmp_path / "current"
    link.symlink_to(found)
    server = Server(folder, tmp_path / "log", "--store", str(link)).wait()
    assert server.ask("readyz").json()["version"] == found.name
    other = tmp_path / "other"
    shutil.copytree(found, other)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "CURRENT").write_text("nonsense", encoding="utf-8")
    for target, seen in (
        (broken, lambda: "problem" in server.ask("readyz").json()),
        (other, lambda: server.ask("readyz").json()["version"] == "other"),
    ):
        beside = tmp_path / "next"
        beside.symlink_to(target)
        beside.replace(link)
        assert wait_for(seen)
        assert server.ask(CITY).status_code == 200
    assert server.stop() in {0, 130}  # as after Ctrl+C, unless who started the tests lets it pass


# Starting


def test_a_full_disk_at_the_first_start(folder: Path, tmp_path: Path) -> None:
    """No file may grow beyond some bytes: no store can be written, and of one that is there no second one."""
    project = Path(shutil.copytree(folder, tmp_path / "project", ignore=shutil.ignore_patterns(".cache")))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most))

    command = [sys.executable, "-m", "smartcity_kg", "serve", "--project", str(project), "--port", "0", "-q"]
    result = subprocess.run(command, preexec_fn=fill, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 4
    assert "the prepared store cannot be written" in result.stderr
    assert "Check access rights and the disk." in result.stderr
    assert list((project / ".cache" / "graph").iterdir()) == []
    store = Path(shutil.copytree(prepared_folder(Project.at(folder)), tmp_path / "store"))
    shutil.rmtree(store / ASSERTED, ignore_errors=True)
    server = Server(project, tmp_path / "log", "--store", str(store), before=fill).wait()
    query = {"query": "ASK { city:magdeburg a sckg:City }", "inferred": "false"}
    assert "true" in httpx.get(f"{server.address}/sparql", params=query, timeout=60).text
    assert not [path.name for path in store.iterdir() if path.name == ASSERTED or path.name.startswith(".")]
    assert server.stop() in {0, 130}


def test_a_port_that_is_taken(run: CommandLine, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--port", str(taken.getsockname()[1]), "--project", str(folder))
    assert result.code == 4
    assert "Name another port with --port" in result.err


@pytest.mark.parametrize("content", [None, "nonsense"])
def test_a_store_that_is_none(run: CommandLine, folder: Path, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "CURRENT").write_text(content, encoding="utf-8")
    place = tmp_path if content else tmp_path / "nowhere"
    result = run("serve", "--port", "0", "--store", str(place), "--project", str(folder))
    assert result.code in {2, 4}
    assert "Traceback" not in result.err
    assert "Name a" in result.err


@pytest.mark.parametrize("what", ["manifest", "tables", "nothing"])
def test_a_damaged_store_is_refused(run: CommandLine, folder: Path, tmp_path: Path, what: str) -> None:
    place = tmp_path / "store"
    shutil.copytree(prepared_folder(Project.at(folder)), place)
    if what == "nothing":
        (place / "CURRENT").unlink()
    for path in place.glob("MANIFEST-*" if what == "manifest" else "*.sst" if what == "tables" else "-"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = run("serve", "--port", "0", "--store", str(place), "--project", str(folder))
    assert result.code == 4
    assert "Name a" in result.err
    assert "Traceback" not in result.err


# Addresses that are written otherwise


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/id/city/m%61gdeburg", 303, f"/{CITY}"),
        (f"/{CITY}/", 301, f"/{CITY}"),
        ("/doc//city///magdeburg", 301, f"/{CITY}"),
        (f"//{CITY}", 301, f"/{CITY}"),
        (f"/{CITY.replace('city', 'c%69ty')}", 200, ""),
        (f"http://evil.example/{CITY}", 200, ""),
        ("//evil.example/x", 404, ""),
    ],
)
def test_same_thing_written_otherwise(server: Server, target: str, status: int, location: str) -> None:
    asked = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head = server.raw(asked.encode(), more=True).partition(b"\r\n\r\n")[0].decode()
    assert int(head.split()[1]) == status
    assert (f"\r\nlocation: {location}\r\n" in head) == bool(location)


# Slow senders


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a small application behind the server's connections, with short deadlines."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(headers, "_BODY_SECONDS", 0.5)

    async def echo(request: Request) -> Response:
        return Response(await headers.read_body(request, 1_000))

    app = Starlette(
        routes=[Route("/", echo, methods=["GET", "POST"])],
        exception_handlers={SmartCityError: headers.on_error, HTTPException: headers.on_http_exception},
    )
    config = uvicorn.Config(app, http=connections.PunctualProtocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    listening.close()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 408),
        (b"GET / HTTP/1.1\r\nHo", 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\nabc", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"a" * 2_000, 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\nabc", 415),
    ],
)
def test_unfinished_requests_end(small: int, data: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", small), timeout=8) as line:
        line.sendall(data)
        answer = line.recv(65_536)
        assert int(answer.split()[1]) == status


_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([b"GET / HTTP/1.1\r\n\r\n"], 400),
        ([b"GET / HTTP/1.0\r\n\r\n"], 200),
        ([_HEAD + b"Host: y\r\n\r\n"], 400),
        ([b"GET / HTTP/2.0\r\nHost: x\r\n\r\n"], 505),
        ([b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n"], 400),
        ([_HEAD + b"A: " + b"b" * 40_000 + b"\r\n\r\n"], 431),
        ([_HEAD, b"A: " + b"b" * 20_000, b"b" * 20_000], 431),
        ([_HEAD, *[b"A%d: b\r\n" % n * 500 for n in range(20)]], 431),
        ([b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"], 431),
        ([_HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], 400),
        ([_HEAD + b"A : b\r\n\r\n"], 400),
        ([_HEAD + b"A: b\r\n c\r\n\r\n"], 400),
        ([_HEAD + b"A: \x00\r\n\r\n"], 400),
        ([_HEAD + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"], 200),
        ([b"GET / HTTP/1.1\nHost: x\n\n"], 400),
    ],
)
def test_heads_that_are_not_allowed(small: int, parts: list[bytes], status: int) -> None:
    with socket.create_connection(("127.0.0.1", small), timeout=8) as line:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                line.sendall(part)
                time.sleep(0.02)
        assert int(line.recv(65_536).split()[1]) == status


def test_requests_one_after_another_without_waiting(small: int) -> None:
    one = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    last = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nxyz"
    with socket.create_connection(("127.0.0.1", small), timeout=8) as line:
        line.sendall(one * 20 + last)
        answer = b""
        while part := line.recv(65_536):
            answer += part
    assert answer.count(b"HTTP/1.1 200 OK") == 21
    assert answer.endswith(b"xyz")


def test_requests_in_time_are_answered(small: int) -> None:
    with socket.create_connection(("127.0.0.1", small), timeout=8) as line:
        for _ in range(3):
            line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na")
            time.sleep(0.2)
            line.sendall(b"bc")
            answer = b""
            while not answer.endswith(b"\r\n\r\nabc"):
                answer += line.recv(65_536)


# A remote endpoint


def test_another_endpoint_answers_queries(server: Server, folder: Path, tmp_path: Path) -> None:
    """The endpoint is a server of ours; pages still come from the store."""
    front = Server(folder, tmp_path / "log", "--endpoint", f"{server.address}/sparql").wait()
    query = "SELECT (COUNT(*) AS ?n) { ?city a sckg:City }"
    here, there = (
        httpx.get(f"{one.address}/sparql", params={"query": query}, headers={"Accept": "text/csv"})
        for one in (front, server)
    )
    assert (here.status_code, here.text) == (200, there.text)
    bad = httpx.get(f"{front.address}/sparql", params={"query": "SELECT nonsense"})
    assert bad.status_code == 400
    elsewhere = "SELECT * { SERVICE <http://e.org/> { ?s ?p ?o } }"
    refused = httpx.get(f"{front.address}/sparql", params={"query": elsewhere})
    assert refused.status_code == 403
    for beyond in (
        {"default-graph-uri": "http://e.org/g"},
        {"named-graph-uri": "http://e.org/g"},
        {"inferred": "0"},
    ):
        answer = httpx.get(f"{front.address}/sparql", params={"query": query, **beyond})
        assert answer.status_code == 403, beyond
        assert "data set" in answer.text
    assert front.ask(CITY, Accept=TURTLE).status_code == 200
    front.stop()


def test_an_endpoint_that_is_gone(folder: Path, tmp_path: Path) -> None:
    front = Server(folder, tmp_path / "log", "--endpoint", "http://user:secret@127.0.0.1:9/sparql").wait()
    answer = httpx.get(f"{front.address}/sparql", params={"query": "ASK { ?s ?p ?o }"})
    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text
    front.stop()


# Downloads


def test_files_of_a_release_are_offered(folder: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    for name, data in {"data/graph.nq.gz": b"packed", "data/graph.ttl": b"# Turtle", "secret.txt": b"no"}.items():
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        (release / name).write_bytes(data)
    (release / "catalogue").mkdir()
    told = "<http://e.org/f> <http://www.w3.org/ns/dcat#downloadURL> <http://e.org/x/data/graph.nq.gz> .\n"
    told += '<http://e.org/f> <http://purl.org/dc/terms/description> "The whole graph"@en .\n'
    (release / "catalogue/catalogue.nt").write_text(told, encoding="utf-8")
    named = [f"{'0' * 64}  {name}\n" for name in ("data/graph.nq.gz", "data/graph.ttl")]
    (release / "checksums.txt").write_text("".join(named), encoding="utf-8")
    server = Server(folder, tmp_path / "log", "--downloads", str(release)).wait()
    found = server.ask("download/data/graph.ttl")
    assert (found.status_code, found.content) == (200, b"# Turtle")
    assert found.headers["content-type"].startswith(TURTLE)
    assert server.ask("download/data/graph.ttl", If_None_Match=found.headers["etag"]).status_code == 304
    assert server.ask("download/data/graph.nq.gz", Range="bytes=0-1").content == b"pa"
    assert server.ask("download/secret.txt").status_code == 404
    listed = server.ask("data", Accept=HTML, Accept_Language="en").text
    assert ">The whole graph</a>" in listed
    assert ">data/graph.ttl</a>" in listed  # of this one the catalogue says nothing
    assert server.stop() in {0, 130}  # as after Ctrl+C, unless who started the tests lets it pass


@pytest.mark.parametrize("line", ["", "0  ../outside\n", "nonsense\n", "0  missing.ttl\n"])
def test_a_folder_that_is_no_release(tmp_path: Path, line: str) -> None:
    (tmp_path / "outside").write_text("x", encoding="utf-8")
    release = tmp_path / "release"
    release.mkdir()
    if line:
        (release / "checksums.txt").write_text(line, encoding="utf-8")
    with pytest.raises(BackendError, match="is no release"):
        read_downloads(release)
