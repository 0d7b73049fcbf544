"""Records as forms: what a record says about entries, as fields and back, after the shapes (layer 6).

Which fields an entry has, in which order, under which name, and what may stand in them, say shapes and ontology.
A field holds one value a line; what a form does not show of a record is kept as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Triple

from smartcity_kg.errors import NotFound, SmartCityError
from smartcity_kg.layout import Block, Field, new_record, slug_of
from smartcity_kg.pages.site import LANGUAGES, Site
from smartcity_kg.terms import RDF, RDF_TYPE, SH, SKOS, XSD, Term, text_of
from smartcity_kg.turtle.parse import parse_turtle

_RANGE = NamedNode("https://schema.org/rangeIncludes")
_PATH, _NODE, _PROPERTY, _VALUE = (NamedNode(f"{SH}{name}") for name in ("path", "node", "property", "hasValue"))
_IN_SCHEME, _CONCEPT = NamedNode(f"{SKOS}inScheme"), f"{SKOS}Concept"
_TOPIC = NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")
_LABEL = f"{SKOS}prefLabel"
_OBJECT_PROPERTY = "http://www.w3.org/2002/07/owl#ObjectProperty"
_LANGUAGE_STRING = f"{RDF}langString"
_MOST_ENTRIES, _MOST_VALUES = 300, 100


@dataclass(frozen=True)
class Control:
    """A field of an entry: a property, and in which form its values are given.

    Attributes:
        name: The property as a prefixed name, with `@` and a language for texts in one.
        field: What the shapes say about the property.
        kind: `text` (in a language), `concept`, `thing` or `literal`.
        datatype: Of literals.
        choices: What there is to choose from: prefixed name and label.
        language: Of texts.
        classes: Of things, by their IRIs.
    """

    name: str
    field: Field
    kind: str
    datatype: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    language: str = ""
    classes: tuple[str, ...] = ()


@dataclass
class Entry:
    """An entry as a form has it: its class, the last part of its IRI, and the lines of each control."""

    block: Block
    slug: str
    values: dict[str, list[str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


class Forms:
    """Turns records into entries and back.

    Args:
        site: Shapes, ontology, data.
        language: That of names.
    """

    def __init__(self, site: Site, language: str) -> None:
        self._site = site
        self._language = language
        self._prefixes = site.project.prefixes
        self._controls: dict[str, tuple[Control, ...]] = {}

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """The classes that a record may have entries of, by prefixed name, in the order of the sections."""
        layout = self._site.layouts[self._language]
        return {self._prefixes.compress(block.class_iri): block for block in layout.blocks if block.section}

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The IRIs of what there are records about."""
        base = f"{self._site.project.base}doc/city/"
        return tuple(
            value.value
            for subject, pairs in self._site.index.outgoing.items()
            if isinstance(subject, NamedNode) and subject.value.startswith(base)
            for predicate, value in pairs
            if predicate == _TOPIC and isinstance(value, NamedNode)
        )

    @cached_property
    def kinds_of_topics(self) -> tuple[str, ...]:
        """The classes of what there are records about, sorted."""
        return tuple(sorted({k.value for iri in self.topics for k in self._site.index.classes(NamedNode(iri))}))

    def controls(self, block: Block) -> tuple[Control, ...]:
        """The fields of an entry of a class."""
        if block.class_iri not in self._controls:
            fields = (one for one in block.fields if not one.derived)
            self._controls[block.class_iri] = tuple(control for one in fields for control in self._of(one))
        return self._controls[block.class_iri]

    def read(self, slug: str, name: str) -> tuple[list[Triple], list[Entry]]:
        """What a record holds, or a new one: its triples, and those of its entries that have a form."""
        site, base = self._site, self._site.project.base
        file = next((path for path in site.project.files("data/cities") if path.stem == slug), None)
        # The store writes numbers in another way than the file.
        triples = list(site.project.read(file).triples) if file else []
        if not triples:
            text = new_record(site.project, name, slug=slug, language=self._language)
            triples = list(parse_turtle(text.encode(), path=f"{slug}.ttl").triples)
        return triples, list(self._entries(triples, f"{base}id/city/{slug}/"))

    def new(self, block: Block, city: str) -> Entry:
        """An empty entry; where the city is wanted it is filled in."""
        kinds = set(self.kinds_of_topics)
        own = self._prefixes.compress(city)
        given = {
            control.name: [own]
            for control in self.controls(block)
            if control.kind == "thing" and control.field.required and kinds & set(control.classes)
        }
        if not given:
            given = {
                control.name: [own]
                for control in self.controls(block)
                if control.kind == "thing" and kinds & set(control.classes) and len(control.classes) == 1
            }
        return Entry(block, "", given)

    def write(self, triples: Sequence[Triple], entries: Iterable[Entry], slug: str) -> list[Triple]:
        """The record with what a form says; the problems of fields are noted at the entries."""
        own = f"{self._site.project.base}id/city/{slug}/"
        shown = {NamedNode(f"{own}{entry.slug}"): entry for entry in self._entries(triples, own)}
        written: list[Triple] = []
        kept: set[NamedNode] = set()
        for number, entry in enumerate(entries, start=1):
            entry.slug = entry.slug or slug_of(next(iter(self._named(entry)), ""))
            node = NamedNode(f"{own}{entry.slug or f'entry-{number}'}")
            kept.add(node)
            written.append(Triple(node, RDF_TYPE, NamedNode(entry.block.class_iri)))
            written += self._stated(node, entry)
        left = [t for t in triples if not self._is_of_form(t, shown, kept)]
        return list(dict.fromkeys((*left, *written)))

    def _is_of_form(self, triple: Triple, shown: Mapping[NamedNode, Entry], kept: set[NamedNode]) -> bool:
        node = triple.subject
        if not isinstance(node, NamedNode) or (node not in shown and node not in kept):
            return False
        if node not in kept:
            return True  # the entry was removed
        entry = shown.get(node)
        controls = self.controls(entry.block) if entry else ()
        # What no field can show is not lost by what the fields say.
        return any(
            one.field.path == triple.predicate.value and self._line(triple.object, one) is not None
            for one in controls
        )

    def _entries(self, triples: Sequence[Triple], own: str) -> Iterator[Entry]:
        blocks = {block.class_iri: block for block in self.blocks.values()}
        stated: dict[NamedNode, list[Triple]] = {}
        for triple in triples:
            if isinstance(triple.subject, NamedNode) and triple.subject.value.startswith(own):
                stated.setdefault(triple.subject, []).append(triple)
        for node, found in stated.items():
            kinds = [text_of(t.object) for t in found if t.predicate == RDF_TYPE]
            block = next((blocks[kind] for kind in kinds if kind in blocks), None)
            if block is not None:
                yield Entry(block, node.value.removeprefix(own), dict(self._values(block, found)))

    def _values(self, block: Block, triples: Sequence[Triple]) -> Iterator[tuple[str, list[str]]]:
        for control in self.controls(block):
            path = control.field.path
            objects = [t.object for t in triples if t.predicate.value == path]
            lines = [line for one in objects if (line := self._line(one, control)) is not None]
            if lines:
                yield control.name, sorted(lines)

    def _line(self, value: Term, control: Control) -> str | None:
        if isinstance(value, Literal):
            if control.kind == "text":
                return " ".join(value.value.split()) if value.language == control.language else None
            return value.value if control.kind == "literal" and not value.language else None
        if isinstance(value, NamedNode) and control.kind in {"concept", "thing"}:
            return self._prefixes.compress(value.value)
        return None

    def _stated(self, node: NamedNode, entry: Entry) -> Iterator[Triple]:
        for control in self.controls(entry.block):
            for line in filter(None, (line.strip() for line in entry.values.get(control.name, ())[:_MOST_VALUES])):
                try:
                    value = self._term(line, control)
                except (SmartCityError, ValueError) as error:
                    entry.problems[control.name] = getattr(error, "message", str(error))
                    continue
                yield Triple(node, NamedNode(control.field.path), value)

    def _term(self, line: str, control: Control) -> Term:
        if control.kind == "text":
            return Literal(line, language=control.language)
        if control.kind == "literal":
            return Literal(line, datatype=NamedNode(control.datatype or f"{XSD}string"))
        return self._prefixes.expand(line)

    def _named(self, entry: Entry) -> Iterator[str]:
        for control in self.controls(entry.block):
            if control.field.path == _LABEL:
                yield from entry.values.get(control.name, ())

    def _of(self, one: Field) -> Iterator[Control]:
        index, name = self._site.index, self._prefixes.compress(one.path)
        ranges = [text_of(o) for p, o in index.outgoing.get(NamedNode(one.path), ()) if p == _RANGE]
        kinds = {kind.value for kind in index.classes(NamedNode(one.path))}
        if not ranges and _OBJECT_PROPERTY in kinds:
            yield Control(name, one, "thing")
        elif one.path == _LABEL or _LANGUAGE_STRING in ranges or not ranges:
            for language in LANGUAGES:
                yield Control(f"{name}@{language}", one, "text", language=language)
        elif _CONCEPT in ranges:
            yield Control(name, one, "concept", choices=tuple(self._concepts(one.path)))
        elif all(kind.startswith(XSD) or "datatype" in kind for kind in ranges):
            yield Control(name, one, "literal", datatype=ranges[0])
        else:
            yield Control(name, one, "thing", classes=tuple(ranges))

    def _concepts(self, path: str) -> Iterator[tuple[str, str]]:
        """The concepts of the scheme that the shapes name for a property."""
        index = self._site.index
        shapes = {s for p, s in index.incoming.get(NamedNode(path), ()) if p == _PATH}
        inner = {o for s in shapes for p, o in index.outgoing.get(s, ()) if p == _NODE}
        parts = {o for s in inner for p, o in index.outgoing.get(s, ()) if p == _PROPERTY}
        schemes = {
            o
            for part in (*parts, *inner)
            for p, o in index.outgoing.get(part, ())
            if p == _VALUE and (part, _PATH, _IN_SCHEME) in _Facts(index.outgoing)
        }
        found = {
            s
            for scheme in schemes
            for p, s in index.incoming.get(scheme, ())
            if p == _IN_SCHEME and isinstance(s, NamedNode)
        }
        named = ((index.label(s, self._language), self._prefixes.compress(s.value)) for s in found)
        for label, curie in sorted(named):
            yield curie, label


class _Facts:
    """Whether a graph holds a statement."""

    def __init__(self, outgoing: Mapping[Term, Sequence[tuple[NamedNode, Term]]]) -> None:
        self._outgoing = outgoing

    def __contains__(self, fact: tuple[Term, NamedNode, Term]) -> bool:
        subject, predicate, value = fact
        return (predicate, value) in self._outgoing.get(subject, ())


def read_fields(forms: Forms, fields: Mapping[str, Sequence[str]]) -> list[Entry]:
    """The entries that a form sent.

    Raises:
        NotFound: If it names a class that has no form.
    """
    numbers = sorted({int(name.partition(".")[0]) for name in fields if name.partition(".")[0].isdigit()})
    entries = []
    for number in numbers[:_MOST_ENTRIES]:
        kind = next(iter(fields.get(f"{number}.class", ())), "")
        if kind not in forms.blocks:
            raise NotFound.among("class", kind[:100], forms.blocks)
        block = forms.blocks[kind]
        slug = "/".join(filter(None, map(slug_of, next(iter(fields.get(f"{number}.id", ())), "").split("/"))))
        values = {}
        for control in forms.controls(block):
            lines = [line for text in fields.get(f"{number}.{control.name}", ()) for line in text.splitlines()]
            if any(line.strip() for line in lines):
                values[control.name] = lines
        entries.append(Entry(block, slug, values))
    return entries
