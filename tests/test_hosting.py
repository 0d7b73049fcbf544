"""The redirect rules for Apache and nginx, run by these servers where they are installed."""

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from smartcity_kg.publish.hosting import apache_rules, nginx_rules, w3id_rules

BASE = "https://w3id.org/smartcity-kg/"
ENDINGS = ("ttl", "jsonld", "nt", "rdf")
DOCUMENTS = ("doc/city/ulm", "scheme/field", "ontology", "ontology/1.0.0", "data", "queries/links")
PAGES = (*DOCUMENTS, "not-found", "map", "index")
MODULES = ("mpm_event", "authz_core", "mime", "dir", "rewrite", "headers")
MODULE_FOLDER = Path("/usr/lib/apache2/modules")
TURTLE, HTML = "text/turtle", "text/html"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
JSONLD = "application/ld+json"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer."""

    def redirect_request(self, *_: object) -> None:
        """Do not follow."""


OPENER = urllib.request.build_opener(NoRedirect)


@dataclass
class Answer:
    """What a server said."""

    status: int
    location: str
    media_type: str
    vary: str


@dataclass
class Server:
    """A server that runs, and where the site lies on it."""

    port: int
    place: str

    def ask(self, path: str, accept: str = "*/*", language: str = "") -> Answer:
        """Ask for something below the site's place."""
        address = f"http://127.0.0.1:{self.port}{self.place}/{path}"
        headers = {"Accept": accept, **({"Accept-Language": language} if language else {})}
        request = urllib.request.Request(address, headers=headers)
        try:
            with OPENER.open(request, timeout=10) as answer:
                status, found = answer.status, answer.headers
        except urllib.error.HTTPError as error:
            status, found = error.code, error.headers
        location = found.get("Location", "").partition(f":{self.port}")[2] or found.get("Location", "")
        return Answer(status, location.removeprefix(self.place), found.get_content_type(), found.get("Vary", ""))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def make_site(folder: Path, place: str) -> None:
    """The least that the rules need: documents in all formats, pages in two languages."""
    for name in DOCUMENTS:
        for ending in ENDINGS:
            path = folder / f"{name}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x", encoding="utf-8")
    for language in ("de", "en"):
        for name in PAGES:
            path = folder / language / f"{name}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"<p>{language} {name}</p>", encoding="utf-8")
    (folder / "index.html").write_text("<p>start</p>", encoding="utf-8")
    (folder / "data" / "dump.csv").parent.mkdir(exist_ok=True)
    for name in ("dump.csv", "cities.geojson"):
        (folder / "data" / name).write_text("x", encoding="utf-8")
    (folder / ".htaccess").write_text(apache_rules(BASE, place), encoding="utf-8")


def apache_settings(folder: Path, root: Path, port: int) -> str:
    modules = "\n".join(f"LoadModule {name}_module {MODULE_FOLDER}/mod_{name}.so" for name in MODULES)
    return f"""
ServerRoot "{folder}"
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile "{folder}/pid"
ErrorLog "{folder}/error.log"
TypesConfig /dev/null
{modules}
DocumentRoot "{root}"
DirectoryIndex index.html
AddType text/html .html
<Directory "{root}">
AllowOverride All
Require all granted
</Directory>
"""


def nginx_settings(folder: Path, root: Path, port: int, place: str) -> str:
    http, _, server = nginx_rules("en", place).partition("# In the server block")
    user = "user root;" if Path("/root").stat().st_uid == 0 and shutil.which("id") else ""
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
{user}
daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
access_log off; {temporary}
{http}
server {{ listen 127.0.0.1:{port}; root {root}; index index.html;
# {server}
}} }}
"""


def start(command: list[str], port: int, folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / "stderr").open("wb") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
    for _ in range(200):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    process.wait()
    return pytest.fail(
        "".join(path.read_text(encoding="utf-8") for path in (folder / "stderr", *folder.glob("*.log")))
    )


@pytest.fixture(scope="module", params=["apache", "apache below a path", "nginx", "nginx below a path"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with the rules, at the root or below a path."""
    name, _, below = request.param.partition(" ")
    program = shutil.which("apache2" if name == "apache" else "nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None or (name == "apache" and not MODULE_FOLDER.is_dir()):
        pytest.skip(f"{name} is not installed")
    place = "/atlas" if below else ""
    folder = tmp_path_factory.mktemp("server")
    folder.chmod(0o755)
    root, port = folder / "root", free_port()
    make_site(root / place.strip("/"), place)
    settings = folder / "server.conf"
    if name == "apache":
        settings.write_text(apache_settings(folder, root, port), encoding="utf-8")
        command = [program, "-f", str(settings), "-DFOREGROUND"]
    else:
        settings.write_text(nginx_settings(folder, root, port, place), encoding="utf-8")
        command = [program, "-p", str(folder), "-c", str(settings), "-e", str(folder / "error.log")]
    process = start(command, port, folder)
    yield Server(port, place)
    process.terminate()
    process.wait(10)


REDIRECTS = [
    ("id/city/ulm", "*/*", "", "/doc/city/ulm"),
    ("id/city/ulm", TURTLE, "", "/doc/city/ulm"),
    ("doc/city/ulm", TURTLE, "", "/doc/city/ulm.ttl"),
    ("doc/city/ulm", JSONLD, "", "/doc/city/ulm.jsonld"),
    ("doc/city/ulm", "application/n-triples", "", "/doc/city/ulm.nt"),
    ("doc/city/ulm", "application/rdf+xml", "", "/doc/city/ulm.rdf"),
    ("doc/city/ulm", f"{JSONLD}, {TURTLE};q=0.5", "", "/doc/city/ulm.jsonld"),
    ("doc/city/ulm", f"{TURTLE};q=0.5, {HTML}", "", "/en/doc/city/ulm.html"),
    ("doc/city/ulm", f"{TURTLE};q=0, */*", "", "/en/doc/city/ulm.html"),
    ("doc/city/ulm", BROWSER, "de-DE,de;q=0.9,en;q=0.8", "/de/doc/city/ulm.html"),
    ("doc/city/ulm", BROWSER, "en-GB,en;q=0.9,de;q=0.8", "/en/doc/city/ulm.html"),
    ("doc/city/ulm", BROWSER, "", "/en/doc/city/ulm.html"),
    ("doc/city/ulm", "*/*", "", "/en/doc/city/ulm.html"),
    ("scheme/field", TURTLE, "", "/scheme/field.ttl"),
    ("ontology", TURTLE, "", "/ontology.ttl"),
    ("ontology", BROWSER, "de", "/de/ontology.html"),
    ("ontology/1.0.0", BROWSER, "de", "/de/ontology/1.0.0.html"),
    ("ontology/1.0.0", TURTLE, "de", "/ontology/1.0.0.ttl"),
    ("data", TURTLE, "", "/data.ttl"),
    (".well-known/void", TURTLE, "", "/data.ttl"),
    ("queries/links", BROWSER, "de", "/de/queries/links.html"),
    ("map", BROWSER, "de", "/de/map.html"),
]


@pytest.mark.parametrize(("path", "accept", "language", "location"), REDIRECTS)
def test_an_address_leads_to_what_was_asked_for(
    server: Server, path: str, accept: str, language: str, location: str
) -> None:
    answer = server.ask(path, accept, language)
    assert (answer.status, answer.location) == (303, location)
    assert {"accept", "accept-language"} <= {word.strip().lower() for word in answer.vary.split(",")}


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("doc/city/ulm.ttl", TURTLE),
        ("doc/city/ulm.jsonld", JSONLD),
        ("doc/city/ulm.nt", "application/n-triples"),
        ("doc/city/ulm.rdf", "application/rdf+xml"),
        ("en/doc/city/ulm.html", HTML),
        ("de/map.html", HTML),
        ("data/dump.csv", "text/csv"),
        ("data/cities.geojson", "application/geo+json"),
        ("", HTML),
    ],
)
def test_a_file_is_served_as_what_it_is(server: Server, path: str, media_type: str) -> None:
    answer = server.ask(path, TURTLE)
    assert (answer.status, answer.media_type) == (200, media_type)


@pytest.mark.parametrize("path", ["doc/city/nowhere.ttl", "nothing", "en/doc/city/nowhere.html"])
def test_what_is_not_there_has_a_page_that_says_so(server: Server, path: str) -> None:
    answer = server.ask(path, BROWSER)
    assert (answer.status, answer.media_type) == (404, HTML)


W3ID = [
    ("id/city/ulm", TURTLE, "", "doc/city/ulm.ttl"),
    ("doc/city/ulm", JSONLD, "", "doc/city/ulm.jsonld"),
    ("id/city/ulm", BROWSER, "de", "de/doc/city/ulm.html"),
    ("id/city/ulm", "*/*", "", "en/doc/city/ulm.html"),
    ("ontology", TURTLE, "", "ontology.ttl"),
    ("ontology", BROWSER, "", "en/ontology.html"),
    ("ontology/1.0.0", BROWSER, "", "en/ontology/1.0.0.html"),
    ("ontology/1.0.0", TURTLE, "", "ontology/1.0.0.ttl"),
    ("doc/city/ulm.ttl", BROWSER, "", "doc/city/ulm.ttl"),
    ("data/dump.csv", "*/*", "", "data/dump.csv"),
    ("data/dump.nt.gz", TURTLE, "de", "data/dump.nt.gz"),
    ("", "*/*", "", ""),
]


@pytest.fixture(scope="module")
def permanent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Apache as a service of permanent identifiers."""
    program = shutil.which("apache2", path="/usr/sbin:/usr/bin")
    if program is None or not MODULE_FOLDER.is_dir():
        pytest.skip("apache is not installed")
    folder = tmp_path_factory.mktemp("w3id")
    folder.chmod(0o755)
    root, port = folder / "root", free_port()
    (root / "smartcity-kg").mkdir(parents=True)
    rules = w3id_rules("https://data.example.org/atlas/")
    (root / "smartcity-kg" / ".htaccess").write_text(rules, encoding="utf-8")
    settings = folder / "server.conf"
    settings.write_text(apache_settings(folder, root, port), encoding="utf-8")
    process = start([program, "-f", str(settings), "-DFOREGROUND"], port, folder)
    yield Server(port, "/smartcity-kg")
    process.terminate()
    process.wait(10)


@pytest.mark.parametrize(("path", "accept", "language", "location"), W3ID)
def test_a_permanent_identifier_leads_to_the_site(
    permanent: Server, path: str, accept: str, language: str, location: str
) -> None:
    answer = permanent.ask(path, accept, language)
    assert (answer.status, answer.location) == (303, f"https://data.example.org/atlas/{location}")
