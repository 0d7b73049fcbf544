"""A file as it was at a revision of git (layer 0).

Git is only asked, never told: nothing is written, nothing is fetched, and no program of the repository is run.
"""

import subprocess
from pathlib import Path

from smartcity_kg.errors import InputError

SECONDS = 20
# Objects that a partial clone lacks are not fetched.
_GIT = ("git", "--no-pager", "--no-optional-locks", "-c", "protocol.allow=never")


def read_revision(revision: str, path: Path) -> bytes | None:
    """The bytes of a file at a revision; none where the revision does not have the file.

    Args:
        revision: As git names it: a branch, a tag, a commit, `HEAD~1`.
        path: The file; it may be gone from the folder, the folder may not.

    Raises:
        InputError: If there is no git, no repository or no such revision, or git takes too long.

    >>> read_revision("--help", Path("a.ttl"))
    Traceback (most recent call last):
    smartcity_kg.errors.InputError: '--help' does not name a revision
      Name a branch, a tag or a commit, for example: main
    """
    folder = path.resolve().parent
    if not revision or revision.startswith("-") or any(sign in revision for sign in ": \t\n\0"):
        raise _no_revision(revision)
    if not folder.is_dir():
        raise InputError("there is no such folder", path=folder, hint="Check the name of the file.")
    if _ask(folder, "rev-parse", "--git-dir") is None:
        raise InputError("this folder is in no git repository", path=folder, hint="Name two files instead.")
    commit = _ask(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if commit is None:
        raise _no_revision(revision)
    name = f"{commit.decode().strip()}:./{path.name}"
    if _ask(folder, "cat-file", "-e", name) is None:
        return None
    return _ask(folder, "cat-file", "blob", name)


def _no_revision(revision: str) -> InputError:
    return InputError(
        f"{revision!r} does not name a revision", hint="Name a branch, a tag or a commit, for example: main"
    )


def _ask(folder: Path, *arguments: str) -> bytes | None:
    """What git answers; none where it fails."""
    command = [*_GIT, "-C", str(folder), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program; what comes from outside is one argument, checked above
            command, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=SECONDS
        )
    except FileNotFoundError as error:
        raise InputError("git is not installed", hint="Name two files instead of a revision.") from error
    except subprocess.TimeoutExpired as error:
        raise InputError(f"git did not answer within {SECONDS} seconds", path=folder) from error
    return done.stdout if done.returncode == 0 else None
