"""Records changed by chance, in the ways in which files go wrong: bytes, tokens, statements, strings, layout.

The same seed gives the same file, so that a failure can be looked at again.
"""

import random
import re

KINDS = ("bytes", "tokens", "statements", "strings", "layout")
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"(?:@[A-Za-z-]+|\^\^[^\s;,.]+)?|<[^>\s]*>|#[^\n]*|\s+|[^\s"<#]+',
    re.DOTALL,
)
_ODD = (
    "\x00",
    "\u202e",
    "\ufeff",
    "\\",
    '"',
    "'",
    "<",
    ">",
    "[",
    "]",
    "(",
    ")",
    ";",
    ",",
    ".",
    "@",
    "^^",
    "{|",
    "1e999",
)


def mutate(text: str, kind: str, seed: int) -> str:
    """A text with one to three changes of a kind; with `layout` it says the same as before.

    >>> mutate("a b c", "layout", 1).split() == ["a", "b", "c"]
    True
    """
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - the same files in every run, not a secret
    change = {
        "bytes": _bytes,
        "tokens": _tokens,
        "statements": _statements,
        "strings": _strings,
        "layout": _layout,
    }[kind]
    for _ in range(1 if kind == "layout" else chance.randint(1, 3)):
        text = change(text, chance)
    return text


def _bytes(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    what = chance.choice((*_ODD, chr(chance.randrange(32, 0x2FFF)), ""))
    return text[:place] + what + text[place + chance.randint(0, 2) :]


def _tokens(text: str, chance: random.Random) -> str:
    tokens = _TOKEN.findall(text)
    place, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
    match chance.randrange(3):
        case 0:
            del tokens[place]
        case 1:
            tokens.insert(place, tokens[other])
        case _:
            tokens[place], tokens[other] = tokens[other], tokens[place]
    return "".join(tokens)


def _statements(text: str, chance: random.Random) -> str:
    blocks = text.split("\n\n")
    place = chance.randrange(len(blocks))
    lines = blocks[place].split("\n")
    if len(lines) > 1 and chance.random() < 0.7:
        del lines[chance.randrange(len(lines))]
        blocks[place] = "\n".join(lines)
    elif chance.random() < 0.5:
        blocks.insert(place, blocks[chance.randrange(len(blocks))])
    else:
        del blocks[place]
    return "\n\n".join(blocks)


def _strings(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r'"(?:[^"\\\n]|\\.)*"', text))
    place = chance.choice(found)
    inside = place[0][1:-1]
    new = chance.choice(
        (
            inside[::-1],
            inside + chance.choice(_ODD),
            inside * 40,
            "",
            f"{inside}\n{inside}",
            chr(chance.randrange(0x20, 0xD7FF)),
            "<script>",
            "9" * 400,
        )
    )
    return f'{text[: place.start()]}"{new}"{text[place.end() :]}'


def _layout(text: str, chance: random.Random) -> str:
    """Other blanks, line ends and comments between tokens; between what, is left as it is."""
    line_end = chance.choice(("\n", "\r\n", "\r"))
    spaces = (" ", "\t", "  ", line_end, f" # eine Bemerkung{line_end}", f"{line_end}{line_end}")
    parts = [chance.choice(spaces) if token.isspace() else token for token in _TOKEN.findall(text)]
    # A comment ends at the line end that was there, whatever blanks took its place.
    return "".join(f"{part}{line_end}" if part.startswith("#") else part for part in parts)
