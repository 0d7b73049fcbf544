"""`smartcity-kg serve`: the server (layer 5)."""

import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartcity_kg.cli.common import common_options, open_project, progress
from smartcity_kg.errors import BackendError, MissingExtra, ParameterProblem

if TYPE_CHECKING:
    from smartcity_kg.server.serving import Serving

_HELP = """Serve the pages, linked data and a SPARQL endpoint, until it is stopped with Ctrl+C.

The same pages as `site` writes, with what needs a server: content negotiation, SPARQL for programs, forms. Queries
of visitors run in processes of their own, with limits. A change of the data is noticed and served after it was
read whole.

\b
Examples:
  smartcity-kg serve
  smartcity-kg serve --port 8080 --workers 4
  smartcity-kg serve --host 0.0.0.0 --base https://data.example.org/
  smartcity-kg serve --store /var/lib/smartcity/current
  smartcity-kg serve --downloads ../release
  smartcity-kg serve --proxy 127.0.0.1
  smartcity-kg serve --endpoint https://qlever.example.org/atlas
"""
_INSTALL = "Install it: pip install 'smartcity-kg[server]'"
_SAID = {"en": "Serving at {address} – stop with Ctrl+C.", "de": "Läuft unter {address} – Ende mit Strg+C."}


@click.command(help=_HELP)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65_535), help="The port; 0 for any."
)
@click.option("--store", metavar="DIR", help="A prepared store, or where prepared stores are kept.")
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Long queries at the same time."
)
@click.option("--endpoint", metavar="URL", default="", help="A SPARQL endpoint that answers queries instead.")
@click.option("--downloads", metavar="DIR", help="A release whose files are offered; see `build`.")
@click.option(
    "--base", metavar="IRI", default="", help="The address of the pages on the web; else that of the IRIs."
)
@click.option(
    "--proxy",
    "proxies",
    metavar="IP",
    multiple=True,
    help="The address of a web server before it: what it says in X-Forwarded-For is a visitor's address.",
)
@common_options
def serve(
    host: str,
    port: int,
    store: str | None,
    workers: int,
    endpoint: str,
    downloads: str | None,
    base: str,
    proxies: tuple[str, ...],
    folder: str | None,
    language: str,
    quiet: bool,
) -> None:
    """See `_HELP`."""
    try:
        import uvicorn

        from smartcity_kg.server.app import create_app
        from smartcity_kg.server.connections import PunctualProtocol
        from smartcity_kg.server.serving import Serving, Settings
    except ImportError as error:
        raise MissingExtra("the server needs starlette and uvicorn", hint=_INSTALL) from error
    from smartcity_kg.server.logs import LOGGING

    believed = [_checked_proxy(one) for one in proxies]
    project = open_project(folder)
    prepared, release = (Path(given) if given else None for given in (store, downloads))
    settings = Settings(base, prepared, workers, endpoint, release)
    serving = Serving(project, settings)
    with progress("Reading the graph …", quiet=quiet) as show:
        found = serving.source.find(lambda: show("Building the graph …"))
    listening = _listen(host, port)
    app = create_app(serving, store=found)
    config = uvicorn.Config(
        app,
        http=PunctualProtocol,
        log_config=LOGGING,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=believed,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=5,
        limit_concurrency=1_000,
        ws="none",
        lifespan="on",
    )
    server = uvicorn.Server(config)
    if not quiet:
        shown = f"http://{host if ':' not in host else f'[{host}]'}:{listening.getsockname()[1]}/"
        click.echo(_SAID[language].format(address=shown))
    _follow_signal(serving)
    serving.on_failure = lambda: setattr(server, "should_exit", True)
    try:
        with listening:
            server.run(sockets=[listening])
    except SystemExit as error:  # what uvicorn does where it cannot start
        raise BackendError("the server could not start", hint="The log above says why.") from error
    if serving.version is None and serving.problem:
        raise BackendError(serving.problem, hint="Name another store with --store, or leave the option out.")


def _checked_proxy(text: str) -> str:
    """An address, or a network of addresses; anything else would be believed of nobody, or of everybody."""
    try:
        return str(ipaddress.ip_network(text)).removesuffix("/32").removesuffix("/128")
    except ValueError as error:
        raise ParameterProblem(f"--proxy wants an address, not {text!r}", hint="For example: 127.0.0.1") from error


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, the event loop sends small answers at once (TCP_NODELAY).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, ValueError) as error:  # a name that is none is the latter
        listening.close()
        message = f"nothing can listen at {host}, port {port}: {getattr(error, 'strerror', '') or error}"
        raise BackendError(message, hint="Name another port with --port, or end what uses this one.") from error
    return listening


def _follow_signal(serving: "Serving") -> None:
    """Look for a new version when the process is told so."""
    import signal

    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: serving.look())
