"""The command: make the registers, or say which are out of date."""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tools.registers import bodies, claims, pages, parts, places
from tools.registers.build import Build
from tools.registers.entries import ROOT
from tools.registers.tables import RegisterError


def make_files(root: Path = ROOT, today: date | None = None) -> dict[str, str]:
    """All files with their texts, by path below the project; reads tables and files, writes nothing.

    Raises:
        RegisterError: If a table has a fault.
    """
    build = Build(root, today)
    places.make_regions(build)
    places.make_cities(build)
    places.make_members(build)
    bodies.make_organisations(build)
    bodies.make_networks(build)
    bodies.make_competitions(build)
    parts.Parts(build).make()
    parts.make_atlas(build)
    claims.make_contradictions(build)
    texts = {f"data/shared/{sheet.name}.ttl": build.turtle(sheet) for sheet in build.sheets.values()}
    texts["docs/registers/rows.csv"] = pages.write_list(build)
    texts["docs/registers/README.md"] = pages.write_page(build)
    return texts


def write_all(texts: Mapping[str, str], root: Path) -> None:
    """Write all files or none: each beside its place first, then all are moved."""
    moves: list[tuple[str, Path]] = []
    try:
        for name, content in texts.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".register-")
            moves.append((temporary, target))
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(content)
            Path(temporary).chmod(0o644)
    except OSError:
        for temporary, _ in moves:
            Path(temporary).unlink(missing_ok=True)
        raise
    for temporary, target in moves:
        Path(temporary).replace(target)


def main(arguments: list[str] | None = None) -> int:
    """Make the registers; 0 if all is well, 1 if a file is out of date, 2 if a table has a fault."""
    parser = argparse.ArgumentParser(prog="python -m tools.registers", description=(__doc__ or "").strip())
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    parser.add_argument("--project", type=Path, default=ROOT, help="the folder to read and write")
    chosen = parser.parse_args(arguments)
    try:
        texts = make_files(chosen.project)
    except RegisterError as error:
        print(f"{error}\nNothing was written.", file=sys.stderr)
        return 2
    old = {name: content for name, content in texts.items() if not _holds(chosen.project / name, content)}
    if chosen.check:
        for name in old:
            print(f"{name} is out of date: run python -m tools.registers", file=sys.stderr)
        return 1 if old else 0
    write_all(old, chosen.project)
    print(f"{len(old)} of {len(texts)} files written")
    return 0


def _holds(path: Path, content: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == content


if __name__ == "__main__":
    sys.exit(main())
