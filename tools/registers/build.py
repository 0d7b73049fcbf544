"""What all makers of entries share: tables, what is kept by hand, the sheets, names and sources."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

from smartcity_kg.layout import slug_of
from tools.registers.checks import find_faults
from tools.registers.entries import (
    BASE,
    CC_BY,
    ID,
    ROOT,
    Entry,
    Node,
    Sheet,
    same_page,
    source_slug,
    term,
    text,
    typed,
    web_address,
    write_turtle,
)
from tools.registers.kept import Kept
from tools.registers.tables import RegisterError, Row, Tables, member_key

# The day on which the tables were last changed; a fixed one, so that the same tables give the same bytes.
WRITTEN = "2026-11-22"
_PORTRAIT = f"{ID}portrait/bitkom-magdeburg-2019#"
# The portrait that the project started from is named by a word and not by an address.
_SEED = {"seed": "networks-1", "seed (Projektbeispiele)": "projects-3"}


class Build:
    """The tables, checked, and the sheets that makers fill.

    Raises:
        RegisterError: If a table has a fault.
    """

    def __init__(self, root: Path = ROOT, today: date | None = None) -> None:
        self.root = root
        self.tables = Tables.read(root / "data" / "sources")
        if faults := find_faults(self.tables, today or date.today()):
            raise RegisterError("\n".join(faults))
        self.kept = Kept.read(root / "data")
        self.slugs = self.tables.by("slugs", "id")
        self.english = self.tables.by("english-names", "id")
        self.members = {member_key(row): row for row in self.tables["members"]}
        self.bodies = {**self.tables.by("networks", "id"), **self.tables.by("programmes", "id")}
        self.city = {row["ags"]: term(f"city:{row['slug']}") for row in self.tables["city-slugs"]}
        self.actors: dict[str, list[tuple[str, Node]]] = defaultdict(list)
        for row in self.tables["actors"]:
            self.actors[row["id"]].append((row["relation"], ox.NamedNode(row["iri"])))
        self.labels: dict[Node, tuple[str, str]] = {}
        self.sheets: dict[str, Sheet] = {}
        self.carried: list[tuple[str, str, str, str]] = []
        self._pages = dict(self.kept.pages)
        self._page_slugs = self.tables.by("page-slugs", "address")
        self.sources = self.sheet(
            "register-sources",
            ("Quellen der Register", "Sources of the registers"),
            "Pages that rows of the tables rest on.",
        )

    def sheet(self, name: str, title: tuple[str, str], comment: str) -> Sheet:
        """A new file to fill."""
        self.sheets[name] = Sheet(name, title, comment)
        return self.sheets[name]

    def carry(self, table: str, identifier: str, node: Node, remark: str = "") -> None:
        """Note which entry carries which row."""
        self.carried.append((table, identifier, node.value.removeprefix(BASE), remark))

    def target(self, identifier: str) -> Node:
        """The IRI of a network, programme or award."""
        return ox.NamedNode(self.slugs[identifier]["iri"])

    def kind(self, identifier: str) -> str:
        """What a row of the tables is: network, programme, competition, consortium and so on."""
        return self.slugs[identifier]["kind"]

    def member(self, row: Row) -> Node:
        """Who a row is about: a city, or a body of its own kind."""
        if row["member_kind"] == "city" and row["member_ags"] in self.city:
            return self.city[row["member_ags"]]
        return ox.NamedNode(self.members[member_key(row)]["iri"])

    def names(self, identifier: str, german: str, english: str) -> tuple[str, str]:
        """German and English name; one stands in for the other where there is only one."""
        first = german or english
        translated = self.english[identifier]["name_en"] if identifier in self.english else ""
        return first, english or translated or first

    def ended(self, row: Row) -> bool:
        """Whether the end of a row has passed."""
        return bool(row["end"]) and row["end"] < WRITTEN[: len(row["end"])]

    # What several kinds of entries have

    def date(self, entry: Entry, row: Row) -> None:
        """The time of a row: a span where it has an end, a day or year within where it has only a beginning."""
        start, end = row["start"], row["end"]
        if end:
            entry.add("sckg:throughout", typed(f"{start or '..'}/{end}", "edtf:EDTF"))
        elif start:
            entry.add("sckg:when", typed(start, "edtf:EDTF"))

    def describe(self, entry: Entry, row: Row, names: tuple[str, str]) -> None:
        """Names, bodies, dates, page and notes, as networks and programmes have them."""
        entry.label(*names)
        self.labels[entry.subject] = names
        abbreviation = row.get("abbreviation")
        if abbreviation and abbreviation not in names:
            entry.add("skos:altLabel", ox.Literal(abbreviation, language="de"))
        for relation, actor in self.actors[row["id"]]:
            if actor != entry.subject:
                entry.add(f"sckg:{relation}", actor)
        self.date(entry, row)
        if row["website"]:
            entry.add("foaf:homepage", web_address(row["website"]))
        if row["note"]:
            entry.add("skos:note", *text(row["note"]))
        known = any(relation == "operator" for relation, _ in self.actors[row["id"]])
        if not known and row["operator"] not in {"", names[0], abbreviation}:
            entry.add("skos:note", *text(f"Träger: {row['operator']}"))

    # Sources

    def evidence(self, row: Row, sheet: Sheet) -> tuple[Node, ...]:
        """The sources that a row names, each described once."""
        found: list[Node] = []
        for address in filter(None, map(str.strip, row["source"].split(" ; "))):
            if address.startswith("seed"):
                found.append(ox.NamedNode(_PORTRAIT + _SEED.get(address, "networks-1")))
            else:
                found.append(self._page(address, row["retrieved"]))
        sheet.sources.update(node for node in found if "#" not in node.value)
        return tuple(dict.fromkeys(found))

    def _page(self, address: str, day: str) -> Node:
        clean, _, remark = address.partition(" ")
        key = same_page(web_address(clean).value)
        if key not in self._pages:
            self._pages[key] = self._describe_page(clean, day, remark.strip("()"))
        node = self._pages[key]
        if node.value in self.kept.described and not self.kept.says(node, "sckg:retrieved"):
            self.sources.entry(node, "sckg:Source").add("sckg:retrieved", typed(day, "xsd:date"))
        return node

    def _describe_page(self, address: str, day: str, remark: str) -> Node:
        given = self._page_slugs.get(address)
        slug = given["slug"] if given else source_slug(address)
        taken = {node.value for node in self._pages.values()} | self.kept.described
        number, name = 2, slug
        while f"{ID}source/{name}" in taken:
            name, number = f"{slug}-{number}", number + 1
        host = unquote(urlsplit(address).netloc).removeprefix("www.")
        words = name.removeprefix(slug_of(host)).strip("-").replace("-", " ")
        title = f"{host}: {words}" if words else host
        entry = self.sources.entry(term(f"src:{name}"), "sckg:Source").label(title, title)
        entry.add("rdfs:seeAlso", web_address(address)).add("sckg:retrieved", typed(day, "xsd:date"))
        if remark:
            entry.add("skos:note", *text(remark, remark))
        return entry.subject

    # Writing

    def news(self, entry: Entry) -> Entry:
        """What no file kept by hand says already."""
        facts = [fact for fact in entry.facts if not self.kept.covers(entry.subject, *fact)]
        return Entry(entry.subject, facts)

    def turtle(self, sheet: Sheet) -> str:
        """The text of a sheet: its head, then what its entries say anew."""
        head = Entry(ox.NamedNode(f"{BASE}doc/shared/{sheet.name}")).add("rdf:type", term("foaf:Document"))
        head.add("dct:title", *text(*sheet.title))
        described = sheet.entries if sheet is self.sources else ()
        head.add("dct:source", *sorted(sheet.sources | set(described), key=lambda node: node.value))
        head.add("dct:license", ox.NamedNode(CC_BY)).add("dct:modified", typed(WRITTEN, "xsd:date"))
        left = [self.news(entry) for entry in sheet.entries.values()]
        telling = [entry for entry in left if any(fact[0] != term("rdf:type") for fact in entry.facts)]
        comment = f"Made by tools/registers from the tables in data/sources. {sheet.comment}"
        return write_turtle([head, *telling], comment)
