"""What an audit says, in words: read from `ontology/messages/audit.ttl` (layer 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal

from smartcity_kg.errors import BackendError
from smartcity_kg.project import Project
from smartcity_kg.terms import SH, text_of
from smartcity_kg.validate.messages import fill

FILE = "ontology/messages/audit.ttl"
_DCT = "http://purl.org/dc/terms/"
_IDENTIFIER = f"{_DCT}identifier"
_FIELDS = {f"{_DCT}title": "titles", f"{_DCT}description": "explanations", f"{SH}message": "messages"}
_SAID = "audit-"
_GROUPED_BY = {"de": "."}


@dataclass(frozen=True)
class Saying:
    """The texts of a convention (title, explanation; the message is how to mend) or of a kind of finding."""

    identifier: str
    titles: Mapping[str, str] = field(default_factory=dict)
    explanations: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)

    def filled(self, language: str, values: Mapping[str, str | int]) -> str:
        """The message in a language with values in place of `{?name}`.

        >>> Saying("x", messages={"en": "{?value} files"}).filled("en", {"value": 1200})
        '1,200 files'
        """
        shown = {
            name: value if isinstance(value, str) else f"{value:,}".replace(",", _GROUPED_BY.get(language, ","))
            for name, value in values.items()
        }
        return fill(self.messages[language], shown)


@dataclass(frozen=True)
class Words:
    """All texts of the audit: conventions by number, and what is said of findings by kind."""

    conventions: Mapping[str, Saying]
    kinds: Mapping[str, Saying]


def read_words(project: Project) -> Words:
    """The texts of a project.

    Raises:
        BackendError: If it has none.

    >>> read_words(Project.find()).conventions["A-28"].titles["en"]
    'Data may be read from other sites'
    """
    path = project.root / FILE
    if not path.is_file():
        raise BackendError(f"there is no {FILE}", hint="Get the folder from the project again.")
    said: dict[str, dict[str, dict[str, str]]] = {}
    numbers: dict[str, str] = {}
    for triple in project.read(path).triples:
        subject, name = text_of(triple.subject), triple.predicate.value
        if name == _IDENTIFIER:
            numbers[subject] = text_of(triple.object)
        elif name in _FIELDS and isinstance(triple.object, Literal):
            texts = said.setdefault(subject, {}).setdefault(_FIELDS[name], {})
            texts[triple.object.language or ""] = triple.object.value
    sayings = {number: Saying(number, **said.get(subject, {})) for subject, number in numbers.items()}
    return Words(
        {number: sayings[number] for number in sorted(sayings) if not number.startswith(_SAID)},
        {number.removeprefix(_SAID): said_ for number, said_ in sayings.items() if number.startswith(_SAID)},
    )
