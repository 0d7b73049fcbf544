"""What a worker process does: it answers queries over a store, one after another (layer 6).

It is a copy of a process that holds nothing of the server, and it takes limits before its first question: no file
but the store and its end of a pair of sockets, no network, no more memory than it is given. What it is asked and
what it answers are bytes: a question is JSON after its length, an answer is JSON and a body after the lengths of
both.
"""

import csv
import io
import json
import os
import re
import resource
import socket
import struct
import sys
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

import pyoxigraph as ox

LENGTH = struct.Struct(">I")
LENGTHS = struct.Struct(">II")
ASSERTED = "asserted"  # the folder in a store's folder that holds the same without inferred statements
_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ftplib.", "urllib.")
_MEGABYTE = 1_000_000
_SWOLLEN = 100_000  # kilobytes of memory, after which a worker is replaced
_PREFIX = re.compile(rb'@prefix [^\n]*\n| xmlns:[^ =]+="[^"]*"')
_PREFIXES = re.compile(rb'(?:@prefix [^\n]*\n)+|(?<=<rdf:RDF)(?: xmlns:[^ =]+="[^"]*")+')
_TABLE = ".sst"  # how the names of the engine's files of data end


class TooLongAnswer(Exception):
    """More rows, statements or bytes than an answer may have."""


def work(channel: socket.socket, settings: Mapping[str, Any], store: ox.Store | None) -> NoReturn:
    """Answer what comes over a socket until it closes.

    Args:
        channel: The socket.
        settings: `store` (its folder), what `Desk` reads, and what a question may use: `megabytes`, `seconds`.
        store: The store in memory; it is opened in its folder if absent.
    """
    grown = _most_memory()
    try:
        desk = Desk(Path(settings["store"]), settings, store)
        _take_limits(int(settings["megabytes"]), desk.unopened)
        _send(channel, {"kind": "ready"}, "\n".join(desk.graphs).encode())
    except (OSError, RuntimeError, ValueError) as error:
        _send(channel, {"kind": "store", "message": str(error)[:500]})
        os._exit(1)
    while question := _receive(channel):
        header, body = _answered(desk, json.loads(question), float(settings["seconds"]))
        header["swollen"] = _most_memory() > grown + _SWOLLEN
        _send(channel, header, body)
    os._exit(0)


def _answered(desk: "Desk", question: Mapping[str, Any], seconds: float) -> tuple[dict[str, Any], bytes]:
    begun = perf_counter()
    _limit(resource.RLIMIT_CPU, int(_processor_seconds() + 2 * seconds) + 2)
    header: dict[str, Any] = {"kind": "answer"}
    body = b""
    try:
        body = desk.answer(question)
    except SyntaxError as error:
        header = {"kind": "syntax", "message": str(error.msg)[:2000]}
    except TooLongAnswer as error:
        header = {"kind": "long", "message": str(error)}
    except MemoryError:
        header = {"kind": "memory"}
    except Exception as error:  # noqa: BLE001 - the outermost frame of the process
        header = {"kind": "failed", "message": f"{type(error).__name__}: {error}"[:500]}
    header["seconds"] = perf_counter() - begun
    return header, body


class Desk:
    """A store opened for reading, and answers over it.

    Args:
        folder: The store's folder.
        settings: `prefixes`, `inferred` (what the names of graphs with inferred statements begin with), `rows` and
            `bytes` (the most that an answer may have).
        store: The store in memory, if it is.

    Raises:
        OSError: If the folder holds no store.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], store: ox.Store | None = None) -> None:
        self._store = ox.Store.read_only(str(folder)) if store is None else store
        self._prefixes: dict[str, str] = dict(settings["prefixes"])
        self._inferred = str(settings["inferred"])
        self._rows, self._bytes = int(settings["rows"]), int(settings["bytes"])
        self.graphs = sorted(name.value for name in self._store.named_graphs() if isinstance(name, ox.NamedNode))
        self._asserted: ox.Store | None = None
        self._merged: tuple[tuple[str, ...], ox.Store] | None = None
        if (folder / ASSERTED).is_dir():
            self._asserted = ox.Store.read_only(str(folder / ASSERTED))
        # The first question pays for what is read once.
        bool(self._store.query("ASK { ?s ?p ?o }", prefixes=self._prefixes))
        opened = sum(os.path.realpath(link).endswith(_TABLE) for link in Path("/dev/fd").iterdir())
        tables = (folder / ASSERTED if store is not None else folder).rglob(f"*{_TABLE}")
        self.unopened = max(0, sum(1 for _ in tables) - opened)

    def answer(self, question: Mapping[str, Any]) -> bytes:
        """The answer as bytes of the format asked for.

        Raises:
            SyntaxError: If the engine does not take the query.
            TooLongAnswer: If the answer has too many rows or bytes.
        """
        result = self._evaluate(question)
        if isinstance(result, ox.QueryTriples):
            return self._graph(result, str(question["format"]))
        kind = ox.QueryResultsFormat.from_media_type(str(question["format"]))
        if kind is None:
            raise ValueError("no format of results")
        output = _Output(self._bytes)
        result.serialize(output, kind)
        body = output.getvalue()
        if isinstance(result, ox.QuerySolutions) and rows_in(body, kind, most=self._rows) > self._rows:
            raise TooLongAnswer(f"more than {self._rows:,} rows")
        return body

    def _evaluate(self, question: Mapping[str, Any]) -> ox.QuerySolutions | ox.QueryTriples | ox.QueryBoolean:
        text = str(question["text"])
        default, named = question.get("default"), question.get("named")
        if default is None and question.get("inferred", True):
            return self._store.query(text, prefixes=self._prefixes)
        if default is None:
            if self._asserted:
                return self._asserted.query(text, prefixes=self._prefixes)
            default = named = [name for name in self.graphs if not name.startswith(self._inferred)]
        if len(default) > 1:
            return self._in_memory(default, named or ()).query(text, prefixes=self._prefixes)
        return self._store.query(
            text,
            prefixes=self._prefixes,
            default_graph=[ox.NamedNode(iri) for iri in default],
            named_graphs=[ox.NamedNode(iri) for iri in named or ()],
        )

    def _in_memory(self, default: Sequence[str], named: Sequence[str]) -> ox.Store:
        """Some graphs merged, each statement once, beside some graphs by name.

        The engine can read several graphs as one, but counts a statement that stands in two of them twice.
        """
        key = (*default, "", *named)
        if self._merged and self._merged[0] == key:
            return self._merged[1]
        store = ox.Store()
        for iri in default:
            quads = self._store.quads_for_pattern(None, None, None, ox.NamedNode(iri))
            store.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
        for iri in named:
            store.extend(self._store.quads_for_pattern(None, None, None, ox.NamedNode(iri)))
        self._merged = (key, store)
        return store

    def _graph(self, result: ox.QueryTriples, media_type: str) -> bytes:
        kind = ox.RdfFormat.from_media_type(media_type)
        if kind is None:
            raise ValueError("no format of graphs")
        triples: set[ox.Triple] = set()
        for triple in result:
            triples.add(triple)
            if len(triples) > self._rows:
                raise TooLongAnswer(f"more than {self._rows:,} statements")
        output = _Output(self._bytes)
        prefixes = _used(self._prefixes, triples) if kind in {ox.RdfFormat.TURTLE, ox.RdfFormat.RDF_XML} else None
        ox.serialize(sorted(triples, key=str), output, kind, prefixes=prefixes)
        return _with_sorted_prefixes(output.getvalue())


def _used(prefixes: Mapping[str, str], triples: Iterable[ox.Triple]) -> dict[str, str]:
    """The prefixes that some triples need."""
    terms = {term for triple in triples for term in (triple.subject, triple.predicate, triple.object)}
    iris = sorted(
        {term.value for term in terms if isinstance(term, ox.NamedNode)}
        | {term.datatype.value for term in terms if isinstance(term, ox.Literal)}
    )

    def begins(namespace: str) -> bool:
        place = bisect_left(iris, namespace)
        return place < len(iris) and iris[place].startswith(namespace)

    return {prefix: namespace for prefix, namespace in sorted(prefixes.items()) if begins(namespace)}


def _with_sorted_prefixes(graph: bytes) -> bytes:
    """A graph as the engine writes it, which declares prefixes in another order each time."""
    return _PREFIXES.sub(lambda found: b"".join(sorted(_PREFIX.findall(found[0]))), graph, count=1)


class _Output(io.BytesIO):
    """What is written to it, up to a number of bytes."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def write(self, part: Any) -> int:  # noqa: ANN401 - as in the standard library
        if self.tell() + len(part) > self._most:
            raise TooLongAnswer(f"more than {self._most / _MEGABYTE:,.0f} MB")
        return super().write(part)


def rows_in(body: bytes, kind: ox.QueryResultsFormat, *, most: int) -> int:
    r"""How many rows a serialised answer has; a number not above `most` may be an upper bound.

    >>> rows_in(b"a,b\r\n1,2\r\n", ox.QueryResultsFormat.CSV, most=0)
    1
    """
    if kind == ox.QueryResultsFormat.XML:
        return body.count(b"<result>")
    if kind == ox.QueryResultsFormat.TSV:
        return body.count(b"\n") - 1
    if kind == ox.QueryResultsFormat.JSON:
        bound = body.count(b"{")
        return bound if bound <= most else len(json.loads(body)["results"]["bindings"])
    bound = body.count(b"\n") - 1
    if bound <= most:
        return bound
    csv.field_size_limit(len(body) + 1)
    return sum(1 for _ in csv.reader(io.StringIO(body.decode(), newline=""))) - 1


# What surrounds it


def _take_limits(megabytes: int, files: int) -> None:
    """From now on no more memory than that, no more files than those of the store, no socket, no program."""
    _limit(resource.RLIMIT_FSIZE, 0)
    pages = Path("/proc/self/statm")
    if pages.is_file():
        used = int(pages.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        _limit(resource.RLIMIT_AS, used + megabytes * _MEGABYTE, hard=True)
    # Every number below the limit is taken but those that the engine needs for files that it has not opened yet.
    highest = max(int(path.name) for path in Path("/dev/fd").iterdir())
    while (last := os.dup(0)) < highest:
        pass
    _limit(resource.RLIMIT_NOFILE, last + 1 + files, hard=True)
    sys.addaudithook(_refuse)


def _limit(what: int, most: int, *, hard: bool = False) -> None:
    ceiling = resource.getrlimit(what)[1]
    value = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
    resource.setrlimit(what, (value, value if hard else ceiling))


def _most_memory() -> int:
    """Kilobytes of memory that this process has had at its most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"a worker must not do this: {event}")


def _receive(channel: socket.socket) -> bytes:
    """The next question; nothing when the server has closed its end."""
    length = _exactly(channel, LENGTH.size)
    return _exactly(channel, LENGTH.unpack(length)[0]) if length else b""


def _exactly(channel: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = channel.recv(length - len(parts))
        if not part:
            return b""
        parts += part
    return bytes(parts)


def _send(channel: socket.socket, header: Mapping[str, Any], body: bytes = b"") -> None:
    head = json.dumps(header).encode()
    channel.sendall(LENGTHS.pack(len(head), len(body)) + head + body)
