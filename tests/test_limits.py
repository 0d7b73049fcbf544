"""Limits on what comes from outside: each is a setting, each has a clear message, none ends a process."""

import os
import re
import socket
from pathlib import Path

import pytest

from cases import ROOT, sample_project
from conftest import CommandLine
from smartcity_kg.errors import InputError, SyntaxProblem
from smartcity_kg.project import Project
from smartcity_kg.turtle.parse import parse_turtle, read_bytes
from smartcity_kg.validate.explain import explain
from smartcity_kg.validate.sandbox import check_submissions
from smartcity_kg.validate.submission import is_own, read_checked

A = "<http://e.org/a> <http://e.org/p> "


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with tight limits on files."""
    folder = tmp_path_factory.mktemp("limits") / "project"
    sample_project(folder)
    settings = "[limits]\nfile_bytes = 20_000\nfile_triples = 50\nfile_nesting = 5\n"
    (folder / "smartcity.toml").write_text(settings, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with tight limits on what stands in files."""
    folder = tmp_path_factory.mktemp("limits") / "project"
    sample_project(folder)
    settings = "[limits]\niri_bytes = 60\nliteral_bytes = 40\nwkt_bytes = 80\n"
    (folder / "smartcity.toml").write_text(settings, encoding="utf-8")
    return folder


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "file.ttl"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# What is no file


def test_pipe_is_refused_and_not_waited_for(project: Project, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ttl")
    with pytest.raises(InputError, match="this is a pipe, not a file"):
        read_checked(project, tmp_path / "pipe.ttl", strict=True)


def test_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.ttl")
        with pytest.raises(InputError, match="this is a socket, not a file"):
            read_bytes(Path("s.ttl"))


def test_device_is_refused() -> None:
    with pytest.raises(InputError, match="this is a device, not a file"):
        read_bytes(Path("/dev/zero"))


def test_symbolic_link_is_refused_from_outside_only(project: Project, tmp_path: Path) -> None:
    target = written(tmp_path, f"{A}1 .")
    link = tmp_path / "link.ttl"
    link.symlink_to(target)
    with pytest.raises(InputError, match="symbolic link"):
        read_checked(project, link, strict=True)
    assert len(read_checked(project, link).triples) == 1


@pytest.mark.parametrize("options", [(), ("--trust",)])
@pytest.mark.parametrize("name", ["a" * 300, "circle.ttl"])
def test_a_path_that_leads_nowhere_is_refused(
    name: str, options: tuple[str, ...], run_small: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "circle.ttl").symlink_to(tmp_path / "circle.ttl")
    result = run_small("validate", str(tmp_path / name), *options)
    assert result.code == 3
    assert "unexpected" not in result.err


def test_a_link_out_of_the_project_makes_no_file_its_own(small: Path, tmp_path: Path) -> None:
    link = small / "data" / "link.ttl"
    link.symlink_to(written(tmp_path, f"{A}1 ."))
    assert not is_own(Project.at(small), link)
    link.unlink()


def test_a_file_named_like_one_of_the_project_is_not_taken_for_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data" / "cities" / "coburg.ttl"
    path.parent.mkdir(parents=True)
    path.write_text(f"{A}1 .", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    document = read_checked(project, Path("data/cities/coburg.ttl"))
    assert not is_own(project, document.path)
    assert document.path == str(path)


# Sizes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# " + "x" * 20_000, "20,002 bytes, more than the 20,000 allowed"),
        ("\n".join(f"{A}{number} ." for number in range(60)), "more than 50 statements"),
        (f"{A}\n{'(' * 6}{')' * 6} .", "file.ttl:2:6: brackets are nested deeper than the 5 allowed"),
        (A + "[ <http://e.org/p> " * 500 + "]" * 500 + " .", "nested deeper than the 5"),
        (A + "[" * 1_000, "nested deeper than the 5"),
        (b"<http://e.org/a>\n a <http://e.org/\0> .", "file.ttl:2:18: the file holds a NUL character"),
        (b"<http://e.org/a> a 'caf\xe9' .", "file.ttl:1:24: the file is not encoded in UTF-8 (byte 0xE9)"),
        (b"\xff\xfe<\x00", "not encoded in UTF-8"),
    ],
    ids=["bytes", "triples", "nesting", "nested brackets", "open brackets", "NUL", "Latin-1", "UTF-16"],
)
def test_too_much_is_refused(text: str | bytes, said: str, small: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_checked(Project.at(small), written(tmp_path, text), strict=True)
    assert said in str(refused.value)


def test_brackets_in_texts_and_comments_do_not_count(small: Path, tmp_path: Path) -> None:
    text = f'{A}\'((((((((\' , """[[[[[[[[[\n"[""" . # ((((((((('
    assert len(read_checked(Project.at(small), written(tmp_path, text), strict=True).triples) == 2


def test_byte_order_mark_is_no_mistake(project: Project, tmp_path: Path) -> None:
    assert len(read_checked(project, written(tmp_path, b"\xef\xbb\xbf" + f"{A}1 .".encode())).triples) == 1


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (f"<http://e.org/{'a' * 60}>", "P-08"),
        (f"'{'a' * 41}'", "P-07"),
        (f"'{'a' * 81}'^^<http://www.opengis.net/ont/geosparql#wktLiteral>", "P-07"),
    ],
)
def test_lengths_are_settings(value: str, rule: str, short: Path, run: CommandLine, tmp_path: Path) -> None:
    path = written(tmp_path, f"{A}{value} .")
    result = run("validate", str(path), "--project", str(short))
    assert (result.code, result.err) == (1, "")
    assert f"violation {rule}" in result.out
    assert re.search("longer than (60|40|80) bytes", result.out)


# In German

REFUSED = [
    ("missing", None, "Diese Datei gibt es nicht"),
    ("name", None, "Die Datei lässt sich nicht lesen"),
    ("folder", None, "Das ist ein Ordner"),
    ("pipe", None, "Das ist keine Datei"),
    ("link", None, "Das ist eine symbolische Verknüpfung"),
    ("empty", "", "Die Datei ist leer"),
    ("bytes", "# " + "x" * 20_000, "Die Datei hat 20.002 Bytes, mehr als die erlaubten 20.000"),
    ("triples", "\n".join(f"{A}{number} ." for number in range(60)), "Die Datei hat mehr als 50 Aussagen"),
    ("nesting", f"{A}{'(' * 6}{')' * 6} .", "Klammern sind tiefer verschachtelt als die erlaubten 5"),
    ("NUL", f"{A}'\0' .", "Die Datei enthält ein NUL-Zeichen"),
    ("encoding", b"<http://e.org/a> a 'caf\xe9' .", "Die Datei ist nicht in UTF-8 kodiert (Byte 0xE9)"),
    ("no statement", "# nothing", "Die Datei enthält keine Aussage"),
    ("line end", f"{A}'a\n' .", "Ein Text endet nicht in der Zeile, in der er beginnt"),
    ("escape", f"{A}'\\x' .", "Nach einem umgekehrten Schrägstrich darf \\x nicht stehen"),
    ("percent", f"{A}<http://e.org/%zz> .", "Nach einem Prozentzeichen stehen in einem IRI zwei Ziffern"),
    ("prefix", f"@prefix q <x> .\n{A}1 .", "Hinter @prefix fehlt ein Präfix"),
    ("character", f"{A}'a'@de_DE .", "Das Zeichen „D“ passt hier nicht"),
    ("JSON", '{"@context": {}}', "Das ist JSON. Speichern Sie die Daten als Turtle."),
    ("XML", '<?xml version="1.0"?><a/>', "Das ist XML. Speichern Sie die Daten als Turtle."),
]


def made(name: str, path: Path) -> Path:
    """Something that is no file that can be read."""
    if name == "folder":
        path.mkdir()
    elif name == "pipe":
        os.mkfifo(path)
    elif name == "link":
        path.symlink_to(ROOT / "smartcity.toml")
    return path.with_name("a" * 300) if name == "name" else path


@pytest.mark.parametrize(("name", "content", "said"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_all_is_said_in_german_too(
    name: str, content: str | bytes | None, said: str, small: Path, tmp_path: Path
) -> None:
    path = made(name, tmp_path / "file.ttl") if content is None else written(tmp_path, content)
    with pytest.raises(InputError) as refused:
        read_checked(Project.at(small), path, strict=True)
    english, german = refused.value.in_language("en"), refused.value.in_language("de")
    assert said in str(german)
    assert german.rule
    assert bool(german.hint) == bool(english.hint)
    assert all(line not in str(german) for line in english.hint.splitlines() if line.strip(" ^"))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            "check_seconds = 1",
            "Die Prüfung wurde nach 1 s Rechenzeit abgebrochen\n  Teilen Sie die Datei. Die Grenze",
        ),
        (
            "check_megabytes = 1",
            "Die Prüfung braucht mehr als die erlaubten 1 MB Speicher\n  Teilen Sie die Datei.",
        ),
    ],
)
def test_limits_on_time_and_memory_are_explained_in_german(limits: str, said: str, tmp_path: Path) -> None:
    sample_project(tmp_path / "project")
    (tmp_path / "project" / "smartcity.toml").write_text(f"[limits]\n{limits}\n", encoding="utf-8")
    path = written(tmp_path, "".join(f"{A}'{number}' .\n" for number in range(150_000)))
    errors = check_submissions(Project.at(tmp_path / "project"), [path]).refusals
    assert [str(error.in_language("de")).startswith(f"{path}: {said}") for error in errors] == [True]


# Syntax that is not meant


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"{A}1 .\n{A}<< <http://e.org/a> <http://e.org/b> 1 >> .", "2:35"),
        (f"{A}1 {{| <http://e.org/b> 2 |}} .", "1:37"),
        (f"{A}<<( <http://e.org/a> <http://e.org/b> 1 )>> .", "1:35"),
        (f"{A}1 ~ <http://e.org/r> .", "1:37"),
        (f"{A}'x'@en--ltr .", "1:38"),
        (f"{A}'<<' , '~' . # <<\n{A}1 ~ .", "2:37"),
    ],
)
def test_rdf12_is_refused_with_its_place(text: str, place: str, run_small: CommandLine, tmp_path: Path) -> None:
    result = run_small("validate", str(written(tmp_path, text)))
    assert result.code == 3
    assert f"file.ttl:{place}: This is syntax of RDF 1.2" in result.err


@pytest.mark.parametrize(
    "text",
    [
        f"{A}1e999999999 .",
        f"{A}'99999999-99-99'^^<http://www.w3.org/2001/XMLSchema#date> .",
        f"{A}'x'^^<http://www.w3.org/2001/XMLSchema#integer> .",
        f"{A}({' 1' * 20_000} ) .",
        f"{A}{'9' * 5_000} .",
    ],
    ids=["double", "date", "integer", "list", "digits"],
)
def test_odd_values_give_a_report(text: str, run_small: CommandLine, tmp_path: Path) -> None:
    result = run_small("validate", str(written(tmp_path, text)))
    assert (result.code, result.err) == (1, "")
    assert "violation C-78" in result.out


def test_a_list_beyond_the_limit_is_refused(run_small: CommandLine, tmp_path: Path) -> None:
    result = run_small("validate", str(written(tmp_path, f"{A}({' 1' * 100_001} ) .")))
    assert result.code == 3
    assert "more than 200,000 statements" in result.err


# Messages


@pytest.mark.parametrize(
    ("text", "place", "german", "english"),
    [
        ("<http://e/a> a skso:b .", "1:16", "Der Präfix skso: ist nicht vereinbart", "Did you mean skos:?"),
        (
            "<http://e/a> a sta:b .",
            "1:16",
            "Ergänzen Sie am Anfang: @prefix sta: <",
            "Add at the top: @prefix sta: <",
        ),
        ("<http://e/a> a zzzzzz:b .", "1:16", "Vereinbaren Sie ihn", "Declare it at the top"),
        (
            "<http://e/a> <http://e/p> 1\n  <http://e/q> 2 .",
            "2:3",
            "Zeile 1 ein Semikolon",
            "semicolon (;) is missing|;",
        ),
        ("<http://e/a> <http://e/p> 1\n<http://e/q> a 2 .", "2:1", "Zeile 1 ein Punkt", "dot (.)"),
        ("<http://e/a> <http://e/p> 1", "1:28", "Zeile 1 ein Punkt", "dot (.)"),
        ("<http://e/a> <http://e/p> 'x' , \"y .\n", "1:33", "Zeile 1 ein Anführungszeichen", "quotation mark"),
        ("<http://e/a> <http://e/p> <http://e/b .\n", "1:27", "das Zeichen > am Ende", "The|the > at the end"),
        ("<http://e/a> <http://e/p> 52,13 % .", "1:33", "52.13 statt 52,13", "52.13 instead of 52,13"),
        ("<http://e/a> <http://e/p> „x“ .", "1:27", "statt „", "instead of „"),
        ("<a> a <http://e/b> .", "1:1", "Der IRI ist nicht vollständig", "not absolute"),
        ("<http://e/a> ; .", "1:14", "; kann hier keine Eigenschaft sein", "; is not a valid predicate"),
    ],
)
def test_syntax_is_explained_in_both_languages(
    text: str, place: str, german: str, english: str, project: Project
) -> None:
    problem = explained(text, project)
    assert f"file.ttl:{place}: " in str(problem)
    assert german in str(problem.in_language("de"))
    assert any(part in str(problem) for part in english.split("|"))


def explained(text: str, project: Project) -> SyntaxProblem:
    with pytest.raises(SyntaxProblem) as refused:
        parse_turtle(text.encode(), path="file.ttl")
    return explain(refused.value, text, project)


def test_the_caret_stands_below_the_place(project: Project) -> None:
    _, line, caret, _ = str(explained(f"{A}1 ,\n   2 ; a skso:B .", project)).splitlines()
    assert line[caret.index("^") :].startswith("skso:B")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    "text", [f"{A}{'x' * 9_000} .", f"{A}'{'y' * 9_000}' {'z' * 900}:{'z' * 900} .", f"{A}<{'a ' * 900}> ."]
)
def test_messages_are_short(text: str, language: str, project: Project) -> None:
    assert len(str(explained(text, project).in_language(language))) <= 500


def test_the_project_s_own_files_are_explained_too(run: CommandLine, short: Path) -> None:
    path = short / "data" / "cities" / "broken.ttl"
    path.write_text(f"{A}1", encoding="utf-8")
    result = run("validate", str(path), "--project", str(short), "--lang", "de")
    path.unlink()
    assert result.code == 3
    assert "data/cities/broken.ttl:1:36: Die Datei endet mitten in einer Aussage" in result.err


def test_settings_name_all_limits() -> None:
    text = (ROOT / "smartcity.toml").read_text(encoding="utf-8")
    named = set(re.findall(r"^(\w+) =", text.split("[limits]")[1], re.MULTILINE))
    used = {"file_bytes", "file_triples", "file_nesting", "iri_bytes", "literal_bytes", "wkt_bytes"}
    assert used | {"check_seconds", "check_megabytes"} <= named
