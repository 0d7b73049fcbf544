"""`smartcity-kg fmt`: canonical layout (layer 5)."""

from pathlib import Path

import click

from smartcity_kg.cli.common import common_options, open_project

_HELP = """Put Turtle files into canonical layout, comments kept; without a FILE, all Turtle files of the project.

A file is changed only if it says the same afterwards. With --check nothing is written, and the exit code is 1 if
a file would change.

\b
Examples:
  smartcity-kg fmt
  smartcity-kg fmt my-city.ttl
  smartcity-kg fmt --check
"""
_WORDS = {
    "en": {"changed": "changed", "would": "would change", "same": "{} files are in canonical layout"},
    "de": {"changed": "geändert", "would": "würde geändert", "same": "{} Dateien haben die feste Form"},
}


@click.command(help=_HELP)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file would change.")
@common_options
def fmt(files: tuple[str, ...], check: bool, folder: str | None, language: str, quiet: bool) -> None:
    """See `_HELP`."""
    from smartcity_kg.files import write_whole
    from smartcity_kg.turtle.fmt import format_turtle

    project = open_project(folder)
    paths = [Path(file) for file in files] or list(project.files("ontology", "data"))
    words = _WORDS[language]
    texts = {path: format_turtle(path) for path in paths}
    changed = {path: after for path, (before, after) in texts.items() if before != after}
    for path, after in changed.items():
        if not check:
            write_whole(path, after)
        click.echo(f"{project.relative(path)}: {words['would' if check else 'changed']}")
    if not changed and not quiet:
        click.echo(words["same"].format(len(paths)))
    if changed and check:
        raise click.exceptions.Exit(1)
