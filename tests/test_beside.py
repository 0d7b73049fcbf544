"""Work in another process: its result comes back, its error is raised here, and it never outlives its owner."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from smartcity_kg.errors import BackendError, HeaderProblem, InputError, NotFound, Refused, SyntaxProblem
from smartcity_kg.publish.beside import beside

ERRORS = [
    BackendError("the store failed", hint="Try again."),
    HeaderProblem("a key is missing", path="queries/a.rq", line=3, column=1, hint="Add it."),
    InputError("the file cannot be read", path="data/a.ttl", hint="Look at it."),
    NotFound("no such thing"),
    OSError(errno.ENOSPC, "no space left", "/nowhere"),
    Refused("a rule forbids it", hint="Do something else."),
    SyntaxProblem("this is no Turtle", path="data/a.ttl", line=7, column=3, hint="Mend it."),
]


def fail(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_raised_as_it_is(error: Exception, processes: int) -> None:
    with beside(fail(error), processes=processes) as result, pytest.raises(type(error)) as raised:
        result()
    assert str(raised.value) == str(error)
    assert {**vars(raised.value)} == {**vars(error)}


def test_the_result_comes_back_from_another_process() -> None:
    with beside(os.getpid) as result:
        assert result() != os.getpid()
    with beside(os.getpid, processes=1) as result:
        assert result() == os.getpid()


def test_a_process_that_is_killed_is_an_error() -> None:
    with beside(lambda: os.kill(os.getpid(), signal.SIGKILL)) as result, pytest.raises(ChildProcessError):
        result()


def test_nothing_goes_on_after_the_block(tmp_path: Path) -> None:
    def work() -> None:
        (tmp_path / "pid").write_text(str(os.getpid()), encoding="utf-8")
        time.sleep(60)

    with beside(work):
        pid = wait_for(tmp_path / "pid")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = f"""
        import os, pathlib, time
        from smartcity_kg.publish.beside import beside

        def work():
            place = pathlib.Path({str(tmp_path)!r}, "new")
            place.write_text(str(os.getpid()))
            place.rename(place.with_name("pid"))
            time.sleep(60)

        with beside(work) as result:
            result()
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)]) as process:
        pid = wait_for(tmp_path / "pid")
        process.kill()
    for _ in range(100):
        if not Path(f"/proc/{pid}/stat").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text(
            encoding="utf-8"
        ):
            return
        time.sleep(0.1)
    raise AssertionError("it still runs")


def wait_for(path: Path) -> int:
    for _ in range(200):
        if path.is_file() and (text := path.read_text(encoding="utf-8")):
            return int(text)
        time.sleep(0.05)
    raise AssertionError(f"{path.name} did not come")
