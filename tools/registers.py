"""Make the shared registers from the tables in `data/sources/`.

Cities, regions, networks, programmes, competitions, memberships, results and fundings are many and alike, so they
are written by this tool and not by hand. It makes `data/shared/cities.ttl`, `data/shared/contradictions.ttl`, the
files `data/shared/register-*.ttl`, the list `docs/coverage/registers.csv` with the page beside it, and the page
`data/ATTRIBUTION.md`.

    python tools/registers.py            write the files
    python tools/registers.py --check    write nothing; exit 1 if a file is out of date

The other files in `data/shared/` and all records are kept by hand. What they say is not said again: a row whose
membership, result or funding stands there already is only named in the list.

All rows are checked first. With a single fault (unknown municipality key, slug given twice, membership in a
network that is not described, a coordinate outside Germany, a date in the future, a wrong number) the tool names
file and row and writes nothing.
"""

import argparse
import csv
import os
import re
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pyoxigraph as ox

ROOT = Path(__file__).resolve().parents[1]
BASE = "https://w3id.org/smartcity-kg/"
ID = f"{BASE}id/"
CC_BY = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"
DCAT_KEY = "http://dcat-ap.de/def/politicalGeocoding/municipalityKey/"
PORTRAIT = f"{ID}portrait/bitkom-magdeburg-2019#"
WRITTEN = "2026-11-22"
LONGEST = 120
SOUTH, NORTH, WEST, EAST = 47.2, 55.1, 5.8, 15.1

PREFIXES = {
    "cer": f"{BASE}scheme/certainty/",
    "city": f"{ID}city/",
    "comp": f"{ID}competition/",
    "cons": f"{ID}consortium/",
    "dct": "http://purl.org/dc/terms/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "mkd": f"{BASE}scheme/municipality-kind/",
    "net": f"{ID}network/",
    "org": "http://www.w3.org/ns/org#",
    "orga": f"{ID}org/",
    "prog": f"{ID}programme/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "reg": f"{ID}region/",
    "rol": f"{BASE}scheme/role/",
    "sckg": f"{BASE}ontology#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "src": f"{ID}source/",
    "sta": f"{BASE}scheme/status/",
    "wd": "http://www.wikidata.org/entity/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
KINDS = {
    "Kreisfreie Stadt": "district-free-city",
    "Stadtkreis": "urban-district",
    "Große Kreisstadt": "large-district-town",
    "Stadt": "town",
    "Markt": "market",
    "Kreisangehörige Gemeinde": "municipality",
}
ROLES = {
    "member": "member",
    "founding member": "founding-member",
    "founder": "founding-member",
    "former member": "former-member",
    "member (planned)": "planned-member",
    "associated member": "associated-member",
    "signatory": "signatory",
    "participant": "participant",
    "participating district": "participant",
    "partner": "partner",
    "CORE development partner": "partner",
    "innovation partnership": "partner",
    "applicant partner": "partner",
    "lead partner": "lead-partner",
    "coordinator": "lead-partner",
    "lighthouse city": "lighthouse-city",
    "follower city": "follower-city",
    "pioneer city": "pioneer-city",
    "mentor city": "mentor-city",
    "core city": "core-city",
    "board member": "board-member",
    "president": "president",
    "shareholder": "shareholder",
    "supporter": "supporter",
    "initiator": "initiator",
    "developer": "developer",
    "contributor": "contributor",
    "part of region": "part-of-region",
    "event participant": "event-participant",
    "host": "host",
    "city lab": "city-lab",
    "city index assessment": "city-lab",
    "demonstrator region": "demonstrator",
    "model site": "demonstrator",
}
OUTCOMES = {
    "winner": ("Sieg", "winner"),
    "finalist": ("Finale", "finalist"),
    "applicant": ("Bewerbung", "entry"),
    "nominee": ("Nominierung", "nomination"),
    "selected": ("ausgewählt", "selected"),
    "beacon": ("Leuchtturm", "beacon"),
    "funded strategy": ("geförderte Strategie", "funded strategy"),
    "funded implementation": ("geförderte Umsetzung", "funded implementation"),
    "participant": ("Teilnahme", "participation"),
    "Gewinner": ("Sieg", "winner"),
    "Preis": ("Preis", "prize"),
    "Anerkennung": ("Anerkennung", "commendation"),
    "Gold": ("Gold", "gold"),
    "Titel": ("Titel", "title"),
    "Leuchtturm": ("Leuchtturm", "beacon"),
}
WINNING = {"winner", "Gewinner", "Titel"}
CATEGORIES = {
    "Gesellschaft": "society",
    "Energie und Umwelt": "energy and environment",
    "Mobilität": "mobility",
    "Verwaltung": "administration",
    "IT und Kommunikation": "IT and communication",
    "Lebensqualität": "quality of life",
    "Großstädte": "large cities",
    "Mittelstädte": "medium-sized towns",
    "Mittlere Städte": "medium-sized towns",
    "Kleinstädte und Landgemeinden": "small towns and rural municipalities",
    "Interkommunale Kooperationen und Landkreise": "inter-municipal co-operation and districts",
    "Musik": "music",
    "Literatur": "literature",
    "Design": "design",
    "Medienkunst": "media art",
    "Film": "film",
    "Phase 1": "phase 1",
    "Phase 2": "phase 2",
    "Phase 3": "phase 3",
    "Teil A": "part A",
    "Teil B": "part B",
    "Runde 2": "round 2",
    "Runde 1": "round 1",
    "Finale": "final",
    "Bewerbung": "entry",
    "Gewinner": "winners",
}
# Programmes in which a city takes part without being given money for a project of its own.
WITHOUT_MONEY = {"P-DCC", "P-ICC", "P-100CITIES"}
REGISTERS = {
    "S-GV100AD": "destatis-municipality-register",
    "S-NUTS2024": "eurostat-nuts-2024",
    "S-GEONAMES": "geonames-cities500",
}
SEED = {"seed": "networks-1", "seed (Projektbeispiele)": "projects-3"}
STATES = (
    # key, ISO, NUTS, German, English, Wikidata, larger region
    ("01", "SH", "DEF", "Schleswig-Holstein", "Schleswig-Holstein", "Q1194", "north-germany"),
    ("02", "HH", "DE6", "Hamburg", "Hamburg", "Q1055", "north-germany"),
    ("03", "NI", "DE9", "Niedersachsen", "Lower Saxony", "Q1197", "north-germany"),
    ("04", "HB", "DE5", "Bremen", "Bremen", "Q24879", "north-germany"),
    ("05", "NW", "DEA", "Nordrhein-Westfalen", "North Rhine-Westphalia", "Q1198", "west-germany"),
    ("06", "HE", "DE7", "Hessen", "Hesse", "Q1199", "west-germany"),
    ("07", "RP", "DEB", "Rheinland-Pfalz", "Rhineland-Palatinate", "Q1200", "west-germany"),
    ("08", "BW", "DE1", "Baden-Württemberg", "Baden-Württemberg", "Q985", "south-germany"),
    ("09", "BY", "DE2", "Bayern", "Bavaria", "Q980", "south-germany"),
    ("10", "SL", "DEC", "Saarland", "Saarland", "Q1201", "west-germany"),
    ("11", "BE", "DE3", "Berlin", "Berlin", "Q64", "east-germany"),
    ("12", "BB", "DE4", "Brandenburg", "Brandenburg", "Q1208", "east-germany"),
    ("13", "MV", "DE8", "Mecklenburg-Vorpommern", "Mecklenburg-Western Pomerania", "Q1196", "east-germany"),
    ("14", "SN", "DED", "Sachsen", "Saxony", "Q1202", "east-germany"),
    ("15", "ST", "DEE", "Sachsen-Anhalt", "Saxony-Anhalt", "Q1206", "east-germany"),
    ("16", "TH", "DEG", "Thüringen", "Thuringia", "Q1205", "east-germany"),
)
LARGER = (
    ("north-germany", "Norddeutschland", "North Germany"),
    ("east-germany", "Ostdeutschland", "East Germany"),
    ("south-germany", "Süddeutschland", "South Germany"),
    ("west-germany", "Westdeutschland", "West Germany"),
)
# A thing has only one of these; what a file kept by hand says of it holds.
SINGLE = {
    f"{PREFIXES['sckg']}{name}"
    for name in (
        "when",
        "throughout",
        "amount",
        "currency",
        "winnerCount",
        "fieldSize",
        "memberCount",
        "status",
        "rank",
    )
} | {f"{PREFIXES['dct']}description", f"{PREFIXES['foaf']}homepage"}

Node = ox.NamedNode
Value = ox.NamedNode | ox.Literal


class RegisterError(Exception):
    """Faults in the tables; the message names file and row of each."""


@dataclass(frozen=True)
class Row:
    """A row of a table with its place."""

    file: str
    number: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    @property
    def place(self) -> str:
        """File and row, as an editor counts them."""
        return f"{self.file}, row {self.number}"


@dataclass
class Entry:
    """What a file says about one thing: properties in the order of writing."""

    subject: Node
    facts: list[tuple[Node, Value]] = field(default_factory=list)

    def add(self, predicate: str, *values: Value | None) -> "Entry":
        """State a property with each value that is there, once."""
        for value in values:
            if value is not None and (pair := (term(predicate), value)) not in self.facts:
                self.facts.append(pair)
        return self

    def label(self, german: str, english: str) -> "Entry":
        """Name the thing in both languages."""
        return self.add("skos:prefLabel", ox.Literal(german, language="de"), ox.Literal(english, language="en"))


@dataclass
class Sheet:
    """A file to be written: its title, a comment, its entries."""

    name: str
    title: tuple[str, str]
    comment: str
    sources: set[Node] = field(default_factory=set)
    entries: dict[Node, Entry] = field(default_factory=dict)

    def entry(self, subject: Node, kind: str) -> Entry:
        """The entry of a thing, made when it is first asked for."""
        if subject not in self.entries:
            self.entries[subject] = Entry(subject).add("rdf:type", term(kind))
        return self.entries[subject]


def term(name: str) -> Node:
    """The IRI of a prefixed name.

    >>> term("sta:ongoing").value
    'https://w3id.org/smartcity-kg/scheme/status/ongoing'
    """
    prefix, _, local = name.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)


def text(german: str, english: str = "") -> tuple[ox.Literal, ...]:
    """A text in German and, if there is one, in English."""
    both = (ox.Literal(german, language="de"), ox.Literal(english, language="en") if english else None)
    return tuple(literal for literal in both if literal is not None)


def typed(value: str, datatype: str) -> ox.Literal:
    """A literal of a datatype."""
    return ox.Literal(value, datatype=term(datatype))


_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def slug_of(name: str) -> str:
    """The slug of a name: lower case, umlauts spelt out, all else hyphens.

    >>> slug_of("Für die Würde unserer Städte")
    'fuer-die-wuerde-unserer-staedte'
    """
    lowered = unicodedata.normalize("NFC", name).lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def source_slug(address: str) -> str:
    """The slug of a page: host, and the last words of its path.

    >>> source_slug("https://www.vku.de/themen/digitalisierung/13-modellprojekte/")
    'vku-de-13-modellprojekte'
    """
    parts = urlsplit(address)
    host = slug_of(parts.netloc.removeprefix("www."))
    words = [slug_of(re.sub(r"\.(html?|php|aspx?|pdf)$", "", unquote(part))) for part in parts.path.split("/")]
    words = [word for word in words if word and word not in {"de", "en", "index"}]
    tail = (words[-1] if words else "") or ""
    if len(tail) < 6 and len(words) > 1:
        tail = f"{words[-2]}-{tail}"
    tail = tail[:48].strip("-")
    return f"{host}-{tail}" if tail else host


def read_table(folder: Path, name: str) -> list[Row]:
    """The rows of a table; the heading is row 1."""
    with (folder / name).open(encoding="utf-8", newline="") as handle:
        return [Row(name, number, values) for number, values in enumerate(csv.DictReader(handle), start=2)]


class Registers:
    """All registers, read from the tables and checked; `files` are the texts to write."""

    def __init__(self, root: Path = ROOT, today: date | None = None) -> None:
        self.root = root
        self.today = today or date.today()
        folder = root / "data" / "sources"
        self.faults: list[str] = []
        names = (
            "cities",
            "networks",
            "programmes",
            "memberships",
            "awards",
            "organisations",
            "actors",
            "members",
            "contradictions",
        )
        self.tables = {name: read_table(folder, f"{name}.csv") for name in names}
        self.slugs = {row["id"]: row for row in read_table(folder, "slugs.csv")}
        self.english = {row["id"]: row["name_en"] for row in read_table(folder, "english-names.csv")}
        self.page_slugs = {row["address"]: row["slug"] for row in read_table(folder, "page-slugs.csv")}
        self.slug_rows = read_table(folder, "city-slugs.csv")
        self.sheets: dict[str, Sheet] = {}
        self.carried: list[tuple[str, str, str, str]] = []
        self._read_kept()
        self._check()
        if self.faults:
            raise RegisterError("\n".join(self.faults))
        self._make()
        if self.faults:
            raise RegisterError("\n".join(self.faults))

    # Reading

    def _read_kept(self) -> None:
        """What the files kept by hand say."""
        self.kept: set[tuple[str, str, str]] = set()
        self.described: set[str] = set()
        self.said: set[tuple[str, str]] = set()
        self.named: set[tuple[str, str]] = set()
        self.pages: dict[str, Node] = {}
        by_subject: dict[str, list[tuple[str, str]]] = defaultdict(list)
        shared = [
            path
            for path in sorted((self.root / "data" / "shared").glob("*.ttl"))
            if path.name not in {"cities.ttl", "contradictions.ttl"} and not path.name.startswith("register-")
        ]
        for path in [*shared, *sorted((self.root / "data" / "cities").glob("*.ttl"))]:
            for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
                subject, predicate = getattr(quad.subject, "value", ""), quad.predicate.value
                self.kept.add((subject, predicate, str(quad.object)))
                self.said.add((subject, predicate))
                if predicate == term("rdf:type").value:
                    self.described.add(subject)
                if predicate == term("skos:prefLabel").value and isinstance(quad.object, ox.Literal):
                    self.named.add((subject, quad.object.language or ""))
                if predicate == term("rdfs:seeAlso").value and f"{ID}source/" in subject:
                    self.pages[_same_page(getattr(quad.object, "value", ""))] = ox.NamedNode(subject)
                by_subject[subject].append((predicate, getattr(quad.object, "value", "")))
        who = {term("org:member").value} | {
            term(f"sckg:{name}").value
            for name in ("contestant", "recipient", "leadRecipient", "applicant", "participant")
        }
        what = {term("org:organization").value, term("sckg:inCompetition").value, term("sckg:inProgramme").value}
        self.links: dict[tuple[str, str], str] = {}
        for subject, facts in sorted(by_subject.items()):
            for _, member in (fact for fact in facts if fact[0] in who):
                for _, target in (fact for fact in facts if fact[0] in what):
                    self.links.setdefault((member, target), subject)

    def _fault(self, row: Row, message: str) -> None:
        self.faults.append(f"{row.place}: {message}")

    # Checking

    def _check(self) -> None:
        self.city: dict[str, Node] = {}
        self._check_slugs()
        seen: dict[str, Row] = {}
        for row in self.tables["cities"]:
            self._check_city(row)
            if row["ags"] in seen:
                self._fault(row, f"the municipality key {row['ags']} stands also in row {seen[row['ags']].number}")
            seen[row["ags"]] = row
        for row in self.slug_rows:
            if row["ags"] not in seen:
                self._fault(row, f"unknown municipality key {row['ags']}")
        for name in ("networks", "programmes", "memberships", "awards"):
            for row in self.tables[name]:
                self._check_dates(row)
        self._check_links()

    def _check_links(self) -> None:
        self.member_rows = {
            (row["member"], row["member_kind"], row["member_ags"], row["state_iso3166_2"]): row
            for row in self.tables["members"]
        }
        ids = {row["id"] for name in ("networks", "programmes") for row in self.tables[name]}
        for name in ("networks", "programmes"):
            for row in self.tables[name]:
                if row["id"] not in self.slugs:
                    self._fault(row, f"{row['id']} has no line in slugs.csv")
        for row in self.tables["memberships"]:
            if row["organisation_id"] not in ids or row["organisation_id"] not in self.slugs:
                self._fault(row, f"{row['organisation_id']} is no described network or programme")
            if self._member(row) is None:
                self._fault(row, f"unknown municipality key or member: {row['member_ags'] or row['member']}")
        for row in self.tables["awards"]:
            if row["city_ags"] not in self.city:
                self._fault(row, f"unknown municipality key {row['city_ags']}")
            if f"{row['award']} {row['year']}" not in self.slugs:
                self._fault(row, f"the award {row['award']} {row['year']} has no line in slugs.csv")

    def _check_slugs(self) -> None:
        used: dict[str, Row] = {}
        for row in self.slug_rows:
            if row["slug"] in used:
                self._fault(row, f"the slug {row['slug']} is given to row {used[row['slug']].number} as well")
            elif not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["slug"]):
                self._fault(row, f"{row['slug']} is no slug")
            used[row["slug"]] = row
            self.city[row["ags"]] = term(f"city:{row['slug']}")

    def _check_city(self, row: Row) -> None:
        if row["ags"] not in self.city:
            self._fault(row, f"the municipality key {row['ags']} has no slug in city-slugs.csv")
        if not re.fullmatch(r"(0[1-9]|1[0-6])\d{6}", row["ags"]):
            self._fault(row, f"{row['ags']} is no municipality key")
        if row["ars"][:5] + row["ars"][9:] != row["ags"]:
            self._fault(row, f"the regional key {row['ars']} does not belong to {row['ags']}")
        if row["municipality_type"] not in KINDS:
            self._fault(row, f"unknown kind of municipality: {row['municipality_type']}")
        if not row["population"].isdigit() or int(row["population"]) < 1:
            self._fault(row, f"the population {row['population']} is no number from 1")
        if not re.fullmatch(r"\d+(\.\d+)?", row["area_km2"]):
            self._fault(row, f"the area {row['area_km2']} is no number")
        self._check_day(row, row["population_date"])
        if row["lat"] or row["lon"]:
            try:
                inside = SOUTH <= float(row["lat"]) <= NORTH and WEST <= float(row["lon"]) <= EAST
            except ValueError:
                inside = False
            if not inside:
                self._fault(row, f"the point {row['lat']} {row['lon']} lies outside Germany")

    def _check_dates(self, row: Row) -> None:
        if row["retrieved"]:
            self._check_day(row, row["retrieved"])
        start = row.values.get("start", "") or row.values.get("year", "")
        end = row.values.get("end", "")
        for value in (start, end):
            if value and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", value):
                self._fault(row, f"{value} is no date such as 2019, 2019-03 or 2019-03-19")
                return
        if start and start > self.today.isoformat()[: len(start)]:
            self._fault(row, f"the date {start} lies in the future")
        if start and end and end < start[: len(end)]:
            self._fault(row, f"the end {end} lies before the beginning {start}")

    def _check_day(self, row: Row, value: str) -> None:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self._fault(row, f"{value} is no day such as 2019-03-19")
            return
        if day > self.today:
            self._fault(row, f"the date {value} lies in the future")

    def _member(self, row: Row) -> Node | None:
        if row["member_kind"] == "city" and row["member_ags"] in self.city:
            return self.city[row["member_ags"]]
        found = self.member_rows.get(
            (row["member"], row["member_kind"], row["member_ags"], row["state_iso3166_2"])
        )
        return ox.NamedNode(found["iri"]) if found else None

    # Making

    def _sheet(self, name: str, german: str, english: str, comment: str) -> Sheet:
        self.sheets[name] = Sheet(name, (german, english), comment)
        return self.sheets[name]

    def _make(self) -> None:
        self.city_row = {row["ags"]: row for row in self.tables["cities"]}
        self.row_by_id = {row["id"]: row for name in ("networks", "programmes") for row in self.tables[name]}
        self.label: dict[str, tuple[str, str]] = {}
        self.source_sheet = self._sheet(
            "register-sources",
            "Quellen der Register",
            "Sources of the registers",
            "Pages that rows of the tables rest on.",
        )
        self._make_regions()
        self._make_cities()
        self._make_members()
        self._make_organisations()
        self._make_networks()
        self._make_competitions()
        self._make_awards_and_memberships()
        self._make_atlas()
        self._make_contradictions()

    def target(self, identifier: str) -> Node:
        """The IRI of a network, programme or award."""
        return ox.NamedNode(self.slugs[identifier]["iri"])

    def names(self, identifier: str, german: str, english: str) -> tuple[str, str]:
        """German and English name; one stands in for the other where there is only one."""
        first = german or english
        return first, english or self.english.get(identifier, "") or first

    def evidence(self, row: Row, sheet: Sheet) -> tuple[Node, ...]:
        """The sources that a row names, each described once."""
        found: list[Node] = []
        for address in filter(None, map(str.strip, row["source"].split(" ; "))):
            if address.startswith("seed"):
                found.append(ox.NamedNode(PORTRAIT + SEED.get(address, "networks-1")))
            else:
                found.append(self._page(address, row["retrieved"]))
        sheet.sources.update(node for node in found if "#" not in node.value)
        return tuple(dict.fromkeys(found))

    def _page(self, address: str, day: str) -> Node:
        clean, _, remark = address.partition(" ")
        key = _same_page(_iri(clean))
        if key not in self.pages:
            slug = self.page_slugs.get(clean) or source_slug(clean)
            taken = {node.value for node in self.pages.values()} | self.described
            number, name = 2, slug
            while f"{ID}source/{name}" in taken:
                name, number = f"{slug}-{number}", number + 1
            node = term(f"src:{name}")
            self.pages[key] = node
            host = unquote(urlsplit(clean).netloc).removeprefix("www.")
            words = name.removeprefix(slug_of(host)).strip("-").replace("-", " ")
            title = f"{host}: {words}" if words else host
            entry = self.source_sheet.entry(node, "sckg:Source").label(title, title)
            entry.add("rdfs:seeAlso", ox.NamedNode(_iri(clean))).add("sckg:retrieved", typed(day, "xsd:date"))
            if remark:
                entry.add("skos:note", *text(remark.strip("()"), remark.strip("()")))
        node = self.pages[key]
        if node.value in self.described and (node.value, term("sckg:retrieved").value) not in self.said:
            self.source_sheet.entry(node, "sckg:Source").add("sckg:retrieved", typed(day, "xsd:date"))
        return node

    def _make_regions(self) -> None:
        sheet = self._sheet(
            "register-regions",
            "Regionen: Kennungen",
            "Regions: codes",
            "The sixteen federal states, and the four parts of the country by which overviews are sorted.",
        )
        sources = (term("src:destatis-municipality-register"), term("src:eurostat-nuts-2024"))
        sheet.sources.update(sources)
        sheet.entry(term("reg:de"), "sckg:Country").add("sckg:isoCode")
        members: dict[str, list[str]] = defaultdict(list)
        for key, iso, nuts, german, english, wikidata, larger in STATES:
            entry = sheet.entry(term(f"reg:de-{iso.lower()}"), "sckg:FederalState").label(german, english)
            entry.add("skos:notation", ox.Literal(key)).add("sckg:isoCode", ox.Literal(f"DE-{iso}"))
            entry.add("sckg:nutsCode", ox.Literal(nuts)).add(
                "sckg:inRegion", term("reg:de"), term(f"reg:{larger}")
            )
            state_key = ox.NamedNode(f"http://dcat-ap.de/def/politicalGeocoding/stateKey/{key}")
            entry.add("skos:exactMatch", term(f"wd:{wikidata}"), state_key).add("sckg:evidence", *sources)
            members[larger].append(german)
        for slug, german, english in LARGER:
            states = ", ".join(members[slug])
            entry = sheet.entry(term(f"reg:{slug}"), "sckg:Region").label(german, english)
            entry.add(
                "dct:description",
                *text(
                    f"Nach Ländern abgegrenzt: {states}. Jedes Land gehört zu genau einem der vier Landesteile.",
                    f"Drawn by federal states: {states}. Each state belongs to exactly one of the four parts.",
                ),
            )
            entry.add("sckg:inRegion", term("reg:de")).add("sckg:evidence", sources[0])

    def _make_cities(self) -> None:
        sheet = self._sheet(
            "cities",
            "Städte: Registerangaben",
            "Cities: register facts",
            "Register facts of cities: name, keys, place, population.\n"
            "# What a source says of a city stands in its record.\n"
            "# Points are those of the populated place in GeoNames, longitude before latitude.",
        )
        seats: dict[str, Node] = {}
        for row in sorted(self.tables["cities"], key=lambda row: self.city[row["ags"]].value):
            node, sources = self.city[row["ags"]], []
            for code in row["source"].split(";"):
                if code in REGISTERS:
                    sources.append(term(f"src:{REGISTERS[code]}"))
            german = row["short_name"]
            english = self.english.get(row["ags"], german)
            self.label[node.value] = (german, english)
            entry = sheet.entry(node, "sckg:City").label(german, english)
            if row["ags"] == "03101000":
                entry.add("skos:altLabel", ox.Literal("Brunswick", language="en"))
            entry.add("sckg:officialName", ox.Literal(row["official_name"]))
            entry.add("sckg:municipalityKey", ox.Literal(row["ags"])).add(
                "sckg:regionalKey", ox.Literal(row["ars"])
            )
            entry.add("sckg:municipalityKind", term(f"mkd:{KINDS[row['municipality_type']]}"))
            entry.add("sckg:nutsCode", ox.Literal(row["nuts3"]))
            entry.add("sckg:inRegion", term(f"reg:{row['state_iso3166_2'].lower()}"))
            entry.add("sckg:population", typed(row["population"], "xsd:integer"))
            entry.add("sckg:populationDate", typed(row["population_date"], "xsd:date"))
            entry.add("sckg:area", typed(_decimal(row["area_km2"]), "xsd:decimal"))
            if row["lat"]:
                seats[node.value] = ox.NamedNode(f"{node.value}/centroid")
                entry.add("geo:hasGeometry", seats[node.value])
            if row["website"]:
                entry.add("foaf:homepage", ox.NamedNode(_iri(row["website"])))
            if row["wikidata_qid_confidence"]:
                entry.add("skos:exactMatch", term(f"wd:{row['wikidata_qid']}"))
                sources.append(term("src:wikidata"))
            entry.add("skos:exactMatch", ox.NamedNode(DCAT_KEY + row["ags"]))
            if row["geonames_id"]:
                match = "skos:exactMatch" if row["geonames_match"] == "high" else "skos:closeMatch"
                entry.add(match, ox.NamedNode(f"https://sws.geonames.org/{row['geonames_id']}/"))
            entry.add("sckg:evidence", *sources)
            sheet.sources.update(sources)
            if row["lat"]:
                point = sheet.entry(seats[node.value], "geo:Geometry")
                wkt = f"POINT({_trim(row['lon'])} {_trim(row['lat'])})"
                point.add("geo:asWKT", typed(wkt, "geo:wktLiteral")).add(
                    "dct:source", term("src:geonames-cities500")
                )

    def _make_members(self) -> None:
        sheet = self._sheet(
            "register-members",
            "Landkreise und andere Mitglieder",
            "Districts and other members",
            "Members of networks and programmes that are no city of the register.",
        )
        used: dict[tuple[str, ...], Row] = {}
        for row in self.tables["memberships"]:
            key = (row["member"], row["member_kind"], row["member_ags"], row["state_iso3166_2"])
            used.setdefault(key, row)
        for key, found in sorted(self.member_rows.items(), key=lambda item: item[1]["iri"]):
            if key not in used:
                continue
            node = ox.NamedNode(found["iri"])
            self.label[node.value] = (found["name_de"], found["name_en"])
            if node in sheet.entries:
                continue
            entry = sheet.entry(node, found["class"]).label(found["name_de"], found["name_en"])
            if found["district_key"]:
                entry.add("skos:notation", ox.Literal(found["district_key"]))
            if found["country"]:
                entry.add("sckg:countryCode", ox.Literal(found["country"]))
            if found["region"] and found["class"] != "org:Organization":
                entry.add("sckg:inRegion", ox.NamedNode(found["region"]))
            if found["member_kind"] == "utility":
                entry.add("sckg:basedIn", self.city[found["member_ags"]])
            entry.add("sckg:evidence", *self.evidence(used[key], sheet))

    def _make_organisations(self) -> None:
        sheet = self._sheet(
            "register-organisations",
            "Fördernde und betreibende Stellen",
            "Funders and operators",
            "Bodies that give the money for programmes, run networks or hold competitions.",
        )
        self.actors: dict[str, list[tuple[str, Node]]] = defaultdict(list)
        first: dict[str, Row] = {}
        for row in self.tables["actors"]:
            self.actors[row["id"]].append((row["relation"], ox.NamedNode(row["iri"])))
            source = self.row_by_id.get(row["id"]) or next(
                (award for award in self.tables["awards"] if award["award"] == row["id"]), None
            )
            if source is None:
                self._fault(row, f"{row['id']} is no network, programme or award")
            else:
                first.setdefault(row["iri"], source)
        contradicting = {f"{ID}org/zpvp", f"{ID}org/fraunhofer-iff"}
        for row in self.tables["organisations"]:
            node = term(f"orga:{row['slug']}")
            if node.value in self.described:
                continue
            origin = first.get(node.value)
            if origin is None:
                if node.value not in contradicting:
                    continue
                origin = self.row_by_id["N-MD40-MD"]
            entry = sheet.entry(node, row["class"]).label(row["name_de"], row["name_en"])
            if row["abbreviation"]:
                entry.add("skos:altLabel", ox.Literal(row["abbreviation"], language="de"))
            entry.add("sckg:evidence", *self.evidence(origin, sheet))

    def _make_networks(self) -> None:
        sheet = self._sheet(
            "register-networks", "Netzwerke", "Networks", "Networks of cities, and bodies that serve them."
        )
        programmes = self._sheet(
            "register-programmes",
            "Programme und Projektverbünde",
            "Programmes and project consortia",
            "Funding programmes with their rounds, initiatives of the European Union, and project consortia.",
        )
        classes = {
            "network": "sckg:Network",
            "programme": "sckg:Programme",
            "consortium": "sckg:ProjectConsortium",
        }
        for row in self.tables["networks"]:
            kind = self.slugs[row["id"]]["kind"]
            node = self.target(row["id"])
            german, english = self.names(row["id"], row["name_de"], row["name_en"])
            self.label[node.value] = (german, english)
            home = sheet if kind in {"network", "organisation"} else programmes
            entry = home.entry(node, classes.get(kind, "org:Organization"))
            self._describe(entry, row, german, english)
            if row["members_count"].isdigit():
                if kind in {"network", "consortium"}:
                    entry.add("sckg:memberCount", typed(row["members_count"], "xsd:integer"))
                    if row["members_count_asof"]:
                        entry.add("skos:note", *text(f"Mitgliederzahl: Stand {row['members_count_asof']}"))
            elif row["members_count"]:
                as_of = f" (Stand {row['members_count_asof']})" if row["members_count_asof"] else ""
                entry.add("skos:note", *text(f"Mitglieder: {row['members_count']}{as_of}"))
            entry.add("sckg:evidence", *self.evidence(row, home))
            self._carry("networks", row["id"], node.value, "")
        for row in self.tables["programmes"]:
            self._make_programme(row, programmes)

    def _make_programme(self, row: Row, sheet: Sheet) -> None:
        kind, node = self.slugs[row["id"]]["kind"], self.target(row["id"])
        german, english = self.names(row["id"], row["name"], row["name_en"])
        self.label[node.value] = (german, english)
        if kind in {"law", "source"}:
            self._carry("programmes", row["id"], node.value, "kept by hand")
            return
        if kind == "competition":
            self._carry("programmes", row["id"], node.value, "")
            return
        is_round = row["kind"] == "programme round"
        name = "sckg:ProjectConsortium" if kind == "consortium" else "sckg:Programme"
        entry = sheet.entry(node, "sckg:ProgrammeRound" if is_round else name)
        self._describe(entry, row, german, english)
        if is_round:
            entry.add("sckg:roundOf", self.target(row["id"].rpartition("-")[0]))
        if row["amount_eur"]:
            entry.add("sckg:amount", typed(_decimal(row["amount_eur"]), "xsd:decimal"))
            entry.add("sckg:currency", ox.Literal("EUR"))
        for word, column in (("Bewerbungen", "applicants"), ("Ausgewählt", "selected")):
            if row[column]:
                entry.add("skos:note", *text(f"{word}: {row[column]}"))
        entry.add("sckg:evidence", *self.evidence(row, sheet))
        self._carry("programmes", row["id"], node.value, "")

    def _describe(self, entry: Entry, row: Row, german: str, english: str) -> None:
        """Names, dates, page, bodies and notes, as networks and programmes have them."""
        entry.label(german, english)
        if row.values.get("abbreviation") and row["abbreviation"] not in {german, english}:
            entry.add("skos:altLabel", ox.Literal(row["abbreviation"], language="de"))
        for relation, actor in self.actors[row["id"]]:
            if actor != entry.subject:
                entry.add(f"sckg:{relation}", actor)
        self._date(entry, row)
        if row["website"]:
            entry.add("foaf:homepage", ox.NamedNode(_iri(row["website"])))
        if row["note"]:
            entry.add("skos:note", *text(row["note"]))
        known = any(relation == "operator" for relation, _ in self.actors[row["id"]])
        if not known and row["operator"] not in {"", german, row.values.get("abbreviation", "")}:
            entry.add("skos:note", *text(f"Träger: {row['operator']}"))

    def _date(self, entry: Entry, row: Row) -> None:
        start, end = row["start"], row["end"]
        if start and end:
            entry.add("sckg:throughout", typed(f"{start}/{end}", "edtf:EDTF"))
        elif start:
            entry.add("sckg:when", typed(start, "edtf:EDTF"))
        elif end:
            entry.add("sckg:throughout", typed(f"../{end}", "edtf:EDTF"))

    def _ended(self, row: Row) -> bool:
        return bool(row["end"]) and row["end"] < WRITTEN[: len(row["end"])]

    def _make_competitions(self) -> None:
        sheet = self._sheet(
            "register-competitions",
            "Wettbewerbe, Preise und Ranglisten",
            "Competitions, prizes and rankings",
            "Competitions with their yearly editions. How a city fared is a result of its own.",
        )
        for row in self.tables["programmes"]:
            if self.slugs[row["id"]]["kind"] != "competition":
                continue
            node = self.target(row["id"])
            german, english = self.names(row["id"], row["name"], row["name_en"])
            entry = sheet.entry(node, "sckg:Competition")
            self._describe(entry, row, german, english)
            if row["applicants"].isdigit():
                entry.add("sckg:fieldSize", typed(row["applicants"], "xsd:integer"))
            if row["selected"].isdigit():
                entry.add("sckg:winnerCount", typed(row["selected"], "xsd:integer"))
            elif row["selected"]:
                entry.add("skos:note", *text(f"Ausgewählt: {row['selected']}"))
            entry.add("sckg:evidence", *self.evidence(row, sheet))
        for row in self.tables["awards"]:
            edition = self.target(f"{row['award']} {row['year']}")
            if edition.value in self.label:
                sheet.entry(edition, "sckg:Competition").add("sckg:evidence", *self.evidence(row, sheet))
                if row["entrants"]:
                    sheet.entry(edition, "sckg:Competition").add(
                        "sckg:fieldSize", typed(row["entrants"], "xsd:integer")
                    )
                continue
            series = self.target(row["award"])
            german, english = self.names(row["award"], row["award"], "")
            whole = sheet.entry(series, "sckg:Competition").label(german, english)
            entry = sheet.entry(edition, "sckg:Competition").label(
                f"{german} {row['year']}", f"{english} {row['year']}"
            )
            for relation, actor in self.actors[row["award"]]:
                whole.add(f"sckg:{relation}", actor)
                entry.add(f"sckg:{relation}", actor)
            entry.add("sckg:editionOf", series).add("sckg:when", typed(row["year"], "edtf:EDTF"))
            if row["entrants"]:
                entry.add("sckg:fieldSize", typed(row["entrants"], "xsd:integer"))
            sources = self.evidence(row, sheet)
            whole.add("sckg:evidence", *sources[:1])
            entry.add("sckg:evidence", *sources)
        for node, entry in sheet.entries.items():
            names = {
                value.language: value.value
                for key, value in entry.facts
                if key == term("skos:prefLabel") and isinstance(value, ox.Literal)
            }
            self.label.setdefault(node.value, (names["de"], names["en"]) if names else ("", ""))

    def _make_awards_and_memberships(self) -> None:
        self.results = self._sheet(
            "register-results",
            "Ergebnisse in Wettbewerben und Ranglisten",
            "Results in competitions and rankings",
            "How cities and others fared in competitions, prizes and rankings.",
        )
        self.fundings = self._sheet(
            "register-fundings",
            "Förderungen, Teilnahmen und Bewerbungen in Programmen",
            "Fundings, participations and applications in programmes",
            "A joint project is one funding with several recipients.",
        )
        self.memberships = self._sheet(
            "register-memberships",
            "Mitgliedschaften in Netzwerken und Projektverbünden",
            "Memberships of networks and project consortia",
            "Who belongs to which network or consortium. A date is the day of joining, or that of the list.",
        )
        for row in self.tables["memberships"]:
            identifier = row["organisation_id"]
            kind = self.slugs[identifier]["kind"]
            if identifier == "D-ATLAS":
                continue
            member = self._member(row)
            if member is None:
                continue
            target = self._round(row)
            if kept := self._kept(member, target, row):
                self._carry("memberships", row["membership_id"], kept, "kept by hand")
            elif kind == "competition":
                self._make_result(row, member, target)
            elif kind == "programme":
                self._make_part(row, member, target)
            else:
                self._make_membership(row, member, target)
        for row in self.tables["awards"]:
            self._make_award(row)

    def _round(self, row: Row) -> Node:
        by_round = f"{row['organisation_id']}-{row['round']}"
        return self.target(by_round if by_round in self.slugs else row["organisation_id"])

    def _kept(self, member: Node, target: Node, row: Row) -> str:
        """The node of a file kept by hand that says the same, if there is one."""
        found = self._link(member, target, row)
        if not found or not row["group"] or self.slugs[row["organisation_id"]]["kind"] != "programme":
            return found
        # A joint project stays whole unless a record holds it for all its partners.
        partners = [
            other
            for other in self.tables["memberships"]
            if (other["organisation_id"], other["group"]) == (row["organisation_id"], row["group"])
        ]
        members = (self._member(other) for other in partners)
        whole = all(node is not None and self._link(node, target, row) == found for node in members)
        return found if whole else ""

    def _link(self, member: Node, target: Node, row: Row) -> str:
        whole = self.target(row["organisation_id"])
        return self.links.get((member.value, target.value)) or self.links.get((member.value, whole.value), "")

    def _node(self, member: Node, kind: str, target: Node, more: str = "") -> Node:
        slug = target.value.rpartition("/")[2] + (f"-{slug_of(more)}" if more else "")
        if member.value.startswith(f"{ID}city/"):
            return ox.NamedNode(f"{member.value}/{kind}-{slug}")
        return ox.NamedNode(f"{ID}{kind}/{member.value.rpartition('/')[2]}-{slug}")

    def _of_city(self, entry: Entry, member: Node) -> None:
        if member.value.startswith(f"{ID}city/"):
            entry.add("sckg:ofCity", member)

    def _remarks(self, entry: Entry, row: Row, sheet: Sheet) -> None:
        """Note, certainty and evidence of a row."""
        if row.values.get("note"):
            entry.add("skos:note", *text(row["note"], row.values.get("note_en", "")))
        if row.values.get("explicitness") == "inferred":
            entry.add("sckg:certainty", term("cer:inferred"))
        entry.add("sckg:evidence", *self.evidence(row, sheet))

    def _category(self, entry: Entry, *names: str) -> None:
        for name in names:
            if name and name != "Gesamt":
                entry.add("sckg:category", *text(name, CATEGORIES.get(name, "")))

    def _make_membership(self, row: Row, member: Node, target: Node) -> None:
        sheet, node = self.memberships, self._node(member, "membership", target)
        fresh = node not in sheet.entries
        who, what = self.label[member.value], self.label[target.value]
        entry = sheet.entry(node, "org:Membership").label(f"{what[0]}: {who[0]}", f"{what[1]}: {who[1]}")
        entry.add("org:member", member).add("org:organization", target)
        self._of_city(entry, member)
        if fresh:
            entry.add("org:role", term(f"rol:{ROLES[row['role']]}"))
            entry.add("sckg:status", term(f"sta:{self._status(row)}"))
            self._date(entry, row)
        else:
            since = f", {row['start']}" if row["start"] else ""
            entry.add("skos:note", *text(f"Außerdem: {row['role']}{since}"))
        self._category(entry, row["category"])
        self._remarks(entry, row, sheet)
        self._carry("memberships", row["membership_id"], node.value, "" if fresh else "joined with another row")

    def _status(self, row: Row) -> str:
        """A list says who was a member on its day; that somebody still is one follows only while nothing ended."""
        if row["role"] == "member (planned)":
            return "planned"
        if row["role"] == "former member" or self._ended(row):
            return "completed"
        body = self.row_by_id[row["organisation_id"]]
        if self._ended(body) or row["role"] == "event participant":
            return "completed"
        return "unknown" if row["explicitness"] == "inferred" else "ongoing"

    def _make_result(self, row: Row, member: Node, target: Node) -> None:
        phase = row["round"] if row["round"].startswith("Phase") else ""
        node = self._node(member, "result", target, phase)
        entry = self._result(node, member, target, phase)
        german, english = OUTCOMES[row["role"]]
        entry.add("sckg:outcome", *text(german, english))
        if row["role"] in WINNING:
            entry.add("sckg:winner", typed("true", "xsd:boolean"))
        self._category(entry, row["round"], row["category"])
        self._date(entry, row)
        if row["group"]:
            entry.add("skos:note", *text(f"Gemeinsam: {row['group']}"))
        self._remarks(entry, row, self.results)
        self._carry("memberships", row["membership_id"], node.value, "")

    def _result(self, node: Node, member: Node, target: Node, more: str) -> Entry:
        who, what = self.label[member.value], self.label[target.value]
        extra = (f", {more}", f", {CATEGORIES.get(more, more)}") if more else ("", "")
        entry = self.results.entry(node, "sckg:CompetitionResult")
        if len(entry.facts) == 1:
            entry.label(f"{what[0]}{extra[0]}: {who[0]}", f"{what[1]}{extra[1]}: {who[1]}")
        self._of_city(entry, member)
        return entry.add("sckg:contestant", member).add("sckg:inCompetition", target)

    def _make_award(self, row: Row) -> None:
        member, target = self.city[row["city_ags"]], self.target(f"{row['award']} {row['year']}")
        category = "" if row["category"] == "Gesamt" else row["category"]
        kept = "" if category else self.links.get((member.value, target.value), "")
        if kept:
            self._carry("awards", row["award_row_id"], kept, "kept by hand")
            return
        node = self._node(member, "result", target, category)
        fresh = node not in self.results.entries
        entry = self._result(node, member, target, category)
        self._category(entry, category)
        if row["rank"].isdigit():
            entry.add("sckg:rank", typed(row["rank"], "xsd:integer"))
        elif row["rank"]:
            entry.add("sckg:outcome", *text(*OUTCOMES[row["rank"]]))
            if row["rank"] in WINNING:
                entry.add("sckg:winner", typed("true", "xsd:boolean"))
        if row["score"]:
            entry.add("sckg:score", typed(_decimal(row["score"]), "xsd:decimal"))
        if fresh:
            entry.add("sckg:when", typed(row["year"], "edtf:EDTF"))
        if "erschlossen" in row["note"]:
            entry.add("sckg:certainty", term("cer:inferred"))
        self._remarks(entry, row, self.results)
        self._carry("awards", row["award_row_id"], node.value, "" if fresh else "joined with another row")

    def _make_part(self, row: Row, member: Node, target: Node) -> None:
        if row["role"] == "applicant":
            self._make_simple(row, member, target, "application", "sckg:Application", "applicant")
        elif row["organisation_id"] in WITHOUT_MONEY:
            self._make_simple(row, member, target, "participation", "sckg:Participation", "participant")
        else:
            self._make_funding(row, member, target)

    def _make_simple(self, row: Row, member: Node, target: Node, kind: str, name: str, link: str) -> None:
        node = self._node(member, kind, target)
        fresh = node not in self.fundings.entries
        who, what = self.label[member.value], self.label[target.value]
        words = {"application": ("Bewerbung", "application"), "participation": ("Teilnahme", "participation")}[
            kind
        ]
        entry = self.fundings.entry(node, name)
        entry.label(f"{what[0]}: {words[0]} {who[0]}", f"{what[1]}: {words[1]} of {who[1]}")
        self._of_city(entry, member)
        entry.add(f"sckg:{link}", member).add("sckg:inProgramme", target)
        if kind == "application":
            entry.add("sckg:outcome", *text("nicht ausgewählt", "not selected"))
        elif fresh:
            entry.add("org:role", term(f"rol:{ROLES[row['role']]}"))
            entry.add("sckg:status", term(f"sta:{'completed' if self._ended(row) else 'unknown'}"))
        if fresh:
            self._date(entry, row)
        self._remarks(entry, row, self.fundings)
        self._carry("memberships", row["membership_id"], node.value, "" if fresh else "joined with another row")

    def _make_funding(self, row: Row, member: Node, target: Node) -> None:
        sheet, what = self.fundings, self.label[target.value]
        who = self.label[member.value]
        if row["group"]:
            slug = f"{target.value.rpartition('/')[2]}-{slug_of(row['group'].partition(';')[0])}"
            node = ox.NamedNode(f"{ID}funding/{slug}")
            names = (
                _short(f"{what[0]}: {row['group']}", "und weitere"),
                _short(f"{what[1]}: {row['group']}", "and others"),
            )
        else:
            node = self._node(member, "funding", target)
            names = (f"{what[0]}: {who[0]}", f"{what[1]}: {who[1]}")
        fresh = node not in sheet.entries
        entry = sheet.entry(node, "sckg:Funding").label(*names)
        self._of_city(entry, member)
        funders = [actor for relation, actor in self.actors[row["organisation_id"]] if relation == "funder"]
        entry.add("sckg:inProgramme", target).add("sckg:funder", *funders)
        entry.add("sckg:recipient", member)
        leads = row["role"] in {"model project lead", "lead municipality"}
        if leads or (row["group"].endswith(f"Federführung {who[0]}")):
            entry.add("sckg:leadRecipient", member)
        if fresh:
            self._date(entry, row)
            if self._ended(row):
                entry.add("sckg:status", term("sta:completed"))
        self._category(entry, row["category"])
        remark = Row(row.file, row.number, {**row.values, "explicitness": ""}) if row["group"] else row
        self._remarks(entry, remark, sheet)
        if row["group"] and row["explicitness"] == "inferred":
            claim = sheet.entry(ox.NamedNode(f"{ID}claim/{row['membership_id'].lower()}"), "rdf:Statement")
            claim.add("rdf:subject", node).add("rdf:predicate", term("sckg:recipient")).add("rdf:object", member)
            claim.add("sckg:certainty", term("cer:inferred")).add("sckg:evidence", *self.evidence(row, sheet))
        self._carry("memberships", row["membership_id"], node.value, "" if fresh else "joined with another row")

    def _make_atlas(self) -> None:
        sheet = self._sheet(
            "register-portrayed",
            "Städte des Smart-City-Atlas",
            "Cities of the Smart City Atlas",
            "The fifty cities that the atlas of 2019 describes.",
        )
        atlas = self.target("D-ATLAS")
        entry = sheet.entry(atlas, "sckg:Source")
        for row in self.tables["memberships"]:
            if row["organisation_id"] == "D-ATLAS":
                entry.add("sckg:portrays", self.city[row["member_ags"]])
                self._carry("memberships", row["membership_id"], atlas.value, "")
                self.evidence(row, sheet)

    def _make_contradictions(self) -> None:
        sheet = self._sheet(
            "contradictions",
            "Widersprüche zwischen Quellen",
            "Contradictions between sources",
            "Statements that cannot all hold, each with its source. None of them is decided here.",
        )
        there = {node.value for other in self.sheets.values() for node in other.entries} | self.described
        datatypes = {"integer": "xsd:integer", "decimal": "xsd:decimal", "edtf": "edtf:EDTF"}
        pairs: dict[str, list[Node]] = defaultdict(list)
        for row in self.tables["contradictions"]:
            if row["subject"] not in there:
                self._fault(row, f"{row['subject']} is not described")
            node = ox.NamedNode(f"{ID}claim/{row['pair']}-{slug_of(row['claim'])}")
            is_iri = row["datatype"] == "iri"
            value = ox.NamedNode(row["object"]) if is_iri else typed(row["object"], datatypes[row["datatype"]])
            claim = sheet.entry(node, "rdf:Statement").add("rdf:subject", ox.NamedNode(row["subject"]))
            claim.add("rdf:predicate", term(row["predicate"])).add("rdf:object", value)
            for other in pairs[row["pair"]]:
                claim.add("sckg:contradicts", other)
            pairs[row["pair"]].append(node)
            if row["note_de"]:
                claim.add("skos:note", *text(row["note_de"], row["note_en"]))
            claim.add("sckg:evidence", *self.evidence(row, sheet))

    def _carry(self, table: str, identifier: str, iri: str, remark: str) -> None:
        self.carried.append((table, identifier, iri, remark))

    # Writing

    def files(self) -> dict[str, str]:
        """All files with their texts, by path below the project."""
        texts = {f"data/shared/{sheet.name}.ttl": self._turtle(sheet) for sheet in self.sheets.values()}
        texts["docs/coverage/registers.csv"] = self._list()
        texts["docs/coverage/registers.md"] = self._page_of_counts()
        texts["data/ATTRIBUTION.md"] = self._attribution()
        return texts

    def _left(self, entry: Entry) -> list[tuple[Node, Value]]:
        """What no file kept by hand says already."""
        subject, facts = entry.subject.value, []
        for predicate, value in entry.facts:
            if predicate == term("rdf:type") and subject in self.described and value != term("sckg:City"):
                continue
            language = getattr(value, "language", "")
            if predicate == term("skos:prefLabel") and (subject, language) in self.named:
                continue
            if predicate.value in SINGLE and (subject, predicate.value) in self.said:
                continue
            if (
                predicate.value == f"{PREFIXES['sckg']}when"
                and (subject, f"{PREFIXES['sckg']}throughout") in self.said
            ):
                continue
            if predicate == term("rdf:type") or (subject, predicate.value, str(value)) not in self.kept:
                facts.append((predicate, value))
        return facts

    def _turtle(self, sheet: Sheet) -> str:
        document = ox.NamedNode(f"{BASE}doc/shared/{sheet.name}")
        head = Entry(document).add("rdf:type", term("foaf:Document")).add("dct:title", *text(*sheet.title))
        if sheet is self.source_sheet:
            sheet.sources.update(entry.subject for entry in sheet.entries.values())
        head.add("dct:source", *sorted(sheet.sources, key=lambda node: node.value))
        head.add("dct:license", ox.NamedNode(CC_BY)).add("dct:modified", typed(WRITTEN, "xsd:date"))
        blocks = [_block(head.subject, head.facts)]
        for entry in sheet.entries.values():
            left = self._left(entry)
            if left and not all(predicate == term("rdf:type") for predicate, _ in left):
                blocks.append(_block(entry.subject, left))
        body = "\n\n".join(blocks) + "\n"
        plain = re.sub(r'"(?:[^"\\]|\\.)*"|<[^>]*>', " ", body)
        used = set(re.findall(r"(?<![\w-])([a-z]+):", plain))
        prefixes = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in sorted(used))
        return (
            f"{prefixes}\n# Made by tools/registers.py from the tables in data/sources. {sheet.comment}\n\n{body}"
        )

    def _list(self) -> str:
        lines = ["table,id,entry,remark"]
        for table, identifier, iri, remark in sorted(self.carried):
            lines.append(f"{table},{identifier},{iri.removeprefix(BASE)},{remark}")
        return "\n".join(lines) + "\n"

    def _page_of_counts(self) -> str:
        done = Counter(table for table, *_ in self.carried)
        kept = Counter(table for table, _, _, remark in self.carried if remark == "kept by hand")
        joined = Counter(table for table, _, _, remark in self.carried if remark.startswith("joined"))
        kinds = Counter(
            str(_compress(entry.facts[0][1]))
            for sheet in self.sheets.values()
            for entry in sheet.entries.values()
            if self._left(entry)
        )
        cities = len(self.sheets["cities"].entries) - self._points()
        pointless = len(self.tables["cities"]) - self._points()
        lines = [
            "# What the registers carry",
            "",
            "Made by `tools/registers.py` from the tables in `data/sources/`. Which entry carries which row",
            "stands in [registers.csv](registers.csv).",
            "",
            "| table | rows | carried | of these kept by hand | joined with another row |",
            "|---|--:|--:|--:|--:|",
            f"| cities | {len(self.tables['cities'])} | {cities} | 0 | 0 |",
        ]
        for table in ("networks", "programmes", "memberships", "awards"):
            rows = len(self.tables[table])
            lines.append(f"| {table} | {rows} | {done[table]} | {kept[table]} | {joined[table]} |")
        lines += [
            "",
            "- **Networks that are none**: of the 81 rows, two are funding programmes, one is a project, and four",
            "  are organisations (a competence centre, a support body, an institute, a platform). They are",
            "  entries of those kinds.",
            "- **Programmes**: of the 32 rows, five are competitions, one is a publication, one a law; projects",
            "  with several partners are consortia.",
            "- **Model projects**: a project of several municipalities is one funding with several recipients.",
            "  Where a record already holds the funding for all of them, it is not made a second time.",
            "- **Programmes without money**: who takes part in one of three initiatives of the European Union has",
            "  a participation, or an application where it was not chosen.",
            "- **The fifty cities of the atlas** are links of the publication (`sckg:portrays`), not memberships.",
            "- **Status** of a membership: completed where an end has passed; unknown where the row is concluded;",
            "  else ongoing, which says that no list names an end.",
            "- **Municipalities outside the list of cities**: villages that the table of cities does not hold are",
            "  organisations of their own, as are utilities and associations. Districts are regions.",
            f"- **Points**: {pointless} cities have none, because no populated place could be matched.",
            "- **Contradictions** between sources stand in `data/shared/contradictions.ttl` and in the record of",
            "  Lemgo. Left out: who gave Emden a prize (no entry for it), the smaller sum for South Westphalia",
            "  (its page is not known), and a missing hyphen in a portrait.",
            "",
            "## Entries by kind",
            "",
            "| class | entries |",
            "|---|--:|",
            *(f"| `{kind}` | {number} |" for kind, number in sorted(kinds.items()) if ":" in kind),
        ]
        return "\n".join(lines) + "\n"

    def _points(self) -> int:
        return sum(1 for row in self.tables["cities"] if row["lat"])

    def _attribution(self) -> str:
        lines = [
            "# Sources and licences of the data",
            "",
            "Made by `tools/registers.py`. The data of this project are under CC BY 4.0. They rest on the sources",
            "below; where a source forbids reuse, single facts were taken from it and no text.",
            "",
            "## Registers",
            "",
            "| source | licence | date | attribution |",
            "|---|---|---|---|",
            "| Municipality register GV100AD | dl-de/by-2-0 | 30 November 2023; population 31 December 2022 "
            "| Datenquelle: Statistisches Bundesamt (Destatis), Gemeindeverzeichnis; "
            "Daten ausgewählt und umgeformt |",
            "| NUTS classification 2024 | terms of reuse of Eurostat | 2024 | © Europäische Union, Eurostat |",
            "| GeoNames, extract cities500 | CC BY 4.0 | read 22 November 2026 "
            "| GeoNames, https://www.geonames.org |",
            "| Wikidata, identifiers only | CC0 | read 22 November 2026 | none needed |",
            "",
            "The licences of the municipality register and of GeoNames are those that their publishers are known",
            "for; the files themselves do not name them. Some identifiers of Wikidata came through lists whose",
            "licence is unknown: of those only the identifier was taken.",
            "",
            "## Files",
            "",
            "| file | sources | licence of the sources |",
            "|---|---|---|",
        ]
        for sheet in sorted(self.sheets.values(), key=lambda sheet: sheet.name):
            what = "registers above" if sheet.name in {"cities", "register-regions"} else "pages, single facts"
            terms = "see above" if what.startswith("registers") else "site terms, all rights reserved: facts only"
            lines.append(f"| `data/shared/{sheet.name}.ttl` | {len(sheet.sources)} ({what}) | {terms} |")
        lines += ["", "## Records", "", "| record | source | date | licence of the source |", "|---|---|---|---|"]
        for path in sorted((self.root / "data" / "cities").glob("*.ttl")):
            lines += list(_record_lines(path))
        pages = Counter(
            urlsplit(value.value).netloc.removeprefix("www.")
            for entry in self.source_sheet.entries.values()
            for predicate, value in entry.facts
            if predicate == term("rdfs:seeAlso")
        )
        lines += [
            "",
            "## Pages by host",
            "",
            "Facts only, read on 22 November 2026.",
            "",
            "| host | pages |",
            "|---|--:|",
        ]
        lines += [f"| {host} | {number} |" for host, number in sorted(pages.items())]
        return "\n".join(lines) + "\n"


def _record_lines(path: Path) -> Iterator[str]:
    """One line for each portrait that a record describes."""
    facts: dict[str, dict[str, str]] = defaultdict(dict)
    for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
        facts[getattr(quad.subject, "value", "")][quad.predicate.value] = getattr(quad.object, "value", "")
    portrait = term("sckg:Portrait").value
    found = False
    for subject, said in sorted(facts.items()):
        if said.get(term("rdf:type").value) == portrait:
            found = True
            day = said.get(term("dct:issued").value, "no date")
            yield f"| `{path.name}` | {subject.rpartition('/')[2]} | {day} | all rights reserved: facts only |"
    if not found:
        yield f"| `{path.name}` | pages named in the record | | site terms: facts only |"


def _same_page(address: str) -> str:
    """What two spellings of one address have in common."""
    parts = urlsplit(address)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}{query}".lower()


def _iri(address: str) -> str:
    """An address with all that an IRI may not hold encoded."""
    return quote(address, safe=":/?#[]@!$&'()*+,;=%-._~")


def _decimal(value: str) -> str:
    return value if "." in value else f"{value}.0"


def _short(name: str, rest: str) -> str:
    """A name that lists many members, cut after the first one if it is too long.

    >>> _short("Runde: Kooperation A" + ", B" * 50, "und weitere")
    'Runde: Kooperation A und weitere'
    """
    if len(name) <= LONGEST:
        return name
    head, _, tail = name.rpartition(": ")
    return f"{head}: {tail.partition(',')[0]} {rest}"


def _trim(value: str) -> str:
    return re.sub(r"\.?0+$", "", value) if "." in value else value


def _compress(value: Value) -> str:
    """A term as Turtle writes it."""
    if isinstance(value, ox.NamedNode):
        for name, namespace in PREFIXES.items():
            local = value.value.removeprefix(namespace)
            if local != value.value and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*|[0-9][A-Za-z0-9_-]*", local):
                return f"{name}:{local}"
        return f"<{value.value}>"
    quoted = value.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    kind = value.datatype.value.rpartition("#")[2]
    if value.language:
        return f'"{quoted}"@{value.language}'
    if value.datatype.value.startswith(PREFIXES["xsd"]) and kind in {"integer", "decimal", "boolean"}:
        return value.value
    return f'"{quoted}"' if kind == "string" else f'"{quoted}"^^{_compress(value.datatype)}'


def _block(subject: Node, facts: Iterable[tuple[Node, Value]]) -> str:
    grouped: dict[Node, list[str]] = defaultdict(list)
    for predicate, value in facts:
        grouped[predicate].append(_compress(value))
    first = grouped.pop(term("rdf:type"), [])
    lines = [f"{_compress(predicate)} {' , '.join(values)}" for predicate, values in grouped.items()]
    if first:
        lines.insert(0, f"a {' , '.join(first)}")
    return f"{_compress(subject)} " + " ;\n    ".join(lines) + " ."


def write_all(texts: Mapping[str, str], root: Path) -> None:
    """Write all files or none: each beside its place first, then all are moved."""
    moves: list[tuple[str, Path]] = []
    try:
        for name, content in texts.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".register-")
            moves.append((temporary, target))
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(content)
            Path(temporary).chmod(0o644)
    except OSError:
        for temporary, _ in moves:
            Path(temporary).unlink(missing_ok=True)
        raise
    for temporary, target in moves:
        Path(temporary).replace(target)


def main(arguments: list[str] | None = None) -> int:
    """Make the registers; 0 if all is well, 1 if a file is out of date, 2 if a table has a fault."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    chosen = parser.parse_args(arguments)
    try:
        texts = Registers().files()
    except RegisterError as error:
        print(f"{error}\nNothing was written.", file=sys.stderr)
        return 2
    old = [name for name, content in texts.items() if not _holds(ROOT / name, content)]
    if chosen.check:
        for name in old:
            print(f"{name} is out of date: run python tools/registers.py", file=sys.stderr)
        return 1 if old else 0
    write_all({name: texts[name] for name in old}, ROOT)
    print(f"{len(old)} of {len(texts)} files written")
    return 0


def _holds(path: Path, content: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == content


if __name__ == "__main__":
    sys.exit(main())
