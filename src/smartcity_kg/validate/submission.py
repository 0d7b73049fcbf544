"""Files to be checked: whose they are, and read with the limits that this asks for (layer 2).

It reads one file, refuses it whole or gives it whole, and touches nothing else.
"""

from pathlib import Path

from smartcity_kg.errors import InputError, SyntaxProblem
from smartcity_kg.project import Project
from smartcity_kg.turtle.parse import Document, decode, parse_turtle, read_bytes, too_large
from smartcity_kg.validate.explain import explain
from smartcity_kg.validate.unreadable import translate

_OWN_FOLDERS = ("data", "ontology")


def is_own(project: Project, path: str | Path) -> bool:
    """Whether a file is one of the project's own: below `data/` or `ontology/`, wherever links lead.

    A relative path is one from the project's folder if there is such a file, else from the working folder.

    >>> project = Project.find()
    >>> is_own(project, project.root / "data/cities/ulm.ttl"), is_own(project, project.root / "ulm.ttl")
    (True, False)
    """
    named = project.root / path
    try:
        real = (named if named.exists() else Path(path)).resolve()
    except (OSError, RuntimeError):  # a name that is too long, or links that lead in a circle
        return False
    return any(real.is_relative_to(project.root / folder) for folder in _OWN_FOLDERS)


def read_checked(project: Project, path: Path, *, strict: bool = False, data: bytes | None = None) -> Document:
    """The triples of a file to be checked; one that is not the project's own is named as it was given.

    Args:
        project: Whose limits apply.
        path: The file.
        strict: Whether a file that is not the project's own must keep to what is asked of submissions: no symbolic
            link, brackets not nested deeper than `file_nesting`.
        data: The bytes to take for those of the file, which is not read then.

    Raises:
        InputError: If it cannot be read or exceeds a limit; with translations.
        SyntaxProblem: If it is no Turtle; with translations, the line and a guess.

    >>> read_checked(Project.find(), Path("none.ttl"))
    Traceback (most recent call last):
    smartcity_kg.errors.InputError: none.ttl: there is no such file
      Check the name and the folder.
    """
    try:
        return _read(project, path, data, strict=strict)
    except InputError as error:
        raise translate(error, project) from error


def _read(project: Project, path: Path, data: bytes | None, *, strict: bool) -> Document:
    name = _name(project, path)
    guarded = strict and not is_own(project, path.absolute())
    most = project.limit("file_bytes", 10_000_000)
    if data is None:
        if guarded and _is_link(path):
            hint = "Name the file that it leads to."
            raise InputError("this is a symbolic link, not a file", path=name, hint=hint)
        data = read_bytes(path, name=name, max_bytes=most)
    elif len(data) > most:
        raise too_large(name, len(data), most)
    return _parse(project, data, name, guarded=guarded)


def parse_submission(project: Project, data: bytes, name: str) -> Document:
    """The triples of a text that comes from outside, under the name given.

    Raises:
        InputError: If it exceeds a limit.
        SyntaxProblem: If it is no Turtle; with translations, the line and a guess.

    >>> len(parse_submission(Project.find(), b"<http://e.org/a> <http://e.org/b> 1 .", "a.ttl").triples)
    1
    """
    most = project.limit("file_bytes", 10_000_000)
    if len(data) > most:
        message = f"the text has {len(data):,} bytes, more than the {most:,} allowed"
        hint = "Split it. The limit is file_bytes in smartcity.toml."
        raise translate(InputError(message, path=name, hint=hint), project)
    try:
        return _parse(project, data, name, guarded=True)
    except InputError as error:
        raise translate(error, project) from error


def _parse(project: Project, data: bytes, name: str, *, guarded: bool) -> Document:
    nesting = project.limit("file_nesting", 100) if guarded else None
    triples = project.limit("file_triples", 200_000)
    try:
        return parse_turtle(data, path=name, max_triples=triples, max_nesting=nesting)
    except SyntaxProblem as problem:
        raise explain(problem, decode(data, name), project) from problem


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:  # reading it will tell why
        return False


def _name(project: Project, path: Path) -> str:
    """A file's name for messages; the whole path where a file of the project is named like that."""
    name = project.relative(path)
    mistaken = not is_own(project, path.absolute()) and is_own(project, name)
    return str(path.absolute()) if mistaken else name
