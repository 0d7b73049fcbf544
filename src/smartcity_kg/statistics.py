"""How much of what is in the graph (layer 2); asked through SPARQL, here and on an endpoint."""

from pyoxigraph import Literal

from smartcity_kg.answer import Rows
from smartcity_kg.labels import with_labels
from smartcity_kg.project import Project
from smartcity_kg.store import Store
from smartcity_kg.terms import Term, text_of

_TOTALS = {
    "statements": "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }",
    "graphs": "SELECT (COUNT(DISTINCT ?g) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }",
    "inferred": "SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH ?g {{ ?s ?p ?o }} "
    'FILTER(STRSTARTS(STR(?g), "{inferred}")) }}',
}
_WORDS = {
    "en": {
        "statements": "statements in all",
        "graphs": "named graphs",
        "inferred": "statements added by rules",
    },
    "de": {
        "statements": "Aussagen insgesamt",
        "graphs": "benannte Graphen",
        "inferred": "Aussagen aus Regeln",
    },
}


def count_entries(store: Store, project: Project, *, language: str = "en") -> Rows:
    """Rows `class, class_label, entries`: totals first, then the entries of each class, largest first.

    An entry is a thing with an IRI of the project; it counts for each class that it belongs to.
    """
    rows: list[tuple[Term | None, ...]] = []
    for key, text in _TOTALS.items():
        query = text.format(inferred=project.inferred) if "{{" in text else text
        number = _rows(store, query).rows[0][0]
        rows.append((None, Literal(_WORDS[language][key]), number))
    counted = _rows(
        store,
        "SELECT ?class (COUNT(DISTINCT ?entry) AS ?entries) WHERE { ?entry a ?class . "
        f'FILTER(STRSTARTS(STR(?entry), "{project.base}id/")) }} GROUP BY ?class',
    )
    ordered = sorted(counted, key=lambda row: (-int(text_of(row[1])), text_of(row[0])))
    labelled = with_labels(Rows(counted.columns, tuple(ordered)), store, language, ["class"])
    return Rows(labelled.columns, (*rows, *labelled.rows))


def _rows(store: Store, text: str) -> Rows:
    answer = store.query(text)
    if not isinstance(answer, Rows):
        raise TypeError("a SELECT must answer with rows")
    return answer
