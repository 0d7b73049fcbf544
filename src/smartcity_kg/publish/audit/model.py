"""What an audit says: findings, outcomes and the whole (layer 4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PASS, FAIL, NOTE, NOT_APPLICABLE = "pass", "fail", "note", "not-applicable"
NOTHING = "nothing"


@dataclass(frozen=True)
class Found:
    """One thing that a check found: the name of what is said of it, whether it is good, the file, values."""

    kind: str
    state: str
    path: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)


def good(kind: str, path: str = "", **values: str | int) -> Found:
    """Something that is as it should be.

    >>> good("count", value=3).state
    'pass'
    """
    return Found(kind, PASS, path, values)


def bad(kind: str, path: str = "", **values: str | int) -> Found:
    """Something that is to be mended.

    >>> bad("missing-file", "robots.txt").state
    'fail'
    """
    return Found(kind, FAIL, path, values)


def note(kind: str, path: str = "", **values: str | int) -> Found:
    """Something that decides nothing: why a convention does not apply, or what was not looked at.

    >>> note("needs-address").state
    'note'
    """
    return Found(kind, NOTE, path, values)


@dataclass(frozen=True)
class Outcome:
    """What was found about one convention."""

    number: str
    found: tuple[Found, ...]

    @classmethod
    def of(cls, number: str, found: Iterable[Found]) -> "Outcome":
        """The outcome of some findings; where there are none at all, that is what is wrong.

        >>> Outcome.of("A-01", []).level
        'fail'
        """
        return cls(number, _distinct(found))

    @property
    def level(self) -> str:
        """`fail` if something is to be mended, `pass` if something is good, else `not-applicable`."""
        states = {one.state for one in self.found}
        return FAIL if FAIL in states else PASS if PASS in states else NOT_APPLICABLE


def _distinct(found: Iterable[Found]) -> tuple[Found, ...]:
    seen: dict[tuple[object, ...], Found] = {}
    for one in found:
        seen.setdefault((one.kind, one.state, one.path, tuple(sorted(one.values.items()))), one)
    return tuple(seen.values()) or (bad(NOTHING),)


@dataclass(frozen=True)
class Audit:
    """All outcomes, by number, of what was audited; `files` were read, `unasked` addresses left out."""

    subject: str
    outcomes: tuple[Outcome, ...]
    files: int = 0
    unasked: int = 0

    @property
    def passes(self) -> bool:
        """Whether nothing is to be mended.

        >>> Audit("public", (Outcome.of("A-01", [good("count", value=1)]),)).passes
        True
        """
        return all(outcome.level != FAIL for outcome in self.outcomes)
