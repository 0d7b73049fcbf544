"""Checks of dumps and of what stands in sampled RDF (layer 4)."""

import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Iterator

from smartcity_kg.errors import InputError
from smartcity_kg.publish.audit.catalogue import DCAT, DCT
from smartcity_kg.publish.audit.graph import Graph
from smartcity_kg.publish.audit.model import Found, bad, good, note
from smartcity_kg.publish.audit.pages import counted, front_pages
from smartcity_kg.publish.audit.site import Site
from smartcity_kg.terms import SKOS

_OWL = "http://www.w3.org/2002/07/owl#"
_SAME = {f"{_OWL}sameAs", *(f"{SKOS}{name}Match" for name in ("exact", "close", "broad", "narrow", "related"))}
_CHECKSUM = re.compile(r"^([0-9a-f]{64})  ?\*?(.+)$", re.M)
_SPDX = "http://spdx.org/rdf/terms#"
_FIRST = 200_000


def open_and_linked(site: Site) -> Iterator[Found]:
    """Pages name the licence; the things there are most of are tied to those of others."""
    for page in site.pages:
        if not page.linked("license"):
            yield bad("no-link", page.path, value="license")
    things = [name for name in site.things if name.startswith("doc/") and name.count("/") == 2]
    paths = Counter(
        "/".join(path.split("/")[:2])
        for path in site.place.paths()
        if path.startswith("doc/") and path.endswith(".ttl") and path.count("/") == 2
    )
    most = paths.most_common(1)[0][0] if paths else ""
    looked = [name for name in things if name.startswith(f"{most}/")] if most else []
    for name in looked:
        found = site.graph(f"{name}.ttl")
        outward = [
            t
            for t in (found.triples if isinstance(found, Graph) else ())
            if t.predicate.value in _SAME and site.ours(str(getattr(t.object, "value", ""))) is None
        ]
        if not outward:
            yield bad("no-outward-link", f"{name}.ttl")
    yield from counted((), "rdf-files", len(looked))


def named_nodes(site: Site) -> Iterator[Found]:
    """No thing is without an IRI, and the lines of N-Triples stand in order."""
    for name in site.things:
        if not name.startswith(("doc/", "scheme/")):
            continue
        found = site.graph(f"{name}.ttl")
        if isinstance(found, Graph) and any(type(node).__name__ == "BlankNode" for node in found.subjects):
            yield bad("blank-node", f"{name}.ttl")
        lines = site.text(f"{name}.nt").splitlines()
        if lines != sorted(lines):
            yield bad("not-sorted", f"{name}.nt")
        yield good("rdf-ordered", count=len(site.things))


def dumps(site: Site) -> Iterator[Found]:
    """Packed N-Triples or TriG and Turtle are there; each checksum is right; the catalogue gives it too."""
    names = [path for path in site.place.paths() if path.endswith("checksums.txt")]
    if not names:
        yield bad("missing-file", value="checksums.txt")
        return
    folder = names[0].rpartition("checksums.txt")[0]
    listed = {folder + name: digest for digest, name in _CHECKSUM.findall(site.text(names[0]))}
    for ending in (".ttl", (".nt.gz", ".nq.gz", ".trig.gz")):
        if not any(path.endswith(ending) for path in listed):
            yield bad("no-dump", names[0], value=ending if isinstance(ending, str) else ", ".join(ending))
    few = site.each if site.place.live else len(listed)
    for path, digest in list(listed.items())[:few]:
        yield from _file(site, path, digest)
    unlisted = [p for p in site.place.paths() if p.startswith(folder) and folder and p not in {*listed, names[0]}]
    for path in unlisted:
        yield bad("no-checksum", path)
    yield good("files", names[0], count=min(few, len(listed)))
    yield from _described(site)


def _file(site: Site, path: str, digest: str) -> Iterator[Found]:
    if not site.place.exists(path):
        yield bad("missing-file", value=path)
        return
    try:
        data = site.place.read(path)
    except InputError as error:
        yield bad("not-parsed", path, value=error.message)
        return
    if hashlib.sha256(data).hexdigest() != digest:
        yield bad("wrong-checksum", path)
    if path.endswith(".gz"):
        try:
            zlib.decompressobj(wbits=31).decompress(data, _FIRST)
        except zlib.error as error:
            yield bad("not-parsed", path, value=str(error))
        if data[4:8] != b"\0\0\0\0":
            yield bad("time-in-gzip", path)


def _described(site: Site) -> Iterator[Found]:
    files = list(site.catalogue.of_type(f"{DCAT}Distribution"))
    if not files:
        yield bad("none-described", value="dcat:Distribution")
    for node in files:
        for prop in (f"{_SPDX}checksum", f"{DCAT}byteSize", f"{DCT}license"):
            if not site.catalogue.values(node, prop):
                yield bad("no-property", node=str(getattr(node, "value", node)), value=prop)


def best_practices(site: Site) -> Iterator[Found]:
    """Data on the Web: version and what changed, provenance, coverage, source, feedback."""
    sets = list(site.catalogue.of_type(f"{DCAT}Dataset"))
    if not sets:
        yield bad("none-described", value="dcat:Dataset")
    wanted = {
        f"{DCAT}version": "version",
        f"{DCT}modified": "modified",
        f"{DCT}provenance": "provenance",
        f"{DCT}temporal": "temporal",
        f"{DCT}spatial": "spatial",
        f"{DCT}source": "source",
        f"{DCAT}contactPoint": "contact",
        f"{DCT}accrualPeriodicity": "periodicity",
    }
    for prop in wanted if sets else ():
        if any(site.catalogue.values(node, prop) for node in sets):
            yield good("has-property", value=prop)
        else:
            yield bad("none-described", value=prop)
    if not any("/notes/" in path or "changelog" in path.casefold() for path in site.place.paths()):
        yield bad("no-history")
    for language in site.languages:
        page = site.page(f"{language}/data.html")
        if page is None:
            yield bad("missing-file", value=f"{language}/data.html")
        elif not any("/notes/" in address for address in page.addresses):
            yield bad("history-not-linked", page.path)


def contact(site: Site) -> Iterator[Found]:
    """Whom to tell when something is wrong: an address of mail or of a tracker on a page in each language."""
    for language in site.languages:
        pages = [page for page in front_pages(site) if page.path.startswith(f"{language}/")]
        naming = [
            page.path
            for page in pages
            if any(address.startswith("mailto:") or "/issues" in address for address in page.addresses)
        ]
        if naming:
            yield good("names-contact", naming[0])
        else:
            yield bad("no-contact", language=language)
    yield note("outside-the-files")
