"""What is offered to paste where something is missing: right Turtle, and pasted it mends the finding."""

from pathlib import Path

import pytest

from cases import ROOT, cases
from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.turtle.parse import parse_turtle
from test_shapes import checker, declared

FAILING = cases("ontology/examples", "fail-*.ttl", at_least=80)
PROJECT = Project.at(ROOT)
# What records call their own parts, and the examples theirs.
LOCAL = {
    "m": "https://w3id.org/smartcity-kg/id/city/musterstadt/",
    "p": "https://w3id.org/smartcity-kg/id/portrait/musterstadt-2020#",
}
HEAD = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in sorted(PROJECT.prefixes.namespaces.items()))


def findings(text: str) -> tuple[Finding, ...]:
    """What the shapes say about an example with all prefixes bound."""
    return checker().check([parse_turtle(text.encode(), path="example.ttl")]).report.findings


@pytest.mark.parametrize("path", FAILING)
def test_pasted_it_mends_the_finding(path: Path) -> None:
    text = HEAD + path.read_text(encoding="utf-8")
    found = [finding for finding in findings(text) if finding.snippet]
    local = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in LOCAL.items())
    pasted = [f"<{getattr(finding.focus, 'value', '')}> {finding.snippet} .\n" for finding in found]
    left = {finding.rule for finding in findings(text + local + "".join(pasted))}
    assert left == declared(path, "violates") - {finding.rule for finding in found}


@pytest.mark.parametrize(
    ("example", "snippet"),
    [
        ("City/fail-C-11", 'sckg:municipalityKey "15990002" ;'),
        ("EvidencedEntry/fail-C-68", "sckg:evidence p:projects-1-1 ;"),
        ("City/fail-C-13", ""),
    ],
)
def test_only_what_is_missing_is_offered(example: str, snippet: str) -> None:
    text = HEAD + (ROOT / "ontology" / "examples" / f"{example}.ttl").read_text(encoding="utf-8")
    assert [finding.snippet for finding in findings(text)] == [snippet]
