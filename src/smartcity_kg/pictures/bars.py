"""Bars: how many, in what parts, how much of the whole (layer 3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from smartcity_kg.pictures.drawing import add, add_item, decimal, number, picture, plain, to_text, width_of

_ROW, _BAR, _WIDE = 46, 14, 420
_PATTERNS = 6


@dataclass(frozen=True)
class Bar:
    """A label with a number; `text` is written in place of the number."""

    label: str
    value: float
    href: str = ""
    key: str = ""
    text: str = ""


@dataclass(frozen=True)
class Part:
    """A part of a whole."""

    label: str
    value: float


def draw_bars(
    bars: Iterable[Bar], *, title: str, description: str = "", identifier: str = "bars", language: str = "en"
) -> str:
    """Horizontal bars from one baseline, in the order given, the label above each.

    >>> text = draw_bars([Bar("Mobility", 3, href="mobility.html"), Bar("Energy", 1.5)], title="Fields")
    >>> "1.5" in text and "mobility.html" in text
    True
    """
    shown = [bar for bar in bars if isfinite(bar.value)]
    most = max((bar.value for bar in shown), default=1) or 1
    room = _WIDE - 2 - max((width_of(_said(bar, language)) for bar in shown), default=0) - 8
    root = picture(_WIDE, max(len(shown) * _ROW, 1), identifier, title, description, "pic bars")
    for at, bar in enumerate(shown):
        top, said = at * _ROW, _said(bar, language)
        item = add_item(root, f"{bar.label}: {said}", href=bar.href, key=bar.key)
        long = max(bar.value, 0) / most * room
        add(item, "rect", class_="touch", x=0, y=top, width=_WIDE, height=_ROW - 4)
        add(item, "text", plain(bar.label, _fits(bar.label)), x=1, y=top + 14)
        add(item, "rect", class_="track", x=1, y=top + 21, width=room, height=_BAR, rx=2)
        if long:
            add(item, "rect", class_="bar", x=1, y=top + 21, width=max(long, 2), height=_BAR, rx=2)
        add(item, "text", said, class_="big", x=1 + long + 7, y=top + 33)
    return to_text(root)


def draw_parts(
    parts: Sequence[Part], *, title: str, description: str = "", identifier: str = "parts", language: str = "en"
) -> str:
    """One bar in parts that differ by pattern, with a legend below; parts of nothing are left out.

    >>> text = draw_parts([Part("running", 3), Part("planned", 1)], title="Status")
    >>> "running" in text and "<pattern" in text
    True
    """
    shown = [part for part in parts if isfinite(part.value) and part.value > 0]
    whole = sum(part.value for part in shown) or 1
    rows, row, used = [], 0, 0.0
    for part in shown:
        wide = 26 + width_of(f"{plain(part.label, 40)} {decimal(part.value, language)}") + 18
        if used and used + wide > _WIDE:
            row, used = row + 1, 0.0
        rows.append((row, used))
        used += wide
    root = picture(_WIDE, 40 + (row + 1) * 22, identifier, title, description, "pic parts")
    _add_patterns(add(root, "defs"), identifier)
    left = 1.0
    for at, (part, (line, x)) in enumerate(zip(shown, rows, strict=True)):
        said = decimal(part.value, language)
        wide, fill = part.value / whole * (_WIDE - 2), f"url(#{identifier}-{at % _PATTERNS})"
        item = add_item(root, f"{part.label}: {said}")
        add(item, "rect", class_="part", x=left, y=2, width=wide, height=26, fill=fill)
        add(item, "rect", class_="part", x=x + 1, y=41 + line * 22, width=14, height=14, fill=fill)
        text = add(item, "text", plain(part.label, 40) + " ", x=x + 21, y=53 + line * 22)
        add(text, "tspan", said, class_="big")
        left += wide
    return to_text(root)


def draw_meter(share: float, *, title: str, identifier: str = "meter", language: str = "en") -> str:
    """How much of the whole there is, from 0 to 1, as a bar with its percentage.

    >>> "62%" in draw_meter(0.62, title="Completeness"), "62 %" in draw_meter(0.62, title="x", language="de")
    (True, True)
    """
    part = min(max(share, 0.0), 1.0) if isfinite(share) else 0.0
    percent = f"{round(part * 100)} %" if language == "de" else f"{round(part * 100)}%"
    root = picture(220, 20, identifier, f"{title}: {percent}", "", "pic meter")
    root.set("role", "img")
    add(root, "rect", class_="track", x=1, y=4, width=160, height=12, rx=2)
    if part:
        add(root, "rect", class_="bar", x=1, y=4, width=part * 160, height=12, rx=2)
    add(root, "text", percent, class_="big", x=170, y=15)
    return to_text(root)


def _said(bar: Bar, language: str) -> str:
    return plain(bar.text, 40) or decimal(bar.value, language)


def _fits(label: str) -> int:
    longest = 90
    while longest > 12 and width_of(plain(label, longest)) > _WIDE - 4:
        longest -= 2
    return longest


def _add_patterns(defs: object, identifier: str) -> None:
    """Full, half (diagonal), dotted, empty, crossed and level lines, told apart without colour."""
    marks = (
        ("M0 0H8V8H0Z", "full"),
        ("M-2 2l4-4M0 8l8-8M6 10l4-4", "lines"),
        ("M2 2h0M6 6h0", "dots"),
        ("", "lines"),
        ("M0 0l8 8M0 8l8-8", "lines"),
        ("M0 4H8", "lines"),
    )
    for at, (path, kind) in enumerate(marks):
        pattern = add(
            defs, "pattern", id=f"{identifier}-{at}", width=number(8), height=number(8),  # type: ignore[arg-type]
            patternUnits="userSpaceOnUse",
        )  # fmt: skip
        add(pattern, "path", class_="blank", d="M0 0H8V8H0Z")
        if path:
            add(pattern, "path", class_=kind, d=path)
