"""Files that programs read: terms for completion, saved queries, links of the data (layer 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyoxigraph import Literal, NamedNode

from smartcity_kg.pages.site import FORMATS, Site
from smartcity_kg.terms import RDFS, SKOS

_OWL = "http://www.w3.org/2002/07/owl#"
_KINDS = {
    f"{_OWL}Class": "class",
    f"{RDFS}Class": "class",
    f"{_OWL}ObjectProperty": "property",
    f"{_OWL}DatatypeProperty": "property",
    f"{_OWL}AnnotationProperty": "property",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#Property": "property",
    f"{SKOS}Concept": "concept",
}
_LABELS = (f"{SKOS}prefLabel", f"{RDFS}label", "http://purl.org/dc/terms/title")
_COMMENTS = (NamedNode(f"{SKOS}definition"), NamedNode(f"{RDFS}comment"))
_GEO = "http://www.opengis.net/ont/geosparql#"


def vocabulary_json(site: Site) -> dict[str, Any]:
    """What the editor completes: prefixes, classes, properties, concepts, and other things with few of a kind."""
    index, prefixes = site.index, site.project.prefixes
    terms = []
    for thing in sorted(t.value for t in index.outgoing if isinstance(t, NamedNode)):
        kinds = {_KINDS[c.value] for c in index.classes(NamedNode(thing)) if c.value in _KINDS}
        if kinds:
            terms.append(_term(site, thing, min(kinds), prefixes.compress(thing)))
    return {
        "prefixes": dict(sorted(prefixes.namespaces.items())),
        "labels": list(_LABELS),
        "points": f"<{_GEO}hasGeometry>/<{_GEO}asWKT>",
        "terms": terms,
    }


def _term(site: Site, iri: str, kind: str, curie: str) -> dict[str, Any]:
    index, node = site.index, NamedNode(iri)
    comments = {
        language: next(
            (
                o.value
                for p, o in index.outgoing.get(node, ())
                if p in _COMMENTS and isinstance(o, Literal) and o.language == language
            ),
            "",
        )
        for language in site.languages
    }
    return {
        "iri": iri,
        "curie": curie if curie != iri else None,
        "kind": kind,
        "label": {language: index.label(node, language) for language in site.languages},
        "comment": {language: text for language, text in comments.items() if text},
    }


def queries_json(site: Site) -> dict[str, Any]:
    """The saved queries for the editor."""
    return {
        query.name: {
            "title": {language: query.title(language) for language in site.languages},
            "view": query.view,
            "sparql": f"{query.sparql}\n",
        }
        for query in site.queries
    }


def linkset_json(site: Site, files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All links of the data in one file (RFC 9264; FAIR Signposting, level 2).

    Args:
        site: What all pages share.
        files: What can be downloaded.
    """
    data = f"{site.index.base}data"
    described = [{"href": f"{site.address}data.{ending}", "type": media_type} for _, media_type, ending in FORMATS]
    items = [{"href": f"{site.address}{file['file']}", "type": file["media_type"]} for file in files]
    link = {
        "anchor": data,
        "cite-as": [{"href": data}],
        "type": [{"href": "https://schema.org/Dataset"}],
        "license": [{"href": "https://creativecommons.org/licenses/by/4.0/"}],
        "describedby": described,
        "item": items,
    }
    return {"linkset": [link]}
