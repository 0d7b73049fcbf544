"""The Python interface: open a project, ask, describe, check (above layer 3).

import smartcity_kg

kg = smartcity_kg.open_project()
kg.query("networks-of-city", city="Magdeburg", language="de").column("network_label")
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from smartcity_kg.answer import Answer, Rows
from smartcity_kg.compare import Comparison, compare
from smartcity_kg.describe import Description, describe
from smartcity_kg.errors import Refused
from smartcity_kg.files import write_whole
from smartcity_kg.graph import prepared_store
from smartcity_kg.interop import to_rdflib
from smartcity_kg.layout import read_layout
from smartcity_kg.project import Project
from smartcity_kg.queries import SavedQuery, get_saved_query, read_saved_queries, run_saved_query
from smartcity_kg.report import Report
from smartcity_kg.store import Store
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.store.remote import RemoteStore
from smartcity_kg.validate import validate_bytes, validate_files

if TYPE_CHECKING:
    from rdflib import Graph


@dataclass(frozen=True)
class KnowledgeGraph:
    """A project and the store that answers for it; made by `open_project` or `open_endpoint`.

    The embedded store is kept in `.cache/graph` of the project and built anew when a file has changed; `building`
    is called before.
    """

    project: Project
    remote: RemoteStore | None = None
    building: Callable[[], None] = lambda: None

    @cached_property
    def store(self) -> Store:
        """The store that answers: the endpoint, or the embedded store, filled when first asked for."""
        return self.remote or self.embedded

    @cached_property
    def embedded(self) -> EmbeddedStore:
        """The embedded store, which can be read as a whole."""
        return prepared_store(self.project, building=self.building)

    def saved_queries(self) -> tuple[SavedQuery, ...]:
        """All saved queries, by topic and name."""
        return read_saved_queries(self.project)

    def query(self, name: str, /, *, language: str = "en", **parameters: str) -> Rows:
        """The rows of a saved query, with a label column beside each column of IRIs.

        Args:
            name: The query's name, such as `shared-networks`.
            language: The language of the labels.
            **parameters: As typed by a person: a name, a CURIE, an IRI, a number.

        Raises:
            NotFound: If there is no such query, or a parameter names nothing in the graph.
            ParameterProblem: If a parameter is unknown, missing or of the wrong type.
            Refused: If the query answers with triples or yes and no; see `run`.

        >>> kg = open_project()
        >>> kg.query("networks-of-city", city="Magdeburg", language="de").column("network_label")
        ['Deutscher Städtetag', 'Netzwerk Energieeffiziente Stadt', 'Klima-Bündnis']
        """
        answer = self.run(name, parameters, language=language)
        if not isinstance(answer, Rows):
            raise Refused(f"the saved query {name!r} does not answer with rows", hint="Use run() for it.")
        return answer

    def run(self, name: str, parameters: Mapping[str, str] | None = None, *, language: str = "en") -> Answer:
        """The answer to a saved query of any form; see `query`."""
        saved = get_saved_query(self.project, name)
        return run_saved_query(saved, self.store, self.project.prefixes, parameters or {}, language=language)

    def sparql(self, text: str) -> Answer:
        """The answer to a SPARQL query of one's own; the project's prefixes need no declaration.

        Raises:
            QueryProblem: If it is malformed.
            Refused: If it is an update or calls another endpoint.

        >>> bool(open_project().sparql("ASK { city:magdeburg a sckg:City }"))
        True
        """
        return self.store.query(text)

    def describe(self, thing: str, *, language: str = "en") -> Description:
        """What is known about a thing, in both directions.

        Raises:
            NotFound: If the graph knows no such thing.

        >>> open_project().describe("Magdeburg").thing.value
        'https://w3id.org/smartcity-kg/id/city/magdeburg'
        """
        layout = read_layout(self.project, language)
        return describe(self.store, self.project, thing, language=language, layout=layout)

    def validate(self, *paths: str | Path) -> Report:
        """What the shapes say about some files, or about all data and schemes of the project.

        Raises:
            InputError: If a file cannot be read or is no Turtle.
        """
        return validate_files(self.project, paths)

    def validate_bytes(self, data: bytes, *, name: str = "submission.ttl") -> Report:
        """What policy and shapes say about a text in Turtle that comes from outside; see `validate_bytes` there.

        Raises:
            InputError: If the text exceeds a limit or is no Turtle.

        >>> open_project().validate_bytes(b"<http://e.org/a> <http://e.org/b> 1 .").conforms
        False
        """
        return validate_bytes(self.project, data, name=name)

    def compare(self, old: str | Path, new: str | Path, *, language: str = "en") -> Comparison:
        """What changed from one Turtle file to another, entry by entry; reads both files.

        Raises:
            InputError: If a file cannot be read or is no Turtle.

        >>> kg = open_project()
        >>> record = kg.project.root / "data/cities/ulm.ttl"
        >>> kg.compare(record, record).same
        True
        """
        before, after = (self.project.read(Path(path)) for path in (old, new))
        return compare(before, after, self.project, self.store, language=language)

    def to_rdflib(self) -> "Graph":
        """The merged graph, with all that the rules add, as a new rdflib graph.

        Raises:
            Refused: If the graph is on an endpoint: ask it with `sparql` instead.

        >>> len(open_project().to_rdflib()) > 1000
        True
        """
        if self.remote:
            raise Refused("a whole endpoint is not copied into rdflib", hint="Ask for a part of it with sparql().")
        graph = to_rdflib(self.embedded.triples())
        for prefix, namespace in sorted(self.project.prefixes.namespaces.items()):
            graph.bind(prefix, namespace, replace=True)
        return graph

    def dump(self, path: str | Path) -> None:
        """Write the whole graph to a file as N-Quads, sorted: the merged graph, and each named graph.

        The file loads into any triple store; equal content gives equal bytes, blank nodes aside.

        Raises:
            Refused: If the graph is on an endpoint.
            OSError: If the file cannot be written.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     open_project().dump(Path(folder) / "graph.nq")
        ...     (Path(folder) / "graph.nq").stat().st_size > 100_000
        True
        """
        if self.remote:
            raise Refused("a whole endpoint is not written to a file", hint="Ask for a part of it with sparql().")
        write_whole(Path(path), "".join(f"{line} .\n" for line in sorted(str(q) for q in self.embedded.quads)))


def open_project(
    folder: str | Path | None = None, *, building: Callable[[], None] = lambda: None
) -> KnowledgeGraph:
    """The knowledge graph of a project folder; nothing is read until something is asked.

    Without a folder it is the project around the working folder, else the one that the package carries.

    Raises:
        SmartCityError: If the folder holds no project.

    >>> len(open_project().saved_queries()) >= 35
    True
    """
    return KnowledgeGraph(Project.at(folder) if folder else Project.find(), building=building)


def open_endpoint(
    endpoint: str,
    folder: str | Path | None = None,
    *,
    user: str = "",
    password: str = "",
    timeout: float | None = None,
) -> KnowledgeGraph:
    """The knowledge graph on a remote SPARQL 1.1 endpoint, with the saved queries of a project.

    Args:
        endpoint: Its address.
        folder: The project folder; as in `open_project`.
        user: User name for HTTP Basic authentication.
        password: Password for it.
        timeout: Seconds for a whole answer; from the project's settings if absent.

    Raises:
        ParameterProblem: If the address is none.

    >>> open_endpoint("https://example.org/sparql").remote.endpoint
    'https://example.org/sparql'
    """
    project = Project.at(folder) if folder else Project.find()
    remote = RemoteStore(
        endpoint,
        project.prefixes,
        user=user,
        password=password,
        timeout=timeout or project.limit("endpoint_seconds", 30),
        max_bytes=project.limit("endpoint_bytes", 50_000_000),
        max_query_bytes=project.limit("query_bytes", 16_384),
    )
    return KnowledgeGraph(project, remote)
