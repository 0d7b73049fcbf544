"""What a page says about one thing: its names, properties, sources, and what rules concluded (layer 4).

Order, names and groups of properties are those of the shapes; nothing about any class stands here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from smartcity_kg.layout import Block, Layout
from smartcity_kg.pages.index import Index
from smartcity_kg.pages.values import Reader, Value, last_part
from smartcity_kg.terms import RDF_TYPE, RDFS, SKOS, Term

_NAMES = frozenset(
    NamedNode(iri) for iri in (f"{SKOS}prefLabel", f"{RDFS}label", "http://purl.org/dc/terms/title")
)
_LAST = (float("inf"), float("inf"))
_MOST = 100


@dataclass(frozen=True)
class Property:
    """A property of a thing with its values.

    Attributes:
        iri: The property.
        name: What the shapes or the ontology call it.
        href: Where its definition is.
        group: The last part of the IRI of its group; empty where the shapes give none.
        values: Its values in order.
        more: How many values are left out.
        key: Whether the shapes name it among the facts to be shown first.
    """

    iri: str
    name: str
    href: str
    group: str
    values: tuple[Value, ...]
    more: int = 0
    key: bool = False

    @property
    def concepts(self) -> bool:
        """Whether all values are concepts of a scheme."""
        return all(value.scheme for value in self.values)

    @property
    def long(self) -> bool:
        """Whether all values are texts in sentences."""
        return all(value.long for value in self.values)


@dataclass(frozen=True)
class Article:
    """What is said about one thing.

    Attributes:
        iri: The thing.
        title: Its name.
        href: Where its own page is.
        anchor: The last part of its IRI.
        kinds: Its classes.
        stated: The properties that have at least one value which no rule concluded.
        concluded: The properties that rules concluded.
        incoming: What points to it, by property, without what is the inverse of a property above; empty where
            that was not wanted.
    """

    iri: str
    title: str
    href: str
    anchor: str
    kinds: tuple[Value, ...]
    stated: tuple[Property, ...]
    concluded: tuple[Property, ...]
    incoming: tuple[Property, ...]

    def group(self, name: str) -> tuple[Property, ...]:
        """The stated properties of a group."""
        return tuple(one for one in self.stated if one.group == name)


@dataclass(frozen=True)
class Writer:
    """Makes articles in one language from an index and the layout that the shapes give."""

    index: Index
    layout: Layout
    places: Mapping[str, tuple[float, float]]
    names: Mapping[str, str]
    groups: Mapping[str, str]
    keys: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()

    @classmethod
    def of(cls, index: Index, layout: Layout, skipped: frozenset[str] = frozenset()) -> "Writer":
        """The writer for a layout, which is read in the language that the articles are to be in.

        Conclusions of the rules in `skipped` are left out: they say less than what they follow from.

        >>> Writer.of(Index("", {}, {}, {}, {}, {}, {}), Layout(())).groups
        {}
        """
        groups = {f.path: last_part(f.group) for b in layout.blocks for f in b.fields if f.group}
        keys = frozenset(f.path for b in layout.blocks for f in b.fields if f.key)
        return cls(index, layout, layout.property_order(), layout.property_names(), groups, keys, skipped)

    def article(self, thing: NamedNode, reader: Reader, *, incoming: bool = False) -> Article:
        """What the graph says about a thing, for a reader; with what points to it only where that is wanted."""
        stated: list[Property] = []
        concluded: list[Property] = []
        by_property: dict[NamedNode, list[tuple[Term, str]]] = {}
        for predicate, other in self.index.outgoing.get(thing, ()):
            rule = self.index.rules.get(Triple(thing, predicate, other), "")
            if rule in self.skipped:
                continue
            by_property.setdefault(predicate, []).append((other, rule))
        shown: set[Term] = set()
        for predicate, found in sorted(by_property.items(), key=lambda item: self._place(item[0], reader)):
            shown.update(other for other, _ in found)
            if predicate in _NAMES or predicate == RDF_TYPE:
                continue
            one = self._property(predicate, _spoken(found, reader.language), reader)
            (stated if any(not rule for _, rule in found) else concluded).append(one)
        kinds = tuple(reader.value(kind) for kind in self.index.classes(thing))
        return Article(
            thing.value,
            reader.name(thing),
            reader.href(thing),
            last_part(thing.value),
            kinds,
            tuple(stated),
            tuple(concluded),
            self._incoming(thing, shown, reader) if incoming else (),
        )

    def blocks(self, thing: Term) -> list[Block]:
        """What the shapes say about the classes of a thing, those with a section first."""
        classes = {c.value for c in self.index.classes(thing)}
        return [block for block in self.layout.blocks if block.class_iri in classes]

    def _incoming(self, thing: NamedNode, shown: set[Term], reader: Reader) -> tuple[Property, ...]:
        by_property: dict[NamedNode, list[tuple[Term, str]]] = {}
        for predicate, other in self.index.incoming.get(thing, ()):
            # What points here and is named above is the same statement, seen from the other side.
            if other in shown or self.index.rules.get(Triple(other, predicate, thing)):  # type: ignore[arg-type]
                continue
            by_property.setdefault(predicate, []).append((other, ""))
        ordered = sorted(by_property.items(), key=lambda item: self._place(item[0], reader))
        return tuple(self._property(predicate, found, reader) for predicate, found in ordered)

    def _property(self, predicate: NamedNode, found: list[tuple[Term, str]], reader: Reader) -> Property:
        # Sorting all of thousands of values costs more than it is worth where most are left out.
        values = sorted((reader.value(*pair) for pair in found), key=lambda v: (bool(v.rule), v.text, v.iri))
        return Property(
            predicate.value,
            self.names.get(predicate.value) or reader.name(predicate),
            reader.href(predicate),
            self.groups.get(predicate.value, ""),
            tuple(values[:_MOST]),
            max(0, len(values) - _MOST),
            predicate.value in self.keys,
        )

    def _place(self, predicate: NamedNode, reader: Reader) -> tuple[tuple[float, float], str, str]:
        return self.places.get(predicate.value, _LAST), reader.name(predicate), predicate.value


def _spoken(found: Iterable[tuple[Term, str]], language: str) -> list[tuple[Term, str]]:
    """The values without texts in another language where there is one in the wanted language."""
    pairs = list(found)
    languages = {term.language for term, _ in pairs if isinstance(term, Literal) and term.language}
    if language not in languages:
        return pairs
    return [(t, r) for t, r in pairs if not (isinstance(t, Literal) and t.language and t.language != language)]
