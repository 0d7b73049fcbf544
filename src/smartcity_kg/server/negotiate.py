"""What a client wants: media types and languages by weight (layer 6)."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$", re.IGNORECASE)
_MOST = 100  # ranges of one header that are looked at


def best_media_type(accept: str, offered: Sequence[str]) -> str | None:
    """The media type to answer with; none if the client takes none of those offered.

    Args:
        accept: The `Accept` header; empty if there is none, then everything will do.
        offered: What there is, best first: the order decides between equal weights.

    The most specific range decides about a type (RFC 9110, section 12.5.1).

    >>> best_media_type("text/html;q=0.5, text/*;q=0.7, */*;q=0.1", ["text/html", "text/turtle"])
    'text/turtle'
    >>> best_media_type("text/turtle;q=0", ["text/turtle"]) is None
    True
    """
    return _best(accept, tuple(offered))


@lru_cache(maxsize=200)
def _best(accept: str, offered: tuple[str, ...]) -> str | None:
    ranges = dict(_weighed(accept))
    if not ranges:
        return offered[0] if offered else None
    weights = {media_type: _weight_of(media_type, ranges) for media_type in offered}
    best = max(offered, key=lambda media_type: weights[media_type], default=None)
    return best if best is not None and weights[best] > 0 else None


def best_language(accept: str, offered: Sequence[str], default: str) -> str:
    """The language to answer in; `default` where the client names none that there is.

    A range with a country takes the language as well (RFC 4647, section 3.4).

    >>> best_language("fr, de-AT;q=0.8, en;q=0.5", ["de", "en"], "en")
    'de'
    >>> best_language("", ["de", "en"], "en")
    'en'
    """
    ranges = sorted(_weighed(accept), key=lambda one: -one[1])
    for tag, weight in ranges:
        if tag == "*" and weight:
            return default
        language = tag.partition("-")[0]
        if weight and language in offered:
            return language
    return default


def _weighed(header: str) -> Iterator[tuple[str, float]]:
    """The ranges of a header with their weights; what is none is left out."""
    for part in header.lower().split(",")[:_MOST]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights = [found[1] for one in parameters if (found := _WEIGHT.match(one))]
        given = [one for one in parameters if one.startswith("q=")]
        if name and len(weights) == len(given):
            yield name, float(weights[0]) if weights else 1.0


def _weight_of(media_type: str, ranges: dict[str, float]) -> float:
    kind = media_type.partition("/")[0]
    for name in (media_type, f"{kind}/*", "*/*", "*"):
        if name in ranges:
            return ranges[name]
    return 0.0
