"""Writing a file so that it is the old one or the new one, never between (layer 0)."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    r"""Write a text file through a temporary one beside it and a rename; UTF-8, line ends as given.

    Raises:
        OSError: If the folder is missing or may not be written to.

    >>> folder = tempfile.TemporaryDirectory()
    >>> target = Path(folder.name, "a.txt")
    >>> write_whole(target, "x\n")
    >>> target.read_text(), len(os.listdir(folder.name))
    ('x\n', 1)
    >>> folder.cleanup()
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
        Path(name).chmod(mode & 0o7777)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
