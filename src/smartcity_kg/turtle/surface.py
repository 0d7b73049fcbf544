"""Signs of a Turtle text outside strings, IRIs and comments (layer 1).

It looks for what the parser would accept but we do not: brackets nested too deep, and the syntax of RDF 1.2. It
judges nothing else, and reads no file.
"""

import re
from collections.abc import Iterator

# Possessive throughout, so that no text makes it try the same piece twice.
_SIGN = re.compile(
    r"""
    \"\"\" (?: "{0,2} (?: [^"\\]++ | \\. ) )*+ \"\"\"
  | ''' (?: '{0,2} (?: [^'\\]++ | \\. ) )*+ '''
  | " (?: [^"\\\r\n]++ | \\. )*+ "
  | ' (?: [^'\\\r\n]++ | \\. )*+ '
  | < [^<>"\x00-\x20]*+ >
  | \# [^\r\n]*+
  | \\.
  | (?P<sign> << | \{\| | ~ | [\[\](){}] | @[A-Za-z]++ (?: -[A-Za-z0-9]++ )*+ --[A-Za-z]++ )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = frozenset("[({"), frozenset("])}")


def find_deep(text: str, limit: int) -> int | None:
    """Where a bracket opens that is nested deeper than a limit; none if there is none.

    >>> find_deep("[ ( '[' [ ] ) ] # [", 2)
    8
    >>> find_deep("[ ] [ ] [ ]", 1) is None
    True
    """
    if sum(map(text.count, _OPENING)) <= limit:
        return None
    depth = 0
    for sign, offset in _signs(text):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth > limit:
            return offset
    return None


def find_rdf12(text: str) -> int | None:
    """Where the first sign of RDF 1.2 stands: a triple term, a reifier, an annotation, a direction of text.

    >>> find_rdf12("e:a e:b '<<' . << e:a e:b e:c >> e:d e:e .")
    15
    """
    return next((offset for sign, offset in _signs(text) if sign[0] in "<~@" or sign == "{|"), None)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    r"""Line and column of a place in a text, both from 1.

    >>> line_and_column("ab\ncd", 4)
    (2, 2)
    """
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _signs(text: str) -> Iterator[tuple[str, int]]:
    return ((found["sign"], found.start()) for found in _SIGN.finditer(text) if found["sign"])
