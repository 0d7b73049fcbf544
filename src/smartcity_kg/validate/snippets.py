"""Turtle to paste where something is missing (layer 2).

It is taken from the example that passes the same rule (`ontology/examples/<Shape>/pass-<rule>.ttl`), so it is
right by test and nobody writes it twice.
"""

from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import XSD, Prefixes


class Snippets:
    """What may be pasted for findings about a missing property; examples are read when the first one is asked for.

    Args:
        project: Whose examples and prefixes are used.
        store: What was checked; a property that is there already is not missing.

    >>> project = Project.find()
    >>> city, key = (project.prefixes.expand(name) for name in ("city:ulm", "sckg:municipalityKey"))
    >>> snippets = Snippets(project, EmbeddedStore(Prefixes({})))
    >>> snippets.find(Finding("C-11", "violation", city, key, None, {}, {}, "a.ttl"))
    'sckg:municipalityKey "15990002" ;'
    """

    def __init__(self, project: Project, store: EmbeddedStore) -> None:
        self._project = project
        self._store = store
        self._found: dict[tuple[str, ox.NamedNode], str] = {}

    def find(self, finding: Finding) -> str:
        """A line of Turtle that gives the property that a finding misses; empty if it misses none."""
        path, focus = finding.path, finding.focus
        if finding.value is not None or not isinstance(path, ox.NamedNode) or isinstance(focus, ox.Literal):
            return ""
        if any(self._store.quads.quads_for_pattern(focus, path, None, ox.DefaultGraph())):
            return ""
        key = (finding.rule, path)
        if key not in self._found:
            self._found[key] = self._example(*key)
        return self._found[key]

    @cached_property
    def _examples(self) -> dict[str, Path]:
        """The passing example of each rule; of several the first by name."""
        files = self._project.files("ontology/examples")
        passing = [path for path in files if path.stem.startswith("pass-")]
        return {path.stem.removeprefix("pass-"): path for path in reversed(passing)}

    def _example(self, rule: str, path: ox.NamedNode) -> str:
        file = self._examples.get(rule)
        if file is None:
            return ""
        document = self._project.read(file)
        # The prefixes of a record's own parts, such as `p:`, are not bound for the whole project.
        prefixes = Prefixes({**document.prefixes, **self._project.prefixes.namespaces})
        stated = [triple for triple in document.triples if triple.predicate == path]
        values = [_turtle(triple.object, prefixes) for triple in stated if triple.subject == stated[0].subject]
        return f"{prefixes.turtle_name(path.value)} {' , '.join(values)} ;" if values else ""


def _turtle(term: object, prefixes: Prefixes) -> str:
    if isinstance(term, ox.NamedNode):
        return prefixes.turtle_name(term.value)
    if isinstance(term, ox.Literal) and not term.language and term.datatype.value != f"{XSD}string":
        return f"{ox.Literal(term.value)}^^{prefixes.turtle_name(term.datatype.value)}"
    return str(term)
