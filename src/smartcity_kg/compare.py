"""What changed from one state of a record to the next, as a reviewer reads it (layer 2).

Two files are compared by what they say: layout, order, prefixes and the labels of blank nodes do not count. Labels
come from both files, then from the project; nothing about any class or property stands in this code.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from smartcity_kg.answer import Rows
from smartcity_kg.edtf import bounds, in_words
from smartcity_kg.labels import find_labels
from smartcity_kg.layout import read_layout
from smartcity_kg.project import Project
from smartcity_kg.store import Store
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF, RDF_TYPE, Prefixes, Term, text_of
from smartcity_kg.turtle.blanks import name_by_content
from smartcity_kg.turtle.parse import Document

KINDS = ("new", "changed", "gone")
_EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
_LAST = (float("inf"), float("inf"))
_STATED = tuple(NamedNode(f"{RDF}{part}") for part in ("subject", "predicate", "object"))
_DEPTH = 4
# What is longer has no label, and would not fit into a query that asks for one.
_LONGEST_IRI = 2_000
_SHAPE_LABELS = """
SELECT ?class ?label WHERE {
  ?shape sh:targetClass ?class ; rdfs:label ?label . FILTER(LANG(?label) = ?language)
  FILTER NOT EXISTS { ?shape sh:targetClass ?other . FILTER(?other != ?class) }
}
"""


@dataclass(frozen=True)
class Value:
    """One value of a property: the term, what people read, its language, and a date in words.

    A blank node has a name made from its content; its text says what stands in it.
    """

    term: Term
    text: str
    language: str = ""
    words: str = ""


@dataclass(frozen=True)
class PropertyChange:
    """What went and what came at one property of an entry; `kept` values stayed.

    `ends`: the day on which a span ends that was open before, where there is one.
    """

    predicate: NamedNode
    label: str
    gone: tuple[Value, ...]
    come: tuple[Value, ...]
    kept: int = 0
    ends: date | None = None


@dataclass(frozen=True)
class Change:
    """An entry that is new, changed or gone, what it is called, and what changed in it, in page order."""

    kind: str
    entry: NamedNode | BlankNode
    name: str
    class_label: str
    label: str
    properties: tuple[PropertyChange, ...]


@dataclass(frozen=True)
class Comparison:
    """What changed between two states of a file.

    >>> comparison = Comparison("old.ttl", "new.ttl", "en", ())
    >>> comparison.same, comparison.counts()
    (True, {'new': 0, 'changed': 0, 'gone': 0})
    """

    old: str
    new: str
    language: str
    changes: tuple[Change, ...]

    @property
    def same(self) -> bool:
        """Whether both say the same."""
        return not self.changes

    def counts(self) -> dict[str, int]:
        """How many entries are new, changed and gone."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in KINDS}


def compare(
    old: Document | None, new: Document, project: Project, store: Store, *, language: str = "en", name: str = ""
) -> Comparison:
    """What changed from one document to another.

    Args:
        old: The state before; none if there was nothing.
        new: The state after.
        project: Where prefixes, and names and order of properties come from.
        store: Where labels come from that neither document has.
        language: The language of labels.
        name: What the state before is called; its path if absent.

    Raises:
        InputError: If a document has connected blank nodes that cannot be told apart.

    >>> from smartcity_kg.graph import open_store
    >>> from smartcity_kg.turtle.parse import parse_turtle
    >>> project = Project.find()
    >>> one = parse_turtle(b"<http://e.org/a> <http://e.org/p> 1 .", path="one.ttl")
    >>> two = parse_turtle(b"<http://e.org/a> <http://e.org/p> 2 .", path="two.ttl")
    >>> found = compare(one, two, project, EmbeddedStore(project.prefixes))
    >>> [(change.kind, change.label) for change in found.changes]
    [('changed', 'http://e.org/a')]
    """
    before = _State(name_by_content(old.triples, path=old.path) if old else ())
    after = _State(name_by_content(new.triples, path=new.path))
    words = _Words(before, after, project, store, language, {**(old.prefixes if old else {}), **new.prefixes})
    entries = sorted({*before.entries, *after.entries}, key=str)
    changes = [change for entry in entries if (change := _change(entry, before, after, words))]
    changes.sort(key=lambda change: (KINDS.index(change.kind), change.class_label, change.label, change.name))
    return Comparison(name or (old.path if old else ""), new.path, language, tuple(changes))


class _State:
    """What one document says, by subject."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        said: dict[NamedNode | BlankNode, dict[NamedNode, set[Term]]] = defaultdict(lambda: defaultdict(set))
        for triple in triples:
            if not isinstance(triple.subject, Triple):
                said[triple.subject][triple.predicate].add(triple.object)
        self.said: Mapping[NamedNode | BlankNode, Mapping[NamedNode, set[Term]]] = said
        inner = self._inner()
        self.entries = [subject for subject in said if subject not in inner]

    def of(self, entry: Term) -> Mapping[NamedNode, set[Term]]:
        """What is said about an entry; nothing where it is not there."""
        return self.said.get(entry, {}) if isinstance(entry, (NamedNode, BlankNode)) else {}

    def _inner(self) -> set[Term]:
        """The blank nodes that are shown where they are a value, since an entry with an IRI leads to them."""
        found: set[Term] = set()
        open_: list[NamedNode | BlankNode] = [subject for subject in self.said if isinstance(subject, NamedNode)]
        while open_:
            for values in self.said.get(open_.pop(), {}).values():
                new = {value for value in values if isinstance(value, BlankNode) and value not in found}
                found |= new
                open_ += new
        return found


def _change(entry: NamedNode | BlankNode, before: _State, after: _State, words: "_Words") -> Change | None:
    was, is_ = before.of(entry), after.of(entry)
    if all(was.get(predicate) == is_.get(predicate) for predicate in {*was, *is_}):
        return None
    kind = "changed" if was and is_ else "new" if is_ else "gone"
    state = after if is_ else before
    kind_of_thing, label = words.class_label(state, entry), words.label(state, entry)
    properties = [
        words.property_change(predicate, was.get(predicate, set()), is_.get(predicate, set()))
        for predicate in {*was, *is_}
        if was.get(predicate) != is_.get(predicate)
    ]
    properties.sort(key=words.place)
    return Change(kind, entry, words.name(entry), kind_of_thing, label, tuple(properties))


class _Words:
    """What things are called: labels of both files, then of the project, then short names."""

    def __init__(
        self,
        before: _State,
        after: _State,
        project: Project,
        store: Store,
        language: str,
        prefixes: Mapping[str, str],
    ) -> None:
        self._states = (after, before)
        self._store = store
        self._language = language
        self._prefixes = project.prefixes
        # A prefix of a file never stands for something else than in the project.
        self._local = Prefixes({**prefixes, **project.prefixes.namespaces})
        layout = read_layout(project, language)
        self._order = layout.property_order()
        terms = {term for state in self._states for term in _terms(state) if len(text_of(term)) <= _LONGEST_IRI}
        self._labels: dict[str, str] = _shape_labels(project, language)
        self._add(find_labels(store, terms, language))
        # What a file says itself comes first, and what is new before what was; but no file renames a term of the
        # ontology, or a status could read as another.
        own = terms - {t.subject for path in project.ontology_files for t in project.read(path).triples}
        for state in (before, after):
            self._add(find_labels(_as_store(state, project), own, language))
        self._labels.update(layout.property_names())

    def _add(self, labels: Mapping[str, Literal]) -> None:
        self._labels.update({iri: label.value for iri, label in labels.items()})

    def name(self, entry: Term) -> str:
        """The short name of an entry; empty for a blank node."""
        return self._short(entry.value) if isinstance(entry, NamedNode) else ""

    def term(self, term: Term) -> str:
        """The label of a term, else its short name or its text."""
        if not isinstance(term, NamedNode):
            return text_of(term)
        return self._labels.get(term.value) or self._short(term.value)

    def _short(self, iri: str) -> str:
        """The short name that the project gives an IRI, else that of a file, else the IRI."""
        short = self._prefixes.compress(iri)
        return self._local.compress(iri) if short == iri else short

    def label(self, state: _State, entry: NamedNode | BlankNode) -> str:
        """What an entry is called; a statement about a link is called after the link."""
        said = state.of(entry)
        found = self._labels.get(entry.value) if isinstance(entry, NamedNode) else ""
        if not found and all(len(said.get(part, ())) == 1 for part in _STATED):
            return " – ".join(self.term(next(iter(said[part]))) for part in _STATED)
        return found or self.name(entry) or self._content(state, entry, _DEPTH)

    def class_label(self, state: _State, entry: NamedNode | BlankNode) -> str:
        """What kind of thing an entry is, after its narrowest classes; empty where it has none."""
        classes = {kind for kind in state.of(entry).get(RDF_TYPE, ()) if isinstance(kind, NamedNode)}
        return ", ".join(sorted(self.term(kind) for kind in self._narrowest(classes)))

    def _narrowest(self, classes: set[NamedNode]) -> set[NamedNode]:
        if len(classes) < 2:
            return classes
        listed = " ".join(sorted(f"<{kind.value}>" for kind in classes))
        answer = self._store.query(
            f"SELECT DISTINCT ?wide WHERE {{ VALUES ?kind {{ {listed} }} ?kind rdfs:subClassOf+ ?wide }}"
        )
        wide = {row[0] for row in answer if row[0] is not None} if isinstance(answer, Rows) else set()
        return classes - wide or classes

    def place(self, change: PropertyChange) -> tuple[bool, tuple[float, float], str, str]:
        """The class first, then the order of a page."""
        iri = change.predicate.value
        return change.predicate != RDF_TYPE, self._order.get(iri, _LAST), change.label, iri

    def property_change(self, predicate: NamedNode, was: set[Term], is_: set[Term]) -> PropertyChange:
        """What went and came at a property, in an order that does not depend on the files."""
        after, before = self._states
        gone = sorted((self._value(before, term) for term in was - is_), key=_by_text)
        come = sorted((self._value(after, term) for term in is_ - was), key=_by_text)
        return PropertyChange(
            predicate, self.term(predicate), tuple(gone), tuple(come), len(was & is_), _new_end(gone, come)
        )

    def _value(self, state: _State, term: Term) -> Value:
        if isinstance(term, BlankNode):
            return Value(term, self._content(state, term, _DEPTH))
        text = self.term(term)
        words = in_words(term.value, self._language) if _span(term) and isinstance(term, Literal) else ""
        return Value(term, text, getattr(term, "language", None) or "", "" if words == text else words)

    def _content(self, state: _State, node: Term, depth: int) -> str:
        said = state.of(node)
        if not depth or not said:
            return "[…]" if said else "[]"
        parts = []
        for predicate in sorted(said, key=self.term):
            values = sorted(
                self._content(state, value, depth - 1) if isinstance(value, BlankNode) else self.term(value)
                for value in said[predicate]
            )
            parts.append(f"{self.term(predicate)}: {', '.join(values)}")
        return f"[{'; '.join(parts)}]"


def _by_text(value: Value) -> tuple[str, str, str]:
    return value.language, value.text, str(value.term)


def _terms(state: _State) -> Iterable[Term]:
    for subject, said in state.said.items():
        yield subject
        for predicate, values in said.items():
            yield predicate
            yield from values


def _as_store(state: _State, project: Project) -> EmbeddedStore:
    store = EmbeddedStore(project.prefixes)
    triples = (Triple(s, p, o) for s, said in state.said.items() for p, values in said.items() for o in values)
    store.load(triples, graph=project.base)
    return store


def _shape_labels(project: Project, language: str) -> dict[str, str]:
    """What the shapes call a class that they alone check; for classes that no file of the ontology names."""
    store = EmbeddedStore(project.prefixes)
    for path in project.shape_files:
        store.load(project.read(path).triples, graph=project.graph_name(path))
    answer = store.query(_SHAPE_LABELS, {"language": Literal(language)})
    pairs = sorted((text_of(kind), text_of(label)) for kind, label in answer) if isinstance(answer, Rows) else []
    return {kind: label[:1].lower() + label[1:] if language == "en" else label for kind, label in pairs}


def _new_end(gone: list[Value], come: list[Value]) -> date | None:
    """The day on which a span now ends, where one span had no end before."""
    if len(gone) != 1 or len(come) != 1:
        return None
    was, is_ = (_span(values[0].term) for values in (gone, come))
    return is_[1] if was and is_ and was[1] is None and was[0] == is_[0] else None


def _span(term: Term) -> tuple[date | None, date | None] | None:
    if not isinstance(term, Literal) or term.datatype.value != _EDTF:
        return None
    try:
        found = bounds(term.value)
    except ValueError:
        return None
    return found.earliest, found.latest
