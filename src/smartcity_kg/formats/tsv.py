"""TSV as the SPARQL 1.1 Query Results CSV and TSV Formats say: terms in Turtle syntax (layer 3)."""

from smartcity_kg.answer import Answer
from smartcity_kg.formats.cells import grid


def write_answer(answer: Answer) -> str:
    r"""The answer as TSV.

    >>> from pyoxigraph import Literal
    >>> from smartcity_kg.answer import Rows
    >>> write_answer(Rows(("a",), ((Literal("x", language="de"),),)))
    '?a\n"x"@de\n'
    """
    columns, rows = grid(answer)
    lines = ["\t".join(f"?{name}" for name in columns)]
    lines += ["\t".join("" if term is None else str(term).replace("\t", "\\t") for term in row) for row in rows]
    return "\n".join(lines) + "\n"
