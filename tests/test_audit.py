"""The audit of a site: each convention passes on a site that keeps it and fails on one that does not."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from audit_site import BASE, ENDINGS, write_site
from cases import ROOT
from conftest import CommandLine
from smartcity_kg.errors import InputError, ParameterProblem
from smartcity_kg.project import Project
from smartcity_kg.publish.audit import audit_address, audit_folder
from smartcity_kg.publish.audit.address import Address, Limits
from smartcity_kg.publish.audit.checks import CHECKS
from smartcity_kg.publish.audit.model import Audit, Outcome
from smartcity_kg.publish.audit.words import Saying, read_words

NUMBERS = [f"A-{number:02}" for number in range(1, 40)]
NOT_FOR_A_FOLDER = {"A-05", "A-23", "A-25", "A-26"}
FOLDER = ROOT / "src/smartcity_kg/publish/audit"
MODULES = sorted(FOLDER.glob("*.py"))


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def passing(shared_site: Path) -> dict[str, Outcome]:
    return by_number(audit_folder(shared_site, Project.at(ROOT)))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path / "site")


def by_number(audit: Audit) -> dict[str, Outcome]:
    return {outcome.number: outcome for outcome in audit.outcomes}


# The catalogue of checks and its words


def test_checks_are_the_conventions_and_nothing_else() -> None:
    words = read_words(Project.at(ROOT))
    assert list(CHECKS) == list(words.conventions) == NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_convention_is_told_in_both_languages(number: str) -> None:
    said = read_words(Project.at(ROOT)).conventions[number]
    for texts in (said.titles, said.explanations, said.messages):
        assert set(texts) == {"de", "en"}
        assert all(text.strip() for text in texts.values())


@pytest.mark.parametrize("said", read_words(Project.at(ROOT)).kinds.values(), ids=lambda said: said.identifier)
def test_kind_says_the_same_in_both_languages_and_is_used(said: Saying) -> None:
    assert set(said.messages) == {"de", "en"}
    values = {language: set(re.findall(r"\{\?(\w+)\}", text)) for language, text in said.messages.items()}
    assert values["de"] == values["en"]
    code = "".join(path.read_text(encoding="utf-8") for path in MODULES)
    assert f'"{said.identifier.removeprefix("audit-")}"' in code


# A folder


@pytest.mark.parametrize("number", NUMBERS)
def test_good_site_passes(number: str, passing: dict[str, Outcome]) -> None:
    outcome = passing[number]
    wanted = "not-applicable" if number in NOT_FOR_A_FOLDER else "pass"
    assert outcome.level == wanted, [one for one in outcome.found if one.state == "fail"]


TTL, ABOUT, DATA, THING, PAGE = (
    "ontology.ttl",
    "de/about.html",
    "data.ttl",
    "doc/thing/maker.ttl",
    ("de/doc/thing/maker.html"),
)
SPOILT = [
    ("A-01", "no-outward-link", THING, "skos:exactMatch", "skos:note"),
    ("A-01", "no-link", PAGE, 'rel="license"', 'rel="x"'),
    ("A-02", "no-policy", ABOUT, "<code>", "<b>"),
    ("A-03", "no-rule", ".htaccess", "R=303", "R=302"),
    ("A-03", "iri-without-file", THING, "id/thing/other", "id/thing/nobody"),
    ("A-03", "thing-not-described", THING, "a o:Thing", "skos:note o:Thing"),
    ("A-04", "wrong-answer", ".htaccess", "^text/turtle(?!;q=0)", "text/turtle"),
    ("A-04", "wrong-answer", "hosting/nginx.conf", "^text/turtle(?!;q=0)", "text/turtle"),
    ("A-04", "no-rule", ".htaccess", "Vary", "X-Other"),
    ("A-04", "no-alternate", PAGE, 'type="application/n-triples"', 'type="text/plain"'),
    ("A-04", "missing-file", "doc/thing/maker.rdf", "", None),
    ("A-04", "not-parsed", "doc/thing/maker.jsonld", "]", ""),
    ("A-04", "differs", "doc/thing/maker.nt", "example.org/maker", "example.org/another"),
    ("A-06", "no-property", TTL, "dct:license", "dct:rights"),
    ("A-06", "no-language", TTL, '"Terms"@en', '"Terms"@fr'),
    ("A-06", "no-ontology", TTL, "a owl:Ontology", "a owl:Thing"),
    ("A-07", "no-property", TTL, "dct:contributor", "dct:rights"),
    ("A-08", "licence-unknown", TTL, "https://creativecommons.org/licenses/by/4.0/", "https://example.org/mine"),
    ("A-09", "iri-without-file", "ontology/1.0.0.ttl", "", None),
    ("A-09", "version-is-ontology", TTL, "ontology/1.0.0>", "ontology>"),
    ("A-10", "other-ontology", TTL, f"<{BASE}ontology>", f"<{BASE}terms>"),
    ("A-10", "missing-file", "hosting/w3id.htaccess", "", None),
    ("A-11", "no-property", TTL, "vann:preferredNamespacePrefix", "dct:rights"),
    ("A-12", "no-language", TTL, '"thing"@en', '"Ding"@nl'),
    ("A-12", "no-language", "scheme/status/done.ttl", '"Ended."@en', '"Ended."@nl'),
    ("A-13", "not-tied", TTL, "foaf:", "o:"),
    ("A-14", "dead-link", "de/data.html", "notes/release.md", "notes/nothing.md"),
    ("A-14", "term-without-place", "de/ontology.html", 'id="knows"', 'id="known"'),
    ("A-15", "no-property", TTL, "dct:publisher", "dct:rights"),
    ("A-16", "odd-name", TTL, "o:knows", "o:Knows_Of"),
    ("A-16", "isolated", TTL, "o:Other a owl:Class ; rdfs:subClassOf foaf:Agent", "o:Lone a owl:Class"),
    ("A-16", "no-disjointness", TTL, "owl:disjointWith", "rdfs:seeAlso"),
    ("A-16", "borrowed-undefined", TTL, "foaf:Agent", "foaf:Person"),
    ("A-16", "same-label", TTL, '"other"@en', '"Thing"@en'),
    ("A-16", "several-values", TTL, "skos:definition", "rdfs:range o:Thing , o:Other ; skos:definition"),
    ("A-17", "no-property", DATA, 'dct:title "Daten"@de', 'dct:rights "Daten"@de'),
    ("A-17", "several-values", DATA, "dct:publisher", "dct:publisher <https://example.org/two> ; dct:publisher"),
    ("A-17", "no-catalogue", DATA, "dcat:Catalog", "dcat:Thing"),
    ("A-18", "no-value-from", DATA, "http://dcat-ap.de/def/licenses/", "https://example.org/"),
    ("A-19", "no-property", DATA, "dcatde:licenseAttributionByText", "dct:rights"),
    ("A-20", "no-property", DATA, "dcatde:politicalGeocodingURI", "dct:rights"),
    ("A-21", "no-property", DATA, "dcatde:contributorID", "dct:rights"),
    (
        "A-22",
        "no-value-from",
        DATA,
        "http://publications.europa.eu/resource/authority/file-type/",
        "https://e.org/",
    ),
    ("A-22", "no-language-tag", DATA, '"Daten"@de', '"Daten"'),
    ("A-23", "no-catalogue", DATA, "dcat:Catalog", "dcat:Thing"),
    ("A-24", "missing-file", ".well-known/void", "", None),
    ("A-24", "none-described", DATA, "void:classPartition", "dct:rights"),
    ("A-24", "not-in-data-set", THING, "void:inDataset", "dct:rights"),
    ("A-27", "none-described", DATA, "sh:SPARQLExecutable", "sh:Thing"),
    ("A-27", "none-described", "shapes.ttl", "sh:declare", "sh:note"),
    ("A-28", "no-rule", "hosting/nginx.conf", "Allow-Origin", "Allow-Nothing"),
    ("A-29", "no-link", PAGE, 'rel="author"', 'rel="x"'),
    ("A-29", "link-without-type", PAGE, 'rel="describedby" type="text/turtle"', 'rel="describedby"'),
    ("A-29", "no-link", "en/data.html", 'rel="linkset"', 'rel="x"'),
    ("A-30", "not-json", PAGE, '"@context":', '"@context"'),
    ("A-30", "no-data-set", "de/data.html", '"Dataset"', '"Thing"'),
    ("A-30", "description-length", "de/data.html", "x" * 60, "short"),
    ("A-30", "no-key", "de/data.html", "encodingFormat", "format"),
    ("A-31", "missing-file", "robots.txt", "", None),
    ("A-31", "robots-forbid", "robots.txt", "Allow: /", "Disallow: /"),
    ("A-31", "map-not-named", "robots.txt", "Sitemap", "Map"),
    ("A-31", "not-in-map", "sitemap-1.xml", f"<loc>{BASE}de/about.html</loc>", ""),
    ("A-31", "dead-link", "sitemap-1.xml", "de/about.html", "de/nothing.html"),
    ("A-31", "canonical", ABOUT, 'rel="canonical"', 'rel="x"'),
    ("A-31", "no-twin-page", ABOUT, 'hreflang="en"', 'hreflang="fr"'),
    ("A-32", "none-described", DATA, "dct:temporal", "dct:rights"),
    ("A-32", "history-not-linked", "de/data.html", "download/notes/", "download/other/"),
    ("A-33", "no-contact", ABOUT, "mailto:", "tel:"),
    ("A-34", "odd-version", TTL, 'owl:versionInfo "1.0.0"', 'owl:versionInfo "first"'),
    ("A-35", "several-messages", "shapes.ttl", '"Fehlt."@de', '"Fehlt."@de , "Ist nicht da."@de'),
    ("A-35", "shape-without-iri", "shapes.ttl", f"<{BASE}shapes#knows> .", "[ sh:path o:knows ] ."),
    ("A-36", "blank-node", THING, f"<{BASE}id/thing/other>", "[ a o:Thing ]"),
    ("A-36", "not-sorted", "doc/thing/maker.nt", "", "reversed"),
    ("A-37", "wrong-checksum", "download/notes/release.md", "1.0.0", "1.0.1"),
    ("A-37", "missing-file", "download/data.nt.gz", "", None),
    ("A-37", "no-property", DATA, "dcat:byteSize", "dct:rights"),
    ("A-37", "missing-file", "download/checksums.txt", "", None),
    ("A-38", "no-rule", ".htaccess", "ErrorDocument", "# ErrorDocument_"),
    ("A-38", "missing-file", "hosting/nginx.conf", "/de/not-found.html", "/de/nothing.html"),
    ("A-39", "wrong-language", PAGE, 'lang="de"', 'lang="en"'),
    ("A-39", "no-skip-link", PAGE, 'id="main"', 'id="other"'),
    ("A-39", "headings", PAGE, "h1>", "h2>"),
    ("A-39", "unnamed-picture", PAGE, 'aria-label="Map"', ""),
    ("A-39", "no-twin", PAGE, "<ul><li>twin</li></ul>", ""),
    ("A-39", "no-title", PAGE, "<title>doc/thing/maker</title>", ""),
]


def spoil(folder: Path, path: str, old: str, new: str | None) -> None:
    """Take one file away, or change what is in it."""
    file = folder / path
    if new is None:
        file.unlink()
        return
    text = file.read_text(encoding="utf-8")
    changed = "\n".join(reversed(text.splitlines())) + "\n" if not old else text.replace(old, new)
    assert changed != text, f"{path} does not say {old}"
    file.write_text(changed, encoding="utf-8")


@pytest.mark.parametrize(
    ("number", "kind", "path", "old", "new"),
    SPOILT,
    ids=[f"{one[0]}-{one[1]}-{one[2]}-{number}" for number, one in enumerate(SPOILT)],
)
def test_spoilt_site_fails(number: str, kind: str, path: str, old: str, new: str | None, site: Path) -> None:
    spoil(site, path, old, new)
    outcome = by_number(audit_folder(site, Project.at(ROOT)))[number]
    assert outcome.level == "fail"
    assert kind in {one.kind for one in outcome.found if one.state == "fail"}


def test_every_convention_can_fail_in_a_folder() -> None:
    assert {one[0] for one in SPOILT} == set(NUMBERS) - (NOT_FOR_A_FOLDER - {"A-23"})


def test_named_endpoint_counts(site: Path) -> None:
    with (site / DATA).open("a", encoding="utf-8") as file:
        file.write(f"<{BASE}data> void:sparqlEndpoint <https://example.org/sparql> .\n")
    assert by_number(audit_folder(site, Project.at(ROOT)))["A-26"].level == "pass"


# The command


def test_command_passes_and_says_so(shared_site: Path, run: CommandLine) -> None:
    result = run("audit", str(shared_site))
    assert result.code == 0, result.out
    assert "A-28  passes" in result.out
    assert "35 of 39 conventions pass, 0 fail, 4 do not apply." in result.out


def test_command_fails_with_file_and_remedy_in_german(site: Path, run: CommandLine) -> None:
    (site / "robots.txt").unlink()
    result = run("audit", str(site), "--lang", "de")
    assert result.code == 1
    assert "A-31  verfehlt" in result.out
    assert "robots.txt fehlt" in result.out
    assert "Zu tun: Die Seite in die Liste aufnehmen" in result.out


def test_json_has_all_in_both_languages(shared_site: Path, run: CommandLine) -> None:
    said = json.loads(run("audit", str(shared_site), "--format", "json").out)
    assert [check["id"] for check in said["checks"]] == NUMBERS
    assert said["passes"] is True
    for check in said["checks"]:
        assert set(check["title"]) == set(check["remedy"]) == {"de", "en"}
        assert all(set(one["messages"]) == {"de", "en"} for one in check["found"])
        assert not any("{?" in text for one in check["found"] for text in one["messages"].values())


def test_same_folder_same_answer(shared_site: Path, run: CommandLine) -> None:
    assert run("audit", str(shared_site)).out == run("audit", str(shared_site)).out


@pytest.mark.parametrize("made", ["nothing", "empty", "file"])
def test_what_is_no_site_cannot_be_read(made: str, tmp_path: Path, run: CommandLine) -> None:
    place = tmp_path / "place"
    if made == "empty":
        place.mkdir()
    if made == "file":
        place.write_text("x", encoding="utf-8")
    result = run("audit", str(place))
    assert result.code == 3
    assert "smartcity-kg site --out" in result.err


def test_links_out_of_the_folder_are_not_followed(site: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text("<http://e.org/a> <http://e.org/b> 1 .", encoding="utf-8")
    (site / "doc/thing/maker.ttl").unlink()
    (site / "doc/thing/maker.ttl").symlink_to(secret)
    outcome = by_number(audit_folder(site, Project.at(ROOT)))["A-03"]
    assert any(one.values.get("value") == "doc/thing/maker.ttl" for one in outcome.found)


# An address


class Server(BaseHTTPRequestHandler):
    """A small server that does what the conventions ask for, or leaves one thing out."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: object, folder: Path, fault: str) -> None:
        self.folder, self.fault = folder, fault
        super().__init__(*args)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer like GET, without a body."""
        if self.fault == "head":
            self._answer(405, b"")
        else:
            self.do_GET()

    def do_GET(self) -> None:
        """Answer with a redirect, a file, or that there is none."""
        path = self.path.partition("?")[0].lstrip("/")
        file = self.folder / path
        if self.fault == "huge":
            self._answer(200, b"x" * 2_000)
        elif path.startswith("id/"):
            self._answer(302 if self.fault == "303" else 303, b"", location=f"/doc/{path.removeprefix('id/')}")
        elif file.is_file():
            self._file(file)
        elif (self.folder / f"{path}.ttl").is_file():
            self._answer(303, b"", location=f"/{self._chosen(path)}")
        elif self.fault == "404":
            self._answer(200, b"nothing here")
        else:
            self._answer(404, b"nothing here")

    def _chosen(self, path: str) -> str:
        accept = self.headers.get("Accept", "")
        wanted = []
        for number, part in enumerate(accept.split(",")):
            media_type, _, quality = part.partition(";q=")
            wanted.append((-float(quality or 1), number, media_type.strip()))
        for rank, _, media_type in sorted(wanted):
            ending = next((e for e, (m, _) in ENDINGS.items() if m == media_type), "")
            if ending and (rank or self.fault == "q"):
                return f"{path}.{ending}"
            if media_type == "text/html" and self.fault != "q":
                break
        return f"en/{path}.html"

    def _file(self, file: Path) -> None:
        data = file.read_bytes()
        etag = f'"{len(data)}"'
        if self.headers.get("If-None-Match") == etag and self.fault != "304":
            self._answer(304, b"")
            return
        types = {f".{ending}": media_type for ending, (media_type, _) in ENDINGS.items()} | {".html": "text/html"}
        self._answer(200, data, content_type=types.get(file.suffix, "text/plain"), etag=etag)

    def _answer(
        self, status: int, body: bytes, *, location: str = "", content_type: str = "", etag: str = ""
    ) -> None:
        self.send_response(status)
        headers = {
            "Location": location,
            "Content-Type": content_type,
            "ETag": etag if self.fault != "etag" else "",
        }
        headers["Vary"] = "Accept" if self.fault != "vary" else ""
        headers["Access-Control-Allow-Origin"] = "*" if self.fault != "cors" else ""
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


Serve = Callable[[str], str]


@pytest.fixture
def serve(shared_site: Path) -> Iterator[Serve]:
    """Start a server with a fault; gives its address."""
    servers = []

    def start(fault: str) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, folder=shared_site, fault=fault))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def test_good_server_passes_all_but_https(serve: Serve) -> None:
    outcomes = by_number(audit_address(serve(""), Project.at(ROOT)))
    failed = {
        (number, one.kind, one.path)
        for number, outcome in outcomes.items()
        for one in outcome.found
        if one.state == "fail"
    }
    assert failed == {("A-38", "not-https", "")}


@pytest.mark.parametrize(
    ("fault", "number", "kind"),
    [
        ("303", "A-03", "wrong-status"),
        ("q", "A-04", "wrong-answer"),
        ("vary", "A-04", "no-header"),
        ("cors", "A-28", "no-header"),
        ("etag", "A-38", "no-header"),
        ("304", "A-38", "wrong-status"),
        ("head", "A-38", "wrong-status"),
        ("404", "A-38", "wrong-status"),
    ],
)
def test_fault_of_a_server_is_found(fault: str, number: str, kind: str, serve: Serve) -> None:
    outcome = by_number(audit_address(serve(fault), Project.at(ROOT)))[number]
    assert kind in {one.kind for one in outcome.found if one.state == "fail"}


def test_too_large_answer_is_refused(serve: Serve) -> None:
    with pytest.raises(InputError, match="more than 1,000 bytes"):
        audit_address(serve("huge"), Project.at(ROOT), limits=Limits(max_bytes=1_000))


def test_limit_on_requests_is_kept_and_said(serve: Serve) -> None:
    done = audit_address(serve(""), Project.at(ROOT), limits=Limits(requests=60))
    assert done.files == 60
    assert done.unasked > 0
    assert any(one.kind == "limit" for outcome in done.outcomes for one in outcome.found)


def test_no_answer_is_an_input_that_cannot_be_read(run: CommandLine) -> None:
    result = run("audit", "http://127.0.0.1:9/")
    assert result.code == 3
    assert "the site cannot be read" in result.err


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "file:///etc/", "https:///x"])
def test_only_http_is_asked(url: str) -> None:
    with pytest.raises(ParameterProblem):
        Address(url)


@pytest.mark.parametrize("path", ["file:///etc/passwd", "https://example.org/x", "//example.org/x"])
def test_nothing_outside_of_the_site_is_read(path: str, serve: Serve) -> None:
    with pytest.raises(InputError, match="outside of the site"):
        Address(serve("")).read(path)
