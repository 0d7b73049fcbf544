"""Elements of SVG, safe text and the placing of labels, for all pictures (layer 3).

What comes from data is shown as text and never as markup: elements are built as a tree and serialised by
`xml.etree`. No element carries a style of its own; classes of the style sheet do that, for light and dark.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

LONGEST_LABEL = 60
LONGEST_NAME = 300

# What XML forbids, and what turns the direction of the text around it.
_UNSAFE = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.\-]*:", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)

Box = tuple[float, float, float, float]


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    r"""Text fit for a picture: one line, no control or direction characters, cut with an ellipsis.

    >>> plain("a\u202eb  c"), plain("abcdef", 4)
    ('ab c', 'abc…')
    """
    line = " ".join(_UNSAFE.sub("", text[: longest * 8]).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def is_link(href: str) -> bool:
    """Whether an address may become a link: relative, an anchor, or on the web.

    >>> is_link("city/ulm"), is_link("https://e.org/"), is_link("javascript:alert(1)"), is_link("")
    (True, True, False, False)
    """
    return bool(href) and (not _SCHEME.match(_UNSAFE.sub("", href)) or bool(_WEB.match(href)))


def number(value: float) -> str:
    """A coordinate with one decimal, as short as it can be.

    >>> number(12.04), number(-0.04), number(0.55)
    ('12', '0', '0.6')
    """
    said = f"{value + 0.0:.1f}".removesuffix(".0")
    return "0" if said == "-0" else said


def decimal(value: float, language: str) -> str:
    """A number as it is written in a language, with at most one decimal.

    >>> decimal(1234.5, "de"), decimal(1234.5, "en"), decimal(3, "de")
    ('1.234,5', '1,234.5', '3')
    """
    said = f"{value:,.1f}".removesuffix(".0")
    return said.translate(str.maketrans(",.", ".,")) if language == "de" else said


def picture(width: float, height: float, identifier: str, title: str, description: str, classes: str) -> Element:
    """The outermost element, with name and description that a screen reader says.

    >>> ElementTree.tostring(picture(2, 1, "m", "Map", "", "pic"), encoding="unicode")[:37]
    '<svg xmlns="http://www.w3.org/2000/sv'
    """
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": classes,
            "viewBox": f"0 0 {number(width)} {number(height)}",
            "role": "group",
            "aria-labelledby": f"{identifier}-title",
        },
    )
    SubElement(root, "title", {"id": f"{identifier}-title"}).text = plain(title)
    if description:
        root.set("aria-describedby", f"{identifier}-desc")
        SubElement(root, "desc", {"id": f"{identifier}-desc"}).text = plain(description, 2000)
    return root


def add(parent: Element, tag: str, text: str | None = None, /, **attributes: object) -> Element:
    """A new element within another; `class_` stands for `class`, `_` for `-`; floats are rounded.

    >>> ElementTree.tostring(add(Element("g"), "text", "<b>", class_="lab", x=1.25, text_anchor="end"))
    b'<text class="lab" x="1.2" text-anchor="end">&lt;b&gt;</text>'
    """
    said = {
        name.rstrip("_").replace("_", "-"): number(value) if isinstance(value, int | float) else str(value)
        for name, value in attributes.items()
        if value is not None and value != ""
    }
    element = SubElement(parent, tag, said)
    element.text = text
    return element


def add_item(parent: Element, name: str, *, href: str = "", key: str = "", tags: str = "") -> Element:
    """A link with a name, or a group with a title where there is nothing to link to.

    >>> ElementTree.tostring(add_item(Element("g"), "Ulm", href="ulm.html", key="city/ulm"))
    b'<a href="ulm.html" aria-label="Ulm" data-item="city/ulm" />'
    """
    said = plain(name)
    if is_link(href):
        return add(
            parent, "a", href=_UNSAFE.sub("", href), aria_label=said, data_item=plain(key), data_tags=plain(tags)
        )
    group = add(parent, "g", data_item=plain(key), data_tags=plain(tags))
    add(group, "title", said)
    return group


def to_text(*pictures: Element) -> str:
    r"""Pictures as text for an HTML page, each on a line of its own.

    >>> to_text(Element("svg"), Element("svg"))
    '<svg />\n<svg />'
    """
    return "\n".join(ElementTree.tostring(one, encoding="unicode") for one in pictures)


def width_of(text: str, size: float = 13, *, bold: bool = False) -> float:
    """About how wide a text is in a sans serif; rather too wide than too narrow.

    >>> width_of("Magdeburg") > width_of("Illingen")
    True
    """
    units = sum(
        0.31 if sign in "iljtfrI.,:;'|!()[] " else 0.9 if sign in "mwMWÄÖ—…%" else 0.69 if sign.isupper() else 0.58
        for sign in text
    )
    return units * size * (1.07 if bold else 1.0)


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes (left, top, right, bottom) share an area.

    >>> overlap((0, 0, 2, 2), (1, 1, 3, 3)), overlap((0, 0, 1, 1), (1, 0, 2, 1))
    (True, False)
    """
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@dataclass
class Labels:
    """Places labels beside marks, one after the other, where nothing is yet.

    >>> labels = Labels((0, 0, 100, 100))
    >>> labels.place("Ulm", 50, 50, 4)
    (57, 54.55, 'start')
    >>> labels.place("Ulm", 50, 50, 4)[2]
    'end'
    """

    frame: Box
    size: float = 13
    taken: list[Box] = field(default_factory=list)

    def keep_free(self, boxes: Iterable[Box]) -> None:
        """No label shall cover these boxes."""
        self.taken.extend(boxes)

    def place(
        self, text: str, x: float, y: float, radius: float, *, bold: bool = False, always: bool = False
    ) -> tuple[float, float, str] | None:
        """Where the text goes (x, baseline, anchor); none if there is no room, unless it must be said."""
        wide, gap, base = width_of(text, self.size, bold=bold), radius + 3, self.size * 0.35
        diagonal = gap * 0.75
        spots = (
            (x + gap, y + base, "start"),
            (x - gap, y + base, "end"),
            (x, y - gap - 1, "middle"),
            (x, y + gap + self.size * 0.8, "middle"),
            (x + diagonal, y - diagonal, "start"),
            (x - diagonal, y - diagonal, "end"),
            (x + diagonal, y + diagonal + self.size * 0.7, "start"),
            (x - diagonal, y + diagonal + self.size * 0.7, "end"),
        )
        for spot in spots:
            box = self._box(wide, *spot)
            if self._inside(box) and not any(overlap(box, other) for other in self.taken):
                self.taken.append(box)
                return spot
        if not always:
            return None
        best = min((spot for spot in spots), key=lambda spot: self._harm(self._box(wide, *spot)))
        self.taken.append(self._box(wide, *best))
        return best

    def _box(self, wide: float, x: float, y: float, anchor: str) -> Box:
        left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
        return (left, y - self.size * 0.85, left + wide, y + self.size * 0.25)

    def _inside(self, box: Box) -> bool:
        left, top, right, bottom = self.frame
        return left <= box[0] and top <= box[1] and box[2] <= right and box[3] <= bottom

    def _harm(self, box: Box) -> int:
        return sum(overlap(box, other) for other in self.taken) + (0 if self._inside(box) else 100)
