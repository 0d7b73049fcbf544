"""What a store holds as text beside it, which is read into memory in a quarter of the time (layer 1)."""

from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox

COPY = "statements.trig"
_ENGINE = ("*.sst", "MANIFEST-*", "CURRENT")
_LAST_LINE = 100  # bytes, more than it ever has


def write_copy(store: ox.Store, folder: Path, prefixes: Mapping[str, str]) -> None:
    """Write what a store holds into the folder of a store that holds the same and is not open for writing.

    Raises:
        OSError: If the disk is full or fails.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_copy(ox.Store(), Path(folder), {})
    ...     len(read_copy(Path(folder)))
    0
    """
    with (folder / COPY).open("wb") as file:
        store.dump(file, format=ox.RdfFormat.TRIG, prefixes=dict(prefixes))
        file.write(_last_line(folder))


def read_copy(folder: Path) -> ox.Store | None:
    """A store in memory, from the text in a store's folder.

    Returns:
        The store; none where there is no such text, or it or the store beside it is not whole.

    >>> read_copy(Path("no-such-folder")) is None
    True
    """
    path = folder / COPY
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LAST_LINE))
            if not file.read().endswith(_last_line(folder)):
                return None
        store = ox.Store()
        store.load(path=str(path), format=ox.RdfFormat.TRIG)
    except (OSError, SyntaxError):
        return None
    return store


def _last_line(folder: Path) -> bytes:
    """What a text that is whole ends with, as long as the files of the engine have the size that they had."""
    sizes = [path.stat().st_size for pattern in _ENGINE for path in folder.glob(pattern)]
    return f"\n# That is all; {len(sizes)} files hold it in {sum(sizes)} bytes.\n".encode()
