"""Work in a process of its own, beside that which started it (layer 4)."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TypeVar

_Result = TypeVar("_Result")
_LOOKING = 0.1  # seconds between two looks whether there is still somebody to work for


@contextmanager
def beside(work: Callable[[], _Result], *, processes: int = 2) -> Iterator[Callable[[], _Result]]:
    """Start some work in a copy of this process, and give what waits for its result.

    Args:
        work: What is to be done; it sees all that there is now, and only its result comes back.
        processes: Below 2, and where a process cannot be copied, the work is done here when its result is wanted.

    The copy ends with the process that made it, however that ends, and at the end of the block. What waits raises
    what the work raised.

    >>> with beside(lambda: sum(range(10))) as result:
    ...     result()
    45
    """
    if processes < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield work
        return
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(work, theirs, os.getpid()), daemon=True)
    process.start()
    theirs.close()
    try:
        yield lambda: _receive(ours)
    finally:
        process.terminate()
        process.join()
        ours.close()


def _work(work: Callable[[], object], result: Connection, parent: int) -> None:
    # Ctrl+C reaches both; the other one ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        found: tuple[bool, object] = (True, work())
    except Exception as error:  # noqa: BLE001 - raised again by the one that waits
        found = (False, error)
    result.send(found)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOKING)
    os._exit(1)


def _receive(results: Connection) -> _Result:  # type: ignore[type-var]
    try:
        good, found = results.recv()
    except EOFError as error:
        raise ChildProcessError("a process that worked beside this one has ended") from error
    if not good:
        raise found
    return found  # type: ignore[no-any-return]
