"""Why a file cannot be read, in both languages (layer 2).

Whoever reads files says it in English; the other words stand in `ontology/messages/reading.ttl`.
"""

import re

from smartcity_kg.errors import InputError
from smartcity_kg.project import Project
from smartcity_kg.validate.messages import read_rules

# What is said when a file cannot be read, and which message and which hint that is.
_SAID = (
    (r"there is no such file", "F-01", "H-21"),
    (r"this is a folder, not a file", "F-02", "H-22"),
    (r"the file may not be read", "F-03", "H-23"),
    (r"the file is empty", "F-04", "H-24"),
    (r"the file is not encoded in UTF-8 \(byte (?P<value>\w+)\)", "F-05", "H-25"),
    (r"the file holds a NUL character; is it Turtle\?", "F-06", ""),
    (r"this is a symbolic link, not a file", "F-07", "H-27"),
    (r"the file has (?P<value>[\d,]+) bytes, more than the (?P<match>[\d,]+) allowed", "F-08", "H-28"),
    (r"the file has more than (?P<value>[\d,]+) statements", "F-09", "H-28"),
    (r"brackets are nested deeper than the (?P<value>[\d,]+) allowed \(file_nesting\)", "F-10", "H-30"),
    (r"this is (?P<value>a pipe|a socket|a device), not a file", "F-11", "H-31"),
)


def translate(error: InputError, project: Project) -> InputError:
    """The same error with translations and the number of its message, where there is one for it.

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
            said = rules[identifier].filled(**found.groupdict())
            hints = rules[hint].filled() if hint else {}
            error.rule = identifier
            others = {language: (text, hints.get(language, "")) for language, text in said.items()}
            error.translations = {**others, "en": (error.message, error.hint)}
            break
    return error
