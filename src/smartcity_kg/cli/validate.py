"""`smartcity-kg validate`: files against the shapes (layer 5)."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartcity_kg.cli.common import common_options, open_project, progress, terminal_width, usable_cores
from smartcity_kg.errors import InputError
from smartcity_kg.report import LEVELS, Report

if TYPE_CHECKING:
    from smartcity_kg.errors import SmartCityError
    from smartcity_kg.project import Project
    from smartcity_kg.validate import Checked

_HELP = """Check Turtle files against the shapes; without a FILE, all data and schemes of the project.

Results are remembered in .cache/validate of the project, so that only what a change concerns is checked again.

Files that are not the project's own are checked in a process of their own, with limits on time and memory.

Exit code 0: conforms (warnings and hints do not count; what --level, --rule and --max hide does); 1: does not
conform; 3: a file cannot be read; 4: a file could not be checked.

\b
Examples:
  smartcity-kg validate
  smartcity-kg validate data/cities/magdeburg.ttl --lang de
  smartcity-kg validate my-city.ttl --source --level warning
  smartcity-kg validate my-city.ttl --format json
  smartcity-kg validate my-city.ttl --format sarif --out report.sarif
"""
_WIDTH = 100
_FORMATS = ("text", "json", "turtle", "github", "sarif", "junit")


@click.command(help=_HELP)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--format", "format_", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option("--out", metavar="FILE", help="Where to write; standard output if absent.")
@click.option("--level", type=click.Choice(LEVELS), default="info", help="The lowest level that is shown.")
@click.option(
    "--rule", "rules", multiple=True, metavar="ID", help="Show this rule only, such as C-68; repeatable."
)
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="Show at most N findings a file.")
@click.option("--source", is_flag=True, help="Show the lines concerned; on a terminal they are shown anyway.")
@click.option(
    "--width", type=click.IntRange(min=40), metavar="N", help="Columns of a shown line; else the terminal's."
)
@click.option("--trust", is_flag=True, help="Check files of your own in this process, without those limits.")
@common_options
def validate(
    files: tuple[str, ...],
    format_: str,
    out: str | None,
    level: str,
    rules: tuple[str, ...],
    most: int | None,
    source: bool,
    width: int | None,
    trust: bool,
    folder: str | None,
    language: str,
    quiet: bool,
) -> None:
    """See `_HELP`."""
    from smartcity_kg.formats import github, json, junit, sarif, text, turtle

    project = open_project(folder)
    checked = _check(project, files, trust=trust, quiet=quiet)
    if not checked.report.files and len(checked.refusals) == 1:
        raise checked.refusals[0].in_language(language)
    shown = checked.report.only(level=level, rules=rules)
    shown = shown.first(most) if most else shown
    lines = source or (format_ == "text" and out is None and terminal_width() is not None)
    if format_ == "turtle":
        written = turtle.write_triples(checked.shacl_report, project.prefixes)
    elif format_ == "text":
        written = text.write_report(
            checked.report,
            project.prefixes,
            language=language,
            shown=shown,
            sources=_lines_of(shown, project) if lines else {},
            width=width or terminal_width() or _WIDTH,
        )
    else:
        writers = {"json": json, "github": github, "sarif": sarif, "junit": junit}
        written = writers[format_].write_report(shown, language)
    if checked.report.files:
        _deliver(written, out)
    _refuse(checked.refusals, language)
    if not checked.report.conforms:
        sys.stdout.flush()
        raise click.exceptions.Exit(1)


def _lines_of(report: Report, project: "Project") -> dict[str, list[str]]:
    """The lines of the files that findings are about, by the names that the report uses."""
    from smartcity_kg.turtle.parse import decode, read_bytes

    names = dict.fromkeys(finding.file for finding in report.findings)
    paths = {name: project.root / name if (project.root / name).is_file() else Path(name) for name in names}
    return {name: re.split(r"\r\n|\n|\r", decode(read_bytes(path), name)) for name, path in paths.items()}


def _deliver(text: str, out: str | None) -> None:
    from smartcity_kg.files import write_whole

    if out is None:
        click.echo(text, nl=False)
        return
    try:
        write_whole(Path(out), text)
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", path=out) from error


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
