"""`smartcity-kg date`: a phrase as EDTF (layer 5)."""

import click

from smartcity_kg.cli.common import common_options

_HELP = """Turn a date as people write it, in German or English, into EDTF, and show which days it may mean.

\b
Examples:
  smartcity-kg date "Ende 2017"
  smartcity-kg date "first half of 2019"
  smartcity-kg date "seit 2015"
"""
_WORDS = {"en": ("in Turtle", "days", "open"), "de": ("in Turtle", "Tage", "offen")}


@click.command(help=_HELP)
@click.argument("phrase", nargs=-1, required=True)
@common_options
def date(phrase: tuple[str, ...], folder: str | None, language: str, quiet: bool) -> None:  # noqa: ARG001
    """See `_HELP`."""
    from smartcity_kg.edtf import bounds, from_phrase

    edtf = from_phrase(" ".join(phrase))
    click.echo(edtf)
    if quiet:
        return
    turtle, days, unbounded = _WORDS[language]
    span = bounds(edtf)
    click.echo(f'  {turtle}: "{edtf}"^^edtf:EDTF')
    click.echo(f"  {days}: {span.earliest or unbounded} … {span.latest or unbounded}")
