"""What a release says: the graphs of data and ontology, blank nodes named after their content (layer 4)."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.news import Graphs
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.turtle.blanks import labels_by_content, relabelled


@dataclass(frozen=True)
class Part:
    """A part of a release that is written in all formats: its name, its titles, its graphs."""

    name: str
    folder: str
    titles: Mapping[str, str]
    graphs: Graphs

    @property
    def merged(self) -> frozenset[ox.Triple]:
        """All triples, each once."""
        return frozenset(triple for triples in self.graphs.values() for triple in triples)


@dataclass(frozen=True)
class Statements:
    """All graphs of a release: data, what rules conclude, and what stands in the folders of the ontology.

    >>> from smartcity_kg.graph import open_store
    >>> project = Project.find()
    >>> statements = read_statements(project, open_store(project, stages=()))
    >>> [part.name for part in statements.parts]
    ['data', 'data-inferred', 'ontology', 'schemes', 'shapes', 'alignments']
    """

    data: Graphs
    inferred: Graphs
    ontology: Graphs
    schemes: Graphs
    shapes: Graphs
    alignments: Graphs

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is written in all formats."""
        return (
            Part("data", "data", {"de": "Daten", "en": "Data"}, self.data),
            Part(
                "data-inferred",
                "data",
                {"de": "Daten mit dem, was Regeln folgern", "en": "Data with what rules conclude"},
                {**self.data, **self.inferred},
            ),
            Part("ontology", "ontology", {"de": "Ontologie", "en": "Ontology"}, self.ontology),
            Part("schemes", "ontology", {"de": "Begriffslisten", "en": "Concept schemes"}, self.schemes),
            Part("shapes", "ontology", {"de": "SHACL-Shapes", "en": "SHACL shapes"}, self.shapes),
            Part(
                "alignments",
                "ontology",
                {"de": "Zuordnungen zu anderen Vokabularen", "en": "Alignments with other vocabularies"},
                self.alignments,
            ),
        )

    @property
    def whole(self) -> Graphs:
        """What the saved queries ask: all but shapes and alignments."""
        return {**self.ontology, **self.schemes, **self.data, **self.inferred}


def read_statements(project: Project, store: EmbeddedStore) -> Statements:
    """The graphs of a project: from its store, and from its files what the store does not hold.

    Raises:
        InputError: If a file cannot be read, or has connected blank nodes that cannot be told apart.

    >>> from smartcity_kg.graph import open_store
    >>> project = Project.find()
    >>> len(read_statements(project, open_store(project, stages=())).data) > 20
    True
    """
    labels: dict[ox.BlankNode, str] = {}
    schemes = set(project.files("ontology/schemes"))
    ontology = [path for path in project.ontology_files if path not in schemes]

    def stored(name: str) -> tuple[ox.Triple, ...]:
        return _named(store.triples(graph=name), name, labels)

    def loaded(paths: Iterable[Path]) -> Graphs:
        return {name: stored(name) for name in map(project.graph_name, paths)}

    def read(paths: Iterable[Path]) -> Graphs:
        named = {project.graph_name(path): project.read(path).triples for path in paths}
        return {name: _named(triples, name, labels) for name, triples in named.items()}

    concluded = [name for name in store.graphs() if name.startswith(project.inferred)]
    return Statements(
        ontology=loaded(ontology),
        schemes=loaded(project.files("ontology/schemes")),
        data=loaded(project.data_files),
        inferred={name: stored(name) for name in concluded},
        shapes=read(project.shape_files),
        alignments=read(project.files("ontology/alignments")),
    )


def _named(triples: Iterable[ox.Triple], graph: str, labels: dict[ox.BlankNode, str]) -> tuple[ox.Triple, ...]:
    """The triples of a graph; its blank nodes get labels of their own, those of an earlier graph keep theirs."""
    told = tuple(triples)
    nodes = {node for t in told for node in (t.subject, t.object) if isinstance(node, ox.BlankNode)}
    if not nodes:
        return told
    if nodes - set(labels):
        end = hashlib.sha256(graph.encode()).hexdigest()[:6]
        found = labels_by_content(told, path=graph)
        labels.update({node: f"{found[node]}g{end}" for node in nodes - set(labels)})
    return tuple(relabelled(triple, labels) for triple in told)
