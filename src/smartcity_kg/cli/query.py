"""`smartcity-kg query`: a saved query, a file, or standard input (layer 5)."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartcity_kg.cli.common import common_options, endpoint_options, open_graph, terminal_width, wants_colour
from smartcity_kg.errors import InputError, ParameterProblem, QueryProblem, Refused

if TYPE_CHECKING:
    from smartcity_kg.answer import Answer
    from smartcity_kg.api import KnowledgeGraph
    from smartcity_kg.terms import Prefixes

FORMATS = ("table", "csv", "json", "xml", "tsv", "turtle")
_HELP = """Run a saved query NAME with its parameters, a query in a file, or one from standard input (-).

The project's prefixes need no declaration. `smartcity-kg queries` lists the saved queries,
`smartcity-kg queries NAME` explains one.

\b
Examples:
  smartcity-kg query shared-networks
  smartcity-kg query networks-of-city --city Magdeburg --lang de
  smartcity-kg query units-by-field --field energy --format csv
  smartcity-kg query --file my-query.rq --format json
  echo 'SELECT ?c WHERE { ?c a sckg:City }' | smartcity-kg query -
  smartcity-kg query risks --city Magdeburg --endpoint https://example.org/sparql
"""


@click.command(
    help=_HELP,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    options_metavar="[OPTIONS] [--PARAMETER VALUE]...",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[NAME|-]")
@click.option("--file", "file", metavar="FILE", help="Run the SPARQL query in this file.")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Output format; table, or Turtle for CONSTRUCT."
)
@endpoint_options
@common_options
def query(
    arguments: tuple[str, ...],
    file: str | None,
    format_: str | None,
    endpoint: str | None,
    timeout: float | None,
    folder: str | None,
    language: str,
    quiet: bool,
) -> None:
    """See `_HELP`."""
    name, values = read_arguments(arguments)
    if (name is None) == (file is None):
        raise click.UsageError("Give the NAME of a saved query, --file FILE, or - for standard input.")
    if name in {None, "-"} and values:
        raise click.UsageError("Parameters belong to saved queries.")
    graph = open_graph(folder, endpoint, timeout, quiet=quiet)
    if name is not None and name != "-":
        answer = graph.run(name, values, language=language)
    else:
        answer = _run_text(graph, file)
    click.echo(write(answer, graph.project.prefixes, format_, language), nl=False)


def read_arguments(arguments: Iterable[str]) -> tuple[str | None, dict[str, str]]:
    """The query's name and its parameters from the words of a command line.

    Raises:
        ParameterProblem: If a parameter has no value, stands twice, or there are two names.

    >>> read_arguments(["risks", "--city", "Ulm", "--max-rank=2"])
    ('risks', {'city': 'Ulm', 'max_rank': '2'})
    """
    names: list[str] = []
    values: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        if not word.startswith("--"):
            names.append(word)
            continue
        key, equals, value = word[2:].partition("=")
        if not equals:
            value = next(words, "")
            if not value or value.startswith("--"):
                raise ParameterProblem(f"the parameter --{key} has no value")
        if key.replace("-", "_") in values:
            raise ParameterProblem(f"the parameter --{key} is given twice")
        values[key.replace("-", "_")] = value
    if len(names) > 1:
        raise ParameterProblem(
            f"only one query can be run, not {' and '.join(names)}",
            hint="Parameters are written --name value.",
        )
    return (names[0] if names else None), values


def _run_text(graph: "KnowledgeGraph", file: str | None) -> "Answer":
    shown = file or "<standard input>"
    text = _read(Path(file)) if file else sys.stdin.buffer.read()
    from smartcity_kg.turtle.parse import decode

    decoded = decode(text, shown)
    if not decoded.strip():
        raise InputError(
            "there is no query", path=shown, hint="Write for example: SELECT ?c WHERE { ?c a sckg:City }"
        )
    try:
        return graph.sparql(decoded)
    except QueryProblem as error:
        raise QueryProblem(
            error.message,
            path=shown,
            line=error.line,
            column=error.column,
            hint=error.hint or _quote(decoded, error.line),
        ) from error
    except Refused as error:
        raise Refused(error.message.replace("<query>", shown, 1), hint=error.hint) from error


def _read(path: Path) -> bytes:
    from smartcity_kg.turtle.parse import read_bytes

    return read_bytes(path, kind="query")


def _quote(text: str, line: int | None) -> str:
    lines = text.splitlines()
    return f"In the line: {lines[line - 1].strip()}" if line and line <= len(lines) else ""


def write(answer: "Answer", prefixes: "Prefixes", format_: str | None, language: str) -> str:
    """An answer in a format; without one, a table, or Turtle for triples.

    Raises:
        Refused: If rows are asked for as Turtle.
    """
    from smartcity_kg.answer import Triples
    from smartcity_kg.formats import csv, json, table, tsv, turtle, xml

    if format_ == "turtle" or (format_ is None and isinstance(answer, Triples)):
        if not isinstance(answer, Triples):
            raise Refused("rows cannot be written as Turtle", hint="Use CONSTRUCT, or another --format.")
        return turtle.write_triples(answer, prefixes)
    plain = {
        "csv": csv.write_answer,
        "json": json.write_answer,
        "tsv": tsv.write_answer,
        "xml": xml.write_answer,
    }
    if format_ in plain:
        return plain[format_](answer)
    return table.write_answer(answer, prefixes, language=language, width=terminal_width(), colour=wants_colour())
