"""Positions: every triple of a Turtle text knows where its terms stand, or nothing is claimed at all.

pyoxigraph is the judge: what the scanner finds must be its triples. The places are checked by cutting the text
there and parsing the piece alone, under the directives in force.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import ROOT, SHARED, cases
from smartcity_kg.terms import RDF, Term
from smartcity_kg.turtle.parse import parse_turtle
from smartcity_kg.turtle.positions import Place, Positions
from smartcity_kg.turtle.scanner import MAX_DEPTH, ScanProblem, Span, Written, scan

SUITE = SHARED / "suites" / "w3c-turtle"
BASE = "https://w3c.github.io/rdf-tests/rdf/rdf11/rdf-turtle/"
FIRST, REST = ox.NamedNode(f"{RDF}first"), ox.NamedNode(f"{RDF}rest")
PROJECT_FILES = [
    *cases("ontology", "*.ttl", at_least=200),
    *cases("data", "*.ttl", at_least=20),
    *cases("tests/sample", "*.ttl", at_least=3),
]


def w3c(kind: str, *, at_least: int) -> list[Any]:
    """One parameter for each test of a kind in the W3C suite, text and expected triples where there are some.

    A single skipped one where the suite is absent.
    """
    if not SUITE.is_dir():
        reason = "the W3C suite stands in a folder that is not part of the project"
        return [pytest.param(None, None, marks=pytest.mark.skip(reason=reason), id="no suite")]
    properties: dict[Any, dict[str, str]] = {}
    for quad in ox.parse(path=str(SUITE / "manifest.ttl"), format=ox.RdfFormat.TURTLE, base_iri=BASE):
        value = getattr(quad.object, "value", "")
        properties.setdefault(quad.subject, {})[quad.predicate.value.rpartition("#")[2]] = value
    tests = [test for test in properties.values() if test.get("type", "").endswith(f"#{kind}")]
    if len(tests) < at_least:
        raise AssertionError(f"{kind}: {len(tests)} tests, expected at least {at_least}")
    return [
        pytest.param(*(_in_suite(test.get(name)) for name in ("action", "result")), id=test["name"])
        for test in tests
    ]


def _in_suite(iri: str | None) -> Path | None:
    return None if iri is None else SUITE / iri.removeprefix(BASE)


def parsed(text: str, base_iri: str | None = None) -> list[ox.Triple]:
    """What pyoxigraph reads."""
    return [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=base_iri)]


def canonical(triples: Sequence[ox.Triple]) -> set[str]:
    """Triples with the blank node labels of RDFC-1.0."""
    if not any(isinstance(term, ox.BlankNode) for triple in triples for term in (triple.subject, triple.object)):
        return {str(triple) for triple in triples}
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad.triple) for quad in dataset}


def as_triples(written: Sequence[Written]) -> list[ox.Triple]:
    """What the scanner found, as triples."""
    return [ox.Triple(one.subject, one.predicate, one.object) for one in written]  # type: ignore[arg-type]


def check(text: str, base_iri: str | None = None) -> Positions:
    """The positions of a text, after all that must hold for them was checked."""
    triples = parsed(text, base_iri)
    assert canonical(as_triples(scan(text, base_iri=base_iri).written)) == canonical(triples)
    positions = Positions.of(text, triples, base_iri=base_iri)
    assert positions.problem == ""
    assert {ox.Triple(o.subject, o.predicate, o.object) for o in positions.statements} == set(triples)  # type: ignore[arg-type]
    check_pieces(positions, base_iri)
    return positions


def check_pieces(positions: Positions, base_iri: str | None) -> None:
    """Cut the text at each span; each piece alone must be the term."""
    text = positions.text
    wanted = []
    pieces = [(span[0], text[slice(*span)]) for span in positions.directives]
    for term, span, is_predicate in tokens(positions):
        piece = text[slice(*span)]
        if isinstance(term, ox.BlankNode):
            assert piece[0] in "[(" or piece.startswith("_:")
        elif is_predicate:
            pieces.append((span[0], f"<x:s> {piece} <x:o> .\n"))
            wanted.append((span[0], term))
        else:
            pieces.append((span[0], f"<x:s> <x:p> {piece} .\n"))
            wanted.append((span[0], term))
    cut = "\n".join(piece for _, piece in sorted(pieces, key=lambda pair: pair[0]))
    found = [t.predicate if t.object == ox.NamedNode("x:o") else t.object for t in parsed(cut, base_iri)]
    assert found == [term for _, term in sorted(wanted, key=lambda pair: pair[0])]


def tokens(positions: Positions) -> Iterator[tuple[Term, Span, bool]]:
    """Each term that is written, where, and whether as a predicate; links of collections are not written."""
    for one in positions.statements:
        is_link = one.predicate in {FIRST, REST} and one.predicate_at == one.subject_at
        if is_link and one.predicate == REST:
            continue
        if not is_link:
            yield one.subject, one.subject_at, False
            yield one.predicate, one.predicate_at, True
        yield one.object, one.object_at, False


@pytest.mark.parametrize(("path", "result"), w3c("TestTurtleEval", at_least=145))
def test_w3c_evaluation(path: Path, result: Path) -> None:
    text = path.read_bytes().decode()
    check(text, BASE + path.name)
    found = scan(text, base_iri=BASE + path.name).written
    expected = ox.parse(result.read_bytes(), format=ox.RdfFormat.N_TRIPLES)
    assert canonical(as_triples(found)) == canonical([quad.triple for quad in expected])


@pytest.mark.parametrize(("path", "result"), w3c("TestTurtlePositiveSyntax", at_least=74))
def test_w3c_syntax(path: Path, result: None) -> None:
    del result
    check(path.read_bytes().decode(), BASE + path.name)


@pytest.mark.parametrize(("path", "result"), w3c("TestTurtleNegativeSyntax", at_least=94))
def test_w3c_what_is_no_turtle_has_no_positions(path: Path, result: None) -> None:
    del result
    # The triples before the mistake are all there is to compare with.
    text = path.read_bytes().decode("utf-8", errors="replace")
    triples = []
    with pytest.raises(SyntaxError):
        for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=BASE):
            triples.append(quad.triple)
    positions = Positions.of(text, triples, base_iri=BASE)
    assert positions.problem or len(positions.statements) == len(triples)


@pytest.mark.parametrize("path", PROJECT_FILES)
def test_files_of_the_project(path: Path) -> None:
    document = parse_turtle(path.read_bytes(), path=path)
    positions = check(path.read_bytes().decode())
    assert len(positions.statements) == len(document.triples)
    assert positions.prefixes == document.prefixes


TORTURE = r"""# A comment with "quotes" and <brackets> .
@prefix : <http://e.org/> .
@prefix ä.b-c: <http://e.org/umlaut#> .
PREFIX e: <http://e.org/one/>
@base <http://e.org/base/path/file> .
<a> e:p <>, <#x>, <?q>, <//other.org/y>, <../up>, <\u0041\U00000042> ; # after a semicolon; a "
    a e:Class ;; e:same e:o, e:o ; .
pReFiX e: <two/>
e:a:b e:p e:%41\-x, e:\~\.\,y, e:a.b.c, ä.b-c:ß, ä.b-c:, : .
bASE <http://e.org/other/>
<rel> :n 007, +2.50, .5, -0, 1E3, .5e-1, 1.0E+2, true, false ; :s 'a', "b"@de, 'c'@en-GB-x-y, "1"^^<int>, "2"^^:t .
:long :s '''one ' two '' "three"
# no comment''', \"\"\"x "y" ""z

é 😀 \t\n\"\\ \u00e4 \U0001F600\"\"\"@de ; :after 😀:x .
[ :q [ :r ( 1 [ :deep ( ( ) ( :x "y" ) ) ] ) ], [] ] :s _:label1 .
[ :alone 'x' ] .
( :first ( :second ) () 'third' ) :p ( ) .
_:label1 :p _:a.b, _:0 .<x><y>:x:y:z,:x.[]:y[].
:dup :p :o . :dup :p :o .
<http://e.org/x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> 1 .
""".replace('\\"\\"\\"', '"""').replace("😀:x", "<http://e.org/😀>")


LINE_ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}


@pytest.mark.parametrize("ends", LINE_ENDS)
def test_everything_that_turtle_has(ends: str) -> None:
    positions = check(TORTURE.replace("\n", LINE_ENDS[ends]))
    assert len(positions.statements) == 69
    after = ox.NamedNode("http://e.org/after")
    (span,) = positions.uses(after)
    assert positions.place(span) == Place(15, 40, 15, 46)


def test_byte_order_mark_does_not_count() -> None:
    data = b"\xef\xbb\xbf<http://e.org/a> a <http://e.org/B> ."
    document = parse_turtle(data, path="a.ttl")
    (statement,) = document.positions.statements
    assert document.positions.place(statement.object_at) == Place(1, 20, 1, 36)


def test_a_prefix_means_what_it_meant_there() -> None:
    text = "@prefix e: <http://a/> . e:x e:y e:z .\n@prefix e: <http://b/> . e:x e:y e:z ."
    positions = check(text)
    assert positions.place(positions.uses(ox.NamedNode("http://b/z"))[0]) == Place(2, 34, 2, 37)
    assert positions.prefixes == {"e": "http://b/"}


def test_a_triple_written_twice_is_found_twice() -> None:
    positions = check("@prefix e: <http://e/> .\ne:a e:b e:c .\ne:a e:b e:c .")
    triple = parsed(positions.text)[0]
    assert [positions.place(one.object_at).line for one in positions.find(triple)] == [2, 3]


def test_the_block_with_the_class_comes_first() -> None:
    positions = check("@prefix e: <http://e/> .\ne:a e:b e:c .\ne:x e:b e:a .\ne:a a e:C .")
    a = ox.NamedNode("http://e/a")
    assert positions.place(positions.block(a) or (0, 0)) == Place(4, 1, 4, 4)
    assert [positions.place(span).line for span in positions.uses(a)] == [2, 3, 4]
    assert positions.place(positions.pointing_to(a)[0].subject_at).line == 3
    assert positions.block(ox.NamedNode("http://e/c")) is None


@pytest.mark.parametrize("bracket", ["[ <x:p> ", "( "])
def test_nesting_has_a_limit(bracket: str) -> None:
    close = {"[": "] ", "(": ") "}[bracket[0]]
    head = "<x:s> <x:p> "
    fine = head + bracket * MAX_DEPTH + "1 " + close * MAX_DEPTH + "."
    assert check(fine).problem == ""
    deep = head + bracket * 5_000 + "1 " + close * 5_000 + "."
    positions = Positions.of(deep, parsed(deep))
    assert "nested more than 100 deep" in positions.problem
    assert positions.statements == ()
    assert positions.uses(ox.NamedNode("x:s")) == ()


@pytest.mark.parametrize(
    "text",
    [
        "<x:a> <x:b> <x:c> ~ <x:r> .",
        "<x:a> <x:b> <x:c> {| <x:d> 1 |} .",
        "<< <x:a> <x:b> <x:c> >> <x:d> 1 .",
        "<x:a> <x:b> <<( <x:a> <x:b> <x:c> )>> .",
        '<x:a> <x:b> "c"@ar--rtl .',
        'VERSION "1.2" <x:a> <x:b> <x:c> .',
    ],
)
def test_rdf_1_2_has_no_positions(text: str) -> None:
    positions = Positions.of(text, parsed(text))
    assert positions.problem
    assert positions.statements == ()


def test_other_triples_have_no_positions() -> None:
    text = "<x:a> <x:b> _:c . _:d <x:b> _:c ."
    triples = parsed(text)
    assert Positions.of(text, triples).problem == ""
    assert "differ in triple 2" in Positions.of(text, [triples[0], triples[0]]).problem
    assert "2 triples" in Positions.of(text, triples[:1]).problem
    # Two blank nodes that became one are no renaming.
    merged = [triples[0], ox.Triple(triples[0].object, triples[0].predicate, triples[0].object)]  # type: ignore[arg-type]
    assert "differ" in Positions.of(text, merged).problem


CONTEXT = (ROOT / "ontology" / "examples" / "context.ttl").read_text(encoding="utf-8")
SHORTER = CONTEXT[: CONTEXT.index(" .\n\n", 4_000) + 3]
MARKS = [
    ".",
    ";",
    ",",
    "[",
    "]",
    "(",
    ")",
    " ",
    "\n",
    "\r",
    "#",
    '"',
    "'",
    '"""',
    "<",
    ">",
    "\\",
    ":",
    "^^",
    "@de",
]
TERMS = ["a", "_:b", "1", "-1.5e3", "true", "[]", "()", "'''x\n'y'''", "( 1 [ :a 2 ] ) ", " [ :a ( 1 ( 2 ) ) ] "]
OTHERS = [". :a :b :c", ", :d", "; :e :f", "@prefix", "BASE <http://x/>", "\\u0041", "ä", "😀", "%41", "# x\n"]
RDF_1_2 = ["~", "{|", "<<"]
PIECES = [*MARKS, *TERMS, *OTHERS, *RDF_1_2]
EDITS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 6), st.sampled_from(PIECES)), max_size=4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(EDITS, st.sampled_from([TORTURE, SHORTER]))
def test_mutated_text(edits: list[tuple[int, int, str]], text: str) -> None:
    for offset, length, piece in edits:
        start = offset % (len(text) + 1)
        text = text[:start] + piece + text[start + length :]
    try:
        parsed(text)
    except SyntaxError:
        # Whatever it is, it is refused in order.
        try:
            scan(text)
        except ScanProblem:
            return
        return
    if any(mark in text for mark in RDF_1_2) and Positions.of(text, parsed(text)).problem:
        return
    check(text)
