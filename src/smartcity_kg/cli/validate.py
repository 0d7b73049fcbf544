"""`smartcity-kg validate`: files against the shapes (layer 5)."""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartcity_kg.cli import heading
from smartcity_kg.cli.common import common_options, open_project, progress, terminal_width, usable_cores
from smartcity_kg.errors import InputError, NotFound, SmartCityError
from smartcity_kg.formats import text
from smartcity_kg.report import LEVELS, Report
from smartcity_kg.verdict import Refusal, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pyoxigraph import Triple

    from smartcity_kg.completeness import Completeness
    from smartcity_kg.project import Project
    from smartcity_kg.report import Finding
    from smartcity_kg.rule_texts import RuleText
    from smartcity_kg.validate import Checked

_HELP = """Check Turtle files against the shapes; without a FILE, all data and schemes of the project.

Results are remembered in .cache/validate of the project, so that only what a change concerns is checked again.

Files that are not the project's own are checked in a process of their own, with limits on time and memory.

With --baseline, what the baseline has too is left out and does not count.

Exit code 0: conforms (warnings and hints do not count; what --level, --rule and --max hide does); 1: does not
conform; 2: used wrongly; 3: a file or the baseline cannot be read; 4: a file could not be checked.

\b
Examples:
  smartcity-kg validate
  smartcity-kg validate data/cities/magdeburg.ttl --lang de
  smartcity-kg validate my-city.ttl --source --level warning
  smartcity-kg validate my-city.ttl --score --lang de
  smartcity-kg validate my-city.ttl --baseline accepted.ttl
  smartcity-kg validate --baseline main
  smartcity-kg validate my-city.ttl --format json
  smartcity-kg validate my-city.ttl --format sarif --out report.sarif
  smartcity-kg validate my-city.ttl --format html --out report.html --lang de
  smartcity-kg validate my-city.ttl --format letter --due 2027-01-31 --lang de
"""
_WIDTH = 100
_DAY = click.DateTime(["%Y-%m-%d"])
# Formats that have a module of their own.
_MODULES = {
    "json": "json",
    "github": "github",
    "sarif": "sarif",
    "junit": "junit",
    "html": "html_report",
    "letter": "letter",
}
_FORMATS = ("text", "turtle", *_MODULES)
_SCORED = frozenset({"json", "html", "letter"})
_EXPLAINED = frozenset({"sarif", "html", "letter"})
_QUOTED = frozenset({"html"})


@click.command(help=_HELP)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--format", "format_", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option("--out", metavar="FILE", help="Where to write; standard output if absent.")
@click.option("--level", type=click.Choice(LEVELS), default="info", help="The lowest level that is shown.")
@click.option(
    "--rule", "rules", multiple=True, metavar="ID", help="Show this rule only, such as C-68; repeatable."
)
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="Show at most N findings a file.")
@click.option("--source", is_flag=True, help="Show the lines concerned; on a terminal they are shown anyway.")
@click.option(
    "--width", type=click.IntRange(min=40), metavar="N", help="Columns of a shown line; else the terminal's."
)
@click.option(
    "--baseline", metavar="FILE|REV", help="Only what is new against this file, or this revision of git."
)
@click.option("--score", is_flag=True, help="Show how complete records are, and what would raise it.")
@click.option("--date", "day", type=_DAY, metavar="DAY", help="The date of a letter, as 2026-11-22; else today.")
@click.option("--due", type=_DAY, metavar="DAY", help="By when a letter asks for an answer, as 2027-01-31.")
@click.option("--trust", is_flag=True, help="Check files of your own in this process, without those limits.")
@common_options
def validate(
    files: tuple[str, ...],
    format_: str,
    out: str | None,
    level: str,
    rules: tuple[str, ...],
    most: int | None,
    source: bool,
    width: int | None,
    baseline: str | None,
    score: bool,
    day: "datetime | None",
    due: "datetime | None",
    trust: bool,
    folder: str | None,
    language: str,
    quiet: bool,
) -> None:
    """See `_HELP`."""
    if (day or due) and format_ != "letter":
        raise click.UsageError("--date and --due are for --format letter.")
    if day and due and due < day:
        raise click.UsageError("--due is before --date.")
    project = open_project(folder)
    texts = _rule_texts(project) if rules or format_ in _EXPLAINED else {}
    _know(rules, texts)
    checked = _check(project, files, trust=trust, quiet=quiet)
    if format_ == "text" and not checked.report.files and len(checked.refusals) == 1:
        raise checked.refusals[0].in_language(language)
    report, known = _left_out(project, checked.report, baseline, language, trust=trust, quiet=quiet)
    shown = report.only(level=level, rules=rules)
    shown = shown.first(most) if most else shown
    lines = source or (format_ == "text" and out is None and terminal_width() is not None)
    verdict = Verdict(
        report,
        shown,
        language=language,
        prefixes=project.prefixes,
        refusals=tuple(Refusal.of(error) for error in checked.refusals),
        completeness=_measure(project, report.files, language) if score or format_ in _SCORED else (),
        known=known,
        unchanged=Report((), known).only(level=level, rules=rules).findings,
        baseline=baseline or "",
        sources=_lines_of(shown, project) if lines or format_ in _QUOTED else {},
        rules=texts,
        pages=f"{project.base}shapes#",
    )
    if format_ == "turtle":
        written = _turtle(_new(checked.shacl_report, report, known), project)
    elif format_ == "text":
        written = text.write_verdict(verdict, width=width or terminal_width() or _WIDTH)
    elif format_ == "letter":
        written = _letter(verdict, project, day, due)
    else:
        written = import_module(f"smartcity_kg.formats.{_MODULES[format_]}").write_verdict(verdict)
    if report.files or format_ in _MODULES:
        _deliver(written, out)
    sys.stdout.flush()
    for error in checked.refusals:
        click.echo(heading(error.in_language(language)), err=True)
    if verdict.exit_code:
        raise click.exceptions.Exit(verdict.exit_code)


def _new(shacl_report: "tuple[Triple, ...]", report: Report, known: "tuple[Finding, ...]") -> "tuple[Triple, ...]":
    if not known:
        return shacl_report
    from smartcity_kg.baseline import leave_known

    return leave_known(shacl_report, report, known)


def _turtle(shacl_report: "Iterable[Triple]", project: "Project") -> str:
    from smartcity_kg.formats import turtle

    return turtle.write_triples(shacl_report, project.prefixes)


def _letter(verdict: Verdict, project: "Project", day: "datetime | None", due: "datetime | None") -> str:
    from smartcity_kg.formats import letter

    return letter.write_verdict(
        verdict,
        day=day.date() if day else None,
        due=due.date() if due else None,
        publisher=project.settings.get("publisher", {}),
    )


def _rule_texts(project: "Project") -> "Mapping[str, RuleText]":
    from smartcity_kg.rule_texts import read_rule_texts

    return read_rule_texts(project)


def _know(rules: tuple[str, ...], texts: "Mapping[str, RuleText]") -> None:
    """Refuse rules that do not exist: without this, a slip of the pen would look like good news."""
    for rule in rules:
        if rule not in texts:
            raise NotFound.among("rule", rule, texts, hint="Rules are listed in docs/rules/README.md.")


def _left_out(
    project: "Project", report: "Report", baseline: str | None, language: str, *, trust: bool, quiet: bool
) -> "tuple[Report, tuple[Finding, ...]]":
    """What is new against a baseline, and what is not."""
    if baseline is None:
        return report, ()
    from smartcity_kg.baseline import read_baseline, split_known, unusable

    paths = [_path_of(project, file) for file in report.files]
    try:
        old = read_baseline(project, baseline, paths)
    except SmartCityError as error:
        raise error.in_language(language) from error
    if not old:
        return report, ()
    contents = {path: data for path, data in old.items() if data is not None}
    checked = _check(project, tuple(map(str, old)), trust=trust, quiet=quiet, contents=contents)
    if checked.refusals:
        raise unusable(project, baseline, checked.refusals[0]).in_language(language)
    return split_known(report, checked.report)


def _measure(project: "Project", files: tuple[str, ...], language: str) -> "tuple[Completeness, ...]":
    from smartcity_kg.completeness import Yardstick, measure
    from smartcity_kg.validate.submission import read_checked

    if not files:
        return ()
    yardstick = Yardstick.read(project, language)
    found = (
        measure(read_checked(project, _path_of(project, file)).triples, yardstick, file=file) for file in files
    )
    return tuple(one for one in found if one is not None)


def _path_of(project: "Project", name: str) -> Path:
    """The file that a report names."""
    return project.root / name if (project.root / name).is_file() else Path(name)


def _lines_of(report: Report, project: "Project") -> dict[str, list[str]]:
    """The lines of the files that findings are about, by the names that the report uses."""
    from smartcity_kg.turtle.parse import decode, read_bytes

    names = dict.fromkeys(finding.file for finding in report.findings)
    paths = {name: _path_of(project, name) for name in names}
    return {name: re.split(r"\r\n|\n|\r", decode(read_bytes(path), name)) for name, path in paths.items()}


def _deliver(text: str, out: str | None) -> None:
    from smartcity_kg.files import write_whole

    if out is None:
        click.echo(text, nl=False)
        return
    try:
        write_whole(Path(out), text)
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", path=out) from error


def _check(
    project: "Project",
    files: tuple[str, ...],
    *,
    trust: bool,
    quiet: bool,
    contents: "Mapping[Path, bytes] | None" = None,
) -> "Checked":
    """Check files, in a sandbox where any is not the project's own; `contents` gives other bytes for some."""
    from smartcity_kg.validate.sandbox import check_submissions, has_sandbox, needs_sandbox

    if not trust and needs_sandbox(project, files):
        if not has_sandbox() and not quiet:
            click.echo("Note: there are no limits on time and memory on this system.", err=True)
        return check_submissions(project, files, contents=contents or {})
    from smartcity_kg.validate import check_files

    memory = project.root / ".cache" / "validate"
    with progress("Checking …", quiet=quiet) as show:
        return check_files(
            project,
            files,
            # What was is remembered apart, since each run forgets what it did not need.
            remember=memory / "baseline" if contents else memory,
            processes=usable_cores(),
            tell=lambda done, total: show(f"Checking … {done:,} of {total:,}"),
            keep_going=True,
            contents=contents or {},
        )
