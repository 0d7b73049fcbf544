"""`smartcity-kg queries`: the list of saved queries, or one explained (layer 5)."""

from itertools import groupby
from typing import TYPE_CHECKING

import click

from smartcity_kg.cli.common import common_options, open_project

if TYPE_CHECKING:
    from smartcity_kg.queries import SavedQuery

_HELP = """List the saved queries by topic, or explain the query NAME: what it asks, its parameters, an example.

\b
Examples:
  smartcity-kg queries
  smartcity-kg queries --lang de
  smartcity-kg queries shared-networks
"""
_WORDS = {
    "en": ("Parameters", "optional", "Columns", "Example", "File"),
    "de": ("Parameter", "freiwillig", "Spalten", "Beispiel", "Datei"),
}


@click.command(help=_HELP)
@click.argument("name", required=False)
@common_options
def queries(name: str | None, folder: str | None, language: str, quiet: bool) -> None:  # noqa: ARG001
    """See `_HELP`."""
    from smartcity_kg.queries import get_saved_query, read_saved_queries

    project = open_project(folder)
    if name:
        click.echo(_explained(get_saved_query(project, name), language))
        return
    found = read_saved_queries(project)
    width = max((len(query.name) for query in found), default=0)
    for topic, members in groupby(found, key=lambda query: query.topic):
        click.echo(topic)
        for query in members:
            click.echo(f"  {query.name:<{width}}  {query.title(language)}")


def _explained(query: "SavedQuery", language: str) -> str:
    parameters, optional, columns, example, file = _WORDS[language]
    lines = [query.title(language), "", f"  {query.description(language)}", ""]
    if query.parameters:
        lines.append(f"{parameters}:")
        for parameter in query.parameters:
            kind = f"{parameter.type}, {optional}" if parameter.optional else parameter.type
            shown = f"{parameter.title(language)} ({kind}), {example.lower()}: {parameter.example}"
            lines.append(f"  --{parameter.name}  {shown}")
        lines.append("")
    if query.columns:
        lines += [f"{columns}: {', '.join(query.columns)}", ""]
    return "\n".join([*lines, f"{example}:", f"  {query.example}", "", f"{file}: {query.header.path}"])
