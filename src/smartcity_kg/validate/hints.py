"""What may have been meant by an IRI that nothing describes (layer 2).

A near miss is looked for among what is described: of the same kind, in the same namespace, by name or by label in
any language. It knows no names of the ontology; what is a property or a class is said in RDF.
"""

from functools import cached_property

import pyoxigraph as ox

from smartcity_kg.errors import close_matches
from smartcity_kg.report import Finding
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF, RDF_TYPE, RDFS, SKOS, Term

_OWL = "http://www.w3.org/2002/07/owl#"
_PROPERTIES = frozenset(
    ox.NamedNode(iri)
    for iri in (
        f"{RDF}Property",
        f"{_OWL}ObjectProperty",
        f"{_OWL}DatatypeProperty",
        f"{_OWL}AnnotationProperty",
    )
)
_CLASSES = frozenset(ox.NamedNode(iri) for iri in (f"{_OWL}Class", f"{RDFS}Class"))
_LABELS = tuple(ox.NamedNode(iri) for iri in (f"{SKOS}prefLabel", f"{SKOS}altLabel", f"{RDFS}label"))
_DEPRECATED = ox.NamedNode(f"{_OWL}deprecated")
_LIKENESS = 0.7
# So that a file full of unknown names takes no longer than the check itself.
_MOST_SEARCHES = 200
_SPELLING = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "-": "", "_": "", " ": ""})


class Suggestions:
    """Near misses among what a store describes; the store is read when the first one is looked for.

    >>> from smartcity_kg.terms import Prefixes
    >>> e = Prefixes({"e": "http://e.org/"}).expand
    >>> store = EmbeddedStore(Prefixes({}))
    >>> store.load([ox.Triple(e("e:fieldOfAction"), RDF_TYPE, ox.NamedNode(_OWL + "ObjectProperty"))], graph="e:g")
    >>> suggestions = Suggestions(store)
    >>> wrong, right = e("e:feildOfAction"), e("e:fieldOfAction")
    >>> suggestions.find(Finding("", "violation", e("e:a"), wrong, wrong, {}, {}, "a.ttl"))
    <NamedNode value=http://e.org/fieldOfAction>
    >>> suggestions.find(Finding("", "violation", e("e:a"), right, right, {}, {}, "a.ttl")) is None
    True
    """

    def __init__(self, store: EmbeddedStore) -> None:
        self._store = store
        self._names: dict[tuple[str, str], dict[str, str]] = {}
        self._searches = 0

    def find(self, finding: Finding) -> ox.NamedNode | None:
        """What was probably meant by a finding's value; none if it is described, no IRI, or nothing is like it."""
        value = finding.value
        if not isinstance(value, ox.NamedNode) or value == finding.focus or self._quads(value, RDF_TYPE):
            return None
        namespace, name = _split(value.value)
        if not name or self._searches >= _MOST_SEARCHES:
            return None
        self._searches += 1
        names = self._names_in(namespace, _kind_wanted(finding))
        own = str(getattr(finding.focus, "value", ""))
        others = [text for text, iri in names.items() if iri != own]
        matches = close_matches(_folded(name), others, count=1, cutoff=_LIKENESS)
        return ox.NamedNode(names[matches[0]]) if matches else None

    def _names_in(self, namespace: str, kind: str) -> dict[str, str]:
        """Folded name or label to IRI, of what is described in a namespace; a name wins over a label."""
        if (namespace, kind) not in self._names:
            members = [iri for iri in self._by_namespace.get(namespace, ()) if self._kinds[iri] == kind]
            names = {_folded(_split(iri.value)[1]): iri.value for iri in members}
            for iri in members:
                for label in self._labels(iri):
                    names.setdefault(_folded(label), iri.value)
            self._names[namespace, kind] = names
        return self._names[namespace, kind]

    def _labels(self, iri: ox.NamedNode) -> list[str]:
        found = [quad.object for label in _LABELS for quad in self._quads(iri, label)]
        return sorted(term.value for term in found if isinstance(term, ox.Literal))

    @cached_property
    def _kinds(self) -> dict[ox.NamedNode, str]:
        """Whatever has a class and is not retired, and whether it is a property, a class or an entry."""
        retired = {quad.subject for quad in self._quads(None, _DEPRECATED)}
        kinds: dict[ox.NamedNode, str] = {}
        for quad in self._quads(None, RDF_TYPE):
            if isinstance(quad.subject, ox.NamedNode) and quad.subject not in retired:
                kind = _kind_of(quad.object)
                if kind != "entry" or quad.subject not in kinds:
                    kinds[quad.subject] = kind
        return kinds

    @cached_property
    def _by_namespace(self) -> dict[str, list[ox.NamedNode]]:
        found: dict[str, list[ox.NamedNode]] = {}
        for iri in sorted(self._kinds, key=str):
            found.setdefault(_split(iri.value)[0], []).append(iri)
        return found

    def _quads(self, subject: ox.NamedNode | None, predicate: ox.NamedNode) -> list[ox.Quad]:
        return list(self._store.quads.quads_for_pattern(subject, predicate, None, ox.DefaultGraph()))


def _kind_wanted(finding: Finding) -> str:
    """What the value of a finding was used as."""
    if finding.path == finding.value:
        return "property"
    return "class" if finding.path == RDF_TYPE else "entry"


def _kind_of(of_class: Term) -> str:
    if of_class in _PROPERTIES:
        return "property"
    return "class" if of_class in _CLASSES else "entry"


def _split(iri: str) -> tuple[str, str]:
    """Namespace and name of an IRI."""
    place = max(iri.rfind("/"), iri.rfind("#")) + 1
    return iri[:place], iri[place:]


def _folded(name: str) -> str:
    """A name without what is easily mistaken: case, hyphens, and how umlauts are written."""
    return name.casefold().translate(_SPELLING)
