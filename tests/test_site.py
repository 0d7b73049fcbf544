"""The static site: everything has a page and RDF, nothing leads nowhere, the same bytes each time."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

import pyoxigraph as ox
import pytest

from browser import chromium, faults_of, opened, too_wide
from cases import sample_project
from smartcity_kg.errors import ParameterProblem, Refused
from smartcity_kg.pages.address import find_address
from smartcity_kg.pages.fingerprint import Fingerprints
from smartcity_kg.pages.index import Index
from smartcity_kg.pages.site import FORMATS
from smartcity_kg.project import Project
from smartcity_kg.publish.audit import audit_folder
from smartcity_kg.publish.folder import MARKER
from smartcity_kg.publish.site import Built, build_site
from test_release import content, names

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DAY = date(2026, 11, 23)
ADDRESS = "https://data.example.org/"
PARSED = {"ttl": ox.RdfFormat.TURTLE, "nt": ox.RdfFormat.N_TRIPLES, "rdf": ox.RdfFormat.RDF_XML,
          "jsonld": ox.RdfFormat.JSON_LD}  # fmt: skip
# One page of each kind.
KINDS = (
    "index", "map", "networks", "queries", "queries/networks-of-city", "sparql", "check", "data", "ontology",
    "shapes", "scheme", "search", "about", "accessibility", "privacy", "not-found", "doc/city/magdeburg",
    "scheme/field/mobility",
)  # fmt: skip


def build(project: Project, out: Path, **more: object) -> Built:
    return build_site(project, out, address=ADDRESS, day=DAY, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return sample_project(tmp_path_factory.mktemp("site-of") / "project")


@pytest.fixture(scope="module")
def site(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "out"
    build(project, out, processes=2)
    return out


class Links(HTMLParser):
    """The links and names of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: list[str] = []

    def handle_starttag(self, _: str, attributes: list[tuple[str, str | None]]) -> None:
        """Collect what a tag links to and what it is called."""
        found = dict(attributes)
        if found.get("id"):
            self.names.append(found["id"] or "")
        for name in ("href", "src", "data-dump", "data-vocabulary", "data-queries", "data-index", "action"):
            if found.get(name):
                self.links.append(found[name] or "")


def read_links(path: Path) -> Links:
    links = Links()
    links.feed(path.read_text(encoding="utf-8"))
    return links


def pages_of(site: Path) -> Iterator[Path]:
    return (path for path in sorted(site.rglob("*.html")))


def test_every_link_leads_somewhere(site: Path) -> None:
    """Links to files of the site, and to places on its pages."""
    known = {path: set(read_links(path).names) for path in pages_of(site)}
    dead = []
    for path in known:
        here = path.relative_to(site).as_posix()
        for link in read_links(path).links:
            parts = urlsplit(urljoin(f"{ADDRESS}{here}", link))
            if parts.netloc != urlsplit(ADDRESS).netloc or parts.scheme not in {"http", "https"}:
                continue
            target = site / unquote(parts.path).lstrip("/")
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                dead.append(f"{here}: {link}")
            elif parts.fragment and target in known and unquote(parts.fragment) not in known[target]:
                dead += [f"{here}: {link}"] if not parts.fragment.startswith("name=") else []
    assert len(known) > 300
    assert dead == []


def test_every_name_on_a_page_is_there_once(site: Path) -> None:
    names_of = {path.relative_to(site).as_posix(): read_links(path).names for path in pages_of(site)}
    doubled = {path: sorted(n for n in found if found.count(n) > 1) for path, found in names_of.items()}
    doubled = {path: found for path, found in doubled.items() if found}
    assert doubled == {}


def test_every_iri_of_ours_has_a_page_and_rdf(project: Project, site: Path) -> None:
    """Whatever the dump describes, in both languages and all formats."""
    dump = ox.parse((site / "download/data/data-inferred.ttl").read_bytes(), format=ox.RdfFormat.TURTLE)
    iris = {quad.subject.value for quad in dump if isinstance(quad.subject, ox.NamedNode)}
    addresses = {address.path for iri in iris if (address := find_address(iri, project.base))}
    wanted = [f"{language}/{path}.html" for path in addresses for language in ("de", "en")]
    wanted += [f"{path}.{ending}" for path in addresses for _, _, ending in FORMATS]
    assert len(addresses) > 100
    assert [name for name in wanted if not (site / name).is_file()] == []


def rdf_of(site: Path, path: str, ending: str) -> set[ox.Triple]:
    dataset = ox.Dataset(
        ox.parse((site / f"{path}.{ending}").read_bytes(), format=PARSED[ending], base_iri=ADDRESS)
    )
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {quad.triple for quad in dataset}


@pytest.mark.parametrize("folder", ["doc", "scheme", "ontology"])
def test_the_formats_of_a_page_say_the_same(site: Path, folder: str) -> None:
    """And they say what the graph says of the page's things."""
    paths = [path.relative_to(site).with_suffix("").as_posix() for path in sorted((site / folder).rglob("*.ttl"))]
    assert len(paths) > 5
    different = [
        f"{path}.{ending}"
        for path in paths[::3]
        for ending in PARSED
        if rdf_of(site, path, ending) != rdf_of(site, path, "nt")
    ]
    assert different == []


def test_a_page_s_rdf_is_what_the_graph_says(project: Project, site: Path) -> None:
    from smartcity_kg.graph import open_store

    store = open_store(project)
    thing = ox.NamedNode(f"{project.base}id/city/magdeburg")
    assert set(store.triples(thing)) <= rdf_of(site, "doc/city/magdeburg", "nt")


def test_a_version_of_the_ontology_has_page_and_rdf(site: Path) -> None:
    version = next((site / "ontology").glob("*.*.*.ttl")).with_suffix("").name
    assert rdf_of(site, f"ontology/{version}", "ttl") == rdf_of(site, "ontology", "ttl")
    assert (site / f"de/ontology/{version}.html").is_file()


def test_axioms_about_terms_are_in_the_ontology_s_rdf(site: Path) -> None:
    """Though no thing points to them."""
    assert b"AllDisjointClasses" in (site / "ontology.ttl").read_bytes()


def test_a_picture_is_made_anew_where_a_place_gets_a_record() -> None:
    """A place with a record has another mark on every map that shows it."""
    place, record = ox.NamedNode("https://e.org/id/city/a"), ox.NamedNode("https://e.org/doc/city/a")
    topic = ox.NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")
    without = Index("https://e.org/", {}, {}, {}, {}, {}, {})
    with_one = Index("https://e.org/", {}, {place: [(topic, record)]}, {}, {}, {record.value: ()}, {})
    faces = {Fingerprints(index, ("de",), "").face(place) for index in (without, with_one)}
    assert len(faces) == 2


def test_pages_name_their_language_and_the_other(site: Path) -> None:
    text = (site / "de/doc/city/magdeburg.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in text
    assert f'<link rel="alternate" hreflang="en" href="{ADDRESS}en/doc/city/magdeburg.html">' in text
    assert 'type="text/turtle"' in text
    assert "Magdeburg" in text


def test_what_search_engines_read_is_json(site: Path) -> None:
    text = (site / "en/doc/city/magdeburg.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, flags=re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert data["@type"] == ["City"]
    assert data["name"] == "Magdeburg"


def test_the_same_again_is_the_same_bytes(site: Path, tmp_path: Path) -> None:
    """In another process, with another order of hashes, in one process instead of two."""
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from smartcity_kg.project import Project; from smartcity_kg.publish.site import build_site\n"
        f"build_site(Project.at(sys.argv[1]), Path(sys.argv[2]), address={ADDRESS!r}, day=date(2026, 11, 23))\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    other = tmp_path / "other"
    # Without the store that the first run left, since blank nodes get other labels in a new one.
    copy = sample_project(tmp_path / "project")
    subprocess.run([sys.executable, "-c", code, copy.root, other], env=environment, check=True)
    assert differing(site, other) == []


def differing(one: Path, other: Path) -> list[str]:
    before, after = (
        {name: data for name, data in content(folder).items() if name != MARKER} for folder in (one, other)
    )
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def renamed(project: Project) -> None:
    path = project.root / "data/shared/networks.ttl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"Deutscher Städtetag"@de', '"Städtetag"@de'), encoding="utf-8")


def dropped(project: Project) -> None:
    path = project.root / "data/shared/memberships.ttl"
    blocks = path.read_text(encoding="utf-8").rstrip().split("\n\n")
    path.write_text("\n\n".join(blocks[:-1]) + "\n", encoding="utf-8")


def retold(project: Project) -> None:
    path = project.root / "data/cities/magdeburg.ttl"
    path.write_text(path.read_text(encoding="utf-8").replace('"MD-E4"@de', '"MD-E4 neu"@de'), encoding="utf-8")


def test_after_changes_it_is_as_if_built_anew(tmp_path: Path, site: Path) -> None:
    """A name, a statement that is gone, and a record: each concerns other pages."""
    project = sample_project(tmp_path / "project")
    out = tmp_path / "out"
    shutil.copytree(site, out)
    for change in (renamed, dropped, retold):
        change(project)
    again = build(project, out)
    build(project, tmp_path / "anew")
    assert differing(out, tmp_path / "anew") == []
    assert 0 < again.changed < again.files / 2


def test_what_a_change_does_not_concern_is_taken_over(tmp_path: Path, site: Path) -> None:
    """The name of one entry stands on few pages."""
    project = sample_project(tmp_path / "project")
    out = tmp_path / "out"
    shutil.copytree(site, out)
    nothing = build(project, out)
    assert (nothing.made, nothing.changed) == (0, 0)
    retold(project)
    again = build(project, out)
    assert 0 < again.made < 250


def test_killed_at_any_moment_the_old_site_is_whole(project: Project, site: Path, tmp_path: Path) -> None:
    out = tmp_path / "place" / "out"
    shutil.copytree(site, out)
    before = content(out)
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from smartcity_kg.project import Project; from smartcity_kg.publish.site import build_site\n"
        "build_site(Project.at(sys.argv[1]), Path(sys.argv[2]), address='https://e.org/', day=date(2027, 1, 1))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for tenths in (5, 15, 25, 35):
        run = subprocess.Popen([sys.executable, "-c", code, project.root, out], env=environment)
        time.sleep(tenths / 10)
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert content(out) == before, f"killed after {tenths / 10} s"
    build(project, out)
    assert differing(out, site) == []
    assert names(out.parent) == ["out"]


def test_a_folder_of_somebody_else_is_refused(project: Project, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(Refused):
        build(project, tmp_path)
    assert names(tmp_path) == ["mine.txt"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data.example.org", "https://", "https://e.org/?a"])
def test_what_is_no_address_is_refused(project: Project, tmp_path: Path, address: str) -> None:
    with pytest.raises(ParameterProblem):
        build_site(project, tmp_path / "out", address=address, day=DAY)
    assert names(tmp_path) == []


HOSTILE = "<script>alert(1)</script>\\\"'><img src=x onerror=alert(2)>\u202e" + "W" * 10_000


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    project = sample_project(folder / "project")
    path = project.root / "data/shared/networks.ttl"
    text = path.read_text(encoding="utf-8")
    assert '"Deutscher Städtetag"@de' in text
    text = text.replace('"Deutscher Städtetag"@de', f'"{HOSTILE}"@de')
    text += "\n<https://w3id.org/smartcity-kg/id/network/deutscher-staedtetag> "
    text += "<http://www.w3.org/2000/01/rdf-schema#seeAlso> <javascript:alert(3)> .\n"
    path.write_text(text, encoding="utf-8")
    build(project, folder / "out")
    return folder / "out"


def test_hostile_names_are_text(hostile: Path) -> None:
    """In no page a tag or a link that the name or an IRI brought in."""
    pages = [path.read_text(encoding="utf-8") for path in pages_of(hostile)]
    assert sum("alert(1)" in text for text in pages) > 1
    assert not any("<script>alert" in text or "<img" in text or 'href="javascript:' in text for text in pages)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("path", ["de/doc/network/deutscher-staedtetag", "de/map", "de/networks", "de/search"])
def test_hostile_names_do_not_run(hostile: Path, path: str, browser: "Browser") -> None:
    with opened(browser, (hostile / f"{path}.html").as_uri(), width=320) as (page, _, _):
        said: list[str] = []
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.wait_for_timeout(300)
        assert said == []
        assert not too_wide(page)


@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_accessible_and_call_nobody(site: Path, kind: str, browser: "Browser") -> None:
    """Both languages, each light and dark; one wide, one narrow."""
    for language, width in (("de", 1280), ("en", 320)):
        address = (site / f"{language}/{kind}.html").as_uri()
        with opened(browser, address, width=width) as (page, asked, _):
            assert faults_of(page) == []
            page.emulate_media(color_scheme="dark")
            assert faults_of(page) == []
            assert not too_wide(page)
            assert [url for url in asked if not url.startswith(site.as_uri())] == []


def test_site_map_and_rules_name_what_is_there(site: Path) -> None:
    named = re.findall(r"<loc>(.*?)</loc>", (site / "sitemap-1.xml").read_text(encoding="utf-8"))
    assert len(named) > 300
    assert [url for url in named if not (site / unquote(url.removeprefix(ADDRESS))).is_file()] == []
    assert "Sitemap:" in (site / "robots.txt").read_text(encoding="utf-8")
    assert "R=303" in (site / ".htaccess").read_text(encoding="utf-8")


def test_our_own_site_keeps_the_conventions(tmp_path: Path) -> None:
    """Also where it lies at the base of its IRIs; with somebody to write to, as a publisher names."""
    project = sample_project(tmp_path / "project")
    settings = project.root / "smartcity.toml"
    text = settings.read_text(encoding="utf-8")
    assert "[publisher]" in text
    contact = '[publisher]\nemail = "daten@example.org"'
    settings.write_text(text.replace("[publisher]", contact, 1), encoding="utf-8")
    build_site(Project.at(project.root), tmp_path / "out", day=DAY)
    outcomes = audit_folder(tmp_path / "out", Project.at(project.root)).outcomes
    # Of the few things in the sample most stand in no register that it could name.
    assert {outcome.number for outcome in outcomes if outcome.level == "fail"} <= {"A-01"}
    assert len(outcomes) == 39
