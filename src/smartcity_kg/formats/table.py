"""A table for people (layer 3). Where the output is no terminal, lines are as long as their content."""

import io

from pyoxigraph import NamedNode

from smartcity_kg.answer import Answer, Truth
from smartcity_kg.formats.cells import grid
from smartcity_kg.terms import Prefixes, Term, text_of

_WORDS = {
    "en": {"yes": "yes", "no": "no", "none": "no rows", "one": "1 row", "many": "{} rows"},
    "de": {"yes": "ja", "no": "nein", "none": "keine Zeilen", "one": "1 Zeile", "many": "{} Zeilen"},
}


def write_answer(
    answer: Answer,
    prefixes: Prefixes,
    *,
    language: str = "en",
    width: int | None = None,
    colour: bool = False,
) -> str:
    """The answer as a table: IRIs as CURIEs, and a last line with the number of rows.

    Args:
        answer: What to show.
        prefixes: To shorten IRIs.
        language: The language of the last line.
        width: Columns of the terminal; lines are not broken where it is absent.
        colour: Whether to write terminal colours.

    >>> print(write_answer(Truth(True), Prefixes({})), end="")
    yes
    """
    words = _WORDS.get(language, _WORDS["en"])
    if isinstance(answer, Truth):
        return f"{words['yes' if answer.value else 'no']}\n"
    columns, rows = grid(answer)
    if not rows:
        return f"{words['none']}\n"
    return _table(columns, rows, prefixes, width, colour=colour) + (
        f"{words['one']}\n" if len(rows) == 1 else f"{words['many'].format(f'{len(rows):,}')}\n"
    )


def _table(
    columns: tuple[str, ...],
    rows: list[tuple[Term | None, ...]],
    prefixes: Prefixes,
    width: int | None,
    *,
    colour: bool,
) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [[_shown(term, prefixes) for term in row] for row in rows]
    if width is None:
        width = 4 + sum(
            3 + max(len(name), *(len(row[place]) for row in cells)) for place, name in enumerate(columns)
        )
    table = Table(box=box.SIMPLE_HEAD if colour else box.ASCII2, header_style="bold" if colour else "")
    for name in columns:
        table.add_column(Text(name), overflow="fold")
    for row, terms in zip(cells, rows, strict=True):
        table.add_row(
            *(
                Text(cell, style="dim" if colour and isinstance(term, NamedNode) else "")
                for cell, term in zip(row, terms, strict=True)
            )
        )
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    console.print(table, soft_wrap=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _shown(term: Term | None, prefixes: Prefixes) -> str:
    text = prefixes.compress(term.value) if isinstance(term, NamedNode) else text_of(term)
    return " ".join(text.split())
