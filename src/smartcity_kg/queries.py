"""Saved queries: `.rq` files with a `#+` header, found, read, given parameters and run (layer 2).

One query is one file; its name is the file's stem, its topic the folder. Nothing is known about a query that
does not stand in its file.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from smartcity_kg.answer import Answer, Rows
from smartcity_kg.errors import InputError, NotFound, ParameterProblem, QueryProblem, close_matches, join_or
from smartcity_kg.header import Header, read_header
from smartcity_kg.labels import Choice, resolve, with_labels
from smartcity_kg.project import Project
from smartcity_kg.sparql import check_query
from smartcity_kg.store import Store
from smartcity_kg.terms import XSD, Prefixes

COLUMN_TYPES = (
    "iri",
    "string",
    "langstring",
    "literal",
    "integer",
    "decimal",
    "date",
    "gyear",
    "boolean",
    "edtf",
    "geometry",
)
PARAMETER_TYPES = ("iri", "string", "integer", "date", "boolean")
VIEWS = ("table", "map", "graph", "timeline", "bar")
_ALLOWED = (
    "title.en", "title.de", "description.en", "description.de", "question", "keywords", "view", "columns.*",
    "panel.parameter", "panel.view", "panel.section",
    "titles.*.de", "titles.*.en", "properties.*",
    *(
        f"parameters.*.{key}"
        for key in ("type", "class", "scheme", "optional", "example", "title.en", "title.de")
    ),
)  # fmt: skip
# A query with this parameter gives texts in one language; that of the labels, if nobody says otherwise.
_LANGUAGE = "language"
_REQUIRED = ("title.en", "title.de", "description.en", "description.de")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a saved query, as its header declares it."""

    name: str
    type: str
    optional: bool
    example: str
    titles: Mapping[str, str]
    class_name: str = ""
    scheme: str = ""

    def title(self, language: str) -> str:
        """What the parameter is called in a language."""
        return self.titles.get(language) or self.titles.get("en") or self.name


@dataclass(frozen=True)
class Panel:
    """Where a saved query is part of pages: those of the things that one of its parameters may be.

    Attributes:
        parameter: The parameter.
        view: How the answer is shown there.
        section: The concept of the section it belongs to; empty where it stands by itself.
    """

    parameter: str
    view: str
    section: str = ""


@dataclass(frozen=True)
class SavedQuery:
    """A saved query: `name`, `topic`, its header and its text."""

    name: str
    topic: str
    header: Header
    text: str
    form: str
    columns: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    panel: Panel | None = None

    @property
    def view(self) -> str:
        """How the answer is best shown."""
        return str(self.header.values.get("view", "table"))

    @property
    def sparql(self) -> str:
        """The query without its header."""
        return "\n".join(line for line in self.text.splitlines() if not line.startswith("#+")).strip()

    def title(self, language: str) -> str:
        """The question in a language."""
        return self.header.text("title", language) or self.header.text("title", "en")

    def description(self, language: str) -> str:
        """What counts and what does not, in a language."""
        return self.header.text("description", language) or self.header.text("description", "en")

    @property
    def example(self) -> str:
        """A call that answers with something: the query's name and all required parameters."""
        options = [f"--{p.name} {p.example}" for p in self.parameters if not p.optional]
        return " ".join(["smartcity-kg query", self.name, *options])


def read_saved_queries(project: Project) -> tuple[SavedQuery, ...]:
    """All saved queries of a project, sorted by topic and name.

    Raises:
        HeaderProblem: If a header is malformed.
        InputError: If two queries have the same name.
    """
    found: dict[str, SavedQuery] = {}
    for path in project.files("queries", suffix=".rq"):
        query = read_saved_query(path, project)
        if query.name in found:
            raise InputError(f"two saved queries are named {query.name!r}", path=project.relative(path))
        found[query.name] = query
    return tuple(found.values())


def get_saved_query(project: Project, name: str) -> SavedQuery:
    """The saved query of a name; reads only its file.

    Raises:
        NotFound: If there is none; it names close matches and lists all.

    >>> get_saved_query(Project.find(), "shared-networks").topic
    'networks'
    >>> get_saved_query(Project.find(), "shared-network")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    smartcity_kg.errors.NotFound: there is no saved query 'shared-network'
      Did you mean 'shared-networks', ...
    """
    paths = {path.stem: path for path in project.files("queries", suffix=".rq")}
    if name not in paths:
        raise NotFound.among("saved query", name, paths, hint=f"There are: {', '.join(sorted(paths))}.")
    return read_saved_query(paths[name], project)


def read_saved_query(path: Path, project: Project) -> SavedQuery:
    """The saved query in a file; see `read_saved_queries`."""
    name = project.relative(path)
    text = path.read_text(encoding="utf-8")
    header = read_header(text, path=name, allowed=_ALLOWED, required=_REQUIRED)
    form = check_query(text, name=name, max_bytes=project.limit("query_bytes", 16_384))
    parameters = tuple(
        _parameter(header, key, value) for key, value in header.values.get("parameters", {}).items()
    )
    columns = _columns(header, form)
    panel = _panel(header, parameters)
    return SavedQuery(path.stem, path.parent.name, header, text, form, columns, parameters, panel)


def _panel(header: Header, parameters: tuple[Parameter, ...]) -> Panel | None:
    values = header.values.get("panel")
    if values is None:
        return None
    name = values.get("parameter", "")
    if not any(p.name == name and p.type == "iri" for p in parameters):
        raise header.problem(
            f"the panel's parameter {name!r} is none of the query's that takes an IRI", key="panel.parameter"
        )
    view = values.get("view", header.values.get("view", "table"))
    if view not in VIEWS:
        raise header.problem(
            f"unknown view {view!r} of the panel", key="panel.view", hint=f"Use {', '.join(VIEWS)}."
        )
    return Panel(name, view, values.get("section", ""))


def read_column_titles(project: Project) -> dict[str, dict[str, str]]:
    """What the columns of saved queries are called for people, by language; from `queries/columns.toml`.

    Raises:
        InputError: If the file is malformed.

    >>> read_column_titles(Project.find())["municipality_key"]["de"]
    'Gemeindeschlüssel'
    """
    path = project.root / "queries" / "columns.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the titles of columns cannot be read: {error}", path=path) from error


def _columns(header: Header, form: str) -> dict[str, str]:
    columns = dict(header.values.get("columns", {}))
    if form == "SELECT" and not columns:
        raise header.problem("the header lacks the key 'columns'", hint='Write: #+ columns = {city = "iri"}')
    for key in ("titles", "properties"):
        if unknown := sorted(set(header.values.get(key, {})) - set(columns)):
            raise header.problem(f"{key!r} names the column {unknown[0]!r}, which there is not", key=key)
    for name, kind in columns.items():
        if kind not in COLUMN_TYPES:
            raise header.problem(
                f"unknown type {kind!r} of the column {name!r}",
                key="columns",
                hint=f"Use {', '.join(COLUMN_TYPES)}.",
            )
    if header.values.get("view", "table") not in VIEWS:
        raise header.problem(
            f"unknown view {header.values['view']!r}", key="view", hint=f"Use {', '.join(VIEWS)}."
        )
    return columns


def _parameter(header: Header, name: str, value: object) -> Parameter:
    key = f"parameters.{name}"
    if not isinstance(value, dict) or value.get("type") not in PARAMETER_TYPES:
        raise header.problem(
            f"the parameter {name!r} needs a known type", key=key, hint=f"Use {', '.join(PARAMETER_TYPES)}."
        )
    if "example" not in value:
        raise header.problem(f"the parameter {name!r} needs an example", key=key)
    return Parameter(
        name,
        value["type"],
        bool(value.get("optional", False)),
        str(value["example"]),
        dict(value.get("title", {})),
        value.get("class", ""),
        value.get("scheme", ""),
    )


def run_saved_query(
    query: SavedQuery, store: Store, prefixes: Prefixes, values: Mapping[str, str], *, language: str = "en"
) -> Answer:
    """The answer to a saved query; IRI columns of a SELECT get a label column beside them.

    Args:
        query: What to run.
        store: Embedded or remote.
        prefixes: The project's prefixes.
        values: Parameter name to the text that a person typed.
        language: The language of the labels, and of texts where the query has the parameter `language` and no
            value is given for it.

    Raises:
        ParameterProblem: If a parameter is unknown, missing or of the wrong type.
        NotFound: If a parameter names something that is not in the graph.
        HeaderProblem: If the query gives other columns than its header names.
        BackendError: If the store fails.
    """
    if any(parameter.name == _LANGUAGE for parameter in query.parameters):
        values = {_LANGUAGE: language, **values}
    bindings = bind_parameters(query, store, prefixes, values)
    answer = _query(query, store, bindings)
    if not isinstance(answer, Rows):
        return answer
    if set(answer.columns) != set(query.columns):
        named, given = ", ".join(query.columns), ", ".join(answer.columns)
        raise query.header.problem(f"the header names the columns {named}, the query gives {given}", key="columns")
    iri_columns = [name for name, kind in query.columns.items() if kind == "iri"]
    return with_labels(answer, store, language, iri_columns)


def _query(query: SavedQuery, store: Store, bindings: Mapping[str, NamedNode | Literal]) -> Answer:
    try:
        return store.query(query.text, bindings)
    except QueryProblem as error:
        path = query.header.path
        raise QueryProblem(
            error.message, path=path, line=error.line, column=error.column, hint=error.hint
        ) from error


def bind_parameters(
    query: SavedQuery, store: Store, prefixes: Prefixes, values: Mapping[str, str]
) -> dict[str, NamedNode | Literal]:
    """The terms that the typed values stand for; see `run_saved_query`."""
    known = {parameter.name: parameter for parameter in query.parameters}
    for name in values:
        if name not in known:
            listed = ", ".join(f"--{key}" for key in known) or "none"
            near = [f"--{match}" for match in close_matches(name, known)]
            meant = f"Did you mean {join_or(near)}? " if near else ""
            raise ParameterProblem(f"{query.name} has no parameter --{name}", hint=f"{meant}It has: {listed}.")
    for parameter in query.parameters:
        if not parameter.optional and parameter.name not in values:
            raise ParameterProblem(
                f"{query.name} needs the parameter --{parameter.name}", hint=f"For example: {query.example}"
            )
    return {name: _term(known[name], text, store, prefixes) for name, text in values.items()}


def _term(parameter: Parameter, text: str, store: Store, prefixes: Prefixes) -> NamedNode | Literal:
    if parameter.type == "iri":
        any_thing = parameter.class_name in {"", "rdfs:Resource"}
        choice = Choice(
            class_iri="" if any_thing else prefixes.expand(parameter.class_name).value,
            scheme_iri=prefixes.expand(parameter.scheme).value if parameter.scheme else "",
        )
        return resolve(store, prefixes, text, choice, kind=parameter.title("en").lower())
    literal = _LITERALS[parameter.type](text.strip())
    if literal is None:
        raise ParameterProblem(
            f"--{parameter.name} wants {_WANTED[parameter.type]}, not {text!r}",
            hint=f"For example: --{parameter.name} {parameter.example}",
        )
    return literal


def _string(text: str) -> Literal | None:
    return Literal(text)


def _integer(text: str) -> Literal | None:
    valid = re.fullmatch(r"[+-]?\d{1,18}", text)
    return Literal(str(int(text)), datatype=NamedNode(f"{XSD}integer")) if valid else None


def _date(text: str) -> Literal | None:
    try:
        return Literal(date.fromisoformat(text).isoformat(), datatype=NamedNode(f"{XSD}date"))
    except ValueError:
        return None


def _boolean(text: str) -> Literal | None:
    value = {"true": True, "yes": True, "ja": True, "false": False, "no": False, "nein": False}.get(text.lower())
    return None if value is None else Literal(value)


_LITERALS: Mapping[str, Callable[[str], Literal | None]] = {
    "string": _string,
    "integer": _integer,
    "date": _date,
    "boolean": _boolean,
}
_WANTED = {"integer": "a whole number", "date": "a date such as 2019-03-19", "boolean": "true or false"}
