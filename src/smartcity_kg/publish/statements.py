"""What a release says: the graphs of data and ontology, blank nodes named after their content (layer 4)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.formats import ntriples
from smartcity_kg.project import Project
from smartcity_kg.publish.lines import Lines
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.turtle.blanks import labels_by_content, relabelled


@dataclass(frozen=True)
class Part:
    """A part of a release that is written in all formats: its name, its titles, its graphs."""

    name: str
    folder: str
    titles: Mapping[str, str]
    graphs: Lines


@dataclass(frozen=True)
class Statements:
    """All graphs of a release: data, what rules conclude, and what stands in the folders of the ontology.

    >>> from smartcity_kg.graph import open_store
    >>> project = Project.find()
    >>> statements = read_statements(project, open_store(project, stages=()))
    >>> [part.name for part in statements.parts]
    ['data', 'data-inferred', 'ontology', 'schemes', 'shapes', 'alignments']
    """

    all: Lines
    data: Lines
    inferred: Lines
    ontology: Lines
    schemes: Lines
    shapes: Lines
    alignments: Lines

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is written in all formats."""
        return (
            Part("data", "data", {"de": "Daten", "en": "Data"}, self.data),
            Part(
                "data-inferred",
                "data",
                {"de": "Daten mit dem, was Regeln folgern", "en": "Data with what rules conclude"},
                self.all.of([*self.data, *self.inferred]),
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
    def whole(self) -> Lines:
        """What the saved queries ask: all but shapes and alignments."""
        return self.all.of([*self.ontology, *self.schemes, *self.data, *self.inferred])


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

    def stored(name: str) -> Sequence[bytes]:
        data = store.dump(name)
        if b"_:" in data:
            return _named(store.triples(graph=name), name, labels)
        return sorted(data.splitlines(keepends=True))

    def read(path: Path) -> Sequence[bytes]:
        return _named(project.read(path).triples, project.graph_name(path), labels)

    def names(paths: Iterable[Path]) -> list[str]:
        return [project.graph_name(path) for path in paths]

    loaded = {
        "ontology": names(ontology),
        "schemes": names(project.files("ontology/schemes")),
        "data": names(project.data_files),
        "inferred": [name for name in store.graphs() if name.startswith(project.inferred)],
    }
    lines = {name: stored(name) for some in loaded.values() for name in some}
    beside = {"shapes": project.shape_files, "alignments": project.files("ontology/alignments")}
    lines |= {project.graph_name(path): read(path) for paths in beside.values() for path in paths}
    whole = Lines(lines)
    loaded |= {part: names(paths) for part, paths in beside.items()}
    return Statements(whole, **{part: whole.of(some) for part, some in loaded.items()})


def _named(triples: Iterable[ox.Triple], graph: str, labels: dict[ox.BlankNode, str]) -> Sequence[bytes]:
    """The lines of a graph; its blank nodes get labels of their own, those of an earlier graph keep theirs."""
    told = tuple(triples)
    nodes = {node for t in told for node in (t.subject, t.object) if isinstance(node, ox.BlankNode)}
    if nodes - set(labels):
        end = hashlib.sha256(graph.encode()).hexdigest()[:6]
        found = labels_by_content(told, path=graph)
        labels.update({node: f"{found[node]}g{end}" for node in nodes - set(labels)})
    return ntriples.write_graph(relabelled(triple, labels) for triple in told).splitlines(True)
