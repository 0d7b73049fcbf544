"""Write the coverage tables: which triple carries which fact of a city's portrait.

For each record that has a list `docs/coverage/<slug>.csv`, the table `docs/coverage/<slug>.md` is made from
the list, the record `data/cities/<slug>.ttl`, the shared files and the names of the sections. The list says
what carries a fact; the evidence and the mark (inferred, judged) in the table are read from the data.

    python tools/coverage.py            write the tables
    python tools/coverage.py --check    write nothing; exit 1 if a table is out of date

A list has the columns `fact_id`, `section`, `paragraph`, `explicitness` (explicit, inferred), `what` (subject
and relation in a few words of our own), `carried` (triples in Turtle, parted by ` | `), `graph` (record,
shared, or inferred where a rule adds the triple; several parted by a blank) and `reason` (why a fact is left
out, or a remark).
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyoxigraph as ox

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("fact_id", "section", "paragraph", "explicitness", "what", "carried", "graph", "reason")
GRAPHS = ("record", "shared", "inferred")
MARKS = ("stated", "inferred", "judged")
SEPARATOR = " | "

_BASE = "https://w3id.org/smartcity-kg/"
_SCKG = f"{_BASE}ontology#"
_SECTIONS = f"{_BASE}scheme/section/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_EVIDENCE = ox.NamedNode(f"{_SCKG}evidence")
_CERTAINTY = ox.NamedNode(f"{_SCKG}certainty")
_PREF_LABEL = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
_STATEMENT_PARTS = tuple(ox.NamedNode(f"{_RDF}{part}") for part in ("subject", "predicate", "object"))


class CoverageError(Exception):
    """A list or a file that the table cannot be made from; the message names the place."""


@dataclass(frozen=True)
class Fact:
    """One row of a list: a fact of the portrait and what carries it."""

    identifier: str
    section: str
    paragraph: int
    explicitness: str
    what: str
    carried: tuple[str, ...]
    triples: tuple[ox.Triple, ...]
    graphs: tuple[str, ...]
    reason: str

    @property
    def passage(self) -> str:
        """What the passage of the fact is called within its portrait, such as `networks-1`."""
        return f"{self.section}-{self.paragraph}"


class Data:
    """The triples of a record and of the shared files, with what they say about their own evidence."""

    def __init__(self, record: Iterable[ox.Triple], shared: Iterable[ox.Triple]) -> None:
        self.graphs: Mapping[str, frozenset[ox.Triple]] = {
            "record": frozenset(record),
            "shared": frozenset(shared),
        }
        self._objects: dict[tuple[object, object], list[ox.NamedNode]] = defaultdict(list)
        parts: dict[object, dict[object, object]] = defaultdict(dict)
        for triple in self.graphs["record"] | self.graphs["shared"]:
            if triple.predicate in (_EVIDENCE, _CERTAINTY) and isinstance(triple.object, ox.NamedNode):
                self._objects[triple.subject, triple.predicate].append(triple.object)
            if triple.predicate in _STATEMENT_PARTS:
                parts[triple.subject][triple.predicate] = triple.object
        self._claims = {
            tuple(stated.get(part) for part in _STATEMENT_PARTS): claim for claim, stated in parts.items()
        }

    def evidence(self, triple: ox.Triple) -> list[str]:
        """The IRIs that a triple rests on, sorted: those of its claim, else those of its subject."""
        return sorted(node.value for node in self._said(triple, _EVIDENCE))

    def mark(self, triple: ox.Triple) -> str:
        """How sure a triple is: `inferred`, `judged`, or `stated` where nothing is marked."""
        found = self._said(triple, _CERTAINTY)
        return found[0].value.rpartition("/")[2] if found else "stated"

    def _said(self, triple: ox.Triple, about: ox.NamedNode) -> list[ox.NamedNode]:
        claim = self._claims.get((triple.subject, triple.predicate, triple.object))
        if claim is not None and (said := self._objects.get((claim, about))):
            return said
        return self._objects.get((triple.subject, about), [])


def read_turtle(path: Path) -> tuple[list[ox.Triple], dict[str, str]]:
    """The triples of a Turtle file and the prefixes it declares."""
    parser = ox.parse(path=path, format=ox.RdfFormat.TURTLE)
    triples = [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in parser]
    return triples, parser.prefixes


def read_data(slug: str, root: Path = ROOT) -> tuple[Data, dict[str, str]]:
    """The record of a city with the shared files, and the prefixes that they declare."""
    record, local = read_turtle(root / "data" / "cities" / f"{slug}.ttl")
    shared: list[ox.Triple] = []
    prefixes: dict[str, str] = {}
    for path in sorted((root / "data" / "shared").glob("*.ttl")):
        triples, declared = read_turtle(path)
        shared += triples
        prefixes |= declared
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
    return Fact(
        identifier=row["fact_id"],
        section=row["section"],
        paragraph=int(row["paragraph"]),
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
        "Each row is one fact of the portrait, with the triples that carry it, the passages they rest on,",
        "and how sure they are: *stated* in the portrait, *inferred* from it, or *judged* by an editor.",
        "A triple *by rule* stands in no file: a rule adds it.",
        "",
        *_summary(facts),
    ]
    for section, group in groupby(facts, key=lambda fact: fact.section):
        name = sections[section]
        lines += ["", f"## {name[:1].upper()}{name[1:]}", ""]
        lines += ["| fact | what | carried by | evidence | sure | remark |", "|---|---|---|---|---|---|"]
        lines += [_row(fact, data, prefixes) for fact in group]
    return "\n".join(lines) + "\n"


def _summary(facts: list[Fact]) -> list[str]:
    lines = ["| facts | covered | of | left out |", "|---|--:|--:|---|"]
    for kind in ("explicit", "inferred"):
        chosen = [fact for fact in facts if fact.explicitness == kind]
        out = [fact.identifier for fact in chosen if not fact.triples]
        lines.append(f"| {kind} | {len(chosen) - len(out)} | {len(chosen)} | {', '.join(out) or 'none'} |")
    by_reason: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        if not fact.triples:
            by_reason[fact.reason].append(fact.identifier)
    if by_reason:
        lines += ["", "Left out:", ""]
        lines += [
            f"- {', '.join(identifiers)}: {reason.removeprefix('Left out: ')}"
            for reason, identifiers in by_reason.items()
        ]
    return lines


def _row(fact: Fact, data: Data, prefixes: Mapping[str, str]) -> str:
    in_files = [triple for triple in fact.triples if any(triple in graph for graph in data.graphs.values())]
    evidence = sorted({_short(iri, prefixes) for triple in in_files for iri in data.evidence(triple)})
    marks = {data.mark(triple) for triple in in_files}
    sure: list[str] = [mark for mark in MARKS if mark in marks]
    if len(in_files) < len(fact.triples):
        sure.append("by rule")
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


def table(slug: str, root: Path = ROOT) -> str:
    """The table that belongs to the list and the data of a record as they are now."""
    data, prefixes = read_data(slug, root)
    facts = read_facts(root / "docs" / "coverage" / f"{slug}.csv", prefixes)
    return render(slug, facts, data, prefixes, read_section_names(root))


def main(arguments: list[str] | None = None) -> int:
    """Write all tables, or with `--check` only say which are out of date. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the coverage tables of the city records.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a table is out of date")
    check = parser.parse_args(arguments).check
    stale = 0
    for list_path in sorted((ROOT / "docs" / "coverage").glob("*.csv")):
        path = list_path.with_suffix(".md")
        try:
            text = table(list_path.stem)
        except CoverageError as error:
            print(error, file=sys.stderr)
            return 3
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
