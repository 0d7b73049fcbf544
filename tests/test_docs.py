"""The documentation: links lead somewhere, commands give what is shown, examples are read by what reads them.

How a page shows something decides how it is checked:

- ```console: each `$ smartcity-kg …` is run, and what it prints must be what stands below it; a line `…` stands
  for some lines left out, `$ echo $?` for the exit code. A page is one session, from top to bottom, in a copy of
  the project of its own.
- ```LANGUAGE file=PATH: the block is written to that file of the copy; append=PATH: to the end of it;
  replace=PATH: in place of the paragraph that begins with the same word.
- ```python: run, a page as one session; what follows `>>>`, or a comment at the end of a line, must be the result.
- ```turtle, ```sparql: parsed; a query must find something; with excerpt=PATH, that file must say the same.
- ```sh, ```text and others: not run.
"""

import ast
import doctest
import os
import re
import shlex
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pyoxigraph as ox
import pytest

import smartcity_kg
from cases import ROOT, cases
from smartcity_kg.answer import Truth
from smartcity_kg.cli import cli
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore

if TYPE_CHECKING:
    from conftest import CommandLine

ENDPOINT = "http://localhost:7878/query"
WRITTEN_ON = date(2026, 11, 22)
LANGUAGES = {"console", "csv", "json", "python", "sh", "sparql", "text", "toml", "turtle"}
_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=indent)```[ ]*$", re.M | re.S)
_LINK = re.compile(r"\[[^\]\n]*(?:\n[^\]\n]*)?\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(?P<text>.+?) *$", re.M)
_ELLIPSIS = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    options: Mapping[str, str]
    body: str

    @property
    def place(self) -> str:
        """Page and line, for messages."""
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def read_blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in its order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in _FENCE.finditer(text):
        language, *words = fence["info"].split() or [""]
        options = dict(word.split("=", 1) for word in words)
        body = textwrap.dedent(fence["body"])
        found.append(Block(page, text.count("\n", 0, fence.start()) + 1, language, options, body))
    return found


def root_pages() -> Iterator[Any]:
    """The pages that stand beside the code; each must be there."""
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        if not (ROOT / name).is_file():
            raise AssertionError(f"{name} is missing")
        yield pytest.param(ROOT / name, id=name)


PAGES = [*cases("docs", "*.md", at_least=10), *root_pages()]
BLOCKS = [block for page in PAGES for block in read_blocks(page.values[0])]


def in_language(language: str, *, at_least: int) -> list[Any]:
    """One parameter for each block in a language; an error if there are fewer than the floor."""
    found = [pytest.param(block, id=block.place) for block in BLOCKS if block.language == language]
    if len(found) < at_least:
        raise AssertionError(f"{len(found)} blocks in {language}, expected at least {at_least}")
    return found


def is_excerpt(parameter: Any) -> bool:  # noqa: ANN401 - as pytest gives it
    """Whether a block is shown as a part of a file of the project."""
    return "excerpt" in parameter.values[0].options


def with_blocks(language: str, *, at_least: int) -> list[Any]:
    """One parameter for each page that has a block in a language; an error if there are fewer than the floor."""
    pages = {block.page for block in BLOCKS if block.language == language}
    if len(pages) < at_least:
        raise AssertionError(f"{len(pages)} pages with {language}, expected at least {at_least}")
    return [page for page in PAGES if page.values[0] in pages]


@pytest.fixture
def copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, remembered: Path
) -> Path:
    """A copy of the project to work in, on the day that the pages were written, used before."""
    if "run" in request.fixturenames:
        request.getfixturevalue("run")  # it goes to the project's folder, and the copy must have the last word
    folder = tmp_path / "smartcity-kg"
    for name in ("data", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "ontology", folder / "ontology")
    shutil.copy(ROOT / "smartcity.toml", folder)
    # Files in there are replaced, never changed, so that links do.
    shutil.copytree(remembered, folder / ".cache", copy_function=os.link)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("smartcity_kg.layout.date", _Day)
    return folder


class _Day(date):
    @classmethod
    def today(cls) -> Self:
        return cls(WRITTEN_ON.year, WRITTEN_ON.month, WRITTEN_ON.day)


# Commands


@dataclass
class Session:
    """A page as it is worked through: files are written and commands are run in one folder."""

    run: "CommandLine"
    folder: Path
    endpoint: str
    code: int = field(default=0, init=False)

    def play(self, block: Block) -> None:
        """Write the file of a block, or run its commands and compare what they print."""
        if "file" in block.options:
            path = self.folder / block.options["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
        elif "append" in block.options:
            with (self.folder / block.options["append"]).open("a", encoding="utf-8") as file:
                file.write(f"\n{block.body}")
        elif "replace" in block.options:
            replace_paragraph(self.folder / block.options["replace"], block.body)
        elif block.language == "console":
            for command, shown in commands(block):
                given = self.output(command)
                assert matches(shown, given), difference(block, command, shown, given)

    def output(self, command: str) -> str:
        """What a command prints, results first."""
        if command == "echo $?":
            return f"{self.code}\n"
        program, *arguments = shlex.split(command)
        assert program == "smartcity-kg", f"only smartcity-kg is run: {command!r} belongs in a block ```sh"
        result = self.run(*(word.replace(ENDPOINT, self.endpoint) for word in arguments))
        self.code = result.code
        return (result.out + result.err).replace(self.endpoint, ENDPOINT)


def replace_paragraph(path: Path, text: str) -> None:
    """Put a text in place of the one paragraph of a file that begins with the same word."""
    paragraphs = path.read_text(encoding="utf-8").strip("\n").split("\n\n")
    (place,) = [number for number, old in enumerate(paragraphs) if old.split()[0] == text.split(maxsplit=1)[0]]
    paragraphs[place] = text.strip("\n")
    path.write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a console block with what is shown below it."""
    parts = re.split(r"^\$ (.+)\n", block.body, flags=re.M)
    assert not parts[0].strip(), f"{block.place}: a console block begins with a command"
    yield from zip(parts[1::2], parts[2::2], strict=True)


def lines(text: str) -> list[str]:
    """The lines of a text without blanks at their ends, and without empty lines at the end."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def matches(shown: str, given: str) -> bool:
    """Whether a text is what is shown, where a line `…` stands for one or more lines."""
    pattern = "".join(r"(?:[^\n]*\n)+" if line == _ELLIPSIS else re.escape(f"{line}\n") for line in lines(shown))
    return bool(re.fullmatch(pattern, "".join(f"{line}\n" for line in lines(given))))


def difference(block: Block, command: str, shown: str, given: str) -> str:
    """What the failure says."""
    return f"{block.place}: $ {command}\n--- shown\n{shown}\n--- given\n{given}"


def endpoint_of(page: Path, request: pytest.FixtureRequest) -> str:
    """The address of a real server, where a page asks one."""
    if ENDPOINT not in page.read_text(encoding="utf-8"):
        return ENDPOINT
    return str(request.getfixturevalue("endpoint"))


@pytest.mark.parametrize("page", with_blocks("console", at_least=6))
def test_commands_give_what_is_shown(
    page: Path, run: "CommandLine", copy: Path, request: pytest.FixtureRequest
) -> None:
    session = Session(run, copy, endpoint_of(page, request))
    for block in read_blocks(page):
        session.play(block)


@pytest.mark.parametrize(
    ("shown", "given", "same"),
    [
        ("a\nb\n", "a\nb\n\n", True),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\n", "a\n", False),
        ("a\n", "a\nb\n", False),
        ("a…\n", "a, b\n", False),
        ("", "a\n", False),
    ],
)
def test_comparison(shown: str, given: str, same: bool) -> None:
    assert matches(shown, given) is same


@pytest.mark.parametrize("name", cli.list_commands(None))  # type: ignore[arg-type]
def test_every_command_is_explained(name: str) -> None:
    pages = [page.values[0].read_text(encoding="utf-8") for page in PAGES]
    assert any(re.search(rf"\bsmartcity-kg {name}\b(?!-)", text) for text in pages)


# Python, SPARQL, Turtle


@pytest.mark.parametrize("page", with_blocks("python", at_least=3))
def test_python_gives_what_is_shown(page: Path, copy: Path, request: pytest.FixtureRequest) -> None:
    assert copy.is_dir()
    address = endpoint_of(page, request)
    names: dict[str, Any] = {}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    for block in read_blocks(page):
        if block.language == "python":
            shown = examples(block.body.replace(ENDPOINT, address))
            test = doctest.DocTest(shown, names, block.place, str(page), block.line, None)
            runner.run(test, out=said.append, clear_globs=False)
            names = test.globs
    assert runner.failures == 0, "".join(said)


def examples(text: str) -> list[doctest.Example]:
    """The statements of a text with their results: a session with `>>>`, or plain code with comments."""
    if ">>>" in text:
        return doctest.DocTestParser().get_examples(text)
    found = []
    for statement in ast.parse(text).body:
        source = "\n".join(text.splitlines()[statement.lineno - 1 : statement.end_lineno])
        code, _, result = source.rpartition("  # ") if isinstance(statement, ast.Expr) else ("", "", "")
        found.append(doctest.Example(code or source, f"{result}\n" if code else "", lineno=statement.lineno))
    return found


@pytest.mark.parametrize("block", in_language("sparql", at_least=4))
def test_query_is_allowed_and_finds_something(block: Block, embedded: EmbeddedStore) -> None:
    answer = embedded.query(block.body)
    assert isinstance(answer, Truth) or len(answer) > 0


@pytest.mark.parametrize("block", in_language("turtle", at_least=5))
def test_turtle_is_turtle(block: Block, project: Project) -> None:
    assert triples(block, project)


@pytest.mark.parametrize("block", [block for block in in_language("turtle", at_least=5) if is_excerpt(block)])
def test_excerpt_stands_in_its_file(block: Block, project: Project) -> None:
    assert triples(block, project) <= set(project.read(ROOT / block.options["excerpt"]).triples)


def triples(block: Block, project: Project) -> set[ox.Triple]:
    """What a block says; where it is not a whole file, prefixes come from its file, or from project and page."""
    head = ""
    if "excerpt" in block.options:
        head = declarations(project.read(ROOT / block.options["excerpt"]).prefixes)
    elif "append" in block.options or not re.match(r"(#.*\n)*@prefix ", block.body):
        on_page = re.findall(r"^@prefix .+\n", block.page.read_text(encoding="utf-8"), re.M)
        head = declarations(project.prefixes.namespaces) + "".join(on_page)
    return {quad.triple for quad in ox.parse(input=head + block.body, format=ox.RdfFormat.TURTLE)}


def declarations(namespaces: Mapping[str, str]) -> str:
    """Prefixes as Turtle declares them."""
    return "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in namespaces.items())


# Pages


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = [found["target"] for found in _LINK.finditer(text) if not leads_somewhere(page, found["target"])]
    assert broken == []


def leads_somewhere(page: Path, target: str) -> bool:
    """Whether the target of a link is an address, or a file and heading that exist."""
    if re.match(r"https://|mailto:", target):
        return True
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.exists() or not path.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(path.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a page, as GitHub and GitLab make them."""
    headings = (found["text"] for found in _HEADING.finditer(_FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_a_broken_link_would_be_found() -> None:
    index = ROOT / "docs" / "README.md"
    assert leads_somewhere(index, "tutorial.md")
    assert leads_somewhere(index, "../pyproject.toml")
    assert not leads_somewhere(index, "tutorial.html")
    assert not leads_somewhere(index, "tutorial.md#no-such-heading")
    assert not leads_somewhere(index, "../../elsewhere.md")


@pytest.mark.parametrize("page", PAGES)
def test_blocks_say_what_they_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^ *```", text, re.M)) == 2 * len(read_blocks(page))
    assert {block.language for block in read_blocks(page)} <= LANGUAGES


def own_pages() -> Iterable[Any]:
    """The pages that the index names one by one."""
    return [*cases("docs", "tutorial.md", at_least=1), *cases("docs/how-to", "*.md", at_least=7)]


@pytest.mark.parametrize("page", own_pages())
def test_the_index_names_every_page(page: Path) -> None:
    index = ROOT / "docs" / "README.md"
    targets = [found["target"] for found in _LINK.finditer(index.read_text(encoding="utf-8"))]
    assert page in [(index.parent / target.partition("#")[0]).resolve() for target in targets]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("CITATION.cff", r"^version: (\S+)$"),
        ("CHANGELOG.md", r"^## \[(\d[^\]]*)\]"),
        ("pyproject.toml", r'^version = "(.+)"$'),
        ("ontology/smartcity.ttl", r'owl:versionInfo "(.+)"'),
    ],
)
def test_one_version_everywhere(name: str, pattern: str) -> None:
    found = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.M)
    assert found
    assert found[1] == smartcity_kg.__version__


def test_citation_and_changelog_give_one_day() -> None:
    released = re.search(r"^date-released: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    listed = re.search(r"^## \[\d\S*\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert released
    assert listed
    assert released[1] == listed[1]
