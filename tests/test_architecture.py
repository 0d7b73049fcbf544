"""The structure of the code: what names it may know, what it may do."""

import ast
import re
from pathlib import Path

import pytest

import smartcity_kg
from cases import ROOT, cases

MODULES = cases("src/smartcity_kg", "*.py", at_least=25)
CLASS = re.compile(r"^sckg:(\w+) a owl:Class", re.MULTILINE)


def domain_classes() -> list[str]:
    """The local names of the ontology's classes."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "ontology/modules").glob("*.ttl"))]
    return [name for text in texts for name in CLASS.findall(text)]


@pytest.mark.parametrize("path", MODULES)
def test_code_knows_no_class_of_the_domain(path: Path) -> None:
    # A record is born with a head that every record has; its Turtle names the two classes it is made of.
    allowed = {"City", "Portrait", "Region", "Source"}
    words = set(re.findall(r"\bsckg:(\w+)", path.read_text(encoding="utf-8")))
    assert not words & (set(domain_classes()) - allowed)
    assert "initiative" not in path.read_text(encoding="utf-8").lower()


def test_the_ontology_has_classes() -> None:
    assert len(domain_classes()) >= 28


@pytest.mark.parametrize("path", MODULES)
def test_environment_and_print_belong_to_the_command_line(path: Path) -> None:
    if "cli" in path.relative_to(ROOT / "src/smartcity_kg").parts:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {
        node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "print" not in calls
    assert "environ" not in attributes


@pytest.mark.parametrize("name", [name for name in smartcity_kg.__all__ if name not in {"Answer"}])
def test_public_names_are_there_and_described(name: str) -> None:
    assert getattr(smartcity_kg, name).__doc__


def test_unknown_public_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = smartcity_kg.nothing
