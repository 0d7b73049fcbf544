"""smartcity-kg: the German Smart City Atlas as an open knowledge graph.

The public names are loaded when they are first used, so that the command line starts fast.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smartcity_kg.answer import Answer, Rows, Triples, Truth
    from smartcity_kg.api import KnowledgeGraph, open_endpoint, open_project
    from smartcity_kg.describe import Description
    from smartcity_kg.errors import SmartCityError
    from smartcity_kg.report import Finding, Report

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Description",
    "Finding",
    "KnowledgeGraph",
    "Report",
    "Rows",
    "SmartCityError",
    "Triples",
    "Truth",
    "open_endpoint",
    "open_project",
]
_HOMES = {
    "Answer": "answer",
    "Description": "describe",
    "Finding": "report",
    "KnowledgeGraph": "api",
    "Report": "report",
    "Rows": "answer",
    "SmartCityError": "errors",
    "Triples": "answer",
    "Truth": "answer",
    "open_endpoint": "api",
    "open_project": "api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"smartcity_kg.{_HOMES[name]}"), name)
