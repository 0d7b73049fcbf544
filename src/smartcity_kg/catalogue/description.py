"""A description under construction: what Turtle files say, and what is added to it (layer 2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from smartcity_kg.errors import InputError
from smartcity_kg.project import SETTINGS_FILE, Project
from smartcity_kg.terms import RDF_TYPE, XSD, Term, text_of

DCT, DCAT = "http://purl.org/dc/terms/", "http://www.w3.org/ns/dcat#"
FOAF, VOID = "http://xmlns.com/foaf/0.1/", "http://rdfs.org/ns/void#"
_SCHEMES = ("https://", "http://", "mailto:")


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


class Description:
    """Collects the triples of a description; it begins with those of `ontology/catalogue`.

    Args:
        project: Where files and settings come from.
        words: What stands in texts for a word in braces, such as `{address}`.
        begun: The triples of a description that was begun elsewhere; it goes on from these.
    """

    def __init__(self, project: Project, words: Mapping[str, str], begun: Iterable[Triple] | None = None) -> None:
        self.project = project
        self.page = f"{project.base}data"
        self.publisher = project.settings.get("publisher", {})
        self.triples: list[Triple] = list(begun or ())
        for path in () if begun is not None else project.files("ontology/catalogue"):
            self.triples += (_filled(triple, words) for triple in project.read(path).triples)

    def node(self, name: str) -> NamedNode:
        """A place on the page about the data."""
        return NamedNode(f"{self.page}#{name}")

    def add(self, subject: Term, predicate: str, *values: Term | str) -> None:
        """Add triples; a text stands for an IRI."""
        for value in values:
            term = NamedNode(value) if isinstance(value, str) else value
            self.triples.append(Triple(subject, NamedNode(predicate), term))  # type: ignore[arg-type]

    def add_texts(self, subject: Term, predicate: str, texts: Mapping[str, str]) -> None:
        """Add a text in several languages."""
        self.add(subject, predicate, *(Literal(text, language=code) for code, text in sorted(texts.items())))

    def add_type(self, thing: str | NamedNode, kind: str) -> None:
        """Say what kind of thing something is."""
        self.add(NamedNode(thing) if isinstance(thing, str) else thing, RDF_TYPE.value, kind)

    def count(self, subject: Term, predicate: str, number: int) -> None:
        """Add a number."""
        self.add(subject, predicate, Literal(str(number), datatype=NamedNode(f"{XSD}integer")))

    def subjects(self, predicate: str, value: Term) -> list[NamedNode]:
        """What has a value, sorted by name."""
        found = {text_of(t.subject) for t in self.triples if t.predicate.value == predicate and t.object == value}
        return [NamedNode(name) for name in sorted(found)]

    def values(self, subject: Term, predicate: str) -> list[NamedNode]:
        """The things that something refers to by a property, sorted by name."""
        found = (t.object for t in self.triples if t.subject == subject and t.predicate.value == predicate)
        return sorted((one for one in found if isinstance(one, NamedNode)), key=str)

    def things(self, kind: str) -> list[NamedNode]:
        """The things of a class, sorted by name."""
        return self.subjects(RDF_TYPE.value, NamedNode(kind))

    def mentions(self, node: NamedNode) -> bool:
        """Whether something refers to a thing."""
        return any(triple.object == node for triple in self.triples)

    def drop(self, node: NamedNode) -> None:
        """Take out all that is said of a thing and all that refers to it."""
        self.triples = [triple for triple in self.triples if node not in {triple.subject, triple.object}]

    def address(self, key: str, default: str = "", *, before: str = "") -> str:
        """An address from the section `[publisher]` of the settings; empty if there is none.

        Raises:
            InputError: If it is no address.
        """
        text = str(self.publisher.get(key) or "")
        if not text:
            return default
        try:
            iri = NamedNode(before + text).value
        except ValueError:
            iri = ""
        if not iri.startswith(_SCHEMES) or (before and "@" not in text):
            raise InputError(
                f"[publisher] {key}: {text!r} is no address",
                path=SETTINGS_FILE,
                hint="Write a mail address." if before else "Write an address that begins with https://.",
            )
        return iri

    def finished(self) -> tuple[Triple, ...]:
        """All triples, sorted, without what others define and nothing here refers to."""
        triples = set(self.triples)
        while True:
            used = {t.object for t in triples}
            kept = {t for t in triples if t.subject in used or text_of(t.subject).startswith(self.project.base)}
            if len(kept) == len(triples):
                return tuple(sorted(kept, key=str))
            triples = kept


def _filled(triple: Triple, words: Mapping[str, str]) -> Triple:
    """A triple with the words in braces in its text filled in."""
    value = triple.object
    if not (isinstance(value, Literal) and "{" in value.value):
        return triple
    text = value.value
    for word, meaning in words.items():
        text = text.replace(f"{{{word}}}", meaning)
    filled = Literal(text, language=value.language) if value.language else Literal(text, datatype=value.datatype)
    return Triple(triple.subject, triple.predicate, filled)
