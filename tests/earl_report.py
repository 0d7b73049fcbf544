"""The EARL report on the W3C SHACL suite, as text; `tools/earl.py` writes it to docs/conformance.

It depends on the suite and on the versions of the engines alone; there is no date in it.
"""

from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

TARGET = Path("docs", "conformance", "shacl-earl.ttl")
PACKAGES = {"pyshacl": "pyshacl", "turbo": "pyshacl-turbo"}
_HEAD = """\
@prefix dct: <http://purl.org/dc/terms/> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix earl: <http://www.w3.org/ns/earl#> .

# Written by tools/earl.py. A reason for each failure stands in tests/conformance/known.toml.

<https://w3id.org/smartcity-kg/> a doap:Project , earl:TestSubject , earl:Software ;
    doap:name "smartcity-kg" ;
    dct:hasPart {parts} .
"""
_ENGINE = """
{engine} a doap:Project , earl:TestSubject , earl:Software ;
    doap:name "smartcity-kg with {package}" ;
    doap:revision "{version}" .
"""
_ASSERTION = """
[] a earl:Assertion ;
    earl:assertedBy <https://w3id.org/smartcity-kg/> ;
    earl:subject {engine} ;
    earl:test <{test}> ;
    earl:mode earl:automatic ;
    earl:result [ a earl:TestResult ; earl:outcome earl:{outcome} ] .
"""


def write_report(tests: Sequence[str], failing: Mapping[str, Collection[str]]) -> str:
    """The report as Turtle: the IRIs of all tests, and by engine the ends of the IRIs of those that fail."""
    parts = [_HEAD.format(parts=" , ".join(_iri(engine) for engine in sorted(failing)))]
    for engine in sorted(failing):
        package = PACKAGES[engine]
        parts.append(_ENGINE.format(engine=_iri(engine), package=package, version=version(package)))
        for test in sorted(tests):
            outcome = "failed" if any(test.endswith(f"/{name}") for name in failing[engine]) else "passed"
            parts.append(_ASSERTION.format(engine=_iri(engine), test=test, outcome=outcome))
    return "".join(parts)


def _iri(engine: str) -> str:
    return f"<https://w3id.org/smartcity-kg/engine/{engine}>"
