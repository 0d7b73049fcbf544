"""`smartcity-kg stats`: what is in the graph (layer 5)."""

import click

from smartcity_kg.cli.common import common_options, endpoint_options, open_graph, terminal_width, wants_colour

_HELP = """Count what is in the graph: statements, graphs, and entries of each class.

\b
Examples:
  smartcity-kg stats
  smartcity-kg stats --lang de --format csv
  smartcity-kg stats --endpoint https://example.org/sparql
"""


@click.command(help=_HELP)
@click.option(
    "--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
@endpoint_options
@common_options
def stats(
    format_: str,
    endpoint: str | None,
    timeout: float | None,
    folder: str | None,
    language: str,
    quiet: bool,
) -> None:
    """See `_HELP`."""
    from smartcity_kg.formats import csv, json, table
    from smartcity_kg.statistics import count_entries

    graph = open_graph(folder, endpoint, timeout, quiet=quiet)
    rows = count_entries(graph.store, graph.project, language=language)
    if format_ == "table":
        prefixes = graph.project.prefixes
        shown = table.write_answer(
            rows, prefixes, language=language, width=terminal_width(), colour=wants_colour()
        )
    else:
        shown = csv.write_answer(rows) if format_ == "csv" else json.write_answer(rows)
    click.echo(shown, nl=False)
