"""Submissions are read and checked in a process of their own, with limits (layer 2).

What does not depend on the file is read once; then each job is a fork of the prepared process, killed when its
time is up. That a file could not be checked is an error and never a verdict on the file. Where processes cannot be
forked, files are checked in this process, with all limits but those on time and memory.
"""

import gc
import io
import math
import os
import pickle
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from smartcity_kg.errors import BackendError, SmartCityError, TimedOut
from smartcity_kg.isolation import leave_network
from smartcity_kg.project import Project
from smartcity_kg.report import Report
from smartcity_kg.validate import Checked, Desk
from smartcity_kg.validate.results import join_report, split_report
from smartcity_kg.validate.submission import is_own
from smartcity_kg.validate.unreadable import translate

_MEGABYTE = 1_000_000
# Reports are small: rules give up after some findings, and a file has ten megabytes.
_MOST_BYTES = 200 * _MEGABYTE
_CHUNK = 65_536
# Time that a job may take on the clock, for each second of the processor: others may be busy too.
_PATIENCE = 4
_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ftplib.", "urllib.")
# What an answer may be made of: whoever took over a job must not be able to call anything here.
_ANSWER = frozenset({"smartcity_kg.errors", "smartcity_kg.report", "smartcity_kg.validate", "pyoxigraph"})


@dataclass(frozen=True)
class Limits:
    """What one job may use: seconds of processor time, and megabytes beyond what the prepared process has."""

    seconds: int
    megabytes: int

    @classmethod
    def of(cls, project: Project, *, files: int = 1) -> "Limits":
        """The limits in a project's settings, for a number of files."""
        seconds = project.limit("check_seconds", 5) * max(files, 1)
        return cls(seconds, project.limit("check_megabytes", 512))


def has_sandbox() -> bool:
    """Whether jobs can be forked and limited here."""
    return hasattr(os, "fork") and sys.platform != "win32"


def check_submissions(
    project: Project, paths: Sequence[str | Path], *, contents: Mapping[Path, bytes] = MappingProxyType({})
) -> Checked:
    """What policy and shapes say about files that may be hostile; those that cannot be checked are in `refusals`.

    Files are checked together, since one may refer to another; if that exceeds a limit, each alone. It starts
    processes and leaves none; it writes nothing; no network. For some files `contents` gives the bytes to take.

    >>> checked = check_submissions(Project.find(), ["none.ttl"])
    >>> checked.report.files, [error.exit_code for error in checked.refusals]
    ((), [3])
    """
    desk = Desk(project, strict=True, contents=contents)
    # What cannot be read is refused first, before anything else is loaded.
    refused = {path: _unreadable(project, desk, path) for path in map(Path, paths)}
    refusals = [checked for checked in refused.values() if checked]
    chosen = [path for path, checked in refused.items() if not checked]
    if not chosen:
        return _joined(refusals)
    desk.prepare()
    try:
        return _joined([_checked(project, desk, chosen), *refusals])
    except BackendError as error:
        if len(chosen) == 1:
            return _joined([_refused(project, error, chosen[0]), *refusals])
    return _joined([*(_alone(project, desk, path) for path in chosen), *refusals])


class Submissions:
    """Checks one submission after the other, each in a fork of this process; what all need is read once.

    Args:
        project: Where shapes, rules and data come from.

    >>> checked = Submissions(Project.find()).check("a.ttl", b"<http://e.org/a> <http://e.org/b> 1")
    >>> [error.line for error in checked.refusals]
    [1]
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._contents: dict[Path, bytes] = {}
        self._desk = Desk(project, strict=True, contents=self._contents)
        self._desk.prepare()

    def check(self, name: str, data: bytes) -> Checked:
        """What policy and shapes say about a text; why it could not be read or checked is in `refusals`.

        Args:
            name: What the report calls it.
            data: Turtle.
        """
        path = Path(name)
        self._contents[path] = data
        try:
            return _unreadable(self._project, self._desk, path) or _alone(self._project, self._desk, path)
        finally:
            del self._contents[path]


def run_job(work: Callable[[], Any], limits: Limits) -> Any:  # noqa: ANN401 - whatever the work gives
    """What some work gives, done in a fork of this process with limits.

    Raises:
        TimedOut: If it takes too long.
        BackendError: If it takes too much memory, or ends in any other way without an answer.
        SmartCityError: What the work raises.

    >>> run_job(lambda: 6 * 7, Limits(5, 512))
    42
    """
    if not has_sandbox():
        return work()
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # Python 3.12 warns of threads beside a fork: the command line has none here, and a job waits for none.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _be_child(work, writing, limits)
    os.close(writing)
    try:
        answer = _receive(reading, time.monotonic() + limits.seconds * _PATIENCE)
    finally:
        os.close(reading)
        # It may have ended already; until it is waited for, nobody else has its number.
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return _opened(answer, status, limits)


def _unreadable(project: Project, desk: Desk, path: Path) -> Checked | None:
    """A refusal if a file cannot be read within the limits."""
    try:
        refusals = run_job(lambda: desk.read([path])[1], Limits.of(project))
    except BackendError as error:
        return _refused(project, error, path)
    return Checked(Report((), ()), join_report([]), refusals) if refusals else None


def _checked(project: Project, desk: Desk, paths: Sequence[Path]) -> Checked:
    def work() -> Checked:
        documents, refusals = desk.read(paths)
        if not documents:
            return Checked(Report((), ()), join_report([]), refusals)
        checked = desk.check(documents)
        return Checked(checked.report, checked.shacl_report, refusals)

    given: Checked = run_job(work, Limits.of(project, files=len(paths)))
    return given


def _alone(project: Project, desk: Desk, path: Path) -> Checked:
    try:
        return _checked(project, desk, [path])
    except BackendError as error:
        return _refused(project, error, path)


def _refused(project: Project, error: BackendError, path: Path) -> Checked:
    translated = translate(error, project)
    named = type(error)(f"{path}: {error.message}", hint=error.hint)
    named.path, named.rule = str(path), translated.rule
    said = translated.translations
    named.translations = {language: (f"{path}: {text}", hint) for language, (text, hint) in said.items()}
    return Checked(Report((), ()), join_report([]), (named,))


def _joined(parts: Sequence[Checked]) -> Checked:
    report = Report(
        tuple(file for part in parts for file in part.report.files),
        tuple(finding for part in parts for finding in part.report.findings),
    )
    results = [result for part in parts for result in split_report(part.shacl_report)]
    return Checked(report, join_report(results), tuple(error for part in parts for error in part.refusals))


def needs_sandbox(project: Project, paths: Sequence[str | Path]) -> bool:
    """Whether any of some files is not the project's own.

    >>> project = Project.find()
    >>> needs_sandbox(project, []), needs_sandbox(project, ["/somewhere/else.ttl"])
    (False, True)
    """
    return any(not is_own(project, Path(path).absolute()) for path in paths)


# The job


def _be_child(work: Callable[[], Any], writing: int, limits: Limits) -> NoReturn:
    """Do the work, send its answer and end, whatever happens."""
    try:
        _confine(writing, limits)
        answer = _answer(work)
        while answer:
            answer = answer[os.write(writing, answer) :]
    finally:
        os._exit(0)


def _answer(work: Callable[[], Any]) -> bytes:
    try:
        return pickle.dumps(("done", work()))
    except SmartCityError as error:
        return pickle.dumps(("raised", error))
    except MemoryError:
        return pickle.dumps(("memory", ""))
    except Exception as error:  # noqa: BLE001 - the outermost frame of the job
        return pickle.dumps(("failed", f"{type(error).__name__}: {error}"[:200]))


def _confine(writing: int, limits: Limits) -> None:
    """Take from this process what the work does not need: files, sockets, programs, time, memory."""
    import resource

    # What was there before is shared with the parent as long as nothing looks through it.
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    highest = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    os.closerange(3, writing)
    os.closerange(writing + 1, min(highest, 65_536))
    leave_network()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CPU, math.ceil(limits.seconds))
    used = _address_space()
    if used:
        _limit(resource.RLIMIT_AS, used + limits.megabytes * _MEGABYTE)
    sys.addaudithook(_refuse)


def _limit(what: int, most: int) -> None:
    import resource

    hard = resource.getrlimit(what)[1]
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (value, value))


def _address_space() -> int:
    """Bytes of address space in use; nought where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"a job must not do this: {event}")


# The answer


class _Unpickler(pickle.Unpickler):
    """Reads values of our own and of pyoxigraph, nothing that could be called to do harm."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as in the standard library
        """A class that an answer may hold.

        Raises:
            UnpicklingError: If it is none.
        """
        if module in _ANSWER and name[:1].isupper():
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")


def _receive(reading: int, deadline: float) -> bytes | None:
    """What a job sends until it ends; none if the deadline passes or it sends too much."""
    received = bytearray()
    while len(received) <= _MOST_BYTES:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return None
        chunk = os.read(reading, _CHUNK)
        if not chunk:
            return bytes(received)
        received += chunk
    return None


def _opened(answer: bytes | None, status: int, limits: Limits) -> Any:  # noqa: ANN401 - whatever the work gave
    slow = os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL}
    if answer is None or (not answer and slow):
        raise TimedOut(
            f"this could not be checked within {limits.seconds} s of processor time",
            hint="Split the file. The limit is check_seconds in smartcity.toml; --trust turns it off.",
        )
    try:
        kind, value = _Unpickler(io.BytesIO(answer)).load() if answer else ("memory", "")
    except Exception as error:
        raise BackendError("this could not be checked: the answer cannot be read", hint="Try again.") from error
    if kind == "done":
        return value
    if kind == "raised" and isinstance(value, SmartCityError):
        raise value
    if kind == "memory":
        raise BackendError(
            f"this could not be checked with {limits.megabytes} MB of memory",
            hint="Split the file. The limit is check_megabytes in smartcity.toml; --trust turns it off.",
        )
    raise BackendError(f"this could not be checked: {value}", hint="Try --trust if the file is your own.")
