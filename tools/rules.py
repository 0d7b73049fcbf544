"""Write the pages on the rules for records: one for each constraint, and an index by topic.

All that the pages say comes from `ontology/shapes`, `ontology/messages` and `ontology/examples`: number, names,
level, why the rule is there, where it applies, what is said to whoever breaks it and how to mend it, an example
that passes and one that fails. What is said of a file that cannot be read stands on two pages of its own: on its
syntax, and on the rest.

    python -m tools.rules            write docs/rules
    python -m tools.rules --check    write nothing; exit 1 if a page is out of date
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.project import Project
from smartcity_kg.terms import RDF, SH, Term
from tools import refusals
from tools.refusals import FILLED_IN, LANGUAGES, RulesError, example, numbered, plain

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "rules"
_DCT = "http://purl.org/dc/terms/"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_MESSAGES = "ontology/messages"
_POLICY = f"{_MESSAGES}/policy.ttl"
_FEW, _MANY = 4, 8
_PATHS = (
    ("inversePath", "^{}"),
    ("oneOrMorePath", "{}+"),
    ("zeroOrMorePath", "{}*"),
    ("zeroOrOnePath", "{}?"),
)
_SENTENCE = re.compile(r"(?<=[.?])\s+(?=[A-ZÄÖÜ„“{])")
_TARGETS = ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode")
_WORDS = {
    "en": {
        "levels": {
            "Violation": "violation: keeps a record out",
            "Warning": "warning: look again",
            "Info": "hint: fill in if the source says it",
        },
        "level": "level", "where": "applies to", "property": "property", "why": "Why", "told": "What you are told",
        "mend": "How to mend it", "see": "Compare the two examples below.", "passes": "Passes", "fails": "Fails",
        "targetSubjectsOf": "each entry with {}", "targetObjectsOf": "each value of {}", "targetNode": "{}",
        "targetClass": "{}", "all": "each entry", "policy": "each file that is not the project's own",
        "many": "entries of {} classes",
    },
    "de": {
        "levels": {
            "Violation": "Verstoß: hält einen Datensatz auf",
            "Warning": "Warnung: noch einmal hinsehen",
            "Info": "Hinweis: ergänzen, wenn die Quelle es sagt",
        },
        "level": "Stufe", "where": "gilt für", "property": "Eigenschaft", "why": "Warum", "told": "Was Sie lesen",
        "mend": "Was zu tun ist", "see": "Vergleichen Sie die beiden Beispiele oben.",
        "passes": "In Ordnung", "fails": "Nicht in Ordnung",
        "targetSubjectsOf": "jeden Eintrag mit {}", "targetObjectsOf": "jeden Wert von {}", "targetNode": "{}",
        "targetClass": "{}", "all": "jeden Eintrag", "policy": "jede Datei, die nicht zum Projekt gehört",
        "many": "Einträge von {} Klassen",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One constraint as its page shows it; each text by language."""

    number: str
    level: str
    file: str
    group: str
    order: float
    names: Mapping[str, str]
    reasons: Mapping[str, str]
    messages: Mapping[str, str]
    targets: Mapping[str, str]
    path: str
    passing: str
    failing: str

    @property
    def sort_key(self) -> tuple[str, int]:
        """Letter and number."""
        return numbered(self.number)


class Shapes:
    """What the shapes of a project say, ready for pages."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._said: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self._file: dict[Term, str] = {}
        for path in (*project.ontology_files, *project.shape_files, *project.files(_MESSAGES)):
            for triple in project.read(path).triples:
                self._said[triple.subject][triple.predicate.value].append(triple.object)
                if triple.predicate.value == f"{_DCT}identifier":
                    self._file[triple.subject] = project.relative(path)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All constraints, by number.

        Raises:
            RulesError: If a constraint lacks a text, a group or an example.
        """
        numbered = [
            node for node, file in self._file.items() if file.startswith("ontology/shapes/") or file == _POLICY
        ]
        return tuple(sorted(map(self._rule, numbered), key=lambda rule: rule.sort_key))

    @cached_property
    def groups(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """The groups in the order of a page, each with its label by language."""
        found = [
            node for node, said in self._said.items() if ox.NamedNode(f"{SH}PropertyGroup") in said[f"{RDF}type"]
        ]
        found.sort(key=lambda node: float(self._one(node, f"{SH}order")))
        return tuple((getattr(node, "value", ""), self._texts(node, f"{_RDFS}label")) for node in found)

    def _rule(self, shape: Term) -> Rule:
        number = self._one(shape, f"{_DCT}identifier")
        examples = self.project.root / "ontology" / "examples"
        policy = self._file[shape] == _POLICY
        passing, failing = ("accepted", "refused") if policy else ("pass", "fail")
        texts = {name: self._texts(shape, f"{SH}{name}") for name in ("name", "description", "message")}
        if missing := [name for name, found in texts.items() if set(found) != set(LANGUAGES)]:
            raise RulesError(f"{number}: {', '.join(missing)} must be there in {' and '.join(LANGUAGES)}")
        return Rule(
            number,
            self._one(shape, f"{SH}severity").removeprefix(SH),
            self._file[shape],
            self._one(shape, f"{SH}group"),
            float(self._one(shape, f"{SH}order")),
            texts["name"],
            texts["description"],
            texts["message"],
            {
                language: str(_WORDS[language]["policy"]) if policy else self._where(shape, language)
                for language in LANGUAGES
            },
            ", ".join(self._path(node) for node in self._said[shape][f"{SH}path"]),
            example(examples, f"{passing}-{number}.ttl"),
            example(examples, f"{failing}-{number}.ttl"),
        )

    def _one(self, node: Term, predicate: str) -> str:
        values = self._said[node][predicate]
        if len(values) != 1:
            raise RulesError(f"{node}: {len(values)} values of {predicate} instead of one")
        return str(getattr(values[0], "value", ""))

    def _texts(self, node: Term, predicate: str) -> dict[str, str]:
        literals = (value for value in self._said[node][predicate] if isinstance(value, ox.Literal))
        return {literal.language or "": literal.value for literal in literals}

    def _where(self, shape: Term, language: str) -> str:
        """What the rule applies to: its own targets, or those of the shapes that name it."""
        holders = [shape] + [node for node, said in list(self._said.items()) if shape in said[f"{SH}property"]]
        parts = [part for holder in holders for part in self._targets(holder, language)]
        return ", ".join(dict.fromkeys(parts)) or str(_WORDS[language]["all"])

    def _targets(self, holder: Term, language: str) -> list[str]:
        found = []
        for kind in _TARGETS:
            nodes = self._said[holder][f"{SH}{kind}"]
            label = self._texts(holder, f"{_RDFS}label").get(language)
            if label and len(nodes) > _FEW:
                found.append(f"{label} ({self._texts(holder, f'{_RDFS}comment').get(language, '').rstrip('.')})")
                continue
            if len(nodes) > _MANY and kind == "targetClass":
                found.append(str(_WORDS[language]["many"]).format(len(nodes)))
                continue
            template = str(_WORDS[language][kind])
            found += [template.format(f"{self._label(node, language)}") for node in sorted(nodes, key=str)]
        return found

    def _label(self, node: Term, language: str) -> str:
        iri = getattr(node, "value", "")
        label = self._texts(node, f"{_RDFS}label").get(language, "")
        code = f"`{self.project.prefixes.compress(iri)}`"
        return f"{label} ({code})" if label else code

    def _path(self, node: Term) -> str:
        """A SHACL path as SPARQL writes it."""
        if isinstance(node, ox.NamedNode):
            return self.project.prefixes.compress(node.value)
        said = self._said[node]
        for name, template in _PATHS:
            if found := said[f"{SH}{name}"]:
                return template.format(self._inner_path(found[0]))
        if found := said[f"{SH}alternativePath"]:
            return "|".join(map(self._inner_path, self._list(found[0])))
        return "/".join(map(self._inner_path, self._list(node)))

    def _inner_path(self, node: Term) -> str:
        """A path within a path, in brackets where they are needed."""
        text = self._path(node)
        single = isinstance(node, ox.NamedNode) or any(self._said[node][f"{SH}{name}"] for name, _ in _PATHS)
        return text if single else f"({text})"

    def _list(self, node: Term) -> Iterable[Term]:
        while node != ox.NamedNode(f"{RDF}nil"):
            said = self._said[node]
            yield said[f"{RDF}first"][0]
            node = said[f"{RDF}rest"][0]


def split_message(message: str) -> tuple[str, str]:
    """What a message says is wrong, and what it says is to be done; the second is empty where it says nothing.

    >>> split_message("The key “{?value}” is short. Check the zero.")
    ('The key “…” is short.', 'Check the zero.')
    """
    first, *rest = _SENTENCE.split(FILLED_IN.sub("…", message))
    return first, " ".join(rest)


def page(rule: Rule) -> str:
    """The page of a rule: English, the examples, German."""
    english, german = _WORDS["en"], _WORDS["de"]
    return (
        f"# {rule.number}: {rule.names['en']}\n\n"
        f"[All rules](README.md). Made by `python -m tools.rules` from [{rule.file}](../../{rule.file}); "
        "change that, not this page.\n\n"
        f"{_facts(rule, 'en')}\n"
        f"## {english['fails']} / {german['fails']}\n\n```turtle\n{rule.failing}```\n\n"
        f"## {english['passes']} / {german['passes']}\n\n```turtle\n{rule.passing}```\n\n"
        f"## Deutsch: {rule.names['de']}\n\n{_facts(rule, 'de')}"
    )


def _facts(rule: Rule, language: str) -> str:
    words = _WORDS[language]
    levels = words["levels"]
    level = levels[rule.level] if isinstance(levels, dict) else ""
    wrong, mend = split_message(rule.messages[language])
    lines = [
        "| | |",
        "|---|---|",
        f"| {words['level']} | {level} |",
        f"| {words['where']} | {_cell(rule.targets[language])} |",
    ]
    if rule.path:
        lines.append(f"| {words['property']} | `{_cell(rule.path)}` |")
    lines += [
        "",
        f"**{words['why']}.** {plain(rule.reasons[language])}",
        "",
        f"**{words['told']}.** {plain(wrong)}",
        "",
        f"**{words['mend']}.** {plain(mend) or words['see']}",
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def index(shapes: Shapes) -> str:
    """The index: the rules of each topic, then all by number."""
    by_group: dict[str, list[Rule]] = defaultdict(list)
    for rule in shapes.rules:
        by_group[rule.group].append(rule)
    counts = {
        level: sum(rule.level == level for rule in shapes.rules) for level in ("Violation", "Warning", "Info")
    }
    lines = [
        "# Rules for records",
        "",
        "Made by `python -m tools.rules` from the shapes and their examples; change those, not these pages.",
        "",
        f"There are {len(shapes.rules)} rules: {counts['Violation']} whose violation keeps a record out, "
        f"{counts['Warning']} that warn and {counts['Info']} that hint. Each has a page with the reason, the "
        "message, what to do, and two examples; the German text stands below the examples.",
        "",
        f"Es gibt {len(shapes.rules)} Regeln: {counts['Violation']} halten einen Datensatz auf, "
        f"{counts['Warning']} warnen, {counts['Info']} geben einen Hinweis. Jede hat eine Seite mit Grund, "
        "Meldung, Abhilfe und zwei Beispielen; der deutsche Text steht unter den Beispielen.",
    ]
    for group, labels in shapes.groups:
        if not by_group[group]:
            continue
        lines += ["", f"## {labels['en']} / {labels['de']}", "", "| rule | level | English | Deutsch |"]
        lines.append("|---|---|---|---|")
        for rule in sorted(by_group[group], key=lambda rule: (rule.order, rule.sort_key)):
            names = " | ".join(plain(rule.names[language]) for language in LANGUAGES)
            lines.append(f"| [{rule.number}]({rule.number}.md) | {rule.level.lower()} | {names} |")
    lines += ["", "## Files that cannot be read / Dateien, die sich nicht lesen lassen", ""]
    lines += [f"- [{page.titles['en']} / {page.titles['de']}]({page.name})" for page in refusals.PAGES]
    links = [f"[{rule.number}]({rule.number}.md)" for rule in shapes.rules]
    lines += ["", "## By number / Nach Nummern", ""]
    lines += [" · ".join(links[start : start + 10]) for start in range(0, len(links), 10)]
    return "\n".join(lines) + "\n"


def pages(root: Path = ROOT) -> dict[str, str]:
    """File name to text of all pages.

    Raises:
        RulesError: If a shape lacks something.
    """
    project = Project.at(root)
    shapes = Shapes(project)
    refused = {page.name: page.written(project) for page in refusals.PAGES}
    return {"README.md": index(shapes), **refused, **{f"{rule.number}.md": page(rule) for rule in shapes.rules}}


def main(arguments: list[str] | None = None, folder: Path = FOLDER) -> int:
    """Write all pages, or with `--check` only say which are out of date. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the pages on the rules for records.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    check = parser.parse_args(arguments).check
    try:
        wanted = pages()
    except RulesError as error:
        print(error, file=sys.stderr)
        return 3
    folder.mkdir(parents=True, exist_ok=True)
    gone = [path for path in folder.glob("*.md") if path.name not in wanted]
    stale = [name for name, text in wanted.items() if not _says(folder / name, text)]
    if check:
        for name in [*stale, *(path.name for path in gone)]:
            print(f"docs/rules/{name} is out of date: run python -m tools.rules", file=sys.stderr)
        return 1 if stale or gone else 0
    for path in gone:
        path.unlink()
    for name in stale:
        (folder / name).write_text(wanted[name], encoding="utf-8")
    print(f"{len(wanted)} pages, {len(stale)} written")
    return 0


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
