"""Who takes part in what: memberships, results, fundings, applications, and the cities of the atlas."""

import pyoxigraph as ox

from smartcity_kg.layout import slug_of
from tools.registers.build import Build
from tools.registers.entries import ID, Entry, Node, Sheet, decimal, term, text, typed
from tools.registers.places import is_city
from tools.registers.tables import Row

_LONGEST_LABEL = 120
# Programmes in which a city takes part without being given money for a project of its own.
_WITHOUT_MONEY = {"P-DCC", "P-ICC", "P-100CITIES"}
_ATLAS = "D-ATLAS"
_OVERALL = "Gesamt"
_LEADING_ROLES = {"model project lead", "lead municipality"}


class Parts:
    """The three files that say who takes part in what, filled row by row."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.outcomes = build.tables.by("outcomes", "word")
        # A round such as "Finale" repeats how the city fared; it is no part of the competition.
        self.stages = {word for row in build.tables["outcomes"] for word in (row["word"], row["name_de"])}
        self.roles = build.tables.by("roles", "role")
        self.categories = build.tables.by("categories", "name_de")
        self.results = build.sheet(
            "register-results",
            ("Ergebnisse in Wettbewerben und Ranglisten", "Results in competitions and rankings"),
            "How cities and others fared in competitions, prizes and rankings.",
        )
        self.fundings = build.sheet(
            "register-fundings",
            (
                "Förderungen, Teilnahmen und Bewerbungen in Programmen",
                "Fundings, participations and applications in programmes",
            ),
            "A joint project is one funding with several recipients.",
        )
        self.memberships = build.sheet(
            "register-memberships",
            (
                "Mitgliedschaften in Netzwerken und Projektverbünden",
                "Memberships of networks and project consortia",
            ),
            "Who belongs to which network or consortium. A date is the day of joining, or that of the list.",
        )

    def make(self) -> None:
        """An entry for each row of memberships and awards that no file kept by hand carries."""
        for row in self.build.tables["memberships"]:
            if row["organisation_id"] != _ATLAS:
                self._make_row(row)
        for row in self.build.tables["awards"]:
            self._make_award(row)

    def _make_row(self, row: Row) -> None:
        kind = self.build.kind(row["organisation_id"])
        member, target = self.build.member(row), self._round(row)
        kept = self._kept(member, target, row)
        if kept:
            self.build.carry("memberships", row["membership_id"], ox.NamedNode(kept), "kept by hand")
        elif kind == "competition":
            self._make_result(row, member, target)
        elif kind != "programme":
            self._make_membership(row, member, target)
        elif row["role"] == "applicant":
            self._make_application(row, member, target)
        elif row["organisation_id"] in _WITHOUT_MONEY:
            self._make_participation(row, member, target)
        else:
            self._make_funding(row, member, target)

    # What the entries have in common

    def _round(self, row: Row) -> Node:
        by_round = f"{row['organisation_id']}-{row['round']}"
        return self.build.target(by_round if by_round in self.build.slugs else row["organisation_id"])

    def _kept(self, member: Node, target: Node, row: Row) -> str:
        """The entry of a file kept by hand that says the same, if there is one."""
        found = self._link(member, target, row)
        if not found or not row["group"] or self.build.kind(row["organisation_id"]) != "programme":
            return found
        # A joint project stays whole unless a record holds it for all its partners.
        partners = [
            other
            for other in self.build.tables["memberships"]
            if (other["organisation_id"], other["group"]) == (row["organisation_id"], row["group"])
        ]
        members = (self.build.member(other) for other in partners)
        return found if all(self._link(node, target, row) == found for node in members) else ""

    def _link(self, member: Node, target: Node, row: Row) -> str:
        links, whole = self.build.kept.links, self.build.target(row["organisation_id"])
        return links.get((member.value, target.value)) or links.get((member.value, whole.value), "")

    def _node(self, member: Node, kind: str, target: Node, more: str = "") -> Node:
        slug = target.value.rpartition("/")[2] + (f"-{slug_of(more)}" if more else "")
        if is_city(member):
            return ox.NamedNode(f"{member.value}/{kind}-{slug}")
        return ox.NamedNode(f"{ID}{kind}/{member.value.rpartition('/')[2]}-{slug}")

    def _entry(self, sheet: Sheet, node: Node, kind: str, member: Node) -> tuple[Entry, bool]:
        """The entry of a row, and whether no other row has made it before."""
        fresh = node not in sheet.entries
        entry = sheet.entry(node, kind)
        if is_city(member):
            entry.add("sckg:ofCity", member)
        return entry, fresh

    def _finish(self, entry: Entry, row: Row, sheet: Sheet, fresh: bool) -> None:
        """Note, certainty, evidence, and the line of the list."""
        if row.get("note"):
            entry.add("skos:note", *text(row["note"], row.get("note_en")))
        if row.get("explicitness") == "inferred":
            entry.add("sckg:certainty", term("cer:inferred"))
        entry.add("sckg:evidence", *self.build.evidence(row, sheet))
        table, column = ("awards", "award_row_id") if row.get("award") else ("memberships", "membership_id")
        self.build.carry(table, row[column], entry.subject, "" if fresh else "joined with another row")

    def _categorise(self, entry: Entry, *names: str) -> None:
        for name in names:
            if name and name != _OVERALL:
                entry.add("sckg:category", *text(name, self._in_english(name, "")))

    def _in_english(self, category: str, otherwise: str) -> str:
        return self.categories[category]["name_en"] if category in self.categories else otherwise

    def _judge(self, entry: Entry, word: str) -> None:
        outcome = self.outcomes[word]
        entry.add("sckg:outcome", *text(outcome["name_de"], outcome["name_en"]))
        if outcome["winner"]:
            entry.add("sckg:winner", typed("true", "xsd:boolean"))

    def _role(self, row: Row) -> Node:
        return term(f"rol:{self.roles[row['role']]['concept']}")

    # Memberships

    def _make_membership(self, row: Row, member: Node, target: Node) -> None:
        sheet = self.memberships
        who, what = self.build.labels[member], self.build.labels[target]
        entry, fresh = self._entry(sheet, self._node(member, "membership", target), "org:Membership", member)
        entry.label(f"{what[0]}: {who[0]}", f"{what[1]}: {who[1]}")
        entry.add("org:member", member).add("org:organization", target)
        if fresh:
            entry.add("org:role", self._role(row)).add("sckg:status", term(f"sta:{self._status(row)}"))
            self.build.date(entry, row)
        else:
            since = f", {row['start']}" if row["start"] else ""
            entry.add("skos:note", *text(f"Außerdem: {row['role']}{since}"))
        self._categorise(entry, row["category"])
        self._finish(entry, row, sheet, fresh)

    def _status(self, row: Row) -> str:
        """A list says who was a member on its day; that somebody still is one follows only while nothing ended."""
        if row["role"] == "member (planned)":
            return "planned"
        over = self.build.ended(row) or self.build.ended(self.build.bodies[row["organisation_id"]])
        if over or row["role"] in {"former member", "event participant"}:
            return "completed"
        return "unknown" if row["explicitness"] == "inferred" else "ongoing"

    # Results

    def _make_result(self, row: Row, member: Node, target: Node) -> None:
        phase = row["round"] if row["round"].startswith("Phase") else ""
        entry, fresh = self._result(member, target, phase)
        self._judge(entry, row["role"])
        self._categorise(entry, "" if row["round"] in self.stages else row["round"], row["category"])
        self.build.date(entry, row)
        if row["group"]:
            entry.add("skos:note", *text(f"Gemeinsam: {row['group']}"))
        self._finish(entry, row, self.results, fresh)

    def _result(self, member: Node, target: Node, more: str) -> tuple[Entry, bool]:
        who, what = self.build.labels[member], self.build.labels[target]
        extra = (f", {more}", f", {self._in_english(more, more)}") if more else ("", "")
        node = self._node(member, "result", target, more)
        entry, fresh = self._entry(self.results, node, "sckg:CompetitionResult", member)
        if fresh:
            entry.label(f"{what[0]}{extra[0]}: {who[0]}", f"{what[1]}{extra[1]}: {who[1]}")
        entry.add("sckg:contestant", member).add("sckg:inCompetition", target)
        return entry, fresh

    def _make_award(self, row: Row) -> None:
        member, target = self.build.city[row["city_ags"]], self.build.target(f"{row['award']} {row['year']}")
        category = "" if row["category"] == _OVERALL else row["category"]
        kept = "" if category else self.build.kept.links.get((member.value, target.value), "")
        if kept:
            self.build.carry("awards", row["award_row_id"], ox.NamedNode(kept), "kept by hand")
            return
        entry, fresh = self._result(member, target, category)
        self._categorise(entry, category)
        if row["rank"].isdigit():
            entry.add("sckg:rank", typed(row["rank"], "xsd:integer"))
        elif row["rank"]:
            self._judge(entry, row["rank"])
        if row["score"]:
            entry.add("sckg:score", decimal(row["score"]))
        if fresh:
            entry.add("sckg:when", typed(row["year"], "edtf:EDTF"))
        if "erschlossen" in row["note"]:
            entry.add("sckg:certainty", term("cer:inferred"))
        self._finish(entry, row, self.results, fresh)

    # Programmes

    def _make_application(self, row: Row, member: Node, target: Node) -> None:
        node = self._node(member, "application", target)
        entry, fresh = self._entry(self.fundings, node, "sckg:Application", member)
        self._name(entry, member, target, ("Bewerbung", "application"))
        entry.add("sckg:applicant", member).add("sckg:inProgramme", target)
        entry.add("sckg:outcome", *text("nicht ausgewählt", "not selected"))
        if fresh:
            self.build.date(entry, row)
        self._finish(entry, row, self.fundings, fresh)

    def _make_participation(self, row: Row, member: Node, target: Node) -> None:
        node = self._node(member, "participation", target)
        entry, fresh = self._entry(self.fundings, node, "sckg:Participation", member)
        self._name(entry, member, target, ("Teilnahme", "participation"))
        entry.add("sckg:participant", member).add("sckg:inProgramme", target)
        if fresh:
            entry.add("org:role", self._role(row))
            entry.add("sckg:status", term(f"sta:{'completed' if self.build.ended(row) else 'unknown'}"))
            self.build.date(entry, row)
        self._finish(entry, row, self.fundings, fresh)

    def _name(self, entry: Entry, member: Node, target: Node, words: tuple[str, str]) -> None:
        who, what = self.build.labels[member], self.build.labels[target]
        entry.label(f"{what[0]}: {words[0]} {who[0]}", f"{what[1]}: {words[1]} of {who[1]}")

    def _make_funding(self, row: Row, member: Node, target: Node) -> None:
        sheet, who, what = self.fundings, self.build.labels[member], self.build.labels[target]
        if row["group"]:
            project = row["group"].partition(";")[0]
            node = ox.NamedNode(f"{ID}funding/{target.value.rpartition('/')[2]}-{slug_of(project)}")
            names = (
                _short(f"{what[0]}: {project}", "und weitere"),
                _short(f"{what[1]}: {self._project(project)}", "and others"),
            )
        else:
            node = self._node(member, "funding", target)
            names = (f"{what[0]}: {who[0]}", f"{what[1]}: {who[1]}")
        entry, fresh = self._entry(sheet, node, "sckg:Funding", member)
        entry.label(*names).add("sckg:inProgramme", target)
        actors = self.build.actors[row["organisation_id"]]
        entry.add("sckg:funder", *(actor for relation, actor in actors if relation == "funder"))
        entry.add("sckg:recipient", member)
        if row["role"] in _LEADING_ROLES or row["group"].endswith(f"Federführung {who[0]}"):
            entry.add("sckg:leadRecipient", member)
        if fresh:
            self.build.date(entry, row)
            if self.build.ended(row):
                entry.add("sckg:status", term("sta:completed"))
        self._categorise(entry, row["category"])
        # What is concluded of one recipient does not make the whole project uncertain.
        one_of_many = bool(row["group"]) and row["explicitness"] == "inferred"
        self._finish(entry, _stated(row) if one_of_many else row, sheet, fresh)
        if one_of_many:
            self._claim_recipient(row, entry.subject, member)

    def _project(self, german: str) -> str:
        """The English name of a joint project: only its first word, if it is a word at all, is translated."""
        word, blank, rest = german.partition(" ")
        return f"{self._in_english(word, word)}{blank}{rest}"

    def _claim_recipient(self, row: Row, funding: Node, member: Node) -> None:
        node = ox.NamedNode(f"{ID}claim/{row['membership_id'].lower()}")
        claim = self.fundings.entry(node, "rdf:Statement").add("rdf:subject", funding)
        claim.add("rdf:predicate", term("sckg:recipient")).add("rdf:object", member)
        claim.add("sckg:certainty", term("cer:inferred"))
        claim.add("sckg:evidence", *self.build.evidence(row, self.fundings))


def make_atlas(build: Build) -> None:
    """The cities that the atlas portrays: links of the publication, no memberships."""
    sheet = build.sheet(
        "register-portrayed",
        ("Städte des Smart-City-Atlas", "Cities of the Smart City Atlas"),
        "The fifty cities that the atlas of 2019 describes.",
    )
    atlas = build.target(_ATLAS)
    entry = sheet.entry(atlas, "sckg:Source")
    for row in build.tables["memberships"]:
        if row["organisation_id"] == _ATLAS:
            entry.add("sckg:portrays", build.member(row))
            build.carry("memberships", row["membership_id"], atlas)
            build.evidence(row, sheet)


def _stated(row: Row) -> Row:
    return Row(row.file, row.number, {**row.values, "explicitness": ""})


def _short(name: str, rest: str) -> str:
    """A name that lists many members, cut after the first one if it is too long.

    >>> _short("Runde: Kooperation A" + ", B" * 50, "und weitere")
    'Runde: Kooperation A und weitere'
    """
    if len(name) <= _LONGEST_LABEL:
        return name
    head, _, tail = name.rpartition(": ")
    return f"{head}: {tail.partition(',')[0]} {rest}"
