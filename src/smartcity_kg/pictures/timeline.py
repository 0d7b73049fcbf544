"""Time lines: what happened when, as far as it is known (layer 3).

A filled bar lasted; an outlined one says that it happened some time within; a dashed one is uncertain; a dot is a
day. An arrow head says that an end is open. The same picture is drawn twice, for wide and for narrow screens; the
style sheet shows one of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from xml.etree.ElementTree import Element

from smartcity_kg.edtf import bounds, in_words
from smartcity_kg.pictures.drawing import LONGEST_LABEL, add, add_item, picture, plain, to_text, width_of

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_LINE, _BAR = 17, 11


@dataclass(frozen=True)
class Event:
    """Something with a date.

    Args:
        date: EDTF of the profile of `smartcity_kg.edtf`.
        reading: `within` if it happened some time within the date, `throughout` if it lasted so long.
        key: The same for the mark and the entry of the list below.
    """

    label: str
    date: str
    reading: Literal["within", "throughout"] = "within"
    href: str = ""
    key: str = ""
    note: str = ""


@dataclass(frozen=True)
class _Scale:
    first: int
    last: int
    left: float
    right: float

    def at(self, day: date, *, end: bool = False) -> float:
        leap = date(day.year, 12, 31).timetuple().tm_yday
        passed = (day.timetuple().tm_yday - (0 if end else 1)) / leap
        share = (day.year + passed - self.first) / (self.last - self.first)
        return self.left + share * (self.right - self.left)


def draw_timeline(
    events: Iterable[Event],
    *,
    title: str,
    description: str = "",
    identifier: str = "timeline",
    language: str = "en",
    now: str = "",
    now_label: str = "",
) -> str:
    """Events, earliest first and numbered, on a scale of years: a wide and a narrow picture.

    Args:
        events: In any order; drawn by their earliest, then their latest day.
        title: The name of the picture.
        description: What it shows, in a sentence or two.
        identifier: Unique on the page.
        language: `de` or `en`, of the dates written.
        now: A day to mark, such as the date of the source.
        now_label: What that day is.

    Raises:
        ValueError: If a date is not in the profile.

    >>> text = draw_timeline([Event("Founded", "2010-05-02"), Event("Plan", "2012~")], title="Steps")
    >>> text.count("<svg"), "about 2012" in text
    (2, True)
    """
    ordered = in_order(events)
    if not ordered:
        return ""
    today = bounds(now).earliest if now else None
    pictures = [
        _draw(
            ordered, wide, (title, description, f"{identifier}-{name}", f"pic {name}"), language, today, now_label
        )
        for name, wide in (("wide", 840), ("narrow", 340))
    ]
    return to_text(*pictures)


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in the order in which they are drawn and numbered.

    >>> [one.date for one in in_order([Event("b", "2012"), Event("a", "../2010"), Event("c", "2011")])]
    ['../2010', '2011', '2012']
    """

    def place(one: Event) -> tuple[date, date, str]:
        span = bounds(one.date)
        first = span.earliest or date(span.latest.year if span.latest else 1, 1, 1)
        return first, span.latest or date.max, one.label

    return tuple(sorted(events, key=place))


def _draw(
    ordered: Sequence[Event],
    wide: float,
    names: tuple[str, str, str, str],
    language: str,
    now: date | None,
    now_label: str,
) -> Element:
    title, description, identifier, classes = names
    narrow = wide < 500
    scale = _scale_of(ordered, now, wide)
    texts = [_text(number, one, language, wide, narrow=narrow) for number, one in enumerate(ordered, 1)]
    tops, top = [], 24.0
    for lines in texts:
        tops.append(top)
        top += len(lines) * _LINE + _BAR + 18
    root = picture(wide, top + 26, identifier, title, description, f"{classes} timeline")
    _draw_axis(root, scale, top)
    if now:
        _draw_now(root, scale.at(now), plain(now_label, LONGEST_LABEL), wide, top)
    for number, (one, lines, start) in enumerate(zip(ordered, texts, tops, strict=True), 1):
        said = f"{number}. {one.label}: {in_words(one.date, language)}"
        item = add_item(root, f"{said}, {one.note}" if one.note else said, href=one.href, key=one.key)
        bottom = start + len(lines) * _LINE
        left, right = _draw_mark(item, one, scale, bottom + 5)
        _draw_text(item, lines, left, right, start, wide)
    return root


def _scale_of(ordered: Sequence[Event], now: date | None, wide: float) -> _Scale:
    spans = [bounds(one.date) for one in ordered]
    days = [day for span in spans for day in (span.earliest, span.latest) if day]
    days += [now] if now else []
    first, last = min(day.year for day in days), max(day.year for day in days) + 1
    if any(span.earliest is None for span in spans):
        first -= 1
    if any(span.latest is None for span in spans):
        last += 1
    return _Scale(first, last, 20, wide - 20)


def _draw_axis(root: Element, scale: _Scale, bottom: float) -> None:
    years = scale.last - scale.first
    room = (scale.right - scale.left) / years
    tick = next((step for step in _STEPS if step * room >= 14), _STEPS[-1])
    said = next((step for step in _STEPS if step * room >= 44 and step % tick == 0), _STEPS[-1])
    for year in range(scale.first, scale.last + 1):
        if year % tick and year not in (scale.first,):
            continue
        x = scale.left + (year - scale.first) * room
        add(root, "line", class_="axis", x1=x, x2=x, y1=20, y2=bottom)
        if year % said == 0:
            add(root, "text", str(year), class_="dim", x=x, y=bottom + 17, text_anchor="middle")


def _draw_now(root: Element, x: float, label: str, wide: float, bottom: float) -> None:
    add(root, "line", class_="now", x1=x, x2=x, y1=18, y2=bottom)
    half = width_of(label) / 2
    add(root, "text", label, class_="dim", x=max(half, min(x, wide - half)), y=13, text_anchor="middle")


def _text(number: int, one: Event, language: str, wide: float, *, narrow: bool) -> list[tuple[str, str, str]]:
    """Lines of number, label and date; on narrow screens the label breaks and the date has its own line."""
    label, when = plain(one.label, 160 if narrow else 80), in_words(one.date, language)
    if not narrow:
        return [(str(number), label, when)]
    lines, line = [], ""
    for word in label.split(" "):
        if line and width_of(f"{line} {word}") > wide - 60:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines = [plain(line, 46) for line in [*lines, line]][:4]
    return [(str(number) if not at else "", said, "") for at, said in enumerate(lines)] + [("", "", when)]


def _draw_text(
    item: Element, lines: Sequence[tuple[str, str, str]], left: float, right: float, top: float, wide: float
) -> None:
    longest = max(width_of(" ".join(filter(None, parts))) + 18 for parts in lines)
    end = left + longest > wide - 4 and right - longest > 4
    start = min(left, max(4.0, wide - 4 - longest))
    for at, (number, label, when) in enumerate(lines):
        text = add(
            item, "text", class_="lab", x=right if end else start, y=top + 13 + at * _LINE,
            text_anchor="end" if end else "start",
        )  # fmt: skip
        if number:
            add(text, "tspan", number, class_="big").tail = " " + label
        else:
            text.text = label
        if when:
            add(text, "tspan", when, class_="dim", dx=8 if label else None)


def _draw_mark(item: Element, one: Event, scale: _Scale, y: float) -> tuple[float, float]:
    span = bounds(one.date)
    left = scale.at(span.earliest) if span.earliest else scale.left - 12
    right = scale.at(span.latest, end=True) if span.latest else scale.right + 12
    unsure = any(sign in one.date for sign in "~?%")
    kind = "about" if unsure else "dot" if one.reading == "throughout" else "ring"
    if span.earliest == span.latest:
        x, half = (left + right) / 2, _BAR / 2
        add(item, "circle", class_="about" if unsure else "dot", cx=x, cy=y + half, r=half + 0.5)
        return x - half, x + half
    middle, tip = y + _BAR / 2, 9
    if span.earliest is None:
        path = f"M{left:.1f} {middle}l{tip}-{_BAR / 2}H{right:.1f}v{_BAR}H{left + tip:.1f}z"
        add(item, "path", class_=kind, d=path)
    elif span.latest is None:
        path = f"M{left:.1f} {y}H{right - tip:.1f}l{tip} {_BAR / 2}-{tip} {_BAR / 2}H{left:.1f}z"
        add(item, "path", class_=kind, d=path)
    else:
        right = max(right, left + 6)
        add(item, "rect", class_=kind, x=left, y=y, width=right - left, height=_BAR, rx=2)
    return left, right
