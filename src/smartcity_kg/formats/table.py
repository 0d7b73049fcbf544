"""A table for people (layer 3). Where the output is no terminal, lines are as long as their content."""

import io

from pyoxigraph import NamedNode

from smartcity_kg.answer import Answer, Truth
from smartcity_kg.formats.cells import grid
from smartcity_kg.terms import Prefixes, Term, text_of

_WORDS = {
    "en": {
        "yes": "yes",
        "no": "no",
        "none": "no rows",
        "one": "1 row",
        "many": "{} rows",
        "part": "the first {} of {} rows; --format csv gives all of them",
    },
    "de": {
        "yes": "ja",
        "no": "nein",
        "none": "keine Zeilen",
        "one": "1 Zeile",
        "many": "{} Zeilen",
        "part": "die ersten {} von {} Zeilen; alle liefert --format csv",
    },
}
# More than anybody reads on a screen; fitting them to its width would take seconds.
_SCREEN_ROWS = 500


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
        width: Columns of the terminal; of a long answer the first 500 rows are shown then, and the last line says
            so. Absent for a file or a pipe: all rows, lines are not broken.
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
    count = words["one"] if len(rows) == 1 else words["many"].format(f"{len(rows):,}")
    if width is None:
        return f"{_plain_table(columns, rows, prefixes)}{count}\n"
    if len(rows) > _SCREEN_ROWS:
        count = words["part"].format(_SCREEN_ROWS, f"{len(rows):,}")
    return f"{_screen_table(columns, rows[:_SCREEN_ROWS], prefixes, width, colour=colour)}{count}\n"


def _plain_table(columns: tuple[str, ...], rows: list[tuple[Term | None, ...]], prefixes: Prefixes) -> str:
    from rich.cells import cell_len

    cells = [list(columns), *([_shown(term, prefixes) for term in row] for row in rows)]
    lengths = [[cell_len(cell) for cell in row] for row in cells]
    widths = [max(row[place] for row in lengths) for place in range(len(columns))]
    edge = f"+{'+'.join('-' * (width + 2) for width in widths)}+"
    lines = []
    for row, length in zip(cells, lengths, strict=True):
        padded = (cell + " " * (width - own) for cell, width, own in zip(row, widths, length, strict=True))
        lines.append(f"| {' | '.join(padded)} |")
    return "\n".join([edge, lines[0], edge, *lines[1:], edge]) + "\n"


def _screen_table(
    columns: tuple[str, ...],
    rows: list[tuple[Term | None, ...]],
    prefixes: Prefixes,
    width: int,
    *,
    colour: bool,
) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD if colour else box.ASCII2, header_style="bold" if colour else "")
    for name in columns:
        table.add_column(Text(name), overflow="fold")
    for terms in rows:
        styles = ("dim" if colour and isinstance(term, NamedNode) else "" for term in terms)
        table.add_row(
            *(Text(_shown(term, prefixes), style=style) for term, style in zip(terms, styles, strict=True))
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
