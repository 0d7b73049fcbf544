"""Plain text for people: reports and descriptions (layer 3)."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from smartcity_kg.describe import Description, Statement
from smartcity_kg.report import LEVELS, Finding, Report
from smartcity_kg.terms import RDF, RDF_TYPE, Prefixes

_WORDS = {
    "en": {
        "violation": ("violation", "violations"),
        "warning": ("warning", "warnings"),
        "info": ("hint", "hints"),
        "conforms": ("conforms", "conform"),
        "not": ("does not conform", "do not conform"),
        "file": ("file", "files"),
        "inferred": "* concluded by a rule, not stated",
        "kind": "Kind",
        "in": "is “{}” of",
        "meant": "Did you mean {}?",
        "paste": "To paste: {}",
        "hidden": "{} of them not shown",
    },
    "de": {
        "violation": ("Verstoß", "Verstöße"),
        "warning": ("Warnung", "Warnungen"),
        "info": ("Hinweis", "Hinweise"),
        "conforms": ("entspricht den Regeln", "entsprechen den Regeln"),
        "not": ("entspricht den Regeln nicht", "entsprechen den Regeln nicht"),
        "file": ("Datei", "Dateien"),
        "inferred": "* von einer Regel geschlossen, nicht ausgesagt",
        "kind": "Art",
        "in": "ist „{}“ von",
        "meant": "Meinten Sie {}?",
        "paste": "Zum Einfügen: {}",
        "hidden": "davon {} nicht gezeigt",
    },
}


_NO_SOURCES: Mapping[str, Sequence[str]] = {}
_WIDTH = 100


def write_report(
    report: Report,
    prefixes: Prefixes,
    *,
    language: str = "en",
    shown: Report | None = None,
    sources: Mapping[str, Sequence[str]] = _NO_SOURCES,
    width: int = _WIDTH,
) -> str:
    """The report: findings by file, violations first, and a last line with the counts.

    Args:
        report: What was found; the last line is about all of it.
        prefixes: To shorten IRIs.
        language: The language of messages and words.
        shown: Those of its findings that are shown; all if absent.
        sources: The lines of a file by its name; where they are given, the line of a finding is shown, with the
            word concerned marked.
        width: So many columns a shown line has at most; what does not fit is cut around the word.

    >>> print(write_report(Report(("a.ttl",), ()), Prefixes({})), end="")
    1 file conforms: 0 violations, 0 warnings, 0 hints
    """
    words = _WORDS.get(language, _WORDS["en"])
    lines: list[str] = []
    chosen = (shown or report).findings
    for file, findings in groupby(chosen, key=lambda finding: finding.file):
        lines.append(file)
        for finding in findings:
            lines += _finding_lines(finding, prefixes, language)
            lines += _marked_line(finding, sources.get(file, ()), width)
        lines.append("")
    counts = report.counts()
    counted = ", ".join(_counted(words[level], counts[level]) for level in LEVELS)
    verdict = _form(words["conforms" if report.conforms else "not"], len(report.files))
    hidden = len(report.findings) - len(chosen)
    rest = f" ({str(words['hidden']).format(hidden)})" if hidden else ""
    lines.append(f"{_counted(words['file'], len(report.files))} {verdict}: {counted}{rest}")
    return "\n".join(lines) + "\n"


def _finding_lines(finding: Finding, prefixes: Prefixes, language: str) -> list[str]:
    words = _WORDS.get(language, _WORDS["en"])
    rule = f" {finding.rule}" if finding.rule else ""
    focus = prefixes.compress(getattr(finding.focus, "value", str(finding.focus)))
    place = f"  {finding.place}" if finding.line else ""
    lines = [f"  {words[finding.level][0]}{rule}  {focus}{place}", f"    {finding.message(language)}"]
    if finding.suggestion:
        meant = str(words["meant"]).format(prefixes.compress(finding.suggestion.value))
        lines.append(f"    {meant}")
    if finding.snippet:
        lines.append(f"    {str(words['paste']).format(finding.snippet)}")
    return lines


def _marked_line(finding: Finding, source: Sequence[str], width: int) -> list[str]:
    """The line of a finding with its number, and below it carets under the word concerned."""
    if finding.line is None or finding.column is None or finding.line > len(source):
        return []
    text = source[finding.line - 1].replace("\t", " ")
    start = finding.column - 1
    end = finding.end_column - 1 if finding.end_column and finding.end_line == finding.line else len(text)
    head = f"    {finding.line} | "
    room = max(width - len(head), 20)
    cut = max(0, min(start - room // 3, len(text) - room))
    carets = "^" * max(1, min(end, cut + room) - start)
    return [f"{head}{text[cut : cut + room]}".rstrip(), f"{' ' * (len(head) - 2)}| {' ' * (start - cut)}{carets}"]


def _counted(forms: object, number: int) -> str:
    return f"{number} {_form(forms, number)}"


def _form(forms: object, number: int) -> str:
    one, many = forms if isinstance(forms, tuple) else (forms, forms)
    return str(one if number == 1 else many)


def write_description(description: Description, prefixes: Prefixes, *, skipped_rules: Collection[str] = ()) -> str:
    """The description: the label, then each property with its values, then what points to the thing.

    What a rule concluded is marked. Left out are conclusions of `skipped_rules`, conclusions that point to the
    thing, since the inverse property shows them already, and statements about statements (RDF reification).
    """
    words = _WORDS.get(description.language, _WORDS["en"])
    lines = [f"{description.label} ({prefixes.compress(description.thing.value)})"]
    shown = [s for s in description.statements if s.rule not in skipped_rules and _is_news(s)]
    for outgoing, statements in groupby(shown, key=lambda s: s.outgoing):
        lines.append("")
        for name, group in groupby(statements, key=lambda s: _name_of(s, str(words["kind"]))):
            values = [_value(statement, prefixes) for statement in group]
            if outgoing:
                lines.append(f"  {name}: {'; '.join(values)}")
            else:
                lines.append(f"  {str(words['in']).format(name)}: {'; '.join(values)}")
    if any(statement.inferred for statement in shown):
        lines += ["", str(words["inferred"])]
    return "\n".join(lines) + "\n"


def _name_of(statement: Statement, kind: str) -> str:
    return kind if statement.predicate == RDF_TYPE else statement.predicate_label


def _is_news(statement: Statement) -> bool:
    return statement.outgoing or not (statement.rule or statement.predicate.value.startswith(RDF))


def _value(statement: Statement, prefixes: Prefixes) -> str:
    mark = "*" if statement.inferred else ""
    iri = getattr(statement.other, "value", "")
    curie = prefixes.compress(iri)
    shown = f" ({curie})" if curie not in {iri, statement.other_label} and ":" in curie else ""
    return f"{statement.other_label}{shown}{mark}"
