"""`smartcity-kg validate`: files against the shapes (layer 5)."""

import sys

import click

from smartcity_kg.cli.common import common_options, open_project, progress, usable_cores

_HELP = """Check Turtle files against the shapes; without a FILE, all data and schemes of the project.

Results are remembered in .cache/validate of the project, so that only what a change concerns is checked again.

Exit code 0: conforms (warnings and hints do not count); 1: does not conform; 3: a file cannot be read.

\b
Examples:
  smartcity-kg validate
  smartcity-kg validate data/cities/magdeburg.ttl --lang de
  smartcity-kg validate my-city.ttl --format json
"""


@click.command(help=_HELP)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "turtle"]), default="text", show_default=True
)
@common_options
def validate(files: tuple[str, ...], format_: str, folder: str | None, language: str, quiet: bool) -> None:
    """See `_HELP`."""
    from smartcity_kg.formats import json, text, turtle
    from smartcity_kg.validate import check_files

    project = open_project(folder)
    with progress("Checking …", quiet=quiet) as show:
        checked = check_files(
            project,
            files,
            remember=project.root / ".cache" / "validate",
            processes=usable_cores(),
            tell=lambda done, total: show(f"Checking … {done:,} of {total:,}"),
        )
    if format_ == "turtle":
        shown = turtle.write_triples(checked.shacl_report, project.prefixes)
    elif format_ == "json":
        shown = json.write_report(checked.report, language)
    else:
        shown = text.write_report(checked.report, project.prefixes, language=language)
    click.echo(shown, nl=False)
    if not checked.report.conforms:
        sys.stdout.flush()
        raise click.exceptions.Exit(1)
