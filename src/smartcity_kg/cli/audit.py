"""`smartcity-kg audit`: the conventions of linked data, checked on a built site (layer 5)."""

import click

from smartcity_kg.cli.common import common_options, open_project, progress

_HELP = """Check a built site, in the folder DIR or at its address, against 39 conventions for linked data.

Of each kind of page some are read, evenly spread. Each convention passes, fails or does not apply; what fails is
named with its file, and how to mend it. A folder cannot be asked over HTTP: the rules for web servers are read
instead. At an address, answers are limited in time, size and number.

\b
Examples:
  smartcity-kg audit public
  smartcity-kg audit public --lang de
  smartcity-kg audit public --format json > audit.json
  smartcity-kg audit https://data.example.org/
"""


@click.command(help=_HELP)
@click.argument("site", metavar="DIR|URL")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--sample",
    type=click.IntRange(1, 1000),
    default=None,
    metavar="N",
    help="How many pages of each kind are read; 6 of a folder, 1 of an address.",
)
@common_options
@click.pass_context
def audit(
    context: click.Context,
    site: str,
    format_: str,
    sample: int | None,
    folder: str | None,
    language: str,
    quiet: bool,
) -> None:
    """See `_HELP`."""
    from smartcity_kg.publish.audit import audit_site
    from smartcity_kg.publish.audit.show import write_json, write_text
    from smartcity_kg.publish.audit.words import read_words

    project = open_project(folder)
    words = read_words(project)
    with progress("Reading the site …", quiet=quiet) as show:
        done = audit_site(
            site,
            project,
            each=sample,
            tell=lambda number: show(f"{number} {words.conventions[number].titles[language]} …"),
        )
    click.echo(
        write_json(done, words) if format_ == "json" else write_text(done, words, language=language), nl=False
    )
    context.exit(0 if done.passes else 1)
