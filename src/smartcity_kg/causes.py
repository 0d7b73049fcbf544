"""Which findings of a report have one cause (layer 1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from pyoxigraph import NamedNode

from smartcity_kg.report import Finding

_Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Cause:
    """Findings that are likely to go away together.

    Attributes:
        number: From 1, in the order of the report.
        findings: At least one; all of one rule and property, or about one value.
    """

    number: int
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding that stands for all of them."""
        return self.findings[0]


def find_causes(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """The causes of some findings: the same rule and property, or the same thing as value.

    Texts and numbers as values join nothing, since two mistakes may well have one text.

    >>> def finding(rule: str, value: str) -> Finding:
    ...     node, other = NamedNode("http://e.org/a"), NamedNode("http://e.org/" + value)
    ...     return Finding(rule, "warning", node, None, other, {}, {}, "a.ttl")
    >>> found = find_causes([finding("C-1", "x"), finding("C-2", "y"), finding("C-3", "x")])
    >>> [[one.rule for one in cause.findings] for cause in found]
    [['C-1', 'C-3'], ['C-2']]
    """
    ordered = list(findings)
    leader: dict[_Key, _Key] = {}

    def lead(key: _Key) -> _Key:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for finding in ordered:
        first, *others = _keys(finding)
        for other in others:
            leader[lead(other)] = lead(first)
    groups: dict[_Key, list[Finding]] = {}
    for finding in ordered:
        groups.setdefault(lead(_keys(finding)[0]), []).append(finding)
    return tuple(Cause(number, tuple(found)) for number, found in enumerate(groups.values(), start=1))


def _keys(finding: Finding) -> list[_Key]:
    keys: list[_Key] = [("rule", finding.rule or finding.name("en"), str(finding.path))]
    if isinstance(finding.value, NamedNode) and finding.value != finding.focus:
        keys.append(("value", finding.value.value))
    return keys
