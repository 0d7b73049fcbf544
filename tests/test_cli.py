"""The command line: what people type, and what they are told when it goes wrong."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest

from cases import ROOT, sample_project
from conftest import CommandLine, Result

COMMANDS = ("audit", "date", "describe", "fmt", "new-city", "queries", "query", "reason", "stats", "validate")
RECORD = "data/cities/magdeburg.ttl"


def fails(result: Result, code: int, *parts: str) -> None:
    """Assert one clear message, the exit code, and no traceback."""
    assert result.code == code, result
    assert "Traceback" not in result.out + result.err
    for part in parts:
        assert part in result.err, result.err


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_and_the_common_options(command: str, run: CommandLine) -> None:
    result = run(command, "--help")
    assert result.code == 0
    for part in (f"smartcity-kg {command}", "Examples:", "--project", "--lang", "--quiet"):
        assert part in result.out


def test_help_lists_every_command(run: CommandLine) -> None:
    out = run("--help").out
    assert all(f"  {command} " in out for command in COMMANDS)


def test_unknown_command(run: CommandLine) -> None:
    fails(run("qurey"), 2, "there is no command 'qurey'", "Did you mean", "'query'")


def test_version(run: CommandLine) -> None:
    assert run("--version").out.startswith("smartcity-kg, version 0.")


def test_module_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "smartcity_kg", "date", "2017"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("2017\n")


def test_help_does_not_load_the_heavy_libraries() -> None:
    code = (
        "import sys; from smartcity_kg import cli; cli.run(['--help']); "
        "print({'rdflib', 'pyshacl', 'owlrl', 'SPARQLWrapper', 'pyoxigraph', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_query_does_not_load_rdflib() -> None:
    code = (
        "import sys; from smartcity_kg import cli; cli.run(['query', 'shared-networks', '--format', 'csv']); "
        "print({'rdflib', 'pyshacl', 'owlrl', 'SPARQLWrapper'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "set()"


# query


def test_query_prints_labels(run: CommandLine) -> None:
    result = run("query", "networks-of-city", "--city", "Magdeburg", "--lang", "de")
    assert result.code == 0
    assert "Netzwerk Energieeffiziente Stadt" in result.out
    assert "3 Zeilen" in result.out


@pytest.mark.parametrize(
    "city", ["Magdeburg", "magdeburg", "city:magdeburg", "https://w3id.org/smartcity-kg/id/city/magdeburg"]
)
def test_city_by_any_of_its_names(city: str, run: CommandLine) -> None:
    assert "Karlsruhe" in run("query", "exchange-partners", f"--city={city}").out


def test_query_as_csv(run: CommandLine) -> None:
    rows = list(csv.DictReader(io.StringIO(run("query", "shared-networks", "--format", "csv").out)))
    assert {"a", "a_label", "network_label"} <= set(rows[0])


def test_query_as_json(run: CommandLine) -> None:
    found = json.loads(run("query", "competition-results", "--city", "Magdeburg", "--format", "json").out)
    ranks = [row["rank"]["value"] for row in found["results"]["bindings"] if "rank" in row]
    assert ranks == ["2"]


def test_json_is_read_by_others(run: CommandLine) -> None:
    text = run("query", "evidence", "--thing", "city:magdeburg/md-e4", "--format", "json").out
    found = ox.parse_query_results(text, format=ox.QueryResultsFormat.JSON)
    assert isinstance(found, ox.QuerySolutions)
    assert len(list(found)) >= 1


def test_query_as_xml_is_read_by_others(run: CommandLine) -> None:
    text = run("query", "competition-results", "--city", "Magdeburg", "--format", "xml").out
    assert ET.fromstring(text).tag.endswith("sparql")  # noqa: S314 - our own output
    found = ox.parse_query_results(text, format=ox.QueryResultsFormat.XML)
    assert isinstance(found, ox.QuerySolutions)
    assert len(list(found)) == 2


def test_query_as_tsv_is_read_by_others(run: CommandLine) -> None:
    text = run("query", "shared-networks", "--format", "tsv").out
    found = ox.parse_query_results(text, format=ox.QueryResultsFormat.TSV)
    assert isinstance(found, ox.QuerySolutions)
    assert len(list(found)) == text.count("\n") - 1


def test_query_as_turtle(run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "q.rq"
    path.write_text("CONSTRUCT { ?c a sckg:City } WHERE { ?c a sckg:City }", encoding="utf-8")
    text = run("query", "--file", str(path)).out
    assert text == run("query", "--file", str(path), "--format", "turtle").out
    assert len(list(ox.parse(text, format=ox.RdfFormat.TURTLE))) >= 5
    assert run("query", "--file", str(path), "--format", "csv").out.startswith("subject,predicate,object")


@pytest.mark.parametrize("format_", ["table", "csv", "json", "xml", "tsv"])
def test_ask_in_every_format(format_: str, run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "q.rq"
    path.write_text("ASK { city:magdeburg a sckg:City }", encoding="utf-8")
    assert any(word in run("query", "--file", str(path), "--format", format_).out for word in ("true", "yes"))


def test_rows_as_turtle_are_refused(run: CommandLine) -> None:
    fails(
        run("query", "shared-networks", "--format", "turtle"), 2, "rows cannot be written as Turtle", "CONSTRUCT"
    )


def test_query_from_standard_input(run: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"SELECT ?c WHERE { ?c a sckg:City }"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert "city:magdeburg" in run("query", "-").out


def test_empty_standard_input(run: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    fails(run("query", "-"), 3, "<standard input>: there is no query")


def test_unknown_query_lists_what_is_there(run: CommandLine) -> None:
    fails(run("query", "shared-network"), 2, "there is no saved query", "'shared-networks'", "There are:", "risks")


def test_unknown_parameter(run: CommandLine) -> None:
    fails(run("query", "networks-of-city", "--town", "Magdeburg"), 2, "town", "--city")


def test_missing_parameter(run: CommandLine) -> None:
    fails(run("query", "networks-of-city"), 2, "needs the parameter --city", "smartcity-kg query networks-of-city")


@pytest.mark.parametrize(
    "arguments", [("--city",), ("--city", "--lang"), ("--city", "a", "--city", "b"), ("more",)]
)
def test_malformed_parameters(arguments: tuple[str, ...], run: CommandLine) -> None:
    fails(run("query", "networks-of-city", *arguments), 2)


def test_unknown_city(run: CommandLine) -> None:
    fails(run("query", "networks-of-city", "--city", "Magdburg"), 2, "there is no city 'Magdburg'", "'Magdeburg'")


@pytest.mark.parametrize(
    ("text", "code", "parts"),
    [
        (b"SELECT ?c WHERE {\n  ?c a sckg:City\n", 2, ["q.rq:", "expected"]),
        (b"SELECT ?c WHERE { ?c a nope:City }", 2, ["q.rq:1:", "a prefix is not declared"]),
        (
            b"SELECT * WHERE {\n SERVICE <http://example.org/> { ?s ?p ?o } }",
            2,
            ["q.rq:2:2: SERVICE is not allowed"],
        ),
        (b"DELETE WHERE { ?s ?p ?o }", 2, ["q.rq:1:1: DELETE is an update"]),
        (b"PREFIX a: <http://a/> INSERT DATA { a:b a a:c }", 2, ["INSERT is an update"]),
        (b"SELECT * FROM <http://example.org/> WHERE { ?s ?p ?o }", 2, ["FROM is not allowed"]),
        (b"Welche St\xe4dte?", 3, ["q.rq:1:10", "UTF-8"]),
        (b"hello", 2, ["this is no SPARQL query"]),
        (b"", 3, ["the file is empty"]),
        (b"SELECT (" + b"CONCAT(" * 1500 + b"1" + b")" * 1500 + b" AS ?x) WHERE {}", 2, ["nested deeper than 64"]),
        (b"SELECT (" + b"1+" * 20_000 + b"1 AS ?x) WHERE {}", 2, ["more than the 16,384 allowed"]),
    ],
)
def test_bad_query_file(text: bytes, code: int, parts: list[str], run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "q.rq"
    path.write_bytes(text)
    fails(run("query", "--file", str(path)), code, *parts)


def test_missing_query_file(run: CommandLine, tmp_path: Path) -> None:
    fails(run("query", "--file", str(tmp_path / "none.rq")), 3, "there is no such file")
    fails(run("query", "--file", str(tmp_path)), 3, "this is a folder")


def test_nothing_to_run(run: CommandLine) -> None:
    fails(run("query"), 2, "Give the NAME")
    fails(run("query", "-", "--city", "Ulm"), 2, "Parameters belong to saved queries")


def test_header_with_an_unknown_key(run: CommandLine, small_project: Path) -> None:
    query = small_project / "queries" / "networks" / "networks-of-city.rq"
    text = query.read_text(encoding="utf-8")
    query.write_text(text.replace("#+ title.en", "#+ titel.en"), encoding="utf-8")
    arguments = ("--project", str(small_project))
    fails(
        run("query", "networks-of-city", "--city", "Ulm", *arguments),
        2,
        "networks-of-city.rq:1",
        "titel.en",
        "'title'",
    )
    fails(run("queries", *arguments), 2, "unknown key")


# endpoint


def test_endpoint_answers_as_the_files_do(run: CommandLine, endpoint: str) -> None:
    for arguments in (("query", "shared-networks"), ("describe", "Magdeburg"), ("stats",)):
        here = run(*arguments, "--lang", "de")
        there = run(*arguments, "--lang", "de", "--endpoint", endpoint)
        assert (there.code, there.out) == (0, here.out)


@pytest.mark.parametrize("command", [("query", "shared-networks"), ("describe", "Magdeburg"), ("stats",)])
def test_endpoint_that_is_down(command: tuple[str, ...], run: CommandLine) -> None:
    address = "http://127.0.0.1:9/sparql"
    fails(run(*command, "--endpoint", address, "--timeout", "2"), 4, address, "cannot be reached")


def test_endpoint_that_is_no_address(run: CommandLine) -> None:
    fails(run("stats", "--endpoint", "example"), 2, "no address of an endpoint")


# queries, describe, stats, reason, date


def test_queries_lists_topics_and_questions(run: CommandLine) -> None:
    out = run("queries", "--lang", "de").out
    assert "networks\n" in out
    assert "Welche Städte" in out


def test_one_query_explained(run: CommandLine) -> None:
    out = run("queries", "units-by-field").out
    assert "--field" in out
    assert "smartcity-kg query units-by-field --field" in out


def test_describe_speaks_in_labels(run: CommandLine) -> None:
    out = run("describe", "MD-E4", "--lang", "de").out
    assert out.startswith("MD-E4 (city:magdeburg/md-e4)")
    assert "Energie" in out
    assert "Bundesministerium für Bildung und Forschung" in out


def test_describe_marks_what_was_concluded(run: CommandLine) -> None:
    assert "* concluded by a rule" in run("describe", "Magdeburg").out


def test_describe_as_json(run: CommandLine) -> None:
    found = json.loads(run("describe", "Karlsruhe", "--format", "json").out)
    exchange = [s for s in found["statements"] if s["label"] == "Magdeburg" and s["inferred_by"]]
    assert exchange


def test_describe_unknown(run: CommandLine) -> None:
    fails(run("describe", "Magdburg"), 2, "there is no entry 'Magdburg'", "'Magdeburg'")
    fails(run("describe", "city:atlantis"), 2, "there is no entry 'city:atlantis'")


def test_stats(run: CommandLine) -> None:
    rows = {
        row["class_label"]: row["entries"]
        for row in csv.DictReader(io.StringIO(run("stats", "--format", "csv").out))
    }
    assert int(rows["statements in all"]) > 4000
    assert int(rows["city"]) >= 5


def test_reason_writes_what_the_rules_add(run_small: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "inferred.nt"
    result = run_small("reason", "--out", str(path))
    assert result.code == 0
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines == sorted(lines)
    assert f"{len(lines):,}  statements in all" in result.out
    turtle = tmp_path / "inferred.ttl"
    run_small("reason", "--quiet", "--out", str(turtle))
    assert len(list(ox.parse(path=str(turtle)))) == len(lines)


def test_reason_refuses_other_formats(run_small: CommandLine, tmp_path: Path) -> None:
    fails(run_small("reason", "--out", str(tmp_path / "a.xml")), 2, ".ttl or .nt")
    fails(run_small("reason", "--out", str(tmp_path / "none" / "a.ttl")), 3, "cannot be written")
    fails(run_small("reason", "--reasoner", "magic"), 2, "magic")


def test_reason_with_owlrl(run: CommandLine, tmp_path: Path) -> None:
    project = sample_project(tmp_path / "project")
    result = run("reason", "--reasoner", "owlrl", "--project", str(project.root))
    assert result.code == 0
    assert "owlrl" in result.out


def test_date(run: CommandLine) -> None:
    out = run("date", "Ende 2017").out
    assert out.splitlines()[0] == "2017-36~"
    assert "2017-10-01 … 2017-12-31" in out
    assert run("date", "first", "half", "of", "2019", "--quiet").out == "2019-40\n"
    assert "offen" in run("date", "seit 2015", "--lang", "de").out


def test_date_that_is_none(run: CommandLine) -> None:
    fails(run("date", "neulich"), 2, "the date 'neulich' is not understood", "Ende 2017")


# validate


def test_validate_everything(run: CommandLine) -> None:
    result = run("validate")
    assert result.code == 0
    assert "conform: 0 violations" in result.out


def test_validate_speaks_german(run: CommandLine, spoilt: Path) -> None:
    result = run("validate", str(spoilt), "--lang", "de")
    assert result.code == 1
    assert "Verstoß C-79" in result.out
    assert "sckg:leadBy" in result.out
    assert "entspricht den Regeln nicht" in result.out


def test_validate_as_json(run: CommandLine, spoilt: Path) -> None:
    found = json.loads(run("validate", str(spoilt), "--format", "json").out)
    assert found["conforms"] is False
    finding = next(finding for finding in found["findings"] if finding["rule"] == "C-79")
    assert finding["level"] == "violation"
    assert set(finding["messages"]) == {"de", "en"}
    assert finding["file"] == str(spoilt)


def test_validate_as_turtle(run: CommandLine, spoilt: Path) -> None:
    result = run("validate", str(spoilt), "--format", "turtle")
    assert result.code == 1
    conforms = "http://www.w3.org/ns/shacl#conforms"
    found = [
        quad.object.value
        for quad in ox.parse(result.out, format=ox.RdfFormat.TURTLE)
        if quad.predicate.value == conforms
    ]
    assert found == ["false"]
    assert result.out == run("validate", str(spoilt), "--format", "turtle").out


def test_a_new_version_of_a_record_takes_the_place_of_the_old_one(run: CommandLine, tmp_path: Path) -> None:
    copy = tmp_path / "new-version.ttl"
    copy.write_bytes((ROOT / RECORD).read_bytes())
    result = run("validate", str(copy))
    assert result.code == 0
    assert "1 file conforms" in result.out


def test_marks_and_line_ends_do_not_matter(run: CommandLine, tmp_path: Path) -> None:
    copy = tmp_path / "windows.ttl"
    copy.write_bytes(b"\xef\xbb\xbf" + (ROOT / RECORD).read_bytes().replace(b"\n", b"\r\n"))
    assert run("validate", str(copy)).code == 0


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (b"<html><body>no</body></html>", ["bad.ttl:1:1"]),
        (b"@prefix a: <http://a/> .\na:b a:c a:d\na:e a:f a:g .", ["bad.ttl:3:", "In the line: a:e"]),
        (b"@prefix a: <http://a/> .\na:b nope:c a:d .", ["bad.ttl:2:5", "nope: has not been declared"]),
        ("@prefix a: <http://a/> .\na:b a:c 'Köln' .".encode("latin-1"), ["bad.ttl:2:11", "UTF-8", "0xF6"]),
        (b"", ["the file is empty"]),
        (b"  \n\t", ["the file is empty"]),
        (b"# nothing\n", ["the file holds no statement"]),
        (b"<http://a/> a <http://b/>\0 .", ["NUL"]),
        (b"\xff\xfe<\x00h\x00", ["UTF-8"]),
    ],
)
def test_validate_what_is_no_turtle(data: bytes, parts: list[str], run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "bad.ttl"
    path.write_bytes(data)
    fails(run("validate", str(path)), 3, *parts)
    assert path.read_bytes() == data


def test_validate_what_is_no_file(run: CommandLine, tmp_path: Path) -> None:
    fails(run("validate", str(tmp_path)), 3, "this is a folder")
    fails(run("validate", str(tmp_path / "none.ttl")), 3, "there is no such file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file")
def test_validate_unreadable_file(run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "locked.ttl"
    path.write_text("<http://a/> a <http://b/> .", encoding="utf-8")
    path.chmod(0)
    fails(run("validate", str(path)), 3, "may not be read")


def test_unreadable_file_says_so(run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "locked.ttl"
    path.write_text("<http://a/> a <http://b/> .", encoding="utf-8")

    def locked(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", locked)
    fails(run("validate", str(path)), 3, "may not be read", "access rights")


@pytest.mark.parametrize("options", [(), ("--trust",)])
def test_one_bad_file_is_refused_and_the_others_are_checked(
    options: tuple[str, ...], run: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "bad.ttl").write_text("no", encoding="utf-8")
    result = run("validate", RECORD, str(tmp_path / "bad.ttl"), *options)
    fails(result, 3, "bad.ttl:1:1")
    assert "1 file conforms" in result.out
    assert "bad.ttl" not in result.out


def test_nothing_is_reported_where_no_file_can_be_read(run: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "bad.ttl").write_text("no", encoding="utf-8")
    result = run("validate", str(tmp_path / "none.ttl"), str(tmp_path / "bad.ttl"))
    fails(result, 3, "bad.ttl:1:1", "there is no such file")
    assert result.out == ""


def test_file_beyond_the_limits(run: CommandLine, small_project: Path) -> None:
    (small_project / "smartcity.toml").write_text(
        "[limits]\nfile_bytes = 1000000\nfile_triples = 100_000\n", encoding="utf-8"
    )
    big = small_project / "big.ttl"
    big.write_text("# " + "x" * 1_000_000, encoding="utf-8")
    fails(
        run("validate", str(big), "--project", str(small_project)), 3, "1,000,002 bytes, more than the 1,000,000"
    )


# project


def test_project_without_ontology(run: CommandLine, tmp_path: Path) -> None:
    fails(run("query", "shared-networks", "--project", str(tmp_path)), 2, "it has no folder 'ontology'")
    fails(run("query", "shared-networks", "--project", str(tmp_path / "none")), 2, "does not exist")


def test_project_with_malformed_settings(run: CommandLine, small_project: Path) -> None:
    (small_project / "smartcity.toml").write_text("base = ", encoding="utf-8")
    fails(run("stats", "--project", str(small_project)), 3, "smartcity.toml", "settings cannot be read")


@pytest.mark.parametrize("value", ["0.5", "-1", "true", "'5'", "[5]"])
def test_a_limit_that_is_no_number(value: str, run: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "ontology").mkdir()
    (tmp_path / "smartcity.toml").write_text(f"[limits]\nquery_seconds = {value}", encoding="utf-8")
    fails(
        run("stats", "--project", str(tmp_path)), 3, "smartcity.toml", "the limit 'query_seconds' is", "no whole"
    )


def test_project_with_a_broken_file(run: CommandLine, small_project: Path) -> None:
    (small_project / "data" / "shared" / "networks.ttl").write_text("a b", encoding="utf-8")
    fails(run("stats", "--project", str(small_project)), 3, "data/shared/networks.ttl:1:1")


def test_unexpected_error_is_logged_with_an_id(
    run: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("smartcity_kg.edtf.from_phrase", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fails(run("date", "2017"), 4, "something unexpected happened (RuntimeError, id ")
    [log] = tmp_path.glob("smartcity-kg-*.log")
    assert "a defect" in log.read_text(encoding="utf-8")


# new-city and fmt


def test_new_city_finds_a_town_of_two_languages_by_its_german_name(run: CommandLine) -> None:
    result = run("new-city", "Bautzen", "--out", "-")
    assert (result.code, result.err) == (0, "")
    assert "foaf:primaryTopic city:bautzen-budysin ;" in result.out


def test_new_city_writes_a_head_that_can_be_read(run: CommandLine, small_project: Path) -> None:
    result = run("new-city", "Frankfurt (Oder)", "--project", str(small_project))
    assert result.code == 0
    path = small_project / "data" / "cities" / "frankfurt-oder.ttl"
    text = path.read_text(encoding="utf-8")
    assert len(list(ox.parse(text, format=ox.RdfFormat.TURTLE))) > 8
    assert "sckg:OrganisationalUnit" in text
    fails(run("new-city", "Frankfurt (Oder)", "--project", str(small_project)), 2, "is there already")
    assert path.read_text(encoding="utf-8") == text


def test_what_new_city_leaves_open_is_found_by_validate(run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "wolfsburg.ttl"
    run("new-city", "Wolfsburg", "--lang", "de", "--out", str(path))
    result = run("validate", str(path), "--lang", "de")
    assert result.code == 1
    assert "Der Herausgeber fehlt" in result.out


def test_new_city_on_standard_output(run: CommandLine) -> None:
    text = run("new-city", 'Ulm" . <x>', "--out", "-").out
    assert len(list(ox.parse(text, format=ox.RdfFormat.TURTLE))) > 8


def test_new_city_without_a_name(run: CommandLine) -> None:
    fails(run("new-city", "???"), 2, "no name of a city")


def test_fmt_keeps_comments_and_statements(run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_bytes(
        b"\xef\xbb\xbf# first\r\n@prefix b: <http://b/> .\r\n<http://a/>    b:c 'd' ; # last\r\n a b:E .\r\n"
    )
    before = {str(quad) for quad in ox.parse(path.read_bytes()[3:], format=ox.RdfFormat.TURTLE)}
    assert run("fmt", "--check", str(path)).code == 1
    assert run("fmt", str(path)).code == 0
    text = path.read_text(encoding="utf-8")
    assert "# first" in text
    assert "# last" in text
    assert {str(quad) for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)} == before
    assert run("fmt", "--check", str(path)).code == 0


def test_fmt_leaves_a_broken_file_alone(run: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("a b c", encoding="utf-8")
    fails(run("fmt", str(path)), 3, "a.ttl:1:1")
    assert path.read_text(encoding="utf-8") == "a b c"


def test_fmt_without_the_formatter(run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("<http://a/> a <http://b/> .", encoding="utf-8")
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    fails(run("fmt", str(path)), 2, "turtlefmt", "pip install")


@pytest.fixture
def small_project(tmp_path: Path, remembered: Path) -> Path:
    """A copy of the project's folders that a test may spoil; it was used before."""
    target = tmp_path / "project"
    for name in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("examples"))
    shutil.copy(ROOT / "smartcity.toml", target)
    # Files in there are replaced, never changed, so that links do.
    shutil.copytree(remembered, target / ".cache", copy_function=os.link)
    return target


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """A copy of the Magdeburg record with a misspelt property."""
    path = tmp_path / "spoilt.ttl"
    text = (ROOT / RECORD).read_text(encoding="utf-8")
    path.write_text(text.replace("sckg:ledBy", "sckg:leadBy", 1), encoding="utf-8")
    return path
