"""Checks of ontology and shapes: header, terms, names, rules (layer 4)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from smartcity_kg.publish.audit.graph import Graph
from smartcity_kg.publish.audit.model import Found, bad, good, note
from smartcity_kg.publish.audit.pages import counted, own_terms
from smartcity_kg.publish.audit.site import Site
from smartcity_kg.terms import RDF, RDFS, SH, SKOS, text_of

OWL = "http://www.w3.org/2002/07/owl#"
DCT = "http://purl.org/dc/terms/"
VANN = "http://purl.org/vocab/vann/"
_FILE = "ontology.ttl"
_SHAPES = "shapes.ttl"
_PERSISTENT = ("w3id.org", "purl.org", "doi.org", "n2t.net", "identifiers.org", "data.europa.eu", "w3.org")
_LICENCES = (
    "http://publications.europa.eu/resource/authority/licence/",
    "http://dcat-ap.de/def/licenses/",
    "https://creativecommons.org/",
    "http://creativecommons.org/",
    "https://spdx.org/licenses/",
    "http://www.opendefinition.org/licenses/",
    "https://www.govdata.de/dl-de/",
)
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_IN_IRI = re.compile(r"(?:^|/)v?\d+\.\d+(?:\.\d+)?(?:/|$)|\.(?:ttl|html|rdf|jsonld|owl|php)$")
_SLICES = re.compile(r"ontology/borrowed/[^/]+\.ttl|download/ontology/ontology\.ttl")
_CLASS_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
_PROPERTY_NAME = re.compile(r"[a-z][A-Za-z0-9]*")


def header(site: Site) -> str:
    """The IRI of the ontology; empty where none is declared.

    The IRI of the ontology is that of its document: the base and `ontology`.
    """
    found = [text_of(node) for node in site.ontology.of_type(f"{OWL}Ontology")]
    own = f"{site.base}ontology"
    return own if own in found else found[0] if found else ""


def _header_has(site: Site, properties: Sequence[str], languages: Iterable[str] = ()) -> Iterator[Found]:
    node = header(site)
    if not node:
        yield bad("no-ontology", _FILE)
        return
    for prop in properties:
        if not site.ontology.values(node, prop):
            yield bad("no-property", _FILE, node=node, value=prop)
        elif prop in languages:
            for language in sorted(set(site.languages) - site.ontology.languages(node, prop)):
                yield bad("no-language", _FILE, node=node, value=prop, language=language)
        else:
            yield good("has-property", _FILE, value=prop)


def required_metadata(site: Site) -> Iterator[Found]:
    """Title, description, licence, version IRI, creator, namespace."""
    texts = (f"{DCT}title", f"{DCT}description")
    rest = (f"{DCT}license", f"{OWL}versionIRI", f"{DCT}creator", f"{VANN}preferredNamespaceUri")
    yield from _header_has(site, (*texts, *rest), texts)


def recommended_metadata(site: Site) -> Iterator[Found]:
    """Prefix, version, day of creation, citation, contributors."""
    names = ("created", "bibliographicCitation", "contributor")
    own = (f"{VANN}preferredNamespacePrefix", f"{OWL}versionInfo")
    yield from _header_has(site, (*own, *(f"{DCT}{name}" for name in names)))


def provenance_metadata(site: Site) -> Iterator[Found]:
    """Who made it and when; who publishes it, since when, and what came before, if anything did."""
    names = ("creator", "created", "publisher", "issued", "modified")
    yield from _header_has(site, [f"{DCT}{name}" for name in names])
    if header(site) and not site.ontology.values(header(site), f"{OWL}priorVersion"):
        yield note("first-version", _FILE)


def licence(site: Site) -> Iterator[Found]:
    """The licence is an IRI of a register of licences."""
    yield from _header_has(site, (f"{DCT}license",))
    for value in site.ontology.values(header(site), f"{DCT}license") if header(site) else ():
        if not value.startswith(_LICENCES):
            yield bad("licence-unknown", _FILE, value=value)
    yield note("not-fetched")


def version(site: Site) -> Iterator[Found]:
    """The version has an IRI of its own, with page and RDF."""
    yield from _header_has(site, (f"{OWL}versionIRI",))
    node = header(site)
    for value in site.ontology.values(node, f"{OWL}versionIRI") if node else ():
        name = site.ours(value)
        if value == node:
            yield bad("version-is-ontology", _FILE, value=value)
        elif name is None:
            yield note("elsewhere", _FILE, value=value)
        else:
            wanted = [f"{name}.ttl", *(f"{language}/{name}.html" for language in site.languages)]
            for path in [path for path in wanted if not site.place.exists(path)]:
                yield bad("iri-without-file", _FILE, iri=value, value=path)


def persistent(site: Site) -> Iterator[Found]:
    """IRIs lie with a service of permanent identifiers; the rules for it are there, and the IRI is in the file."""
    host = urlsplit(site.base).hostname or ""
    if not any(host == one or host.endswith(f".{one}") for one in _PERSISTENT):
        yield bad("not-persistent", value=site.base)
    if header(site) != f"{site.base}ontology":
        yield bad("other-ontology", _FILE, value=header(site), wanted=f"{site.base}ontology")
    if not site.place.live and not site.place.exists("hosting/w3id.htaccess"):
        yield bad("missing-file", value="hosting/w3id.htaccess")
    yield good("has-value", _FILE, value=header(site))


def findable(site: Site) -> Iterator[Found]:
    """The prefix is declared; registers of prefixes and vocabularies lie outside."""
    yield from _header_has(site, (f"{VANN}preferredNamespacePrefix", f"{VANN}preferredNamespaceUri"))
    yield note("registers")


def labels_and_definitions(site: Site) -> Iterator[Found]:
    """Each term has a label and a definition in each language."""
    terms = own_terms(site)
    for term in terms:
        for prop in (f"{RDFS}label", f"{SKOS}definition"):
            for language in sorted(set(site.languages) - site.ontology.languages(term, prop)):
                yield bad("no-language", _FILE, node=text_of(term), value=prop, language=language)
    for path, concept, graph in _concepts(site):
        for prop in (f"{SKOS}prefLabel", f"{SKOS}definition"):
            for language in sorted(set(site.languages) - graph.languages(concept, prop)):
                yield bad("no-language", path, node=concept, value=prop, language=language)
    yield from counted((), "terms", len(terms))


def _concepts(site: Site) -> Iterator[tuple[str, str, Graph]]:
    for name in site.things:
        found = site.graph(f"{name}.ttl") if name.startswith("scheme/") else ""
        if isinstance(found, str):
            continue
        for node in found.of_type(f"{SKOS}Concept"):
            if site.ours(text_of(node)) == name:
                yield f"{name}.ttl", text_of(node), found


def reuse(site: Site) -> Iterator[Found]:
    """Known vocabularies describe the ontology, and terms are tied to theirs."""
    own = f"{site.base}ontology#"
    used = {_namespace(t.predicate.value) for t in site.ontology.triples} - {own}
    ties = (f"{RDFS}subClassOf", f"{RDFS}subPropertyOf", f"{OWL}equivalentClass", f"{OWL}equivalentProperty")
    tied = {
        _namespace(value)
        for term in own_terms(site)
        for prop in ties
        for value in site.ontology.values(term, prop)
        if value.startswith("http") and not value.startswith(own)
    }
    if DCT not in used:
        yield bad("not-used", _FILE, value=DCT)
    if not tied:
        yield bad("not-tied", _FILE)
    else:
        yield good("vocabularies", _FILE, count=len(used | tied), value=", ".join(sorted(tied)))


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


def pitfalls(site: Site) -> Iterator[Found]:
    """What OOPS! looks for that can be told from the files."""
    terms = own_terms(site)
    graph = site.ontology
    used = Counter(
        text_of(term)
        for source in (graph, site.shapes)
        for t in source.triples
        for term in (t.object, t.predicate)
        if t.subject != term
    )
    labels: dict[tuple[str, str, bool], str] = {}
    for term in terms:
        iri = text_of(term)
        is_class = f"{OWL}Class" in graph.values(term, f"{RDF}type")
        name = iri.partition("#")[2]
        if not (_CLASS_NAME if is_class else _PROPERTY_NAME).fullmatch(name):
            yield bad("odd-name", _FILE, value=name)
        if not used[iri] and not graph.values(term, f"{RDFS}subClassOf" if is_class else f"{RDFS}subPropertyOf"):
            yield bad("isolated", _FILE, value=iri)
        for prop in (f"{RDFS}domain", f"{RDFS}range"):
            if len(graph.values(term, prop)) > 1:
                yield bad("several-values", _FILE, node=iri, value=prop)
        for label in graph.objects(term, f"{RDFS}label"):
            key = (text_of(label).casefold(), getattr(label, "language", "") or "", is_class)
            if labels.setdefault(key, iri) != iri:
                yield bad("same-label", _FILE, node=iri, value=text_of(label), other=labels[key])
    yield from _borrowed(site)
    if not any(
        t.predicate.value.startswith(f"{OWL}disjoint") or "AllDisjoint" in str(t.object) for t in graph.triples
    ):
        yield bad("no-disjointness", _FILE)
    yield note("open-domains")
    yield from counted((), "terms", len(terms))


def _borrowed(site: Site) -> Iterator[Found]:
    """Terms of others that ours are subordinate to are described in the file or in a borrowed slice."""
    described = {text_of(node) for node in site.ontology.subjects}
    for path in [path for path in site.place.paths() if _SLICES.fullmatch(path)]:
        found = site.graph(path)
        described |= {text_of(node) for node in found.subjects} if isinstance(found, Graph) else set()
    for term in own_terms(site):
        for prop in (f"{RDFS}subClassOf", f"{RDFS}subPropertyOf"):
            for value in site.ontology.values(term, prop):
                if value.startswith("http") and value not in described and not value.startswith((OWL, RDFS, RDF)):
                    yield bad("borrowed-undefined", _FILE, node=text_of(term), value=value)


def versioning(site: Site) -> Iterator[Found]:
    """The version follows semantic versioning and stands in no IRI but the version's."""
    node = header(site)
    for value in site.ontology.values(node, f"{OWL}versionInfo") if node else ():
        if _VERSION.fullmatch(value):
            yield good("has-value", _FILE, value=value)
        else:
            yield bad("odd-version", _FILE, value=value)
    if not node or not site.ontology.values(node, f"{OWL}versionInfo"):
        yield bad("no-property", _FILE, node=node, value=f"{OWL}versionInfo")
    for term in own_terms(site):
        if _VERSION.search(text_of(term)):
            yield bad("version-in-iri", _FILE, value=text_of(term))


def names_of_things(site: Site) -> Iterator[Found]:
    """No IRI of a thing has a version, a status or a file's ending in it."""
    things = [name for name in site.things if name.startswith(("doc/", "scheme/"))]
    for name in things:
        if _IN_IRI.search(name):
            yield bad("version-in-iri", f"{name}.ttl", value=f"{site.base}{name}")
    yield from counted((), "iris", len(things))


def policy_is_written(site: Site) -> Iterator[Found]:
    """In each language a page says what the IRIs promise: it names the base that they begin with."""
    for language in site.languages:
        pages = [page for page in site.pages if page.path.startswith(f"{language}/") and page.path.count("/") == 1]
        marked = f"<code>{site.base}</code>"
        naming = [page.path for page in pages if marked in page.text]
        if naming:
            yield good("names-base", naming[0], value=site.base)
        else:
            yield bad("no-policy", value=site.base, language=language)


def shapes(site: Site) -> Iterator[Found]:
    """Shapes have IRIs, and at most one message in each language."""
    kinds = (f"{SH}NodeShape", f"{SH}PropertyShape")
    count = 0
    for node in site.shapes.of_type(*kinds):
        count += 1
        if type(node).__name__ == "BlankNode":
            yield bad("shape-without-iri", _SHAPES, value=", ".join(site.shapes.values(node, f"{SH}path")))
        languages = Counter(
            getattr(text, "language", "") or "" for text in site.shapes.objects(node, f"{SH}message")
        )
        for language in [language for language, number in languages.items() if number > 1]:
            yield bad("several-messages", _SHAPES, node=text_of(node), language=language)
    for triple in site.shapes.triples:
        if triple.predicate.value == f"{SH}property" and type(triple.object).__name__ == "BlankNode":
            yield bad("shape-without-iri", _SHAPES, value=text_of(triple.subject))
    yield note("shacl-of-shapes")
    yield from counted((), "shapes", count)
