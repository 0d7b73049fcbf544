"""Records changed by chance: never a crash, never a silent accept of what the strict parser refuses."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from cases import ROOT
from mutations import KINDS, mutate
from smartcity_kg.errors import InputError, SmartCityError
from smartcity_kg.turtle.parse import Document, parse_turtle

RECORDS = sorted((ROOT / "data" / "cities").glob("*.ttl"))
SEEDS = range(60)


def record(seed: int) -> Path:
    """The record that a seed changes."""
    return RECORDS[seed % len(RECORDS)]


def read(text: str) -> Document | SmartCityError:
    """What the project makes of a text."""
    try:
        return parse_turtle(text.encode(), path="changed.ttl")
    except SmartCityError as error:
        return error


def canonical(text: bytes) -> str:
    """The same text for the same graph."""
    dataset = ox.Dataset(ox.parse(input=text, format=ox.RdfFormat.TURTLE))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return "\n".join(sorted(map(str, dataset)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_the_parser_refuses_is_refused_with_place_and_reason(kind: str, seed: int) -> None:
    changed = mutate(record(seed).read_text(encoding="utf-8"), kind, seed)
    found = read(changed)
    try:
        strict = list(ox.parse(input=changed.encode(), format=ox.RdfFormat.TURTLE))
    except (SyntaxError, ValueError):
        strict = []
    if isinstance(found, Document):
        assert len(set(strict)) == len(set(found.triples))
    else:
        assert isinstance(found, InputError)
        assert 0 < len(str(found)) <= 500
        assert found.line or "NUL" in str(found) or "UTF-8" in str(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_file_changed_in_layout_only_says_the_same(seed: int) -> None:
    text = record(seed).read_text(encoding="utf-8")
    changed = mutate(text, "layout", seed)
    assert isinstance(read(changed), Document)
    assert canonical(changed.encode()) == canonical(text.encode())


def test_the_same_seed_gives_the_same_file() -> None:
    text = RECORDS[0].read_text(encoding="utf-8")
    assert mutate(text, "tokens", 7) == mutate(text, "tokens", 7) != mutate(text, "tokens", 8)
