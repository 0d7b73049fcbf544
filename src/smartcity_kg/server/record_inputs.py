"""What a form for an entry shows, and what it sends back as terms (layer 6)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pyoxigraph import Literal, NamedNode

from smartcity_kg.errors import NotFound, close_matches
from smartcity_kg.pages.index import Index
from smartcity_kg.pages.site import LANGUAGES, Site
from smartcity_kg.pages.words import say
from smartcity_kg.server.record_fields import Entry, FormField, FormFields
from smartcity_kg.server.record_text import Record
from smartcity_kg.terms import RDF_TYPE, SKOS, XSD, Prefixes, Term

_IN_SCHEME = NamedNode(f"{SKOS}inScheme")
_MOST_LISTED = 1_000
_MOST_PARTS = 20
_TEXT = Entry("text")
_TRUTH = ("true", "false")

Raw = Mapping[str, Sequence[tuple[str, str]]]
Finding = Mapping[str, object]


@dataclass(frozen=True)
class Row:
    """One value of a field as text, and its language where it has one."""

    text: str = ""
    language: str = ""


@dataclass(frozen=True)
class Shown:
    """A field as the page shows it.

    Attributes:
        path: Its property.
        name: What it is called.
        hint: What the shapes say about it.
        kind: See `record_fields.Entry`.
        rows: Its values, and rows for further ones.
        options: What can be chosen: value and name.
        source: What stands for the list of things that can be chosen; several fields may have the same.
        faults: What the checks, or the form itself, say of it: level and sentence.
        required: Whether it must be given.
        recommended: Whether it should be given.
        short: Whether texts are in one line.
        more: Whether there can be further values.
    """

    path: str
    name: str
    hint: str
    kind: str
    rows: tuple[Row, ...]
    options: tuple[tuple[str, str], ...] = ()
    source: str = ""
    faults: tuple[tuple[str, str], ...] = ()
    required: bool = False
    recommended: bool = False
    short: bool = False
    more: bool = True

    @property
    def wrong(self) -> bool:
        """Whether something must be changed."""
        return any(level == "violation" for level, _ in self.faults)

    @property
    def wanted(self) -> bool:
        """Whether it is shown at once: it should have a value, has one, or something is said about it."""
        return self.required or self.recommended or bool(self.faults) or any(row.text for row in self.rows)


@dataclass(frozen=True)
class Group:
    """Fields that belong together."""

    name: str
    shown: tuple[Shown, ...]
    other: tuple[Shown, ...]


@dataclass(frozen=True)
class Inputs:
    """The inputs of forms for the entries of one record, in one language.

    Attributes:
        site: What there is to refer to.
        forms: What the shapes say.
        record: The record.
        language: The language of names.
        usual: What properties have in the graph; see `usual_entries`.
    """

    site: Site
    forms: FormFields
    record: Record
    language: str
    usual: Mapping[str, Entry] = field(default_factory=dict)
    _cache: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def prefixes(self) -> Prefixes:
        """The prefixes of the text, and those of the project beside them."""
        return Prefixes({**self.site.project.prefixes.namespaces, **self.record.prefixes})

    def fields(self, classes: Sequence[str], paths: Iterable[str] = ()) -> list[FormField]:
        """The fields of an entry of some classes that has some properties."""
        found = self.forms.fields([*classes, *paths])
        return [replace(one, takes=self._settled(one)) for one in found]

    def raw(self, fields: Iterable[FormField]) -> dict[str, list[tuple[str, str]]]:
        """The values of the opened entry as texts."""
        by_path: dict[str, list[Term]] = {}
        for path, term in self.record.opened:
            by_path.setdefault(path, []).append(term)
        return {
            one.field.path: [self._text(term, one.takes) for term in by_path.get(one.field.path, ())]
            for one in fields
        }

    def preset(self, fields: Iterable[FormField]) -> dict[str, list[tuple[str, str]]]:
        """What a new entry begins with: what the record is about, where that must be given.

        It is also taken where other entries must give it, and nothing else can be meant.
        """
        topic = NamedNode(self.record.topic) if self.record.topic else None
        if topic is None:
            return {}
        kinds = {kind.value for kind in self.site.index.values(topic, RDF_TYPE) if isinstance(kind, NamedNode)}
        kinds |= {kind for one in self.record.entries if one.iri == topic.value for kind in one.classes}
        needed = {f.path for block in self.forms.section_blocks() for f in block.fields if f.required}
        return {
            one.field.path: [self._text(topic, one.takes)]
            for one in fields
            if one.takes.kind == "thing"
            and kinds & set(one.takes.classes)
            and (one.field.required or (one.field.path in needed and kinds >= set(one.takes.classes)))
        }

    def terms(self, fields: Iterable[FormField], raw: Raw) -> tuple[list[tuple[str, Term]], dict[str, list[str]]]:
        """The terms that texts stand for, and by property what is wrong with others."""
        found: list[tuple[str, Term]] = []
        wrong: dict[str, list[str]] = {}
        for one in fields:
            for text, language in raw.get(one.field.path, ()):
                plain = text.replace("\r\n", "\n").strip()
                if not plain:
                    continue
                try:
                    found.append((one.field.path, self._term(plain, language, one.takes)))
                except (NotFound, ValueError):
                    wrong.setdefault(one.field.path, []).append(self._unknown(plain, one.takes))
        return found, wrong

    def groups(
        self,
        fields: Iterable[FormField],
        raw: Raw,
        wrong: Mapping[str, Sequence[str]],
        findings: Sequence[Finding],
        more: str = "",
    ) -> list[Group]:
        """The fields of a form in their groups; `more` names the property that is to have another row."""
        by_group: dict[str, list[Shown]] = {}
        for one in fields:
            name = self.forms.groups.get(one.field.group, say("form_other", self.language))
            by_group.setdefault(name, []).append(self._shown(one, raw, wrong, findings, more))
        return [
            Group(name, tuple(s for s in shown if s.wanted), tuple(s for s in shown if not s.wanted))
            for name, shown in by_group.items()
        ]

    def label(self, iri: str) -> str:
        """What a thing is called: in the record, in the graph, or by its short IRI."""
        for one in self.record.entries:
            if one.iri == iri and one.labels:
                return one.labels.get(self.language) or next(iter(one.labels.values()))
        return self.site.index.label(NamedNode(iri), self.language) or self.prefixes.compress(iri)

    def _shown(
        self,
        one: FormField,
        raw: Raw,
        wrong: Mapping[str, Sequence[str]],
        findings: Sequence[Finding],
        more: str,
    ) -> Shown:
        path, takes = one.field.path, one.takes
        rows = [Row(text, language) for text, language in raw.get(path, ()) if text.strip()]
        faults = [("violation", sentence) for sentence in wrong.get(path, ())]
        said = {str(f["message"]): str(f["level"]) for f in findings if f["path"] == path}
        return Shown(
            path,
            one.field.name or self.label(path),
            one.hint,
            takes.kind,
            (*rows, *_empty(one, rows, again=more == path)),
            self._options(takes, rows),
            " ".join(takes.classes),
            (*faults, *((level, sentence) for sentence, level in said.items())),
            one.field.required,
            one.field.recommended,
            one.short,
            not one.most or len(rows) < one.most,
        )

    def _settled(self, one: FormField) -> Entry:
        """What a field takes; where neither shapes nor ontology say, what the graph has there."""
        return self.usual.get(one.field.path, _TEXT) if one.takes.kind == "any" else one.takes

    def _named(self, takes: Entry) -> dict[str, str]:
        """The things that can be chosen, by IRI, with names that differ."""
        key = (*takes.options, *takes.schemes, "", *takes.classes)
        if key not in self._cache:
            iris = [*takes.options, *self._members(takes.schemes, _IN_SCHEME)]
            iris += self._members(takes.classes, RDF_TYPE)
            wanted = set(takes.classes)
            for one in self.record.entries:
                every = {above for kind in one.classes for above in self.forms.above.get(kind, {kind})}
                if every & wanted:
                    iris.append(one.iri)
            names = {iri: self.label(iri) for iri in dict.fromkeys(iris)}
            often = Counter(names.values())
            self._cache[key] = {
                iri: name if often[name] == 1 else f"{name} ({self.prefixes.compress(iri)})"
                for iri, name in sorted(names.items(), key=lambda one: (one[1].casefold(), one[0]))
            }
        return self._cache[key]

    def _members(self, values: Iterable[str], predicate: NamedNode) -> list[str]:
        incoming = self.site.index.incoming
        found = (s for value in values for p, s in incoming.get(NamedNode(value), ()) if p == predicate)
        return sorted({s.value for s in found if isinstance(s, NamedNode)})

    def _options(self, takes: Entry, rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
        if takes.kind == "boolean":
            return tuple((value, say({"true": "yes"}.get(value, "no"), self.language)) for value in _TRUTH)
        if takes.kind == "choice":
            names = self._named(takes)
            strange = [row.text for row in rows if row.text not in names]
            return (*names.items(), *((text, self.prefixes.compress(text)) for text in strange))
        return ()

    def lists(self, groups: Iterable[Group]) -> dict[str, list[str]]:
        """The names of the things that can be chosen in the fields of some groups, by `Shown.source`."""
        fields = [one for group in groups for one in (*group.shown, *group.other) if one.kind == "thing"]
        found: dict[str, list[str]] = {}
        for one in fields:
            names = self._named(Entry("thing", classes=tuple(one.source.split())))
            used = [names.get(iri) or self._plain(iri) for iri in self.record.used.get(one.path, ())]
            # A list of everything would be larger than the rest of the page.
            own = {entry.iri for entry in self.record.entries}
            listed = [name for iri, name in names.items() if len(names) <= _MOST_LISTED or iri in own]
            parts = self._parts(names) if one.wanted else []
            found[one.source] = list(dict.fromkeys((*found.get(one.source, ()), *used, *listed, *parts)))
        return found

    def _parts(self, names: Mapping[str, str]) -> list[str]:
        """The parts that things of this record would have if they were like those of others, by short IRI.

        Where others have `…/a#b-1`, and `…/c` is described here, `…/c#b-1` can be chosen.
        """
        fragments = Counter(iri.partition("#")[2] for iri in names if "#" in iri)
        usual = [one for one, _ in fragments.most_common(_MOST_PARTS)]
        own = [one.iri for one in self.record.entries if one.iri in names and "#" not in one.iri]
        return [self.prefixes.compress(f"{iri}#{part}") for iri in own for part in sorted(usual)]

    def _text(self, term: Term, takes: Entry) -> tuple[str, str]:
        if isinstance(term, Literal):
            return term.value, term.language or ""
        iri = getattr(term, "value", "")
        if takes.kind == "choice":
            return iri, ""
        if takes.kind == "thing":
            return self._named(takes).get(iri) or self._plain(iri), ""
        return self.prefixes.compress(iri), ""

    def _plain(self, iri: str) -> str:
        """A thing that cannot be chosen by a name of its own."""
        return self.prefixes.compress(iri)

    def _term(self, text: str, language: str, takes: Entry) -> Term:
        if takes.kind in {"choice", "iri"}:
            return self.prefixes.expand(text)
        if takes.kind == "thing":
            names = self._named(takes)
            folded = text.casefold()
            found = [iri for iri, name in names.items() if name.casefold() == folded]
            return NamedNode(found[0]) if len(found) == 1 else self.prefixes.expand(text)
        if takes.kind == "text":
            return Literal(text, language=language) if language in LANGUAGES else Literal(text)
        if takes.datatype in {"", f"{XSD}string"}:
            return Literal(text)
        return Literal(text, datatype=NamedNode(takes.datatype))

    def _unknown(self, text: str, takes: Entry) -> str:
        near = close_matches(text, self._named(takes).values()) if takes.kind == "thing" else ()
        key = "form_near" if near else "form_unknown"
        return say(key, self.language, text=text[:100], near=" · ".join(near))


def _empty(one: FormField, rows: Sequence[Row], *, again: bool) -> list[Row]:
    """Rows for further values."""
    if one.takes.kind == "text":
        given = {row.language for row in rows}
        free = [Row("", language) for language in LANGUAGES if language not in given]
        return free or ([Row("", language) for language in LANGUAGES] if again else [])
    if one.most and len(rows) >= one.most:
        return []
    return [Row(), Row()] if again else [Row()]


def usual_entries(index: Index) -> dict[str, Entry]:
    """What each property has in the graph: texts, other literals, or things.

    >>> from smartcity_kg.pages.index import Index
    >>> note = NamedNode("http://e.org/note")
    >>> index = Index("", {note: [(note, Literal("x", language="de"))]}, {}, {}, {}, {}, {})
    >>> usual_entries(index)["http://e.org/note"].kind
    'text'
    """
    found: dict[str, Entry] = {}
    for pairs in index.outgoing.values():
        for predicate, value in pairs:
            known = found.get(predicate.value)
            if isinstance(value, Literal) and value.language:
                found[predicate.value] = _TEXT
            elif known is None:
                literal = isinstance(value, Literal)
                datatype = value.datatype.value if isinstance(value, Literal) else ""
                found[predicate.value] = Entry("literal", datatype=datatype) if literal else Entry("iri")
    return found
