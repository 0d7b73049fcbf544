"""Datasets, files, publisher and endpoint for data portals: DCAT-AP 3 and DCAT-AP.de 3 (layer 2)."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import PurePosixPath

from pyoxigraph import Literal, NamedNode, Triple

from smartcity_kg.catalogue.description import DCAT, DCT, FOAF, VOID, Description, Distribution
from smartcity_kg.terms import SKOS, XSD

_VCARD, _SPDX = "http://www.w3.org/2006/vcard/ns#", "http://spdx.org/rdf/terms#"
_DCATDE, _DCATAP = "http://dcat-ap.de/def/dcatde/", "http://data.europa.eu/r5r/"
_ADMS = "http://www.w3.org/ns/adms#"
_GEO = "http://www.opengis.net/ont/geosparql#"
_EU = "http://publications.europa.eu/resource/authority/"
_IANA = "http://www.iana.org/assignments/media-types/"
_LICENCES_DE, _CONTRIBUTORS = "http://dcat-ap.de/def/licenses/", "http://dcat-ap.de/def/contributors"
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_NAME = "smartcity-kg"


def describe_datasets(
    description: Description, triples: Sequence[Triple], *, day: date, address: str, version: str
) -> None:
    """Add what catalogues ask for: dates, publisher, licence, period and area of the datasets.

    Args:
        description: What is added to.
        triples: The graph.
        day: The day of the release.
        address: Where the files will lie.
        version: The version of the data.

    Raises:
        InputError: If an address in the settings is none.

    >>> from smartcity_kg.project import Project
    >>> description = Description(Project.find(), {})
    >>> describe_datasets(description, [], day=date(2026, 1, 1), address="https://e.org/", version="1.0")
    >>> [one.value for one in description.values(description.node("data"), f"{DCT}publisher")]
    ['https://w3id.org/smartcity-kg/data#publisher']
    """
    writer = _Catalogue(description, day, address)
    datasets = description.things(f"{DCAT}Dataset")
    writer.describe_publisher()
    for node in (*description.things(f"{DCAT}Catalog"), *datasets):
        writer.describe_common(node)
    for node in datasets:
        writer.describe_dataset(node, version)
    writer.describe_period(triples)
    writer.describe_area(triples)
    writer.describe_service()


def describe_files(description: Description, files: Iterable[Distribution], *, day: date, address: str) -> None:
    """Add the files of the datasets, as catalogues ask for them; the arguments are those of `describe_datasets`.

    >>> from smartcity_kg.project import Project
    >>> file = Distribution("data/data.ttl", "data", "text/turtle", 1, "00", {"en": "Data"})
    >>> description = Description(Project.find(), {})
    >>> describe_files(description, [file], day=date(2026, 1, 1), address="https://e.org/")
    >>> len(description.values(description.node("data"), f"{DCAT}distribution"))
    1
    """
    writer = _Catalogue(description, day, address)
    datasets = description.things(f"{DCAT}Dataset")
    for file in files:
        writer.describe_file(file, datasets)


class _Catalogue:
    """Adds the parts of a catalogue to a description."""

    def __init__(self, description: Description, day: date, address: str) -> None:
        self._about = description
        self._day = Literal(day.isoformat(), datatype=NamedNode(f"{XSD}date"))
        self._address = address
        self._name = str(description.publisher.get("name", _NAME))
        catalog = next(iter(description.things(f"{DCAT}Catalog")), description.node("catalog"))
        self._licences = description.values(catalog, f"{DCT}license")

    def describe_publisher(self) -> None:
        """Who publishes, and whom to ask; what the settings do not say is left out."""
        about, node, contact = self._about, self._about.node("publisher"), self._about.node("contact")
        about.add_type(node, f"{FOAF}Agent")
        about.add(node, f"{FOAF}name", Literal(self._name))
        kind = about.address("type")
        if kind:
            about.add(node, f"{DCT}type", kind)
        about.add_type(contact, f"{_VCARD}Organization")
        about.add_type(contact, f"{_VCARD}Kind")
        about.add(contact, f"{_VCARD}fn", Literal(self._name))
        mail = about.address("email", before="mailto:")
        if mail:
            about.add(contact, f"{_VCARD}hasEmail", mail)
        about.add(contact, f"{_VCARD}hasURL", about.address("url", about.page))

    def describe_common(self, node: NamedNode) -> None:
        """What catalogue and datasets have in common."""
        about = self._about
        about.add(node, f"{DCT}publisher", about.node("publisher"))
        about.add(node, f"{DCT}creator", about.node("publisher"))
        about.add(node, f"{DCT}license", *self._licences)
        about.add(node, f"{DCT}issued", self._day)
        about.add(node, f"{DCT}modified", self._day)
        contributor = about.address("contributor")
        if contributor:
            about.add(node, f"{_DCATDE}contributorID", contributor)
            about.add(NamedNode(contributor), f"{SKOS}inScheme", _CONTRIBUTORS)

    def describe_dataset(self, node: NamedNode, version: str) -> None:
        """What is the same for all datasets of a release."""
        about = self._about
        about.add(node, f"{DCAT}contactPoint", about.node("contact"))
        about.add(node, f"{DCAT}landingPage", about.page)
        about.add(node, f"{DCAT}version", Literal(version))

    def describe_file(self, file: Distribution, datasets: Sequence[NamedNode]) -> None:
        """A file as a distribution of the dataset named like what it holds or like its folder, else as a page."""
        about, address = self._about, self._address + file.path
        named = (about.node(name) for name in (file.dataset, PurePosixPath(file.path).parent.name) if name)
        dataset = next((node for node in named if node in datasets), None)
        if dataset is None:
            about.add_type(address, f"{FOAF}Document")
            about.add_texts(NamedNode(address), f"{DCT}title", file.titles)
            for node in datasets:
                about.add(node, f"{FOAF}page", address)
            return
        name = file.path.replace("/", "-")
        node = about.node(f"file-{name}")
        about.add(dataset, f"{DCAT}distribution", node)
        about.add_type(node, f"{DCAT}Distribution")
        ending = PurePosixPath(file.path).name.partition(".")[2]
        about.add_texts(node, f"{DCT}title", {code: f"{text} ({ending})" for code, text in file.titles.items()})
        about.add_texts(node, f"{DCT}description", file.titles)
        about.add(node, f"{DCAT}accessURL", address)
        about.add(node, f"{DCAT}downloadURL", address)
        self._describe_licence(node)
        about.add(node, f"{DCT}issued", self._day)
        about.add(node, f"{DCT}modified", self._day)
        about.add(node, f"{DCT}language", *about.values(dataset, f"{DCT}language"))
        self._describe_format(node, file)
        about.add(node, f"{_DCATAP}availability", f"{_EU}planned-availability/STABLE")
        about.add(node, f"{_ADMS}status", f"{_EU}distribution-status/COMPLETED")
        self._describe_bytes(node, file, about.node(f"checksum-{name}"))

    def _describe_licence(self, node: NamedNode) -> None:
        """The licence by its name in the German list where it has one there, and whom to name."""
        about = self._about
        same = [one for licence in self._licences for one in about.values(licence, f"{SKOS}exactMatch")]
        german = [one for one in (*self._licences, *same) if one.value.startswith(_LICENCES_DE)]
        about.add(node, f"{DCT}license", *(german or self._licences)[:1])
        text = str(about.publisher.get("attribution", self._name))
        about.add_texts(node, f"{_DCATDE}licenseAttributionByText", {"de": text, "en": text})

    def _describe_format(self, node: NamedNode, file: Distribution) -> None:
        about = self._about
        media = NamedNode(f"{_IANA}{file.media_type}")
        kinds = (about.subjects(f"{SKOS}{match}", media) for match in ("exactMatch", "narrowMatch"))
        about.add(node, f"{DCT}format", *next((found for found in kinds if found), []))
        about.add(node, f"{DCAT}mediaType", media)
        about.add_type(media, f"{DCT}MediaType")
        if file.compression:
            about.add(node, f"{DCAT}compressFormat", f"{_IANA}{file.compression}")
            about.add_type(f"{_IANA}{file.compression}", f"{DCT}MediaType")
        if file.conforms_to:
            about.add(node, f"{DCT}conformsTo", file.conforms_to)
            about.add_type(file.conforms_to, f"{DCT}Standard")

    def _describe_bytes(self, node: NamedNode, file: Distribution, checksum: NamedNode) -> None:
        about = self._about
        size = Literal(str(file.size), datatype=NamedNode(f"{XSD}nonNegativeInteger"))
        about.add(node, f"{DCAT}byteSize", size)
        about.add(node, f"{_SPDX}checksum", checksum)
        about.add_type(checksum, f"{_SPDX}Checksum")
        about.add(checksum, f"{_SPDX}algorithm", f"{_SPDX}checksumAlgorithm_sha256")
        value = Literal(file.sha256, datatype=NamedNode(f"{XSD}hexBinary"))
        about.add(checksum, f"{_SPDX}checksumValue", value)

    def describe_period(self, triples: Iterable[Triple]) -> None:
        """From the oldest to the newest source, where a dataset is about that period."""
        period = self._about.node("period")
        days = [
            triple.object.value
            for triple in triples
            if triple.predicate.value == f"{DCT}issued"
            and isinstance(triple.object, Literal)
            and triple.object.datatype.value == f"{XSD}date"
        ]
        if not days:
            self._about.drop(period)
        if self._about.mentions(period):
            self._about.add_type(period, f"{DCT}PeriodOfTime")
            for name, day in (("startDate", min(days)), ("endDate", max(days))):
                self._about.add(period, f"{DCAT}{name}", Literal(day, datatype=NamedNode(f"{XSD}date")))

    def describe_area(self, triples: Iterable[Triple]) -> None:
        """The smallest box around all places, where a dataset is about that area."""
        area = self._about.node("area")
        texts = (getattr(t.object, "value", "") for t in triples if t.predicate.value == f"{_GEO}asWKT")
        # An IRI of a reference system may stand before the brackets; its digits are no coordinates.
        numbers = [_NUMBER.findall(text.partition("(")[2]) for text in texts]
        east = [float(number) for found in numbers for number in found[::2]]
        north = [float(number) for found in numbers for number in found[1::2]]
        if not (east and north):
            self._about.drop(area)
        if self._about.mentions(area):
            self._about.add_type(area, f"{DCT}Location")
            west, south, last, top = min(east), min(north), max(east), max(north)
            ring = ((west, south), (last, south), (last, top), (west, top), (west, south))
            self._add_place(area, "bbox", f"POLYGON(({', '.join(f'{x} {y}' for x, y in ring)}))")
            centre = f"POINT({round((west + last) / 2, 3)} {round((south + top) / 2, 3)})"
            self._add_place(area, "centroid", centre)

    def _add_place(self, node: NamedNode, name: str, text: str) -> None:
        self._about.add(node, f"{DCAT}{name}", Literal(text, datatype=NamedNode(f"{_GEO}wktLiteral")))

    def describe_service(self) -> None:
        """The endpoint; without one in the settings, nothing is said of it."""
        about = self._about
        endpoint = about.address("endpoint")
        services = about.things(f"{DCAT}DataService")
        for node in services:
            if not endpoint:
                about.drop(node)
                continue
            about.add(node, f"{DCAT}endpointURL", endpoint)
            about.add(node, f"{DCAT}endpointDescription", endpoint)
            about.add(node, f"{DCAT}contactPoint", about.node("contact"))
            about.add(node, f"{DCT}publisher", about.node("publisher"))
            self._describe_licence(node)
            for dataset in about.values(node, f"{DCAT}servesDataset"):
                about.add(dataset, f"{VOID}sparqlEndpoint", endpoint)
