"""Write `data/ATTRIBUTION.md`: on which sources each file of the data rests, under which licence, from when.

All of it is read from the data: the sources that a file names, and what is said of each source.

    python -m tools.attribution            write the page
    python -m tools.attribution --check    write nothing; exit 1 if the page is out of date
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox

from smartcity_kg.files import write_whole
from smartcity_kg.project import Project
from smartcity_kg.terms import Prefixes

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("data") / "ATTRIBUTION.md"
_FACTS_ONLY = "not open: single facts"
_LICENCE_NAMES = {
    "https://www.govdata.de/dl-de/by-2-0": "dl-de/by-2-0",
    "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0": "CC BY 4.0",
    "http://publications.europa.eu/resource/authority/licence/CC0": "CC0",
}


class Sources:
    """What the files of a project say about sources, and on which of them each file rests."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.prefixes: Prefixes = project.prefixes
        self._said: dict[str, dict[str, list[ox.Literal | ox.NamedNode]]] = defaultdict(lambda: defaultdict(list))
        self.of_file: dict[Path, set[str]] = {}
        evidence, source = (self.prefixes.expand(name) for name in ("sckg:evidence", "dct:source"))
        for path in project.data_files:
            used = set()
            for triple in project.read(path).triples:
                if isinstance(triple.object, ox.NamedNode) and triple.predicate in {evidence, source}:
                    used.add(triple.object.value.partition("#")[0])
                if isinstance(triple.object, ox.NamedNode | ox.Literal):
                    subject = getattr(triple.subject, "value", "")
                    self._said[subject][triple.predicate.value].append(triple.object)
            self.of_file[path] = used
        classes = {self.prefixes.expand(f"sckg:{name}") for name in ("Source", "Portrait", "MunicipalityRegister")}
        kind = self.prefixes.expand("rdf:type").value
        self.described = sorted(iri for iri, said in self._said.items() if classes & set(said.get(kind, ())))

    def values(self, iri: str, *properties: str) -> list[str]:
        """What is said of a source by some properties, sorted."""
        names = [self.prefixes.expand(name).value for name in properties]
        return sorted(value.value for name in names for value in self._said[iri].get(name, ()))

    def text(self, iri: str, name: str, language: str) -> str:
        """A text about a source in a language; empty if there is none."""
        values = self._said[iri].get(self.prefixes.expand(name).value, [])
        return next((v.value for v in values if isinstance(v, ox.Literal) and v.language == language), "")

    def licence(self, iri: str) -> str:
        """The licence of a source by its usual name."""
        given = self.values(iri, "dct:license")
        return _LICENCE_NAMES.get(given[0], given[0]) if given else ""

    def days(self, iris: Iterable[str]) -> tuple[str, str]:
        """The oldest and the newest day on which some sources were issued, held good, or were read."""
        found = sorted(day for iri in iris for day in self._days(iri))
        return (found[0], found[-1]) if found else ("", "")

    def _days(self, iri: str) -> list[str]:
        return self.values(iri, "dct:issued", "dct:valid") or self.values(iri, "sckg:retrieved")


def page(root: Path = ROOT) -> str:
    """The page for the data of a project; reads its files."""
    sources = Sources(Project.at(root))
    return "\n".join([*_HEAD, *_open_sources(sources), *_FILES, *_files(sources), *_HOSTS, *_hosts(sources), ""])


def _open_sources(sources: Sources) -> Iterator[str]:
    for iri in sources.described:
        attribution, licence = sources.text(iri, "sckg:attribution", "en"), sources.licence(iri)
        if attribution or licence:
            day = sources.days([iri])[1]
            german = sources.text(iri, "sckg:attribution", "de")
            wording = f"{attribution}<br>{german}" if attribution else "none asked for"
            label = sources.text(iri, "skos:prefLabel", "en")
            yield f"| {label} | {licence or 'terms of the publisher'} | {day} | {wording} |"


def _files(sources: Sources) -> Iterator[str]:
    described = set(sources.described)
    for path, used in sorted(sources.of_file.items()):
        known = used & described
        licences = Counter(_licence_of_use(sources, iri) for iri in known)
        shown = ", ".join(f"{name} ({number})" for name, number in sorted(licences.items())) or "no source"
        oldest, newest = sources.days(known)
        yield f"| `{path.relative_to(sources.project.root).as_posix()}` | {shown} | {oldest} | {newest} |"


def _licence_of_use(sources: Sources, iri: str) -> str:
    attributed = "terms of the publisher" if sources.text(iri, "sckg:attribution", "en") else _FACTS_ONLY
    return sources.licence(iri) or attributed


def _hosts(sources: Sources) -> Iterator[str]:
    pages = Counter(
        urlsplit(address).netloc.removeprefix("www.")
        for iri in sources.described
        if not sources.licence(iri)
        for address in sources.values(iri, "rdfs:seeAlso")
    )
    for host, number in sorted(pages.items()):
        yield f"| {host} | {number} |"


_HEAD = (
    "# Sources and licences of the data",
    "",
    "Made by `tools/attribution.py` from the data; change the entries of the sources, not this page.",
    "",
    "The data of this project are under CC BY 4.0: name *The smartcity-kg authors*, link to the licence, say what",
    "you changed. They rest on the sources below, some of which ask to be named as well.",
    "",
    "## Sources that are open, or ask to be named",
    "",
    "| source | licence | as of | attribution |",
    "|---|---|---|---|",
)
_FILES = (
    "",
    "The licences of the municipality register and of GeoNames are those that their publishers are known for; the",
    "files themselves do not name them. Some identifiers of Wikidata came through lists whose licence is unknown:",
    "of those only the identifier was taken.",
    "",
    "## Files",
    "",
    "How many sources each file rests on, by licence, and how old they are. Where a source is not open (city",
    "portraits, web sites, the press), single facts were taken from it in words of our own, and no text.",
    "",
    "| file | sources | oldest | newest |",
    "|---|---|---|---|",
)
_HOSTS = (
    "",
    "## Pages from which single facts were taken, by site",
    "",
    "Each page has an entry of its own with its address and the day on which it was read: `smartcity-kg query",
    "sources`.",
    "",
    "| site | pages |",
    "|---|--:|",
)


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with `--check` only say whether it is out of date. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.attribution", description=(__doc__ or "").strip())
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is out of date")
    chosen = parser.parse_args(arguments)
    text = page()
    target = ROOT / PAGE
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return 0
    if chosen.check:
        print(f"{PAGE} is out of date: run python -m tools.attribution", file=sys.stderr)
        return 1
    write_whole(target, text)
    print(f"{PAGE} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
