"""Dumps put together from those of the run before: the bytes of dumps made anew, whatever the texts are."""

import random
from itertools import pairwise

import pyoxigraph as ox
import pytest

from smartcity_kg.context import Context
from smartcity_kg.publish.dumps import FORMS, Dumps
from smartcity_kg.publish.lines import Changes, Lines
from smartcity_kg.terms import RDF_TYPE, Prefixes

BASE = "http://e.org/"
PREFIXES = Prefixes({"e": BASE, "x": "http://x.org/"})
# What could be taken for the end or the beginning of a block.
TEXTS = (
    "plain", "", " ", "a .\n", "a\n\t<b>", "\n]}\n", '",\n{"id":"', "</rdf:RDF>\n", "}\n", "\t{\n",
    "@prefix e: <x> .\n", "x <http://e.org/g1> .", "\r\n", "\u2028\u0085", '"""', "\\", "ä€😀", "_:b",
    "&#10;\t<e:a",
)  # fmt: skip

Graph = set[ox.Triple]


def name(number: int) -> ox.NamedNode:
    return ox.NamedNode(f"{BASE}{number}")


def triple(chance: random.Random) -> ox.Triple:
    """Something said of one of few things: a class, a link, a link to a graph, a text."""
    things: list[ox.NamedNode | ox.BlankNode] = [*map(name, range(40)), ox.BlankNode("b1"), ox.BlankNode("b2")]
    subject = chance.choice(things)
    values: list[ox.NamedNode | ox.BlankNode | ox.Literal] = [
        name(chance.randrange(60)),
        ox.NamedNode(f"{BASE}g{chance.randrange(9)}"),
        ox.BlankNode("b1"),
        ox.Literal(chance.choice(TEXTS)),
        ox.Literal(chance.choice(TEXTS), language=chance.choice(["de", "en"])),
        ox.Literal(chance.randrange(9)),
    ]
    value = chance.choice(values)
    if chance.random() < 0.2:
        return ox.Triple(subject, RDF_TYPE, name(99))
    return ox.Triple(subject, ox.NamedNode(f"{BASE}p{chance.randrange(5)}"), value)


def runs(seed: int) -> list[dict[str, Graph]]:
    """A graph of graphs, and what becomes of it in four more runs: statements, things, graphs come and go."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    now = {f"{BASE}g{number}": {triple(chance) for _ in range(60)} for number in range(6)}
    told = [now]
    for _ in range(4):
        now = {graph: set(triples) for graph, triples in now.items()}
        for graph in chance.sample(sorted(now), chance.choice([1, 1, 2])):
            now[graph] -= set(sorted(now[graph], key=str)[: chance.choice([0, 1, 2])])
            now[graph] |= {triple(chance) for _ in range(chance.choice([0, 1, 3]))}
        if chance.random() < 0.3:
            now.pop(chance.choice(sorted(now)))
            now[f"{BASE}g{chance.randrange(9)}"] = {triple(chance) for _ in range(9)}
        told.append(now)
    return told


def dumps_of(graphs: dict[str, Graph]) -> Dumps:
    context = Context("1", {f"{BASE}p1": "p1", f"{BASE}p2": "p2"}, {f"{BASE}p1": "@language"})
    return Dumps(Lines.read(graphs), PREFIXES, context, "c.jsonld")


def patched(ending: str, old: dict[str, Graph], new: dict[str, Graph]) -> bytes:
    changes = Changes(Lines.read(new), Lines.read(old).quads)
    return dumps_of(new).patch(ending, dumps_of(old).write(ending), changes)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("ending", sorted(FORMS))
def test_patched_is_what_anew_is(ending: str, seed: int) -> None:
    for old, new in pairwise(runs(seed)):
        # A dump of other graphs is never patched: nobody knows any more what a graph that went has said.
        same = {graph: new.get(graph, said) for graph, said in old.items()}
        found = patched(ending, old, same)
        assert found in (b"", dumps_of(same).write(ending))


@pytest.mark.parametrize("ending", sorted(FORMS))
def test_a_small_change_is_patched(ending: str) -> None:
    old = {
        f"{BASE}g{number}": {ox.Triple(name(number), RDF_TYPE, ox.Literal(text))}
        for number, text in enumerate(TEXTS)
    }
    new = old | {f"{BASE}g3": {ox.Triple(name(3), RDF_TYPE, ox.Literal("new"))}}
    assert patched(ending, old, new) == dumps_of(new).write(ending) != dumps_of(old).write(ending)


@pytest.mark.parametrize("ending", sorted(FORMS))
@pytest.mark.parametrize("old", [b"", b"something else", b"\n"])
def test_what_does_not_look_like_a_dump_is_not_used(old: bytes, ending: str) -> None:
    graphs = {f"{BASE}g": [ox.Triple(name(n), RDF_TYPE, name(n)) for n in range(20)]}
    lines = Lines.read(graphs)
    there = [line for line in lines.quads if b"/7>" not in line]
    dumps = dumps_of({graph: set(said) for graph, said in graphs.items()})
    assert dumps.patch(ending, old, Changes(lines, there)) == b""
