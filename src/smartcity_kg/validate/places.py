"""Where in its file a finding is (layer 2).

A finding names an entry, often a property, often a value; this finds the word that its author has to look at. It
knows triples and their places, nothing of what they are about.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TypeAlias

import pyoxigraph as ox

from smartcity_kg.report import Finding
from smartcity_kg.turtle.positions import Place, Positions
from smartcity_kg.turtle.scanner import Span

# So that a value that stands everywhere does not cost more than the check itself.
_MOST_LINKS = 1_000

Sources: TypeAlias = Mapping[ox.NamedNode, frozenset[ox.NamedNode]]


def find_place(finding: Finding, positions: Positions, sources: Sources | None = None) -> Place | None:
    r"""The place of a finding in the file that the positions are of; none if those are not known.

    In this order: the value, where the entry has it; the property; the entry's own block, at what says its class;
    where others point to the entry; the value, wherever it is written; the start of the file.

    Args:
        finding: What is to be found. Its file is not looked at.
        positions: The places of all triples of the file.
        sources: Of each property that is computed before the check, the properties that it is computed from.

    >>> from smartcity_kg.turtle.parse import parse_turtle
    >>> document = parse_turtle(b"<http://e/a> a <http://e/C> ;\n  <http://e/p> 1, 2 .", path="a.ttl")
    >>> a, p = ox.NamedNode("http://e/a"), ox.NamedNode("http://e/p")
    >>> two = document.triples[-1].object
    >>> find_place(Finding("", "warning", a, p, two, {}, {}, "a.ttl"), document.positions)
    Place(line=2, column=19, end_line=2, end_column=20)
    >>> find_place(Finding("", "warning", a, None, None, {}, {}, "a.ttl"), document.positions)
    Place(line=1, column=1, end_line=1, end_column=13)
    """
    if positions.problem:
        return None
    return positions.place(next(_spans(finding, positions, sources or {}), (0, 0)))


def _spans(finding: Finding, positions: Positions, sources: Sources) -> Iterator[Span]:
    """Where the finding may be shown, the best place first."""
    yield from _value_in_block(finding, positions)
    if finding.path is not None:
        yield from (one.predicate_at for one in positions.about(finding.focus, finding.path))
        yield from _source_in_block(finding, positions, sources)
    else:
        yield from _value_beyond_block(finding, positions)
    block = positions.block(finding.focus)
    if block:
        yield block
    yield from (one.object_at for one in positions.pointing_to(finding.focus))
    if finding.value is not None:
        yield from positions.uses(finding.value)


def _value_in_block(finding: Finding, positions: Positions) -> Iterator[Span]:
    """The value as the object of its property, of any, or as a property itself."""
    value = finding.value
    if value is None:
        return
    about = positions.between(finding.focus, value)
    yield from (one.object_at for one in about if one.predicate == finding.path)
    # Without a value of their own, constraints on a whole entry give the entry.
    if value != finding.focus:
        yield from (one.object_at for one in about)
        yield from (one.predicate_at for one in positions.about(finding.focus, value))


def _source_in_block(finding: Finding, positions: Positions, sources: Sources) -> Iterator[Span]:
    """What the entry says that the property was computed from."""
    written = sources.get(finding.path, frozenset()) if isinstance(finding.path, ox.NamedNode) else frozenset()
    about = positions.about(finding.focus) if written else ()
    yield from (one.object_at for one in about if one.predicate in written)


def _value_beyond_block(finding: Finding, positions: Positions) -> Iterator[Span]:
    """The value at the end of a longer path: one step back, or two steps on, else wherever it is written."""
    value = finding.value
    if value is None or value == finding.focus:
        return
    yield from (one.subject_at for one in positions.between(value, finding.focus))
    linked = islice(positions.pointing_to(value), _MOST_LINKS)
    yield from (one.object_at for one in linked if positions.between(finding.focus, one.subject))
    yield from positions.uses(value)
