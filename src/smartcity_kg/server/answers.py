"""Answers that are given again: the store does not change, so the same question has the same answer (layer 6)."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

from smartcity_kg.sparql import tokens

_CHANGING = frozenset(["NOW", "RAND", "UUID", "STRUUID", "BNODE"])
_ENTRY_BYTES = 500  # what one entry takes beside its body and its question, about


@dataclass(frozen=True)
class Result:
    """An answer as bytes.

    Args:
        body: What to send.
        media_type: What it is.
        seconds: How long what took: `wait` for a worker, `evaluate` there.
        kept: Whether it was made for an earlier question.
    """

    body: bytes
    media_type: str
    seconds: Mapping[str, float]
    kept: bool = False


class Answers:
    """Answers by question, the least asked for forgotten first.

    Args:
        most_bytes: What all of them may take; one may take a tenth.

    >>> answers = Answers(10_000)
    >>> answers.keep("q", Result(b"1", "text/csv", {"evaluate": 2.0}))
    >>> answers.get("q")
    Result(body=b'1', media_type='text/csv', seconds={}, kept=True)
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, tuple[Result, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, question: Hashable) -> Result | None:
        """The answer, if it was kept."""
        found = self._kept.get(question)
        if found is None:
            return None
        self._kept.move_to_end(question)
        return found[0]

    def keep(self, question: Hashable, result: Result) -> None:
        """Keep an answer, unless it is too large."""
        size = len(result.body) + len(repr(question)) + _ENTRY_BYTES
        if size > self._most // 10 or question in self._kept:
            return
        self._kept[question] = (replace(result, seconds={}, kept=True), size)
        self._bytes += size
        while self._bytes > self._most:
            self._bytes -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Forget all: the store is another one."""
        self._kept.clear()
        self._bytes = 0


def may_be_kept(text: str) -> bool:
    """Whether a query has the same answer whenever it is asked of the same store.

    >>> may_be_kept("ASK { ?s ?p 'now' }"), may_be_kept("SELECT (NOW() AS ?n) { }")
    (True, False)
    """
    folded = text.upper()
    if not any(word in folded for word in _CHANGING):
        return True
    return not any(token.kind == "word" and token.text.upper() in _CHANGING for token in tokens(text))
