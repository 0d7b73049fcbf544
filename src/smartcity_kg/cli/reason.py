"""`smartcity-kg reason`: what the rules conclude (layer 5)."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartcity_kg.cli.common import common_options, open_project, progress
from smartcity_kg.errors import InputError

if TYPE_CHECKING:
    from smartcity_kg.answer import Triples
    from smartcity_kg.project import Project
    from smartcity_kg.reason import Inference

_HELP = """Run the rules, or owlrl, and show how many statements they add; with --out write these to a file.

owlrl computes the whole OWL 2 RL closure and is slow; the rules give the part that the questions need.

\b
Examples:
  smartcity-kg reason
  smartcity-kg reason --out inferred.ttl
  smartcity-kg reason --reasoner owlrl --out closure.nt
"""
_STATEMENTS = {"en": "statements in all", "de": "Aussagen insgesamt"}


@click.command(help=_HELP)
@click.option("--reasoner", type=click.Choice(["rules", "owlrl"]), default="rules", show_default=True)
@click.option("--out", metavar="FILE", help="Write the new statements: .ttl for Turtle, .nt for N-Triples.")
@common_options
def reason(reasoner: str, out: str | None, folder: str | None, language: str, quiet: bool) -> None:
    """See `_HELP`."""
    if out and Path(out).suffix not in {".ttl", ".nt"}:
        raise click.UsageError("--out wants a file that ends in .ttl or .nt.")
    project = open_project(folder)
    with progress("Reasoning …", quiet=quiet):
        counts, triples = _by_rules(project) if reasoner == "rules" else _by_owlrl(project)
    if not quiet:
        statements = _STATEMENTS[language]
        width = max(len(f"{number:,}") for number in [*counts.values(), len(triples)])
        for name, number in sorted(counts.items()):
            click.echo(f"{number:>{width},}  {name}")
        click.echo(f"{len(triples):>{width},}  {statements}")
    if out:
        _write(Path(out), triples, project)


def _by_rules(project: "Project") -> "tuple[dict[str, int], Triples]":
    from smartcity_kg.answer import Triples
    from smartcity_kg.graph import open_store
    from smartcity_kg.reason import run_rules

    store = open_store(project, stages=())
    found: Inference = run_rules(store, project)
    names = [name for name in store.graphs() if name.startswith(project.inferred)]
    return found.counts, Triples.sorted(triple for name in names for triple in store.triples(graph=name))


def _by_owlrl(project: "Project") -> "tuple[dict[str, int], Triples]":
    from smartcity_kg.graph import open_store
    from smartcity_kg.reason import owlrl_closure

    closure = owlrl_closure(open_store(project, stages=("expand",)))
    return {"owlrl": len(closure)}, closure


def _write(path: Path, triples: "Triples", project: "Project") -> None:
    from smartcity_kg.files import write_whole
    from smartcity_kg.formats import ntriples, turtle

    as_lines = path.suffix == ".nt"
    text = ntriples.write_triples(triples) if as_lines else turtle.write_triples(triples, project.prefixes)
    try:
        write_whole(path, text)
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", path=path) from error
