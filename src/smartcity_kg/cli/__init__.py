"""The command line (layer 5): a skin on the library.

Each command stands in a module of its own and is imported when it is called, so that `--help` starts fast.
Exit codes: 0 good, 1 does not conform, 2 used wrongly, 3 could not read, 4 store or endpoint failed.
"""

import gc
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from smartcity_kg import __version__

if TYPE_CHECKING:
    from smartcity_kg.errors import SmartCityError

_COMMANDS = {
    "audit": "Check a built site against the conventions of linked data.",
    "build": "Write a release: dumps, tables, what changed.",
    "compare": "Say what changed from one file to another.",
    "date": "Turn a date as people write it into EDTF.",
    "describe": "Show what is known about a thing.",
    "fmt": "Put Turtle files into canonical layout.",
    "mcp": "Serve the graph to assistants (Model Context Protocol).",
    "new-city": "Write the head of a new city record.",
    "queries": "List the saved queries, or explain one.",
    "query": "Run a saved query, or one of your own.",
    "reason": "Show what the rules conclude.",
    "site": "Write the web pages of the whole graph.",
    "serve": "Serve pages, linked data and a SPARQL endpoint.",
    "stats": "Count what is in the graph.",
    "validate": "Check records against the shapes.",
}
_LONG_LINE = 160
_ERROR = {"de": "Fehler", "en": "Error"}
_EXAMPLES = """

\b
Examples:
  smartcity-kg query networks-of-city --city Magdeburg
  smartcity-kg describe Magdeburg --lang de
  smartcity-kg validate data/cities/magdeburg.ttl
  smartcity-kg queries
"""


class _LateGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"smartcity_kg.cli.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            from smartcity_kg.errors import NotFound

            listed = ", ".join(_COMMANDS)
            raise NotFound.among("command", args[0], _COMMANDS, hint=f"Commands: {listed}.") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_LateGroup,
    help="The German Smart City Atlas as a knowledge graph: ask, describe, check." + _EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="smartcity-kg")
def cli() -> None:
    """The group of all commands."""


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    # A graph is millions of small objects that stay; to walk over them again and again takes much of the time.
    gc.set_threshold(50_000, 20, 50)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line with some arguments; the exit code."""
    from smartcity_kg.errors import SmartCityError

    try:
        code = cli.main(arguments, prog_name="smartcity-kg", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        return 130
    except SmartCityError as error:
        click.echo(_wrapped(heading(error)), err=True)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the outermost frame
        click.echo(_unexpected(error), err=True)
        return 4


def heading(error: "SmartCityError") -> str:
    """An error as the command line shows it, with the word for it in its language.

    >>> from smartcity_kg.errors import InputError
    >>> heading(InputError("unexpected end", path="a.ttl"))
    'Error: a.ttl: unexpected end'
    """
    return f"{_ERROR[error.language]}: {error}"


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(
        textwrap.fill(line, 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        if len(line) > _LONG_LINE
        else line
        for line in text.splitlines()
    )


def _unexpected(error: Exception) -> str:
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="smartcity-kg-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        traceback.print_exception(error, file=log)
    identifier = Path(log.name).stem.removeprefix("smartcity-kg-")
    return (
        f"Error: something unexpected happened ({type(error).__name__}, id {identifier}).\n"
        f"  Please report it with the file {log.name}"
    )
