"""All that a report in any format is made from (layer 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from smartcity_kg.causes import Cause, find_causes
from smartcity_kg.completeness import Completeness
from smartcity_kg.errors import SmartCityError
from smartcity_kg.report import Finding, Report
from smartcity_kg.rule_texts import RuleText
from smartcity_kg.terms import Prefixes

LANGUAGES = ("de", "en")


@dataclass(frozen=True)
class Refusal:
    """A file that has no findings, since it could not be read or could not be checked.

    Attributes:
        file: Its name, as it was given.
        rule: The number of the syntax rule, such as `S-03`; empty where none is.
        messages: Language to what is wrong.
        hints: Language to what to do about it, which may have several lines; empty where nothing can be said.
        line: From 1, where known.
        column: From 1, where known.
        unreadable: Whether the file is at fault; else it could not be checked, which says nothing about the file.
    """

    file: str
    rule: str
    messages: Mapping[str, str]
    hints: Mapping[str, str]
    line: int | None = None
    column: int | None = None
    unreadable: bool = True

    @classmethod
    def of(cls, error: SmartCityError) -> "Refusal":
        """A refusal from an error, in all languages that it has.

        >>> from smartcity_kg.errors import InputError
        >>> Refusal.of(InputError("there is no such file", path="a.ttl")).place
        'a.ttl'
        """
        said = {language: error.in_language(language) for language in LANGUAGES}
        file = error.path or ""
        return cls(
            file,
            getattr(error, "rule", ""),
            {language: one.message.removeprefix(f"{file}: ") for language, one in said.items()},
            {language: one.hint for language, one in said.items()},
            getattr(error, "line", None),
            getattr(error, "column", None),
            error.exit_code == 3,
        )

    @property
    def place(self) -> str:
        """`file:line:column`, as far as known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def message(self, language: str) -> str:
        """What is wrong, in a language."""
        return self.messages.get(language) or self.messages["en"]

    def hint(self, language: str) -> str:
        """What to do about it, in a language; empty where nothing can be said."""
        return self.hints.get(language) or self.hints["en"]


@dataclass(frozen=True)
class Verdict:
    """What was found in some files, and all that formats need to show it.

    Attributes:
        report: What counts: all findings, or with a baseline those that are new.
        shown: Those of them that are shown; the first ones of the worst level, of some rules.
        language: The language of words and messages.
        prefixes: To shorten IRIs.
        refusals: The files without findings, and why.
        completeness: How complete each file is that is a record.
        known: The findings that the baseline has too, which do not count.
        unchanged: Those of them that are shown where known ones are at all.
        baseline: What the baseline is called; empty where there is none.
        sources: The lines of a file by its name, where they are to be shown.
        rules: Names and explanations of rules by their number.
        pages: What stands before a rule's number in its IRI; empty where rules have none.

    >>> Verdict(Report(("a.ttl",), ()), Report(("a.ttl",), ())).exit_code
    0
    """

    report: Report
    shown: Report
    language: str = "en"
    prefixes: Prefixes = field(default_factory=lambda: Prefixes({}))
    refusals: tuple[Refusal, ...] = ()
    completeness: tuple[Completeness, ...] = ()
    known: tuple[Finding, ...] = ()
    unchanged: tuple[Finding, ...] = ()
    baseline: str = ""
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rules: Mapping[str, RuleText] = field(default_factory=dict)
    pages: str = ""

    @property
    def conforms(self) -> bool:
        """Whether nothing that counts blocks, and all files could be read."""
        return self.report.conforms and not self.refusals

    @property
    def hidden(self) -> int:
        """How many findings count but are not shown."""
        return len(self.report.findings) - len(self.shown.findings)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes of the findings shown."""
        return find_causes(self.shown.findings)

    @property
    def exit_code(self) -> int:
        """0: conforms; 1: does not; 3: a file cannot be read; 4: a file could not be checked."""
        if self.refusals:
            return 3 if any(refusal.unreadable for refusal in self.refusals) else 4
        return 0 if self.report.conforms else 1
