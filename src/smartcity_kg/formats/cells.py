"""Answers as one grid of terms, whatever form the query had (layer 3)."""

from smartcity_kg.answer import Answer, Rows, Triples
from smartcity_kg.terms import Term


def grid(answer: Answer) -> tuple[tuple[str, ...], list[tuple[Term | None, ...]]]:
    """Columns and rows: a SELECT's own, `subject predicate object` of triples, `answer` of a yes or no.

    >>> from smartcity_kg.answer import Truth
    >>> grid(Truth(True))[0]
    ('answer',)
    """
    if isinstance(answer, Rows):
        return answer.columns, list(answer.rows)
    if isinstance(answer, Triples):
        return grid(answer.as_rows())
    from pyoxigraph import Literal

    return ("answer",), [(Literal(answer.value),)]
