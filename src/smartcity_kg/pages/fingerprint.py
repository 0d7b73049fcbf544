"""What a page depends on, as a short text: equal texts, equal pages (layer 4).

A page shows statements about its things, and of whatever they name the label, the kind and whether it has a page.
So it must be made anew where one of these changed, and only there.
"""

import hashlib
from collections.abc import Iterable

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from smartcity_kg.answer import Rows
from smartcity_kg.pages.index import Index
from smartcity_kg.terms import RDF_TYPE, SKOS, Term

_SCHEME = NamedNode(f"{SKOS}inScheme")
_DEPTH = 4


class Fingerprints:
    """Fingerprints of what an index says.

    Args:
        index: The graph.
        languages: Those that pages are made in.
        common: What all pages depend on.

    >>> index = Index("https://e.org/", {}, {}, {}, {}, {}, {})
    >>> one, other = (Fingerprints(index, ("de",), common).of_things([]) for common in ("a", "b"))
    >>> one == other
    False
    """

    def __init__(self, index: Index, languages: Iterable[str], common: str) -> None:
        self._index = index
        self._languages = tuple(languages)
        self._common = common
        self._faces: dict[Term, str] = {}
        self._bodies: dict[Term, bytes] = {}

    def of_things(self, things: Iterable[Term], *more: object) -> str:
        """The fingerprint of a page that shows all about some things, and some more."""
        total = hashlib.blake2b(self._common.encode(), digest_size=16)
        for thing in things:
            total.update(self._body(thing))
        for part in more:
            total.update(b"\0" + str(part).encode())
        return total.hexdigest()

    def of_statements(self, things: Iterable[Term], *more: object) -> str:
        """The fingerprint of a page that shows what is said about some things, but not what points to them."""
        total = hashlib.blake2b(self._common.encode(), digest_size=16)
        for thing in things:
            total.update("\n".join([self.face(thing), *self._said(thing)]).encode())
        total.update(repr(more).encode())
        return total.hexdigest()

    def of_triples(self, triples: Iterable[Triple]) -> str:
        """The fingerprint of triples as they are."""
        total = hashlib.blake2b(self._common.encode(), digest_size=16)
        for triple in triples:
            total.update(str(triple).encode() + b"\n")
        return total.hexdigest()

    def of_rows(self, rows: Rows) -> str:
        """The fingerprint of an answer as a page shows it."""
        total = hashlib.blake2b("\t".join(rows.columns).encode(), digest_size=16)
        for row in rows.rows:
            line = "\t".join("" if term is None else self.face(term) for term in row)
            total.update(line.encode() + b"\n")
        return total.hexdigest()

    def face(self, term: Term) -> str:
        """What a page shows of a thing that it only names."""
        found = self._faces.get(term)
        if found is None:
            found = self._faces[term] = self._face(term, _DEPTH)
        return found

    def _face(self, term: Term, depth: int) -> str:
        if isinstance(term, Literal):
            return str(term)
        index = self._index
        if isinstance(term, BlankNode):
            if not depth:
                return ""
            inner = (f"{p} {self._face(o, depth - 1)}" for p, o in index.outgoing.get(term, ()))
            return "[" + " ".join(sorted(inner)) + "]"
        labels = [index.label(term, language) for language in self._languages]
        kinds = sorted(str(o) for p, o in index.outgoing.get(term, ()) if p in {RDF_TYPE, _SCHEME})
        return "|".join(
            [str(term), str(index.page(term)), str(index.point(term)), index.record(term), *labels, *kinds]
        )

    def _body(self, thing: Term) -> bytes:
        found = self._bodies.get(thing)
        if found is None:
            index = self._index
            heard = [
                f"^{p} {self.face(s)} {index.rules.get(Triple(s, p, thing), '')}"  # type: ignore[arg-type]
                for p, s in index.incoming.get(thing, ())
            ]
            text = "\n".join([self.face(thing), *self._said(thing), *sorted(heard)])
            found = self._bodies[thing] = hashlib.blake2b(text.encode(), digest_size=16).digest()
        return found

    def _said(self, thing: Term) -> list[str]:
        index = self._index
        return sorted(
            f"{p} {self.face(o)} {index.rules.get(Triple(thing, p, o), '')}"  # type: ignore[arg-type]
            for p, o in index.outgoing.get(thing, ())
        )
