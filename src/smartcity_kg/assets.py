"""Style sheet, scripts and geometry that pages need (layer 0): built into the package by `hatch_build.py`."""

from pathlib import Path

_BUILT = Path(__file__).parent / "_web"
_CHECKOUT = Path(__file__).parents[2]

# What pages load from one folder of a site. The scripts and what they load are absent where they were not built.
ASSETS = (
    "LICENSES.txt",
    "germany.json",
    "oxigraph.wasm",
    "page.js",
    "sparql-worker.js",
    "sparql.js",
    "style.css",
)


def find_asset(name: str) -> Path | None:
    """The file of an asset, none if it was not built; in a checkout the style sheet as it is edited.

    >>> find_asset("style.css").name
    'style.css'
    >>> find_asset("no-such.js") is None
    True
    """
    folders = [_BUILT]
    if (_CHECKOUT / "hatch_build.py").is_file():
        folders.insert(0, _CHECKOUT / "web")
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def find_assets() -> dict[str, Path]:
    """All assets that are there, by name.

    >>> "style.css" in find_assets()
    True
    """
    found = {name: find_asset(name) for name in ASSETS}
    return {name: path for name, path in found.items() if path}
