"""`smartcity-kg mcp`: the graph for assistants (layer 5)."""

import sys
from pathlib import Path

import click

from smartcity_kg.cli.common import common_options, open_project
from smartcity_kg.errors import MissingExtra

_HELP = """Answer an assistant over standard input and output, by the Model Context Protocol.

A program that works with a language model starts this command and gets tools: list and run saved queries,
search, describe a thing, run a SPARQL query that only reads, check a record. Answers name their sources. Nothing
is written, and nothing outside is asked.

\b
Examples:
  smartcity-kg mcp
  smartcity-kg mcp --store /var/lib/smartcity/current
  smartcity-kg mcp --base https://data.example.org/

\b
In the settings of a client:
  {"mcpServers": {"smartcity-kg": {"command": "smartcity-kg", "args": ["mcp"]}}}
"""
_INSTALL = "Install it: pip install 'smartcity-kg[mcp]'"


@click.command(help=_HELP)
@click.option("--store", metavar="DIR", help="A prepared store, or where prepared stores are kept.")
@click.option("--endpoint", metavar="URL", default="", help="A SPARQL endpoint that answers queries instead.")
@click.option(
    "--base", metavar="IRI", default="", help="The address of the pages on the web; else that of the IRIs."
)
@common_options
def mcp(
    store: str | None,
    endpoint: str,
    base: str,
    folder: str | None,
    language: str,  # noqa: ARG001 - each question names its own
    quiet: bool,
) -> None:
    """See `_HELP`."""
    try:
        from smartcity_kg.assistant import create_server
        from smartcity_kg.server.serving import Serving, Settings
    except ImportError as error:
        raise MissingExtra("the server for assistants needs mcp", hint=_INSTALL) from error
    settings = Settings(base, Path(store) if store else None, endpoint=endpoint, warm=False)
    server = create_server(Serving(open_project(folder), settings))
    if not quiet and sys.stdin.isatty():
        click.echo("Waiting for an assistant on standard input; stop with Ctrl+D.", err=True)
    server.run("stdio")
