"""Where the page of an IRI is, and how one page links to another (layer 4)."""

import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

_THING, _DOCUMENT = "id/", "doc/"
_FILE = re.compile(r"[.][a-z][a-z0-9]*$")


@dataclass(frozen=True)
class Address:
    """A page by its path below the site's root, without language and ending, and a place on it."""

    path: str
    fragment: str = ""


def find_address(iri: str, base: str) -> Address | None:
    """The address of the page that tells about an IRI; none if it does not begin with the base.

    A thing `id/…` and the document about it `doc/…` have one page; an IRI with a fragment is a place on a page.
    What ends like a file is one, and has no page; a version ends in digits.

    >>> find_address("https://e.org/id/city/ulm", "https://e.org/")
    Address(path='doc/city/ulm', fragment='')
    >>> find_address("https://e.org/ontology#City", "https://e.org/")
    Address(path='ontology', fragment='City')
    >>> find_address("https://e.org/download/data.nt.gz", "https://e.org/") is None
    True
    """
    if not iri.startswith(base):
        return None
    path, _, fragment = iri.removeprefix(base).partition("#")
    path = path.rstrip("/")
    if path.startswith(_THING):
        path = _DOCUMENT + path.removeprefix(_THING)
    return Address(path, fragment) if path and _is_plain(path) else None


def _is_plain(path: str) -> bool:
    """Whether a path can be a page below a folder: nothing that leads out of it, and no file with an ending."""
    parts = path.split("/")
    return not _FILE.search(path) and all(
        part not in {"", ".", ".."} and "\\" not in part and "\0" not in part for part in parts
    )


@cache
def file_name(path: str) -> str:
    """A path as the name of a file, without characters that file systems or servers read otherwise.

    Percent signs are kept, since IRIs carry them as they are; a browser asks for `%25` then.

    >>> file_name("doc/city/ulm"), file_name('doc/a"b')
    ('doc/city/ulm', 'doc/a%22b')
    """
    return quote(path, safe="/-._~%!$&'()+,;=@")


@dataclass(frozen=True)
class Links:
    """Relative links from one file of the site.

    Args:
        file: The file that links, from the site's root, such as `de/doc/city/ulm.html`.
        language: The language of the pages to link to.

    >>> links = Links("de/doc/city/ulm.html", "de")
    >>> links.page(Address("doc/region/de-bw")), links.file_link("assets/style.css")
    ('../../../de/doc/region/de-bw.html', '../../../assets/style.css')
    """

    file: str
    language: str

    def page(self, address: Address, language: str = "") -> str:
        """The link to a page, in the same language unless another is named."""
        target = f"{language or self.language}/{file_name(address.path)}.html"
        fragment = f"#{quote(address.fragment)}" if address.fragment else ""
        return self.file_link(target) + fragment if target != self.file or not fragment else fragment

    def file_link(self, name: str) -> str:
        """The link to a file of the site by its name from the root."""
        return "../" * self.file.count("/") + _quoted(name)


@cache
def _quoted(name: str) -> str:
    return quote(name, safe="/-._~!$&'()+,;=@")
