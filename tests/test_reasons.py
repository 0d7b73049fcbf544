"""Inner reasons: why a value does not have the shape that a rule demands, whatever combines the shapes."""

import re
from functools import cache

import pyoxigraph as ox
import pytest

from cases import ROOT
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.validate import Checker
from smartcity_kg.validate.engine import open_engine
from smartcity_kg.validate.messages import read_rules
from smartcity_kg.validate.shacl import Shapes
from smartcity_kg.validate.statements import Statements

HEAD = """
@prefix dct: <http://purl.org/dc/terms/> .
@prefix e: <http://e.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
RULE = 'e:S a sh:NodeShape ; sh:targetNode e:n ; sh:property e:R . e:R dct:identifier "R" ; sh:path e:p ; '
DATA = f'{HEAD} e:n e:p e:v . e:v a e:A ; e:q 1 ; e:r "x" ; e:s "x" , "y" ; e:t e:w . e:w a e:A .'
# What combines the shapes, what it demands, and what must be named as the reason.
CASES = {
    "or": ("sh:or ( [ sh:class e:B ] [ sh:class e:C ] ) .", {"e.org/B", "e.org/C"}),
    "xone of which none holds": ("sh:xone ( [ sh:class e:B ] [ sh:class e:C ] ) .", {"e.org/B", "e.org/C"}),
    "and": ("sh:and ( [ sh:class e:A ] [ sh:class e:B ] ) .", {"e.org/B"}),
    "qualified minimum": (
        "sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ sh:class e:B ] .",
        {"e.org/B"},
    ),
    "qualified maximum": (
        "sh:qualifiedMaxCount 0 ; sh:qualifiedValueShape [ sh:class e:A ] .",
        {"e.org/p", "e.org/v"},
    ),
    "xone of which two hold": (
        "sh:xone ( [ sh:class e:A ] [ sh:nodeKind sh:IRI ] [ sh:class e:B ] ) .",
        {"e.org/A", "sh:IRI"},
    ),
    "not": ("sh:not [ sh:class e:A ] , [ sh:class e:B ] .", {"e.org/A"}),
    "node in node": (
        "sh:node e:N . e:N a sh:NodeShape ; sh:property e:T . e:T a sh:PropertyShape ; sh:path e:t ; "
        "sh:node e:M . e:M a sh:NodeShape ; sh:class e:B .",
        {"e.org/w", "e.org/B"},
    ),
    "or in node": (
        "sh:node e:N . e:N a sh:NodeShape ; sh:property e:T . e:T a sh:PropertyShape ; sh:path e:t ; "
        "sh:or ( [ sh:class e:B ] [ sh:class e:C ] ) .",
        {"e.org/B", "e.org/C"},
    ),
    "node in or": (
        "sh:or ( [ sh:node e:N ] [ sh:class e:C ] ) . e:N a sh:NodeShape ; sh:class e:B .",
        {"e.org/B", "e.org/C"},
    ),
    "not in node": ("sh:node [ a sh:NodeShape ; sh:not [ sh:class e:A ] ] .", {"e.org/A"}),
    "not in or": ("sh:or ( [ sh:not [ sh:nodeKind sh:IRI ] ] [ sh:class e:B ] ) .", {"sh:IRI", "e.org/B"}),
    "message of an inner shape": (
        'sh:node e:N . e:N a sh:NodeShape ; sh:class e:B ; sh:message "B"@en , "Ein B"@de .',
        {"B"},
    ),
    "shape that leads to itself": (
        "sh:node e:N . e:N a sh:NodeShape ; sh:class e:B ; sh:property [ sh:path e:none ; sh:node e:N ] .",
        {"e.org/B"},
    ),
}
# A property of the value, what a shape behind sh:node demands of it, and what must be named as the reason.
BEHIND_NODE = {
    "minInclusive": ("q", "sh:minInclusive 2", {"1", "2"}),
    "maxInclusive": ("q", "sh:maxInclusive 0", {"1", "0"}),
    "minExclusive": ("q", "sh:minExclusive 1", {"1"}),
    "maxExclusive": ("q", "sh:maxExclusive 1", {"1"}),
    "minLength": ("r", "sh:minLength 3", {"x", "3"}),
    "maxLength": ("r", "sh:maxLength 0", {"x", "0"}),
    "pattern": ("r", 'sh:pattern "^y"', {"x", "^y"}),
    "in": ("r", 'sh:in ( "y" "z" )', {"x", "y, z"}),
    "languageIn": ("r", 'sh:languageIn ( "de" )', {"x", "de"}),
    "hasValue": ("r", 'sh:hasValue "y"', {"e.org/r", "y"}),
    "equals": ("r", "sh:equals e:s", {"e.org/r", "e.org/s"}),
    "disjoint": ("r", "sh:disjoint e:s", {"x", "e.org/s"}),
    "lessThan": ("r", "sh:lessThan e:s", {"x", "e.org/s"}),
    "lessThanOrEquals": ("s", "sh:lessThanOrEquals e:r", {"y", "e.org/r"}),
    "datatype": ("r", "sh:datatype xsd:integer", {"x", "integer"}),
    "nodeKind": ("r", "sh:nodeKind sh:IRI", {"x", "sh:IRI"}),
    "minCount": ("none", "sh:minCount 1", {"e.org/none"}),
    "maxCount": ("s", "sh:maxCount 1", {"e.org/s"}),
}
CASES |= {
    f"{name} behind node": (f"sh:node [ a sh:NodeShape ; sh:property [ sh:path e:{path} ; {demand} ] ] .", named)
    for name, (path, demand, named) in BEHIND_NODE.items()
}


@cache
def said(case: str, engine: str) -> tuple[tuple[str, str], ...]:
    """The reasons behind the one finding of a case, in German and English."""
    project = Project.at(ROOT)
    shapes, data = (
        [quad.triple for quad in ox.parse(input=text, format=ox.RdfFormat.TURTLE)]
        for text in (HEAD + RULE + 'sh:message "wrong"@en , "falsch"@de ; ' + CASES[case][0], DATA)
    )
    store = EmbeddedStore(project.prefixes)
    checker = Shapes(tuple(shapes), project.prefixes, open_engine(engine), words=read_rules(project))
    [finding], _ = checker.check(Statements(data), store)
    assert finding.rule == "R"
    return tuple((reason.message("de"), reason.message("en")) for reason in finding.reasons)


def names(text: str, name: str) -> bool:
    """Whether a text has a name as a word of its own, not within another."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


@pytest.mark.parametrize("engine", ["pyshacl", "turbo"])
@pytest.mark.parametrize("case", CASES)
def test_the_reason_is_named(case: str, engine: str) -> None:
    if engine == "turbo":
        pytest.importorskip("pyshacl_turbo")
    reasons = said(case, engine)
    for language in (0, 1):
        texts = [reason[language] for reason in reasons]
        assert all(any(names(text, name) for text in texts) for name in CASES[case][1]), texts
        assert "{" not in "".join(texts)
    assert all(german != english for german, english in reasons)


@pytest.mark.parametrize("case", CASES)
def test_engines_give_the_same_reasons(case: str) -> None:
    pytest.importorskip("pyshacl_turbo")
    assert said(case, "pyshacl") == said(case, "turbo")


@cache
def of_example(rule: str, engine: str) -> frozenset[str]:
    """The reasons, in English, behind what one of the project's rules finds in the example that breaks it."""
    project = Project.at(ROOT)
    [path] = (ROOT / "ontology" / "examples").rglob(f"fail-{rule}.ttl")
    context = [project.read(file) for file in project.ontology_files]
    checker = Checker(project, context, engine=open_engine(engine))
    found = checker.check([project.read(path)]).report.findings
    return frozenset(r.message("en") for f in found if f.rule == rule for r in f.reasons)


@pytest.mark.parametrize("rule", ["C-69", "C-70", "C-116"])
def test_the_rules_of_the_project_have_reasons_that_engines_agree_on(rule: str) -> None:
    pytest.importorskip("pyshacl_turbo")
    assert of_example(rule, "turbo")
    assert of_example(rule, "pyshacl") == of_example(rule, "turbo")
