"""The W3C SHACL suite with every engine, in the plain way and by way of marks and slices."""

import warnings
from functools import cache

import pytest

import w3c
from cases import ROOT
from earl_report import TARGET, write_report
from smartcity_kg.validate.engine import ENGINES, open_engine

AT_LEAST = {"pyshacl": 116, "turbo": 120}
HERE = pytest.mark.skipif(
    not w3c.SUITE.is_dir(), reason="the suite lies in a folder that is not part of the project"
)


@cache
def failing(engine: str, *, alone: bool) -> frozenset[str]:
    """The names of the tests that an engine does not pass."""
    suite = w3c.read_suite()
    assert len(suite) == w3c.SIZE
    chosen = open_engine(engine)
    with warnings.catch_warnings():
        # The suite has malformed shapes on purpose, and shapes that refer to themselves.
        warnings.simplefilter("ignore")
        return frozenset(test.name for test in suite if not w3c.passes(test, chosen, alone=alone))


@HERE
@pytest.mark.parametrize("alone", [True, False], ids=["plain", "marked"])
@pytest.mark.parametrize("engine", ENGINES)
def test_suite(engine: str, alone: bool) -> None:
    assert failing(engine, alone=alone) == w3c.known_exceptions()[engine].keys()


@pytest.mark.parametrize("engine", ENGINES)
def test_exceptions_are_few_and_have_reasons(engine: str) -> None:
    known = w3c.known_exceptions()[engine]
    assert w3c.SIZE - len(known) >= AT_LEAST[engine]
    assert all(len(reason) > 30 for reason in known.values())


@HERE
def test_report_is_up_to_date() -> None:
    results = {engine: failing(engine, alone=True) for engine in ENGINES}
    names = [test.iri for test in w3c.read_suite()]
    assert (ROOT / TARGET).read_text(encoding="utf-8") == write_report(names, results)
