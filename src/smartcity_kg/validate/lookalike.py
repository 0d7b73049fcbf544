"""IRIs that look like others (layer 2).

An IRI is compared character by character (RFC 3987, section 5.3.1), people compare what they see. `plain` gives
the IRI that a reader takes another for: normalised after RFC 3986, section 6.2.2, similar letters folded together.
"""

import re
import unicodedata
from urllib.parse import unquote

_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<host>[^/?#]*))?(?P<path>[^?#]*)(?P<rest>.*)", re.DOTALL
)
# Letters of other scripts that are drawn like Latin ones (after Unicode TR39, the part that fits into host names).
_ALIKE = str.maketrans(
    "аеорсхуіјѕһԁԛԝвкмнтгӏοανικρτυχεηɡıℓ‐‑‒–—−⁄∕",
    "aeopcxyijshdqwbkmhtrloavikptuxengil------//",
)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_MOST_DECODINGS = 3


def plain(iri: str) -> str:
    """What an IRI is easily taken for: https, lower case, decoded, without dot segments, in Latin letters.

    >>> plain("HTTP://W3ID.org:443/smartcity-kg/id/city/%75lm/../k%C3%B6ln")
    'https://w3id.org/smartcity-kg/id/city/köln'
    >>> plain("https://xn--w3d-khd.org/") == plain("https://w3іd.org/")
    True
    >>> plain("mailto:a@example.org")
    'mailto:a@example.org'
    """
    for _ in range(_MOST_DECODINGS):
        decoded = unquote(iri)
        if decoded == iri:
            break
        iri = decoded
    found = _PARTS.fullmatch(_folded(iri))
    if not found or found["host"] is None:
        return iri
    path = found["path"].replace("\\", "/")
    return f"https://{_host(found['host'])}{_without_dots(path)}{found['rest']}"


def host_of(iri: str) -> str | None:
    """The part of an IRI between `//` and the path, with port and credentials; none if it has no `//`.

    >>> host_of("https://a@example.org:80/x"), host_of("mailto:a@example.org")
    ('a@example.org:80', None)
    """
    found = _PARTS.fullmatch(iri)
    return found["host"] if found else None


def _host(host: str) -> str:
    name = host.rpartition("@")[2].removesuffix(":443").removesuffix(":80").rstrip(".").removeprefix("www.")
    return ".".join(_label(label) for label in name.split("."))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return _folded(label[4:].encode("ascii").decode("punycode")) or label
    except UnicodeError:
        return label


def _folded(text: str) -> str:
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return seen.translate(_ALIKE)


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4; doubled slashes count as one."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in {".", ""}:
            kept.append(part)
    end = "/" if kept and path.endswith(("/", "/.", "/..")) else ""
    return "/" + "/".join(kept) + end if path else ""
