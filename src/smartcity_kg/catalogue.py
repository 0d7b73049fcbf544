"""The description of the data for catalogues: DCAT and VoID (layer 2)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Distribution:
    """One file of a release, as a catalogue describes it.

    `path`: from the release's folder. `dataset`: what it holds; files of the same say the same in other formats.
    `size`, `sha256`: of the file as it lies there. `compression`: a media type, where the file is packed.

    >>> Distribution("data/data.ttl", "data", "text/turtle", 1, "00", {"en": "Data"}).compression
    ''
    """

    path: str
    dataset: str
    media_type: str
    size: int
    sha256: str
    titles: Mapping[str, str]
    compression: str = ""
    conforms_to: str = ""
