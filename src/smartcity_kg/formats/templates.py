"""Templates for pages, reports and letters (layer 3): the one module that knows Jinja2.

All values are escaped, but in plain text (`.txt`); a name that a template uses and nobody gave is an error.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_FOLDER = Path(__file__).parents[1] / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: object) -> str:
    r"""A template of `smartcity_kg/templates`, filled in.

    Args:
        template: Its file name, such as `report.html`.
        **values: What it is filled with.

    Raises:
        jinja2.TemplateError: If there is no such template, or a value is missing: a mistake in the package.

    >>> render("language.txt", language="de")
    'de\n'
    """
    return _environment().get_template(template).render(**values)
