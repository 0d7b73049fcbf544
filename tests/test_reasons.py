"""Inner reasons: why a value does not have the shape that a rule demands, whatever combines the shapes."""

from functools import cache

import pyoxigraph as ox
import pytest

from cases import ROOT
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
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
DATA = f'{HEAD} e:n e:p e:v . e:v a e:A ; e:q 1 ; e:r "x" .'
# What combines the shapes, what it demands, and what must be named as the reason.
CASES = {
    "or": ("sh:or ( [ sh:class e:B ] [ sh:class e:C ] ) .", {"e.org/B", "e.org/C"}),
    "xone of which none holds": ("sh:xone ( [ sh:class e:B ] [ sh:class e:C ] ) .", {"e.org/B", "e.org/C"}),
    "and": ("sh:and ( [ sh:class e:A ] [ sh:class e:B ] ) .", {"e.org/B"}),
    "qualified minimum": (
        "sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ sh:class e:B ] .",
        {"e.org/B"},
    ),
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


@pytest.mark.parametrize("engine", ["pyshacl", "turbo"])
@pytest.mark.parametrize("case", CASES)
def test_the_reason_is_named(case: str, engine: str) -> None:
    if engine == "turbo":
        pytest.importorskip("pyshacl_turbo")
    reasons = said(case, engine)
    for language in (0, 1):
        texts = [reason[language] for reason in reasons]
        assert all(any(name in text for text in texts) for name in CASES[case][1]), texts
        assert "{" not in "".join(texts)
    assert all(german != english for german, english in reasons)


@pytest.mark.parametrize("case", CASES)
def test_engines_give_the_same_reasons(case: str) -> None:
    pytest.importorskip("pyshacl_turbo")
    assert said(case, "pyshacl") == said(case, "turbo")
