"""`smartcity-kg validate`: files against the shapes (layer 5)."""

import sys
from typing import TYPE_CHECKING

import click

from smartcity_kg.cli.common import common_options, open_project, progress, usable_cores

if TYPE_CHECKING:
    from smartcity_kg.errors import SmartCityError
    from smartcity_kg.project import Project
    from smartcity_kg.validate import Checked

_HELP = """Check Turtle files against the shapes; without a FILE, all data and schemes of the project.

Results are remembered in .cache/validate of the project, so that only what a change concerns is checked again.

Files that are not the project's own are checked in a process of their own, with limits on time and memory.

Exit code 0: conforms (warnings and hints do not count); 1: does not conform; 3: a file cannot be read; 4: a file
could not be checked.

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
@click.option("--trust", is_flag=True, help="Check files of your own in this process, without those limits.")
@common_options
def validate(
    files: tuple[str, ...], format_: str, trust: bool, folder: str | None, language: str, quiet: bool
) -> None:
    """See `_HELP`."""
    from smartcity_kg.formats import json, text, turtle

    project = open_project(folder)
    checked = _check(project, files, trust=trust, quiet=quiet)
    if not checked.report.files and len(checked.refusals) == 1:
        raise checked.refusals[0].in_language(language)
    if format_ == "turtle":
        shown = turtle.write_triples(checked.shacl_report, project.prefixes)
    elif format_ == "json":
        shown = json.write_report(checked.report, language)
    else:
        shown = text.write_report(checked.report, project.prefixes, language=language)
    if checked.report.files:
        click.echo(shown, nl=False)
    _refuse(checked.refusals, language)
    if not checked.report.conforms:
        sys.stdout.flush()
        raise click.exceptions.Exit(1)


def _check(project: "Project", files: tuple[str, ...], *, trust: bool, quiet: bool) -> "Checked":
    """Check files in a sandbox where any is not the project's own, else here."""
    from smartcity_kg.validate.sandbox import check_submissions, has_sandbox, needs_sandbox

    if not trust and needs_sandbox(project, files):
        if not has_sandbox() and not quiet:
            click.echo("Note: there are no limits on time and memory on this system.", err=True)
        return check_submissions(project, files)
    from smartcity_kg.validate import check_files

    with progress("Checking …", quiet=quiet) as show:
        return check_files(
            project,
            files,
            remember=project.root / ".cache" / "validate",
            processes=usable_cores(),
            tell=lambda done, total: show(f"Checking … {done:,} of {total:,}"),
            keep_going=True,
        )


def _refuse(refusals: "tuple[SmartCityError, ...]", language: str) -> None:
    """Say which files have no report, and end with 3 if one cannot be read, with 4 if one could not be checked."""
    if not refusals:
        return
    sys.stdout.flush()
    for error in refusals:
        click.echo(f"Error: {error.in_language(language)}", err=True)
    raise click.exceptions.Exit(min(error.exit_code for error in refusals))
