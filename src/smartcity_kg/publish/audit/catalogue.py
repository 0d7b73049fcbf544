"""Checks of what describes the data for portals and programs: DCAT, VoID, examples, endpoint (layer 4)."""

from collections.abc import Iterator

from smartcity_kg.publish.audit.graph import Graph
from smartcity_kg.publish.audit.model import Found, bad, good, note
from smartcity_kg.publish.audit.pages import counted
from smartcity_kg.publish.audit.site import Site
from smartcity_kg.terms import SH, Term, text_of

DCAT = "http://www.w3.org/ns/dcat#"
DCT = "http://purl.org/dc/terms/"
VOID = "http://rdfs.org/ns/void#"
DCATDE = "http://dcat-ap.de/def/dcatde/"
_ADMS = "http://www.w3.org/ns/adms#"
_FOAF = "http://xmlns.com/foaf/0.1/"
_DE_LICENCES = "http://dcat-ap.de/def/licenses/"
_FORMATS = "http://publications.europa.eu/resource/authority/file-type/"
_NEEDED = {
    "Catalog": (f"{DCT}title", f"{DCT}description", f"{DCT}publisher"),
    "Dataset": (f"{DCT}title", f"{DCT}description"),
    "Distribution": (f"{DCAT}accessURL",),
    "DataService": (f"{DCT}title", f"{DCAT}endpointURL"),
    "DatasetSeries": (f"{DCT}title", f"{DCT}description"),
    "CatalogRecord": (f"{_FOAF}primaryTopic", f"{DCT}modified"),
}
_NAMING = ("cc-by", "by-2-0", "zero-2-0", "dl-by", "odc-by", "odby")
_WELL_KNOWN = ".well-known/void"


def _of(site: Site, name: str) -> list[Term]:
    return list(site.catalogue.of_type(f"{DCAT}{name}"))


def _all_have(
    site: Site, nodes: list[Term], properties: tuple[str, ...], kind: str = "no-property"
) -> Iterator[Found]:
    for node in nodes:
        for prop in properties:
            if not site.catalogue.values(node, prop):
                yield bad(kind, node=text_of(node), value=prop)


def dcat_ap(site: Site) -> Iterator[Found]:
    """A catalogue with its data sets and distributions has what DCAT-AP demands."""
    if not _of(site, "Catalog"):
        yield bad("no-catalogue")
    for name, properties in _NEEDED.items():
        nodes = _of(site, name)
        if name in {"Dataset", "Distribution"} and not nodes:
            yield bad("none-described", value=f"dcat:{name}")
        yield from _all_have(site, nodes, properties)
        yield from counted((), "resources", len(nodes))
    for node in _of(site, "Catalog"):
        publishers = site.catalogue.objects(node, f"{DCT}publisher")
        if len(set(publishers)) > 1:
            yield bad("several-values", node=text_of(node), value=f"{DCT}publisher")
        for agent in publishers:
            yield from _all_have(site, [agent], (f"{_FOAF}name",))


def licences(site: Site) -> Iterator[Found]:
    """Every distribution has a licence of DCAT-AP.de."""
    nodes = _of(site, "Distribution")
    if not nodes:
        yield bad("none-described", value="dcat:Distribution")
    for node in nodes:
        if not any(value.startswith(_DE_LICENCES) for value in site.catalogue.values(node, f"{DCT}license")):
            yield bad("no-value-from", node=text_of(node), value=f"{DCT}license", wanted=_DE_LICENCES)
    yield from counted((), "resources", len(nodes))


def attribution(site: Site) -> Iterator[Found]:
    """Where a licence demands a name, the distribution says how to give it."""
    nodes = _of(site, "Distribution")
    if not nodes:
        yield bad("none-described", value="dcat:Distribution")
    demanding = [
        node
        for node in nodes
        if any(
            word in value.casefold() for value in site.catalogue.values(node, f"{DCT}license") for word in _NAMING
        )
    ]
    yield from _all_have(site, demanding, (f"{DCATDE}licenseAttributionByText",))
    if nodes and not demanding:
        yield note("no-naming-licence")
    yield from counted((), "resources", len(demanding))


def geocoding(site: Site) -> Iterator[Found]:
    """Data sets name the area they cover, in general and with the German keys."""
    nodes = _of(site, "Dataset")
    if not nodes:
        yield bad("none-described", value="dcat:Dataset")
    names = ("politicalGeocodingURI", "politicalGeocodingLevelURI")
    yield from _all_have(site, nodes, (f"{DCT}spatial", *(f"{DCATDE}{name}" for name in names)))
    yield from counted((), "resources", len(nodes))


def contributor(site: Site) -> Iterator[Found]:
    """Data sets name the provider by its identifier, and have one of their own."""
    nodes = _of(site, "Dataset")
    if not nodes:
        yield bad("none-described", value="dcat:Dataset")
    yield from _all_have(site, nodes, (f"{DCATDE}contributorID", f"{DCT}identifier"))
    yield from counted((), "resources", len(nodes))


def languages_and_formats(site: Site) -> Iterator[Found]:
    """Texts carry their language, formats are of the EU list, a publisher and what changed are named."""
    sets, files = _of(site, "Dataset"), _of(site, "Distribution")
    if not sets:
        yield bad("none-described", value="dcat:Dataset")
    for node in (*_of(site, "Catalog"), *sets):
        for prop in (f"{DCT}title", f"{DCT}description"):
            if "" in site.catalogue.languages(node, prop):
                yield bad("no-language-tag", node=text_of(node), value=prop)
    for node in files:
        if not any(value.startswith(_FORMATS) for value in site.catalogue.values(node, f"{DCT}format")):
            yield bad("no-value-from", node=text_of(node), value=f"{DCT}format", wanted=_FORMATS)
    yield from _all_have(site, sets, (f"{DCT}publisher", f"{_ADMS}versionNotes"))
    yield from counted((), "resources", len(sets) + len(files))


def official_shapes(site: Site) -> Iterator[Found]:
    """The official shapes are run where the site is made, not here; there must be something to run them on."""
    if _of(site, "Catalog"):
        yield note("shapes-in-ci")
    else:
        yield bad("no-catalogue")


def void(site: Site) -> Iterator[Found]:
    """VoID at the well-known address, with what programs read there; pages name their data set."""
    if not site.place.exists(_WELL_KNOWN) and not _redirected(site):
        yield bad("missing-file", value=_WELL_KNOWN)
    sets = list(site.catalogue.of_type(f"{VOID}Dataset"))
    if not sets:
        yield bad("none-described", value="void:Dataset")
    names = (
        "uriSpace",
        "exampleResource",
        "vocabulary",
        "triples",
        "classPartition",
        "propertyPartition",
        "dataDump",
    )
    for name in names if sets else ():
        values = [value for node in sets for value in site.catalogue.values(node, f"{VOID}{name}")]
        if values:
            yield good("has-property", value=f"void:{name}")
        else:
            yield bad("none-described", value=f"void:{name}")
        for value in values if name == "dataDump" else ():
            path = value.removeprefix(site.address).removeprefix(site.base)
            if value.startswith((site.address, site.base)) and not site.place.exists(path):
                yield bad("missing-file", value=value)
    yield from _in_data_set(site)


def _redirected(site: Site) -> bool:
    """Whether rules lead from the well-known address to a file that is there."""
    for line in (*site.text(".htaccess").splitlines(), *site.text("hosting/nginx.conf").splitlines()):
        if "well-known/void" in line.replace("\\", ""):
            targets = [
                word.strip(";") for word in line.split() if word.startswith("/") and "well-known" not in word
            ]
            return any(site.place.exists(target.lstrip("/")) for target in targets)
    return False


def _in_data_set(site: Site) -> Iterator[Found]:
    things = [name for name in site.things if name.startswith("doc/")]
    for name in things:
        found = site.graph(f"{name}.ttl")
        if isinstance(found, Graph) and not any(t.predicate.value == f"{VOID}inDataset" for t in found.triples):
            yield bad("not-in-data-set", f"{name}.ttl")


def endpoints(site: Site) -> list[str]:
    """The SPARQL endpoints that the description names."""
    return sorted(
        {text_of(t.object) for t in site.catalogue.triples if t.predicate.value == f"{VOID}sparqlEndpoint"}
        | {text_of(t.object) for t in site.catalogue.triples if t.predicate.value == f"{DCAT}endpointURL"}
    )


def service_description(site: Site) -> Iterator[Found]:
    """An endpoint describes itself; who has none need not."""
    if endpoints(site):
        yield note("needs-address")
    else:
        yield note("no-endpoint")


def endpoint_named(site: Site) -> Iterator[Found]:
    """The published description names the endpoint itself."""
    for value in endpoints(site):
        yield good("has-value", value=value)
    if not endpoints(site):
        yield note("no-endpoint")


def prefixes_and_examples(site: Site) -> Iterator[Found]:
    """Prefixes and saved queries are data."""
    graph = site.catalogue
    declared = sum(t.predicate.value == f"{SH}declare" for g in (graph, site.shapes) for t in g.triples)
    queries = len(list(graph.of_type(f"{SH}SPARQLExecutable", f"{SH}SPARQLSelectExecutable")))
    for count, name in ((declared, "sh:declare"), (queries, "sh:SPARQLExecutable")):
        if count:
            yield good("resources", count=count)
        else:
            yield bad("none-described", value=name)
