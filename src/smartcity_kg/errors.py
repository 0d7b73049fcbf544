"""The tree of errors that users may meet (layer 0).

```
SmartCityError
├── InputError            something given to us cannot be read   exit 3
│   ├── SyntaxProblem     Turtle, SPARQL or TOML is malformed    exit 3 (query text: 2)
│   └── HeaderProblem     the `#+` header of a query or rule     exit 2
├── ParameterProblem      a parameter has the wrong type         exit 2
├── NotFound              no such query, entry, rule             exit 2
├── Refused               a rule forbids it                      exit 2
│   └── TooLarge          the question or its answer is too big  exit 2
├── MissingExtra          an optional package is not installed   exit 2
└── BackendError          the store or endpoint failed           exit 4
    ├── TimedOut          it took too long                       exit 4
    └── ComeLater         it can be asked again after a while    exit 4
        ├── TooBusy       others are being answered              exit 4
        └── TooMuch       this client has had its share          exit 4
```

Every message says what is wrong, where, and what to do. This module imports nothing of ours.
"""

import copy
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Self


class SmartCityError(Exception):
    """Base of all errors raised on purpose; `str()` is a message for people.

    Args:
        message: What is wrong.
        hint: What to do about it, as a sentence of its own.

    Attributes:
        language: The language of message and hint.
        rule: The number of the message that says it in all languages, such as `F-14`; empty where none does.

    >>> print(SmartCityError("no such thing", hint="Try another."))
    no such thing
      Try another.
    """

    exit_code = 2
    path: str | None = None
    language = "en"
    rule = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.translations: Mapping[str, tuple[str, str]] = {}

    def in_language(self, language: str) -> Self:
        """The same error with message and hint in a language, where `translations` has them.

        >>> error = SmartCityError("no such thing")
        >>> error.translations = {"de": ("Das gibt es nicht", "")}
        >>> print(error.in_language("de"), "|", error.in_language("fr"))
        Das gibt es nicht | no such thing
        """
        said = copy.copy(self)
        if language in self.translations:
            said.language = language
            said.message, said.hint = self.translations[language]
        return said

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class InputError(SmartCityError):
    """Something given to us cannot be read: a file, a folder, a text.

    Args:
        message: What is wrong.
        path: The file, or a name such as `<standard input>`.
        line: Line, counted from 1, where known.
        column: Column, counted from 1, where known.
        hint: What to do about it.

    >>> print(InputError("unexpected end", path="a.ttl", line=3, column=7))
    a.ttl:3:7: unexpected end
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        path: object = None,
        line: int | None = None,
        column: int | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.path = None if path is None else str(path)
        self.line = line
        self.column = column

    @property
    def place(self) -> str:
        """`file:line:column`, as far as known."""
        parts = (self.path, self.line, self.column)
        return ":".join(str(part) for part in parts if part is not None)

    def __str__(self) -> str:
        text = super().__str__()
        return f"{self.place}: {text}" if self.place else text


class SyntaxProblem(InputError):
    """A text does not follow the grammar of its language."""


class QueryProblem(SyntaxProblem):
    """A SPARQL query does not follow the grammar, or asks for what cannot be done."""

    exit_code = 2


class HeaderProblem(InputError):
    """The `#+` header of a saved query or a rule is malformed or has an unknown key."""

    exit_code = 2


class ParameterProblem(SmartCityError):
    """A parameter of a saved query is missing, unknown or of the wrong type."""


class NotFound(SmartCityError):
    """Nothing has that name; carries the close matches.

    >>> error = NotFound.among("query", "shared-network", ["shared-networks", "risks"])
    >>> print(error)
    there is no query 'shared-network'
      Did you mean 'shared-networks'?
    >>> error.matches
    ('shared-networks',)
    """

    def __init__(self, message: str, *, matches: Iterable[str] = (), hint: str = "") -> None:
        self.matches = tuple(matches)
        if self.matches:
            hint = " ".join(filter(None, [f"Did you mean {join_or(self.matches)}?", hint]))
        super().__init__(message, hint=hint)

    @classmethod
    def among(cls, kind: str, name: str, names: Iterable[str], *, hint: str = "") -> "NotFound":
        """An error for `name`, with those of `names` that look alike."""
        return cls(f"there is no {kind} {name!r}", matches=close_matches(name, names), hint=hint)


class Refused(SmartCityError):
    """A rule forbids what was asked, for instance an update in a query."""


class TooLarge(Refused):
    """What was asked, or the answer to it, is larger than the limits allow."""


class MissingExtra(SmartCityError):
    """An optional package is needed; the hint carries the install line."""


class BackendError(SmartCityError):
    """The store or the endpoint failed."""

    exit_code = 4


class TimedOut(BackendError):
    """The store or the endpoint took longer than allowed."""


class ComeLater(BackendError):
    """Not now; the same question may be asked again after `seconds`.

    >>> print(TooBusy("all workers are busy", seconds=2))
    all workers are busy
      Ask again in 2 s.
    """

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message, hint=f"Ask again in {seconds} s.")
        self.seconds = seconds


class TooBusy(ComeLater):
    """The server answers others at the moment."""


class TooMuch(ComeLater):
    """A client has used what it may use for now."""


def close_matches(name: str, names: Iterable[str], count: int = 3, cutoff: float = 0.6) -> tuple[str, ...]:
    """Those of `names` that look like `name`, best first, without regard to case.

    `cutoff` is how alike they must be, from 0 to 1: the ratio of difflib.

    >>> close_matches("magdburg", ["Magdeburg", "Coburg", "Ulm"], count=1)
    ('Magdeburg',)
    >>> close_matches("xyz", ["Magdeburg"])
    ()
    """
    by_folded: dict[str, str] = {}
    for candidate in names:
        by_folded.setdefault(candidate.casefold(), candidate)
    found = get_close_matches(name.casefold(), by_folded, n=count, cutoff=cutoff)
    return tuple(by_folded[folded] for folded in found)


def join_or(names: Iterable[str]) -> str:
    """Names as a readable list of choices.

    >>> join_or(["a", "b", "c"])
    "'a', 'b' or 'c'"
    """
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
