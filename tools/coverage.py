"""Write the coverage tables: which triple carries which fact about a city.

For each list `docs/coverage/<name>.csv`, the table `docs/coverage/<name>.md` is made from the list, the record
`data/cities/<slug>.ttl`, the shared files and the names of the sections. The list says what carries a fact; the
evidence and the mark (inferred, judged) in the table are read from the data. A list bears the slug of its record;
a second list of the same record adds a word to it, such as `magdeburg-extern`. Where there are several lists,
`docs/coverage/README.md` sums them up: by list, and by list and section how complete and how old.

    python tools/coverage.py            write the tables
    python tools/coverage.py --check    write nothing; exit 1 if a table is out of date

A list has the columns `fact_id`, `section`, `paragraph` (empty where the fact is from a page and no portrait),
`explicitness` (explicit, inferred), `what` (subject and relation in a few words of our own), `carried` (triples in
Turtle, parted by ` | `), `graph` (record, shared, or inferred where a rule adds the triple; several parted by a
blank) and `reason` (why a fact is left out, or a remark).
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("fact_id", "section", "paragraph", "explicitness", "what", "carried", "graph", "reason")
GRAPHS = ("record", "shared", "inferred")
MARKS = ("stated", "inferred", "judged")
SEPARATOR = " | "
OVERVIEW = "README.md"
_MISSING = "the data lack a triple of the list."

_BASE = "https://w3id.org/smartcity-kg/"
_SCKG = f"{_BASE}ontology#"
_SECTIONS = f"{_BASE}scheme/section/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_EVIDENCE = ox.NamedNode(f"{_SCKG}evidence")
_CERTAINTY = ox.NamedNode(f"{_SCKG}certainty")
_PREF_LABEL = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
_ISSUED = ox.NamedNode("http://purl.org/dc/terms/issued")
_STATEMENT_PARTS = tuple(ox.NamedNode(f"{_RDF}{part}") for part in ("subject", "predicate", "object"))


class CoverageError(Exception):
    """A list or a file that the table cannot be made from; the message names the place."""


@dataclass(frozen=True)
class Fact:
    """One row of a list: a fact of the portrait and what carries it."""

    identifier: str
    section: str
    paragraph: int | None
    explicitness: str
    what: str
    carried: tuple[str, ...]
    triples: tuple[ox.Triple, ...]
    graphs: tuple[str, ...]
    reason: str

    @property
    def passage(self) -> str:
        """What the passage of the fact is called within its portrait, such as `networks-1`."""
        return self.section if self.paragraph is None else f"{self.section}-{self.paragraph}"


class _Said:
    """Triples, and what they say about their own evidence, certainty and day of issue."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = frozenset(triples)
        self.objects: dict[tuple[object, object], list[ox.NamedNode]] = defaultdict(list)
        self.issued: dict[str, str] = {}
        parts: dict[object, dict[object, object]] = defaultdict(dict)
        for triple in self.triples:
            if triple.predicate in (_EVIDENCE, _CERTAINTY) and isinstance(triple.object, ox.NamedNode):
                self.objects[triple.subject, triple.predicate].append(triple.object)
            if triple.predicate in _STATEMENT_PARTS:
                parts[triple.subject][triple.predicate] = triple.object
            if triple.predicate == _ISSUED and isinstance(triple.subject, ox.NamedNode):
                self.issued[triple.subject.value] = str(getattr(triple.object, "value", ""))
        self.claims = {
            tuple(stated.get(part) for part in _STATEMENT_PARTS): claim for claim, stated in parts.items()
        }


class Data:
    """The triples of a record and of the shared files, with what they say about their own evidence."""

    def __init__(self, record: Iterable[ox.Triple], shared: "Iterable[ox.Triple] | _Said") -> None:
        self._layers = (_Said(record), shared if isinstance(shared, _Said) else _Said(shared))
        self.graphs: Mapping[str, frozenset[ox.Triple]] = {
            "record": self._layers[0].triples,
            "shared": self._layers[1].triples,
        }

    def evidence(self, triple: ox.Triple) -> list[str]:
        """The IRIs that a triple rests on, sorted: those of its claim, else those of its subject."""
        return sorted(node.value for node in self._said(triple, _EVIDENCE))

    def mark(self, triple: ox.Triple) -> str:
        """How sure a triple is: `inferred`, `judged`, or `stated` where nothing is marked."""
        found = self._said(triple, _CERTAINTY)
        return found[0].value.rpartition("/")[2] if found else "stated"

    def issued(self, evidence: str) -> str:
        """The day of issue of a document or of the portrait that a passage stands in; empty if unknown."""
        document = evidence.partition("#")[0]
        return next((layer.issued[document] for layer in self._layers if document in layer.issued), "")

    def carries(self, fact: Fact) -> bool:
        """Whether all triples of a fact are there; those that a rule adds are taken on trust."""
        return bool(fact.triples) and ("inferred" in fact.graphs or all(map(self.in_files, fact.triples)))

    def in_files(self, triple: ox.Triple) -> bool:
        """Whether a triple stands in a file and is not added by a rule."""
        return any(triple in graph for graph in self.graphs.values())

    def _said(self, triple: ox.Triple, about: ox.NamedNode) -> list[ox.NamedNode]:
        parts = (triple.subject, triple.predicate, triple.object)
        claim = next((layer.claims[parts] for layer in self._layers if parts in layer.claims), None)
        if claim is not None and (said := self._of(claim, about)):
            return said
        return self._of(triple.subject, about)

    def _of(self, subject: object, about: ox.NamedNode) -> list[ox.NamedNode]:
        return [node for layer in self._layers for node in layer.objects.get((subject, about), [])]


def read_turtle(path: Path) -> tuple[list[ox.Triple], dict[str, str]]:
    """The triples of a Turtle file and the prefixes it declares."""
    parser = ox.parse(path=path, format=ox.RdfFormat.TURTLE)
    triples = [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in parser]
    return triples, parser.prefixes


@cache
def _read_shared(root: Path) -> tuple[_Said, dict[str, str]]:
    shared: list[ox.Triple] = []
    prefixes: dict[str, str] = {}
    for path in sorted((root / "data" / "shared").glob("*.ttl")):
        triples, declared = read_turtle(path)
        shared += triples
        prefixes |= declared
    return _Said(shared), prefixes


def record_of(name: str, root: Path = ROOT) -> str:
    """The slug of the record that a list belongs to: its name, or the longest slug that its name begins with.

    Raises:
        CoverageError: If there is no such record.
    """
    parts = name.split("-")
    slugs = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
    for slug in slugs:
        if (root / "data" / "cities" / f"{slug}.ttl").is_file():
            return slug
    raise CoverageError(f"{name}.csv: there is no record data/cities/{name}.ttl")


def read_data(slug: str, root: Path = ROOT) -> tuple[Data, dict[str, str]]:
    """The record of a city with the shared files, and the prefixes that they declare."""
    record, local = read_turtle(root / "data" / "cities" / f"{slug}.ttl")
    shared, prefixes = _read_shared(root)
    return Data(record, shared), prefixes | local


def read_facts(path: Path, prefixes: Mapping[str, str]) -> list[Fact]:
    """The rows of a list, in its order.

    Raises:
        CoverageError: If a column is missing or a row does not say triples in Turtle.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise CoverageError(f"{path.name}: the columns must be {', '.join(COLUMNS)}")
        return [_read_fact(row, prefixes, f"{path.name}, {row['fact_id']}") for row in rows]


def _read_fact(row: Mapping[str, str], prefixes: Mapping[str, str], place: str) -> Fact:
    carried = tuple(row["carried"].split(SEPARATOR)) if row["carried"] else ()
    graphs = tuple(row["graph"].split())
    if unknown := set(graphs) - set(GRAPHS):
        raise CoverageError(f"{place}: unknown graph {', '.join(sorted(unknown))}; known: {', '.join(GRAPHS)}")
    if row["paragraph"] and not row["paragraph"].isdecimal():
        raise CoverageError(f"{place}: the paragraph {row['paragraph']!r} is no number")
    return Fact(
        identifier=row["fact_id"],
        section=row["section"],
        paragraph=int(row["paragraph"]) if row["paragraph"] else None,
        explicitness=row["explicitness"],
        what=row["what"],
        carried=carried,
        triples=tuple(parse_triple(text, prefixes, place) for text in carried),
        graphs=graphs,
        reason=row["reason"],
    )


def parse_triple(text: str, prefixes: Mapping[str, str], place: str) -> ox.Triple:
    """One triple from its Turtle text without the full stop.

    Raises:
        CoverageError: If the text is not exactly one triple.
    """
    head = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in sorted(prefixes.items()))
    try:
        quads = list(ox.parse(f"{head}{text} .", format=ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        raise CoverageError(f"{place}: {text!r} is no Turtle: {error.msg}") from error
    if len(quads) != 1:
        raise CoverageError(f"{place}: {text!r} holds {len(quads)} triples instead of one")
    return ox.Triple(quads[0].subject, quads[0].predicate, quads[0].object)


def read_section_names(root: Path = ROOT) -> dict[str, str]:
    """The English name of each section of a portrait, by its slug."""
    triples, _ = read_turtle(root / "ontology" / "schemes" / "section.ttl")
    return {
        triple.subject.value.removeprefix(_SECTIONS): triple.object.value
        for triple in triples
        if triple.predicate == _PREF_LABEL
        and isinstance(triple.subject, ox.NamedNode)
        and isinstance(triple.object, ox.Literal)
        and triple.object.language == "en"
    }


def render(
    slug: str, facts: list[Fact], data: Data, prefixes: Mapping[str, str], sections: Mapping[str, str]
) -> str:
    """The table of a record as Markdown."""
    lines = [
        f"# Coverage: {slug}",
        "",
        f"Made by `tools/coverage.py` from `{slug}.csv` and the data; change the list, not this page.",
        "Each row is one fact of the portrait or of a page, with the triples that carry it, what they rest on,",
        "and how sure they are: *stated* in the source, *inferred* from it, or *judged* by an editor.",
        "A triple *by rule* stands in no file: a rule adds it.",
        "",
        *_summary(facts, data),
    ]
    for section, group in _by_section(facts, sections):
        lines += ["", f"## {_heading(sections[section])}", ""]
        lines += ["| fact | what | carried by | evidence | sure | remark |", "|---|---|---|---|---|---|"]
        lines += [_row(fact, data, prefixes) for fact in group]
    return "\n".join(lines) + "\n"


def _by_section(facts: list[Fact], sections: Mapping[str, str]) -> list[tuple[str, list[Fact]]]:
    """The facts of each section, the sections in the order of a portrait.

    Raises:
        CoverageError: If a fact names a section that does not exist.
    """
    if unknown := [fact for fact in facts if fact.section not in sections]:
        raise CoverageError(f"{unknown[0].identifier}: there is no section {unknown[0].section!r}")
    groups = [(section, [fact for fact in facts if fact.section == section]) for section in sections]
    return [(section, group) for section, group in groups if group]


def _heading(name: str) -> str:
    return name[:1].upper() + name[1:]


def _summary(facts: list[Fact], data: Data) -> list[str]:
    lines = ["| facts | covered | of | left out |", "|---|--:|--:|---|"]
    for kind in ("explicit", "inferred"):
        chosen = [fact for fact in facts if fact.explicitness == kind]
        out = [fact.identifier for fact in chosen if not data.carries(fact)]
        lines.append(f"| {kind} | {len(chosen) - len(out)} | {len(chosen)} | {', '.join(out) or 'none'} |")
    by_reason: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        if not data.carries(fact):
            by_reason[_MISSING if fact.triples else fact.reason].append(fact.identifier)
    if by_reason:
        lines += ["", "Left out:", ""]
        lines += [
            f"- {', '.join(identifiers)}: {reason.removeprefix('Left out: ')}"
            for reason, identifiers in by_reason.items()
        ]
    return lines


def _row(fact: Fact, data: Data, prefixes: Mapping[str, str]) -> str:
    in_files = [triple for triple in fact.triples if data.in_files(triple)]
    evidence = sorted({_short(iri, prefixes) for triple in in_files for iri in data.evidence(triple)})
    marks = {data.mark(triple) for triple in in_files}
    sure: list[str] = [mark for mark in MARKS if mark in marks]
    if len(in_files) < len(fact.triples):
        sure.append("by rule" if "inferred" in fact.graphs else "missing")
    cells = (
        fact.identifier,
        fact.what,
        "<br>".join(f"`{text}`" for text in fact.carried) or "left out",
        ", ".join(evidence),
        ", ".join(sure),
        fact.reason,
    )
    return "| " + " | ".join(cells) + " |"


def _short(iri: str, prefixes: Mapping[str, str]) -> str:
    longest = max((name for name in prefixes.values() if iri.startswith(name)), key=len, default="")
    names = [prefix for prefix, namespace in prefixes.items() if namespace == longest]
    return f"{names[0]}:{iri.removeprefix(longest)}" if names else iri


def table(name: str, root: Path = ROOT) -> str:
    """The table that belongs to a list and the data of its record as they are now."""
    return _Coverage(name, root).table()


class _Coverage:
    """A list with the data of its record."""

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        self.sections = read_section_names(root)
        self.data, self.prefixes = read_data(record_of(name, root), root)
        self.facts = read_facts(root / "docs" / "coverage" / f"{name}.csv", self.prefixes)

    def table(self) -> str:
        return render(self.name, self.facts, self.data, self.prefixes, self.sections)

    def total(self) -> str:
        """The row of the list in the overview."""
        return f"| [{self.name}]({self.name}.md) | {self._counts(self.facts)} |"

    def by_section(self) -> list[str]:
        """One row of the overview for each section of the list."""
        return [
            f"| {self.name} | {self.sections[section]} | {self._counts(group)} |"
            for section, group in _by_section(self.facts, self.sections)
        ]

    def _counts(self, facts: list[Fact]) -> str:
        carried = [fact for fact in facts if self.data.carries(fact)]
        triples = {triple for fact in carried for triple in fact.triples}
        entries = {triple.subject for triple in triples}
        evidence = {iri for triple in triples if self.data.in_files(triple) for iri in self.data.evidence(triple)}
        days = sorted(day for iri in evidence if (day := self.data.issued(iri)))
        undated = len({iri.partition("#")[0] for iri in evidence if not self.data.issued(iri)})
        share = f"{100 * len(carried) / len(facts):.0f} %"
        oldest, newest = (days[0], days[-1]) if days else ("", "")
        cells = (len(facts), len(carried), share, len(entries), len(triples), oldest, newest, undated)
        return " | ".join(str(cell) for cell in cells)


def overview(coverages: Iterable[_Coverage]) -> str:
    """How complete and how old the records are, by list and by list and section, as Markdown."""
    found = list(coverages)
    counts = "facts | carried | share | entries | triples | oldest source | newest source | undated sources"
    return "\n".join(
        [
            "# Coverage of the records",
            "",
            "Made by `tools/coverage.py` from the lists beside it and the data; change the lists, not this page.",
            "A fact is carried if all triples that its list names for it are there. The days are those on which",
            "portraits and pages were issued, as far as they are known. What the registers of the country carry",
            "stands in [registers](../registers/README.md).",
            "",
            "The shapes report no violation and no warning for any file of the data; a test holds that. What they",
            "hint at, such as an initiative without a field of action, is listed by `smartcity-kg validate`: the",
            "sources do not say it.",
            "",
            f"| list | {counts} |",
            "|---|--:|--:|--:|--:|--:|---|---|--:|",
            *(coverage.total() for coverage in found),
            "",
            "## By section",
            "",
            f"| list | section | {counts} |",
            "|---|---|--:|--:|--:|--:|--:|---|---|--:|",
            *(row for coverage in found for row in coverage.by_section()),
            "",
        ]
    )


def main(arguments: list[str] | None = None) -> int:
    """Write all tables, or with `--check` only say which are out of date. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the coverage tables of the city records.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a table is out of date")
    check = parser.parse_args(arguments).check
    folder = ROOT / "docs" / "coverage"
    coverages: list[_Coverage] = []
    pages: dict[Path, str] = {}
    broken = False
    for list_path in sorted(folder.glob("*.csv")):
        try:
            coverage = _Coverage(list_path.stem, ROOT)
            pages[list_path.with_suffix(".md")] = coverage.table()
        except CoverageError as error:
            print(error, file=sys.stderr)
            broken = True
            continue
        coverages.append(coverage)
    if broken:
        return 3
    if len(coverages) > 1:
        pages[folder / OVERVIEW] = overview(coverages)
    stale = 0
    for path, text in pages.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: run python tools/coverage.py", file=sys.stderr)
            stale += 1
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} written")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
