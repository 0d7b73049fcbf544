"""The sandbox: a job that takes too much is stopped, the next one is done, and nothing is left behind."""

import io
import os
import pickle
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cases import ROOT, sample_project
from conftest import CommandLine
from smartcity_kg.errors import BackendError, InputError, TimedOut
from smartcity_kg.project import Project
from smartcity_kg.validate import Desk, sandbox
from smartcity_kg.validate.sandbox import Limits, run_job

pytestmark = pytest.mark.skipif(not sandbox.has_sandbox(), reason="there are no forks here")

SMALL = Limits(seconds=1, megabytes=64)


def spin() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(600)


def fill() -> list[bytes]:
    return [bytes(1_000_000) for _ in range(10_000)]


def overflow() -> None:
    os.abort()


def write() -> None:
    Path("left-behind.txt").write_text("x" * 10_000, encoding="utf-8")


def connect() -> None:
    socket.create_connection(("127.0.0.1", 9))


def call() -> None:
    subprocess.run(["true"], check=True)


def refuse() -> None:
    raise InputError("no", path="a.ttl", line=3, hint="Yes.")


class Harmful:
    """An answer that would run a command where it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("true",)


@pytest.mark.parametrize(
    ("work", "error", "said"),
    [
        (spin, TimedOut, "within 1 s.*\n.*check_seconds in smartcity.toml"),
        (fill, BackendError, "with 64 MB of memory\n.*check_megabytes"),
        (overflow, BackendError, "could not be checked"),
        (write, BackendError, "could not be checked"),
        (connect, BackendError, "socket"),
        (call, BackendError, "subprocess|fork"),
        (Harmful, BackendError, "the answer cannot be read"),
        (refuse, InputError, "a.ttl:3: no\n  Yes."),
    ],
)
def test_job_is_stopped_and_the_next_one_is_done(
    work: Callable[[], Any], error: type[Exception], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=said):
        run_job(work, SMALL)
    assert run_job(lambda: (1, "a"), SMALL) == (1, "a")


def test_job_that_waits_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_PATIENCE", 0.1)
    with pytest.raises(TimedOut):
        run_job(sleep, SMALL)


def test_answer_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_MOST_BYTES", 1_000)
    with pytest.raises(BackendError):
        run_job(lambda: "x" * 1_000_000, SMALL)


@pytest.mark.parametrize("work", [lambda: 1, refuse, overflow], ids=["answer", "error", "crash"])
def test_nothing_is_left_after_fifty_jobs(work: Callable[[], Any]) -> None:
    run_quietly(work)
    before = open_files(), children()
    assert len([run_quietly(work) for _ in range(50)]) == 50
    assert (open_files(), children()) == before


def children() -> set[str]:
    """The processes that this one has started and not yet waited for; other tests keep servers running."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = (entry / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()[1]
        except OSError:
            continue
        if int(parent) == os.getpid():
            found.add(entry.name)
    return found


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def run_quietly(work: Callable[[], Any]) -> object:
    try:
        return run_job(work, SMALL)
    except (BackendError, InputError) as error:
        return error


def test_answer_is_made_of_our_own_values_only() -> None:
    with pytest.raises(pickle.UnpicklingError):
        sandbox._Unpickler(io.BytesIO(pickle.dumps(os.system))).load()


# Files


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, Path]:
    """A small project; a file whose check never ends; a good file."""
    folder = tmp_path / "project"
    sample_project(folder)
    (folder / "smartcity.toml").write_text("[limits]\ncheck_seconds = 2\n", encoding="utf-8")
    slow, good = tmp_path / "slow.ttl", tmp_path / "coburg.ttl"
    slow.write_text("<http://e.org/a> a <http://e.org/b> .", encoding="utf-8")
    text = "<https://w3id.org/smartcity-kg/id/org/neu> <http://purl.org/dc/terms/title> 'x' ."
    good.write_text(text, encoding="utf-8")
    check = Desk.check

    def slowly(self: Desk, documents: Any, **options: Any) -> Any:  # noqa: ANN401 - passed on
        if any(document.path.endswith("slow.ttl") for document in documents):
            spin()
        return check(self, documents, **options)

    monkeypatch.setattr(Desk, "check", slowly)
    return folder, slow, good


def test_file_that_takes_too_long_is_no_verdict(files: tuple[Path, Path, Path], run: CommandLine) -> None:
    folder, slow, _ = files
    result = run("validate", str(slow), "--project", str(folder))
    assert (result.code, result.out) == (4, "")
    assert f"{slow}: this could not be checked within 2 s" in result.err
    assert "check_seconds in smartcity.toml; --trust turns it off" in result.err


def test_next_file_is_checked_all_the_same(files: tuple[Path, Path, Path], run: CommandLine) -> None:
    folder, slow, good = files
    result = run("validate", str(slow), str(good), "--project", str(folder))
    assert result.code == 4
    assert "1 file " in result.out
    assert "slow.ttl" in result.err
    assert "coburg.ttl" not in result.err


def test_trust_checks_in_this_process(
    project: Project, run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del project
    monkeypatch.setattr(sandbox, "run_job", refuse)
    copy = tmp_path / "coburg.ttl"
    copy.write_bytes((ROOT / "data" / "cities" / "coburg.ttl").read_bytes())
    assert run("validate", str(copy), "--trust").code == 0


def test_same_report_with_and_without_sandbox(run_small: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "lemgo.ttl"
    text = (ROOT / "tests/sample/data/cities/lemgo.ttl").read_text(encoding="utf-8")
    path.write_text(text.replace("sckg:evidence", "sckg:evidenz", 1), encoding="utf-8")
    inside = run_small("validate", str(path), "--format", "json")
    assert inside == run_small("validate", str(path), "--format", "json", "--trust")
    assert inside.code == 1
