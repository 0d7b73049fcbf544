"""The editor and the search box where a server answers, in a browser, as visitors see them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from browser import chromium, faults_of, too_wide
from cases import sample_project
from smartcity_kg.assets import find_assets
from test_server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed").expect

if "sparql.js" not in find_assets():
    pytest.skip("the pages' scripts are not built", allow_module_level=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    project = sample_project(tmp_path_factory.mktemp("editor") / "project").root
    running = Server(project, project.parent / "log").wait()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: "Browser", server: Server) -> Iterator["Page"]:
    """A page that fails its test when a script fails, a policy is hurt or another host is asked."""
    context = browser.new_context(base_url=server.address, reduced_motion="reduce", locale="de-DE")
    context.set_default_timeout(20_000)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
    opened.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((server.address, "data:", "blob:")) else wrong.append(asked.url)
        ),
    )
    yield opened
    context.close()
    # The browser itself notes every answer with an error status; a test may ask for one.
    assert not [text for text in wrong if "the server responded with a status of 4" not in text]


def put(page: "Page", query: str) -> "Locator":
    """Open the editor and replace its text."""
    page.goto("/de/sparql.html")
    page.wait_for_selector('#sparql[data-state="ready"]')
    editor = page.get_by_role("textbox", name="SPARQL-Abfrage")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(query)
    return editor


def test_answer_comes_from_the_server_with_labels_and_links(page: "Page") -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    editor = put(page, "SELECT ?city WHERE { ?city a sckg:City ; skos:prefLabel ?name } ORDER BY ?city")
    page.keyboard.press("Control+Enter")
    row = page.locator("#answer tbody tr", has_text="city:ulm")
    expect(row.first).to_contain_text("Ulm")
    assert "PREFIX sckg:" in editor.inner_text()
    assert not [url for url in asked if ".wasm" in url or ".nq" in url]
    row.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ulm")
    assert page.url.endswith("/de/doc/city/ulm.html")


def test_points_are_shown_on_a_map_and_graphs_as_one(page: "Page") -> None:
    put(page, "SELECT ?city ?point { ?city a sckg:City ; geo:hasGeometry/geo:asWKT ?point }")
    page.keyboard.press("Control+Enter")
    page.get_by_label("Karte").check()
    expect(page.locator("#answer svg a").first).to_be_visible()
    put(page, "CONSTRUCT { ?city sckg:inState ?state } WHERE { ?city a sckg:City ; sckg:inRegion ?state }")
    page.keyboard.press("Control+Enter")
    page.get_by_label("Netz").check()
    expect(page.locator("#answer svg .dot").first).to_be_visible()


@pytest.mark.parametrize(
    ("query", "said", "detail"),
    [
        ("SELECT * {\n  ?s ?p }", "nicht beantwortet", "Zeile 2, Spalte 10: das passt hier nicht"),
        ("ASK {\n SERVICE <http://e.org/> {} }", "hier nicht erlaubt", "Zeile 2, Spalte 2: SERVICE"),
        ("DROP ALL", "hier nicht erlaubt", "Zeile 1, Spalte 1: DROP"),
        (f"ASK {{ ?s ?p '{'x' * 20_000}' }}", "zu groß", "bytes"),
    ],
)
def test_refusals_are_told_with_reason_and_place(page: "Page", query: str, said: str, detail: str) -> None:
    put(page, query)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text(detail)
    expect(page.locator("#answer [role=status]")).to_contain_text(said)
    marked = page.locator(".cm-lint-marker-error")
    expect(marked).to_have_count(1 if "Zeile" in detail else 0)


def test_typing_suggests_terms_and_asks_nobody(page: "Page") -> None:
    put(page, "")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.type("SELECT * WHERE { ?c Einwohnerz")
    expect(page.get_by_role("option", name="sckg:population").first).to_contain_text("Einwohnerzahl")
    page.keyboard.type(" foaf:nam dct:tit")
    page.wait_for_timeout(300)
    assert not asked


def test_saved_query_is_found_by_topic_and_runs(page: "Page") -> None:
    put(page, "")
    page.get_by_text("Städte und Regionen", exact=True).click()
    page.locator('[data-query="all-cities"]').click()
    expect(page.locator("#answer h2")).to_contain_text("Ergebnisse")
    page.get_by_role("radio", name="Tabelle").check()
    expect(page.locator("#answer tbody tr", has_text="city:ulm")).to_be_visible()


def test_shared_address_shows_the_answer_also_without_script(
    page: "Page", browser: "Browser", server: Server
) -> None:
    put(page, "ASK { city:ulm a sckg:City }")
    page.get_by_role("button", name="Adresse kopieren").click()
    page.wait_for_function("location.search.includes('query=')")
    query = parse_qs(urlsplit(page.url).query)["query"][0]
    context = browser.new_context(java_script_enabled=False, locale="de-DE", base_url=server.address)
    plain = context.new_page()
    plain.goto("/de/sparql.html")
    plain.get_by_label("SPARQL-Abfrage").fill(query)
    plain.get_by_role("button", name="Ausführen").click()
    expect(plain.locator("#answer")).to_contain_text("Ja")
    assert urlsplit(plain.url).path == "/sparql"
    wrong = plain.goto(f"/sparql?{urlencode({'query': 'SELECT * {' + chr(10) + '  ?s ?p }'})}")
    assert wrong is not None
    assert wrong.status == 400
    expect(plain.get_by_role("alert")).to_contain_text("Zeile 2, Spalte 10: ")
    page.goto(plain.url)
    expect(page.get_by_role("alert")).to_contain_text("Zeile 2, Spalte 10: ")
    context.close()


def test_shared_address_has_what_the_editor_has(page: "Page") -> None:
    query = "SELECT ?city ?point { ?city a sckg:City ; geo:hasGeometry/geo:asWKT ?point }"
    page.goto(f"/sparql?{urlencode({'query': query})}")
    expect(page.get_by_label("Karte")).to_be_visible()


def test_keys_are_explained_once(page: "Page") -> None:
    put(page, "")
    text = page.locator("main").inner_text()
    assert text.count("Tab verlässt") == 1
    assert "Mit Esc" not in text


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_editor_can_be_used_by_all(page: "Page", scheme: Literal["light", "dark"], width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 700})
    put(page, "SELECT * { ?city a sckg:City ; skos:prefLabel ?name }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer table")).to_be_visible()
    page.locator("nav details summary").first.click()
    assert not faults_of(page)
    assert not too_wide(page)


@pytest.mark.parametrize("width", [1280, 320])
def test_search_box_suggests_names_by_keyboard(page: "Page", width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto("/de/index.html")
    field = page.get_by_role("combobox", name="Stadt, Projekt")
    field.press_sequentially("ul")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("Ulm")
    field.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    assert not faults_of(page)
    assert not too_wide(page)
    field.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    field.press_sequentially("m")
    expect(page.get_by_role("option").first).to_contain_text("Ulm")
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url("**/de/doc/city/ulm.html")


def test_search_box_searches_what_was_typed(page: "Page") -> None:
    page.goto("/de/index.html")
    field = page.get_by_role("combobox", name="Stadt, Projekt")
    field.press_sequentially("ulm")
    expect(page.get_by_role("option").first).to_be_visible()
    field.press("Enter")
    page.wait_for_url("**/search.html?q=ulm")
    expect(page.locator("#found a").first).to_have_text("Ulm")
