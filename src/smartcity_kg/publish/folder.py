"""Writing a folder of files as a whole: old or new, never between (layer 4).

The new folder is built beside the old one, checked, and put in its place in one step of the file system. A process
that is ended at any moment leaves the old folder as it was; the next run removes what was left behind. Files that
say the same as before are linked, not written.
"""

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import shutil
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from smartcity_kg.errors import InputError, Refused
from smartcity_kg.project import Project

MARKER = ".published.json"
_FULL = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
_NO_SWAP = frozenset([errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP])
_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE
_SWAP = 2  # RENAME_SWAP


@dataclass(frozen=True)
class Written:
    """A file of a published folder: its size, its digest, and what its writer said it was made from."""

    size: int
    sha256: str
    key: str = ""


class FolderWriter:
    """Puts files into a folder that is being built; made by `publishing`."""

    def __init__(self, place: Path, old: Path, before: Mapping[str, Written]) -> None:
        self.files: dict[str, Written] = {}
        self.changed: set[str] = set()
        self._place = place
        self._old = old
        self._before = before
        self._checked = _time_of(old / MARKER)
        self._folders: set[str] = set()

    @property
    def removed(self) -> set[str]:
        """The files of the folder before that the new one has not."""
        return set(self._before) - set(self.files)

    def write(self, path: str, data: bytes, *, key: str = "") -> None:
        """Add a file.

        Args:
            path: Its place in the folder, with forward slashes.
            data: Its content.
            key: A digest of all that the content is made from, for `reuse` in the next run.

        Raises:
            ValueError: If the path leads out of the folder, or was written before.
            OSError: If the disk is full or fails.
        """
        target = self._target(path)
        new = Written(len(data), hashlib.sha256(data).hexdigest(), key)
        if not (self._holds(path, new) and self._link(path, target)):
            with Path(target).open("xb") as file:
                file.write(data)
            self.changed.add(path)
        self.files[path] = new

    def adopt(self, files: Mapping[str, Written], changed: Iterable[str]) -> None:
        """Take over what a copy of this writer in another process has written.

        Raises:
            ValueError: If one of the files was written here too.
        """
        if twice := set(files) & set(self.files):
            raise ValueError(f"written twice: {min(twice)!r}")
        self.files.update(files)
        self.changed.update(changed)

    def key(self, path: str) -> str:
        """What the file of the folder before was made from, as its writer said; empty if there is none."""
        before = self._before.get(path)
        return before.key if before else ""

    def read(self, path: str) -> bytes | None:
        """A file of the folder before; none if there is no such file, or it is not as it was written."""
        before = self._before.get(path)
        if before is None:
            return None
        try:
            data = (self._old / path).read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == before.sha256 else None

    def reuse(self, path: str, key: str) -> bool:
        """Take a file over from the folder before, if it was made from the same and is unharmed.

        Raises:
            ValueError: As in `write`.
        """
        before = self._before.get(path)
        if not key or before is None or before.key != key or not self._holds(path, before):
            return False
        if self._link(path, self._target(path)):
            self.files[path] = before
        return path in self.files

    def _target(self, path: str) -> str:
        # Tens of thousands of files go through here: as text, a path costs a tenth of what it does as an object.
        if path.startswith("/") or "\\" in path or path == MARKER or not _is_plain(path):
            raise ValueError(f"no place in a published folder: {path!r}")
        if path in self.files:
            raise ValueError(f"written twice: {path!r}")
        folder, _, _ = path.rpartition("/")
        if folder not in self._folders:
            (self._place / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        return f"{self._place}/{path}"

    def _holds(self, path: str, wanted: Written) -> bool:
        """Whether the folder before has a file with this content.

        A file that nobody touched since it was written and checked is not read again; any other is.
        """
        before = self._before.get(path)
        if before is None or (before.size, before.sha256) != (wanted.size, wanted.sha256):
            return False
        source = f"{self._old}/{path}"
        try:
            found = os.lstat(source)
        except OSError:
            return False
        if not stat.S_ISREG(found.st_mode) or found.st_size != wanted.size:
            return False
        return found.st_mtime_ns < self._checked or _digest(Path(source)) == wanted.sha256

    def _link(self, path: str, target: str) -> bool:
        source = f"{self._old}/{path}"
        try:
            os.link(source, target)
        except OSError:
            try:
                shutil.copy2(source, target)
            except OSError:
                Path(target).unlink(missing_ok=True)
                return False
        return True


@contextmanager
def publishing(folder: Path, *, kind: str, project: Project) -> Iterator[FolderWriter]:
    r"""Write a folder whole; it appears, or takes the place of the old one, when the block ends without an error.

    Args:
        folder: Where it is to stand.
        kind: What it is, such as `release`; only a folder of the same kind is replaced.
        project: What is published; nothing may be written into it.

    Raises:
        Refused: Before anything is written, if the folder is a file, lies in or around the project, holds what was
            not written by this, or is being written by another process.
        InputError: If it cannot be written; the old one is as it was.

    >>> import tempfile
    >>> project = Project.find()
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     for text in (b"one", b"two", b"two"):
    ...         with publishing(Path(parent, "out"), kind="release", project=project) as writer:
    ...             writer.write("a/b.txt", text)
    ...         print(sorted(writer.changed), os.listdir(parent))
    ['a/b.txt'] ['out']
    ['a/b.txt'] ['out']
    [] ['out']
    """
    target = Path(os.path.realpath(folder))
    _refuse_project(folder, target, project)
    place = target.parent / f".{target.name}.building"
    gone = target.parent / f".{target.name}.old"
    _restore(target, gone)
    before = _read_ours(folder, target, kind)
    with contextlib.ExitStack() as stack:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            for path in (target, place):
                stack.enter_context(_locked(path, folder))
            for path in (place, gone):
                _remove(path)
            place.mkdir()
            stack.enter_context(_locked(place, folder))
        except OSError as error:
            _cannot_write(folder, error)
        writer = FolderWriter(place, target, before)
        try:
            yield writer
            _finish(place, writer, kind)
            _replace(target, place, gone)
        except OSError as error:
            _remove(place)
            if _is_elsewhere(error, place, target):
                raise
            _cannot_write(folder, error)
        except BaseException:
            _remove(place)
            raise
        _remove(gone, before)


def read_manifest(folder: Path) -> tuple[str, dict[str, Written]]:
    """The kind of a published folder and its files, as its marker names them; nothing is checked against the disk.

    Raises:
        InputError: If there is no marker, or it cannot be read.

    >>> read_manifest(Path("no-such-folder"))
    Traceback (most recent call last):
    smartcity_kg.errors.InputError: no-such-folder: this is no folder that smartcity-kg has published
    """
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return str(found["kind"]), {str(path): Written(**file) for path, file in found["files"].items()}
    except FileNotFoundError as error:
        raise InputError("this is no folder that smartcity-kg has published", path=folder) from error
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError("the list of its files cannot be read", path=folder / MARKER) from error


def _refuse_project(folder: Path, target: Path, project: Project) -> None:
    root = Path(os.path.realpath(project.root))
    if _below(target, root):
        raise Refused(
            f"{folder}: this folder lies in the project, and what is published is not part of it",
            hint="Name a folder outside of it, such as ../release.",
        )
    if _below(root, target):
        raise Refused(f"{folder}: the project lies in this folder", hint="Name another one, such as ../release.")


def _read_ours(folder: Path, target: Path, kind: str) -> dict[str, Written]:
    """The files of the folder as it is; refused if anything in it would be lost."""
    if not target.exists():
        return {}
    if not target.is_dir():
        raise Refused(f"{folder}: this is a file, not a folder", hint="Name a new or an empty folder.")
    try:
        found = _list(target)
    except OSError as error:
        raise Refused(f"{folder}: the folder cannot be read: {error.strerror}") from error
    if not found:
        return {}
    try:
        marked, files = read_manifest(target)
    except InputError as error:
        raise Refused(
            f"{folder}: the folder is not empty, and smartcity-kg did not write it",
            hint="Name a new or an empty folder.",
        ) from error
    if marked != kind:
        raise Refused(f"{folder}: this folder holds a {marked}, not a {kind}", hint="Name another folder.")
    if strange := sorted(found - set(files) - {MARKER}):
        raise Refused(
            f"{folder}: the folder holds what smartcity-kg did not write, such as {strange[0]}",
            hint="Move it elsewhere; it would be lost.",
        )
    # What the list names and the folder has not may be anywhere: it is neither taken over nor removed.
    return {path: file for path, file in files.items() if path in found}


def _list(folder: Path) -> set[str]:
    """The files and links in or below a folder, and folders with nothing in them."""
    found: set[str] = set()
    waiting = [""]
    while waiting:
        here = waiting.pop()
        with os.scandir(folder / here) as entries:
            inner = list(entries)
        folders = [entry.name for entry in inner if entry.is_dir(follow_symlinks=False)]
        found.update(f"{here}{entry.name}" for entry in inner if not entry.is_dir(follow_symlinks=False))
        waiting += [f"{here}{name}/" for name in folders]
        if here and not inner:
            found.add(f"{here}.")
    return found


def _is_plain(path: str) -> bool:
    """Whether a path goes down from where it starts, and nowhere else."""
    return all(part not in {"", ".", ".."} for part in path.split("/"))


def _time_of(path: Path) -> int:
    """When a file was written, in nanoseconds; 0 if there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _finish(place: Path, writer: FolderWriter, kind: str) -> None:
    """Write the marker, check what was written, and have it reach the disk."""
    files = {path: vars(writer.files[path]) for path in sorted(writer.files)}
    text = json.dumps({"kind": kind, "files": files}, indent=0, ensure_ascii=False)
    (place / MARKER).write_text(text + "\n", encoding="utf-8", newline="\n")
    for path in writer.changed:
        if _digest(place / path) != writer.files[path].sha256:
            raise OSError(errno.EIO, "a file is not on the disk as it was written", str(place / path))
    os.sync()


def _replace(target: Path, place: Path, gone: Path) -> None:
    """Put the new folder in the place of the old one."""
    if not target.exists():
        place.rename(target)
    elif _swap(place, target):
        place.rename(gone)
    else:
        # Between these two steps there is no folder; `_restore` in the next run would put the old one back.
        target.rename(gone)
        place.rename(target)


def _restore(target: Path, gone: Path) -> None:
    if gone.is_dir() and not target.exists():
        with contextlib.suppress(OSError):
            gone.rename(target)


def _swap(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; whether the system can do that."""
    if os.name != "posix":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    if hasattr(library, "renameat2"):
        done = library.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    elif hasattr(library, "renamex_np"):
        done = library.renamex_np(os.fsencode(one), os.fsencode(other), _SWAP)
    else:
        return False
    if done and ctypes.get_errno() not in _NO_SWAP:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(other))
    return not done


@contextmanager
def _locked(path: Path, folder: Path) -> Iterator[None]:
    """Hold a folder, if it exists, against other runs; the lock ends with the process."""
    try:
        import fcntl

        handle = os.open(path, os.O_RDONLY)
    except (ImportError, FileNotFoundError):
        yield
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                f"{folder}: another run is writing this folder", hint="Wait until it has finished."
            ) from error
        yield
    finally:
        os.close(handle)


def _is_elsewhere(error: OSError, *folders: Path) -> bool:
    """Whether an error is about a file that lies in none of the folders."""
    if not isinstance(error.filename, str | bytes):
        return False
    path = Path(os.fsdecode(error.filename))
    return not any(_below(path, folder) for folder in folders)


def _cannot_write(folder: Path, error: OSError) -> NoReturn:
    do = "Free some space" if error.errno in _FULL else "Check access rights and the disk"
    message = f"the folder cannot be written: {error.strerror or error}"
    raise InputError(message, path=folder, hint=f"{do}; nothing was changed.") from error


def _remove(path: Path, files: Iterable[str] = ()) -> None:
    """Remove a folder with all that is in it, if it is there; quicker for the files that are known."""
    if not path.is_dir() or path.is_symlink():
        return
    by_depth: dict[int, set[str]] = defaultdict(set)
    for name in files:
        # As text for the same reason as in `_target`.
        with contextlib.suppress(OSError):
            os.unlink(f"{path}/{name}")  # noqa: PTH108
        while name := name.rpartition("/")[0]:
            if name in (found := by_depth[name.count("/")]):
                break
            found.add(name)
    # Two at once: a system takes longer over a folder than over a file.
    with ThreadPoolExecutor(2) as pool:
        for _, found in sorted(by_depth.items(), reverse=True):
            names = list(found)
            list(pool.map(partial(_remove_empty, path), (names[::2], names[1::2])))
    shutil.rmtree(path, ignore_errors=True)


def _remove_empty(path: Path, names: Iterable[str]) -> None:
    for name in names:
        with contextlib.suppress(OSError):
            os.rmdir(f"{path}/{name}")  # noqa: PTH106


def _digest(path: Path) -> str:
    """The SHA-256 of a file; empty where there is no file to read."""
    try:
        if path.is_symlink():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _below(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents
