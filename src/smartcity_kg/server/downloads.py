"""The files of a release, as they are offered for download (layer 6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Download:
    """A file that is offered.

    Args:
        name: Its path in the release.
        path: Where it lies.
        size: How many bytes it has.
        digest: Its SHA-256.
    """

    name: str
    path: Path
    size: int
    digest: str

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
            "title": dict.fromkeys(LANGUAGES, self.name),
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
    except (OSError, ValueError) as error:
        hint = "Name a folder that `smartcity-kg build` has written."
        raise BackendError(f"{folder} is no release", hint=hint) from error


def _read(folder: Path) -> Iterator[Download]:
    place = folder.resolve(strict=True)
    for line in (place / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        digest, name = line.split(maxsplit=1)
        path = (place / name).resolve(strict=True)
        if not path.is_relative_to(place):
            raise ValueError(name)
        yield Download(name, path, path.stat().st_size, digest)
