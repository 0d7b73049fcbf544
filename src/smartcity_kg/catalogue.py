"""The description of the data for catalogues: DCAT-AP 3, DCAT-AP.de 3 and VoID (layer 2).

Titles, themes and keywords stand in `ontology/catalogue`; here the rest is computed from the store and the files.
All IRIs are places on the page about the data.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode, Triple

from smartcity_kg.project import Project
from smartcity_kg.queries import SavedQuery, read_saved_queries
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF_TYPE, RDFS, SH, XSD, Term

_DCT, _DCAT = "http://purl.org/dc/terms/", "http://www.w3.org/ns/dcat#"
_FOAF, _VCARD = "http://xmlns.com/foaf/0.1/", "http://www.w3.org/2006/vcard/ns#"
_VOID, _SPDX = "http://rdfs.org/ns/void#", "http://spdx.org/rdf/terms#"
_DCATDE, _DCATAP = "http://dcat-ap.de/def/dcatde/", "http://data.europa.eu/r5r/"
_ADMS = "http://www.w3.org/ns/adms#"
_EU = "http://publications.europa.eu/resource/authority/"
_IANA = "http://www.iana.org/assignments/media-types/"
_LICENCE, _LICENCE_DE = f"{_EU}licence/CC_BY_4_0", "http://dcat-ap.de/def/licenses/cc-by/4.0"
_FILE_TYPES = {
    "text/turtle": "RDF_TURTLE", "application/n-triples": "RDF_N_TRIPLES", "application/ld+json": "JSON_LD",
    "application/rdf+xml": "RDF_XML", "application/trig": "RDF_TRIG", "application/n-quads": "RDF_N_QUADS",
    "text/csv": "CSV", "application/geo+json": "GEOJSON", "application/csvm+json": "JSON",
    "application/json": "JSON", "text/markdown": "MD",
}  # fmt: skip
_SELECT = {"SELECT": ("SPARQLSelectExecutable", "select"), "CONSTRUCT": ("SPARQLConstructExecutable", "construct")}
_ASK = ("SPARQLAskExecutable", "ask")
_SAME = frozenset(
    f"http://www.w3.org/{name}"
    for name in ("2002/07/owl#sameAs", "2004/02/skos/core#exactMatch", "2004/02/skos/core#closeMatch")
)
_DAYS = frozenset((f"{_DCT}issued",))
_FEWEST_LINKS = 10


@dataclass(frozen=True)
class Distribution:
    """One file of a release, as a catalogue describes it.

    `path`: from the release's folder. `dataset`: what it holds; files of the same say the same in other formats.
    `size`, `sha256`: of the file as it lies there. `compression`: a media type, where the file is packed.

    >>> Distribution("data/data.ttl", "data", "text/turtle", 1, "00", {"en": "Data"}).compression
    ''
    """

    path: str
    dataset: str
    media_type: str
    size: int
    sha256: str
    titles: Mapping[str, str]
    compression: str = ""
    conforms_to: str = ""


def describe_release(
    project: Project, store: EmbeddedStore, files: Sequence[Distribution], *, day: date, address: str, version: str
) -> tuple[Triple, ...]:
    """The description of a release as triples, sorted.

    Args:
        project: Where titles, settings and saved queries come from.
        store: The graph with all that the rules add.
        files: The files of the release.
        day: Its day.
        address: Where the files will lie; it ends in a slash.
        version: The version of data and ontology.

    >>> from smartcity_kg.graph import prepared_store
    >>> project = Project.find()
    >>> found = describe_release(
    ...     project, prepared_store(project), [], day=date(2026, 1, 1), address="https://e.org/", version="1.0"
    ... )
    >>> len(found) > 500
    True
    """
    catalogue = _Catalogue(project, day, address, version)
    catalogue.describe(store, files)
    return tuple(sorted(set(catalogue.triples), key=str))


class _Catalogue:
    """Collects the triples of a description."""

    def __init__(self, project: Project, day: date, address: str, version: str) -> None:
        self.triples: list[Triple] = []
        self._project = project
        self._page = f"{project.base}data"
        self._day = Literal(day.isoformat(), datatype=NamedNode(f"{XSD}date"))
        self._address = address
        self._version = version

    def describe(self, store: EmbeddedStore, files: Sequence[Distribution]) -> None:
        """Everything."""
        for path in self._project.files("ontology/catalogue"):
            self.triples += self._project.read(path).triples
        datasets = sorted(
            {t.subject.value for t in self.triples if t.object == NamedNode(f"{_DCAT}Dataset")}  # type: ignore[union-attr]
        )
        self._publisher()
        for node in (self._node("catalog"), *map(NamedNode, datasets)):
            self._common(node)
        for iri in datasets:
            self._dataset(NamedNode(iri), store)
        named = {iri.rpartition("#")[2] for iri in datasets}
        for file in files:
            self._file(self._node(file.dataset if file.dataset in named else "data"), file)
        self._service()
        self._void(store, [file for file in files if file.dataset in {"data", "data-inferred", "graph"}])
        for query in read_saved_queries(self._project):
            self._query(query)

    def _add(self, subject: NamedNode, predicate: str, *values: Term | str) -> None:
        """Triples with a text as an IRI."""
        for value in values:
            term = NamedNode(value) if isinstance(value, str) else value
            self.triples.append(Triple(subject, NamedNode(predicate), term))

    def _texts(self, subject: NamedNode, predicate: str, texts: Mapping[str, str]) -> None:
        for language, text in sorted(texts.items()):
            self._add(subject, predicate, Literal(text, language=language))

    def _node(self, name: str) -> NamedNode:
        return NamedNode(f"{self._page}#{name}")

    def _is(self, iri: str | NamedNode, kind: str) -> None:
        """The class of something that others describe; validators do not fetch it."""
        node = NamedNode(iri) if isinstance(iri, str) else iri
        self._add(node, RDF_TYPE.value, kind)

    def _publisher(self) -> None:
        settings = self._project.settings.get("publisher", {})
        node = self._node("publisher")
        self._is(node, f"{_FOAF}Agent")
        self._add(node, f"{_FOAF}name", Literal(str(settings.get("name", "smartcity-kg"))))
        self._add(node, f"{_DCT}type", "http://purl.org/adms/publishertype/NonProfitOrganisation")
        contact = self._node("contact")
        self._is(contact, f"{_VCARD}Organization")
        self._is(contact, f"{_VCARD}Kind")
        self._add(contact, f"{_VCARD}fn", Literal(str(settings.get("name", "smartcity-kg"))))
        if settings.get("email"):
            self._add(contact, f"{_VCARD}hasEmail", f"mailto:{settings['email']}")
        self._add(contact, f"{_VCARD}hasURL", str(settings.get("url", self._page)))

    def _common(self, node: NamedNode) -> None:
        settings = self._project.settings.get("publisher", {})
        self._add(node, f"{_DCT}publisher", self._node("publisher"))
        self._add(node, f"{_DCT}creator", self._node("publisher"))
        self._add(node, f"{_DCT}license", _LICENCE)
        self._add(node, f"{_DCT}issued", self._day)
        self._add(node, f"{_DCT}modified", self._day)
        self._add(node, f"{_DCT}spatial", f"{_EU}country/DEU")
        self._add(node, f"{_DCT}language", f"{_EU}language/DEU", f"{_EU}language/ENG")
        if settings.get("contributor"):
            self._add(node, f"{_DCATDE}contributorID", str(settings["contributor"]))

    def _dataset(self, node: NamedNode, store: EmbeddedStore) -> None:
        self._add(node, f"{_DCAT}contactPoint", self._node("contact"))
        self._add(node, f"{_DCAT}landingPage", self._page)
        self._add(node, f"{_DCAT}version", Literal(self._version))
        self._add(node, f"{_DCT}accrualPeriodicity", f"{_EU}frequency/IRREG")
        self._add(node, f"{_DCT}accessRights", f"{_EU}access-right/PUBLIC")
        self._texts(
            node,
            f"{_ADMS}versionNotes",
            {
                "de": f"Was sich änderte, sagt {self._address}notes/release.de.md.",
                "en": f"What changed is said in {self._address}notes/release.en.md.",
            },
        )
        if node == self._node("data"):
            self._period(node, store)

    def _period(self, node: NamedNode, store: EmbeddedStore) -> None:
        """From the oldest to the newest source."""
        days = sorted(
            triple.object.value
            for triple in store.triples()
            if triple.predicate.value in _DAYS
            and isinstance(triple.object, Literal)
            and triple.object.datatype.value == f"{XSD}date"
        )
        if days:
            period = self._node("period")
            self._add(node, f"{_DCT}temporal", period)
            self._is(period, f"{_DCT}PeriodOfTime")
            for name, day in (("startDate", days[0]), ("endDate", days[-1])):
                self._add(period, f"{_DCAT}{name}", Literal(day, datatype=NamedNode(f"{XSD}date")))

    def _file(self, dataset: NamedNode, file: Distribution) -> None:
        node = self._node("file-" + file.path.replace("/", "-"))
        address = self._address + file.path
        self._add(dataset, f"{_DCAT}distribution", node)
        self._is(node, f"{_DCAT}Distribution")
        ending = file.path.partition(".")[2]
        self._texts(node, f"{_DCT}title", {lang: f"{text} ({ending})" for lang, text in file.titles.items()})
        self._texts(node, f"{_DCT}description", file.titles)
        self._add(node, f"{_DCAT}accessURL", address)
        self._add(node, f"{_DCAT}downloadURL", address)
        self._add(node, f"{_DCT}license", _LICENCE_DE)
        by = str(self._project.settings.get("publisher", {}).get("name", "smartcity-kg"))
        self._add(node, f"{_DCATDE}licenseAttributionByText", Literal(by, language="en"))
        self._add(node, f"{_DCT}issued", self._day)
        self._add(node, f"{_DCT}modified", self._day)
        self._add(node, f"{_DCT}language", f"{_EU}language/DEU", f"{_EU}language/ENG")
        self._media(node, file)
        size = Literal(str(file.size), datatype=NamedNode(f"{XSD}nonNegativeInteger"))
        self._add(node, f"{_DCAT}byteSize", size)
        self._add(node, f"{_DCATAP}availability", f"{_EU}planned-availability/STABLE")
        self._add(node, f"{_ADMS}status", f"{_EU}distribution-status/COMPLETED")
        checksum = self._node("checksum-" + file.path.replace("/", "-"))
        self._add(node, f"{_SPDX}checksum", checksum)
        self._is(checksum, f"{_SPDX}Checksum")
        self._add(checksum, f"{_SPDX}algorithm", f"{_SPDX}checksumAlgorithm_sha256")
        value = Literal(file.sha256, datatype=NamedNode(f"{XSD}hexBinary"))
        self._add(checksum, f"{_SPDX}checksumValue", value)

    def _media(self, node: NamedNode, file: Distribution) -> None:
        media = f"{_IANA}{file.media_type}"
        self._add(node, f"{_DCAT}mediaType", media)
        self._is(media, f"{_DCT}MediaType")
        if file.media_type in _FILE_TYPES:
            kind = f"{_EU}file-type/{_FILE_TYPES[file.media_type]}"
            self._add(node, f"{_DCT}format", kind)
        if file.compression:
            packed = f"{_IANA}{file.compression}"
            self._add(node, f"{_DCAT}compressFormat", packed)
            self._is(packed, f"{_DCT}MediaType")
        if file.conforms_to:
            self._add(node, f"{_DCT}conformsTo", file.conforms_to)
            self._is(file.conforms_to, f"{_DCT}Standard")

    def _service(self) -> None:
        """The endpoint, where the settings name one."""
        endpoint = self._project.settings.get("publisher", {}).get("endpoint")
        if not endpoint:
            return
        node = self._node("sparql")
        self._add(self._node("catalog"), f"{_DCAT}service", node)
        self._is(node, f"{_DCAT}DataService")
        self._texts(node, f"{_DCT}title", {"de": "SPARQL-Endpunkt", "en": "SPARQL endpoint"})
        self._add(node, f"{_DCAT}endpointURL", str(endpoint))
        self._add(node, f"{_DCAT}servesDataset", self._node("data"))
        self._add(node, f"{_DCT}license", _LICENCE_DE)
        self._add(self._node("data"), f"{_VOID}sparqlEndpoint", str(endpoint))

    def _void(self, store: EmbeddedStore, dumps: Iterable[Distribution]) -> None:
        node = self._node("data")
        self._is(node, f"{_VOID}Dataset")
        self._add(node, f"{_FOAF}homepage", self._page)
        for file in dumps:
            self._add(node, f"{_VOID}dataDump", self._address + file.path)
        base = self._project.base
        self._add(node, f"{_VOID}uriSpace", Literal(base))
        triples = list(store.triples())
        classes = Counter(
            t.object.value for t in triples if t.predicate == RDF_TYPE and isinstance(t.object, NamedNode)
        )
        properties = Counter(triple.predicate.value for triple in triples)
        subjects = {triple.subject for triple in triples}
        ours = sum(1 for s in subjects if isinstance(s, NamedNode) and s.value.startswith(base))
        objects = len({triple.object for triple in triples})
        for name, number in (
            ("triples", len(triples)),
            ("entities", ours),
            ("classes", len(classes)),
            ("properties", len(properties)),
            ("distinctSubjects", len(subjects)),
            ("distinctObjects", objects),
        ):
            self._add(node, f"{_VOID}{name}", _count(number))
        self._partitions(node, "class", "entities", classes)
        self._partitions(node, "property", "triples", properties)
        for vocabulary in sorted({_namespace(iri) for iri in (*classes, *properties)}):
            self._add(node, f"{_VOID}vocabulary", vocabulary)
        for example in self._examples(classes, triples):
            self._add(node, f"{_VOID}exampleResource", example)
        self._links(node, triples)

    def _partitions(self, node: NamedNode, kind: str, counted: str, found: Counter[str]) -> None:
        for iri, number in sorted(found.items()):
            part = self._node(f"{kind}-{self._short(iri)}")
            self._add(node, f"{_VOID}{kind}Partition", part)
            self._add(part, f"{_VOID}{kind}", iri)
            self._add(part, f"{_VOID}{counted}", _count(number))

    def _short(self, iri: str) -> str:
        """A prefixed name as a part of an IRI."""
        name = self._project.prefixes.compress(iri)
        return "".join(sign if sign.isalnum() else "-" for sign in name)

    def _examples(self, classes: Counter[str], triples: Iterable[Triple]) -> list[str]:
        """Of each of our classes the first thing by name."""
        own = f"{self._project.base}ontology#"
        first: dict[str, str] = {}
        for triple in triples:
            kind, thing = getattr(triple.object, "value", ""), getattr(triple.subject, "value", "")
            ours = kind.startswith(own) and thing.startswith(f"{self._project.base}id/")
            if triple.predicate == RDF_TYPE and ours and kind in classes:
                first[kind] = min(thing, first.get(kind, thing))
        return sorted(set(first.values()))[:20]

    def _links(self, node: NamedNode, triples: Iterable[Triple]) -> None:
        """The links to each other host, by property, where there are some."""
        base = self._project.base
        found: Counter[tuple[str, str]] = Counter()
        for triple in triples:
            target = triple.object.value if isinstance(triple.object, NamedNode) else ""
            if triple.predicate.value in _SAME and not target.startswith(base):
                found[urlsplit(target).netloc, triple.predicate.value] += 1
        for (host, predicate), number in sorted(found.items()):
            if number < _FEWEST_LINKS or not host:
                continue
            links = self._node(f"links-{host.replace('.', '-')}-{self._short(predicate)}")
            self._is(links, f"{_VOID}Linkset")
            self._add(links, f"{_VOID}subjectsTarget", node)
            self._add(links, f"{_VOID}objectsTarget", f"http://{host}/")
            self._add(links, f"{_VOID}linkPredicate", predicate)
            self._add(links, f"{_VOID}triples", _count(number))
            self._add(node, f"{_VOID}subset", links)

    def _query(self, query: SavedQuery) -> None:
        """A saved query as SHACL writes queries (SHACL-SPARQL, section 5.2), for editors that offer examples."""
        node = NamedNode(f"{self._project.base}queries/{query.name}")
        kind, holds = _SELECT.get(query.form, _ASK)
        self._is(node, f"{SH}SPARQLExecutable")
        self._is(node, f"{SH}{kind}")
        titles = {language: query.title(language) for language in ("de", "en")}
        self._texts(node, f"{RDFS}label", titles)
        self._texts(node, f"{RDFS}comment", {language: query.description(language) for language in ("de", "en")})
        lines = (line for line in query.text.splitlines() if not line.startswith("#+"))
        self._add(node, f"{SH}{holds}", Literal("\n".join(lines).strip()))
        self._add(node, f"{SH}prefixes", f"{self._project.base}shapes#prefixes")
        for word in query.header.values.get("keywords", ()):
            self._add(node, "https://schema.org/keywords", Literal(str(word), language="en"))
        self._add(node, f"{_DCT}isPartOf", self._node("data"))


def _count(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(f"{XSD}integer"))


def _namespace(iri: str) -> str:
    head, sign, _ = iri.rpartition("#") if "#" in iri else iri.rpartition("/")
    return head + sign
