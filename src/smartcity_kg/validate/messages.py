"""What is said about files beside the shapes: read from `ontology/messages`, values filled in (layer 2).

The code knows identifiers; the words stand in Turtle, in both languages, so that they can be changed without it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.project import Project
from smartcity_kg.terms import SH

FOLDER = "ontology/messages"
_IDENTIFIER = "http://purl.org/dc/terms/identifier"
_GROUPED_BY = {"de": "."}
_VARIABLE = re.compile(r"\{[?$](\w+)\}")


@dataclass(frozen=True)
class Rule:
    """Something to say: its resource, level, name and message by language; level and name may be empty."""

    resource: ox.NamedNode
    identifier: str
    level: str = "violation"
    names: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)

    def filled(self, **values: str | int) -> dict[str, str]:
        """The message in each language, with values in place of `{?name}`; numbers as the language groups them.

        >>> rule = Rule(ox.NamedNode("http://e.org/x"), "X", templates={"en": "{?value} is wrong"})
        >>> rule.filled(value="7")
        {'en': '7 is wrong'}
        >>> Rule(ox.NamedNode("http://e.org/x"), "X", templates={"de": "{?value} Bytes"}).filled(value=65_536)
        {'de': '65.536 Bytes'}
        """
        return {
            language: fill(template, {name: _written(value, language) for name, value in values.items()})
            for language, template in self.templates.items()
        }


def _written(value: str | int, language: str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}".replace(",", _GROUPED_BY.get(language, ","))


def fill(template: str, values: Mapping[str, str]) -> str:
    """A message with values in place of `{?name}`; what has no value stays.

    >>> fill("{?value} is {$other}", {"value": "7"})
    '7 is {$other}'
    """
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), template)


def read_rules(project: Project) -> Mapping[str, Rule]:
    """The rules in `ontology/messages` by identifier.

    Raises:
        BackendError: If the project has none.

    >>> read_rules(Project.find())["C-78"].level
    'violation'
    """
    return _read(project.files(FOLDER) or Project.find(Path(__file__).parent).files(FOLDER))


@lru_cache(maxsize=4)
def _read(paths: tuple[Path, ...]) -> Mapping[str, Rule]:
    triples = [quad for path in paths for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)]
    levels = _by_resource(triples, "severity")
    names, templates = _texts(triples, "name"), _texts(triples, "message")
    rules = {}
    for triple in triples:
        if triple.predicate.value != _IDENTIFIER or not isinstance(triple.subject, ox.NamedNode):
            continue
        level = levels.get(triple.subject.value, "violation").rpartition("#")[2].lower()
        found = names.get(triple.subject.value, {}), templates.get(triple.subject.value, {})
        rule = Rule(triple.subject, str(getattr(triple.object, "value", "")), level, *found)
        rules[rule.identifier] = rule
    if not rules:
        raise BackendError(f"there are no messages in {FOLDER}", hint="Get the folder from the project again.")
    return rules


def _by_resource(triples: list[ox.Quad], name: str) -> dict[str, str]:
    wanted = f"{SH}{name}"
    return {
        str(getattr(t.subject, "value", "")): str(getattr(t.object, "value", ""))
        for t in triples
        if t.predicate.value == wanted
    }


def _texts(triples: list[ox.Quad], name: str) -> dict[str, dict[str, str]]:
    wanted = f"{SH}{name}"
    found: dict[str, dict[str, str]] = {}
    for t in triples:
        if t.predicate.value != wanted:
            continue
        if isinstance(t.object, ox.Literal) and isinstance(t.subject, ox.NamedNode):
            found.setdefault(t.subject.value, {})[t.object.language or ""] = t.object.value
    return {resource: dict(sorted(texts.items())) for resource, texts in found.items()}
