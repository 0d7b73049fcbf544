"""Statements of sources that contradict each other, each with its own source."""

from collections import defaultdict

import pyoxigraph as ox

from tools.registers.build import Build
from tools.registers.entries import ID, Node, Value, term, text, typed
from tools.registers.tables import RegisterError, Row

_DATATYPES = {"integer": "xsd:integer", "decimal": "xsd:decimal", "edtf": "edtf:EDTF"}


def make_contradictions(build: Build) -> None:
    """A claim for each side of each contradiction.

    Raises:
        RegisterError: If a row speaks of something that nothing describes, or has an unknown datatype.
    """
    sheet = build.sheet(
        "contradictions",
        ("Widersprüche zwischen Quellen", "Contradictions between sources"),
        "Statements that cannot all hold, each with its source. None of them is decided here.",
    )
    made = {node.value for other in build.sheets.values() for node in other.entries}
    if faults := _faults(build.tables["contradictions"], made | build.kept.described):
        raise RegisterError("\n".join(faults))
    sides: dict[str, list[Node]] = defaultdict(list)
    for row in build.tables["contradictions"]:
        node = ox.NamedNode(f"{ID}claim/{row['pair']}-{row['claim']}")
        claim = sheet.entry(node, "rdf:Statement").add("rdf:subject", ox.NamedNode(row["subject"]))
        claim.add("rdf:predicate", term(row["predicate"])).add("rdf:object", _value(row))
        claim.add("sckg:contradicts", *sides[row["pair"]])
        sides[row["pair"]].append(node)
        if row["note_de"]:
            claim.add("skos:note", *text(row["note_de"], row["note_en"]))
        claim.add("sckg:evidence", *build.evidence(row, sheet))


def _faults(rows: tuple[Row, ...], described: set[str]) -> list[str]:
    undescribed = [
        row.fault(f"{row['subject']} is not described") for row in rows if row["subject"] not in described
    ]
    kinds = {*_DATATYPES, "iri"}
    return undescribed + [
        row.fault(f"unknown datatype {row['datatype']}") for row in rows if row["datatype"] not in kinds
    ]


def _value(row: Row) -> Value:
    if row["datatype"] == "iri":
        return ox.NamedNode(row["object"])
    return typed(row["object"], _DATATYPES[row["datatype"]])
