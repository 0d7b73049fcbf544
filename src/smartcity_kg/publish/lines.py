"""Graphs as lines of N-Triples, and what changed in them since the run before (layer 4)."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import pyoxigraph as ox

from smartcity_kg.formats import ntriples

_SPACES = 3  # in a line of three terms and a stop, none of them a literal
_END = b"\xff"  # greater than any byte of UTF-8


class Lines(Mapping[str, tuple[ox.Triple, ...]]):
    """Graphs by name, as lines of N-Triples, sorted, each with its line feed; parsed where triples are asked for.

    Args:
        graphs: The lines of each graph; each line once.

    >>> a = ox.NamedNode("http://e.org/a")
    >>> lines = Lines.read({"http://e.org/g": [ox.Triple(a, a, a)]})
    >>> lines.names, lines["http://e.org/g"] == (ox.Triple(a, a, a),)
    ([b'<http://e.org/a>'], True)
    """

    def __init__(self, graphs: Mapping[str, Sequence[bytes]]) -> None:
        self.graphs = {name: graphs[name] for name in sorted(graphs)}
        self._parsed: dict[str, tuple[ox.Triple, ...]] = {}
        self._iris: dict[str, frozenset[str]] = {}

    @classmethod
    def read(cls, graphs: Mapping[str, Iterable[ox.Triple]]) -> "Lines":
        """The lines of graphs."""
        return cls({name: ntriples.write_graph(triples).splitlines(True) for name, triples in graphs.items()})

    def __getitem__(self, name: str) -> tuple[ox.Triple, ...]:
        if name not in self._parsed:
            self._parsed[name] = parse(self.graphs[name])
        return self._parsed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.graphs)

    def __len__(self) -> int:
        return len(self.graphs)

    def of(self, names: Iterable[str]) -> "Lines":
        """Some of the graphs; what was found out about them is shared."""
        some = Lines({name: self.graphs[name] for name in names})
        some._parsed, some._iris = self._parsed, self._iris
        return some

    @cached_property
    def merged(self) -> list[bytes]:
        """All lines, each once, sorted."""
        return sorted({line for lines in self.graphs.values() for line in lines})

    @cached_property
    def names(self) -> list[bytes]:
        """The subjects, each once, sorted."""
        return _subjects(self.merged)

    @property
    def graph_names(self) -> list[bytes]:
        """The names of the graphs that hold something, as they stand in N-Quads, sorted."""
        return [f"<{name}>".encode() for name, lines in self.graphs.items() if lines]

    @property
    def iris(self) -> set[str]:
        """All IRIs that stand in a statement, those of datatypes too."""
        for name in self.graphs:
            if name not in self._iris:
                self._iris[name] = _iris(self.graphs[name])
        return {iri for name in self.graphs for iri in self._iris[name]}

    @property
    def named(self) -> list[bytes]:
        """Lines of N-Quads, each in its graph."""
        ends = ((f"<{name}> .\n".encode(), lines) for name, lines in self.graphs.items())
        return [line[:-2] + end for end, lines in ends for line in lines]

    @cached_property
    def quads(self) -> list[bytes]:
        """Lines of N-Quads: those of each graph, and the merged ones for the default graph, sorted."""
        return sorted([*self.named, *self.merged])

    def about(self, subjects: Iterable[bytes]) -> tuple[ox.Triple, ...]:
        """The triples about some subjects, each once."""
        return parse([line for subject in subjects for line in _range(self.merged, subject)])


def parse(lines: Iterable[bytes]) -> tuple[ox.Triple, ...]:
    r"""The triples of lines of N-Triples; blank nodes keep their names.

    >>> len(parse([b"_:a <http://e.org/p> _:b .\n"]))
    1
    """
    return tuple(quad.triple for quad in ox.parse(b"".join(lines), format=ox.RdfFormat.N_TRIPLES))


class Changes:
    """What changed in graphs since the run before.

    Args:
        lines: What all of them say now.
        before: What they said, as lines of N-Quads, sorted; empty where that is not known.
    """

    def __init__(self, lines: Lines, before: Sequence[bytes]) -> None:
        self.known = bool(before)
        self._before = before
        # Lines of the default graph only say again what those of the others say; none ends in a graph of ours.
        changed = set(before).symmetric_difference(lines.quads) if before else set[bytes]()
        self._changed = [(line, _graph(line)) for line in changed]

    def subjects(self, lines: Lines) -> frozenset[bytes]:
        """The subjects about which something came or went in some graphs."""
        own = set(lines.graph_names)
        return frozenset(_subject(line) for line, graph in self._changed if graph in own)

    def graphs(self, lines: Lines) -> frozenset[bytes]:
        """Those of some graphs in which something came or went."""
        return frozenset({graph for _, graph in self._changed} & set(lines.graph_names))

    def subjects_before(self, lines: Lines) -> list[bytes]:
        """The subjects in some graphs in the run before, sorted; these graphs were all there then."""
        own, changed = set(lines.graph_names), self.subjects(lines)
        told = {name for name in changed if any(_graph(quad) in own for quad in _range(self._before, name))}
        return sorted({*lines.names} - changed | told)


def _subject(line: bytes) -> bytes:
    return line.partition(b" ")[0]


def _subjects(lines: Iterable[bytes]) -> list[bytes]:
    return list(dict.fromkeys(line.partition(b" ")[0] for line in lines))


def _range(lines: Sequence[bytes], subject: bytes) -> Sequence[bytes]:
    """Those of some sorted lines that are about a subject."""
    return lines[bisect_left(lines, subject + b" ") : bisect_left(lines, subject + b" " + _END)]


def _iris(lines: Iterable[bytes]) -> frozenset[str]:
    found: set[bytes] = set()
    for line in lines:
        subject, predicate, rest = line.split(b" ", 2)
        found.add(subject)
        found.add(predicate)
        value = rest[:-3]  # without space, stop, line feed
        if value.startswith(b"<"):
            found.add(value)
        elif value.endswith(b">"):
            found.add(b"<" + value.rpartition(b"<")[2])
    return frozenset(term[1:-1].decode() for term in found if term.startswith(b"<"))


def _graph(quad: bytes) -> bytes:
    """The name of the graph at the end of a line of N-Quads; empty where it has none."""
    # Without a graph, an object stands before the stop: an IRI in a line of three terms, or the end of a text.
    return quad.rsplit(b" ", 2)[1] if quad.count(b" ") > _SPACES else b""
