"""`smartcity-kg site`: the static site (layer 5)."""

from datetime import date, datetime
from pathlib import Path

import click

from smartcity_kg.cli.common import common_options, open_project, progress, usable_cores

_HELP = """Write the pages of the whole graph, with RDF beside them, into a folder for any web server.

German and English pages for everything that has an IRI; map, questions with their answers, ontology, a SPARQL
editor that works in the browser. The folder holds the old site or the new one, never something between; a second
run makes only what a change concerns.

\b
Examples:
  smartcity-kg site --out ../public
  smartcity-kg site --out ../public --base https://data.example.org/ --date 2026-11-22
  python -m http.server --directory ../public
"""


@click.command(help=_HELP)
@click.option("--out", required=True, metavar="DIR", help="The folder; new, empty, or an older site.")
@click.option("--base", default="", metavar="IRI", help="The address that it will have; else that of the IRIs.")
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day of the edition; today if absent.",
)
@click.option("--previous", metavar="DIR", help="The release before, to say what is new.")
@common_options
def site(
    out: str, base: str, day: datetime | None, previous: str | None, folder: str | None, language: str, quiet: bool
) -> None:
    """See `_HELP`."""
    from smartcity_kg.publish.site import build_site

    project = open_project(folder)
    wanted = day.date() if day else date.today()
    with progress("Reading the graph …", quiet=quiet) as show:
        built = build_site(
            project,
            Path(out),
            address=base,
            day=wanted,
            previous=Path(previous) if previous else None,
            processes=usable_cores(),
            tell=lambda done, total: show(f"Pages … {done:,} of {total:,}"),
            say_step=show,
        )
    for problem in built.problems:
        click.echo(problem, err=True)
    if not quiet:
        text = {
            "de": "{} Dateien in {}: {} neu oder geändert, {} entfernt",
            "en": "{} files in {}: {} new or changed, {} removed",
        }
        click.echo(text[language].format(built.files, out, built.changed, built.removed))
