"""The description of the data for catalogues: DCAT-AP 3, DCAT-AP.de 3 and VoID (layer 2).

Titles, themes, keywords and licence stand in `ontology/catalogue`, who publishes in the settings; here the rest is
computed from the store and the files. All IRIs are places on the page about the data.
"""

from collections.abc import Sequence
from datetime import date

from pyoxigraph import Triple

from smartcity_kg.catalogue.dcat import describe_datasets, describe_files
from smartcity_kg.catalogue.description import Description, Distribution
from smartcity_kg.catalogue.saved import describe_queries
from smartcity_kg.catalogue.void import describe_counts, describe_dumps
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore

__all__ = ["Distribution", "describe_graph", "describe_release"]


def describe_graph(
    project: Project, store: EmbeddedStore, *, day: date, address: str, version: str
) -> tuple[Triple, ...]:
    """What the description of a release says of datasets, graph and saved queries, and not of files.

    The arguments are those of `describe_release`.

    Raises:
        InputError: If a file of the project cannot be read, or an address in the settings is none.

    >>> from smartcity_kg.graph import prepared_store
    >>> project, day = Project.find(), date(2026, 1, 1)
    >>> store = prepared_store(project)
    >>> len(describe_graph(project, store, day=day, address="https://e.org/", version="1.0")) > 500
    True
    """
    description = Description(project, {"address": address, "version": version, "day": day.isoformat()})
    statements = list(store.triples())
    describe_datasets(description, statements, day=day, address=address, version=version)
    describe_counts(description, statements)
    describe_queries(description)
    return tuple(description.triples)


def describe_release(
    project: Project,
    store: EmbeddedStore,
    files: Sequence[Distribution],
    *,
    day: date,
    address: str,
    version: str,
    graph: Sequence[Triple] | None = None,
) -> tuple[Triple, ...]:
    """The description of a release as triples, sorted.

    Args:
        project: Where titles, settings and saved queries come from.
        store: The graph with all that the rules add.
        files: The files of the release.
        day: Its day.
        address: Where the files will lie; it ends in a slash.
        version: The version of data and ontology.
        graph: What `describe_graph` gave for the same; found out if absent.

    Raises:
        InputError: If a file of the project cannot be read, or an address in the settings is none.

    >>> from smartcity_kg.graph import prepared_store
    >>> project = Project.find()
    >>> found = describe_release(
    ...     project, prepared_store(project), [], day=date(2026, 1, 1), address="https://e.org/", version="1.0"
    ... )
    >>> len(found) > 500
    True
    """
    if graph is None:
        graph = describe_graph(project, store, day=day, address=address, version=version)
    description = Description(project, {}, graph)
    describe_files(description, files, day=day, address=address)
    describe_dumps(description, files, address=address)
    return description.finished()
