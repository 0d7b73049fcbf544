"""The graph of who shares what, laid out by the forces between its nodes (layer 3).

Needs the extra `site` (networkx, numpy). The layout starts from positions that follow from the keys,
and results are rounded, so that the same input gives the same picture.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import Literal
from xml.etree.ElementTree import Element

from smartcity_kg.errors import MissingExtra
from smartcity_kg.pictures.drawing import LONGEST_LABEL, Labels, add, add_item, picture, plain, to_text

_WIDE, _HIGH, _EDGE = 840.0, 620.0, 46.0
_ROUNDS, _SEED = 250, 7
Point = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """A city (round) or a body (square), known by its key."""

    key: str
    label: str
    kind: Literal["city", "body"] = "city"
    href: str = ""
    note: str = ""
    weight: float = 0.0


@dataclass(frozen=True)
class Edge:
    """What two nodes share: the keys of both, and how much."""

    source: str
    target: str
    weight: float = 1.0
    label: str = ""


def draw_network(
    nodes: Iterable[Node], edges: Iterable[Edge], *, title: str, description: str = "", identifier: str = "network"
) -> str:
    """Nodes as links, edges as wide as their weight; nodes without an edge are left out.

    Raises:
        MissingExtra: If networkx or numpy is not installed.

    >>> nodes = [Node("a", "Ulm", href="a.html"), Node("b", "Bremen"), Node("c", "Jena")]
    >>> text = draw_network(nodes, [Edge("a", "b", 2)], title="Shared networks")
    >>> "a.html" in text, "Jena" in text
    (True, False)
    """
    by_key = {node.key: node for node in nodes}
    tied = _tied(by_key, edges)
    used = {key for edge in tied for key in (edge.source, edge.target)}
    shown = sorted((node for key, node in by_key.items() if key in used), key=lambda node: node.key)
    root = picture(_WIDE, _HIGH, identifier, title, description, "pic graph")
    if not shown:
        return to_text(root)
    at = _lay_out(shown, tied)
    most = max(edge.weight for edge in tied)
    lines = add(root, "g", class_="edges")
    for edge in tied:
        (x1, y1), (x2, y2) = at[edge.source], at[edge.target]
        wide = 1 + 4 * (edge.weight / max(most, 4)) ** 1.5
        ends = {"data_from": plain(edge.source), "data_to": plain(edge.target)}
        line = add(lines, "line", class_="edge", x1=x1, y1=y1, x2=x2, y2=y2, stroke_width=wide, **ends)
        if edge.label:
            add(line, "title", plain(edge.label))
    _draw_nodes(root, shown, tied, at)
    return to_text(root)


def left_out(nodes: Iterable[Node], edges: Iterable[Edge]) -> tuple[Node, ...]:
    """The nodes that a picture leaves out, in the order given: those that no edge ties to another.

    >>> [node.label for node in left_out([Node("a", "Ulm"), Node("b", "Jena")], [])]
    ['Ulm', 'Jena']
    """
    listed = list(nodes)
    tied = _tied({node.key: node for node in listed}, edges)
    used = {key for edge in tied for key in (edge.source, edge.target)}
    return tuple(node for node in listed if node.key not in used)


def _tied(by_key: Mapping[str, Node], edges: Iterable[Edge]) -> tuple[Edge, ...]:
    known = (
        edge for edge in edges if edge.source in by_key and edge.target in by_key and edge.source != edge.target
    )
    return tuple(sorted(known, key=lambda edge: (edge.source, edge.target, edge.weight, edge.label)))


def _lay_out(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[str, Point]:
    try:
        import networkx
        import numpy
    except ImportError as error:
        raise MissingExtra(
            "the graph needs networkx and numpy", hint="Install them with: pip install 'smartcity-kg[site]'"
        ) from error
    graph = networkx.Graph()
    graph.add_nodes_from(node.key for node in nodes)
    for edge in edges:
        graph.add_edge(edge.source, edge.target, weight=edge.weight)
    turn = 2 * pi / len(nodes)
    start = {node.key: numpy.array((cos(turn * at), sin(turn * at))) for at, node in enumerate(nodes)}
    found = networkx.forceatlas2_layout(graph, start, max_iter=_ROUNDS, scaling_ratio=4.0, gravity=1.0, seed=_SEED)
    return _fit({key: (float(x), float(y)) for key, (x, y) in found.items()})


def _fit(points: Mapping[str, Point]) -> dict[str, Point]:
    """Points spread over the picture: far outliers drawn in, each direction filled, none on another."""
    mean_x = sum(x for x, _ in points.values()) / len(points)
    mean_y = sum(y for _, y in points.values()) / len(points)
    drawn = {}
    for key, (x, y) in points.items():
        far = sqrt((x - mean_x) ** 2 + (y - mean_y) ** 2)
        pull = far**-0.35 if far > 0 else 1.0
        drawn[key] = ((x - mean_x) * pull, (y - mean_y) * pull)
    xs, ys = [x for x, _ in drawn.values()], [y for _, y in drawn.values()]
    wide, high = max(max(xs) - min(xs), 1e-9), max(max(ys) - min(ys), 1e-9)
    placed = {
        key: (
            _EDGE + 40 + (x - min(xs)) / wide * (_WIDE - 2 * _EDGE - 80),
            _EDGE + (y - min(ys)) / high * (_HIGH - 2 * _EDGE),
        )
        for key, (x, y) in drawn.items()
    }
    return {key: (round(x), round(y)) for key, (x, y) in _apart(placed).items()}


def _apart(points: dict[str, Point], least: float = 30.0) -> dict[str, Point]:
    keys = sorted(points)
    for _ in range(60):
        moved = False
        for at, one in enumerate(keys):
            for other in keys[at + 1 :]:
                (x1, y1), (x2, y2) = points[one], points[other]
                dx, dy = x2 - x1, y2 - y1
                far = sqrt(dx * dx + dy * dy)
                if far < least:
                    dx, dy = (dx / far, dy / far) if far > 1e-6 else (cos(at), sin(at))
                    push, moved = (least - far) / 2, True
                    points[one] = _within(x1 - dx * push, y1 - dy * push)
                    points[other] = _within(x2 + dx * push, y2 + dy * push)
        if not moved:
            break
    return points


def _within(x: float, y: float) -> Point:
    return min(max(x, _EDGE), _WIDE - _EDGE), min(max(y, _EDGE / 2), _HIGH - _EDGE / 2)


def _draw_nodes(root: Element, nodes: Sequence[Node], edges: Sequence[Edge], at: Mapping[str, Point]) -> None:
    degree = {node.key: 0.0 for node in nodes}
    for edge in edges:
        degree[edge.source] += edge.weight
        degree[edge.target] += edge.weight
    most = max(degree.values())
    size = {node.key: 5 + 7 * sqrt((node.weight or degree[node.key]) / max(most, node.weight)) for node in nodes}
    labels = Labels((2, 2, _WIDE - 2, _HIGH - 2))
    labels.keep_free((x - size[key], y - size[key], x + size[key], y + size[key]) for key, (x, y) in at.items())
    ranked = sorted(nodes, key=lambda node: (-size[node.key], node.key))
    heavy = {node.key for node in ranked[: max(6, len(ranked) // 4)]}
    longest = LONGEST_LABEL if len(nodes) < 30 else 30
    spots = {
        node.key: labels.place(
            plain(node.label, longest),
            *at[node.key],
            size[node.key],
            bold=node.key in heavy,
            always=len(nodes) < 20,
        )
        for node in ranked
    }
    for node in sorted(nodes, key=lambda node: (at[node.key][1], at[node.key][0], node.key)):
        text = plain(node.label, longest)
        _draw_node(root, node, at[node.key], size[node.key], spots[node.key], text, heavy=node.key in heavy)


def _draw_node(
    root: Element,
    node: Node,
    at: Point,
    size: float,
    spot: tuple[float, float, str] | None,
    text: str,
    *,
    heavy: bool,
) -> None:
    name = f"{node.label}, {node.note}" if node.note else node.label
    item = add_item(root, name, href=node.href, key=node.key)
    x, y = at
    if node.kind == "body":
        half = size * 0.9
        add(item, "rect", class_="body", x=x - half, y=y - half, width=2 * half, height=2 * half, rx=2)
    else:
        add(item, "circle", class_="dot", cx=x, cy=y, r=size)
    if spot:
        add(
            item,
            "text",
            text,
            class_="lab big" if heavy else "lab minor",
            x=spot[0],
            y=spot[1],
            text_anchor=spot[2],
        )
