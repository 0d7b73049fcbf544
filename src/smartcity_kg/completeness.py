"""How complete a record is, section by section (layer 2).

What belongs in which section, and what its entries must or should give, is what the shapes say. Nothing here
knows a class or a property of the ontology.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pyoxigraph as ox

from smartcity_kg.layout import Block, Field, Layout, read_layout, section_names
from smartcity_kg.project import Project
from smartcity_kg.terms import RDF_TYPE, RDFS, SKOS, Term, pick_language, text_of

_SUBCLASS = ox.NamedNode(f"{RDFS}subClassOf")
_LABELS = tuple(ox.NamedNode(iri) for iri in (f"{SKOS}prefLabel", f"{RDFS}label"))
_TOPIC = ox.NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")


@dataclass(frozen=True)
class Gap:
    """A property that entries of a section lack: its name, whether it is required, and the entries' names."""

    path: str
    name: str
    required: bool
    entries: tuple[str, ...]


@dataclass(frozen=True)
class SectionScore:
    """What a record gives in one section.

    Attributes:
        section: The IRI of the section.
        name: Its heading.
        kinds: What may be entered in it.
        entries: How many entries there are.
        expected: How many properties they must or should give, all together.
        filled: How many of these they do give.
        gaps: What would raise the score, required ones first.
    """

    section: str
    name: str
    kinds: tuple[str, ...]
    entries: int
    expected: int
    filled: int
    gaps: tuple[Gap, ...]

    @property
    def percent(self) -> int:
        """From 0, for a section without an entry, to 100; rounded down, so that 100 means all.

        >>> SectionScore("s", "Goals", ("Goal",), 2, 6, 5, ()).percent
        83
        """
        if not self.entries:
            return 0
        return 100 * self.filled // self.expected if self.expected else 100


@dataclass(frozen=True)
class Completeness:
    """The scores of a record's sections, in the order of the portrait.

    Attributes:
        file: The record.
        title: The name of what it is about.
        sections: The scores.
        section_of: Each entry that belongs in a section, with the section's IRI.
        names: What the things in the record are called.
    """

    file: str
    title: str
    sections: tuple[SectionScore, ...]
    section_of: Mapping[Term, str] = field(default_factory=dict, repr=False)
    names: Mapping[Term, str] = field(default_factory=dict, repr=False)

    @property
    def percent(self) -> int:
        """The mean of the sections, rounded down.

        >>> Completeness("a.ttl", "Ulm", ()).percent
        0
        """
        return sum(one.percent for one in self.sections) // len(self.sections) if self.sections else 0


@dataclass(frozen=True)
class Yardstick:
    """What records are measured by: the layout, the names of sections, and which class is part of which."""

    layout: Layout
    sections: Mapping[str, str]
    superclasses: Mapping[Term, frozenset[Term]]
    language: str = "en"
    names: Mapping[Term, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, project: Project, language: str = "en") -> "Yardstick":
        """The yardstick that shapes, schemes and ontology of a project give, with names in a language.

        What is shared by records, such as the register of cities, gives names only; so do terms and schemes.

        >>> Yardstick.read(Project.find(), "de").sections["https://w3id.org/smartcity-kg/scheme/section/goals"]
        'Motivation und Zielsetzung'
        """
        return cls.read_each(project, [language])[language]

    @classmethod
    def read_each(
        cls,
        project: Project,
        languages: Iterable[str],
        layouts: Mapping[str, Layout] = MappingProxyType({}),
        read: Callable[[Path], Iterable[ox.Triple]] | None = None,
    ) -> "dict[str, Yardstick]":
        """The yardstick in several languages, for which the files are read once.

        Args:
            project: As in `read`.
            languages: The languages.
            layouts: What the shapes say, by language, as far as it has been read.
            read: Gives the triples of a file; it is parsed if absent.

        >>> sorted(Yardstick.read_each(Project.find(), ["de", "en"]))
        ['de', 'en']
        """
        read = read or (lambda path: project.read(path).triples)
        triples = [triple for path in project.ontology_files for triple in read(path)]
        direct: dict[Term, set[Term]] = defaultdict(set)
        for triple in triples:
            if triple.predicate == _SUBCLASS:
                direct[triple.subject].add(triple.object)
        above = {one: _closure(one, direct) for one in list(direct)}
        shared = (triple for path in project.files("data/shared") for triple in read(path))
        labels = _labels((*triples, *shared))
        return {
            language: cls(
                layouts.get(language) or read_layout(project, language),
                section_names(project, language),
                above,
                language,
                _in_language(labels, language),
            )
            for language in languages
        }


def _closure(start: Term, direct: Mapping[Term, Iterable[Term]]) -> frozenset[Term]:
    found: set[Term] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(direct.get(one, ()))
    return frozenset(found)


def measure(triples: Sequence[ox.Triple], yardstick: Yardstick, *, file: str = "") -> Completeness | None:
    """How complete the record in some triples is; none if they are no record of anything.

    Args:
        triples: What the record states.
        yardstick: What it is measured by.
        file: What to call it.

    >>> measure([], Yardstick(Layout(()), {}, {})) is None
    True
    """
    topics = [triple.object for triple in triples if triple.predicate == _TOPIC]
    if not topics:
        return None
    given: dict[Term, set[Term]] = defaultdict(set)
    classes: dict[Term, set[Term]] = defaultdict(set)
    # A store gives them in an order of its own.
    for triple in sorted(triples, key=str):
        given[triple.subject].add(triple.predicate)
        if triple.predicate == RDF_TYPE:
            classes[triple.subject] |= yardstick.superclasses.get(triple.object, frozenset({triple.object}))
    names = {**yardstick.names, **_names(triples, yardstick.language)}
    blocks_of = {entry: _blocks(found, yardstick.layout) for entry, found in classes.items()}
    section_of = {
        entry: section for entry, blocks in blocks_of.items() for section in [_section(blocks)] if section
    }
    sections: dict[str, list[Block]] = {}
    for block in yardstick.layout.blocks:
        if block.section:
            sections.setdefault(block.section, []).append(block)
    scores = [
        _score(
            section,
            yardstick.sections.get(section, ""),
            blocks,
            {entry: (blocks_of[entry], given[entry]) for entry, at in section_of.items() if at == section},
            names,
        )
        for section, blocks in sections.items()
    ]
    return Completeness(file, _name(topics[0], names), tuple(scores), section_of, names)


def _names(triples: Iterable[ox.Triple], language: str) -> dict[Term, str]:
    return _in_language(_labels(triples), language)


def _labels(triples: Iterable[ox.Triple]) -> dict[Term, list[ox.Literal]]:
    labels: dict[Term, list[ox.Literal]] = defaultdict(list)
    for triple in triples:
        if triple.predicate in _LABELS and isinstance(triple.object, ox.Literal):
            labels[triple.subject].append(triple.object)
    return labels


def _in_language(labels: Mapping[Term, list[ox.Literal]], language: str) -> dict[Term, str]:
    return {thing: text_of(pick_language(sorted(found, key=str), language)) for thing, found in labels.items()}


def _name(thing: Term, names: Mapping[Term, str]) -> str:
    """What a thing is called, or the last part of its IRI."""
    return names.get(thing) or text_of(thing).rstrip("/").rpartition("/")[2].rpartition("#")[2]


def _blocks(classes: Iterable[Term], layout: Layout) -> list[Block]:
    iris = {text_of(one) for one in classes}
    return [block for block in layout.blocks if block.class_iri in iris]


def _section(blocks: Iterable[Block]) -> str:
    return next((block.section for block in blocks if block.section), "")


def _score(
    section: str,
    name: str,
    blocks: Sequence[Block],
    entries: Mapping[Term, tuple[Sequence[Block], set[Term]]],
    names: Mapping[Term, str],
) -> SectionScore:
    lacking: dict[str, tuple[Field, list[str]]] = {}
    expected = 0
    missing = 0
    for entry, (found, given) in entries.items():
        for one in _expected(found).values():
            expected += 1
            if ox.NamedNode(one.path) not in given:
                missing += 1
                lacking.setdefault(one.path, (one, []))[1].append(_name(entry, names))
    gaps = [Gap(path, one.name, one.required, tuple(some)) for path, (one, some) in lacking.items()]
    gaps.sort(key=lambda gap: (not gap.required, -len(gap.entries), gap.name, gap.path))
    kinds = tuple(dict.fromkeys(block.name for block in blocks if block.name))
    return SectionScore(section, name, kinds, len(entries), expected, expected - missing, tuple(gaps))


def _expected(blocks: Iterable[Block]) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for one in (one for block in blocks for one in block.fields):
        if (one.required or one.recommended) and not one.derived:
            found[one.path] = one if one.required else found.get(one.path, one)
    return found
