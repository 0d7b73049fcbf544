"""The strict reader of `#+` headers on saved queries, rules and examples (layer 0).

A header is TOML, each of its lines behind `#+`, at the top of a file. Unknown keys are errors: a typing
mistake must not silently become missing metadata.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smartcity_kg.errors import HeaderProblem, close_matches, join_or

_AT = re.compile(r"\s*\(at line (\d+), column (\d+)\)|\s*\(at end of document\)")


@dataclass(frozen=True)
class Header:
    """The values of a header, with the file they stand in."""

    path: str
    values: Mapping[str, Any]
    key_lines: Mapping[str, int]

    def problem(self, message: str, *, key: str = "", hint: str = "") -> HeaderProblem:
        """An error that points to the line of `key`."""
        return HeaderProblem(message, path=self.path, line=self.key_lines.get(key, 1), hint=hint)

    def text(self, key: str, language: str) -> str:
        """`values[key][language]`; empty where it is absent.

        >>> Header("a.rq", {"title": {"en": "Who?"}}, {}).text("title", "en")
        'Who?'
        """
        found = self.values.get(key, {})
        value = found.get(language, "") if isinstance(found, dict) else ""
        return str(value)


def read_header(text: str, *, path: str | Path, allowed: Iterable[str], required: Iterable[str] = ()) -> Header:
    r"""The header of a file's text.

    Args:
        text: The whole text of the file.
        path: Its name, for messages.
        allowed: The dotted keys that may stand in it; `title.*` allows any key below `title`.
        required: The dotted keys that must stand in it.

    Raises:
        HeaderProblem: If the header is no TOML, has an unknown key or lacks a required one.

    >>> read_header('#+ title.en = "Who?"\nASK {}', path="a.rq", allowed=["title.*"]).values
    {'title': {'en': 'Who?'}}
    >>> read_header('#+ titel.en = "Who?"\nASK {}', path="a.rq", allowed=["title.*"])
    Traceback (most recent call last):
    smartcity_kg.errors.HeaderProblem: a.rq:1: unknown key 'titel.en' in the header
      Did you mean 'title'?
    """
    lines = text.splitlines()
    numbered = [(number, line[2:].strip()) for number, line in enumerate(lines, 1) if line.startswith("#+")]
    numbers = [number for number, _ in numbered]
    try:
        values = tomllib.loads("\n".join(content for _, content in numbered))
    except tomllib.TOMLDecodeError as error:
        raise _toml_problem(error, path, numbers) from error
    key_lines = {_key_of(content): number for number, content in reversed(numbered) if "=" in content}
    header = Header(str(path), values, key_lines)
    _check_keys(header, tuple(allowed), tuple(required))
    return header


def _toml_problem(error: tomllib.TOMLDecodeError, path: str | Path, numbers: list[int]) -> HeaderProblem:
    message = str(error)
    found = _AT.search(message)
    line = numbers[-1] if numbers else 1
    column = None
    if found and found[1]:
        line = numbers[min(int(found[1]), len(numbers)) - 1]
        column = int(found[2]) + len("#+ ")
    return HeaderProblem(
        f"the header is not valid TOML: {_AT.sub('', message)}",
        path=path,
        line=line,
        column=column,
        hint='A header line looks like: #+ title.en = "Which cities share a network?"',
    )


def _key_of(content: str) -> str:
    return content.partition("=")[0].strip()


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterable[str]:
    for key, value in values.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{dotted}.")
        else:
            yield dotted


def _check_keys(header: Header, allowed: tuple[str, ...], required: tuple[str, ...]) -> None:
    patterns = {pattern: re.compile(re.escape(pattern).replace(r"\*", ".+")) for pattern in allowed}
    leaves = list(_leaves(header.values))
    for dotted in leaves:
        if not any(pattern.fullmatch(dotted) for pattern in patterns.values()):
            tops = sorted({name.partition(".")[0] for name in allowed})
            near = close_matches(dotted.partition(".")[0], tops)
            hint = f"Did you mean {join_or(near)}?" if near else f"Known keys: {', '.join(tops)}."
            line = next((n for key, n in header.key_lines.items() if dotted.startswith(key)), 1)
            raise HeaderProblem(f"unknown key {dotted!r} in the header", path=header.path, line=line, hint=hint)
    for dotted in required:
        if not any(leaf == dotted or leaf.startswith(f"{dotted}.") for leaf in leaves):
            raise HeaderProblem(f"the header lacks the key {dotted!r}", path=header.path, line=1)
