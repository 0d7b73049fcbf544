"""What is new in a release against the one before: terms, records, entries (layer 4)."""

import gzip
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.compare import compare
from smartcity_kg.labels import find_labels
from smartcity_kg.news import Graphs, Note, Previous, RecordChange, TermChange
from smartcity_kg.project import Project
from smartcity_kg.publish.folder import MARKER
from smartcity_kg.publish.statements import Statements
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import text_of
from smartcity_kg.turtle.parse import Document

LANGUAGES = ("de", "en")
_DEPRECATED = ox.NamedNode("http://www.w3.org/2002/07/owl#deprecated")
_FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".rdf": ox.RdfFormat.RDF_XML,
}
_MAX_BYTES = 1_000_000_000


def read_previous(path: Path | None, project: Project) -> tuple[Previous | None, list[str]]:
    """The release before, and what went wrong in reading it: then it counts as absent.

    Args:
        path: The folder of a release, or one dump of data from it; none if there is nothing to compare with.
        project: Whose terms they are.

    >>> read_previous(None, Project.find())
    (None, [])
    >>> found, problems = read_previous(Path("no-such-folder"), Project.find())
    >>> found, problems[0]
    (None, 'no-such-folder: the previous release cannot be read: there is no such file or folder')
    """
    if path is None:
        return None, []
    try:
        if not path.exists():
            raise ValueError("there is no such file or folder")
        if not path.is_dir():
            return Previous(_read_data(path, project), None), []
        if not (path / MARKER).is_file():
            raise ValueError("this folder holds no release")
        about = json.loads((path / "notes/release.json").read_text(encoding="utf-8"))
        terms = [_read_graphs(path / f"ontology/{name}.trig") for name in ("ontology", "schemes")]
        told = frozenset(triple for graphs in terms for triples in graphs.values() for triple in triples)
        data = _read_data(path / "data/data.trig", project)
        return Previous(data, told, str(about["version"]), str(about["date"])), []
    except (OSError, EOFError, ValueError, SyntaxError, LookupError, TypeError, zlib.error) as error:
        return None, [f"{path}: the previous release cannot be read: {' '.join(str(error).split())}"]


def compare_releases(
    before: Previous | None, now: Statements, project: Project, store: EmbeddedStore, *, day: date, version: str
) -> Note:
    """What is new in a release.

    Raises:
        InputError: If connected blank nodes cannot be told apart.

    >>> from smartcity_kg.graph import open_store
    >>> from smartcity_kg.publish.statements import read_statements
    >>> project = Project.find()
    >>> store = open_store(project, stages=())
    >>> statements = read_statements(project, store)
    >>> before = Previous(statements.data, None)
    >>> compare_releases(before, statements, project, store, day=date(2026, 1, 1), version="1").records
    ()
    """
    sizes = {part.name: len(part.graphs.merged) for part in now.parts}
    if before is None:
        return Note(version, day, sizes, None, (), ())
    terms = () if before.terms is None else _compare_terms(before.terms, now, project, store)
    return Note(version, day, sizes, before, terms, tuple(_compare_records(before.data, now.data, project, store)))


def _read_data(path: Path, project: Project) -> Graphs:
    """The graphs of a dump without those of the ontology and of rules, and without the union of all."""
    found = _read_graphs(path)
    beside = {name: triples for name, triples in found.items() if name}
    kept = {name: triples for name, triples in beside.items() if not name.startswith(f"{project.base}graph/")}
    return kept if beside else found


def _read_graphs(path: Path) -> Graphs:
    name = path.name.removesuffix(".gz")
    format_ = _FORMATS.get(Path(name).suffix)
    if format_ is None:
        raise ValueError(f"the ending of {path.name} is none of {', '.join(_FORMATS)}, each also with .gz")
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError(f"{path.name} is larger than {_MAX_BYTES:,} bytes")
    found: dict[str, list[ox.Triple]] = defaultdict(list)
    for quad in ox.parse(input=data, format=format_):
        graph = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
        found[graph].append(quad.triple)
    return {name: tuple(triples) for name, triples in found.items()}


def _compare_terms(
    before: frozenset[ox.Triple], now: Statements, project: Project, store: EmbeddedStore
) -> tuple[TermChange, ...]:
    told = frozenset(t for graphs in (now.ontology, now.schemes) for triples in graphs.values() for t in triples)
    old, new = (_terms(triples, project) for triples in (before, told))
    retired = _deprecated(told, project) - _deprecated(before, project)
    kinds = [("added", new - old), ("removed", old - new), ("deprecated", retired)]
    gone = EmbeddedStore(project.prefixes)
    gone.load((triple for triple in before if triple.subject in old - new), graph=project.base)
    found = {term for _, terms in kinds for term in terms}
    labels = {
        language: {**find_labels(gone, found, language), **find_labels(store, found, language)}
        for language in LANGUAGES
    }
    return tuple(
        TermChange(kind, term, _labels(term.value, labels, project))
        for kind, terms in kinds
        for term in sorted(terms, key=str)
    )


def _labels(iri: str, labels: Mapping[str, Mapping[str, ox.Literal]], project: Project) -> dict[str, str]:
    return {
        language: text_of(found.get(iri)) or project.prefixes.compress(iri) for language, found in labels.items()
    }


def _terms(triples: Iterable[ox.Triple], project: Project) -> set[ox.NamedNode]:
    subjects = {triple.subject for triple in triples}
    return {term for term in subjects if isinstance(term, ox.NamedNode) and term.value.startswith(project.base)}


def _deprecated(triples: Iterable[ox.Triple], project: Project) -> set[ox.NamedNode]:
    return _terms((t for t in triples if t.predicate == _DEPRECATED and text_of(t.object) == "true"), project)


def _compare_records(
    before: Graphs, now: Graphs, project: Project, store: EmbeddedStore
) -> Iterable[RecordChange]:
    # One dump without named graphs is compared as a whole.
    if set(before) <= {""}:
        merged = tuple({triple for triples in now.values() for triple in triples})
        now = {"": merged} if before else {}
    names = sorted({*before, *now})
    old = EmbeddedStore(project.prefixes)
    for name in names:
        was, is_ = (frozenset(graphs.get(name, ())) for graphs in (before, now))
        if was == is_:
            continue
        documents = [_document(name, said, was ^ is_) for said in (was, is_)]
        comparisons = {
            language: compare(documents[0], documents[1], project, store, language=language)
            for language in LANGUAGES
        }
        if all(comparison.same for comparison in comparisons.values()):
            continue
        old.load((t for t in was if text_of(t.subject) == name), graph=name or project.base)
        labels = {
            language: {
                **find_labels(old, [ox.NamedNode(name)] if name else [], language),
                **find_labels(store, [ox.NamedNode(name)] if name else [], language),
            }
            for language in LANGUAGES
        }
        kind = "changed" if was and is_ else "new" if is_ else "gone"
        yield RecordChange(kind, name, _labels(name, labels, project), comparisons)


def _document(name: str, said: frozenset[ox.Triple], different: frozenset[ox.Triple]) -> Document:
    """What is said about the subjects that differ: what is the same on both sides need not be compared."""
    subjects = {triple.subject for triple in different}
    if any(isinstance(t.subject, ox.BlankNode) or isinstance(t.object, ox.BlankNode) for t in different):
        return Document(name, tuple(said), {})
    return Document(name, tuple(triple for triple in said if triple.subject in subjects), {})
