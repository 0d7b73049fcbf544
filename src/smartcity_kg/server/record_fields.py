"""The fields of a form for an entry, as the shapes describe them (layer 6).

Which fields a class has, in which groups and order, what they are called and what they take stands in the shapes
and the ontology; nothing about any class stands here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from smartcity_kg.answer import Rows
from smartcity_kg.layout import Block, Field, Layout, read_layout
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import LANG_STRING, RDFS, SKOS, XSD

_WANTED = """
SELECT DISTINCT ?path ?what ?value WHERE {
  ?property sh:path ?path .
  FILTER(ISIRI(?path))
  { ?property sh:class ?value . BIND("class" AS ?what) }
  UNION { ?property sh:or/rdf:rest*/rdf:first/sh:class ?value . BIND("class" AS ?what) }
  UNION { ?property sh:node/sh:property ?scheme . ?scheme sh:path skos:inScheme ; sh:hasValue ?value .
          BIND("scheme" AS ?what) }
  UNION { ?property sh:datatype ?value . BIND("datatype" AS ?what) }
  UNION { ?property sh:nodeKind ?value . BIND("kind" AS ?what) }
  UNION { ?property sh:uniqueLang|sh:languageIn ?any . BIND(rdf:langString AS ?value) BIND("datatype" AS ?what) }
  UNION { ?property sh:qualifiedValueShape/sh:languageIn ?any . BIND(rdf:langString AS ?value)
          BIND("datatype" AS ?what) }
  UNION { ?property sh:in/rdf:rest*/rdf:first ?value . BIND("in" AS ?what) }
}
"""
_RANGES = """
SELECT ?path ?value WHERE { ?path rdfs:range|schema:rangeIncludes ?value . FILTER(ISIRI(?value)) }
"""
_MOST_VALUES = """
SELECT ?class ?path (MIN(?max) AS ?most) WHERE {
  ?shape sh:targetClass|sh:targetSubjectsOf ?class ; sh:property ?property .
  ?property sh:path ?path ; sh:maxCount ?max .
} GROUP BY ?class ?path
"""
_HINTS = """
SELECT ?path (MIN(?text) AS ?hint) WHERE {
  ?property sh:path ?path ; sh:description ?text .
  MINUS { ?property dct:identifier ?rule }
  FILTER(LANG(?text) = ?language)
} GROUP BY ?path
"""
_GROUPS = """
SELECT ?group ?label WHERE {
  ?group a sh:PropertyGroup ; rdfs:label ?label . FILTER(LANG(?label) = ?language)
}
"""
_CLASSES = """
SELECT DISTINCT ?class ?above ?label WHERE {
  ?class rdfs:subClassOf* ?above .
  FILTER(ISIRI(?class) && ISIRI(?above))
  MINUS { ?class owl:deprecated true }
  OPTIONAL { ?class rdfs:label ?label . FILTER(LANG(?label) = ?language) }
}
"""
_WORDY = frozenset([f"{RDFS}Literal", LANG_STRING])
# What a browser has an input of its own for.
_INPUTS = {
    f"{XSD}date": "date",
    f"{XSD}integer": "integer",
    f"{XSD}decimal": "decimal",
    f"{XSD}boolean": "boolean",
}


@dataclass(frozen=True)
class Entry:
    """What one field takes.

    Attributes:
        kind: `choice`, `thing`, `iri`, `text`, `date`, `integer`, `decimal`, `boolean` or `literal`.
        options: For `choice`: the IRIs to choose from, if they are listed.
        schemes: For `choice`: the schemes whose concepts can be chosen.
        classes: For `thing`: whose members can be chosen.
        datatype: For literals other than texts.
    """

    kind: str
    options: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    datatype: str = ""


@dataclass(frozen=True)
class FormField:
    """A field of a form: what the shapes say of one property of one class.

    Attributes:
        field: Its property, name and place.
        takes: What can be entered.
        hint: What the shapes say about it.
        most: How many values there can be; nought if there is no limit.
        short: Whether its texts are names, in one line.
    """

    field: Field
    takes: Entry
    hint: str = ""
    most: int = 0
    short: bool = False


@dataclass(frozen=True)
class FormFields:
    """All forms in one language.

    Attributes:
        layout: What the shapes say about order and names.
        groups: What groups are called.
        names: What classes are called.
        above: The classes above each class, itself among them.
    """

    layout: Layout
    groups: Mapping[str, str]
    names: Mapping[str, str]
    above: Mapping[str, frozenset[str]]
    _takes: Mapping[str, Entry]
    _hints: Mapping[str, str]
    _most: Mapping[tuple[str, str], int]

    @classmethod
    def read(cls, project: Project, language: str) -> "FormFields":
        """The forms that the shapes and the ontology of a project describe.

        >>> forms = FormFields.read(Project.find(), "en")
        >>> block = next(block for block in forms.layout.blocks if block.section)
        >>> bool(forms.fields([block.class_iri]))
        True
        """
        store = EmbeddedStore(project.prefixes)
        paths = dict.fromkeys(
            (*project.shape_files, *project.files("ontology/modules", "ontology/borrowed", "ontology/schemes"))
        )
        for path in paths:
            store.load(project.read(path).triples, graph=project.graph_name(path))
        above: dict[str, set[str]] = {}
        names: dict[str, str] = {}
        for row in _rows(store, _CLASSES, language):
            above.setdefault(row["class"], set()).add(row["above"])
            if "label" in row:
                names[row["class"]] = row["label"]
        return cls(
            read_layout(project, language, targets="sh:targetClass|sh:targetSubjectsOf"),
            {row["group"]: row["label"] for row in _rows(store, _GROUPS, language)},
            names,
            {iri: frozenset(found) for iri, found in above.items()},
            _read_takes(store, language),
            {row["path"]: row["hint"] for row in _rows(store, _HINTS, language)},
            {(row["class"], row["path"]): int(row["most"]) for row in _rows(store, _MOST_VALUES, language)},
        )

    def blocks(self, classes: Iterable[str]) -> list[Block]:
        """What the shapes say about things of some classes or with some properties, the most specific first."""
        every = {above for iri in classes for above in self.above.get(iri, {iri})}
        found = [block for block in self.layout.blocks if block.class_iri in every]
        return sorted(found, key=lambda block: -len(self.above.get(block.class_iri, ())))

    def fields(self, classes: Iterable[str]) -> list[FormField]:
        """The fields of things of some classes in order, without what only rules say."""
        found: dict[str, tuple[Field, int]] = {}
        for block in self.blocks(classes):
            for field in block.fields:
                most = self._most.get((block.class_iri, field.path), 0)
                if field.path in found:
                    old, least = found[field.path]
                    found[field.path] = _joined(old, field), min(filter(None, (least, most)), default=0)
                else:
                    found[field.path] = field, most
        chosen = [(field, most) for field, most in found.values() if not field.derived]
        ordered = sorted(chosen, key=lambda one: (one[0].order, one[0].path))
        return [self._form_field(field, most) for field, most in ordered]

    def kinds(self, class_iri: str) -> list[str]:
        """A class and those below it that have a name, by name; the class itself first."""
        below = [iri for iri, above in self.above.items() if class_iri in above and iri in self.names]
        return sorted(below, key=lambda iri: (iri != class_iri, self.names[iri]))

    def classes_of(self, path: str) -> tuple[str, ...]:
        """Of which classes the values of a property are."""
        return self._takes[path].classes if path in self._takes else ()

    def section_blocks(self) -> list[Block]:
        """The blocks of what a record has in its sections."""
        return [block for block in self.layout.blocks if block.section]

    def name(self, class_iri: str) -> str:
        """What a class is called; empty if it has no name."""
        named = (block.name for block in self.layout.blocks if block.class_iri == class_iri and block.name)
        return next(named, "") or self.names.get(class_iri, "")

    def _form_field(self, field: Field, most: int) -> FormField:
        takes = self._takes.get(field.path, Entry("any"))
        # The only texts in one line are names.
        short = field.path.startswith(SKOS) and "Label" in field.path
        return FormField(field, takes, self._hints.get(field.path, ""), most, short)


def _joined(one: Field, other: Field) -> Field:
    """What two shapes say about the same property."""
    return Field(
        one.path,
        min(one.order, other.order),
        one.name or other.name,
        one.required or other.required,
        one.derived or other.derived,
        (one.recommended or other.recommended) and not (one.required or other.required),
        one.group or other.group,
        one.key or other.key,
    )


def _rows(store: EmbeddedStore, text: str, language: str) -> list[dict[str, str]]:
    from pyoxigraph import Literal

    bindings = {"language": Literal(language)} if "?language" in text else None
    answer = store.query(text, bindings)
    if not isinstance(answer, Rows):
        raise TypeError("a SELECT must answer with rows")
    return answer.as_dicts()


def _read_takes(store: EmbeddedStore, language: str) -> dict[str, Entry]:
    said: dict[str, dict[str, set[str]]] = {}
    for row in _rows(store, _WANTED, language):
        said.setdefault(row["path"], {}).setdefault(row["what"], set()).add(row["value"])
    ranges: dict[str, set[str]] = {}
    for row in _rows(store, _RANGES, language):
        ranges.setdefault(row["path"], set()).add(row["value"])
    datatypes = frozenset(value for told in said.values() for value in told.get("datatype", ()))
    found = {path: _entry_of_range(values, datatypes) for path, values in ranges.items()}
    return found | {path: _entry(told) for path, told in said.items() if told}


def _entry(told: Mapping[str, set[str]]) -> Entry:
    if "in" in told:
        return Entry("choice", options=tuple(sorted(told["in"])))
    if "scheme" in told:
        return Entry("choice", schemes=tuple(sorted(told["scheme"])))
    if "class" in told:
        return Entry("thing", classes=tuple(sorted(told["class"])))
    datatypes = sorted(told.get("datatype", ()))
    if LANG_STRING in datatypes:
        return Entry("text")
    if datatypes:
        return Entry(_INPUTS.get(datatypes[0], "literal"), datatype=datatypes[0])
    return Entry("iri" if "kind" in told else "any")


def _entry_of_range(values: set[str], known: frozenset[str]) -> Entry:
    if values & _WORDY:
        return Entry("text")
    datatypes = sorted(value for value in values if value.startswith(XSD) or value in known)
    if datatypes:
        return Entry(_INPUTS.get(datatypes[0], "literal"), datatype=datatypes[0])
    return Entry("thing", classes=tuple(sorted(values)))
