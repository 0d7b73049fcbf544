"""The embedded store: Oxigraph in memory, or opened read-only from disk (layer 1).

Each file is a named graph; the default graph holds the merged set of all triples, each once, so that counts
are right without `DISTINCT` (see docs/decisions).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from smartcity_kg.answer import Answer, Rows, Triples, Truth
from smartcity_kg.errors import BackendError, QueryProblem
from smartcity_kg.sparql import bind, check_query
from smartcity_kg.store.copy import read_copy
from smartcity_kg.terms import Prefixes, Term

_DEFAULT = ox.DefaultGraph()
_UNDECLARED = "Prefix not found"
_DECLARE = "Write for example PREFIX ex: <https://example.org/> before the query, or use a prefix of the project."
_Read = TypeVar("_Read")
_ENGINE_PLACE = re.compile(r"^error at (\d+):(\d+): ")


class EmbeddedStore:
    """An Oxigraph store: a new one in memory, or the one given as `quads`, which `folder` holds if it is on disk.

    >>> store = EmbeddedStore(Prefixes({"e": "http://e.org/"}))
    >>> a, b = ox.NamedNode("http://e.org/a"), ox.NamedNode("http://e.org/b")
    >>> store.load([ox.Triple(a, a, b)], graph="http://e.org/g1")
    >>> store.load([ox.Triple(a, a, b)], graph="http://e.org/g2")
    >>> store.query("SELECT (COUNT(*) AS ?n) WHERE { ?s e:a ?o }").column("n")
    ['1']
    """

    def __init__(
        self,
        prefixes: Prefixes,
        *,
        quads: ox.Store | None = None,
        folder: Path | None = None,
        max_query_bytes: int = 16_384,
    ) -> None:
        self.prefixes = prefixes
        self.max_query_bytes = max_query_bytes
        self.quads = ox.Store() if quads is None else quads
        self.folder = folder

    def load(self, triples: Iterable[ox.Triple], *, graph: str) -> None:
        """Add triples to a named graph and to the merged one."""
        name = ox.NamedNode(graph)
        batch = list(triples)
        self.quads.bulk_extend(
            ox.Quad(t.subject, t.predicate, t.object, graph_name) for graph_name in (name, _DEFAULT) for t in batch
        )

    def in_memory(self) -> "EmbeddedStore":
        """A copy in memory of a store on disk, which answers many questions in half of the time; else the store.

        >>> len(EmbeddedStore(Prefixes({})).in_memory())
        0
        """
        if self.folder is None:
            return self
        quads = read_copy(self.folder)
        if quads is None:
            quads = ox.Store()
            quads.bulk_extend(self.quads)
        return EmbeddedStore(self.prefixes, quads=quads, max_query_bytes=self.max_query_bytes)

    def leave_memory(self, folder: Path) -> None:
        """Read from the folder of a store that holds the same from now on, and give the memory back.

        Raises:
            OSError: If there is no such store; then nothing has changed.
        """
        self.quads = ox.Store.read_only(str(folder))
        self.folder = folder

    def __contains__(self, triple: ox.Triple) -> bool:
        return ox.Quad(triple.subject, triple.predicate, triple.object, _DEFAULT) in self.quads

    def __len__(self) -> int:
        """How many distinct triples the merged graph has."""
        return sum(1 for _ in self.triples())

    def triples(self, subject: ox.NamedNode | None = None, *, graph: str | None = None) -> Iterable[ox.Triple]:
        """The triples of a named graph, or of the merged one; all, or those of a subject."""
        name = _DEFAULT if graph is None else ox.NamedNode(graph)
        for quad in self.quads.quads_for_pattern(subject, None, None, name):
            yield quad.triple

    def dump(self, graph: str) -> bytes:
        """The triples of a named graph as N-Triples, in no order."""
        return self.quads.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(graph)) or b""

    def graphs(self) -> list[str]:
        """The names of the named graphs, sorted."""
        return sorted(name.value for name in self.quads.named_graphs() if isinstance(name, ox.NamedNode))

    def query(self, text: str, bindings: Mapping[str, ox.NamedNode | ox.Literal] | None = None) -> Answer:
        """See `Store.query`."""
        check_query(text, max_bytes=self.max_query_bytes)
        return self.run(bind(text, bindings or {}))

    def run(self, text: str, functions: Mapping[str, Callable[..., Term | None]] | None = None) -> Answer:
        """The answer to a query of our own: no guard, and with custom functions by IRI.

        Raises:
            QueryProblem: If the text is malformed.
            BackendError: If the engine fails.
        """
        return self._evaluate(text, functions, _answer)

    def construct(
        self, text: str, functions: Mapping[str, Callable[..., Term | None]] | None = None
    ) -> set[ox.Triple]:
        """What a `CONSTRUCT` of our own gives, as a set; the rest as in `run`.

        Raises:
            QueryProblem: If the text is malformed or no `CONSTRUCT`.
            BackendError: If the engine fails.
        """
        return self._evaluate(text, functions, _constructed)

    def solutions(
        self, text: str, functions: Mapping[str, Callable[..., Term | None]] | None = None
    ) -> list[bytes]:
        """What a `SELECT` of our own gives, as lines of SPARQL's TSV, sorted; the rest as in `run`.

        Raises:
            QueryProblem: If the text is malformed or no `SELECT`.
            BackendError: If the engine fails.
        """
        return self._evaluate(text, functions, _solutions)

    def _evaluate(
        self,
        text: str,
        functions: Mapping[str, Callable[..., Term | None]] | None,
        read: Callable[[object], _Read],
    ) -> _Read:
        custom = {ox.NamedNode(iri): function for iri, function in (functions or {}).items()}
        try:
            # Results are read here too, since the engine goes on working while they are.
            return read(
                self.quads.query(text, prefixes=dict(self.prefixes.namespaces), custom_functions=custom or None)
            )
        except SyntaxError as error:
            raise query_problem(str(error.msg)) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise BackendError(f"the embedded store failed: {error}") from error


def query_problem(message: str, name: str = "<query>") -> QueryProblem:
    """The engine's message about malformed SPARQL, with its place taken out of the text."""
    found = _ENGINE_PLACE.match(message)
    if not found:
        return QueryProblem(message, path=name)
    line, column = int(found[1]), int(found[2])
    rest = message[found.end() :]
    if _UNDECLARED in rest:
        return QueryProblem("a prefix is not declared", path=name, line=line, column=column, hint=_DECLARE)
    return QueryProblem(" ".join(rest.split()), path=name, line=line, column=column)


def _constructed(result: object) -> set[ox.Triple]:
    if not isinstance(result, ox.QueryTriples):
        raise QueryProblem("the query must be a CONSTRUCT", path="<query>")
    return set(result)


def _solutions(result: object) -> list[bytes]:
    if not isinstance(result, ox.QuerySolutions):
        raise QueryProblem("the query must be a SELECT", path="<query>")
    return sorted((result.serialize(format=ox.QueryResultsFormat.TSV) or b"").splitlines())


def _answer(result: object) -> Answer:
    if isinstance(result, ox.QuerySolutions):
        columns = tuple(variable.value for variable in result.variables)
        return Rows(columns, tuple(tuple(solution) for solution in result))
    if isinstance(result, ox.QueryTriples):
        return Triples.sorted(result)
    return Truth(bool(result))
