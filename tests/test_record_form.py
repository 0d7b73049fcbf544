"""The form for records: what it shows comes from the shapes, what it yields the validator accepts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal as OneOf

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from browser import chromium, faults_of, opened, too_wide
from cases import ROOT, sample_project
from smartcity_kg.errors import Refused
from smartcity_kg.project import Project
from smartcity_kg.server.record_fields import FormFields
from smartcity_kg.server.record_text import Change, read_record
from smartcity_kg.terms import SKOS
from test_server import Server

RECORDS = sorted((ROOT / "tests" / "sample" / "data" / "cities").glob("*.ttl"))
NOTE, LABEL = f"{SKOS}note", f"{SKOS}prefLabel"
HOSTILE = '" . <http://e.org/s> <http://e.org/p> "x'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return sample_project(tmp_path_factory.mktemp("record") / "project")


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[Server]:
    running = Server(project.root, project.root.parent / "log").wait()
    yield running
    running.stop()


@dataclass
class Form(HTMLParser):
    """The form of a page as a browser without script sees it."""

    fields: list[list[str]] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    inside: bool = False
    legend: bool = False
    path: str = ""
    open: str = ""
    datalist: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Fields, options and buttons."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == "record-form"
        if not self.inside:
            return
        name = given.get("name", "")
        if tag == "fieldset":
            self.path = given.get("data-path", "")
        if tag == "legend":
            self.legend = True
        if tag == "datalist":
            self.datalist = given["id"]
        if tag == "option" and self.datalist:
            self.lists.setdefault(self.datalist, []).append(given["value"])
        elif tag == "option":
            self.options.setdefault(self.open, []).append(given["value"])
            if "selected" in given or (len(self.options[self.open]) == 1 and not self.fields[-1][1]):
                self.fields[-1][1] = given["value"]
        if tag == "button":
            self.buttons.append(given["value"])
        if tag in {"input", "select", "textarea"} and name:
            self.open = name
            self.fields.append([name, given.get("value", "")])
            if tag == "select":
                self.options[name] = []
            if "list" in given:
                self.lists.setdefault(f"for {name}", [given["list"]])

    def handle_endtag(self, tag: str) -> None:
        """Where a form, a list, a text ends."""
        if tag == "form":
            self.inside = False
        if tag == "legend":
            self.legend = False
        if tag == "datalist":
            self.datalist = ""
        if tag == "textarea":
            self.open = ""

    def handle_data(self, data: str) -> None:
        """The text of a field, and whether it must be given."""
        if self.legend and "(required)" in data:
            self.required.add(self.path)
        if self.inside and self.lasttag == "textarea" and self.open:
            self.fields[-1][1] += data

    def fill(self, name: str, *values: str) -> None:
        """Write into the first fields of a name."""
        places = [one for one in self.fields if one[0] == name]
        for one, value in zip(places, values, strict=False):
            one[1] = value

    def first(self, name: str) -> str:
        """The first thing that can be chosen for a name."""
        listed = self.lists.get(f"for {name}")
        found = self.lists.get(listed[0], []) if listed else self.options.get(name, [])
        return next((one for one in found if one), "")

    def value(self, name: str) -> str:
        """What a field holds."""
        return next(value for key, value in self.fields if key == name)


def form_of(answer: httpx.Response) -> Form:
    assert answer.status_code == 200, answer.text
    form = Form()
    form.feed(answer.text)
    return form


def press(server: Server, form: Form, do: str) -> httpx.Response:
    """Send the form with one of its buttons."""
    given: dict[str, list[str]] = {}
    parts = []
    for name, value in form.fields:
        given.setdefault(name, []).append(value)
        parts.append((name, (None, value.replace("\r\n", "\n").replace("\n", "\r\n"))))
    assert do in form.buttons
    return httpx.post(f"{server.address}/form", files=[*parts, ("do", (None, do))], timeout=60)


def begin(server: Server, **parameters: str) -> Form:
    return form_of(httpx.get(f"{server.address}/form", params={"lang": "en", **parameters}, timeout=60))


def triples(text: str | bytes) -> set[str]:
    return {str(quad.triple) for quad in parse(text, format=RdfFormat.TURTLE)}


# The text


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_entry_that_does_not_change_leaves_the_text_alone(project: Project, path: Path) -> None:
    data = path.read_bytes()
    for entry in read_record(project, data, path.name).entries[::5]:
        record = read_record(project, data, path.name, wanted=entry.iri)
        assert record.opened
        change = Change(entry.iri, entry.classes, frozenset(p for p, _ in record.opened), record.opened)
        assert read_record(project, data, path.name, change).text == data.decode()


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_change_touches_the_block_of_its_entry_alone(project: Project, path: Path) -> None:
    data = path.read_bytes()
    for entry in read_record(project, data, path.name).entries[::7]:
        note = Literal('a "new"\nnote', language="en")
        change = Change(entry.iri, entry.classes, frozenset(), ((NOTE, note),))
        text = read_record(project, data, path.name, change).text
        added = triples(text) - triples(data)
        assert added == {f"<{entry.iri}> <{NOTE}> {note}"}
        assert triples(data) <= triples(text)
        gone = set(data.decode().splitlines()) - set(text.splitlines())
        assert len(gone) <= len(text.splitlines()) // 10
        assert not [line for line in gone if line.startswith("#")]


def test_removed_entry_leaves_the_others(project: Project) -> None:
    data = RECORDS[-1].read_bytes()
    entries = read_record(project, data, "a.ttl").entries
    text = read_record(project, data, "a.ttl", Change(entries[5].iri, remove=True)).text
    assert triples(text) == {one for one in triples(data) if not one.startswith(f"<{entries[5].iri}> ")}


def test_new_entry_gets_an_iri_of_its_own(project: Project) -> None:
    text = RECORDS[-1].read_bytes()
    seen = set()
    for _ in range(3):
        change = Change(classes=("http://e.org/A",), pairs=((LABEL, Literal("Größe & Maß", language="de")),))
        record = read_record(project, text, "a.ttl", change)
        seen.add(record.iri.rpartition("/")[2])
        text = record.text.encode()
    assert seen == {"groesse-mass", "groesse-mass-2", "groesse-mass-3"}


@pytest.mark.parametrize(
    "text",
    [
        "<http://e.org/a> <http://e.org/b> [ <http://e.org/c> 1 ] .",
        "<http://e.org/a> <http://e.org/b> ( 1 2 ) .",
    ],
)
def test_entry_with_nameless_parts_is_left_alone(project: Project, text: str) -> None:
    with pytest.raises(Refused):
        read_record(project, text.encode(), "a.ttl", Change("http://e.org/a", pairs=((NOTE, Literal("x")),)))


@pytest.mark.parametrize(
    "text",
    [
        "<http://e.org/a> <http://e.org/b> 1 . <http://e.org/c> <http://e.org/b> 2 .",
        "PREFIX e: <http://e.org/>\ne:a e:b 1 ; # one\n  e:b 2 ;\n.\n# two\ne:a e:b 3 . e:c e:b 4 .",
        "@base <http://e.org/> .\n<a> <b> '''x .\n# no''' ; ; .\n<c> <a> <a> .",
        "\ufeff<http://e.org/a>\r\n\t<http://e.org/b> 1.5 . # end",
    ],
)
def test_however_it_is_written(project: Project, text: str) -> None:
    change = Change(
        "http://e.org/a", paths=frozenset(["http://e.org/b"]), pairs=((NOTE, NamedNode("http://e.org/n")),)
    )
    found = read_record(project, text.encode(), "a.ttl", change).text
    others = {one for one in triples(text.lstrip("\ufeff")) if not one.startswith("<http://e.org/a> ")}
    assert triples(found.lstrip("\ufeff")) == {*others, f"<http://e.org/a> <{NOTE}> <http://e.org/n>"}


# The shapes


def test_fields_are_those_of_the_shapes(project: Project) -> None:
    for language in ("de", "en"):
        forms = FormFields.read(project, language)
        assert forms.section_blocks()
        for block in forms.section_blocks():
            fields = forms.fields([block.class_iri])
            assert all(one.field.name and forms.groups[one.field.group] for one in fields)
            assert any(one.field.required for one in fields)
            assert [one.field.order for one in fields] == sorted(one.field.order for one in fields)


# As a visitor without script


def test_new_city_from_nothing(server: Server) -> None:
    form = begin(server, city="Neustadt an irgendwo")
    assert "@prefix" in form.value("text")
    answer = press(server, form, "download")
    assert answer.headers["content-type"].startswith("text/turtle")
    assert 'filename="neustadt-an-irgendwo.ttl"' in answer.headers["content-disposition"]
    assert triples(answer.text) == triples(form.value("text"))


@pytest.mark.parametrize("place", [0, 4, 7, 12, 16])
def test_filled_in_entry_is_accepted(server: Server, place: int) -> None:
    """Every field that must be given is filled in with the first thing that the form itself offers."""
    form = begin(server, city="Ulm")
    kinds = form.options["add"]
    form.fill("add", kinds[place])
    form = form_of(press(server, form, "new"))
    assert form.required
    for path in form.required:
        name = f"v:{path}"
        if f"l:{path}" in dict(form.fields):
            form.fill(name, "Ein Versuch", "A trial")
        elif not form.value(name):
            form.fill(name, form.first(name) or "1")
    form = form_of(press(server, form, "check"))
    assert form.value("entry").endswith("/ulm/ein-versuch")
    text = press(server, form, "download").text
    answer = httpx.post(
        f"{server.address}/api/validate?name=ulm.ttl",
        content=text.encode(),
        headers={"Content-Type": "text/turtle"},
        timeout=60,
    )
    said = [
        (finding["rule"], finding["message"])
        for finding in answer.json()["findings"]
        if finding["level"] == "violation" and "ein-versuch" in finding["focus"]
    ]
    assert said == []


def test_entry_is_opened_and_changed(server: Server) -> None:
    form = begin(server, city="Ulm")
    before = form.value("text")
    chosen = next(do for do in form.buttons if do.startswith("open:") and "geschaeftsstelle" in do)
    form = form_of(press(server, form, chosen))
    assert form.value("entry") == chosen.partition(":")[2]
    assert form.value(f"v:{LABEL}") == "Geschäftsstelle Digitale Agenda"
    form.fill(f"v:{LABEL}", "Geschäftsstelle Digitales")
    after = press(server, form, "download").text
    assert after == before.replace('"Geschäftsstelle Digitale Agenda"@de', '"Geschäftsstelle Digitales"@de', 1)


def test_nothing_is_lost_in_any_entry(server: Server) -> None:
    form = begin(server, city="Lemgo")
    before = form.value("text")
    for chosen in [do for do in form.buttons if do.startswith("open:")][::12]:
        form = form_of(press(server, form, chosen))
    assert press(server, form, "download").text == before


def test_unknown_name_is_said_at_its_field(server: Server) -> None:
    form = begin(server, city="Ulm")
    chosen = next(do for do in form.buttons if do.startswith("open:") and "geschaeftsstelle" in do)
    form = form_of(press(server, form, chosen))
    unit = next(name for name, value in form.fields if value == "Central Office division")
    form.fill(unit, "Central Ofice division")
    answer = press(server, form, "check")
    assert "Perhaps you mean: Central Office division" in answer.text
    assert 'aria-invalid="true"' in answer.text
    again = form_of(answer)
    assert again.value(unit) == "Central Ofice division"
    assert again.value("text") == form.value("text")


def test_violation_is_said_at_its_field(server: Server) -> None:
    form = begin(server, city="Ulm")
    chosen = next(do for do in form.buttons if do.startswith("open:") and "geschaeftsstelle" in do)
    form = form_of(press(server, form, chosen))
    form.fill(f"v:{LABEL}", "")
    answer = press(server, form, "check")
    assert "The German name is missing" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_what_is_typed_stays_a_text(server: Server) -> None:
    form = begin(server, city="Ulm")
    chosen = next(do for do in form.buttons if do.startswith("open:") and "geschaeftsstelle" in do)
    form = form_of(press(server, form, chosen))
    form.fill(f"v:{LABEL}", HOSTILE + "</textarea><script>alert(1)</script>")
    answer = press(server, form, "check")
    assert "<script>alert" not in answer.text
    assert not [one for one in triples(form_of(answer).value("text")) if one.startswith("<http://e.org/s>")]


def test_text_that_is_no_turtle_is_explained(server: Server) -> None:
    answer = httpx.post(
        f"{server.address}/form", data={"text": "<http://e.org/a>\n a 'x", "lang": "en"}, timeout=60
    )
    assert answer.status_code == 200
    assert "line 2" in answer.text
    assert "a &#39;x</textarea>" in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("form?city=%22%22", 400),
        ("form?city=%00", 400),
        ("form?other=1", 400),
        ("form?city=a&city=b", 400),
        ("form?city=a&lang=fr", 400),
        ("fr/form.html", 404),
    ],
)
def test_bad_addresses(server: Server, path: str, status: int) -> None:
    assert httpx.get(f"{server.address}/{path}", timeout=60).status_code == status


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"x", {"Content-Type": "multipart/form-data"}, 400),
        (b"text=" + b"a" * 31_000_000, {"Content-Type": "application/x-www-form-urlencoded"}, 413),
        (b"text=a&lang=fr", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        (b"a=&" * 3_000, {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        (b"text=%ff%00&do=open:%22&entry=x&class=y", {"Content-Type": "application/x-www-form-urlencoded"}, 200),
    ],
)
def test_bad_forms(server: Server, content: bytes, headers: dict[str, str], status: int) -> None:
    answer = httpx.post(f"{server.address}/form", content=content, headers=headers, timeout=60)
    assert answer.status_code == status


# As pages


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("de", "light", 1280), ("en", "dark", 1280), ("de", "dark", 320), ("en", "light", 320)],
)
def test_pages_can_be_used_by_all(
    server: Server, language: str, scheme: OneOf["light", "dark"], width: int
) -> None:
    with chromium() as browser:
        for path in (f"{language}/form.html", f"form?city=Ulm&lang={language}"):
            with opened(browser, f"{server.address}/{path}", width=width, scheme=scheme) as (page, asked, said):
                if "city" in path:
                    page.click("#entries button >> nth=4")
                    page.wait_for_selector("fieldset.entry")
                assert faults_of(page) == []
                assert not too_wide(page)
                assert not said
                assert all(address.startswith(server.address) for address in asked)


def test_what_was_typed_stays_when_the_language_changes(server: Server) -> None:
    with chromium() as browser, opened(browser, f"{server.address}/form?city=Ulm&lang=en") as (page, _, _said):
        page.click("#entries button >> text=Digital Agenda office")
        name = page.locator(f'[name="v:{LABEL}"]').first
        name.fill("Agenturstelle")
        page.get_by_role("button", name="Deutsch").click()
        page.wait_for_selector('html[lang="de"]')
        assert page.locator(f'[name="v:{LABEL}"]').first.input_value() == "Agenturstelle"
        page.goto(f"{server.address}/en/form.html")
        page.get_by_label("or the text itself").fill("no Turtle")
        page.locator("#own-form button").click()
        page.get_by_role("button", name="Deutsch").click()
        page.wait_for_selector('html[lang="de"]')
        assert page.locator("#text").input_value() == "no Turtle"


def test_checks_as_it_goes(server: Server) -> None:
    with chromium() as browser, opened(browser, f"{server.address}/form?city=Ulm&lang=en") as (page, _, said):
        page.click("#entries button >> text=Digital Agenda office")
        page.wait_for_selector(f'[name="v:{LABEL}"]')
        page.fill(f'[name="v:{LABEL}"] >> nth=0', "")
        page.keyboard.press("Tab")
        page.wait_for_selector("fieldset.entry .faults", timeout=30_000)
        assert "The German name is missing" in page.inner_text("fieldset.entry .faults")
        assert page.get_attribute(f'[name="v:{LABEL}"] >> nth=0', "aria-invalid") == "true"
        assert faults_of(page) == []
        page.fill(f'[name="v:{LABEL}"] >> nth=0', "Geschäftsstelle")
        page.keyboard.press("Tab")
        page.wait_for_selector("fieldset.entry .faults", state="detached", timeout=30_000)
        assert '"Geschäftsstelle"@de' in page.input_value('[name="text"]')
        assert not said
