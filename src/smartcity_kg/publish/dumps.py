"""Dumps of a graph in several formats, put together from those of the run before where little changed (layer 4).

Each format says what it has to say of one subject, or of one named graph, in one block of bytes, and no block
depends on another. So a dump can be made of the old blocks and of new ones for what changed; its bytes are those
of a dump that is written anew.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from smartcity_kg.context import Context
from smartcity_kg.formats import jsonld, ntriples, rdfxml, trig, turtle
from smartcity_kg.formats.order import in_order, used_prefixes
from smartcity_kg.terms import Prefixes

Graphs = Mapping[str, Sequence[ox.Triple]]
_SPACES = 3  # in a line of three terms and a stop, none of them a literal
_MOST = 4  # of all blocks, one in so many may be new; beyond that writing anew is as fast


@dataclass(frozen=True)
class Form:
    """How the blocks of a format are told apart.

    Attributes:
        media_type: What the format is called on the web.
        begins: Where a block begins.
        ends: What follows after the last block.
        between: What stands between two blocks and belongs to neither.
    """

    media_type: str
    begins: re.Pattern[bytes]
    ends: bytes = b""
    between: bytes = b""


# Line feeds in texts are escaped in all of these but RDF/XML, and there a text holds no "<".
_TURTLE_BLOCK = re.compile(rb"^[^@\t]", re.MULTILINE)
FORMS: Mapping[str, Form] = {
    "ttl": Form("text/turtle", _TURTLE_BLOCK),
    "jsonld": Form("application/ld+json", re.compile(rb'^\{"id"', re.MULTILINE), b"\n]}\n", b",\n"),
    "rdf": Form("application/rdf+xml", re.compile(rb"^\t<[^/]", re.MULTILINE), b"</rdf:RDF>\n"),
    "trig": Form("application/trig", re.compile(rb"^[^@\t}]", re.MULTILINE)),
}


@dataclass(frozen=True)
class Lines:
    """Graphs as lines of N-Triples, sorted, each with its line feed.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> Lines.read({"http://e.org/g": [ox.Triple(a, a, a)]}).names
    [b'<http://e.org/a>']
    """

    graphs: Mapping[str, tuple[bytes, ...]]

    @classmethod
    def read(cls, graphs: Graphs) -> "Lines":
        """The lines of graphs."""
        return cls({name: tuple(ntriples.write_graph(graphs[name]).splitlines(True)) for name in sorted(graphs)})

    def of(self, names: Iterable[str]) -> "Lines":
        """Some of the graphs."""
        return Lines({name: self.graphs[name] for name in sorted(names)})

    @cached_property
    def merged(self) -> list[bytes]:
        """All lines, each once, sorted."""
        return sorted({line for lines in self.graphs.values() for line in lines})

    @cached_property
    def names(self) -> list[bytes]:
        """The subjects, each once, sorted."""
        return subjects(self.merged)

    @property
    def named(self) -> list[bytes]:
        """Lines of N-Quads, each in its graph."""
        ends = ((f"<{name}> .\n".encode(), lines) for name, lines in self.graphs.items())
        return [line[:-2] + end for end, lines in ends for line in lines]

    @property
    def quads(self) -> list[bytes]:
        """Lines of N-Quads: those of each graph, and the merged ones for the default graph, sorted."""
        return sorted([*self.named, *self.merged])


def subjects(lines: Iterable[bytes]) -> list[bytes]:
    r"""The subjects of lines of N-Triples, each once, in their order.

    >>> subjects([b"<a> <b> <c> .\n", b"<a> <b> <d> .\n"])
    [b'<a>']
    """
    return list(dict.fromkeys(line.partition(b" ")[0] for line in lines))


@dataclass(frozen=True)
class Blocks:
    """What the blocks of a dump of the run before are about.

    Attributes:
        names: The subjects, or the names of the graphs, in the order of the blocks.
        changed: Those about which the old or the new says what the other does not.
    """

    names: Sequence[bytes]
    changed: frozenset[bytes]


class Dumps:
    r"""Writes graphs in all `FORMS`.

    Args:
        graphs: The graphs.
        prefixes: The prefixes of the project.
        context: The context of JSON-LD.
        address: Where that is published.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> dumps = Dumps({"http://e.org/g": [ox.Triple(a, a, a)]}, Prefixes({}), Context("1", {}, {}), "c.jsonld")
    >>> dumps.write("ttl")
    b'<http://e.org/a> <http://e.org/a> <http://e.org/a> .\n'
    """

    def __init__(self, graphs: Graphs, prefixes: Prefixes, context: Context, address: str) -> None:
        self._graphs = graphs
        self._all = {triple for triples in graphs.values() for triple in triples}
        names = [ox.Triple(name, name, name) for name in map(ox.NamedNode, graphs)]
        self._used = used_prefixes(self._all, prefixes)
        self._used_named = {**self._used, **used_prefixes(names, prefixes)}
        self._narrowed = jsonld.narrow(context, self._all)
        self._address = address
        self._writers: Mapping[str, Callable[[Sequence[ox.Triple]], bytes]] = {
            "ttl": lambda ordered: turtle.write_ordered(ordered, self._used),
            "jsonld": lambda ordered: jsonld.write_ordered(ordered, self._narrowed, address=self._address),
            "rdf": lambda ordered: rdfxml.write_ordered(ordered, self._used),
        }

    def write(self, ending: str) -> bytes:
        """The dump in one of the forms, made anew."""
        if ending == "trig":
            return trig.write_named(self._graphs, self._used_named)
        return self._writers[ending](self._ordered)

    def patch(self, ending: str, old: bytes, before: Blocks, names: Sequence[bytes]) -> bytes:
        """The dump in one of the forms, with the blocks of an old one; empty where that cannot be done.

        Args:
            ending: The form.
            old: The dump of the run before, made by the same code with the same prefixes and context.
            before: What its blocks are about.
            names: The subjects, or the names of the graphs for TriG, in order.
        """
        fresh = [name for name in names if name in before.changed]
        if not fresh or len(fresh) * _MOST > len(names):
            return b""
        form = FORMS[ending]
        made, there = _split(self._some(ending, frozenset(fresh)), form), _split(old, form)
        if made.head != there.head or len(made.blocks) != len(fresh) or len(there.blocks) != len(before.names):
            return b""
        blocks = dict(zip(before.names, there.blocks, strict=True)) | dict(zip(fresh, made.blocks, strict=True))
        return made.head + form.between.join(blocks[name] for name in names) + form.ends

    @cached_property
    def _ordered(self) -> list[ox.Triple]:
        return in_order(self._all)

    def _some(self, ending: str, names: frozenset[bytes]) -> bytes:
        """A dump of what is said about some subjects, or in some graphs."""
        if ending == "trig":
            graphs = {name: triples for name, triples in self._graphs.items() if f"<{name}>".encode() in names}
            return trig.write_named(graphs, self._used_named)
        return self._writers[ending](self._about(names))

    def _about(self, names: frozenset[bytes]) -> list[ox.Triple]:
        return in_order(triple for triple in self._all if str(triple.subject).encode() in names)


class Patches:
    """Makes dumps from those of the run before.

    Args:
        lines: What they say now.
        triples: What they said, as lines of N-Triples.
        quads: What the whole graph said, as lines of N-Quads.
    """

    def __init__(self, lines: Lines, triples: Sequence[bytes], quads: Sequence[bytes]) -> None:
        self._lines = lines
        self._triples = triples
        self._quads = quads

    def patch(self, dumps: Dumps, ending: str, old: bytes) -> bytes:
        """A dump in one of `FORMS`, made from that of the run before; empty where that cannot be done."""
        if not old or not self._triples:
            return b""
        if ending == "trig":
            return dumps.patch(ending, old, self._by_graph, self._graphs)
        return dumps.patch(ending, old, self._by_subject, self._lines.names)

    @property
    def _graphs(self) -> list[bytes]:
        return [f"<{name}>".encode() for name, lines in self._lines.graphs.items() if lines]

    @cached_property
    def _by_subject(self) -> Blocks:
        changed = set(self._triples) ^ set(self._lines.merged)
        return Blocks(subjects(self._triples), frozenset(subjects(changed)))

    @cached_property
    def _by_graph(self) -> Blocks:
        # A graph that came or went makes another number of blocks than of names, and so a dump made anew.
        own = set(self._graphs)
        there = [line for line in self._quads if _graph(line) in own]
        changed = set(there) ^ set(self._lines.named)
        known = {_graph(line) for line in there}
        names = [name for name in self._graphs if name in known]
        return Blocks(names, frozenset(_graph(line) for line in changed))


def _graph(quad: bytes) -> bytes:
    """The name of the graph at the end of a line of N-Quads; where it has none, nothing that could be a name."""
    # Without a graph, an object stands before the stop: an IRI in a line of three terms, or the end of a text.
    return quad.rsplit(b" ", 2)[1] if quad.count(b" ") > _SPACES else b""


@dataclass(frozen=True)
class _Parts:
    head: bytes
    blocks: Sequence[bytes]


def _split(data: bytes, form: Form) -> _Parts:
    """The head and the blocks of a dump; no blocks where it does not look as expected."""
    first = form.begins.search(data)
    if first is None or not data.endswith(form.ends):
        return _Parts(data, ())
    head, body = data[: first.start()], data[first.start() : len(data) - len(form.ends)]
    if form.between:
        return _Parts(head, body.split(form.between))
    starts = [match.start() for match in form.begins.finditer(body)]
    return _Parts(head, [body[start:end] for start, end in zip(starts, [*starts[1:], len(body)], strict=True)])
