"""Labels for IRIs, and IRIs for names that people type (layer 2).

Both ask the store through SPARQL, so that they work on an endpoint as they do here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from smartcity_kg.answer import Rows
from smartcity_kg.errors import NotFound, ParameterProblem, close_matches
from smartcity_kg.store import Store
from smartcity_kg.terms import Prefixes, Term, pick_language, text_of

# A query with a chunk of IRIs stays well below the 16 kB that stores and servers allow.
_CHUNK_BYTES = 12_000
_NAME_PATHS = "skos:prefLabel|skos:altLabel|rdfs:label|dct:title"


def find_labels(store: Store, terms: Iterable[Term | None], language: str) -> dict[str, Literal]:
    """The label of each IRI that has one, in a language or the next best, keyed by the IRI.

    A preferred label wins over a plain label and a title. Reads the store, many IRIs at a time.
    """
    iris = sorted({f"<{term.value}>" for term in terms if isinstance(term, NamedNode)})
    found: dict[str, list[tuple[int, Literal]]] = {}
    for chunk in _chunks(iris):
        # A union lets the engine look up each IRI; a second VALUES made it read all labels for each chunk.
        answer = store.query(
            f"SELECT ?thing ?rank ?label WHERE {{ VALUES ?thing {{ {chunk} }} "
            "{ ?thing skos:prefLabel ?label BIND(0 AS ?rank) } UNION "
            "{ ?thing rdfs:label ?label BIND(1 AS ?rank) } UNION { ?thing dct:title ?label BIND(2 AS ?rank) } }"
        )
        for thing, rank, label in _rows(answer):
            if isinstance(label, Literal):
                found.setdefault(text_of(thing), []).append((int(text_of(rank)), label))
    return {iri: _best(labels, language) for iri, labels in found.items()}


def _chunks(words: Iterable[str]) -> Iterator[str]:
    """The words joined by blanks, in texts that stay below the limit."""
    chunk: list[str] = []
    size = 0
    for word in words:
        length = len(word.encode()) + 1
        if chunk and size + length > _CHUNK_BYTES:
            yield " ".join(chunk)
            chunk, size = [], 0
        chunk.append(word)
        size += length
    if chunk:
        yield " ".join(chunk)


def _best(labels: list[tuple[int, Literal]], language: str) -> Literal:
    first = min(rank for rank, _ in labels)
    best = pick_language([label for rank, label in labels if rank == first], language)
    if best is None:  # pragma: no cover - the list is never empty
        raise ValueError("no label to choose from")
    return best


def with_labels(rows: Rows, store: Store, language: str, iri_columns: Iterable[str]) -> Rows:
    """The rows with a column `<name>_label` beside each column of IRIs.

    The label is in the language where there is one; a thing without a label gets none.
    """
    wanted = set(iri_columns)
    places = [place for place, name in enumerate(rows.columns) if name in wanted]
    labels = find_labels(store, (row[place] for row in rows for place in places), language)
    columns = [new for name in rows.columns for new in ([name, f"{name}_label"] if name in wanted else [name])]
    return Rows(tuple(columns), tuple(_labelled(row, places, labels) for row in rows))


def _labelled(
    row: tuple[Term | None, ...], places: list[int], labels: Mapping[str, Literal]
) -> tuple[Term | None, ...]:
    cells: list[Term | None] = []
    for place, term in enumerate(row):
        cells.append(term)
        if place in places:
            cells.append(labels.get(text_of(term)))
    return tuple(cells)


@dataclass(frozen=True)
class Choice:
    """What a name may mean: members of a class, concepts of a scheme, or anything at all (both empty)."""

    class_iri: str = ""
    scheme_iri: str = ""

    @property
    def pattern(self) -> str:
        """The SPARQL pattern that binds `?thing` to a member."""
        if self.scheme_iri:
            return f"?thing skos:inScheme <{self.scheme_iri}> ."
        if self.class_iri:
            return f"?thing a <{self.class_iri}> ."
        return ""


def resolve(store: Store, prefixes: Prefixes, text: str, choice: Choice, *, kind: str) -> NamedNode:
    """The thing that a person means by an IRI, a CURIE, the last part of an IRI, or a name in any language.

    Raises:
        NotFound: If nothing is meant; it names close matches.
        ParameterProblem: If several things have that name; it lists them.
    """
    iri = _as_iri(prefixes, text)
    if iri is not None:
        if _is_member(store, iri, choice):
            return iri
        names = [prefixes.compress(text_of(thing)) for thing, _ in _members(store, choice)]
        raise NotFound.among(kind, text, sorted(set(names)))
    names_of: dict[str, set[str]] = {}
    for thing, label in _members(store, choice):
        if isinstance(thing, NamedNode):
            slug = thing.value.rstrip("/").rpartition("/")[2].rpartition("#")[2]
            for name in filter(None, (slug, text_of(label))):
                names_of.setdefault(name, set()).add(thing.value)
    return _by_name(prefixes, text, names_of, kind)


def _as_iri(prefixes: Prefixes, text: str) -> NamedNode | None:
    try:
        return prefixes.expand(text)
    except (NotFound, ValueError):
        return None


def _is_member(store: Store, iri: NamedNode, choice: Choice) -> bool:
    pattern = choice.pattern or "{ ?thing ?p ?o } UNION { ?s ?q ?thing }"
    return len(_rows(store.query(f"SELECT ?thing WHERE {{ {pattern} }} LIMIT 1", {"thing": iri}))) > 0


def _members(store: Store, choice: Choice) -> list[tuple[Term | None, ...]]:
    label = f"?thing {_NAME_PATHS} ?label"
    optional = f"OPTIONAL {{ {label} }}" if choice.pattern else label
    return list(_rows(store.query(f"SELECT DISTINCT ?thing ?label WHERE {{ {choice.pattern} {optional} }}")))


def _by_name(prefixes: Prefixes, text: str, names_of: Mapping[str, set[str]], kind: str) -> NamedNode:
    folded = text.strip().casefold()
    exact = names_of.get(text.strip(), set())
    found = exact or {iri for name, iris in names_of.items() if name.casefold() == folded for iri in iris}
    if len(found) == 1:
        return NamedNode(found.pop())
    if found:
        choices = ", ".join(prefixes.compress(iri) for iri in sorted(found))
        raise ParameterProblem(f"{text!r} may mean several things: {choices}", hint="Give one of these.")
    matches = close_matches(text, sorted(names_of))
    hint = "" if matches else "Give a name in German or English, an IRI, or a prefixed name."
    raise NotFound(f"there is no {kind} {text!r}", matches=matches, hint=hint)


def _rows(answer: object) -> Rows:
    if not isinstance(answer, Rows):
        raise TypeError("a SELECT must answer with rows")
    return answer
