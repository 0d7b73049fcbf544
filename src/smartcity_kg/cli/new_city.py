"""`smartcity-kg new-city`: the head of a record (layer 5)."""

from pathlib import Path

import click

from smartcity_kg.cli.common import common_options, open_project
from smartcity_kg.errors import InputError, NotFound, ParameterProblem, Refused
from smartcity_kg.project import Project
from smartcity_kg.terms import text_of

_HELP = """Write the head of a new city record: prefixes, the blocks that every record has, and a block to fill in
for each section of a portrait, made from the shapes. The city is looked up in the register; where several have one
name, give the CURIE. Without --out it goes to data/cities/ in the project.

\b
Examples:
  smartcity-kg new-city "Frankfurt (Oder)"
  smartcity-kg new-city city:friedland-goettingen
  smartcity-kg new-city Ulm --lang de --out ulm.ttl
  smartcity-kg new-city Ulm --out -
"""
_CLASS = "sckg:City"
_NEXT = {
    "en": "{path} is written. Fill it in, then: smartcity-kg validate {path}",
    "de": "{path} ist geschrieben. Ausfüllen, dann: smartcity-kg validate {path} --lang de",
}

_UNKNOWN = {
    "en": "{name} is not in the register of cities: the record gives name and municipality key itself.",
    "de": "{name} steht nicht im Städteverzeichnis: Name und Gemeindeschlüssel gehören in den Datensatz.",
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
    if not slug_of(name):
        raise ParameterProblem(f"{name!r} is no name of a city", hint="Give the German name, for example Ulm.")
    registered = _registered(project, name)
    plain = " ".join(name.replace('"', "").replace("\\", "").split())
    slug, label = registered or (slug_of(name), plain)
    text = new_record(project, label, slug=slug, language=language)
    note = _UNKNOWN[language].format(name=name) if registered is None and not quiet else ""
    if out == "-":
        click.echo(text, nl=False)
        _say(note)
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
        _say(note)


def _say(note: str) -> None:
    if note:
        click.echo(note, err=True)


def _registered(project: Project, name: str) -> tuple[str, str] | None:
    """Slug and German name of the one city that a name or CURIE stands for; none if the register lacks it."""
    from smartcity_kg.graph import prepared_store
    from smartcity_kg.labels import Choice, find_labels, resolve

    store = prepared_store(project)
    try:
        found = resolve(
            store, project.prefixes, name, Choice(class_iri=project.prefixes.expand(_CLASS).value), kind="city"
        )
    except NotFound:
        if ":" in name:
            raise
        return None
    slug = found.value.rpartition("/")[2]
    return slug, text_of(find_labels(store, [found], "de").get(found.value)) or slug
