"""`smartcity-kg compare`: what changed from one state of a file to the next (layer 5)."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartcity_kg.cli.common import common_options, open_graph

if TYPE_CHECKING:
    from smartcity_kg.project import Project
    from smartcity_kg.turtle.parse import Document

_HELP = """Say in words what changed from one Turtle file to another: which entries are new, changed or removed.

With --since, the FILE is compared with what it was at a revision of git; where it was not there, all is new.
Layout, order, prefixes and labels of blank nodes do not count.

Exit codes: 0 no change, 1 changed, 2 used wrongly, 3 could not read.

\b
Examples:
  smartcity-kg compare accepted.ttl submitted.ttl --lang de
  smartcity-kg compare --since main data/cities/ulm.ttl
  smartcity-kg compare accepted.ttl submitted.ttl --format html > changes.html
"""


@click.command(help=_HELP)
@click.argument("files", nargs=-1, required=True, metavar="[OLD] NEW")
@click.option("--since", metavar="REV", help="Compare with the file at this revision of git instead of OLD.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "html"]), default="text", show_default=True
)
@common_options
def compare(
    files: tuple[str, ...], since: str | None, format_: str, folder: str | None, language: str, quiet: bool
) -> None:
    """See `_HELP`."""
    from smartcity_kg.compare import compare as compare_documents
    from smartcity_kg.formats import changes, changes_html

    wanted = 2 if since is None else 1
    if len(files) != wanted:
        told = "one file with --since" if since is not None else "two files, OLD and NEW, or one with --since"
        raise click.UsageError(f"Name {told}.")
    graph = open_graph(folder, quiet=quiet)
    project = graph.project
    new = _read(project, files[-1])
    old = _read(project, files[0]) if since is None else _read_revision(project, since, files[0])
    name = project.relative(files[0]) if since is None else f"{project.relative(files[0])} ({since})"
    found = compare_documents(old, new, project, graph.store, language=language, name=name)
    write = {"text": changes.write_text, "json": changes.write_json, "html": changes_html.write_html}[format_]
    click.echo(write(found), nl=False)
    if not found.same:
        sys.stdout.flush()
        raise click.exceptions.Exit(1)


def _read(project: "Project", file: str) -> "Document":
    return project.read(Path(file))


def _read_revision(project: "Project", revision: str, file: str) -> "Document | None":
    from smartcity_kg.history import read_revision
    from smartcity_kg.turtle.parse import parse_turtle

    data = read_revision(revision, Path(file))
    if data is None or not data.strip():
        return None
    name = f"{project.relative(file)} ({revision})"
    return parse_turtle(data, path=name, max_triples=project.limit("file_triples", 200_000))
