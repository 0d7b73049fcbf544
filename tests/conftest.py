"""What tests share: the project, its graph, a command line to call, and no way out to the network."""

import gc
import ipaddress
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from cases import ROOT, sample_project
from smartcity_kg import cli
from smartcity_kg.graph import open_store, prepared_folder
from smartcity_kg.project import Project
from smartcity_kg.store.embedded import EmbeddedStore
from smartcity_kg.store.remote import RemoteStore
from smartcity_kg.validate import check_files

# As the command line does: what tests share is large, and walking over it again and again takes much of the time.
gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - as in the standard library
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            loopback = host == "localhost" or (host[:1].isdigit() and ipaddress.ip_address(host).is_loopback)
            if not loopback and host != "::1":
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def project() -> Project:
    """The project under test."""
    return Project.at(ROOT)


@pytest.fixture(scope="session")
def embedded(project: Project) -> EmbeddedStore:
    """The whole graph, rules run; tests must not change it."""
    return open_store(project)


@pytest.fixture(scope="session")
def store(embedded: EmbeddedStore) -> ox.Store:
    """The Oxigraph store of the whole graph."""
    return embedded.quads


@dataclass(frozen=True)
class Result:
    """What a command gave."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class CommandLine:
    """The command line, called in this process on the project under test."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Result:
        """Call the command line with some arguments."""
        self.capsys.readouterr()
        code = cli.run(list(arguments))
        captured = self.capsys.readouterr()
        return Result(code, captured.out, captured.err)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Call the command line: `run("query", "risks", "--city", "Ulm").out`."""
    monkeypatch.chdir(ROOT)
    return CommandLine(capsys)


@pytest.fixture(scope="session")
def remembered(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the project keeps from one command to the next: its graph, and the results of its checks."""
    kept = tmp_path_factory.mktemp("remembered") / ".cache"
    graph = prepared_folder(project)
    shutil.copytree(graph, kept / "graph" / graph.name)
    check_files(project, remember=kept / "validate")
    return kept


@pytest.fixture(scope="session")
def sample_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project with the small fixed data, which takes a fraction of the time to check against."""
    return sample_project(tmp_path_factory.mktemp("small") / "project").root


@pytest.fixture
def run_small(
    capsys: pytest.CaptureFixture[str], sample_root: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """Call the command line in the project with the small fixed data; tests must not change that."""
    monkeypatch.chdir(sample_root)
    return CommandLine(capsys)


@pytest.fixture(scope="session")
def sample(project: Project, tmp_path_factory: pytest.TempPathFactory) -> EmbeddedStore:
    """The graph of the small fixed data that expected results are about, rules run."""
    del project
    return open_store(sample_project(tmp_path_factory.mktemp("sample") / "project"))


@pytest.fixture(scope="session")
def endpoint(embedded: EmbeddedStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real SPARQL server on loopback that holds the whole graph."""
    with serving(embedded, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="session")
def remote(
    project: Project, sample: EmbeddedStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RemoteStore]:
    """The same graph as `sample`, on a server of its own."""
    with serving(sample, tmp_path_factory.mktemp("sample-server")) as address:
        yield RemoteStore(address, project.prefixes)


@contextmanager
def serving(store: EmbeddedStore, folder: Path) -> Iterator[str]:
    """Run a SPARQL server on loopback with the content of a store; its address."""
    dump = folder / "graph.nq"
    store.quads.dump(str(dump), format=ox.RdfFormat.N_QUADS)
    program = Path(sys.executable).with_name("oxigraph")
    database = folder / "database"
    subprocess.run([program, "load", "--location", database, "--file", dump], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [program, "serve-read-only", "--location", database, "--bind", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(address)
        yield f"{address}/query"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(address, timeout=1):  # noqa: S310 - loopback
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server at {address} did not start")
