"""Inference: SPARQL rules to a fixpoint, and owlrl beside them (layer 2).

A rule is a `CONSTRUCT` in `ontology/rules/*.rq`. Rules of the stage `expand` spell out what a record says in
short (days of a date, parts of a passage) and run before validation; rules of the stage `infer` add what
follows. Each rule writes to a graph of its own, `…/graph/inferred/<rule>`, never to a record's graph.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from smartcity_kg.answer import Triples
from smartcity_kg.edtf import bounds
from smartcity_kg.errors import BackendError, InputError, QueryProblem
from smartcity_kg.header import Header, read_header
from smartcity_kg.interop import from_rdflib, to_rdflib
from smartcity_kg.project import Project
from smartcity_kg.sparql import check_query
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.terms import XSD, Prefixes, Term

STAGES = ("expand", "infer")
_REQUIRED = ("title.en", "title.de", "stage", "source")
_ALLOWED = (*_REQUIRED, "weaker", "beyond_owl")
_FUNCTIONS = "https://w3id.org/smartcity-kg/function#"
_DATE = ox.NamedNode(f"{XSD}date")
_MAX_PASSES = 50
_NO_NAMES = re.compile(r"<[^<>\s]*>|\"[^\"\n]*\"|'[^'\n]*'|#[^\n]*")
_CURIE = re.compile(r"\b[A-Za-z][\w-]*:[A-Za-z]\w*")


@dataclass(frozen=True)
class Rule:
    """One rule: its name (the file's stem), its header and its `CONSTRUCT` query."""

    name: str
    header: Header
    query: str

    @property
    def stage(self) -> str:
        """`expand` or `infer`."""
        return str(self.header.values["stage"])

    @property
    def weaker(self) -> bool:
        """Whether its conclusions say less than what they follow from, so that a reader may skip them."""
        return bool(self.header.values.get("weaker", False))

    @property
    def beyond_owl(self) -> bool:
        """Whether it concludes what OWL 2 RL does not, so that the comparison with owlrl expects it."""
        return bool(self.header.values.get("beyond_owl", False))


@dataclass(frozen=True)
class Inference:
    """What a run of rules gave: how many new triples by rule, and in how many passes."""

    counts: dict[str, int]
    passes: int

    @property
    def total(self) -> int:
        """How many triples were added in all."""
        return sum(self.counts.values())


def read_rules(project: Project) -> tuple[Rule, ...]:
    """All rules of a project, sorted by name.

    Raises:
        HeaderProblem: If a header is malformed or names an unknown stage.
        QueryProblem: If a rule is no `CONSTRUCT`.

    >>> "cax-sco" in {rule.name for rule in read_rules(Project.find())}
    True
    """
    return tuple(read_rule(path, project) for path in project.files("ontology/rules", suffix=".rq"))


def read_rule(path: Path, project: Project) -> Rule:
    """The rule in a file; see `read_rules`."""
    name = project.relative(path)
    text = path.read_text(encoding="utf-8")
    header = read_header(text, path=name, allowed=_ALLOWED, required=_REQUIRED)
    if header.values["stage"] not in STAGES:
        raise header.problem(f"unknown stage {header.values['stage']!r}", key="stage", hint="Use expand or infer.")
    if check_query(text, name=name) != "CONSTRUCT":
        raise QueryProblem("a rule must be a CONSTRUCT query", path=name)
    return Rule(path.stem, header, text)


def find_sources(rules: Iterable[Rule], prefixes: Prefixes) -> dict[ox.NamedNode, frozenset[ox.NamedNode]]:
    """Of each property that rules conclude, the properties that they read; as far as both are prefixed names.

    It only helps people to find what a conclusion rests on: a name in the text of a rule need not be a property.

    >>> project = Project.find()
    >>> sources = find_sources(read_rules(project), project.prefixes)
    >>> read = sources[project.prefixes.expand("sckg:notAfter")]
    >>> sorted(project.prefixes.compress(iri.value) for iri in read)
    ['sckg:throughout', 'sckg:when']
    """
    found: dict[ox.NamedNode, set[ox.NamedNode]] = {}
    for rule in rules:
        template, _, pattern = rule.query.partition("WHERE")
        read = names_in(pattern, prefixes)
        for name in names_in(template, prefixes) - read:
            found.setdefault(name, set()).update(read)
    return {name: frozenset(read) for name, read in found.items()}


def names_in(text: str, prefixes: Prefixes) -> set[ox.NamedNode]:
    """The prefixed names in a piece of SPARQL, outside of `<…>`, strings and comments.

    >>> [name.value for name in names_in("?a e:b 'e:c' # e:d", Prefixes({"e": "http://e.org/"}))]
    ['http://e.org/b']
    """
    names = _CURIE.findall(without_texts(text))
    return {prefixes.expand(name) for name in names if name.partition(":")[0] in prefixes}


def without_texts(query: str) -> str:
    """A piece of SPARQL without `<…>`, strings and comments.

    >>> without_texts("?a <http://e.org/b> 'c' .")
    '?a     .'
    """
    return _NO_NAMES.sub(" ", query)


def run_rules(store: EmbeddedStore, project: Project, *stages: str) -> Inference:
    """Run the rules of some stages (default: all) until nothing new comes.

    Only the store is touched: new triples go to the graph of the rule that gave them first.

    Raises:
        BackendError: If a rule fails, or no fixpoint comes within 50 passes.
    """
    rules = read_rules(project)
    counts = {rule.name: 0 for rule in rules if rule.stage in (stages or STAGES)}
    known = set(store.triples())
    passes = 0
    for stage in stages or STAGES:
        chosen = [rule for rule in rules if rule.stage == stage]
        passes += _to_fixpoint(store, known, chosen, project.inferred, counts)
    return Inference(counts, passes)


def _to_fixpoint(
    store: EmbeddedStore, known: set[ox.Triple], rules: list[Rule], graphs: str, counts: dict[str, int]
) -> int:
    for number in range(1, _MAX_PASSES + 1):
        added = 0
        for rule in rules:
            # Most of what a rule concludes is known, and asking a set takes half the time of asking the store.
            new = _conclusions(store, rule) - known
            if new:
                store.load(new, graph=graphs + rule.name)
                known |= new
            counts[rule.name] += len(new)
            added += len(new)
        if not added:
            return number
    raise BackendError(f"the rules give new triples without end; stopped after {_MAX_PASSES} passes")


def _conclusions(store: EmbeddedStore, rule: Rule) -> set[ox.Triple]:
    try:
        return store.construct(rule.query, functions=FUNCTIONS)
    except QueryProblem as error:
        raise QueryProblem(error.message, path=rule.header.path, line=error.line, column=error.column) from error


def _day(pick: str) -> Callable[[Term], ox.Literal | None]:
    def function(term: Term) -> ox.Literal | None:
        try:
            day = getattr(bounds(getattr(term, "value", "")), pick)
        except ValueError:
            return None
        return None if day is None else ox.Literal(day.isoformat(), datatype=_DATE)

    return function


FUNCTIONS = {f"{_FUNCTIONS}earliestDay": _day("earliest"), f"{_FUNCTIONS}latestDay": _day("latest")}


def owlrl_closure(store: EmbeddedStore) -> Triples:
    """What owlrl adds to the merged graph: the full OWL 2 RL closure, without what cannot be written as RDF.

    Slow (seconds for one record); it is the yardstick for the rules. Triples of a thing with itself and triples
    with a literal as subject are left out: owlrl makes hundreds, and no RDF format can hold the latter.

    Raises:
        InputError: If owlrl finds the graph inconsistent.
    """
    from owlrl.OWLRL import OWLRL_Semantics

    graph = to_rdflib(store.triples())
    before = set(graph)
    semantics = OWLRL_Semantics(graph, True, True, True)
    semantics.closure()
    if semantics.error_messages:
        problems = "; ".join(sorted(semantics.error_messages))
        raise InputError(f"the graph is inconsistent: {problems}", hint="Found by owlrl.")
    new = (triple for triple in graph if triple not in before and triple[0] != triple[2])
    return Triples.sorted(from_rdflib(new))
