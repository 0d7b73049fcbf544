"""What several commands share: options, the opened graph, output (layer 5)."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from smartcity_kg.api import KnowledgeGraph
    from smartcity_kg.project import Project

F = TypeVar("F", bound=Callable[..., Any])
_USER = "SMARTCITY_KG_USER"
_PASSWORD = "SMARTCITY_KG_PASSWORD"  # noqa: S105 - the name of a variable


def common_options(command: F) -> F:
    """The options of every command: `--project`, `--lang`, `--quiet`."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Only results and errors: no progress, no remarks."),
        click.option(
            "--lang",
            "language",
            type=click.Choice(["de", "en"]),
            default="en",
            show_default=True,
            help="Language of labels and messages.",
        ),
        click.option(
            "--project",
            "folder",
            metavar="DIR",
            type=click.Path(exists=True, file_okay=False),
            help="Project folder; else the one around this folder, else the one in the package.",
        ),
    ):
        command = option(command)
    return command


def endpoint_options(command: F) -> F:
    """`--endpoint` and `--timeout`."""
    for option in (
        click.option(
            "--timeout",
            type=click.FloatRange(min=0.1),
            metavar="SECONDS",
            help="Longest wait for the endpoint.",
        ),
        click.option(
            "--endpoint",
            metavar="URL",
            help=f"Ask this SPARQL 1.1 endpoint instead of the files. Credentials: {_USER}, {_PASSWORD}.",
        ),
    ):
        command = option(command)
    return command


def open_project(folder: str | None) -> "Project":
    """The project that an option names, or the one found."""
    from smartcity_kg.project import Project

    return Project.at(folder) if folder else Project.find()


def open_graph(
    folder: str | None, endpoint: str | None = None, timeout: float | None = None, *, quiet: bool = False
) -> "KnowledgeGraph":
    """The knowledge graph in a folder or on an endpoint; credentials come from the environment."""
    from smartcity_kg import api

    def building() -> None:
        if not quiet and sys.stderr.isatty():
            click.echo("Building the graph (once after each change) …", err=True)

    if not endpoint:
        return api.open_project(folder, building=building)
    user, password = os.environ.get(_USER, ""), os.environ.get(_PASSWORD, "")
    return api.open_endpoint(endpoint, folder, user=user, password=password, timeout=timeout)


def terminal_width() -> int | None:
    """The width of the terminal that output goes to; none where it goes elsewhere."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wants_colour() -> bool:
    """Whether to colour: on a terminal, unless `NO_COLOR` is set."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


@contextmanager
def progress(text: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show that something long is going on, on a terminal's error stream only; call what comes to say how far."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(text) as status:
        yield status.update


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
