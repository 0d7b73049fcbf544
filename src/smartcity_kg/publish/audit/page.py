"""What an audit wants to know of a page: links, languages, structured data, headings (layer 4)."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_ADDRESSED = {"a": "href", "script": "src", "img": "src", "source": "src"}
_PICTURES = frozenset({"svg"})


@dataclass(frozen=True)
class Link:
    """A `link` of the head."""

    rel: str
    href: str
    media_type: str = ""
    language: str = ""


@dataclass
class Page:
    """A page as it was read."""

    path: str
    text: str = field(repr=False, default="")
    language: str = ""
    title: str = ""
    description: str = ""
    links: list[Link] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    structured: list[str] = field(default_factory=list)
    first_link: str = ""
    headings: int = 0
    tables: int = 0
    lists: int = 0
    pictures: int = 0
    unnamed_pictures: int = 0
    unnamed_images: int = 0
    robots: str = ""

    def linked(self, rel: str) -> list[Link]:
        """The links of the head with a relation."""
        return [link for link in self.links if link.rel == rel]


def read_page(path: str, text: str) -> Page:
    """Read a page; what is no HTML gives an empty one.

    >>> page = read_page("de/a.html", '<html lang="de"><a href="#main">Zum Inhalt</a><main id="main">')
    >>> page.language, page.first_link, page.ids
    ('de', '#main', {'main'})
    """
    reader = _Reader(Page(path, text))
    reader.feed(text)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self._collecting = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        page = self.page
        if said.get("id"):
            page.ids.add(said["id"])
        self._collecting = ""
        if tag == "html":
            page.language = said.get("lang", "")
        elif tag == "link":
            for rel in said.get("rel", "").split():
                page.links.append(Link(rel, said.get("href", ""), said.get("type", ""), said.get("hreflang", "")))
            if said.get("rel") in {"stylesheet", "icon"}:
                page.addresses.append(said.get("href", ""))
        elif tag == "meta":
            self._meta(said)
        elif tag in {"title", "script"}:
            wanted = (tag == "title" and not page.title) or said.get("type") == "application/ld+json"
            self._collecting = tag if wanted else ""
            if self._collecting == "script":
                page.structured.append("")
        self._count(tag, said)
        address = said.get(_ADDRESSED.get(tag, ""), "")
        if tag in _ADDRESSED and address:
            page.addresses.append(address)
            if tag == "a" and not page.first_link:
                page.first_link = address

    def _meta(self, said: dict[str, str]) -> None:
        if said.get("name") == "description":
            self.page.description = said.get("content", "")
        if said.get("name") == "robots":
            self.page.robots = said.get("content", "")

    def _count(self, tag: str, said: dict[str, str]) -> None:
        page = self.page
        page.headings += tag == "h1"
        page.tables += tag == "table"
        page.lists += tag in {"ul", "ol", "dl"}
        if tag == "img":
            page.unnamed_images += "alt" not in said
        if tag in _PICTURES and said.get("aria-hidden") != "true" and said.get("role") != "presentation":
            page.pictures += 1
            page.unnamed_pictures += not (said.get("aria-label") or said.get("aria-labelledby"))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._collecting:
            self._collecting = ""

    def handle_data(self, data: str) -> None:
        if self._collecting == "title":
            self.page.title += data
        elif self._collecting == "script":
            self.page.structured[-1] += data
