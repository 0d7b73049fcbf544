"""`smartcity-kg new-city`: the head of a record (layer 5)."""

from pathlib import Path

import click

from smartcity_kg.cli.common import common_options, open_project
from smartcity_kg.errors import InputError, ParameterProblem, Refused

_HELP = """Write the head of a new city record: prefixes, the blocks that every record has, and a block to fill in
for each section of a portrait, made from the shapes. Without --out it goes to data/cities/ in the project.

\b
Examples:
  smartcity-kg new-city "Frankfurt (Oder)"
  smartcity-kg new-city Ulm --lang de --out ulm.ttl
  smartcity-kg new-city Ulm --out -
"""
_NEXT = {
    "en": "{path} is written. Fill it in, then: smartcity-kg validate {path}",
    "de": "{path} ist geschrieben. Ausfüllen, dann: smartcity-kg validate {path} --lang de",
}


@click.command(help=_HELP)
@click.argument("name")
@click.option("--out", metavar="FILE", help="Where to write; - for standard output.")
@common_options
def new_city(name: str, out: str | None, folder: str | None, language: str, quiet: bool) -> None:
    """See `_HELP`."""
    from smartcity_kg.files import write_whole
    from smartcity_kg.layout import new_record, slug_of

    project = open_project(folder)
    slug = slug_of(name)
    if not slug:
        raise ParameterProblem(f"{name!r} is no name of a city", hint="Give the German name, for example Ulm.")
    text = new_record(project, " ".join(name.replace('"', "").replace("\\", "").split()), language=language)
    if out == "-":
        click.echo(text, nl=False)
        return
    path = Path(out) if out else project.root / "data" / "cities" / f"{slug}.ttl"
    if path.exists():
        raise Refused(f"{project.relative(path)} is there already", hint="Name another file with --out.")
    try:
        write_whole(path, text)
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", path=path) from error
    if not quiet:
        click.echo(_NEXT[language].format(path=project.relative(path)))
