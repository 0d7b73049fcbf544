"""Pictures on pages, from the answers to queries (layer 4).

What a column holds decides what is drawn: things with a point on a map, things side by side as a graph, dates on a
time line, numbers as bars. Where an answer has nothing of the kind, there is no picture.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal as OneOf

from pyoxigraph import Literal, NamedNode

from smartcity_kg.answer import Rows
from smartcity_kg.errors import InputError, MissingExtra
from smartcity_kg.layout import Block, slug_of
from smartcity_kg.pages.site import Page, Site
from smartcity_kg.pages.values import Reader
from smartcity_kg.pictures.bars import Bar, draw_bars
from smartcity_kg.pictures.diagram import Arrow, Box, draw_diagram
from smartcity_kg.pictures.map import Place, draw_map, draw_surroundings
from smartcity_kg.pictures.network import Edge, Node, draw_network
from smartcity_kg.pictures.timeline import Event, draw_timeline
from smartcity_kg.terms import RDFS, Term, text_of

_EDTF = "http://id.loc.gov/datatypes/edtf/"
_DAY = "http://www.w3.org/2001/XMLSchema#date"
_MOST_NODES, _MOST_BARS, _MOST_MARKS, _MOST_BOXES = 90, 40, 60, 40
_FROM, _TO = (NamedNode(f"https://schema.org/{end}Includes") for end in ("domain", "range"))
_SUBCLASS = NamedNode(f"{RDFS}subClassOf")


def draw_rows(site: Site, rows: Rows, view: str, page: Page, *, title: str) -> str:
    """The picture of an answer in SVG; empty where its view has none, or there is nothing to draw.

    >>> draw_rows(None, Rows((), ()), "table", None, title="")
    ''
    """
    drawers = {"map": _map, "graph": _graph, "timeline": _timeline, "bar": _bars}
    if view not in drawers or not len(rows):
        return ""
    return drawers[view](site, rows, site.reader(page), title, f"f-{slug_of(title)[:40]}")


def item_key(site: Site, thing: Term | None) -> str:
    """What stands for a thing in scripts: its IRI without the base."""
    return text_of(thing).removeprefix(site.index.base).removeprefix("id/")


def _map(site: Site, rows: Rows, reader: Reader, title: str, identifier: str) -> str:
    things = _things(rows, lambda thing: site.index.point(thing) is not None)
    found = [_place(site, thing, reader) for thing in things]
    places = [place for place in found if place]
    return draw_map(places, title=title, identifier=identifier) if places else ""


def _things(rows: Rows, wanted: object) -> list[NamedNode]:
    """The things of the first column in which one is wanted, each once."""
    for place in range(len(rows.columns)):
        column = (row[place] for row in rows.rows)
        kept = {term: None for term in column if isinstance(term, NamedNode) and wanted(term)}  # type: ignore[operator]
        if kept:
            return list(kept)
    return []


def _place(
    site: Site, thing: NamedNode, reader: Reader, *, here: bool = False, known: bool = False
) -> Place | None:
    point = site.index.point(thing)
    if point is None:
        return None
    kind: OneOf["here", "known", "stub"] = (
        "here" if here else "known" if known or site.index.record(thing) else "stub"
    )
    return Place(reader.name(thing), *point, kind=kind, href=reader.href(thing), key=item_key(site, thing))


def draw_overview(site: Site, page: Page, things: Iterable[NamedNode], *, title: str) -> str:
    """The map of many places; those with a record apart."""
    reader = site.reader(page)
    places = [place for place in (_place(site, thing, reader) for thing in things) if place]
    return draw_map(places, title=title, identifier="overview") if places else ""


def draw_place(site: Site, thing: NamedNode, near: Sequence[tuple[str, float]], page: Page, *, title: str) -> str:
    """The little map of where a thing lies and what is near; empty where it has no point."""
    reader = site.reader(page)
    here = _place(site, thing, reader, here=True)
    if here is None:
        return ""
    found = (_place(site, NamedNode(iri), reader, known=True) for iri, _ in near)
    others = [place for place in found if place]
    return draw_surroundings(here, others, title=title, language=reader.language)


def _graph(site: Site, rows: Rows, reader: Reader, title: str, identifier: str) -> str:
    """A graph of the first two columns of things; further ones name the connection."""
    places = [n for n in range(len(rows.columns)) if _has_things(rows, n)]
    if len(places) < 2:
        return ""
    first, second = places[:2]
    weights: Counter[tuple[NamedNode, NamedNode]] = Counter()
    for row in rows.rows:
        one, other = row[first], row[second]
        if isinstance(one, NamedNode) and isinstance(other, NamedNode) and one != other:
            weights[one, other] += 1
    pairs = dict(weights.most_common(4 * _MOST_NODES))
    things = dict.fromkeys(term for pair in pairs for term in pair)
    if not 2 < len(things) <= _MOST_NODES:
        return ""
    nodes = [
        Node(
            item_key(site, thing),
            reader.name(thing),
            kind="city" if site.index.point(thing) else "body",
            href=reader.href(thing),
        )
        for thing in things
    ]
    edges = [Edge(item_key(site, a), item_key(site, b), float(weight)) for (a, b), weight in pairs.items()]
    try:
        return draw_network(nodes, edges, title=title, identifier=identifier)
    except MissingExtra:
        return ""


def _has_things(rows: Rows, place: int) -> bool:
    return any(isinstance(row[place], NamedNode) for row in rows.rows)


def _timeline(site: Site, rows: Rows, reader: Reader, title: str, identifier: str) -> str:
    """The first column of things, with the first date of each row."""
    marks: dict[tuple[str, str], Event] = {}
    for row in rows.rows:
        thing = next((term for term in row if isinstance(term, NamedNode)), None)
        day = next((term.value for term in row if isinstance(term, Literal) and _is_date(term)), "")
        if thing is None or not day:
            continue
        try:
            mark = Event(reader.name(thing), day, href=reader.href(thing), key=item_key(site, thing))
        except (InputError, ValueError):
            continue
        marks.setdefault((thing.value, day), mark)
    found = list(marks.values())
    if not 0 < len(found) <= _MOST_MARKS:
        return ""
    try:
        return draw_timeline(found, title=title, identifier=identifier, language=reader.language)
    except ValueError:
        return ""


def _is_date(literal: Literal) -> bool:
    kind = literal.datatype.value
    return kind == _DAY or kind.startswith(_EDTF)


def _bars(site: Site, rows: Rows, reader: Reader, title: str, identifier: str) -> str:
    """The first column as names, the last column of numbers as lengths."""
    numbers = [n for n in range(len(rows.columns)) if all(_number(row[n]) is not None for row in rows.rows)]
    names = [n for n in range(len(rows.columns)) if n not in numbers and rows.rows[0][n] is not None]
    if not numbers or not names or len(rows) > _MOST_BARS:
        return ""
    name, number = names[0], numbers[-1]
    bars = [
        Bar(
            reader.value(term).text,
            _number(row[number]) or 0.0,
            href=reader.href(term) if isinstance(term, NamedNode) else "",
            key=item_key(site, term),
        )
        for row in rows.rows
        if (term := row[name]) is not None
    ]
    return draw_bars(bars, title=title, identifier=identifier, language=reader.language)


def _number(term: Term | None) -> float | None:
    if not isinstance(term, Literal):
        return None
    try:
        return float(term.value)
    except ValueError:
        return None


def draw_module(site: Site, terms: Sequence[NamedNode], page: Page, *, title: str) -> str:
    """The diagram of some classes and the properties that lead from one to another; empty where there are none."""
    reader = site.reader(page)
    layout = site.layouts[page.language]
    blocks = {block.class_iri: block for block in layout.blocks}
    ours = {term.value for term in terms}
    classes = [term for term in terms if term.value in blocks or _above(site, term)]
    boxes = [
        Box(term.value, reader.name(term), href=reader.href(term), lines=_lines(blocks.get(term.value), ours))
        for term in classes
    ]
    inside = {term.value for term in classes}
    arrows = [
        Arrow(term.value, above.value, kind="subclass")
        for term in classes
        for above in _above(site, term)
        if above.value in inside
    ]
    arrows += _properties(site, reader, terms, inside)
    if not 1 < len(boxes) <= _MOST_BOXES:
        return ""
    return draw_diagram(boxes, arrows, title=title, identifier=f"d-{slug_of(title)[:40]}")


def _properties(site: Site, reader: Reader, terms: Sequence[NamedNode], inside: set[str]) -> list[Arrow]:
    """The properties among some terms that lead from one of the classes to another."""
    found = []
    for term in terms:
        ends = {
            end: [o.value for p, o in site.index.outgoing.get(term, ()) if p == end and isinstance(o, NamedNode)]
            for end in (_FROM, _TO)
        }
        pairs = ((a, b) for a in ends[_FROM] for b in ends[_TO] if a in inside and b in inside)
        found += [Arrow(a, b, label=reader.name(term)) for a, b in pairs]
    return found


def _lines(block: Block | None, ours: set[str]) -> tuple[str, ...]:
    """The names of the properties that a record gives, as far as they are the module's own."""
    fields = block.fields if block else ()
    return tuple(dict.fromkeys(f.name for f in fields if f.name and f.path in ours and not f.derived))


def _above(site: Site, term: NamedNode) -> list[NamedNode]:
    found = (o for p, o in site.index.outgoing.get(term, ()) if p == _SUBCLASS)
    return [one for one in found if isinstance(one, NamedNode) and one != term]
