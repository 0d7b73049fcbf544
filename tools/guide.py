"""Write those parts of the submitters' guides that come from the code, the shapes and the schemes.

In a page, a part stands between `<!-- guide: NAME -->` and `<!-- guide: end -->`; all else is written by hand.

    python -m tools.guide            write the parts anew
    python -m tools.guide --check    write nothing; exit 1 if a page is out of date

The parts are `dates` (phrases and what `smartcity-kg date` makes of them), `kinds` (what each section of a
portrait usually tells, with what a record must give), `sections` (how evidence names them), `status` (the list to
choose from) and `example` (a complete entry).
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pyoxigraph import Literal

from smartcity_kg.edtf import bounds, from_phrase
from smartcity_kg.labels import find_labels
from smartcity_kg.layout import read_layout
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import SKOS, pick_language, text_of
from tools.rules import Shapes

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"de": Path("docs/de/einreichen.md"), "en": Path("docs/how-to/submit-a-record.md")}
PHRASES = {
    "de": (
        "2017", "März 2017", "19.3.2019", "Anfang 2020", "Mitte 2018", "Ende 2017", "1. Halbjahr 2019",
        "3. Quartal 2021", "etwa 2016", "seit 2015", "bis 2025", "2011 bis 2017",
        "zwischen März 2016 und Juni 2018",
    ),
    "en": (
        "2017", "March 2017", "19 March 2019", "early 2020", "mid 2018", "end of 2017", "first half of 2019",
        "third quarter of 2021", "about 2016", "since 2015", "until 2025", "2011 to 2017",
        "between March 2016 and June 2018",
    ),
}  # fmt: skip
EXAMPLE = "C-34"
_PART = re.compile(r"(?P<begin><!-- guide: (?P<name>[a-z]+) -->\n).*?(?P<end><!-- guide: end -->)", re.DOTALL)
_WORDS = {
    "de": {
        "dates": ("im Text steht", "im Datensatz steht", "gemeint ist"), "open": "offen",
        "sections": ("Abschnitt", "Beleg für seinen ersten Absatz", "was dort steht"),
        "kinds": ("Abschnitt", "Sache", "Klasse", "nötig"), "status": ("Stand", "im Datensatz", "Bedeutung"),
    },
    "en": {
        "dates": ("the text says", "the record says", "which means"), "open": "open",
        "sections": ("section", "evidence for its first paragraph", "what stands there"),
        "kinds": ("section", "thing", "class", "required"), "status": ("status", "in the record", "meaning"),
    },
}  # fmt: skip


class GuideError(Exception):
    """A page with a part that nothing makes, or that does not end."""


class Parts:
    """The parts of a guide in one language, each made when it is asked for."""

    def __init__(self, project: Project, language: str) -> None:
        self.project = project
        self.language = language
        self.words = _WORDS[language]
        self.store = EmbeddedStore(project.prefixes)
        for path in project.ontology_files:
            self.store.load(project.read(path).triples, graph=project.graph_name(path))
        self.made: Mapping[str, Callable[[], str]] = {
            "dates": self.dates,
            "kinds": self.kinds,
            "sections": self.sections,
            "status": self.status,
            "example": self.example,
        }

    def dates(self) -> str:
        """Phrases, and what the command makes of them."""
        rows = []
        for phrase in PHRASES[self.language]:
            edtf = from_phrase(phrase)
            span = bounds(edtf)
            days = f"{span.earliest or self.words['open']} … {span.latest or self.words['open']}"
            rows.append((phrase, f'`"{edtf}"^^edtf:EDTF`', days))
        return _table(self.words["dates"], rows)

    def kinds(self) -> str:
        """What each section of a portrait usually tells, with the names that the shapes give."""
        blocks = [block for block in read_layout(self.project, self.language).blocks if block.section]
        classes = [self.project.prefixes.expand(block.class_iri) for block in blocks]
        sections = [self.project.prefixes.expand(block.section) for block in blocks]
        labels = find_labels(self.store, [*classes, *sections], self.language)
        rows = []
        for block in blocks:
            needed = ", ".join(
                f"{field.name} (`{self.project.prefixes.compress(field.path)}`)"
                for field in block.fields
                if field.required and not field.derived
            )
            rows.append(
                (
                    text_of(labels.get(block.section)),
                    text_of(labels.get(block.class_iri)),
                    f"`{self.project.prefixes.compress(block.class_iri)}`",
                    needed or "–",
                )
            )
        return _table(self.words["kinds"], rows)

    def status(self) -> str:
        """The list of states, with what each means."""
        rows = (
            (label, f"`{self.project.prefixes.compress(iri)}`", said)
            for iri, label, said in self._scheme("status")
        )
        return _table(self.words["status"], list(rows))

    def sections(self) -> str:
        """The sections of a portrait, with how evidence names a passage in each."""
        rows = ((label, f"`p:{iri.rpartition('/')[2]}-1`", said) for iri, label, said in self._scheme("section"))
        return _table(self.words["sections"], list(rows))

    def _scheme(self, name: str) -> list[tuple[str, str, str]]:
        """The concepts of a list, with label and definition, in the order of its file."""
        document = self.project.read(self.project.root / "ontology" / "schemes" / f"{name}.ttl")
        concepts = [t.subject for t in document.triples if t.predicate.value == f"{SKOS}topConceptOf"]
        labels = find_labels(self.store, concepts, self.language)
        meant: dict[str, list[Literal]] = defaultdict(list)
        for triple in document.triples:
            if triple.predicate.value == f"{SKOS}definition" and isinstance(triple.object, Literal):
                meant[text_of(triple.subject)].append(triple.object)
        rows = []
        for concept in concepts:
            iri = text_of(concept)
            said = pick_language(meant[iri], self.language)
            rows.append((iri, text_of(labels.get(iri)), text_of(said)))
        return rows

    def example(self) -> str:
        """A complete entry: the passing example of a rule."""
        [rule] = [rule for rule in Shapes(self.project).rules if rule.number == EXAMPLE]
        return f"```turtle\n{rule.passing}```\n"


def _table(head: object, rows: Sequence[tuple[str, ...]]) -> str:
    titles = head if isinstance(head, tuple) else ()
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def filled(text: str, parts: Parts) -> str:
    """The text of a page with its parts made anew.

    Raises:
        GuideError: If it names a part that nothing makes, or a part does not end.
    """
    if text.count("<!-- guide: ") != 2 * len(_PART.findall(text)):
        raise GuideError("a part does not end with <!-- guide: end -->")

    def made(found: re.Match[str]) -> str:
        if found["name"] not in parts.made:
            raise GuideError(f"nothing makes a part {found['name']!r}; known: {', '.join(parts.made)}")
        return f"{found['begin']}\n{parts.made[found['name']]()}\n{found['end']}"

    return _PART.sub(made, text)


def pages(root: Path = ROOT) -> dict[Path, str]:
    """Each guide with its parts as they must be.

    Raises:
        GuideError: If a page names a part that nothing makes.
    """
    project = Project.at(root)
    return {
        root / page: filled((root / page).read_text(encoding="utf-8"), Parts(project, language))
        for language, page in PAGES.items()
    }


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the guides, or with `--check` only say which are out of date. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the made parts of the submitters' guides.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    check = parser.parse_args(arguments).check
    stale = 0
    try:
        wanted = pages(root)
    except GuideError as error:
        print(error, file=sys.stderr)
        return 3
    for path, text in wanted.items():
        if path.read_text(encoding="utf-8") == text:
            continue
        name = path.relative_to(root).as_posix()
        if check:
            print(f"{name} is out of date: run python -m tools.guide", file=sys.stderr)
            stale += 1
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{name} written")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
