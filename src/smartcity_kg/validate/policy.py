"""What a file from outside may say, and about what (layer 2).

It is checked before the shapes, which see only their targets.

It knows how IRIs of an instance are built (`id/city/<slug>/…`, `doc/city/<slug>`, `id/portrait/…<slug>…`,
`id/<kind>/…`) and standard vocabularies, but no class or property of the ontology. What it says stands in
`ontology/messages/policy.ttl`. A file that breaks the policy is a finding, never an exception.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

import pyoxigraph as ox

from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.terms import RDF, RDF_TYPE, RDFS, SH, Term
from smartcity_kg.turtle.parse import Document
from smartcity_kg.turtle.scanner import comments
from smartcity_kg.validate.hosts import hosts_of, is_public, name_of
from smartcity_kg.validate.lookalike import host_of, plain
from smartcity_kg.validate.messages import read_rules
from smartcity_kg.validate.places import find_place
from smartcity_kg.validate.results import Result, make_result

TOPIC = ox.NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")
_OWL = "http://www.w3.org/2002/07/owl#"
_WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
_SUBJECT, _REST = (ox.NamedNode(f"{RDF}{name}") for name in ("subject", "rest"))
_AXIOMS = frozenset(
    {f"{RDFS}{name}" for name in ("subClassOf", "subPropertyOf", "domain", "range", "Class", "Datatype")}
    | {f"{RDF}Property"}
)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SCHEME = re.compile(r"(?:https?://[^/?#@]+(?:[/?#]|$)|mailto:[^@]+@[^@]+$)", re.IGNORECASE)
# Controls but tab and line end; embeddings, overrides and isolates of direction (Unicode UAX 9, section 2).
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile("[\x00-\x20\x7f-\xa0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_INDIRECT = re.compile(r"%|//|/\.\.?(?:/|$)|[^\x00-\x7f]")
# So that one mistake made everywhere fills no report.
_MOST_PER_RULE = 50
_SHOWN = 100


class Policy:
    """The policy of a project, ready to check files one after the other.

    Args:
        project: Whose base, limits and messages apply.
        context: What is described already; without the records that the files are to replace.
        replaced: Those records; the websites that they name are known.

    >>> from smartcity_kg.turtle.parse import parse_turtle
    >>> project = Project.find()
    >>> text = f"<{project.base}id/city/ulm/a> a <{project.base}ontology#Goal> ; <{_OWL}sameAs> <http://e.org/a> ."
    >>> policy = Policy(project, [])
    >>> [(found.rule, found.line) for found in policy.check(parse_turtle(text.encode(), path="ulm.ttl"))]
    [('P-03', 1), ('P-11', 1)]
    """

    def __init__(
        self, project: Project, context: Iterable[Document], *, replaced: Iterable[Document] = ()
    ) -> None:
        self._project = project
        self._base = project.base
        self._plain_base = plain(project.base)
        self._rules = read_rules(project)
        documents = tuple(context)
        self._namespaces = tuple(project.prefixes.namespaces.values())
        accepted = (*documents, *replaced)
        cited = (t.object.value for d in accepted for t in d.triples if isinstance(t.object, ox.NamedNode))
        self._hosts = hosts_of((*self._namespaces, *cited))
        self._described = {
            triple.subject.value.partition("#")[0]
            for document in documents
            for triple in document.triples
            if isinstance(triple.subject, ox.NamedNode) and triple.subject.value.startswith(self._base)
        }
        self._classed = {
            triple.subject for document in documents for triple in document.triples if triple.predicate == RDF_TYPE
        }
        steps = (iri.removeprefix(self._base).split("/") for iri in self._described)
        self._kinds, self._slugs = set(), set()
        for first, *rest in steps:
            if first == "id" and len(rest) > 1:
                self._kinds.add(rest[0])
                if rest[0] == "city":
                    self._slugs.add(rest[1])

    def check(self, document: Document) -> list[Finding]:
        """What the policy says about a file, in the order of its statements; at most fifty findings a rule."""
        slug = self._slug_of(document)
        own = f"{self._base}id/city/{slug}" if slug else self._base
        counted: Counter[str] = Counter()
        kept: dict[tuple[str, Term, Term | None, Term | None], Finding] = {}
        about = ox.NamedNode(f"{self._base}doc/city/{slug}" if slug else self._base)
        for finding in (*self._found(document, slug), *self._beside(document, about)):
            key = (finding.rule, finding.focus, finding.path, finding.value)
            if key in kept or counted[finding.rule] >= _MOST_PER_RULE:
                continue
            counted[finding.rule] += 1
            kept[key] = self._completed(finding, document, own)
        return list(kept.values())

    def unclassed(self, document: Document, judged: Collection[Term]) -> list[Finding]:
        """Entries without a class that nothing else was said about: most shapes aim at classes, and saw none.

        Args:
            document: The file.
            judged: What has violations already.
        """
        slug = self._slug_of(document)
        own = f"{self._base}id/city/{slug}" if slug else self._base
        classed = self._classed | {t.subject for t in document.triples if t.predicate == RDF_TYPE}
        subjects = dict.fromkeys(t.subject for t in document.triples if isinstance(t.subject, ox.NamedNode))
        # What has a fragment is a passage, which rules spell out.
        unseen = (s for s in subjects if s not in classed and s not in judged and "#" not in s.value)
        left = (s for s in unseen if not self._ownership(s.value, slug))
        return [
            self._completed(_bare("P-12", subject, None, subject), document, own)
            for subject in islice(left, _MOST_PER_RULE)
        ]

    def results(self, findings: Iterable[Finding]) -> list[Result]:
        """Findings as results of a SHACL report."""
        results = []
        for finding in findings:
            resource = self._rules[finding.rule].resource
            parts: dict[str, Term] = {
                "focusNode": finding.focus,
                "resultSeverity": ox.NamedNode(f"{SH}{finding.level.title()}"),
                "sourceShape": resource,
                "sourceConstraintComponent": resource,
            }
            parts |= {"resultPath": finding.path} if finding.path else {}
            parts |= {"value": finding.value} if finding.value else {}
            messages = (ox.Literal(text, language=language) for language, text in finding.messages.items())
            results.append(make_result(parts, messages))
        return results

    def _slug_of(self, document: Document) -> str:
        """The city whose record the file is: that of its main topic, or the one most subjects lie under."""
        named = Counter(self._city(t.object) for t in document.triples if t.predicate == TOPIC)
        lying = Counter(self._city(subject) for subject in {t.subject for t in document.triples})
        del named[""], lying[""]
        candidates = named or lying
        return min(candidates, key=lambda slug: (-lying[slug], slug), default="")

    def _city(self, term: Term) -> str:
        """The slug of the city that an IRI lies under; empty if under none."""
        start = f"{self._base}id/city/"
        if not isinstance(term, ox.NamedNode) or not term.value.startswith(start):
            return ""
        slug = re.split("[/#?]", term.value[len(start) :], maxsplit=1)[0]
        return slug if _SLUG.fullmatch(slug) else ""

    def _found(self, document: Document, slug: str) -> Iterator[Finding]:
        """What is found, without messages and places."""
        inner = {t.object for t in document.triples if t.predicate == _REST}
        seen: set[Term] = set()
        hosts: set[str] = set()
        for triple in document.triples:
            if triple.subject not in seen:
                seen.add(triple.subject)
                yield from self._about_subject(triple.subject, slug, inner)
            for term in (triple.predicate, triple.object):
                yield from self._about_term(triple, term)
            yield from self._about_hosts(triple, hosts)
            if triple.predicate == _SUBJECT and self._is_foreign(triple.object, slug):
                yield _bare("C-78", triple.subject, triple.predicate, triple.object)

    def _beside(self, document: Document, about: Term) -> Iterator[Finding]:
        """Signs that nobody sees, in comments and directives; in terms they are found where those stand."""
        text = document.text
        if not _CONTROL.search(text):
            return
        spans = sorted((*comments(text), *document.positions.directives))
        starts = [start for start, _ in spans]
        for sign in _CONTROL.finditer(text):
            number = bisect_right(starts, sign.start()) - 1
            if number >= 0 and sign.start() < spans[number][1]:
                start, end = spans[number]
                place = document.positions.place((sign.start(), sign.end()))
                found = _bare("P-06", about, None, ox.Literal(text[start:end]))
                yield replace(found, **place._asdict())

    def _about_hosts(self, triple: ox.Triple, seen: set[str]) -> Iterator[Finding]:
        """What is said about the hosts that a statement names; a new website once a file."""
        terms = [triple.predicate.value]
        if triple.predicate == RDF_TYPE and isinstance(triple.object, ox.NamedNode):
            terms.append(triple.object.value)
        elif isinstance(triple.object, ox.Literal):
            terms.append(triple.object.datatype.value)
        for term in terms:
            if not term.startswith(self._namespaces):
                yield _bare("P-10", triple.subject, triple.predicate, ox.NamedNode(term))
        if not isinstance(triple.object, ox.NamedNode) or triple.predicate == RDF_TYPE:
            return
        host = name_of(triple.object.value)
        if host and not is_public(host):
            yield _bare("P-09", triple.subject, triple.predicate, triple.object)
        elif host and host not in self._hosts and host not in seen:
            seen.add(host)
            yield _bare("P-11", triple.subject, triple.predicate, triple.object)

    def _is_foreign(self, claimed: Term, slug: str) -> bool:
        """Whether a claim is about what others say; it may give evidence for what shared files say."""
        return isinstance(claimed, ox.NamedNode) and self._ownership(claimed.value, slug) == "C-78"

    def _about_subject(self, subject: Term, slug: str, inner: set[Term]) -> Iterator[Finding]:
        if not isinstance(subject, ox.NamedNode):
            if subject not in inner:
                yield _bare("P-02", subject, None, subject)
            return
        for rule in (self._ownership(subject.value, slug), *self._iri_rules(subject.value)):
            if rule:
                yield _bare(rule, subject, None, subject)

    def _about_term(self, triple: ox.Triple, term: Term) -> Iterator[Finding]:
        rules: Sequence[str] = ()
        if isinstance(term, ox.NamedNode):
            rules = self._iri_rules(term.value)
            if term.value.startswith((_OWL, SH)) or term.value in _AXIOMS:
                rules = (*rules, "P-03")
        elif isinstance(term, ox.Literal):
            rules = self._literal_rules(term)
        for rule in rules:
            yield _bare(rule, triple.subject, triple.predicate, term)

    def _literal_rules(self, literal: ox.Literal) -> tuple[str, ...]:
        kind = literal.datatype.value
        limit = self._limit("wkt_bytes" if kind == _WKT else "literal_bytes")
        found = ["P-06"] if _CONTROL.search(literal.value) else []
        # A character has at least one byte; most texts need no second count.
        if len(literal.value) * 4 > limit and len(literal.value.encode()) > limit:
            found.append("P-07")
        if kind.startswith((_OWL, SH)):
            found.append("P-03")
        return (*found, *self._iri_rules(kind))

    def _iri_rules(self, iri: str) -> tuple[str, ...]:
        """The rules that an IRI breaks wherever it stands."""
        return _iri_rules(iri, self._base, self._plain_base, self._limit("iri_bytes"))

    def _ownership(self, iri: str, slug: str) -> str:
        """The rule that forbids to describe something; empty if none does."""
        for spelling in dict.fromkeys((iri, plain(iri))):
            rule = self._ownership_as_written(spelling, slug)
            if rule:
                return rule
        return ""

    def _ownership_as_written(self, iri: str, slug: str) -> str:
        if not iri.startswith(self._base):
            return "C-78"
        whole = iri.partition("#")[0].partition("?")[0]
        kind, *rest = whole.removeprefix(self._base).split("/")
        if kind == "doc":
            return "" if rest == ["city", slug] else "C-78"
        if kind != "id" or len(rest) < 2 or not rest[1]:
            return "C-78"
        if rest[0] == "city":
            return "" if rest[1] == slug else "C-78"
        if rest[0] == "portrait" and not self._is_portrait_of(rest[1], slug):
            return "C-78"
        if rest[0] != "portrait" and rest[0] not in self._kinds:
            return "C-78"
        return "P-01" if whole in self._described else ""

    def _is_portrait_of(self, name: str, slug: str) -> bool:
        """Whether the name of a portrait holds a city's slug, and no longer one that this is a part of."""
        if not slug or not _holds(name, slug):
            return False
        return not any(slug in other and other != slug and _holds(name, other) for other in self._slugs)

    def _completed(self, finding: Finding, document: Document, own: str) -> Finding:
        """A finding with names, messages and place."""
        rule = self._rules[finding.rule]
        value = finding.value
        text = str(getattr(value, "value", ""))
        values: dict[str, str | int] = {
            "value": self._shown(text) if isinstance(value, ox.NamedNode) else visible(text),
            "own": self._shown(own),
            "match": self._match(finding.rule, text),
            "limit": self._limit(self._setting(finding)),
        }
        place = None if finding.line else find_place(finding, document.positions)
        completed = replace(
            finding, level=rule.level, names=rule.names, messages=rule.filled(**values), file=document.path
        )
        return replace(completed, **place._asdict()) if place else completed

    def _match(self, rule: str, text: str) -> str:
        if rule == "P-06":
            found = _CONTROL.search(text) or _UNSEEN.search(text)
            return f"U+{ord(found[0]):04X}" if found else ""
        if rule in {"P-09", "P-11"}:
            return visible(name_of(text))
        return visible(plain(text)) if rule == "P-04" else ""

    def _setting(self, finding: Finding) -> str:
        if finding.rule == "P-08":
            return "iri_bytes"
        kind = finding.value.datatype.value if isinstance(finding.value, ox.Literal) else ""
        return "wkt_bytes" if kind == _WKT else "literal_bytes"

    def _shown(self, iri: str) -> str:
        return visible(self._project.prefixes.compress(iri))

    def _limit(self, name: str) -> int:
        return self._project.limit(name, LIMITS[name])


LIMITS: Mapping[str, int] = {"iri_bytes": 2_048, "literal_bytes": 65_536, "wkt_bytes": 1_000_000}


def visible(text: str) -> str:
    r"""A text that shows what it is made of, shortened: characters that cannot be seen become `\u…`.

    >>> visible("a\u202eb")
    'a\\u202eb'
    """
    start = "".join(islice(text, _SHOWN))
    shown = _UNSEEN.sub(lambda found: found[0] if found[0] == " " else ascii(found[0])[1:-1], start)
    return f"{shown}…" if len(text) > _SHOWN else shown


@lru_cache(maxsize=65_536)
def _iri_rules(iri: str, base: str, plain_base: str, limit: int) -> tuple[str, ...]:
    found = []
    if not _SCHEME.match(iri) or "@" in (host_of(iri) or ""):
        found.append("P-05")
    if _CONTROL.search(iri) or _UNSEEN.search(iri):
        found.append("P-06")
    if len(iri.encode()) > limit:
        return (*found, "P-08")
    if iri.startswith(base):
        alike = bool(_INDIRECT.search(iri, len(base) - 1))
    else:
        alike = f"{plain(iri)}/".startswith(plain_base)
    return (*found, "P-04") if alike else tuple(found)


def _bare(rule: str, focus: Term, path: ox.NamedNode | None, value: Term) -> Finding:
    return Finding(rule, "violation", focus, path, value, {}, {}, "")


def _holds(name: str, slug: str) -> bool:
    return f"-{slug}-" in f"-{name}-"
