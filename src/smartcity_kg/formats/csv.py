"""CSV as the SPARQL 1.1 Query Results CSV and TSV Formats say: plain values, CRLF (layer 3)."""

import csv
import io

from smartcity_kg.answer import Answer
from smartcity_kg.formats.cells import grid
from smartcity_kg.terms import text_of


def write_answer(answer: Answer) -> str:
    r"""The answer as CSV (RFC 4180).

    >>> from smartcity_kg.answer import Rows
    >>> write_answer(Rows(("a",), ((None,),)))
    'a\r\n""\r\n'
    """
    columns, rows = grid(answer)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([text_of(term) for term in row] for row in rows)
    return out.getvalue()
