"""`smartcity-kg mcp`: the graph for assistants (layer 5)."""

from pathlib import Path

import click

from smartcity_kg.cli.common import common_options, open_project
from smartcity_kg.errors import MissingExtra, ParameterProblem

_HELP = """Serve the graph to assistants that speak the Model Context Protocol, over standard input and output.

An assistant starts this command by itself. It can list and ask the saved questions, describe a thing, search, run
a SPARQL query that only reads, and check a record; each answer says which data it is from.

\b
Examples:
  smartcity-kg mcp
  smartcity-kg mcp --store /var/lib/smartcity/current
\b
In the settings of an assistant:
  {"mcpServers": {"smartcity-kg": {"command": "smartcity-kg", "args": ["mcp"]}}}
"""
_INSTALL = "Install it: pip install 'smartcity-kg[mcp,server]'"


@click.command(help=_HELP)
@click.option("--store", metavar="DIR", help="A prepared store; the project's own if absent.")
@common_options
def mcp(store: str | None, folder: str | None, language: str, quiet: bool) -> None:  # noqa: ARG001
    """See `_HELP`."""
    from smartcity_kg import __version__
    from smartcity_kg.graph import prepared_folder, read_store

    try:
        from smartcity_kg.assistant import serve_stdio
    except ImportError as error:
        raise MissingExtra("this needs the SDK of the Model Context Protocol", hint=_INSTALL) from error
    project = open_project(folder)
    if store is not None and not Path(store).is_dir():
        raise ParameterProblem(f"{store!r} is no folder", hint="Name a prepared store, or leave the option out.")
    found = Path(store).resolve() if store else prepared_folder(project)
    read_store(project, found)
    serve_stdio(project, __version__, found)
