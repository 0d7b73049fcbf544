"""The scripts of the pages in a real browser: editor, store, pictures, lists; no request to another host."""

import gzip
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from cases import ROOT
from smartcity_kg.assets import ASSETS, find_assets

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = sorted(set(ASSETS) - set(find_assets()))
PAGES = ROOT / "tests/pages"

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed"),
    pytest.mark.skipif(bool(MISSING), reason=f"the scripts of the pages are not built here: {', '.join(MISSING)}"),
]


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder, and an endpoint at /sparql over the same dump."""

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as in the standard library
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer a query, or say what is wrong with it."""
        query = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["query"][0]
        store = ox.Store()
        store.bulk_load(path=str(PAGES / "dump.nq"), format=ox.RdfFormat.N_QUADS)
        try:
            answer = store.query(query)
        except SyntaxError as error:
            return self._send(400, "text/plain", str(error).encode())
        if isinstance(answer, ox.QueryTriples):
            return self._send(200, "application/n-triples", answer.serialize(format=ox.RdfFormat.N_TRIPLES) or b"")
        body = answer.serialize(format=ox.QueryResultsFormat.JSON) or b""
        return self._send(200, "application/sparql-results+json", body)

    def _send(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a small site on this machine."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(PAGES, folder, dirs_exist_ok=True)
    (folder / "dump.nq.gz").write_bytes(gzip.compress((PAGES / "dump.nq").read_bytes()))
    page = (PAGES / "sparql.html").read_text(encoding="utf-8")
    remote = page.replace('data-dump="dump.nq.gz"', 'data-endpoint="sparql"').replace('lang="de"', 'lang="en"')
    (folder / "remote.html").write_text(remote, encoding="utf-8")
    (folder / "assets").mkdir()
    for name, path in find_assets().items():
        shutil.copy(path, folder / "assets" / name)

    def handler(*arguments: Any) -> Handler:  # noqa: ANN401 - as in the standard library
        return Handler(*arguments, directory=str(folder))

    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page that fails its test when a script fails, a policy is hurt or another host is asked."""
    context = browser.new_context(base_url=site, accept_downloads=True, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
    opened.on(
        "request",
        lambda asked: None if asked.url.startswith((site, "data:", "blob:")) else wrong.append(asked.url),
    )
    yield opened
    context.close()
    # The browser itself notes every answer with an error status; a test may ask for one.
    assert not [text for text in wrong if "status of 400" not in text]


def open_editor(page: Page, name: str = "sparql.html") -> Locator:
    page.goto(name)
    page.wait_for_selector('#sparql[data-state="ready"]')
    return page.get_by_role("textbox", name="Abfrage")


def put(page: Page, editor: Locator, query: str) -> None:
    """Replace the text of the editor."""
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(query)


def rows(page: Page) -> list[list[str]]:
    cells = page.locator("#answer table tbody tr")
    return [[cell.strip() for cell in row.locator("td").all_inner_texts()] for row in cells.all()]


def place_in(picture: Locator, mark: Locator) -> tuple[float, ...]:
    """Left, top, width and height of a mark, counted from the corner of its picture."""
    outer, inner = picture.bounding_box(), mark.bounding_box()
    assert outer
    assert inner
    return (inner["x"] - outer["x"], inner["y"] - outer["y"], inner["width"], inner["height"])


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.mark.parametrize("name", ["sparql.html", "remote.html"])
def test_query_with_missing_prefix_is_completed_and_answered(page: Page, name: str) -> None:
    """By the store in the browser and by an endpoint alike."""
    editor = open_editor(page, name)
    put(page, editor, "SELECT ?place ?people WHERE { ?place ex:people ?people } ORDER BY ?people")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer h2")).to_contain_text("2")
    assert "PREFIX ex: <https://example.org/ns#>" in editor.inner_text()
    assert rows(page) == [["Aachen thing:a", "250"], ['Ulm <b>"x"</b> thing:u', "1300"]]
    assert page.locator("#answer tbody a").first.get_attribute("href") == "doc/a.html"


def test_typing_suggests_own_terms_by_label_and_declares_their_prefix(page: Page) -> None:
    editor = open_editor(page)
    put(page, editor, "")
    page.keyboard.type("SELECT * WHERE { ?place einw")
    expect(page.get_by_role("option", name="ex:people")).to_contain_text("Einwohnerzahl")
    page.wait_for_timeout(100)  # the editor takes no choice in the first 75 ms, lest one be made by mistake
    page.keyboard.press("Enter")
    expect(editor).to_contain_text("?place ex:people")
    expect(editor).to_contain_text("PREFIX ex: <https://example.org/ns#>")


def test_keyboard_leaves_the_editor(page: Page) -> None:
    open_editor(page).click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ausführen")).to_be_focused()


def test_saved_query_runs_with_one_click_and_is_remembered(page: Page) -> None:
    open_editor(page)
    page.get_by_role("link", name="Orte und ihr Land").click()
    expect(page.locator("#answer h2")).to_have_text("2 Ergebnisse")
    assert rows(page)[0] == ["Aachen thing:a", "Norden thing:north", "250"]
    open_editor(page)
    page.get_by_text("Ihre letzten Abfragen").click()
    expect(page.locator("#query-history li")).to_have_count(1)
    page.get_by_role("button", name="Alle vergessen").click()
    expect(page.locator("#query-history")).to_be_hidden()


def test_shared_address_fills_the_editor_and_asks_nothing(page: Page) -> None:
    editor = open_editor(page)
    put(page, editor, "ASK { ?s ?p ?o }")
    page.get_by_role("button", name="Adresse kopieren").click()
    page.wait_for_function("location.hash.startsWith('#query=')")
    page.reload()
    page.wait_for_selector('#sparql[data-state="ready"]')
    expect(editor).to_have_text("ASK { ?s ?p ?o }")
    expect(page.locator("#answer")).to_be_hidden()
    page.get_by_role("button", name="Ausführen").click()
    expect(page.locator("#answer h2")).to_have_text("Ja")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT ?s WHERE {\n  ?s no:such ?o\n}", "Zeile 2, Spalte 6: das Präfix no: ist nicht erklärt."),
        ("SELECT ?s WHERE {\n  ?s ?p }", "Zeile 2, Spalte 10: das passt hier nicht"),
    ],
)
def test_mistake_is_shown_at_its_line(page: Page, query: str, said: str) -> None:
    put(page, open_editor(page), query)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    page.get_by_role("button", name="Zur Stelle").click()
    expect(page.get_by_role("textbox", name="Abfrage")).to_be_focused()


def test_answer_of_the_endpoint_names_the_place_of_a_mistake(page: Page) -> None:
    put(page, open_editor(page, "remote.html"), "SELECT ?s WHERE {\n  ?s ?p }")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Line 2, column 10")


def test_long_query_is_stopped_and_the_next_one_answered(page: Page) -> None:
    editor = open_editor(page)
    many = " . ".join(f"?a{i} ?b{i} ?c{i}" for i in range(9))
    put(page, editor, f"SELECT (COUNT(*) AS ?n) WHERE {{ {many} }}")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Abbrechen").click()
    expect(page.locator("#answer")).to_contain_text("Die Abfrage wurde abgebrochen.")
    put(page, editor, "ASK {}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer h2")).to_have_text("Ja")


@pytest.mark.parametrize(
    ("button", "name", "part"),
    [
        (
            "CSV",
            "answer.csv",
            'thing,text\r\nhttps://example.org/id/a,Aachen\r\nhttps://example.org/id/u,"Ulm <b>""x',
        ),
        ("TSV", "answer.tsv", '?thing\t?text\n<https://example.org/id/a>\t"Aachen"@de\n'),
        ("JSON", "answer.json", '"bindings"'),
    ],
)
def test_answer_is_saved_as_a_file(page: Page, tmp_path: Path, button: str, name: str, part: str) -> None:
    query = (
        'SELECT ?thing ?text { ?thing rdfs:label ?text ; ex:in ?state FILTER(LANG(?text) = "de") } ORDER BY ?thing'
    )
    put(page, open_editor(page), query)
    page.keyboard.press("Control+Enter")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    assert waiting.value.suggested_filename == name
    waiting.value.save_as(tmp_path / name)
    with (tmp_path / name).open(encoding="utf-8", newline="") as stream:
        assert part in stream.read()


def test_answer_is_shown_on_the_map(page: Page) -> None:
    """Also where the rows name things and the points are looked up."""
    put(page, open_editor(page), "SELECT ?place WHERE { ?place ex:in ?state }")
    page.keyboard.press("Control+Enter")
    page.get_by_label("Karte").check()
    expect(page.locator("#answer table")).to_be_hidden()
    expect(page.locator("#answer svg .state")).to_have_count(16)
    expect(page.locator("#answer svg a").first).to_have_attribute("href", "doc/a.html")
    assert not violations(page)


def test_constructed_graph_is_drawn_and_listed(page: Page) -> None:
    put(page, open_editor(page), "CONSTRUCT { ?p ex:in ?s ; rdfs:label ?l } WHERE { ?p ex:in ?s ; rdfs:label ?l }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer h2")).to_have_text("4 Aussagen")
    page.get_by_label("Netz").check()
    expect(page.locator("#answer svg .dot")).to_have_count(4)
    assert not violations(page)


def test_values_are_text_and_dangerous_addresses_no_links(page: Page) -> None:
    put(page, open_editor(page), "SELECT ?page ?label WHERE { ?s ex:page ?page ; rdfs:label ?label }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer td").first).to_have_text("javascript:alert(1)")
    expect(page.locator("#answer td a")).to_have_count(0)
    expect(page.locator("#answer td b")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["sparql.html", "remote.html", "pictures.html", "search.html"])
def test_page_is_accessible(page: Page, name: str, scheme: Any) -> None:  # noqa: ANN401 - a literal of Playwright's
    page.emulate_media(color_scheme=scheme)
    if name in {"pictures.html", "search.html"}:
        page.goto(name)
    else:
        put(page, open_editor(page, name), "SELECT ?place ?label WHERE { ?place rdfs:label ?label }")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#answer table")).to_be_visible()
    assert not violations(page)


def test_editor_fits_a_small_screen(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    put(page, open_editor(page), f"SELECT * WHERE {{ ?s rdfs:label {json.dumps('x' * 200)} }}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_map_is_enlarged_moved_and_shown_whole_by_keyboard(page: Page) -> None:
    page.goto("pictures.html")
    svg, dot = page.locator("#map svg"), page.locator("#map .dot").first
    page.locator("#map a").first.focus()
    before = place_in(svg, dot)
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(svg).to_have_attribute("viewBox", "36.563 121.875 156.25 117.188")
    # The mark with the focus stays where it was, and as large.
    assert place_in(svg, dot) == pytest.approx(before, abs=1)
    page.keyboard.press("ArrowRight")
    expect(svg).to_have_attribute("viewBox", "67.813 121.875 156.25 117.188")
    page.keyboard.press("0")
    expect(svg).to_have_attribute("viewBox", "0 0 400 300")


def test_map_is_dragged_without_following_the_link_under_the_pointer(page: Page) -> None:
    page.goto("pictures.html")
    page.get_by_role("button", name="Enlarge").first.click()
    svg, dot = page.locator("#map svg"), page.locator("#map .dot").nth(1)
    page.get_by_role("button", name="Enlarge").first.scroll_into_view_if_needed()
    before, mark = place_in(svg, dot), dot.bounding_box()
    assert mark
    page.mouse.move(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    page.mouse.down()
    page.mouse.move(mark["x"] + 60, mark["y"] - 40, steps=5)
    page.mouse.up()
    page.wait_for_timeout(100)
    after = place_in(svg, dot)
    assert after[0] - before[0] == pytest.approx(60, abs=20)
    assert after[1] - before[1] == pytest.approx(-40, abs=20)
    assert "#" not in page.url


def test_focus_brings_a_mark_into_sight(page: Page) -> None:
    page.goto("pictures.html")
    for _ in range(5):
        page.get_by_role("button", name="Enlarge").first.click()
    page.locator("#map a").nth(2).focus()
    page.wait_for_timeout(100)
    box, mark = page.locator("#map svg").bounding_box(), page.locator("#map .dot").nth(2).bounding_box()
    assert box and mark
    assert box["x"] < mark["x"] < box["x"] + box["width"]
    assert box["y"] < mark["y"] < box["y"] + box["height"]


def test_filter_narrows_list_and_map_and_stands_in_the_address(page: Page) -> None:
    page.goto("pictures.html")
    page.get_by_label("Name").fill("koln")
    expect(page.locator("output")).to_have_text("1 of 3 places")
    expect(page.locator("#map a:visible")).to_have_count(1)
    expect(page.locator("#places li:visible")).to_have_text("Köln")
    expect(page.get_by_role("heading", name="South")).to_be_hidden()
    page.get_by_label("Name").fill("")
    page.get_by_label("State").select_option("North")
    expect(page.locator("#map .stubs")).to_be_hidden()
    page.get_by_label("State").select_option("South")
    expect(page.locator("#map .stubs")).not_to_have_class("stubs out")
    assert page.url.endswith("?state=state%2Fsouth")
    page.reload()
    expect(page.locator("#places li:visible")).to_have_text("Ulm")


def test_pointing_at_a_node_lights_its_neighbours(page: Page) -> None:
    page.goto("pictures.html")
    page.locator('#graph a[data-item="place/a"]').focus()
    expect(page.locator("#graph .edge.lit")).to_have_count(1)
    expect(page.locator("#graph a.lit")).to_have_count(2)
    expect(page.locator("#places li.lit")).to_have_text("Aachen")


@pytest.mark.parametrize(
    ("typed", "said", "first"),
    [
        ("köln", "2 Treffer.", "Köln"),
        ("KOELN", "2 Treffer.", "Köln"),
        ("cologne", "1 Treffer.", "Köln"),
        ("magdburg", "Nichts trägt diesen Namen. Ähnliche Namen:", "Magdeburg"),
        ("onerror", "1 Treffer.", "<img src=x onerror=alert(1)>"),
    ],
)
def test_search_finds_names_in_both_languages_and_near_misses(
    page: Page, typed: str, said: str, first: str
) -> None:
    page.goto("search.html")
    page.get_by_label("Name").fill(typed)
    expect(page.locator("#found p")).to_have_text(said)
    expect(page.locator("#found a").first).to_have_text(first)
    page.reload()
    expect(page.locator("#found a").first).to_have_text(first)


def test_table_is_sorted_by_number(page: Page) -> None:
    page.goto("pictures.html")
    page.get_by_role("button", name="Shared").click()
    expect(page.locator("#pairs tbody tr").first).to_contain_text("9")
    page.get_by_role("button", name="Shared").click()
    expect(page.locator("#pairs tbody tr").first).to_contain_text("10")
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")


def test_without_script_everything_is_there(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("sparql.html")
    expect(page.get_by_label("Abfrage")).to_have_value("SELECT ?place WHERE { ?place ex:in ?state }")
    page.goto("pictures.html")
    expect(page.locator("#places li:visible")).to_have_count(3)
    expect(page.locator("form")).to_be_hidden()
    context.close()
