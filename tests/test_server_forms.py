"""Checks, saved queries and search on the web, as visitors and programs see them."""

import csv
import io
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from openapi_spec_validator import validate

from browser import chromium, faults_of, opened, too_wide
from cases import ROOT, sample_project
from smartcity_kg.server.search import Entry, Names
from test_server import Server

RECORD = (ROOT / "tests" / "sample" / "data" / "cities" / "ulm.ttl").read_bytes()
BROKEN = RECORD.replace(b"sckg:evidence", b"sckg:evidenz", 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    project = sample_project(tmp_path_factory.mktemp("forms") / "project").root
    running = Server(project, project.parent / "log").wait()
    yield running
    running.stop()


def post(server: Server, path: str, content: bytes = b"", **options: object) -> httpx.Response:
    return httpx.post(f"{server.address}/{path}", content=content or None, timeout=60, **options)  # type: ignore[arg-type]


TURTLE = {"headers": {"Content-Type": "text/turtle"}}


# Checks


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("json", "application/json"),
        ("sarif", "application/sarif+json"),
        ("html", "text/html"),
        ("letter", "text/plain"),
        ("text", "text/plain"),
        ("turtle", "text/turtle"),
        ("junit", "application/xml"),
    ],
)
def test_report_in_each_format(server: Server, form: str, media_type: str) -> None:
    answer = post(server, f"api/validate?format={form}&name=ulm.ttl&lang=de", BROKEN, **TURTLE)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media_type)
    assert "evidenz" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_report_names_rule_and_line(server: Server) -> None:
    found = post(server, "api/validate?name=ulm.ttl", BROKEN, **TURTLE).json()
    line = BROKEN[: BROKEN.index(b"sckg:evidenz")].count(b"\n") + 1
    assert not found["conforms"]
    assert ("C-79", line) in {(finding["rule"], finding["line"]) for finding in found["findings"]}


def test_what_is_no_turtle_is_a_report_with_its_line(server: Server) -> None:
    answer = post(server, "api/validate?lang=de&format=text", b"<http://e.org/a>\n a 'x", **TURTLE)
    assert answer.status_code == 200
    assert "submission.ttl:2:4" in answer.text


@pytest.mark.parametrize(
    ("path", "content", "headers", "status"),
    [
        ("api/validate", b"", {"Content-Type": "text/turtle"}, 400),
        ("api/validate", b"x", {"Content-Type": "image/png"}, 415),
        ("api/validate", b"x", {"Content-Type": "text/turtle", "Content-Encoding": "gzip"}, 415),
        ("api/validate?format=pdf", b"x", {"Content-Type": "text/turtle"}, 400),
        ("api/validate?lang=fr", b"x", {"Content-Type": "text/turtle"}, 400),
        ("api/validate?nonsense=1", b"x", {"Content-Type": "text/turtle"}, 400),
        ("api/validate", b"x", {"Content-Type": "text/turtle", "Accept": "image/png"}, 406),
        ("api/validate", b"x" * 10_000_001, {"Content-Type": "text/turtle"}, 413),
        ("check", b"x", {"Content-Type": "multipart/form-data"}, 400),
        ("check", b"x", {"Content-Type": "multipart/form-data; boundary=y"}, 400),
    ],
)
def test_bad_requests_for_a_check(
    server: Server, path: str, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = post(server, path, content, headers=headers)
    assert answer.status_code == status
    assert 0 < len(answer.text) < 300
    assert "Traceback" not in answer.text


def test_too_much_in_pieces_is_refused(server: Server) -> None:
    pieces = (b"x" * 1_000_000 for _ in range(11))
    answer = httpx.post(f"{server.address}/api/validate", content=pieces, headers={"Content-Type": "text/turtle"})
    assert answer.status_code == 413


def test_page_shows_the_report_and_offers_it(server: Server) -> None:
    answer = post(server, "check", data={"lang": "de"}, files={"file": ("ulm.ttl", BROKEN)})
    assert answer.status_code == 200
    assert '<html lang="de">' in answer.text
    assert "sckg:evidenz" in answer.text
    form = re.search(r'<textarea name="text" hidden[^>]*>(.*?)</textarea>', answer.text, re.DOTALL)
    assert form is not None
    taken = post(server, "api/validate", data={"text": "<a>", "name": "ulm.ttl", "lang": "de", "format": "letter"})
    assert taken.headers["content-disposition"] == 'attachment; filename="ulm-report.txt"'


def test_text_of_a_stranger_is_shown_and_not_run(server: Server) -> None:
    text = '<http://e.org/"><script>alert(1)</script> a "<script>alert(2)</script>'
    answer = post(server, "check", data={"text": text, "name": '"><script>alert(3)</script>'})
    assert answer.status_code == 200
    assert not re.search(r"<script>alert", answer.text)


def test_nothing_of_a_text_is_logged(server: Server) -> None:
    post(server, "api/validate?name=secret.ttl", b"<http://secret.example/a> a <http://e.org/b> .", **TURTLE)
    assert "secret" not in server.log.read_text(encoding="utf-8")


def test_check_goes_on_after_its_process_was_killed(server: Server) -> None:
    post(server, "api/validate", RECORD, **TURTLE)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            parent = (entry / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()[1]
        except OSError:
            continue
        if b"server.checker" in command and int(parent) == server.process.pid:
            os.kill(int(entry.name), signal.SIGKILL)
    codes = [post(server, "api/validate", RECORD, **TURTLE).status_code for _ in range(2)]
    assert codes[1] == 200
    assert codes[0] in {200, 503}


# Saved queries


def ask(server: Server, name: str, **parameters: object) -> httpx.Response:
    return httpx.get(f"{server.address}/api/queries/{name}", params=parameters, timeout=60)  # type: ignore[arg-type]


def test_answer_to_a_saved_query(server: Server) -> None:
    found = ask(server, "networks-of-city", city="Magdeburg", format="json", lang="de").json()
    assert "network" in found["head"]["vars"]
    assert found["results"]["bindings"]
    rows = list(csv.DictReader(io.StringIO(ask(server, "networks-of-city", city="Magdeburg", format="csv").text)))
    assert len(rows) == len(found["results"]["bindings"])


def test_pages_of_an_answer_follow_each_other(server: Server) -> None:
    whole = ask(server, "cities", format="csv").text.splitlines()[1:]
    address, seen = f"{server.address}/api/queries/cities?limit=2&format=csv", []
    while address:
        answer = httpx.get(address)
        seen += answer.text.splitlines()[1:]
        found = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        address = server.address + found[1] if found else ""
    assert seen == whole
    assert len(seen) > 2


def test_places_as_geojson(server: Server) -> None:
    found = ask(server, "cities", format="geojson").json()
    assert found["type"] == "FeatureCollection"
    points = [one["geometry"] for one in found["features"] if one["geometry"]]
    assert all(5 < one["coordinates"][0] < 16 and 47 < one["coordinates"][1] < 56 for one in points)


@pytest.mark.parametrize(
    "parameters",
    [
        {"city": '"} UNION { ?s ?p ?o } #'},
        {"city": "<http://e.org/a b>"},
        {"city": "'; DROP ALL"},
        {"city": "city:../../etc/passwd"},
        {"city": "\x00"},
        {"city": "Ulm", "limit": "-1"},
        {"city": "Ulm", "limit": "1e9"},
        {"city": "Ulm", "offset": "٣"},
        {"city": "Ulm", "lang": "de'"},
        {"city": "Ulm", "format": "../x"},
        {"city": "Ulm", "other": "1"},
        {"city": ""},
        {"city": "Ulm", "limit": ""},
        {"city": "Ulm", "lang": ""},
        {"city": ["Ulm", "Lemgo"]},
        {},
    ],
)
def test_bad_parameters_are_refused(server: Server, parameters: dict[str, str]) -> None:
    answer = ask(server, "networks-of-city", **parameters)
    assert answer.status_code in {400, 404}
    assert 0 < len(answer.text) < 500


@pytest.mark.parametrize("name", ["nope", "..", "%2e%2e%2fetc", "cities.rq"])
def test_queries_that_are_none(server: Server, name: str) -> None:
    assert ask(server, name).status_code in {400, 404}


def test_page_of_a_query_has_a_form(server: Server) -> None:
    address = f"{server.address}/queries/networks-of-city"
    headers = {"Accept": "text/html", "Accept-Language": "de"}
    empty = httpx.get(address, headers=headers)
    asked = httpx.get(f"{address}?city=Magdeburg&lang=de", headers=headers)
    wrong = httpx.get(f"{address}?city=Nirgendwo", headers=headers)
    assert (empty.status_code, asked.status_code, wrong.status_code) == (200, 200, 404)
    assert 'name="city"' in empty.text
    assert "format=csv" in asked.text
    assert 'role="alert"' in wrong.text
    assert httpx.get(address, headers={"Accept": "text/turtle"}).headers["content-type"].startswith("text/turtle")


def test_queries_without_a_table_have_their_page(server: Server) -> None:
    answer = httpx.get(f"{server.address}/queries/has-record", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert ask(server, "has-record").status_code == 404


def test_description_of_the_interface(server: Server) -> None:
    described = httpx.get(f"{server.address}/api/openapi.json").json()
    validate(described)
    operation = described["paths"]["/api/queries/networks-of-city"]["get"]
    examples = {one["name"]: one["example"] for one in operation["parameters"] if "example" in one}
    assert ask(server, "networks-of-city", **examples).status_code == 200


# Search


def test_names_are_found_however_they_are_spelt() -> None:
    koeln = Entry("doc/city/koeln", "i", ("Köln", "Cologne"), ("Stadt", "city"), ("koeln", "cologne"))
    names = Names([koeln])
    for text in ("Köln", "koeln", "KÖLN", "logne", "colonge"):
        assert names.find(text, 5)[0] == [koeln]
    assert names.find("x" * 10_000, 5) == ([], True)


def test_search_without_a_script(server: Server) -> None:
    found = httpx.get(f"{server.address}/search?q=magdeb", headers={"Accept-Language": "de"})
    assert 'href="/de/doc/city/magdeburg.html"' in found.text
    near = httpx.get(f"{server.address}/en/search.html?q=magdebrug")
    assert "Similar names" in near.text
    strange = httpx.get(f"{server.address}/search", params={"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in strange.text


def test_search_for_programs(server: Server) -> None:
    found = httpx.get(f"{server.address}/api/search?q=magdeburg&lang=de&limit=3").json()
    assert found[0]["label"] == "Magdeburg"
    assert len(found) <= 3
    for bad in ("", "q=", "q=a&q=b", "q=a&limit=0", "q=a&limit=x", "q=a&other=1", "q=a&lang=fr"):
        assert httpx.get(f"{server.address}/api/search?{bad}").status_code == 400


# As pages


def look_at(
    browser: Any,  # noqa: ANN401 - of a package that may be absent
    server: Server,
    path: str,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    """A page has no fault that axe finds, fits, and loads nothing from elsewhere."""
    with opened(browser, f"{server.address}/{path}", width=width, scheme=scheme) as (page, asked, said):
        assert faults_of(page) == []
        assert not too_wide(page)
        assert not said
        assert all(address.startswith(server.address) for address in asked)


def test_pages_can_be_used_by_all(server: Server) -> None:
    with chromium() as browser:
        for path in ("check", "queries/networks-of-city", "search"):
            asked = {"queries/networks-of-city": "?city=Ulm", "search": "?q=ulm"}.get(path, "")
            look_at(browser, server, f"de/{path}.html{asked}", 1280, "light")
            look_at(browser, server, f"en/{path}.html{asked}", 320, "dark")


def test_file_is_checked_with_the_keyboard_alone(server: Server) -> None:
    with chromium() as browser, opened(browser, f"{server.address}/de/check.html") as (page, _, said):
        page.focus("#text")
        page.keyboard.insert_text(BROKEN.decode())
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("article.finding", timeout=30_000)
        assert "evidenz" in page.inner_text("main")
        assert not said
        assert faults_of(page) == []
