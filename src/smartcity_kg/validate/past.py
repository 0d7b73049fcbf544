"""What the check before saw, so that only what a change concerns is looked at again (layer 2).

The graph of the last check is kept, and the new one is compared with it statement by statement. A unit whose
nodes and slice hold no term of a statement that differs has the same slice as before: the walk that cuts it looks
at statements of and about nodes that it holds, and at nothing else but the order of classes. A constraint's rows
for a node are the same if no statement of or about the node differs, and none that the query reads elsewhere
(`reads`).
"""

import json
import zlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyoxigraph as ox

from smartcity_kg.files import write_whole
from smartcity_kg.terms import RDFS, Term
from smartcity_kg.validate.reads import Reads

_SUBCLASS = ox.NamedNode(f"{RDFS}subClassOf")


@dataclass(frozen=True)
class Difference:
    """The statements that only one of two graphs has.

    Attributes:
        triples: These statements.
        nodes: What they say something of, or name as a value.
    """

    triples: tuple[ox.Triple, ...]
    nodes: frozenset[Term]

    @classmethod
    def of(cls, triples: Iterable[ox.Triple]) -> "Difference":
        """The difference that some statements make."""
        found = tuple(triples)
        return cls(found, frozenset(term for t in found for term in (t.subject, t.object)))

    @property
    def concerns_all(self) -> bool:
        """Whether it may concern any node: the order of classes is in all slices, blank nodes have no name."""
        classes = any(triple.predicate == _SUBCLASS for triple in self.triples)
        return classes or any(isinstance(node, ox.BlankNode) for node in self.nodes)


@dataclass(frozen=True)
class PastUnit:
    """A unit as it was: its nodes, its key in the memory, how many aims it had, which terms its slice held.

    `terms` holds checksums: two terms with one checksum make a unit look concerned that is not, never the reverse.
    """

    nodes: tuple[str, ...]
    key: str
    aims: int
    terms: "array[int]"

    def is_as_before(self, nodes: Sequence[str], changed: Collection[int]) -> bool:
        """Whether it has the same nodes, and nothing of what it held has changed."""
        return self.nodes == tuple(nodes) and frozenset(changed).isdisjoint(self.terms)


@dataclass(frozen=True)
class PastRows:
    """What a constraint read and found: its results as a SHACL report in N-Triples, none if there were none."""

    reads: Reads
    report: str


@dataclass(frozen=True)
class Past:
    """A check as it was; an empty one if there was none that counts.

    Attributes:
        lines: The graph as N-Triples, a line each.
        units: Units by name.
        rows: What constraints found, by the hash of the constraint.
    """

    lines: frozenset[str] = frozenset()
    units: Mapping[str, PastUnit] = field(default_factory=lambda: MappingProxyType({}))
    rows: Mapping[str, PastRows] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def nodes(self) -> frozenset[str]:
        """The nodes that were checked."""
        return frozenset(node for unit in self.units.values() for node in unit.nodes)

    def difference(self, lines: Collection[str]) -> Difference:
        r"""What a graph has that this one had not, and the reverse.

        >>> same = Past(frozenset({"<http://e.org/a> <http://e.org/b> <http://e.org/c> ."}))
        >>> len(same.difference([]).triples)
        1
        """
        # Without a check before, nothing is taken over that a difference could concern.
        differing = self.lines.symmetric_difference(lines) if self.lines else ()
        quads = ox.parse(input="\n".join(sorted(differing)), format=ox.RdfFormat.N_TRIPLES) if differing else ()
        return Difference.of(quad.triple for quad in quads)

    @classmethod
    def read(cls, path: Path) -> "Past":
        """The check that a file keeps; what is missing or cannot be read counts as none.

        >>> len(Past.read(Path("none.past")).lines)
        0
        """
        try:
            head, _, body = path.read_text(encoding="utf-8").partition("\n")
            noted = json.loads(head)
            if noted["graph"] != zlib.crc32(body.encode()):
                return cls()
            units = {name: _unit(*parts) for name, parts in noted["units"].items()}
            rows = {
                name: PastRows(Reads.from_json(reads), str(report))
                for name, (reads, report) in noted["rows"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()
        return cls(frozenset(body.split("\n")), units, rows)

    def write(self, path: Path) -> None:
        """Keep it in a file; where that cannot be written, nothing is kept."""
        # Sorting takes longer than all the rest, and nobody reads this.
        body = "\n".join(self.lines)
        units = {
            name: [list(unit.nodes), unit.key, unit.aims, b64encode(unit.terms.tobytes()).decode()]
            for name, unit in self.units.items()
        }
        rows: dict[str, Any] = {name: [one.reads.as_json(), one.report] for name, one in self.rows.items()}
        head = json.dumps({"graph": zlib.crc32(body.encode()), "units": units, "rows": rows}, sort_keys=True)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, f"{head}\n{body}")
        except OSError:
            return


def checksums(terms: Iterable[Term]) -> "array[int]":
    """Checksums of terms, each once, sorted.

    >>> len(checksums([ox.NamedNode("http://e.org/a"), ox.NamedNode("http://e.org/a")]))
    1
    """
    return array("I", sorted({zlib.crc32(str(term).encode()) for term in terms}))


def lines_of(triples: Iterable[ox.Triple]) -> frozenset[str]:
    r"""A graph as N-Triples, a line each, with canonical names of blank nodes.

    So equal graphs have equal lines (RDF Dataset Canonicalization 1.0).

    >>> node, kind = ox.BlankNode(), ox.NamedNode("http://e.org/kind")
    >>> lines_of([ox.Triple(node, kind, kind)])
    frozenset({'_:c14n0 <http://e.org/kind> <http://e.org/kind> .'})
    """
    lines = written(triples)
    # A literal may look so too; that does no harm.
    nameless = [line for line in lines if "_:" in line]
    return frozenset(lines).difference(nameless).union(canonical("\n".join(nameless)))


def written(triples: Iterable[ox.Triple]) -> list[str]:
    """Triples as N-Triples, a line each without its end, in their order.

    >>> written([])
    []
    """
    text = (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode("utf-8")
    return text.split("\n")[:-1]


def canonical(text: str) -> list[str]:
    r"""N-Triples with canonical names of blank nodes, a line each, sorted: the same for the same graph.

    >>> canonical("_:a <http://e.org/b> _:a .")
    ['_:c14n0 <http://e.org/b> _:c14n0 .']
    """
    dataset = ox.Dataset(ox.parse(input=text, format=ox.RdfFormat.N_TRIPLES)) if text else ox.Dataset()
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(written(quad.triple for quad in dataset))


def _unit(nodes: Sequence[str], key: str, aims: int, terms: str) -> PastUnit:
    found = array("I")
    found.frombytes(b64decode(terms))
    return PastUnit(tuple(nodes), key, int(aims), found)
