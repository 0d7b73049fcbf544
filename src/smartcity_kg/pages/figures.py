"""Pictures on pages, from the answers to queries (layer 4)."""

from pyoxigraph import NamedNode

from smartcity_kg.answer import Rows
from smartcity_kg.pages.site import Page, Site


def draw_rows(site: Site, rows: Rows, view: str, page: Page, *, title: str) -> str:  # noqa: ARG001
    """The picture of an answer in SVG; empty where its view has none, or there is nothing to draw."""
    return ""


def draw_place(site: Site, thing: NamedNode, page: Page) -> str:  # noqa: ARG001
    """The little map of where a thing lies; empty where it has no point."""
    return ""


def draw_module(site: Site, terms: list[NamedNode], page: Page, *, title: str) -> str:  # noqa: ARG001
    """The diagram of some classes and properties; empty where there are none."""
    return ""


def draw_overview(site: Site, page: Page, *, labelled: bool) -> str:  # noqa: ARG001
    """The map of all places; with the names of those that have a record if `labelled`."""
    return ""
