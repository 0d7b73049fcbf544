"""Checks of pages: alternates, links, languages, structured data, signposting, access (layer 4)."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from smartcity_kg.publish.audit.graph import MEDIA_TYPES, Graph, fingerprint
from smartcity_kg.publish.audit.model import Found, bad, good, note
from smartcity_kg.publish.audit.page import Page
from smartcity_kg.publish.audit.site import Site, document

_FEW, _MANY = 50, 5000
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_DATASET_KEYS = (
    "license",
    "creator",
    "distribution",
    "temporalCoverage",
    "spatialCoverage",
    "version",
    "identifier",
)
_THING_KEYS = ("@context", "@type", "name")


def counted(found: Iterable[Found], kind: str, count: int) -> Iterator[Found]:
    """Some findings, and how many things were looked at where there were any.

    >>> [one.kind for one in counted([], "pages", 3)]
    ['pages']
    """
    yield from found
    if count:
        yield good(kind, count=count)


def formats_beside_pages(site: Site) -> Iterator[Found]:
    """Each page of a thing names its RDF in all formats, and each file is there."""
    things = set(site.things)
    pages = [page for page in site.pages if document(page.path) in things]
    for page in pages:
        said = {link.media_type: link.href for link in page.linked("alternate")}
        for ending, media_type in MEDIA_TYPES.items():
            target = site.target(page, said[media_type]) if media_type in said else None
            if media_type not in said:
                yield bad("no-alternate", page.path, value=media_type)
            elif target is None or not site.place.exists(target):
                yield bad("missing-file", page.path, value=said[media_type])
            elif target.rpartition(".")[2] != ending:
                yield bad("wrong-ending", page.path, value=said[media_type], wanted=ending)
    yield from counted((), "pages", len(pages))


def formats_say_the_same(site: Site) -> Iterator[Found]:
    """All sampled RDF parses, and the formats of a document say the same."""
    files = 0
    for name in site.things:
        if site.place.is_spent:
            yield note("limit")
            break
        prints = {}
        for ending in MEDIA_TYPES:
            path = f"{name}.{ending}"
            if not site.place.exists(path):
                yield bad("missing-file", path, value=path)
                continue
            found = site.graph(path)
            files += 1
            if isinstance(found, str):
                yield bad("not-parsed", path, value=found)
            else:
                prints[ending] = fingerprint(found)
        for ending in [e for e in prints if prints[e] != prints[next(iter(prints))]]:
            yield bad("differs", f"{name}.{ending}", value=f"{name}.{next(iter(prints))}")
    yield from counted((), "rdf-files", files)


def iris_lead_to_page_and_rdf(site: Site) -> Iterator[Found]:
    """What sampled RDF names of ours has a page in each language and RDF."""
    wanted: dict[str, tuple[str, str]] = {}
    for name in site.things:
        found = site.graph(f"{name}.ttl")
        for triple in found.triples if isinstance(found, Graph) else ():
            for term in (triple.subject, triple.object):
                iri = str(getattr(term, "value", ""))
                document_ = site.ours(iri) if type(term).__name__ == "NamedNode" else None
                if document_:
                    wanted.setdefault(document_.rstrip("/"), (iri, f"{name}.ttl"))
    for name, (iri, path) in site.few(sorted(wanted.items())):
        if site.place.exists(name):
            continue
        lacking = [f"{name}.ttl"] + [f"{language}/{name}.html" for language in site.languages]
        for file in [file for file in lacking if not site.place.exists(file)]:
            yield bad("iri-without-file", path, iri=iri, value=file)
    yield from counted((), "iris", len(wanted))


def things_are_not_documents(site: Site) -> Iterator[Found]:
    """The RDF of a document describes the thing that it is about, under an IRI other than its own; or itself."""
    looked = 0
    for name in site.things:
        if not name.startswith("doc/"):
            continue
        found = site.graph(f"{name}.ttl")
        looked += 1
        thing = f"{site.base}id/{name.removeprefix('doc/')}"
        if isinstance(found, Graph) and not any(found.values(iri, _TYPE) for iri in (thing, f"{site.base}{name}")):
            yield bad("thing-not-described", f"{name}.ttl", iri=thing)
    yield from counted((), "rdf-files", looked)


def links_lead_somewhere(site: Site) -> Iterator[Found]:
    """No link of a sampled page within the site is dead."""
    named: dict[str, list[tuple[str, str]]] = {}
    for page in site.pages:
        for address in dict.fromkeys(page.addresses):
            target = site.target(page, address)
            if target is not None:
                named.setdefault(target, []).append((page.path, address))
    checked = site.few(sorted(named))
    for target in [one for one in checked if not site.place.exists(one) and not _is_document(site, one)]:
        for path, address in named[target]:
            yield bad("dead-link", path, value=address)
    yield from counted((), "links", len(checked))


def _is_document(site: Site, target: str) -> bool:
    """Whether a path without ending is one that the server answers with a page or RDF."""
    name = target.removeprefix("id/") if target.startswith("id/") else target
    name = f"doc/{name}" if target.startswith("id/") else name
    return any(site.place.exists(f"{language}/{name}.html") for language in site.languages)


def documentation_is_there(site: Site) -> Iterator[Found]:
    """The ontology has a page in each language with a place for each term, and RDF in each format."""
    for ending in MEDIA_TYPES:
        if not site.place.exists(f"ontology.{ending}"):
            yield bad("missing-file", value=f"ontology.{ending}")
    terms = {term.value.partition("#")[2] for term in own_terms(site)}
    for language in site.languages:
        path = f"{language}/ontology.html"
        page = site.page(path)
        if page is None:
            yield bad("missing-file", value=path)
            continue
        for term in sorted(terms - page.ids):
            yield bad("term-without-place", path, value=term)
        yield good("terms", path, count=len(terms))


def own_terms(site: Site) -> list[Any]:
    """The classes and properties that the ontology defines in its own namespace."""
    owl = "http://www.w3.org/2002/07/owl#"
    kinds = (f"{owl}Class", f"{owl}ObjectProperty", f"{owl}DatatypeProperty", f"{owl}AnnotationProperty")
    found = site.ontology.of_type(*kinds)
    return [term for term in found if str(getattr(term, "value", "")).startswith(f"{site.base}ontology#")]


def signposts(site: Site) -> Iterator[Found]:
    """Pages of things carry the links of FAIR Signposting: level 1, and a link set for level 2."""
    things = set(site.things)
    pages = [page for page in site.pages if document(page.path) in things]
    for page in pages:
        rels = {link.rel for link in page.links}
        for rel in [rel for rel in ("cite-as", "type", "license", "author") if rel not in rels]:
            yield bad("no-link", page.path, value=rel)
        described = page.linked("describedby")
        if not described:
            yield bad("no-link", page.path, value="describedby")
        for link in [link for link in described if not link.media_type]:
            yield bad("link-without-type", page.path, value=link.href)
        if len(page.linked("cite-as")) > 1:
            yield bad("link-twice", page.path, value="cite-as")
    for language in site.languages:
        page_ = site.page(f"{language}/data.html")
        for rel in ("item", "describedby", "cite-as", "license", "author", "linkset"):
            if page_ is not None and not page_.linked(rel):
                yield bad("no-link", page_.path, value=rel)
    yield from counted((), "pages", len(pages))


def structured_data(site: Site) -> Iterator[Found]:
    """JSON-LD in pages is valid and says what it is; the page of the data describes a data set."""
    looked = 0
    for page in site.pages:
        for text in page.structured:
            looked += 1
            try:
                said = json.loads(text)
            except ValueError as error:
                yield bad("not-json", page.path, value=str(error))
                continue
            for key in [key for key in _THING_KEYS if not (isinstance(said, dict) and said.get(key))]:
                yield bad("no-key", page.path, value=key)
    for language in site.languages:
        yield from _data_set(site, f"{language}/data.html")
    yield from counted((), "json-blocks", looked)


def _data_set(site: Site, path: str) -> Iterator[Found]:
    page = site.page(path)
    if page is None:
        yield bad("missing-file", value=path)
        return
    sets = [said for text in page.structured for said in _objects(text) if "Dataset" in str(said.get("@type"))]
    if not sets:
        yield bad("no-data-set", path)
        return
    said = sets[0]
    for key in ("name", "description", *_DATASET_KEYS):
        if not said.get(key):
            yield bad("no-key", path, value=key)
    length = len(str(said.get("description", "")))
    if not _FEW <= length <= _MANY:
        yield bad("description-length", path, count=length)
    files = said.get("distribution") or []
    for file in files if isinstance(files, list) else [files]:
        for key in [key for key in ("contentUrl", "encodingFormat") if not file.get(key)]:
            yield bad("no-key", path, value=f"distribution.{key}")


def _objects(text: str) -> list[dict[str, Any]]:
    try:
        said = json.loads(text)
    except ValueError:
        return []
    inner = said.get("@graph", [said]) if isinstance(said, dict) else said
    return [one for one in inner if isinstance(one, dict)]


def languages_and_access(site: Site) -> Iterator[Found]:
    """`lang`, skip link, one heading, names of pictures, and a twin in text for each map or drawing."""
    for page in site.pages:
        wanted = page.path.split("/")[0]
        if page.language != wanted:
            yield bad("wrong-language", page.path, value=page.language, wanted=wanted)
        if not (page.first_link.startswith("#") and page.first_link[1:] in page.ids):
            yield bad("no-skip-link", page.path)
        if page.headings != 1:
            yield bad("headings", page.path, count=page.headings)
        if not page.title.strip():
            yield bad("no-title", page.path)
        if page.unnamed_images or page.unnamed_pictures:
            yield bad("unnamed-picture", page.path, count=page.unnamed_images + page.unnamed_pictures)
        if page.pictures and not page.tables + page.lists:
            yield bad("no-twin", page.path)
    if not site.place.live:
        yield note("needs-browser")
    yield from counted((), "pages", len(site.pages))


def canonical_and_twins(site: Site) -> Iterator[Found]:
    """A page names its own address, and its twin in each language; these are there."""
    for page in site.pages:
        canonical = [link.href for link in page.linked("canonical")]
        if canonical != [f"{site.address}{page.path}"]:
            yield bad("canonical", page.path, value=", ".join(canonical), wanted=f"{site.address}{page.path}")
        twins = {link.language: link.href for link in page.linked("alternate") if link.language}
        for language in site.languages:
            target = site.target(page, twins[language]) if language in twins else None
            if target is None or not site.place.exists(target):
                yield bad("no-twin-page", page.path, value=language)
    yield from counted((), "pages", len(site.pages))


def _all_pages_named(site: Site, mapped: set[str]) -> Iterator[Found]:
    hidden = {page.path for page in site.pages if "noindex" in page.robots}
    allowed = (f"{site.address}{path}" for path in site.page_paths if path not in hidden)
    # An error page is no page to be found.
    lacking = [address for address in allowed if address not in mapped and "not-found" not in address]
    for address in lacking[:_FEW]:
        yield bad("not-in-map", "sitemap.xml", value=address)


def site_map(site: Site) -> Iterator[Found]:
    """`sitemap.xml` lists all pages, each exists, and `robots.txt` allows them and names it."""
    robots = site.text("robots.txt")
    if not robots:
        yield bad("missing-file", value="robots.txt")
    elif f"sitemap: {site.address}sitemap.xml".lower() not in robots.lower():
        yield bad("map-not-named", "robots.txt", value=f"{site.address}sitemap.xml")
    if any(line.replace(" ", "").lower() == "disallow:/" for line in robots.splitlines()):
        yield bad("robots-forbid", "robots.txt")
    mapped = list(site.mapped())
    if not mapped:
        yield bad("missing-file", value="sitemap.xml")
        return
    for address in mapped if not site.place.live else mapped[: site.each]:
        if not address.startswith(site.address) or not site.place.exists(address.removeprefix(site.address)):
            yield bad("dead-link", "sitemap.xml", value=address)
    yield from _all_pages_named(site, set(mapped))
    yield good("addresses", "sitemap.xml", count=len(mapped))


def front_pages(site: Site) -> list[Page]:
    """The pages at the top of each language: those about the site, not about a thing."""
    return [page for page in site.pages if page.path.count("/") == 1]
