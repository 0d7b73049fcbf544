"""Pictures: valid, safe and the same each time; each is tried with plain, hostile and real input."""

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from smartcity_kg import open_project
from smartcity_kg.pictures.bars import Bar, Part, draw_bars, draw_meter, draw_parts
from smartcity_kg.pictures.diagram import Arrow, Box, draw_diagram
from smartcity_kg.pictures.map import Place, draw_map, draw_surroundings
from smartcity_kg.pictures.network import Edge, Node, draw_network, left_out
from smartcity_kg.pictures.outline import Outline, State
from smartcity_kg.pictures.projection import GERMANY
from smartcity_kg.pictures.timeline import Event, draw_timeline

SVG = "{http://www.w3.org/2000/svg}"
LABELS = {
    "plain": "Köln",
    "markup": "</text><script>alert(1)</script>",
    "quotes": "a\"b'c & d",
    "long": "x" * 10_000,
    "long words": "Wort " * 2_000,
    "override": "abc\u202edef\u2066",
    "control": "a\x00b\x1b[31m\ud800c",
    "empty": "",
}
HREFS = ("javascript:alert(1)", " JaVaScRiPt:alert(1)", "java\u200escript:x", "data:text/html,x", "vbscript:x")
SQUARE = Outline((State("DE-XX", (((9.0, 50.0), (11.0, 50.0), (11.0, 52.0), (9.0, 52.0), (9.0, 50.0)),)),))


def draw_all(label: str, href: str = "x.html") -> dict[str, str]:
    """Every picture, with the label wherever a text may stand."""
    here = Place(label, 10, 51, kind="here", href=href, note=label, key=label, tags=label)
    other = Place("Ulm", 9.99, 48.4, href=href)
    stub = Place(label, 10.2, 51.2, kind="stub", href=href)
    nodes = [Node("a", label, href=href, note=label), Node("b", "Ulm", "body", href=href), Node("c", "Jena")]
    steps = [
        Event(label, date, "throughout" if at % 2 else "within", href, label, label)
        for at, date in enumerate(("2010", "2011-03-04", "2012~", "../2013", "2014/..", "2015/2018"))
    ]
    boxes = [Box("a", label, href, (label, "x")), Box("b", "Region", href), Box("c", "Lone", outside=True)]
    arrows = [
        Arrow("a", "b", label),
        Arrow("b", "a", label, "subclass"),
        Arrow("a", "a", "x"),
        Arrow("a", "z", "x"),
    ]
    text: dict[str, Any] = {"title": label, "description": label}
    return {
        "map": draw_map([here, other, stub], outline=SQUARE, **text),
        "surroundings": draw_surroundings(here, [other, stub], outline=SQUARE, **text),
        "timeline": draw_timeline(steps, now="2019-03-19", now_label=label, **text),
        "network": draw_network(nodes, [Edge("a", "b", 2, label)], **text),
        "bars": draw_bars([Bar(label, 3, href), Bar("x", 0, href), Bar("y", float("nan"))], **text),
        "parts": draw_parts([Part(label, 3), Part("x", 0)], **text),
        "meter": draw_meter(0.4, title=label),
        "diagram": draw_diagram(boxes, arrows, **text),
    }


KINDS = sorted(draw_all("x"))


def read(text: str) -> ElementTree.Element:
    """What an XML parser makes of one or two pictures."""
    return ElementTree.fromstring(f"<figure>{text}</figure>")  # noqa: S314 - our own


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", LABELS.values(), ids=list(LABELS))
def test_any_label_is_shown_as_text(kind: str, label: str) -> None:
    text = draw_all(label)[kind]
    root = read(text)
    assert not root.findall(f".//{SVG}script")
    assert not [name for one in root.iter() for name in one.attrib if name == "style" or name.startswith("on")]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", text)
    assert len(text) < 60_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_has_a_name_and_each_link_too(kind: str) -> None:
    root = read(draw_all("Köln")[kind])
    ids = {one.get("id") for one in root.iter()}
    for svg in root.findall(f"{SVG}svg"):
        assert svg.get("role") in {"group", "img"}
        assert svg.get("aria-labelledby") in ids
        title = svg.find(f"{SVG}title")
        assert title is not None and title.text
    assert all(link.get("aria-label") for link in root.findall(f".//{SVG}a"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_input_gives_the_same_bytes(kind: str) -> None:
    assert draw_all("Köln")[kind] == draw_all("Köln")[kind]


@pytest.mark.parametrize("href", HREFS)
def test_a_dangerous_address_is_no_link(href: str) -> None:
    assert not [kind for kind, text in draw_all("Köln", href).items() if "href=" in text]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: draw_map([], title="x", outline=Outline(())),
        lambda: draw_surroundings(Place("Ulm", 9.99, 48.4), [], title="x", outline=Outline(())),
        lambda: draw_timeline([], title="x"),
        lambda: draw_network([], [], title="x"),
        lambda: draw_bars([], title="x"),
        lambda: draw_parts([], title="x"),
        lambda: draw_meter(float("nan"), title="x"),
        lambda: draw_diagram([], [], title="x"),
    ],
)
def test_nothing_to_draw(draw: Callable[[], str]) -> None:
    assert read(draw()) is not None


def test_real_cities_are_in_the_frame_and_the_map_is_small() -> None:
    places = real_places()
    assert len(places) > 2_000
    outside = [place.name for place in places if not GERMANY.holds(*GERMANY.at(place.lon, place.lat))]
    assert not outside
    assert len(draw_map(places, title="x").encode()) < 120_000


def real_places() -> list[Place]:
    """Every city of the project that has a point; one in a hundred as if it had a record."""
    answer = open_project().sparql(
        "SELECT DISTINCT ?city ?point"
        " WHERE { ?city a sckg:City ; geo:hasGeometry/geo:asWKT ?point } ORDER BY ?city"
    )
    places = []
    for at, row in enumerate(answer.rows):  # type: ignore[union-attr]
        lon, lat = (float(part) for part in re.findall(r"-?[\d.]+", row[1].value))
        name = row[0].value.rsplit("/", 1)[-1]
        places.append(Place(name, lon, lat, "known" if at % 100 == 0 else "stub", f"{name}.html"))
    return places


def test_links_go_from_north_to_south() -> None:
    places = [
        Place("Ulm", 9.99, 48.4, href="u"),
        Place("Kiel", 10.1, 54.3, href="k"),
        Place("Jena", 11.6, 50.9, href="j"),
    ]
    links = read(draw_map(places, title="x")).findall(f".//{SVG}a")
    assert [link.get("aria-label") for link in links] == ["Kiel", "Jena", "Ulm"]


def test_a_place_outside_the_frame_is_left_out() -> None:
    assert "Rom" not in draw_map([Place("Rom", 12.5, 41.9)], title="x")


def test_an_open_end_is_an_arrow_head_and_an_uncertain_date_is_dashed() -> None:
    open_end = draw_timeline([Event("a", "2014/..", "throughout")], title="x")
    assert 'class="dot" d="M' in open_end
    assert 'class="about"' in draw_timeline([Event("a", "2014~")], title="x")


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a date"):
        draw_timeline([Event("a", "neulich")], title="x")


def test_nodes_without_an_edge_are_named() -> None:
    nodes = [Node("a", "Ulm"), Node("b", "Bremen"), Node("c", "Jena")]
    assert [node.label for node in left_out(nodes, [Edge("a", "b")])] == ["Jena"]


def test_labels_of_a_map_do_not_overlap() -> None:
    places = [Place(f"Stadt {at}", 10 + at * 0.05, 51, weight=100_000) for at in range(40)]
    root = read(draw_map(places, title="x", outline=Outline(())))
    texts = list(root.iter(f"{SVG}text"))
    assert 3 < len(texts) < 40
