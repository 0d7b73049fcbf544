"""Where the files of a site are read: a folder, within limits (layer 4)."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from smartcity_kg.errors import InputError

MAX_BYTES = 50_000_000


class Place(Protocol):
    """Something that holds the files of a site; paths have slashes and no slash in front."""

    subject: str
    live: bool
    reads: int
    unasked: int

    @property
    def is_spent(self) -> bool:
        """Whether a limit is reached and nothing more may be read."""

    def paths(self) -> Sequence[str]:
        """The paths of all files that are known, sorted."""

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            InputError: If it cannot be read or is too large.
        """


class Folder:
    """A built site in a folder; links in it that lead elsewhere are not followed.

    Raises:
        InputError: If the folder cannot be read or holds no page.

    >>> Folder(Path("nowhere"))
    Traceback (most recent call last):
    smartcity_kg.errors.InputError: nowhere: there is no such folder
      Name the folder that `smartcity-kg site --out` has written.
    """

    live = False
    unasked = 0
    is_spent = False

    def __init__(self, folder: Path) -> None:
        hint = "Name the folder that `smartcity-kg site --out` has written."
        if not folder.is_dir():
            message = "this is no folder" if folder.exists() else "there is no such folder"
            raise InputError(message, path=folder, hint=hint)
        self.subject = str(folder)
        self.reads = 0
        self._folder = folder
        self._paths = tuple(sorted(_walk(folder)))
        self._known = frozenset(self._paths)
        if not any(path.endswith(".html") for path in self._paths):
            raise InputError("there is no page in this folder", path=folder, hint=hint)

    def paths(self) -> Sequence[str]:
        """All files of the folder."""
        return self._paths

    def exists(self, path: str) -> bool:
        """Whether the folder has such a file."""
        return path in self._known

    def read(self, path: str) -> bytes:
        """The bytes of a file of the folder."""
        if path not in self._known:
            raise InputError("there is no such file", path=path)
        target = self._folder / path
        try:
            size = target.stat().st_size
            if size > MAX_BYTES:
                raise InputError(f"the file has {size:,} bytes; at most {MAX_BYTES:,} are read", path=path)
            self.reads += 1
            return target.read_bytes()
        except OSError as error:
            raise InputError(f"the file cannot be read: {error.strerror}", path=path) from error


def _walk(folder: Path) -> list[str]:
    found: list[str] = []

    def fail(error: OSError) -> None:
        raise InputError(f"the folder cannot be read: {error.strerror}", path=error.filename) from error

    for root, _, names in os.walk(folder, onerror=fail):
        below = Path(root).relative_to(folder).as_posix()
        start = "" if below == "." else f"{below}/"
        found += [start + name for name in names if not Path(root, name).is_symlink()]
    return found
