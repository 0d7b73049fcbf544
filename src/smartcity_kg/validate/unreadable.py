"""Why a file cannot be read, in both languages (layer 2).

Whoever reads files says it in English; the other words stand in `ontology/messages/reading.ttl`.
"""

import re
from typing import TypeVar

from smartcity_kg.errors import SmartCityError
from smartcity_kg.project import Project
from smartcity_kg.validate.messages import read_rules

# What is said when a file cannot be read, and which message and which hint that is.
_SAID = (
    (r"there is no such file", "F-01", "H-21"),
    (r"this is a folder, not a file", "F-02", "H-22"),
    (r"the file may not be read", "F-03", "H-23"),
    (r"the file is empty", "F-04", "H-24"),
    (r"the file is not encoded in UTF-8 \(byte (?P<value>\w+)\)", "F-05", "H-25"),
    (r"the file holds a NUL character; is it Turtle\?", "F-06", "H-26"),
    (r"this is a symbolic link, not a file", "F-07", "H-27"),
    (r"the file has (?P<value>[\d,]+) bytes, more than the (?P<match>[\d,]+) allowed", "F-08", "H-28"),
    (r"the file has more than (?P<value>[\d,]+) statements", "F-09", "H-29"),
    (r"brackets are nested deeper than the (?P<value>[\d,]+) allowed \(file_nesting\)", "F-10", "H-30"),
    (r"this is (?P<value>a pipe|a socket|a device), not a file", "F-11", "H-31"),
    (r"the file cannot be read: (?P<value>.+)", "F-12", "H-35"),
    (r"the text has (?P<value>[\d,]+) bytes, more than the (?P<match>[\d,]+) allowed", "F-13", "H-28"),
    (r"this could not be checked within (?P<value>\d+) s of processor time", "F-14", "H-32"),
    (r"this could not be checked with (?P<value>\d+) MB of memory", "F-15", "H-33"),
    (r"this could not be checked: (?P<value>.+)", "F-16", "H-34"),
)
_Problem = TypeVar("_Problem", bound=SmartCityError)


def translate(error: _Problem, project: Project) -> _Problem:
    """The same error with translations and the number of its message, where there is one for it.

    >>> from smartcity_kg.errors import InputError
    >>> error = translate(InputError("the file is empty", path="a.ttl"), Project.find())
    >>> print(error.in_language("de"))
    a.ttl: Die Datei ist leer
      Sie enthält keinen Datensatz.
    """
    if error.translations:
        return error
    for pattern, identifier, hint in _SAID:
        found = re.fullmatch(pattern, error.message)
        if found:
            rules = read_rules(project)
            said = rules[identifier].filled(**{name: _number(text) for name, text in found.groupdict().items()})
            hints = rules[hint].filled() if hint else {}
            error.rule = identifier
            others = {language: (text, hints.get(language, "")) for language, text in said.items()}
            error.translations = {**others, "en": (error.message, error.hint)}
            break
    return error


def _number(text: str) -> str | int:
    """A number that stands in a message as one, so that each language can write it in its way."""
    plain = text.replace(",", "")
    return int(plain) if plain.isdecimal() else text
