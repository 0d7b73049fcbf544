"""Turtle in canonical layout, comments kept (layer 1).

The layout is that of turtlefmt: sorted prefixes, one property a line, shortest literals. The order of the blocks
is the author's, and so is a `#+` header. The text is changed only if its triples stay the same.
"""

import re
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.errors import BackendError, MissingExtra
from smartcity_kg.turtle.parse import decode, parse_turtle, read_bytes

_SECONDS = 60
_ROUNDS = 4
_HEADER = re.compile(r"((?:#\+[^\n]*\n)+)\s*")


def format_turtle(path: Path) -> tuple[str, str]:
    """The text of a Turtle file as it is, and in canonical layout; only a temporary copy is written.

    Raises:
        InputError: If the file cannot be read or is no Turtle.
        MissingExtra: If the formatter is not installed.
        BackendError: If the formatter fails, or would change what the file says.
    """
    data = read_bytes(path)
    before = parse_turtle(data, path=path).triples
    text = decode(data, path).replace("\r\n", "\n")
    header, body = _split_header(text)
    formatted = header + _settled(body, path)
    if _canonical(parse_turtle(formatted.encode(), path=path).triples) != _canonical(before):
        raise BackendError(f"{path}: the formatter would change what the file says; it is left as it is")
    return text, formatted


def _split_header(text: str) -> tuple[str, str]:
    """The `#+` lines at the top with an empty line after them, and the rest; the formatter would break them."""
    found = _HEADER.match(text)
    return ("", text) if found is None else (f"{found[1]}\n", text[found.end() :])


def _program() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "turtlefmt"
    found = shutil.which("turtlefmt", path=str(beside.parent)) or shutil.which("turtlefmt")
    if not found:
        raise MissingExtra(
            "the formatter turtlefmt, which keeps comments, is not installed",
            hint="Install it with: pip install turtlefmt",
        )
    return found


def _settled(text: str, path: Path) -> str:
    """The layout that the formatter does not change any more; some constructs take it two rounds."""
    for _ in range(_ROUNDS):
        formatted = _run(text, path)
        if formatted == text:
            break
        text = formatted
    return text


def _run(text: str, path: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.ttl"
        copy.write_text(text, encoding="utf-8", newline="\n")
        command = [_program(), str(copy)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BackendError(f"{path}: the formatter failed: {error}") from error
        if done.returncode != 0:
            raise BackendError(f"{path}: the formatter failed: {done.stderr.strip()[:300]}")
        return copy.read_text(encoding="utf-8")


def _canonical(triples: tuple[ox.Triple, ...]) -> ox.Dataset:
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return dataset
