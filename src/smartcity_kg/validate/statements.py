"""Statements by subject and by object, literals exactly as written (layer 2).

An Oxigraph store would find them too, but it changes how literals are written (`"07"` becomes `7`), and a check of
the written form would then see something else than the file says.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

import pyoxigraph as ox

from smartcity_kg.terms import RDF_TYPE, RDFS, Term

_SUBCLASS = ox.NamedNode(f"{RDFS}subClassOf")


class Statements:
    """An immutable set of triples that can be asked from both ends; changes nothing outside.

    >>> a, p, b = (ox.NamedNode(f"http://e.org/{name}") for name in "apb")
    >>> graph = Statements([ox.Triple(a, p, b)])
    >>> list(graph.objects(a, p)) == [b], list(graph.subjects(p, b)) == [a], list(graph.objects(b, p))
    (True, True, [])
    """

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = tuple(dict.fromkeys(triples))

    def __iter__(self) -> Iterator[ox.Triple]:
        return iter(self.triples)

    def __len__(self) -> int:
        return len(self.triples)

    @cached_property
    def _of_subject(self) -> dict[Term, list[ox.Triple]]:
        found: dict[Term, list[ox.Triple]] = {}
        for triple in self.triples:
            found.setdefault(triple.subject, []).append(triple)
        return found

    @cached_property
    def _of_both(self) -> dict[Term, dict[Term, list[ox.Triple]]]:
        return {}

    @cached_property
    def _of_predicate(self) -> dict[Term, list[ox.Triple]]:
        found: dict[Term, list[ox.Triple]] = {}
        for triple in self.triples:
            found.setdefault(triple.predicate, []).append(triple)
        return found

    @cached_property
    def _into(self) -> dict[Term, dict[Term, list[ox.Triple]]]:
        return {}

    def about(self, subject: Term, predicate: Term | None = None) -> list[ox.Triple]:
        """The triples of a subject: all, or those with a predicate."""
        if predicate is None:
            return self._of_subject.get(subject, [])
        if subject not in self._of_both:
            by_predicate: dict[Term, list[ox.Triple]] = {}
            for triple in self._of_subject.get(subject, ()):
                by_predicate.setdefault(triple.predicate, []).append(triple)
            self._of_both[subject] = by_predicate
        return self._of_both[subject].get(predicate, [])

    def using(self, predicate: Term) -> list[ox.Triple]:
        """The triples with a predicate."""
        return self._of_predicate.get(predicate, [])

    def into(self, predicate: Term, value: Term) -> list[ox.Triple]:
        """The triples with a predicate and an object."""
        if predicate not in self._into:
            by_object: dict[Term, list[ox.Triple]] = defaultdict(list)
            for triple in self.using(predicate):
                by_object[triple.object].append(triple)
            self._into[predicate] = by_object
        return self._into[predicate].get(value, [])

    def objects(self, subject: Term, predicate: Term) -> Iterator[Term]:
        """The objects of a subject's triples with a predicate."""
        return (triple.object for triple in self.about(subject, predicate))

    def subjects(self, predicate: Term, value: Term) -> Iterator[Term]:
        """The subjects of triples with a predicate and an object."""
        return (triple.subject for triple in self.into(predicate, value))

    def instances(self, kind: Term) -> set[Term]:
        """The SHACL instances of a class: those of its subclasses too (W3C SHACL, section 1.1)."""
        kinds = self.subclasses(kind)
        return {node for one in kinds for node in self.subjects(RDF_TYPE, one)}

    def members(self, start: Term) -> list[Term]:
        """The members of an RDF list."""
        found: list[Term] = []
        seen: set[Term] = set()
        while start not in seen and (first := next(self.objects(start, _FIRST), None)) is not None:
            seen.add(start)
            found.append(first)
            start = next(self.objects(start, _REST), start)
        return found

    def subclasses(self, kind: Term) -> Collection[Term]:
        """A class and all of its subclasses."""
        if kind not in self._subclasses:
            seen = {kind}
            queue = [kind]
            while queue:
                new = set(self.subjects(_SUBCLASS, queue.pop())) - seen
                seen |= new
                queue.extend(new)
            self._subclasses[kind] = seen
        return self._subclasses[kind]

    @cached_property
    def _subclasses(self) -> dict[Term, set[Term]]:
        return {}


_FIRST = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#first")
_REST = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#rest")
