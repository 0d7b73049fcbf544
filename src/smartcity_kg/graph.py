"""The whole graph of a project in an embedded store: every file loaded, the rules run (layer 2)."""

from smartcity_kg.project import Project
from smartcity_kg.reason import STAGES, run_rules
from smartcity_kg.store.embedded import EmbeddedStore


def open_store(project: Project, *, stages: tuple[str, ...] = STAGES) -> EmbeddedStore:
    """A new store with the ontology and all data of a project, and what the rules of some stages add.

    Reads the files of the project; writes nothing.

    Raises:
        InputError: If a file of the project cannot be read or is no Turtle.

    >>> store = open_store(Project.find(), stages=())
    >>> "https://w3id.org/smartcity-kg/doc/city/magdeburg" in store.graphs()
    True
    """
    store = EmbeddedStore(project.prefixes, max_query_bytes=project.limit("query_bytes", 16_384))
    for path in (*project.ontology_files, *project.data_files):
        store.load(project.read(path).triples, graph=project.graph_name(path))
    if stages:
        run_rules(store, project, *stages)
    return store
