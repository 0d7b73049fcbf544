"""All that is known about one thing, in both directions, with labels (layer 2).

It asks through SPARQL, so that it works on an endpoint as it does here.
"""

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from smartcity_kg.answer import Rows
from smartcity_kg.labels import Choice, find_labels, resolve
from smartcity_kg.layout import Layout
from smartcity_kg.project import Project
from smartcity_kg.store import Store
from smartcity_kg.terms import RDF_TYPE, Term, text_of

_LAST = (float("inf"), float("inf"))


@dataclass(frozen=True)
class Statement:
    """One statement about the thing: outgoing (`thing property other`) or incoming (`other property thing`)."""

    outgoing: bool
    predicate: NamedNode
    predicate_label: str
    other: Term
    other_label: str
    rule: str

    @property
    def inferred(self) -> bool:
        """Whether a rule concluded it."""
        return bool(self.rule)


@dataclass(frozen=True)
class Description:
    """A thing, its label, and the statements about it in page order."""

    thing: NamedNode
    label: str
    language: str
    statements: tuple[Statement, ...]


def describe(
    store: Store,
    project: Project,
    text: str,
    *,
    language: str = "en",
    layout: Layout | None = None,
) -> Description:
    """What the graph says about the thing that `text` means: an IRI, a CURIE or a name.

    Literals in another language than the wanted one are left out where the wanted one is there.

    Args:
        store: Embedded or remote.
        project: Where the prefixes come from.
        text: What a person typed.
        language: The language of the labels.
        layout: The order and the names of properties on a page; alphabetical where absent.

    Raises:
        NotFound: If the graph knows no such thing; it names close matches.
        ParameterProblem: If several things have that name.
    """
    thing = resolve(store, project.prefixes, text, Choice(), kind="entry")
    outgoing = _pairs(store, "?thing ?property ?other", thing)
    incoming = [
        (property_, other)
        for property_, other in _pairs(store, "?other ?property ?thing", thing)
        if other != thing
    ]
    inferred = _inferred(store, thing, project.inferred)
    labels = find_labels(store, [thing, *(term for pair in (*outgoing, *incoming) for term in pair)], language)

    names = layout.property_names() if layout else {}

    def statement(pair: tuple[NamedNode, Term], *, out: bool) -> Statement:
        property_, other = pair
        return Statement(
            out,
            property_,
            names.get(property_.value)
            or text_of(labels.get(property_.value))
            or project.prefixes.compress(property_.value),
            other,
            text_of(labels.get(text_of(other))) or _plain(other, project),
            inferred.get((out, property_, other), ""),
        )

    statements = [statement(pair, out=True) for pair in _in_language(outgoing, language)]
    statements += [statement(pair, out=False) for pair in incoming]
    places = layout.property_order() if layout else {}
    statements.sort(
        key=lambda s: (
            not s.outgoing,
            s.predicate != RDF_TYPE,
            places.get(s.predicate.value, _LAST),
            s.predicate_label,
            s.other_label,
            str(s.other),
        )
    )
    label = text_of(labels.get(thing.value)) or project.prefixes.compress(thing.value)
    return Description(thing, label, language, tuple(statements))


def _plain(term: Term, project: Project) -> str:
    return project.prefixes.compress(term.value) if isinstance(term, NamedNode) else text_of(term)


def _pairs(store: Store, pattern: str, thing: NamedNode) -> list[tuple[NamedNode, Term]]:
    answer = store.query(f"SELECT DISTINCT ?property ?other WHERE {{ {pattern} }}", {"thing": thing})
    if not isinstance(answer, Rows):
        raise TypeError("a SELECT must answer with rows")
    return [
        (property_, other) for property_, other in answer if isinstance(property_, NamedNode) and other is not None
    ]


def _inferred(store: Store, thing: NamedNode, graphs: str) -> dict[tuple[bool, NamedNode, Term], str]:
    """For each statement that stands in a graph of inferred triples, the name of the rule."""
    found: dict[tuple[bool, NamedNode, Term], str] = {}
    for out, pattern in ((True, "?thing ?property ?other"), (False, "?other ?property ?thing")):
        inside = f'GRAPH ?graph {{ {pattern} }} FILTER(STRSTARTS(STR(?graph), "{graphs}"))'
        answer = store.query(f"SELECT DISTINCT ?property ?other ?graph WHERE {{ {inside} }}", {"thing": thing})
        for property_, other, graph in answer if isinstance(answer, Rows) else ():
            if isinstance(property_, NamedNode) and other is not None:
                found[out, property_, other] = text_of(graph).removeprefix(graphs)
    return found


def _in_language(pairs: list[tuple[NamedNode, Term]], language: str) -> list[tuple[NamedNode, Term]]:
    spoken: dict[NamedNode, set[str]] = {}
    for property_, other in pairs:
        if isinstance(other, Literal) and other.language:
            spoken.setdefault(property_, set()).add(other.language)

    def wanted(property_: NamedNode, other: Term) -> bool:
        tag = other.language if isinstance(other, Literal) else None
        return not tag or tag == language or language not in spoken[property_]

    return [pair for pair in pairs if wanted(*pair)]
