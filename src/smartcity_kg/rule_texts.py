"""The rules for records by their number: names and explanations, read from the shapes (layer 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode

from smartcity_kg.project import Project
from smartcity_kg.terms import RDFS, SH, Term, text_of

_IDENTIFIER = NamedNode("http://purl.org/dc/terms/identifier")
_NAMES = (NamedNode(f"{SH}name"), NamedNode(f"{RDFS}label"))
_DESCRIPTIONS = (NamedNode(f"{SH}description"), NamedNode(f"{RDFS}comment"))
_FOLDERS = ("ontology/shapes", "ontology/messages")


@dataclass(frozen=True)
class RuleText:
    """What a rule is called and why it is there, by language."""

    number: str
    names: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)


def read_rule_texts(project: Project) -> dict[str, RuleText]:
    """The texts of all rules by their numbers, from the shapes and the policy of a project.

    What is said when a file cannot be read has no name, and is not among them.

    >>> texts = read_rule_texts(Project.find())
    >>> texts["C-02"].names["en"]
    'One name per language'
    """
    paths = [path for folder in _FOLDERS for path in project.files(folder)]
    triples = [triple for path in paths for triple in project.read(path).triples]
    numbers = {t.subject: text_of(t.object) for t in triples if t.predicate == _IDENTIFIER}
    names: dict[Term, dict[str, str]] = {}
    descriptions: dict[Term, dict[str, str]] = {}
    for triple in triples:
        found = (
            names if triple.predicate in _NAMES else descriptions if triple.predicate in _DESCRIPTIONS else None
        )
        if found is not None and triple.subject in numbers and isinstance(triple.object, Literal):
            found.setdefault(triple.subject, {})[triple.object.language or ""] = triple.object.value
    return {
        number: RuleText(number, names.get(shape, {}), descriptions.get(shape, {}))
        for shape, number in sorted(numbers.items(), key=lambda item: (item[1], str(item[0])))
        if shape in names
    }
