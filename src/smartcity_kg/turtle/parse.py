"""Bytes to triples, strictly, with limits (layer 1).

It never touches the network and never guesses: a file is read whole or refused whole.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.errors import InputError, SyntaxProblem
from smartcity_kg.turtle.positions import Positions
from smartcity_kg.turtle.surface import find_deep, find_rdf12, line_and_column

MAX_BYTES = 10_000_000
MAX_TRIPLES = 200_000
RDF12 = "this is syntax of RDF 1.2, which is not supported"
_BOM = b"\xef\xbb\xbf"
_ENGINE_PLACE = re.compile(
    r"^Parser error at line \d+ (?:column \d+|between columns \d+ and (?:line )?\d+[^:]*): "
)


@dataclass(frozen=True)
class Document:
    """A Turtle file that was read: its triples in the order of the file, its prefixes, and its text."""

    path: str
    triples: tuple[ox.Triple, ...]
    prefixes: Mapping[str, str]
    text: str = field(default="", repr=False, compare=False)

    @cached_property
    def positions(self) -> Positions:
        """Where each triple stands in the text; found out when it is asked for, which few files need."""
        return Positions.of(self.text, self.triples)


def read_bytes(path: Path, *, name: str = "", kind: str = "record", max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a file; messages call it `name`, or else by its path.

    Raises:
        InputError: If the path is missing, no file (a folder, a pipe, a device), unreadable, empty or larger than
            `max_bytes`.
    """
    shown = name or str(path)
    try:
        if path.is_dir():
            raise InputError("this is a folder, not a file", path=shown, hint="Name the file in it.")
        found = path.stat()
        # Whatever is no file may never end, or block until somebody writes.
        if not stat.S_ISREG(found.st_mode):
            message = f"this is {_kind(found.st_mode)}, not a file"
            raise InputError(message, path=shown, hint="Save it as a file first.")
        size = found.st_size
        if size > max_bytes:
            raise too_large(shown, size, max_bytes)
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("there is no such file", path=shown, hint="Check the name and the folder.") from error
    except PermissionError as error:
        raise InputError("the file may not be read", path=shown, hint="Check its access rights.") from error
    except OSError as error:
        hint = "Check name, folder and access rights."
        raise InputError(f"the file cannot be read: {error.strerror}", path=shown, hint=hint) from error
    if not data.strip():
        raise InputError("the file is empty", path=shown, hint=f"There is no {kind} in it.")
    return data


def decode(data: bytes, path: str | Path) -> str:
    r"""The text of UTF-8 bytes, without a byte order mark.

    Raises:
        InputError: If the bytes are not UTF-8 or hold a NUL character; it names line and column.

    >>> decode(b"caf\xe9", "a.ttl")
    Traceback (most recent call last):
    smartcity_kg.errors.InputError: a.ttl:1:4: the file is not encoded in UTF-8 (byte 0xE9)
      Save the file as UTF-8, in most editors under "Save as".
    """
    data = data.removeprefix(_BOM)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", errors="replace")
        line, column = line_and_column(before, len(before))
        raise InputError(
            f"the file is not encoded in UTF-8 (byte 0x{data[error.start]:02X})",
            path=path,
            line=line,
            column=column,
            hint='Save the file as UTF-8, in most editors under "Save as".',
        ) from error
    if "\0" in text:
        line, column = line_and_column(text, text.index("\0"))
        hint = "Save it as plain text (UTF-8); word processors and damaged files leave such characters."
        message = "the file holds a NUL character; is it Turtle?"
        raise InputError(message, path=path, line=line, column=column, hint=hint)
    return text


def read_turtle(path: str | Path, *, max_bytes: int = MAX_BYTES, max_triples: int = MAX_TRIPLES) -> Document:
    """The triples of a Turtle file; reads the disk, nothing else.

    Raises:
        InputError: If the file cannot be read, is not UTF-8, or exceeds a limit.
        SyntaxProblem: If it is not Turtle 1.1; it names line and column, and quotes the line.
    """
    path = Path(path)
    return parse_turtle(read_bytes(path, max_bytes=max_bytes), path=path, max_triples=max_triples)


def parse_turtle(
    data: bytes, *, path: str | Path, max_triples: int = MAX_TRIPLES, max_nesting: int | None = None
) -> Document:
    """The triples of Turtle bytes; `path` is only a name for messages.

    Blank nodes get fresh labels, so that two documents can share a store.

    Raises:
        InputError: If the bytes are not UTF-8, there are more than `max_triples`, or brackets are nested deeper
            than `max_nesting`.
        SyntaxProblem: If they are not Turtle 1.1, or hold no statement.

    >>> len(parse_turtle(b"<http://e.org/a> a <http://e.org/B> .", path="a.ttl").triples)
    1
    >>> parse_turtle(b"<http://e.org/a> a ex:B .", path="a.ttl")
    Traceback (most recent call last):
    smartcity_kg.errors.SyntaxProblem: a.ttl:1:20: The prefix ex: has not been declared
      In the line: <http://e.org/a> a ex:B .
    """
    text = decode(data, path)
    deep = None if max_nesting is None else find_deep(text, max_nesting)
    if deep is not None:
        line, column = line_and_column(text, deep)
        message = f"brackets are nested deeper than the {max_nesting:,} allowed (file_nesting)"
        hint = "Give what is in them a name of its own, and point at it."
        raise InputError(message, path=path, line=line, column=column, hint=hint)
    parser = ox.parse(input=text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    triples: list[ox.Triple] = []
    try:
        for quad in parser:
            if len(triples) >= max_triples:
                raise _too_many(path, max_triples)
            if type(quad.object) is ox.Triple or getattr(quad.object, "direction", None):
                raise _rdf12_problem(text, path)
            triples.append(ox.Triple(quad.subject, quad.predicate, quad.object))
    except SyntaxError as error:
        raise _syntax_problem(error, text, path) from error
    if not triples:
        raise SyntaxProblem(
            "the file holds no statement",
            path=path,
            line=1,
            hint="There are only prefixes or comments in it.",
        )
    return Document(str(path), tuple(triples), dict(parser.prefixes), text)


def _syntax_problem(error: SyntaxError, text: str, path: str | Path) -> SyntaxProblem:
    message = _ENGINE_PLACE.sub("", error.msg or "unreadable")
    lines = text.split("\n")
    line = error.lineno or 1
    quoted = lines[line - 1].strip() if line <= len(lines) else ""
    if len(quoted) > 100:
        quoted = f"{quoted[:97]}..."
    hint = f"In the line: {quoted}" if quoted else ""
    return SyntaxProblem(message, path=path, line=line, column=error.offset, hint=hint)


def _rdf12_problem(text: str, path: str | Path) -> SyntaxProblem:
    line, column = line_and_column(text, find_rdf12(text) or 0)
    return SyntaxProblem(RDF12, path=path, line=line, column=column, hint="Write it in Turtle 1.1.")


def too_large(path: str, size: int, limit: int) -> InputError:
    """The error for a file of more bytes than the limit.

    >>> print(too_large("a.ttl", 2_000, 1_000).message)
    the file has 2,000 bytes, more than the 1,000 allowed
    """
    hint = "Split it. The limit is file_bytes in smartcity.toml."
    return InputError(f"the file has {size:,} bytes, more than the {limit:,} allowed", path=path, hint=hint)


def _too_many(path: str | Path, limit: int) -> InputError:
    hint = "Split it. The limit is file_triples in smartcity.toml."
    return InputError(f"the file has more than {limit:,} statements", path=path, hint=hint)


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
