"""What the files kept by hand say already."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from tools.registers.entries import ID, Node, same_page, term

MADE = ("cities.ttl", "contradictions.ttl")
_WHO = (
    "org:member",
    "sckg:contestant",
    "sckg:recipient",
    "sckg:leadRecipient",
    "sckg:applicant",
    "sckg:participant",
)
_WHAT = ("org:organization", "sckg:inCompetition", "sckg:inProgramme")
# A thing has only one of these; what a file kept by hand says of it holds.
_SINGLE = (
    "sckg:amount",
    "sckg:currency",
    "sckg:winnerCount",
    "sckg:fieldSize",
    "sckg:memberCount",
    "sckg:status",
    "sckg:rank",
    "dct:description",
    "foaf:homepage",
)
_DATES = ("sckg:when", "sckg:throughout")


@dataclass
class Kept:
    """The statements of all files kept by hand, by what a maker asks for."""

    triples: set[tuple[str, str, str]] = field(default_factory=set)
    described: set[str] = field(default_factory=set)
    said: set[tuple[str, str]] = field(default_factory=set)
    named: set[tuple[str, str]] = field(default_factory=set)
    pages: dict[str, Node] = field(default_factory=dict)
    links: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Path) -> "Kept":
        """What the shared files that are not made, and the records, say."""
        kept = cls()
        by_subject: dict[str, list[ox.Quad]] = defaultdict(list)
        shared = [path for path in sorted((data / "shared").glob("*.ttl")) if not is_made(path)]
        for path in [*shared, *sorted((data / "cities").glob("*.ttl"))]:
            for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
                kept._take(quad)
                by_subject[getattr(quad.subject, "value", "")].append(quad)
        who, what = ({term(name) for name in names} for names in (_WHO, _WHAT))
        for subject, quads in sorted(by_subject.items()):
            members = [getattr(quad.object, "value", "") for quad in quads if quad.predicate in who]
            targets = [getattr(quad.object, "value", "") for quad in quads if quad.predicate in what]
            for pair in ((member, target) for member in members for target in targets):
                kept.links.setdefault(pair, subject)
        return kept

    def _take(self, quad: ox.Quad) -> None:
        subject, predicate = getattr(quad.subject, "value", ""), quad.predicate
        self.triples.add((subject, predicate.value, str(quad.object)))
        self.said.add((subject, predicate.value))
        if predicate == term("rdf:type"):
            self.described.add(subject)
        if predicate == term("skos:prefLabel") and isinstance(quad.object, ox.Literal):
            self.named.add((subject, quad.object.language or ""))
        if predicate == term("rdfs:seeAlso") and subject.startswith(f"{ID}source/"):
            self.pages[same_page(getattr(quad.object, "value", ""))] = ox.NamedNode(subject)

    def says(self, subject: Node, *properties: str) -> bool:
        """Whether one of the properties is stated of the subject, with whatever value."""
        return any((subject.value, term(name).value) in self.said for name in properties)

    def covers(self, subject: Node, predicate: Node, value: ox.NamedNode | ox.Literal) -> bool:
        """Whether a statement is made already, or gives way to one that is."""
        if predicate == term("rdf:type"):
            return subject.value in self.described and value != term("sckg:City")
        if predicate == term("skos:prefLabel"):
            return (subject.value, getattr(value, "language", "") or "") in self.named
        if predicate in {term(name) for name in _DATES}:
            return self.says(subject, *_DATES)
        if predicate in {term(name) for name in _SINGLE}:
            return (subject.value, predicate.value) in self.said
        return (subject.value, predicate.value, str(value)) in self.triples


def is_made(path: Path) -> bool:
    """Whether a shared file is made by this tool.

    >>> is_made(Path("data/shared/register-results.ttl")), is_made(Path("data/shared/laws.ttl"))
    (True, False)
    """
    return path.name in MADE or path.name.startswith("register-")
