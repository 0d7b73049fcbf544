"""What the query of a constraint looks at beyond the statements of its focus node (layer 2).

A query gives for one focus node what it gives for it among others. So when a graph changes, its rows for a node
can only change if a statement of or about that node has changed, or one that another pattern of the query reads.
rdflib takes the query apart; what is not understood counts as reading everything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from smartcity_kg.sparql import tokens
from smartcity_kg.terms import Prefixes

if TYPE_CHECKING:
    from rdflib.paths import Path

# Their value is another one each time.
_VOLATILE = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
# With these, one focus node's rows may depend on another's, or patterns are not where they are looked for.
_WHOLE = frozenset({"GRAPH", "LIMIT", "OFFSET", "GROUP", "HAVING"})
_ANY = ""


@dataclass(frozen=True)
class Reads:
    """What a query reads of nodes other than its focus node.

    Attributes:
        everything: Whether it may read any statement.
        volatile: Whether it may say something else about the same graph the next time.
        patterns: Otherwise the predicates, each with the object as N-Triples, or nothing for any object.
    """

    everything: bool = False
    volatile: bool = False
    patterns: frozenset[tuple[str, str]] = frozenset()

    def meet(self, triples: Iterable[ox.Triple]) -> bool:
        """Whether some of these statements may be among those read.

        >>> kind, city = ox.NamedNode("http://e.org/kind"), ox.NamedNode("http://e.org/City")
        >>> Reads(patterns=frozenset({(kind.value, str(city))})).meet([ox.Triple(city, kind, kind)])
        False
        """
        if self.everything:
            return True
        return any(
            (t.predicate.value, wanted) in self.patterns for t in triples for wanted in (_ANY, str(t.object))
        )

    def as_json(self) -> dict[str, Any]:
        """A value that JSON can write, equal for equal reads."""
        return {"everything": self.everything, "volatile": self.volatile, "patterns": sorted(self.patterns)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Reads":
        """What `as_json` wrote."""
        patterns = frozenset((str(predicate), str(wanted)) for predicate, wanted in value["patterns"])
        return cls(bool(value["everything"]), bool(value["volatile"]), patterns)


_EVERYTHING = Reads(everything=True)


def find_reads(select: str, prefixes: Prefixes) -> Reads:
    """What a SELECT query with the focus node in `$this` reads of other nodes.

    >>> reads = find_reads("SELECT $this { $this ?any ?x . ?x e:p/e:q e:o }", Prefixes({"e": "http://e.org/"}))
    >>> reads.everything, sorted(reads.patterns)
    (False, [('http://e.org/p', ''), ('http://e.org/q', '')])
    """
    return _find_reads(select, tuple(sorted(prefixes.namespaces.items())))


@lru_cache(maxsize=512)
def _find_reads(select: str, namespaces: tuple[tuple[str, str], ...]) -> Reads:
    """As above, once for each query: its parser takes longer than running it."""
    words = {token.text.upper() for token in tokens(select) if token.kind == "word"}
    if words & _VOLATILE:
        return Reads(everything=True, volatile=True)
    if words & _WHOLE:
        return _EVERYTHING
    try:
        parsed = _parsed(select, dict(namespaces))
        found = [pattern for triple in _triples(parsed) for pattern in _patterns(*triple)]
    except Exception:  # noqa: BLE001 - its parser raises many kinds; the engine that runs the query is the judge
        return _EVERYTHING
    return Reads(patterns=frozenset(found))


class _NotUnderstoodError(Exception):
    """A pattern may read anything."""


def _parsed(select: str, namespaces: Mapping[str, str]) -> Any:  # noqa: ANN401 - what rdflib parses to has no types
    """A query as rdflib parses it, with names written out and paths as such.

    Its algebra will not do: that leaves out a filter in a group under EXISTS, with all patterns in the filter.
    """
    from rdflib.plugins.sparql.algebra import translatePath, translatePName, translatePrologue, traverse
    from rdflib.plugins.sparql.parser import parseQuery

    prologue, query = parseQuery(select)
    names = translatePrologue(prologue, None, dict(namespaces))
    written_out = traverse(query, visitPost=partial(translatePName, prologue=names))
    return traverse(written_out, visitPost=translatePath)


def _triples(part: Any) -> Iterator[tuple[Any, Any, Any]]:  # noqa: ANN401
    """The triple patterns anywhere in a part of a query: a list for each subject, all of its terms in a row."""
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(part, CompValue):
        for name, value in part.items():
            if name == "triples":
                terms = [term for one in value for term in one]
                yield from ((terms[i], terms[i + 1], terms[i + 2]) for i in range(0, len(terms), 3))
            else:
                yield from _triples(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from _triples(value)


def _patterns(subject: Any, predicate: Any, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """What a triple pattern reads of nodes other than the focus node."""
    from rdflib import URIRef, Variable
    from rdflib.paths import Path

    this = Variable("this")
    own = this in (subject, value)
    if isinstance(predicate, Path):
        steps = list(_steps(predicate, fixed=own or isinstance(subject, URIRef) or isinstance(value, URIRef)))
        yield from ((step, _ANY) for step in (steps[1:] if subject == this and _is_sequence(predicate) else steps))
    elif own:
        return
    elif isinstance(predicate, URIRef):
        yield str(predicate), value.n3() if isinstance(value, URIRef) else _ANY
    else:
        raise _NotUnderstoodError(predicate)


def _is_sequence(path: "Path") -> bool:
    """Whether the first predicate of a path is where it starts, and nowhere else."""
    from rdflib import URIRef
    from rdflib.paths import InvPath, SequencePath

    if not isinstance(path, SequencePath):
        return False
    first = path.args[0]
    return isinstance(first, URIRef) or (isinstance(first, InvPath) and isinstance(first.arg, URIRef))


def _steps(path: Any, *, fixed: bool) -> Iterator[str]:  # noqa: ANN401
    """The predicates of a path in the order written; `fixed` is whether one of its ends is a node known before."""
    from rdflib import URIRef
    from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath

    if isinstance(path, URIRef):
        yield str(path)
    elif isinstance(path, InvPath):
        yield from _steps(path.arg, fixed=fixed)
    elif isinstance(path, (SequencePath, AlternativePath)):
        for part in path.args:
            yield from _steps(part, fixed=fixed)
    elif isinstance(path, MulPath) and (fixed or not path.zero):
        yield from _steps(path.path, fixed=fixed)
    else:
        # A path of length nought between two open ends meets every node of the graph.
        raise _NotUnderstoodError(path)
