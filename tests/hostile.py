"""Files as a stranger may send them to do harm: what is wrong with each, and what must be said about it."""

import os
from dataclasses import dataclass
from pathlib import Path

_ID = "https://w3id.org/smartcity-kg/id"
_DOCUMENT = "https://w3id.org/smartcity-kg/doc/city/ulm"
_SAME = "<http://www.w3.org/2002/07/owl#sameAs>"
_SHACL = "http://www.w3.org/ns/shacl#"
_TITLE = "<http://purl.org/dc/terms/title>"
_TERM = "https://w3id.org/smartcity-kg/ontology#"
_DATE = "http://www.w3.org/2001/XMLSchema#date"
_MEGABYTE = 1_000_000

_TOPIC = f"<{_DOCUMENT}> <http://xmlns.com/foaf/0.1/primaryTopic> <{_ID}/city/ulm> .\n"
_VALUE = f"<{_ID}/city/ulm> {_TITLE} "


@dataclass(frozen=True)
class Hostile:
    """A text, or a kind of path; the rule that speaks about it and where, or the message of the refusal.

    Args:
        text: The file's text; none for what is no file.
        rule: The rule with the line that it names, for instance `P-03:2`; empty if the file is refused unread.
        said: A part of the refusal.
    """

    text: str | None = None
    rule: str = ""
    said: str = ""


def _topical(text: str, rule: str) -> Hostile:
    return Hostile(_TOPIC + text, rule=rule)


HOSTILE = {
    "hijack by subject": _topical(f"<{_ID}/city/berlin> {_TITLE} 'x' .", "C-78:2"),
    "hijack by base": _topical(f"@base <{_ID}/city/> . <berlin> {_TITLE} 'x' .", "C-78:2"),
    "hijack by prefix": _topical(f"@prefix ulm: <{_ID}/city/ber> . ulm:lin {_TITLE} 'x' .", "C-78:2"),
    "hijack by percent-encoding": _topical(f"<{_ID}/city/%62erlin> {_TITLE} 'x' .", "C-78:2"),
    "hijack by case": _topical(f"<HTTPS://W3ID.ORG/smartcity-kg/id/city/berlin> {_TITLE} 'x' .", "C-78:2"),
    "hijack by look-alike host": _topical(
        f"<https://xn--w3d-l5a.org/smartcity-kg/id/city/berlin> {_TITLE} 'x' .", "C-78:2"
    ),
    "hijack by list": _topical(f"<{_ID}/city/ulm> {_TITLE} ( [ {_SAME} <{_ID}/city/berlin> ] ) .", "P-03:2"),
    "hijack by blank node": _topical(
        f"_:b {_SAME} <{_ID}/city/berlin> . <{_ID}/city/ulm> {_TITLE} _:b .", "P-03:2"
    ),
    "hijack by sameAs": _topical(f"<{_ID}/city/ulm> {_SAME} <{_ID}/city/berlin> .", "P-03:2"),
    "own shape": _topical(f"<{_ID}/city/ulm/s> a <{_SHACL}NodeShape> .", "P-03:2"),
    "own shape with an expression that explodes": _topical(
        f"<{_ID}/city/ulm/s> <{_SHACL}targetNode> <{_ID}/city/ulm> ;"
        f" <{_SHACL}property> [ <{_SHACL}path> {_TITLE} ; <{_SHACL}pattern> '^(a+)+$' ] .\n"
        f"{_VALUE}'{'a' * 200}!' .",
        "P-03:2",
    ),
    "text that makes expressions explode": _topical(f"{_VALUE}'{'a' * 50_000}!'@de-{'a' * 8} .", "C-112:2"),
    "own term": _topical(f"<{_ID}/city/ulm/t> a <http://www.w3.org/2002/07/owl#Class> .", "P-03:2"),
    "12 MB": Hostile(_VALUE + "'" + "x" * 12 * _MEGABYTE + "' .", said="more than the 10,000,000 allowed"),
    "250,000 statements": Hostile(
        f"{_VALUE}{','.join(map(str, range(250_000)))} .", said="more than 200,000 statements"
    ),
    "1,000 brackets": Hostile(
        _VALUE + "[ <http://e.org/p> " * 1_000 + "1" + " ]" * 1_000 + " .",
        said=":1:1978: brackets are nested deeper than the 100 allowed",
    ),
    "list of 100,000": Hostile(f"{_VALUE}( {'1 ' * 100_000}) .", said="more than 200,000 statements"),
    "1e999999999": _topical(
        f"<{_ID}/city/ulm/unit/a> a <{_TERM}OrganisationalUnit> ; <{_TERM}staffCount>\n1e999999999 .",
        "C-202:3",
    ),
    "99999999-99-99": _topical(
        f"<{_DOCUMENT}> <http://purl.org/dc/terms/valid>\n'99999999-99-99'^^<{_DATE}> .",
        "C-184:3",
    ),
    "NUL": Hostile(f"{_TOPIC}{_VALUE}'\0' .", said=":2:79: the file holds a NUL character"),
    "bidirectional override": _topical(f"{_VALUE}'\u202e' .", "P-06:2"),
    "malformed": Hostile(f"{_TOPIC}{_VALUE}'", said=":2:78: "),
    "symbolic link": Hostile(said="this is a symbolic link, not a file"),
    "folder": Hostile(said="this is a folder, not a file"),
    "pipe": Hostile(said="this is a pipe, not a file"),
}


def write_hostile(kind: str, folder: Path) -> Path:
    """One of them, made in a folder."""
    path = folder / "hostile.ttl"
    text = HOSTILE[kind].text
    if text is not None:
        path.write_bytes(text.encode())
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        target = folder / "target.ttl"
        target.write_text(_TOPIC, encoding="utf-8")
        path.symlink_to(target)
    return path
