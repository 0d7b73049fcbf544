"""A validation report as a frozen value (layer 0).

A file that does not conform is a report, never an exception.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import groupby, islice

from pyoxigraph import NamedNode

from smartcity_kg.terms import Term

LEVELS = ("violation", "warning", "info")


@dataclass(frozen=True)
class Reason:
    """Why a value does not have the shape that a rule demands: one part of that shape, which failed on one node.

    Attributes:
        node: The node that the part was about: the value, or something that the value leads to.
        path: The property of that node, where the part is about one.
        messages: Language to text.
    """

    node: Term
    path: Term | None
    messages: Mapping[str, str]

    def message(self, language: str) -> str:
        """The text in a language, or in another where that is missing.

        >>> Reason(NamedNode("http://e.org/a"), None, {"en": "No Goal."}).message("de")
        'No Goal.'
        """
        return _in_language(self.messages, language)


@dataclass(frozen=True)
class Finding:
    """One thing that a rule has to say about one entry.

    Attributes:
        rule: Catalogue number such as `C-13`; empty where a shape has none.
        level: `violation` (blocks), `warning` (asks) or `info` (hints).
        focus: The entry that was checked.
        path: The property concerned, where there is one.
        value: The value concerned, where there is one.
        messages: Language to text, values filled in.
        names: Language to the short name of the rule.
        file: The file whose entry it is.
        line: Line of the word concerned, from 1; none where it is not known.
        column: Column of its first character, from 1, in code points.
        end_line: Line where it ends.
        end_column: Column after its last character.
        suggestion: What was probably meant, where the value is an IRI that nothing describes.
        snippet: Turtle to paste where a property is missing; empty where none is.
        reasons: Where the rule demands that a value has another shape, or one of several: what each of these says.
    """

    rule: str
    level: str
    focus: Term
    path: Term | None
    value: Term | None
    messages: Mapping[str, str]
    names: Mapping[str, str]
    file: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    suggestion: NamedNode | None = None
    snippet: str = ""
    reasons: tuple[Reason, ...] = ()

    @property
    def place(self) -> str:
        """`file:line:column`, as far as known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def message(self, language: str) -> str:
        """The message in a language, or in another where that is missing."""
        return _in_language(self.messages, language)

    def name(self, language: str) -> str:
        """The rule's short name in a language, or in another where that is missing."""
        return _in_language(self.names, language)

    @property
    def sort_key(self) -> tuple[str, int, str, str, str, str]:
        """A total order: file, level, entry, rule, property, value."""
        return (
            self.file,
            LEVELS.index(self.level),
            str(self.focus),
            self.rule,
            str(self.path),
            str(self.value),
        )


@dataclass(frozen=True)
class Report:
    """What the validation of some files found.

    >>> report = Report(files=("a.ttl",), findings=())
    >>> report.conforms, report.counts()
    (True, {'violation': 0, 'warning': 0, 'info': 0})
    """

    files: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def conforms(self) -> bool:
        """Whether nothing blocks: warnings and infos do not."""
        return not any(finding.level == "violation" for finding in self.findings)

    def only(self, *, level: str = "info", rules: Collection[str] = ()) -> "Report":
        """The findings down to a level, and of some rules if any are named; the files stay.

        >>> Report(("a.ttl",), ()).only(level="violation", rules=["C-11"]).files
        ('a.ttl',)
        """
        shown = LEVELS[: LEVELS.index(level) + 1]
        kept = (f for f in self.findings if f.level in shown and (not rules or f.rule in rules))
        return Report(self.files, tuple(kept))

    def of(self, file: str) -> "Report":
        """What was found in one file.

        >>> Report(("a.ttl", "b.ttl"), ()).of("b.ttl").files
        ('b.ttl',)
        """
        return Report((file,), tuple(finding for finding in self.findings if finding.file == file))

    def first(self, count: int) -> "Report":
        """At most so many findings of each file, the worst first."""
        kept = (found for _, group in groupby(self.findings, _file) for found in islice(group, count))
        return Report(self.files, tuple(kept))

    def counts(self) -> dict[str, int]:
        """How many findings of each level."""
        found = Counter(finding.level for finding in self.findings)
        return {level: found[level] for level in LEVELS}


def _file(finding: Finding) -> str:
    return finding.file


def _in_language(texts: Mapping[str, str], language: str) -> str:
    for wanted in (language, "en", "de", ""):
        if wanted in texts:
            return texts[wanted]
    return next(iter(texts.values()), "")
