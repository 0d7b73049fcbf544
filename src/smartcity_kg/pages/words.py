"""The words of the pages, in each language (layer 4); they stand in `templates/words.toml`."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parents[1] / "templates" / "words.toml"


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def say(key: str, language: str, **values: object) -> str:
    """A word or sentence of the pages in a language, with values filled in.

    Raises:
        KeyError: If there is no such word: a mistake in the package.

    >>> say("km", "de", n=8)
    '8 km'
    """
    text = _words()[key][language]
    return text.format(**values) if values else text
