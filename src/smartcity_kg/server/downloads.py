"""The files of a release, as they are offered for download (layer 6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from smartcity_kg.errors import BackendError
from smartcity_kg.pages.site import LANGUAGES
from smartcity_kg.publish.release import CHECKSUMS

PLACE = "download/"
_TYPES = {
    ".nq": "application/n-quads",
    ".nt": "application/n-triples",
    ".ttl": "text/turtle",
    ".trig": "application/trig",
    ".jsonld": "application/ld+json",
    ".rdf": "application/rdf+xml",
    ".geojson": "application/geo+json",
    ".md": "text/markdown",
}
_PACKED = ".gz"
_CATALOGUE = "catalogue/catalogue.nt"
_ADDRESS = ox.NamedNode("http://www.w3.org/ns/dcat#downloadURL")
_TEXT = ox.NamedNode("http://purl.org/dc/terms/description")


@dataclass(frozen=True)
class Download:
    """A file that is offered.

    Args:
        name: Its path in the release.
        path: Where it lies.
        size: How many bytes it has.
        digest: Its SHA-256.
        titles: What the release's catalogue says that it is, by language.
    """

    name: str
    path: Path
    size: int
    digest: str
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def media_type(self) -> str:
        """What it is, unpacked.

        >>> Download("data/a.nq.gz", Path("a.nq.gz"), 1, "").media_type
        'application/n-quads'
        """
        plain = self.name.removesuffix(_PACKED)
        return _TYPES.get(Path(plain).suffix) or guess_type(plain)[0] or "text/plain"

    @property
    def packed(self) -> bool:
        """Whether it is compressed."""
        return self.name.endswith(_PACKED)

    @property
    def offer(self) -> dict[str, Any]:
        """The file as the page about the data offers it."""
        return {
            "file": f"{PLACE}{self.name}",
            "title": {language: self.titles.get(language, self.name) for language in LANGUAGES},
            "format": self.media_type + (" (gzip)" if self.packed else ""),
            "media_type": self.media_type,
            "bytes": self.size,
            "sha256": self.digest,
        }


def read_downloads(folder: Path | None) -> tuple[Download, ...]:
    """What the checksums of a release name and what is there; nothing else of the folder is offered.

    Raises:
        BackendError: If the folder is no release, or a file is missing.

    >>> read_downloads(Path("no-such-folder"))
    Traceback (most recent call last):
    smartcity_kg.errors.BackendError: no-such-folder is no release
      Name a folder that `smartcity-kg build` has written.
    """
    if folder is None:
        return ()
    try:
        return tuple(_read(folder))
    except (OSError, ValueError, SyntaxError) as error:
        hint = "Name a folder that `smartcity-kg build` has written."
        raise BackendError(f"{folder} is no release", hint=hint) from error


def _read(folder: Path) -> Iterator[Download]:
    place = folder.resolve(strict=True)
    titles = _titles(place / _CATALOGUE)
    for line in (place / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        digest, name = line.split(maxsplit=1)
        path = (place / name).resolve(strict=True)
        if not path.is_relative_to(place):
            raise ValueError(name)
        described = next((found for address, found in titles.items() if address.endswith(f"/{name}")), {})
        yield Download(name, path, path.stat().st_size, digest, described)


def _titles(catalogue: Path) -> dict[str, dict[str, str]]:
    """What a catalogue says of files, by address and language; nothing where there is none."""
    if not catalogue.is_file():
        return {}
    addresses: dict[object, str] = {}
    texts: dict[object, dict[str, str]] = {}
    for triple in ox.parse(path=str(catalogue), format=ox.RdfFormat.N_TRIPLES):
        if triple.predicate == _ADDRESS and isinstance(triple.object, ox.NamedNode):
            addresses[triple.subject] = triple.object.value
        elif triple.predicate == _TEXT and isinstance(triple.object, ox.Literal):
            texts.setdefault(triple.subject, {})[triple.object.language or ""] = triple.object.value
    return {address: texts.get(subject, {}) for subject, address in addresses.items()}
