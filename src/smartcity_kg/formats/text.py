"""Plain text for people: reports and descriptions (layer 3)."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from smartcity_kg.completeness import Completeness
from smartcity_kg.describe import Description, Statement
from smartcity_kg.report import LEVELS, Finding
from smartcity_kg.terms import RDF, RDF_TYPE, Prefixes
from smartcity_kg.verdict import Verdict

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
        "known": "{} known from {} left out",
        "finding": ("finding", "findings"),
        "cause": ("cause", "causes"),
        "complete": "Completeness",
        "entry": ("entry", "entries"),
        "none": "nothing entered; what may stand here:",
        "required": "required",
        "recommended": "recommended",
        "more": "and {} more",
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
        "known": "{} aus {} bekannte nicht gezeigt",
        "finding": ("Befund", "Befunde"),
        "cause": ("Ursache", "Ursachen"),
        "complete": "Vollständigkeit",
        "entry": ("Eintrag", "Einträge"),
        "none": "nichts eingetragen; hierher gehört:",
        "required": "Pflicht",
        "recommended": "empfohlen",
        "more": "und {} weitere",
    },
}


_WIDTH = 100
_MOST_RULES = 3
_MOST_NAMES = 5


def write_verdict(verdict: Verdict, *, width: int = _WIDTH) -> str:
    """The report: causes, then findings by file, violations first, and a last line with the counts.

    Causes are listed where there are fewer of them than findings. The last line is about all that counts.

    Args:
        verdict: What was found. Where it has the lines of a file, those of the findings are shown, with the word
            concerned marked.
        width: So many columns a shown line has at most; what does not fit is cut around the word.

    >>> from smartcity_kg.report import Report
    >>> print(write_verdict(Verdict(Report(("a.ttl",), ()), Report(("a.ttl",), ()))), end="")
    1 file conforms: 0 violations, 0 warnings, 0 hints
    """
    lines = _cause_lines(verdict)
    for file, findings in groupby(verdict.shown.findings, key=lambda finding: finding.file):
        lines.append(file)
        for finding in findings:
            lines += _finding_lines(finding, verdict.prefixes, verdict.language)
            lines += _marked_line(finding, verdict.sources.get(file, ()), width)
        lines.append("")
    for one in verdict.completeness:
        lines += [*_score_lines(one, verdict.language), ""]
    return "\n".join([*lines, _summary(verdict)]) + "\n"


def _cause_lines(verdict: Verdict) -> list[str]:
    """How many findings and causes there are, and a line for each; nothing where no finding shares its own."""
    words = _words(verdict.language)
    causes = verdict.causes
    total = len(verdict.shown.findings)
    if len(causes) == total:
        return []
    rows = []
    for cause in causes:
        found = dict.fromkeys(finding.rule for finding in cause.findings if finding.rule)
        rules = ", ".join(list(found)[:_MOST_RULES]) + (", …" if len(found) > _MOST_RULES else "")
        rows.append((str(len(cause.findings)), rules, cause.first.name(verdict.language), cause.first.place))
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    head = f"{_counted(words['finding'], total)}, {_counted(words['cause'], len(causes))}"
    listed = [f"  {n:>{wide[0]}} × {rule:<{wide[1]}}  {name:<{wide[2]}}  {at}" for n, rule, name, at in rows]
    return [head, *listed, ""]


def _score_lines(score: Completeness, language: str) -> list[str]:
    """How complete a record is, and what would raise it: a line for each section, one for each gap."""
    words = _words(language)
    wide = max((len(one.name) for one in score.sections), default=0)
    lines = [f"{words['complete']}: {score.title or score.file}, {score.percent} %"]
    for one in score.sections:
        entries = _counted(words["entry"], one.entries) if one.entries else words["none"]
        lines.append(f"  {one.name:<{wide}}  {one.percent:>3} %  {entries}")
        if not one.entries and one.kinds:
            lines.append(f"    + {', '.join(one.kinds)}")
        for gap in one.gaps:
            level = words["required" if gap.required else "recommended"]
            lines.append(f"    + {gap.name} ({level}): {_some(gap.entries, language)}")
    return lines


def _some(names: Sequence[str], language: str) -> str:
    left = len(names) - _MOST_NAMES
    more = f" {str(_words(language)['more']).format(left)}" if left > 0 else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _summary(verdict: Verdict) -> str:
    words, report = _words(verdict.language), verdict.report
    counts = report.counts()
    counted = ", ".join(_counted(words[level], counts[level]) for level in LEVELS)
    said = _form(words["conforms" if report.conforms else "not"], len(report.files))
    remarks = [str(words["hidden"]).format(verdict.hidden)] if verdict.hidden else []
    if verdict.baseline:
        remarks.append(str(words["known"]).format(len(verdict.known), verdict.baseline))
    rest = f" ({'; '.join(remarks)})" if remarks else ""
    return f"{_counted(words['file'], len(report.files))} {said}: {counted}{rest}"


def _words(language: str) -> Mapping[str, object]:
    return _WORDS.get(language, _WORDS["en"])


def _finding_lines(finding: Finding, prefixes: Prefixes, language: str) -> list[str]:
    words = _words(language)
    rule = f" {finding.rule}" if finding.rule else ""
    focus = prefixes.compress(getattr(finding.focus, "value", str(finding.focus)))
    place = f"  {finding.place}" if finding.line else ""
    lines = [f"  {_form(words[finding.level], 1)}{rule}  {focus}{place}", f"    {finding.message(language)}"]
    lines += [f"      – {reason.message(language)}" for reason in finding.reasons]
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
    words = _words(description.language)
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
