"""`smartcity-kg describe`: all that is known about a thing (layer 5)."""

import click

from smartcity_kg.cli.common import common_options, endpoint_options, open_graph

_HELP = """Show what is known about a thing, in both directions, with labels instead of IRIs.

The thing is given by its name, a CURIE such as city:magdeburg, or an IRI.

\b
Examples:
  smartcity-kg describe Magdeburg
  smartcity-kg describe net:deutscher-staedtetag --lang de
  smartcity-kg describe city:magdeburg/md-e4 --format json
"""


@click.command(help=_HELP)
@click.argument("thing", metavar="NAME|CURIE|IRI")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Also what follows from superclasses and superproperties.")
@endpoint_options
@common_options
def describe(
    thing: str,
    format_: str,
    everything: bool,
    endpoint: str | None,
    timeout: float | None,
    folder: str | None,
    language: str,
    quiet: bool,
) -> None:
    """See `_HELP`."""
    from smartcity_kg.formats import json, text
    from smartcity_kg.reason import read_rules

    graph = open_graph(folder, endpoint, timeout, quiet=quiet)
    found = graph.describe(thing, language=language)
    if format_ == "json":
        click.echo(json.write_description(found), nl=False)
        return
    skipped = () if everything else [rule.name for rule in read_rules(graph.project) if rule.weaker]
    click.echo(text.write_description(found, graph.project.prefixes, skipped_rules=skipped), nl=False)
