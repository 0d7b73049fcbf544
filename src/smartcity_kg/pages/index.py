"""The graph in memory, by thing, so that thousands of pages can be made from it (layer 4).

It holds what a store has, read once; a page asks it and not the store. Terms are those of pyoxigraph.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from smartcity_kg.pages.address import Address, find_address
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF_TYPE, RDFS, SKOS, Term, pick_language, text_of
from smartcity_kg.turtle.blanks import labels_by_content, relabelled

_LABELS = {
    NamedNode(f"{SKOS}prefLabel"): 0,
    NamedNode(f"{RDFS}label"): 1,
    NamedNode("http://purl.org/dc/terms/title"): 2,
}
_WKT = NamedNode("http://www.opengis.net/ont/geosparql#asWKT")
_GEOMETRY = NamedNode("http://www.opengis.net/ont/geosparql#hasGeometry")
_VERSION = NamedNode("http://www.w3.org/2002/07/owl#versionIRI")
_TOPIC = NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")

Pair = tuple[NamedNode, Term]


@dataclass(frozen=True)
class Index:
    """What is said about each thing, in both directions.

    Attributes:
        base: What the IRIs of the project begin with.
        outgoing: Subject to its properties and values.
        incoming: Object to the properties and subjects that point to it.
        rules: The rule that concluded a triple, where one did.
        things: Path of a page to the IRIs that it tells about, the most important one first.
        members: Name of a named graph to the things described in it.
        axioms: Path of a page to the blank nodes that nothing points to and that say something of its things.
        versions: Path of the page of a version to that of what it is a version of.
    """

    base: str
    outgoing: dict[Term, list[Pair]] = field(repr=False)
    incoming: dict[Term, list[Pair]] = field(repr=False)
    rules: dict[Triple, str] = field(repr=False)
    things: dict[str, tuple[str, ...]] = field(repr=False)
    members: dict[str, tuple[Term, ...]] = field(repr=False)
    _labels: dict[Term, list[tuple[int, Literal]]] = field(repr=False)
    axioms: dict[str, tuple[BlankNode, ...]] = field(default_factory=dict, repr=False)
    versions: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(
        cls, store: EmbeddedStore, project: Project, more: Mapping[str, Iterable[Triple]] = MappingProxyType({})
    ) -> "Index":
        """The index of a store that all rules were run on.

        Args:
            store: The graph.
            project: Where the base comes from.
            more: Triples that have pages too but are no part of that graph, by the name of theirs.

        >>> from smartcity_kg.graph import prepared_store
        >>> project = Project.find()
        >>> index = Index.read(prepared_store(project), project)
        >>> index.label(NamedNode("https://w3id.org/smartcity-kg/id/city/koeln"), "en")
        'Cologne'
        """
        told = list(store.triples())
        # Labels of blank nodes change whenever a store is built; a page may not.
        labels_of = labels_by_content([triple for triple in told if _has_blank(triple)])
        rules, members = _by_graph(store, project.inferred, labels_of)
        index = cls(project.base, {}, {}, rules, {}, members, {})
        index._tell(relabelled(triple, labels_of) for triple in told)
        index.add(more)
        return index

    def add(self, more: Mapping[str, Iterable[Triple]]) -> None:
        """Add triples that are no part of the graph, by the name of theirs; what is known is not told twice."""
        added = {name: _named(name, triples) for name, triples in more.items()}
        self.members.update({name: tuple(dict.fromkeys(t.subject for t in said)) for name, said in added.items()})
        seen = dict.fromkeys(triple for triples in added.values() for triple in triples)
        known = {subject: {*self.outgoing.get(subject, ())} for subject in {triple.subject for triple in seen}}
        self._tell(t for t in seen if (t.predicate, t.object) not in known[t.subject])
        self._find_pages()

    def _tell(self, triples: Iterable[Triple]) -> None:
        for triple in triples:
            self.outgoing.setdefault(triple.subject, []).append((triple.predicate, triple.object))
            if not isinstance(triple.object, Literal):
                self.incoming.setdefault(triple.object, []).append((triple.predicate, triple.subject))
            elif triple.predicate in _LABELS:
                self._labels.setdefault(triple.subject, []).append((_LABELS[triple.predicate], triple.object))

    def _find_pages(self) -> None:
        things = _by_page(self.outgoing, self.base)
        versions = _versions(self.outgoing, self.base)
        things |= {version: things[path] for version, path in versions.items()}
        found: tuple[tuple[dict[str, Any], Mapping[str, Any]], ...] = (
            (self.things, {path: things[path] for path in sorted(things)}),
            (self.versions, versions),
            (self.axioms, _axioms(self.outgoing, self.incoming, self.base)),
        )
        for known, now in found:
            known.clear()
            known.update(now)

    def label(self, thing: Term, language: str) -> str:
        """What a thing is called in a language, or in the next best; empty where it has no name."""
        found = self._labels.get(thing, [])
        if not found:
            return ""
        first = min(rank for rank, _ in found)
        best = pick_language([label for rank, label in found if rank == first], language)
        return best.value if best else ""

    def values(self, thing: Term, predicate: NamedNode) -> list[Term]:
        """The values of a property, sorted."""
        return sorted((o for p, o in self.outgoing.get(thing, ()) if p == predicate), key=str)

    def classes(self, thing: Term) -> tuple[NamedNode, ...]:
        """The classes of a thing that no rule concluded; all of them where a rule concluded every one."""
        every = [c for c in self.values(thing, RDF_TYPE) if isinstance(c, NamedNode)]
        stated = [c for c in every if Triple(thing, RDF_TYPE, c) not in self.rules]  # type: ignore[arg-type]
        return tuple(stated or every)

    def page(self, thing: Term) -> Address | None:
        """Where the page about a thing is; none if there is no such page."""
        if not isinstance(thing, NamedNode):
            return None
        address = find_address(thing.value, self.base)
        return address if address and address.path in self.things else None

    def point(self, thing: Term) -> tuple[float, float] | None:
        """Longitude and latitude of a thing, in degrees; none if it has no point."""
        for geometry in self.values(thing, _GEOMETRY):
            for wkt in self.values(geometry, _WKT):
                found = read_point(getattr(wkt, "value", ""))
                if found:
                    return found
        return None

    def record(self, thing: Term) -> str:
        """The name of the graph that is the record of a thing; empty if there is none."""
        documents = sorted(s.value for p, s in self.incoming.get(thing, ()) if p == _TOPIC and hasattr(s, "value"))
        return next((name for name in documents if name in self.members), "")


def read_point(wkt: str) -> tuple[float, float] | None:
    """Longitude and latitude of a point in Well-Known Text (OGC 06-103r4, section 7); none if it is another text.

    >>> read_point("POINT(11.63 52.13)"), read_point("LINESTRING(1 2, 3 4)")
    ((11.63, 52.13), None)
    """
    head, bracket, rest = wkt.partition("(")
    if not bracket or head.strip().rpartition(" ")[2].upper() != "POINT":
        return None
    try:
        east, north = (float(part) for part in rest.rstrip().removesuffix(")").split())
    except ValueError:
        return None
    return east, north


def _named(name: str, triples: Iterable[Triple]) -> tuple[Triple, ...]:
    """Triples with names for blank nodes that are the same in every run and in no other file."""
    given = tuple(triples)
    head = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    labels = {node: f"b{head}{label}" for node, label in labels_by_content(given, path=name).items()}
    return tuple(relabelled(triple, labels) for triple in given)


def _has_blank(triple: Triple) -> bool:
    return isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode)


def _versions(outgoing: Mapping[Term, list[Pair]], base: str) -> dict[str, str]:
    """For each IRI of a version of ours the path of its page, and that of what it is a version of."""
    found: dict[str, str] = {}
    for subject, pairs in outgoing.items():
        here = find_address(text_of(subject), base)
        for predicate, other in pairs:
            there = find_address(text_of(other), base) if predicate == _VERSION else None
            if here and there and here != there:
                found[there.path] = here.path
    return found


def _axioms(
    outgoing: Mapping[Term, list[Pair]], incoming: Mapping[Term, list[Pair]], base: str
) -> dict[str, tuple[BlankNode, ...]]:
    """The blank nodes that nothing points to, each with the first page of what it speaks of."""
    found: dict[str, list[BlankNode]] = defaultdict(list)
    for subject in outgoing:
        if isinstance(subject, BlankNode) and subject not in incoming:
            addresses = (find_address(iri, base) for iri in _reached(subject, outgoing))
            paths = sorted(address.path for address in addresses if address)
            if paths:
                found[paths[0]].append(subject)
    return {path: tuple(sorted(found[path], key=str)) for path in sorted(found)}


def _reached(start: BlankNode, outgoing: Mapping[Term, list[Pair]]) -> Iterator[str]:
    """The IRIs that a blank node refers to, itself or through others."""
    waiting: list[Term] = [start]
    seen: set[Term] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, NamedNode):
            yield node.value
        elif isinstance(node, BlankNode) and node not in seen:
            seen.add(node)
            waiting += (other for _, other in outgoing.get(node, ()))


def _by_graph(
    store: EmbeddedStore, inferred: str, labels: Mapping[BlankNode, str]
) -> tuple[dict[Triple, str], dict[str, tuple[Term, ...]]]:
    rules: dict[Triple, str] = {}
    members: dict[str, tuple[Term, ...]] = {}
    for name in store.graphs():
        if name.startswith(inferred):
            found = (relabelled(triple, labels) for triple in store.triples(graph=name))
            rules.update((triple, name.removeprefix(inferred)) for triple in found)
        else:
            found = (relabelled(triple, labels) for triple in store.triples(graph=name))
            members[name] = tuple(dict.fromkeys(triple.subject for triple in found))
    return rules, members


def _by_page(subjects: Iterable[Term], base: str) -> dict[str, tuple[str, ...]]:
    """For each page the IRIs of ours that it tells about: things before documents, both before their parts."""
    found: dict[str, list[str]] = defaultdict(list)
    for subject in subjects:
        if isinstance(subject, NamedNode):
            address = find_address(subject.value, base)
            if address:
                found[address.path].append(subject.value)

    def place(iri: str) -> tuple[bool, bool, str]:
        return ("#" in iri, not iri.removeprefix(base).startswith("id/"), iri)

    return {path: tuple(sorted(found[path], key=place)) for path in sorted(found)}
