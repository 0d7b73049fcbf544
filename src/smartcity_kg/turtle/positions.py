"""Where each triple of a Turtle text is written (layer 1).

pyoxigraph judges and gives the triples but no places; a scanner of our own reads the same text beside it. Both are
paired one by one, in the order of the text, and must agree in every term. If they do not, nothing is known about
the text: a place may be missing but is never wrong. Nothing here says whether a text is Turtle.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import NamedTuple, TypeVar

import pyoxigraph as ox

from smartcity_kg.terms import RDF_TYPE, Term
from smartcity_kg.turtle.scanner import ScanProblem, Span, Written, scan

_Key = TypeVar("_Key")
_LINE_END = re.compile(r"\r\n|\n|\r")


class Place(NamedTuple):
    """From where to where something stands: lines and columns from 1, in code points; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Positions:
    r"""The places of all triples of a Turtle text; nothing if they are not known, and then `problem` says why.

    Attributes:
        text: The text, without a byte order mark.
        statements: The triples in the order of the text, each with the spans of its terms.
        prefixes: Prefix to namespace, as bound at the end of the text.
        directives: The spans of the directives `@prefix`, `@base`, `PREFIX` and `BASE`.
        problem: Why nothing is known; empty if all is.

    Spans count characters of the text; `place` makes lines and columns of them.

    >>> text = "@prefix e: <http://e.org/> .\ne:a a e:B ;\n  e:c e:d ."
    >>> found = Positions.of(text, [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)])
    >>> a, d = (ox.NamedNode(found.prefixes["e"] + name) for name in "ad")
    >>> [found.place(one.predicate_at).line for one in found.about(a)], len(found.pointing_to(d)), found.block(d)
    ([2, 3], 1, None)
    >>> [found.place(span)[:2] for span in found.uses(d)]
    [(3, 7)]
    """

    def __init__(
        self,
        text: str,
        statements: Sequence[Written] = (),
        *,
        prefixes: Mapping[str, str] | None = None,
        directives: Sequence[Span] = (),
        problem: str = "",
    ) -> None:
        self.text = text
        self.statements = tuple(statements)
        self.prefixes = dict(prefixes or {})
        self.directives = tuple(directives)
        self.problem = problem

    @classmethod
    def of(cls, text: str, triples: Sequence[ox.Triple], *, base_iri: str | None = None) -> "Positions":
        """The places of the triples that pyoxigraph read from a text, all of them and in its order.

        Nothing is known if the two disagree: for RDF 1.2 syntax, brackets nested more than 100 deep, or other
        triples. It reads no file and raises nothing.

        >>> text = "<http://e.org/a> <http://e.org/b> 1 ."
        >>> triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
        >>> found = Positions.of(text, triples)
        >>> found.place(found.find(triples[0])[0].object_at)
        Place(line=1, column=35, end_line=1, end_column=36)
        >>> Positions.of("<http://e.org/a> a <http://e.org/b> .", triples).problem
        'the scanner and the parser differ in triple 1'
        """
        try:
            found = scan(text, base_iri=base_iri)
            statements = _paired(found.written, triples)
        except ScanProblem as problem:
            return cls(text, problem=str(problem))
        return cls(text, statements, prefixes=found.prefixes, directives=found.directives)

    def place(self, span: Span) -> Place:
        r"""The lines and columns of a span.

        >>> Positions("ab\r\ncd").place((3, 6))
        Place(line=1, column=4, end_line=2, end_column=3)
        """
        return Place(*self._line_and_column(span[0]), *self._line_and_column(span[1]))

    def find(self, triple: ox.Triple) -> Sequence[Written]:
        """Where a triple is written: none, one or more statements."""
        return [one for one in self.between(triple.subject, triple.object) if one.predicate == triple.predicate]

    def about(self, subject: Term, predicate: Term | None = None) -> Sequence[Written]:
        """The statements about a thing, or those with a predicate as well."""
        if predicate is None:
            return self._by_subject.get(subject, ())
        return self._by_property.get((subject, predicate), ())

    def between(self, subject: Term, value: Term) -> Sequence[Written]:
        """The statements about a thing that have a value as their object."""
        return self._by_ends.get((subject, value), ())

    def pointing_to(self, term: Term) -> Sequence[Written]:
        """The statements that have a term as their object."""
        return self._by_object.get(term, ())

    def block(self, subject: Term) -> Span | None:
        """Where the block about a thing begins: the one that says what it is, if there are several."""
        found = self.about(subject, RDF_TYPE) or self.about(subject)
        return found[0].subject_at if found else None

    def uses(self, term: Term) -> Sequence[Span]:
        """Where a term is written, in whatever role, in the order of the text."""
        return self._uses.get(term, ())

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END.finditer(self.text))]

    @cached_property
    def _by_subject(self) -> Mapping[Term, list[Written]]:
        return _grouped(self.statements, lambda one: one.subject)

    @cached_property
    def _by_property(self) -> Mapping[tuple[Term, Term], list[Written]]:
        return _grouped(self.statements, lambda one: (one.subject, one.predicate))

    @cached_property
    def _by_ends(self) -> Mapping[tuple[Term, Term], list[Written]]:
        return _grouped(self.statements, lambda one: (one.subject, one.object))

    @cached_property
    def _by_object(self) -> Mapping[Term, list[Written]]:
        return _grouped(self.statements, lambda one: one.object)

    @cached_property
    def _uses(self) -> Mapping[Term, list[Span]]:
        found: dict[Term, set[Span]] = defaultdict(set)
        for one in self.statements:
            found[one.subject].add(one.subject_at)
            found[one.predicate].add(one.predicate_at)
            found[one.object].add(one.object_at)
        return {term: sorted(spans) for term, spans in found.items()}


def _grouped(statements: Iterable[Written], key: Callable[[Written], _Key]) -> dict[_Key, list[Written]]:
    groups: dict[_Key, list[Written]] = {}
    for one in statements:
        groups.setdefault(key(one), []).append(one)
    return groups


def _paired(written: Sequence[Written], triples: Sequence[ox.Triple]) -> list[Written]:
    """The statements with the parser's terms in place of the scanner's, which differ in blank nodes only.

    Raises:
        ScanProblem: If a pair is not equal, given some one-to-one renaming of blank nodes.
    """
    if len(written) != len(triples):
        raise ScanProblem(f"the scanner found {len(written)} triples, the parser {len(triples)}")
    same = _Renaming()
    paired = list(written)
    for number, (place, triple) in enumerate(zip(_parser_order(written), triples, strict=True), start=1):
        one = written[place]
        if not (
            one.predicate == triple.predicate
            and same(one.subject, triple.subject)
            and same(one.object, triple.object)
        ):
            raise ScanProblem(f"the scanner and the parser differ in triple {number}")
        paired[place] = one._replace(subject=triple.subject, object=triple.object)
    return paired


def _parser_order(written: Sequence[Written]) -> Iterator[int]:
    """The numbers of the statements as pyoxigraph gives them: those that one token completes come last first."""
    for _, together in groupby(range(len(written)), key=lambda place: written[place].step):
        yield from reversed(list(together))


class _Renaming:
    """Whether two terms are the same; of blank nodes, whether they stood for each other all along."""

    def __init__(self) -> None:
        self._there: dict[Term, Term] = {}
        self._back: dict[Term, Term] = {}

    def __call__(self, ours: Term, theirs: Term) -> bool:
        if isinstance(ours, ox.BlankNode) and isinstance(theirs, ox.BlankNode):
            return self._there.setdefault(ours, theirs) == theirs and self._back.setdefault(theirs, ours) == ours
        return ours == theirs
