"""`smartcity-kg build`: a release in a folder (layer 5)."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartcity_kg.cli.common import common_options, open_project, progress, usable_cores

if TYPE_CHECKING:
    from smartcity_kg.publish.release import Released

_HELP = """Write a release: the data in all formats, tables, what changed, checksums.

The folder appears whole or not at all; a release that stands there is replaced, and files that did not change are
kept. The same files and the same date give the same bytes. Nothing may be written into the project's folder.

\b
Examples:
  smartcity-kg build --out ../release
  smartcity-kg build --out ../release --date 2026-12-01 --previous ../release-0.1.0
  smartcity-kg build --out ../release --base https://data.example.org/
"""
_WORDS = {
    "en": {
        "done": "{files} files, {size:.1f} MB, in {folder}",
        "changes": "{changed} new or changed, {removed} removed, {kept} as before",
        "without": "The release note leaves out what changed.",
    },
    "de": {
        "done": "{files} Dateien, {size:.1f} MB, in {folder}",
        "changes": "{changed} neu oder geändert, {removed} entfallen, {kept} wie zuvor",
        "without": "Die Notiz zur Ausgabe nennt keine Änderungen.",
    },
}


@click.command(help=_HELP)
@click.option("--out", required=True, metavar="DIR", help="The folder to write; new, empty, or a release before.")
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Day of the release; else today.",
)
@click.option("--previous", metavar="PATH", help="The release before, or a dump from it: what changed since?")
@click.option("--base", metavar="IRI", help="Address under which the release will stand; else the project's base.")
@common_options
def build(
    out: str,
    day: datetime.datetime | None,
    previous: str | None,
    base: str | None,
    folder: str | None,
    language: str,
    quiet: bool,
) -> None:
    """See `_HELP`."""
    from smartcity_kg.graph import prepared_store
    from smartcity_kg.publish.release import build_release

    if base is not None and not (base.startswith(("https://", "http://")) and base.endswith("/")):
        raise click.UsageError("--base wants an address that begins with https:// and ends in a slash.")
    project, cores = open_project(folder), usable_cores()
    later: list[Callable[[], object]] = []
    with progress("Reading the graph …", quiet=quiet) as say:
        store = prepared_store(project, later=later.append).in_memory()
        released = build_release(
            project,
            store,
            Path(out),
            day=day.date() if day else datetime.date.today(),
            previous=Path(previous) if previous else None,
            base=base or "",
            processes=cores,
            later=later,
            progress=say,
        )
    words = _WORDS[language]
    for problem in released.problems:
        click.echo(f"{problem}\n  {words['without']}", err=True)
    if not quiet:
        _summary(released, words)


def _summary(released: "Released", words: dict[str, str]) -> None:
    size = sum(file.size for file in released.files) / 1e6
    click.echo(words["done"].format(files=len(released.files), size=size, folder=released.folder))
    changed = len(released.changed)
    kept = len(released.files) + 1 - changed
    click.echo(words["changes"].format(changed=changed, removed=len(released.removed), kept=kept))
