"""Files for running the server in public: they name what there is, and the programs they are for take them."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import httpx
import pytest
from starlette.routing import Route

from cases import ROOT, sample_project
from conftest import CommandLine
from smartcity_kg.cli.serve import serve
from smartcity_kg.project import Project
from smartcity_kg.server.app import create_app
from smartcity_kg.server.serving import Serving
from test_server import Server

DEPLOY = ROOT / "deploy"
CONTAINER = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
UNIT = (DEPLOY / "smartcity-kg.service").read_text(encoding="utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
PROXY = (DEPLOY / "nginx-proxy.conf").read_text(encoding="utf-8")
PAGES = ("docs/how-to/run-in-public.md", "docs/de/betreiben.md")


def program(name: str) -> str:
    """A program of this system; the test is skipped where there is none."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def serve_calls() -> list[tuple[str, list[str]]]:
    """Every call of `smartcity-kg serve` that a file names, with its arguments."""
    listed = re.search(r"^CMD (\[.*\])$", CONTAINER, re.MULTILINE)
    started = re.search(r"^ExecStart=\S+/smartcity-kg (.*)$", UNIT, re.MULTILINE)
    assert listed and started
    calls = [("Containerfile", tomllib.loads(f"c = {listed[1]}")["c"]), ("unit", shlex.split(started[1]))]
    for name in PAGES:
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        found = re.findall(r"smartcity-kg +(serve --[^\n#|&]*)", text)
        assert found, name
        calls += [(name, shlex.split(one)) for one in found]
    return calls


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in serve_calls()])
def test_options_of_the_server_are_real(call: list[str]) -> None:
    command, *arguments = call
    assert command == "serve"
    context = serve.make_context("serve", arguments)
    assert isinstance(context, click.Context)


# The container


def test_what_is_copied_into_the_image_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINER, re.MULTILINE)
    assert copied
    assert not [name for line in copied for name in line.split() if not (ROOT / name).exists()]


def test_image_runs_as_nobody_special_and_says_whether_it_is_well() -> None:
    assert re.search(r"^USER \d{5}:\d{5}$", CONTAINER, re.MULTILINE)
    assert "/healthz" in CONTAINER
    assert not re.search(r"^FROM \S+:latest|^FROM [^:\s]+( AS|$)", CONTAINER, re.MULTILINE)
    assert not re.search(r"^ADD ", CONTAINER, re.MULTILINE)


def test_containerfile_is_lint_free() -> None:
    found = subprocess.run(
        [program("hadolint"), str(DEPLOY / "Containerfile")], capture_output=True, text=True, check=False
    )
    assert not found.stdout


def pins(path: Path) -> dict[str, frozenset[str]]:
    """What a lock file pins: name and version (with its marker), and the hashes."""
    lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return {line.partition(" --hash")[0].strip(): frozenset(line.split("--hash=")[1:]) for line in lines if line}


def test_server_is_pinned_as_the_project_is() -> None:
    whole, part = pins(ROOT / "requirements.lock"), pins(DEPLOY / "requirements.lock")
    versions = {name.partition(" ;")[0]: {h.strip() for h in hashes} for name, hashes in whole.items()}
    for name, hashes in part.items():
        assert versions[name.partition(" ;")[0]] == {h.strip() for h in hashes}, name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["server"]]
    names = {name.partition("==")[0] for name in part}
    assert {re.split(r"[<>=~\[]", one)[0].lower().replace("_", "-") for one in wanted} <= names


# systemd


def test_unit_is_understood_by_systemd(tmp_path: Path) -> None:
    unit = tmp_path / "smartcity-kg.service"
    unit.write_text(UNIT.replace("/opt/smartcity-kg/bin/smartcity-kg", sys.executable), encoding="utf-8")
    found = subprocess.run(
        [program("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize(
    "line",
    [
        "DynamicUser=yes",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "IPAddressDeny=any",
        "IPAddressAllow=localhost",
    ],
)
def test_unit_gives_no_more_rights_than_needed(line: str) -> None:
    assert line in UNIT.splitlines()


# nginx


def test_configuration_is_understood_by_nginx(tmp_path: Path) -> None:
    nginx = program("nginx")
    write_nginx(tmp_path, port=1, tls=2, server=3)
    found = subprocess.run([nginx, "-t", "-c", tmp_path / "all.conf"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert "[warn]" not in found.stderr


def write_nginx(folder: Path, *, port: int, tls: int, server: int) -> None:
    """A whole configuration around the example, with a certificate, places and ports of its own."""
    made: list[str | Path] = [
        *(program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=localhost", "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"),
    ]
    subprocess.run(made, capture_output=True, check=True)
    own = (
        NGINX.replace("/etc/letsencrypt/live/data.example.org", str(folder))
        .replace("/etc/nginx/smartcity-kg-proxy.conf", str(folder / "proxy.conf"))
        .replace("/var/log/nginx", str(folder))
        .replace("127.0.0.1:8000", f"127.0.0.1:{server}")
        .replace("[::]:80;", f"[::1]:{port};")
        .replace("listen 80;", f"listen 127.0.0.1:{port};")
        .replace("[::]:443", f"[::1]:{tls}")
        .replace("listen 443", f"listen 127.0.0.1:{tls}")
    )
    (folder / "site.conf").write_text(own, encoding="utf-8")
    (folder / "proxy.conf").write_text(PROXY, encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "all.conf").write_text(
        f"pid {folder}/pid;\nerror_log stderr warn;\ndaemon off;\nevents {{}}\n"
        f"http {{\n{places}include {folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )


def test_places_with_a_rate_of_their_own_are_routes(tmp_path: Path) -> None:
    app = create_app(Serving(sample_project(tmp_path)))
    paths = [route.path.lstrip("/") for route in app.routes if isinstance(route, Route)]
    found = re.search(r"location ~ \^/\(\?:\[a-z\]\[a-z\]/\)\?\(\?:(.*?)\) \{", NGINX)
    assert found
    for name in found[1].split("|"):
        assert [path for path in paths if path.startswith(name)], name
    assert "metrics" in paths


def test_larger_files_than_the_server_takes_are_refused_by_nginx_first() -> None:
    most = Project.at(ROOT).limit("file_bytes", 0)
    allowed = re.search(r"client_max_body_size (\d+)m;", NGINX)
    assert allowed
    assert most < int(allowed[1]) * 2**20 < 1.3 * most


# Visitors behind another web server


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that believes a web server on this machine, and gives each visitor a second a minute."""
    project = sample_project(tmp_path_factory.mktemp("deploy") / "project").root
    settings = project / "smartcity.toml"
    text = settings.read_text(encoding="utf-8")
    limits = "[limits]\nclient_seconds = 1\nquery_seconds = 2\n"
    settings.write_text(text.replace("[limits]\n", limits), encoding="utf-8")
    running = Server(project, project.parent / "log", "--proxy", "127.0.0.1").wait()
    yield running
    running.stop()


def ask(server: Server, visitor: str, number: int) -> int:
    """The status of a query that takes long, asked by somebody."""
    query = f"SELECT (COUNT(*) AS ?n{number}) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }}"
    headers = {"X-Forwarded-For": visitor, "Accept": "application/sparql-results+json"}
    return httpx.get(f"{server.address}/sparql", params={"query": query}, headers=headers, timeout=30).status_code


def test_each_visitor_behind_a_proxy_has_a_share_of_its_own(busy: Server) -> None:
    statuses = [ask(busy, "192.0.2.1", number) for number in range(4)]
    assert statuses[0] == 504
    assert statuses[-1] == 429
    assert ask(busy, "192.0.2.2", 5) == 504
    # Who writes such a line before the web server does has no other share: the last one counts.
    assert ask(busy, "203.0.113.9, 192.0.2.1", 6) == 429


def test_proxy_that_is_no_address_is_refused(run: CommandLine) -> None:
    result = run("serve", "--port", "0", "--proxy", "everybody")
    assert result.code == 2
    assert "--proxy wants an address, not 'everybody'" in result.err
