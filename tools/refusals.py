"""The pages on what is said of files that cannot be read: on their syntax, and on the rest.

All that they say comes from `ontology/messages` and `ontology/examples`. `python -m tools.rules` writes them with
the pages on the rules.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.project import Project
from smartcity_kg.terms import SH, text_of

LANGUAGES = ("en", "de")
FILLED_IN = re.compile(r"\{[?$]\w+\}")
_IDENTIFIER = "http://purl.org/dc/terms/identifier"
_LIMIT = re.compile(r'#\+ limit = "(.+)"')
_WHY = {"en": "Why", "de": "Warum"}
_TOLD = {"en": "What you are told", "de": "Was Sie lesen"}


class RulesError(Exception):
    """A shape, a message or an example that no page can be made from; the text names it."""


@dataclass(frozen=True)
class Page:
    """A page of messages.

    Attributes:
        name: The name of the page.
        source: The file with the messages.
        letter: The letter that their numbers begin with.
        examples: The folder with an example of each; empty if there is none.
        titles: What the page is about, by language.
        abouts: What holds for all of them, by language.
    """

    name: str
    source: str
    letter: str
    examples: str
    titles: Mapping[str, str]
    abouts: Mapping[str, str]

    def written(self, project: Project) -> str:
        """The text of the page.

        Raises:
            RulesError: If a message lacks a text or an example.
        """
        lines = [
            f"# {self.titles['en']}",
            "",
            f"{self.titles['de']}. [All rules](README.md). Made by `python -m tools.rules` from "
            f"[{self.source}](../../{self.source}); change that, not this page.",
        ]
        for language in LANGUAGES:
            lines += ["", self.abouts[language]]
        said, reasons = (_texts(project, self.source, name) for name in ("message", "description"))
        numbers = sorted((number for number in said if number.startswith(f"{self.letter}-")), key=numbered)
        for number in numbers:
            lines += ["", f"## {number}"]
            if set(said[number]) != set(LANGUAGES) or set(reasons.get(number, ())) != set(LANGUAGES):
                raise RulesError(f"{number}: message and description must be there in {' and '.join(LANGUAGES)}")
            for language in LANGUAGES:
                told = FILLED_IN.sub("…", said[number][language])
                lines += ["", f"**{_TOLD[language]}.** {plain(told[:1].upper() + told[1:])}."]
                lines += ["", f"**{_WHY[language]}.** {plain(reasons[number][language])}"]
            lines += self._example(project, number)
        return "\n".join(lines) + "\n"

    def _example(self, project: Project, number: str) -> list[str]:
        if not self.examples:
            return []
        folder = project.root / "ontology" / "examples" / self.examples
        failing, passing = example(folder, f"refused-{number}.txt"), example(folder, f"accepted-{number}.ttl")
        return [
            *("", "Fails / Nicht in Ordnung:", "", f"```text\n{failing}```"),
            *("", "Passes / In Ordnung:", "", f"```turtle\n{passing}```"),
        ]


PAGES = (
    Page(
        "syntax.md",
        "ontology/messages/syntax.ttl",
        "S",
        "Syntax",
        {
            "en": "What is said of a file that is no Turtle",
            "de": "Was zu einer Datei gesagt wird, die kein Turtle ist",
        },
        {
            "en": "Below each message stands the line concerned with a caret, and often a guess at what was "
            "meant. The file is refused whole; the exit code is 3.",
            "de": "Unter jeder Meldung steht die Zeile mit einer Marke an der Stelle, oft auch eine Vermutung. "
            "Die ganze Datei wird abgelehnt; der Exit-Code ist 3.",
        },
    ),
    Page(
        "reading.md",
        "ontology/messages/reading.ttl",
        "F",
        "",
        {
            "en": "What is said of a file that cannot be read or checked",
            "de": "Was zu einer Datei gesagt wird, die nicht gelesen oder geprüft werden kann",
        },
        {
            "en": "The exit code is 3, and 4 where the check itself was broken off. Limits are settings in "
            "`smartcity.toml`.",
            "de": "Der Exit-Code ist 3, bei einer abgebrochenen Prüfung 4. Die Grenzen stehen als Einstellungen "
            "in `smartcity.toml`.",
        },
    ),
)


def example(folder: Path, name: str) -> str:
    """The text of an example without its header; a limit that it needs stands in a comment.

    Raises:
        RulesError: If there is none.
    """
    found = sorted(folder.rglob(name))
    if not found:
        raise RulesError(f"there is no example {name}")
    lines = found[0].read_text(encoding="utf-8").splitlines()
    limits = [f"# {limit[1]}" for line in lines if (limit := _LIMIT.fullmatch(line))]
    return "\n".join([*limits, *(line for line in lines if not line.startswith("#+"))]).strip("\n") + "\n"


def numbered(number: str) -> tuple[str, int]:
    """What sorts numbers of rules.

    >>> sorted(["P-01", "C-10", "C-2"], key=numbered)
    ['C-2', 'C-10', 'P-01']
    """
    letter, _, digits = number.partition("-")
    return letter, int(digits)


def plain(text: str) -> str:
    r"""A text that Markdown shows as it is.

    >>> plain("a*b")
    'a\\*b'
    """
    return re.sub(r"([\\*_<>\[\]|])", r"\\\1", text)


def _texts(project: Project, source: str, name: str) -> dict[str, dict[str, str]]:
    """The texts of the messages in a file, by number and language."""
    triples = project.read(project.root / source).triples
    numbers = {t.subject: text_of(t.object) for t in triples if t.predicate.value == _IDENTIFIER}
    texts: dict[str, dict[str, str]] = {}
    for triple in triples:
        if triple.predicate.value == f"{SH}{name}" and isinstance(triple.object, ox.Literal):
            texts.setdefault(numbers[triple.subject], {})[triple.object.language or ""] = triple.object.value
    return texts
