"""The JSON-LD context: a short name for each property and class, and what its values are (layer 2).

It comes from the ontology, the shapes and the schemes alone, never from data, so that it changes only with the
version of the ontology.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pyoxigraph import Literal, Triple

from smartcity_kg.answer import Rows
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import LANG_STRING, RDF, Term, text_of

IRI = "@id"
LANGUAGE = "@language"
_KEYWORDS = {"id": "@id", "type": "@type", "graph": "@graph"}
_TERM = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_SHAPES = """
SELECT DISTINCT ?path ?kind WHERE {
  ?shape sh:path ?path . FILTER(ISIRI(?path))
  OPTIONAL {
    { ?shape (sh:or/rdf:rest*/rdf:first)?/sh:datatype ?kind }
    UNION { ?shape (sh:or/rdf:rest*/rdf:first)?/(sh:class|sh:node) ?class BIND("@id" AS ?kind) }
    UNION { ?shape sh:nodeKind sh:IRI BIND("@id" AS ?kind) }
    UNION { ?shape sh:languageIn|sh:uniqueLang ?tags BIND(rdf:langString AS ?kind) }
  }
}
"""
_TERMS = """
SELECT DISTINCT ?term ?kind WHERE {
  { ?term a owl:ObjectProperty BIND("@id" AS ?kind) } UNION { ?term a owl:DatatypeProperty }
  UNION { ?term a owl:AnnotationProperty } UNION { ?term a rdf:Property }
  FILTER(ISIRI(?term))
}
"""
_CLASSES = (
    "SELECT DISTINCT ?class WHERE { { ?class a owl:Class } UNION { ?class a rdfs:Class } FILTER(ISIRI(?class)) }"
)
_VERSION = "SELECT ?version WHERE { ?ontology a owl:Ontology ; owl:versionInfo ?version }"


@dataclass(frozen=True)
class Context:
    """Short names: of properties with the kind of their values, and of classes.

    `kinds`: property IRI to `@id` (a thing), `@language` (text in a language), a datatype's IRI, or nothing where
    values are of several kinds.

    >>> context = Context("1.0", {"http://e.org/p": "p"}, {"http://e.org/p": "@id"}, {})
    >>> context.document()["@context"]["p"]
    {'@id': 'http://e.org/p', '@type': '@id'}
    """

    version: str
    properties: Mapping[str, str]
    kinds: Mapping[str, str]
    classes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("properties", "kinds", "classes"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def path(self) -> str:
        """Where the context stands in a release and on the site."""
        return f"context/{self.version}.jsonld"

    def document(self) -> dict[str, dict[str, object]]:
        """The context as JSON-LD 1.1."""
        named: dict[str, object] = {}
        for iri, name in self.properties.items():
            kind = self.kinds.get(iri, "")
            about = {"@container": LANGUAGE} if kind == LANGUAGE else {"@type": kind} if kind else {}
            named[name] = {"@id": iri, **about}
        named |= {name: {"@id": iri} for iri, name in self.classes.items()}
        return {"@context": {"@version": 1.1, **_KEYWORDS, **dict(sorted(named.items()))}}


def read_context(project: Project) -> Context:
    """The context of a project; reads its ontology, shapes, schemes and alignments.

    Raises:
        InputError: If a file cannot be read or is no Turtle.

    >>> context = read_context(Project.find())
    >>> prefixes = Project.find().prefixes
    >>> label = prefixes.expand("skos:prefLabel").value
    >>> context.properties[label], context.kinds[label]
    ('prefLabel', '@language')
    """
    store = EmbeddedStore(project.prefixes)
    triples: list[Triple] = []
    files = {*project.ontology_files, *project.shape_files, *project.files("ontology/alignments")}
    for path in sorted(files):
        read = project.read(path).triples
        store.load(read, graph=project.graph_name(path))
        triples += read
    shaped = _kinds(store, _SHAPES)
    declared, seen = _kinds(store, _TERMS), _seen(triples)
    kinds = {
        iri: shaped.get(iri) or seen.get(iri) or declared.get(iri, set()) for iri in (*shaped, *declared, *seen)
    }
    first = [
        sorted(iris, key=lambda iri: (not iri.startswith(project.base), iri)) for iris in (shaped, declared, seen)
    ]
    names = _names([iri for iris in first for iri in iris if iri != f"{RDF}type"], project, taken=set(_KEYWORDS))
    classes = sorted(text_of(row[0]) for row in _rows(store, _CLASSES))
    classes.sort(key=lambda iri: not iri.startswith(project.base))
    versions = sorted(text_of(row[0]) for row in _rows(store, _VERSION))
    return Context(
        versions[0] if versions else "1",
        names,
        {iri: next(iter(found)) for iri, found in kinds.items() if len(found) == 1},
        _names(classes, project, taken={*_KEYWORDS, *names.values()}),
    )


def _names(iris: Iterable[str], project: Project, *, taken: set[str]) -> dict[str, str]:
    """A name for each IRI: its last part, or that behind its prefix where another has it."""
    found: dict[str, str] = {}
    for iri in dict.fromkeys(iris):
        prefix, _, local = project.prefixes.compress(iri).partition(":")
        short = iri.replace("#", "/").rpartition("/")[2]
        for name in (short, f"{prefix}_{local}" if prefix in project.prefixes else ""):
            if _TERM.match(name) and name not in taken:
                found[iri] = name
                taken.add(name)
                break
    return found


def _kinds(store: EmbeddedStore, query: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for term, kind in _rows(store, query):
        found[text_of(term)] |= {_kind(text_of(kind))} if kind is not None else set()
    return dict(found)


def _seen(triples: Iterable[Triple]) -> dict[str, set[str]]:
    """What kinds of values properties have in the ontology itself."""
    found: dict[str, set[str]] = defaultdict(set)
    for triple in triples:
        value = triple.object
        found[triple.predicate.value].add(_kind(value.datatype.value) if isinstance(value, Literal) else IRI)
    return dict(found)


def _kind(text: str) -> str:
    return LANGUAGE if text == LANG_STRING else text


def _rows(store: EmbeddedStore, query: str) -> tuple[tuple[Term | None, ...], ...]:
    answer = store.run(query)
    return answer.rows if isinstance(answer, Rows) else ()
