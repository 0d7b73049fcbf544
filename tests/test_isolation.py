"""A job has no network: neither by the system, where that allows it, nor by Python."""

import ctypes
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest

from smartcity_kg.errors import BackendError
from smartcity_kg.isolation import leave_network
from smartcity_kg.validate.sandbox import Limits, run_job

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are a matter of Linux")


def in_fork(work: Callable[[], int]) -> int:
    """The exit code of some work in a fork."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def connect_by_c(port: int) -> int:
    """0 if a connection to a port of this machine is made by the C library, which no audit hook of Python sees."""
    c = ctypes.CDLL(None, use_errno=True)
    made = c.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    address = (
        socket.AF_INET.to_bytes(2, sys.byteorder) + port.to_bytes(2) + socket.inet_aton("127.0.0.1") + bytes(8)
    )
    return int(made < 0 or c.connect(made, address, len(address)) != 0)


@pytest.fixture
def canary() -> Any:  # noqa: ANN401 - a fixture that yields
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_the_canary_can_be_reached_without_a_sandbox(canary: int) -> None:
    assert in_fork(lambda: connect_by_c(canary)) == 0


def test_without_a_network_nothing_is_reached(canary: int) -> None:
    if in_fork(lambda: 0 if leave_network() else 1):
        pytest.skip("this system lets no process leave its network")
    assert in_fork(lambda: leave_network() and connect_by_c(canary)) == 1


def test_a_job_reaches_nothing_past_python(canary: int) -> None:
    if in_fork(lambda: 0 if leave_network() else 1):
        pytest.skip("this system lets no process leave its network")
    assert run_job(lambda: connect_by_c(canary), Limits(5, 512)) == 1


def test_a_job_must_open_no_socket(canary: int) -> None:
    with pytest.raises(BackendError, match="must not do this"):
        run_job(lambda: socket.create_connection(("127.0.0.1", canary)), Limits(5, 512))


def test_where_the_system_refuses_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object, **__: object) -> object:
        raise OSError("refused")

    monkeypatch.delattr(os, "unshare", raising=False)
    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert leave_network() is False
