"""Style sheet, scripts and geometry that pages need (layer 0): built into the package, or their sources."""

from pathlib import Path

_BUILT = Path(__file__).parent / "_web"
_SOURCES = Path(__file__).parents[2] / "web"


def find_asset(name: str) -> Path | None:
    """The file of a built asset, else its source; none if there is neither.

    >>> find_asset("style.css").name
    'style.css'
    >>> find_asset("no-such.js") is None
    True
    """
    found = (folder / name for folder in (_BUILT, _SOURCES) if (folder / name).is_file())
    return next(found, None)
