"""What search engines read: things in the words of schema.org, by the alignment of the ontology (layer 4)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from smartcity_kg.pages.index import Index
from smartcity_kg.pages.values import Reader, is_web
from smartcity_kg.project import Project
from smartcity_kg.terms import RDF_TYPE, SKOS

if TYPE_CHECKING:
    from smartcity_kg.pages.site import Site

_SCHEMA = "https://schema.org/"
# A class that is narrower than one of schema.org has its members there too; one that is only related has not.
_MATCHES = frozenset(NamedNode(f"{SKOS}{name}") for name in ("exactMatch", "closeMatch", "broadMatch"))
_SAME = frozenset(
    NamedNode(iri) for iri in ("http://www.w3.org/2002/07/owl#sameAs", f"{SKOS}exactMatch", f"{SKOS}closeMatch")
)


@dataclass(frozen=True)
class Vocabulary:
    """Classes and properties of the ontology with their counterparts in schema.org."""

    matches: dict[str, str]

    @classmethod
    def read(cls, project: Project) -> "Vocabulary":
        """The counterparts that the files in `ontology/alignments` name."""
        found: dict[str, str] = {}
        for path in project.files("ontology/alignments"):
            for triple in project.read(path).triples:
                target = getattr(triple.object, "value", "")
                if triple.predicate in _MATCHES and target.startswith(_SCHEMA):
                    found.setdefault(getattr(triple.subject, "value", ""), target)
        return cls(found)

    def types(self, index: Index, thing: NamedNode) -> tuple[str, ...]:
        """The classes of schema.org that a thing belongs to, sorted."""
        every = (o.value for p, o in index.outgoing.get(thing, ()) if p == RDF_TYPE and isinstance(o, NamedNode))
        return tuple(sorted({self.matches[kind] for kind in every if kind in self.matches}))

    def describe(self, site: "Site", thing: NamedNode, reader: Reader, types: tuple[str, ...]) -> dict[str, Any]:
        """A thing as JSON-LD with the context of schema.org."""
        index = site.index
        data: dict[str, Any] = {
            "@context": _SCHEMA,
            "@id": thing.value,
            "@type": [kind.removeprefix(_SCHEMA) for kind in types] or ["Thing"],
            "name": reader.name(thing),
        }
        same = sorted(
            o.value
            for p, o in index.outgoing.get(thing, ())
            if p in _SAME and isinstance(o, NamedNode) and is_web(o.value)
        )
        if same:
            data["sameAs"] = same
        point = index.point(thing)
        if point:
            data["geo"] = {"@type": "GeoCoordinates", "longitude": point[0], "latitude": point[1]}
        for predicate, other in sorted(index.outgoing.get(thing, ()), key=str):
            name = self.matches.get(predicate.value, "").removeprefix(_SCHEMA)
            if not name or name in data:
                continue
            if isinstance(other, Literal):
                data[name] = other.value
            elif isinstance(other, NamedNode):
                data[name] = {"@id": other.value, "name": reader.name(other)}
        data["subjectOf"] = {
            "@type": "Dataset",
            "@id": f"{index.base}data",
            "name": site.editions[reader.language].title,
            "license": "https://creativecommons.org/licenses/by/4.0/",
        }
        return data
