"""A store made from the one before, where a change concerns no rule (layer 2).

Loading everything and running the rules takes seconds. After a change that gives no rule anything new to conclude,
and takes nothing away that one has concluded from, the conclusions stay as they are, and so do their graphs.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.project import Project
from smartcity_kg.reason import FUNCTIONS, Rule, names_in, read_rules, without_texts
from smartcity_kg.store.copy import COPY, write_copy
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import RDF_TYPE, Prefixes

NOTE = "made-from.json"
_MOST_FILES = 5
_MOST_STEPS = 20  # after so many a store is built anew, so that what the engine leaves behind does not pile up
_SELECTED = re.compile(r"^CONSTRUCT\s*\{[^{}]*\}\s*WHERE\b", re.MULTILINE)
# A group after such a word can hold back a conclusion, or change one, without a statement of it in a solution.
_ASIDE = re.compile(r"\b(?:MINUS|EXISTS|OPTIONAL)\s*\{", re.IGNORECASE)
# So can anything where there are these, or a path of any length, or a property that is a variable in such a group.
_OPAQUE = re.compile(r"\b(?:GROUP|HAVING|LIMIT|OFFSET|SELECT|GRAPH)\b|[\w)][*+](?=[\s/|)])", re.IGNORECASE)
_ANY_PROPERTY = re.compile(r"[?$]\w+\s+[?$]\w+\s+\S")
_TYPE = re.compile(r"\ba\b")
_DEFAULT = ox.DefaultGraph()


@dataclass(frozen=True)
class Origin:
    """What a store was made from.

    Attributes:
        basis: A digest of all but the files with statements: code, rules, settings.
        files: A digest of each file with statements, by the name of its graph.
        steps: How often it was renewed since it was built.
    """

    basis: str
    files: Mapping[str, str]
    steps: int = 0

    def write(self, folder: Path) -> None:
        """Note it in the folder of a store."""
        text = json.dumps({"basis": self.basis, "files": dict(self.files), "steps": self.steps}, sort_keys=True)
        (folder / NOTE).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Origin | None":
        """What the store in a folder was made from; none where that cannot be read.

        >>> Origin.read(Path("no-such-folder")) is None
        True
        """
        try:
            found = json.loads((folder / NOTE).read_text(encoding="utf-8"))
            return cls(str(found["basis"]), dict(found["files"]), int(found["steps"]))
        except (OSError, ValueError, LookupError, TypeError):
            return None


def find_origin(project: Project, basis: str) -> Origin:
    """What the store of a project is to be made from.

    >>> project = Project.find()
    >>> find_origin(project, "code").files["https://w3id.org/smartcity-kg/doc/city/ulm"] != ""
    True
    """
    paths = (*project.ontology_files, *project.data_files)
    return Origin(basis, {project.graph_name(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths})


def renew(project: Project, before: Path, origin: Origin) -> "Renewed | None":
    """Make the store of a project from an earlier one.

    Args:
        project: The project as it is now.
        before: The folder of the earlier store; it is only read.
        origin: What the new store is made from.

    Returns:
        The new store; none if it could not be made so.

    Raises:
        InputError: If a file of the project cannot be read or is no Turtle.
        OSError, RuntimeError: If a store cannot be read.

    >>> renew(Project.find(), Path("no-such-folder"), Origin("", {})) is None
    True
    """
    known = Origin.read(before)
    if known is None or known.basis != origin.basis or known.steps >= _MOST_STEPS:
        return None
    names = {name for name in {*known.files, *origin.files} if known.files.get(name) != origin.files.get(name)}
    if not names or len(names) > _MOST_FILES:
        return None
    on_disk = ox.Store.read_only(str(before))
    store = EmbeddedStore(project.prefixes, quads=on_disk, folder=before).in_memory()
    change = _find_change(project, store, names)
    rules = read_rules(project)
    if change is None or _is_concluded(change, store, rules, project):
        return None
    solutions = [_solutions(rule, store) for rule in rules]
    _apply(change, store.quads)
    if any(_solutions(rule, store) != earlier for rule, earlier in zip(rules, solutions, strict=True)):
        return None
    return Renewed(store, before, change, Origin(origin.basis, origin.files, known.steps + 1))


@dataclass(frozen=True)
class _Change:
    """Statements that come and go, with their graphs."""

    added: frozenset[ox.Quad]
    removed: frozenset[ox.Quad]

    @property
    def triples(self) -> frozenset[ox.Triple]:
        return frozenset(quad.triple for quad in (*self.added, *self.removed))


@dataclass(frozen=True)
class Renewed:
    """A store that was made from an earlier one.

    Attributes:
        store: It, in memory.
        before: The folder of the earlier one.
        change: What is different.
        origin: What it was made from.
    """

    store: EmbeddedStore
    before: Path
    change: _Change
    origin: Origin

    def write(self, place: Path) -> None:
        """Write it to a folder that is not there yet.

        Raises:
            OSError, RuntimeError: If a store cannot be read or written.
        """
        shutil.copytree(self.before, place, ignore=_made_anew)
        copied = ox.Store(str(place))
        _apply(self.change, copied)
        copied.flush()
        del copied
        write_copy(self.store.quads, place, self.store.prefixes.namespaces)
        self.origin.write(place)


def _find_change(project: Project, old: EmbeddedStore, names: Iterable[str]) -> _Change | None:
    """What differs in some graphs; none where a blank node stands in one, since it has another label each time."""
    paths = {project.graph_name(path): path for path in (*project.ontology_files, *project.data_files)}
    added: set[ox.Quad] = set()
    removed: set[ox.Quad] = set()
    for name in names:
        graph = ox.NamedNode(name)
        there = set(old.triples(graph=name))
        here = set(project.read(paths[name]).triples) if name in paths else set()
        if any(isinstance(term, ox.BlankNode) for t in there | here for term in (t.subject, t.object)):
            return None
        added.update(ox.Quad(t.subject, t.predicate, t.object, graph) for t in here - there)
        removed.update(ox.Quad(t.subject, t.predicate, t.object, graph) for t in there - here)
    return _Change(frozenset(added), frozenset(removed))


def _is_concluded(change: _Change, old: EmbeddedStore, rules: Iterable[Rule], project: Project) -> bool:
    """Whether a rule concludes what comes or goes, or could be held back by it."""
    for triple in change.triples:
        for quad in old.quads.quads_for_pattern(triple.subject, triple.predicate, triple.object, None):
            name = quad.graph_name
            if isinstance(name, ox.NamedNode) and name.value.startswith(project.inferred):
                return True
    predicates = {triple.predicate for triple in change.triples}
    for rule in rules:
        aside = _read_aside(rule, project.prefixes)
        if aside is None or predicates & aside:
            return True
        if not change.triples.isdisjoint(old.construct(rule.query, functions=FUNCTIONS)):
            return True
    return False


def _read_aside(rule: Rule, prefixes: Prefixes) -> set[ox.NamedNode] | None:
    """The properties that a rule reads without having them in its solutions; none if they may be any."""
    text = without_texts(rule.query)
    found: set[ox.NamedNode] = set()
    for match in reversed(list(_ASIDE.finditer(text))):
        end = _end_of_group(text, match.end())
        group = text[match.end() : end]
        if _ANY_PROPERTY.search(group):
            return None
        found |= names_in(group, prefixes) | ({RDF_TYPE} if _TYPE.search(group) else set())
        text = text[: match.start()] + text[end:]
    return None if _OPAQUE.search(text) else found


def _end_of_group(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if not depth:
            return place + 1
    return len(text)


def _solutions(rule: Rule, store: EmbeddedStore) -> list[bytes]:
    """The solutions of a rule's pattern, each as often as there is one, sorted.

    A statement that a rule reads is in a solution of its own: with equal solutions it reads none that differ.
    """
    text, count = _SELECTED.subn("SELECT * WHERE", rule.query, count=1)
    if not count:
        raise RuntimeError(f"the pattern of the rule {rule.name} cannot be taken out of it")
    return store.solutions(text, functions=FUNCTIONS)


def _apply(change: _Change, store: ox.Store) -> None:
    for quad in change.removed:
        store.remove(quad)
    store.extend(change.added)
    store.extend(ox.Quad(quad.subject, quad.predicate, quad.object, _DEFAULT) for quad in change.added)
    for triple in {quad.triple for quad in change.removed}:
        merged = ox.Quad(triple.subject, triple.predicate, triple.object, _DEFAULT)
        others = store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        if all(quad.graph_name == _DEFAULT for quad in others):
            store.remove(merged)


def _made_anew(folder: str, names: list[str]) -> set[str]:
    """What is not copied: notes, the text, and folders, in which others keep what they made of the store."""
    return {name for name in names if name in {NOTE, COPY, "LOCK"} or (Path(folder) / name).is_dir()}
