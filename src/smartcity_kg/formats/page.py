"""Whole pages in one file: the style sheet inside, no script, nothing fetched (layer 3)."""

import base64
import hashlib
import re

from smartcity_kg.assets import find_asset
from smartcity_kg.formats.templates import render
from smartcity_kg.verdict import LANGUAGES

_STYLE_SHEET = "style.css"
# Control characters, and marks that turn the direction of a text: they could hide what a file says.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_MOST = 600


def render_page(template: str, language: str, **values: object) -> str:
    """A template that extends `page.html`, with the style sheet and a policy that allows nothing else.

    Args:
        template: Its file name.
        language: Of the words; English where there are none.
        **values: What the template is filled with.

    >>> page = render_page("changes.html", "en", words={"title": "T", "before": "b", "after": "a"},
    ...     old="", new="<b>", summary="", changes=[])
    >>> "<code>&lt;b&gt;</code>" in page and "default-src" in page
    True
    """
    path = find_asset(_STYLE_SHEET)
    style = path.read_text("utf-8") if path else ""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    known = language if language in LANGUAGES else "en"
    return render(template, language=known, style=style, policy=policy, **values)


def readable(text: str, most: int = _MOST) -> str:
    r"""A text from a file as it can be shown: what cannot be seen as an escape, the end of a long one left out.

    >>> readable("a\u202eb"), readable("abcdef", 4)
    ('a\\u202eb', 'abc…')
    """
    short = text if len(text) <= most else f"{text[: most - 1]}…"
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), short)


def hint_lines(hint: str) -> list[str]:
    r"""The lines of a hint, each as it can be shown; carets stay under what they point at.

    >>> hint_lines("In the line: a b\n                 ^")
    ['In the line: a b', '               ^']
    """
    # All lines but the first are indented by two, as an error shows them.
    return [readable(line.removeprefix("  ")) for line in hint.split("\n") if line.strip()]
