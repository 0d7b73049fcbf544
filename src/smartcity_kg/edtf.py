"""Dates as EDTF: bounds, and phrases turned into EDTF (layer 1).

The profile is a part of EDTF (ISO 8601-2:2019, annex A): year, month, day; `~` `?` `%` behind them; quarters
33 to 36 and half-years 40 and 41 in place of a month; intervals `a/b`, where `..` leaves an end open.
It touches nothing outside.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from smartcity_kg.errors import ParameterProblem

_PART = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?[~?%]?")
_SPANS = {33: (1, 3), 34: (4, 6), 35: (7, 9), 36: (10, 12), 40: (1, 6), 41: (7, 12)}
_OPEN = ".."


@dataclass(frozen=True)
class Bounds:
    """The earliest and the latest day that a date may mean; `None` at an open end."""

    earliest: date | None
    latest: date | None


def bounds(text: str) -> Bounds:
    """The bounds of an EDTF date of the profile.

    Raises:
        ValueError: If the text is not in the profile, or ends before it begins.

    >>> bounds("2017-36~")
    Bounds(earliest=datetime.date(2017, 10, 1), latest=datetime.date(2017, 12, 31))
    >>> bounds("2010/..").latest is None
    True
    >>> bounds("Ende 2017")
    Traceback (most recent call last):
    ValueError: 'Ende 2017' is not a date of the EDTF profile
    """
    if "/" not in text:
        return _single(text)
    first, _, last = text.partition("/")
    if first == _OPEN and last == _OPEN:
        raise ValueError(f"{text!r} is open at both ends")
    start = None if first == _OPEN else _single(first).earliest
    end = None if last == _OPEN else _single(last).latest
    if start and end and start > end:
        raise ValueError(f"{text!r} ends before it begins")
    return Bounds(start, end)


def _single(text: str) -> Bounds:
    found = _PART.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a date of the EDTF profile")
    year, month, day = int(found["year"]), found["month"], found["day"]
    try:
        if month is None:
            return Bounds(date(year, 1, 1), date(year, 12, 31))
        if day is not None:
            only = date(year, int(month), int(day))
            return Bounds(only, only)
        first, last = _SPANS.get(int(month), (int(month), int(month)))
        return Bounds(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date of the EDTF profile") from error


_MONTH_NAMES = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "de": (
        "Januar", "Februar", "März", "April", "Mai", "Juni",
        "Juli", "August", "September", "Oktober", "November", "Dezember",
    ),
}  # fmt: skip
_WORDS = {
    "en": {
        "span": "{} to {}", "since": "since {}", "until": "until {}", "day": "{day} {month} {year}",
        "quarter": "quarter {} of {}", "half": "half {} of {}",
        "~": "about {}", "?": "perhaps {}", "%": "perhaps about {}",
    },
    "de": {
        "span": "{} bis {}", "since": "seit {}", "until": "bis {}", "day": "{day}. {month} {year}",
        "quarter": "{}. Quartal {}", "half": "{}. Halbjahr {}",
        "~": "etwa {}", "?": "vielleicht {}", "%": "vielleicht etwa {}",
    },
}  # fmt: skip


def in_words(text: str, language: str = "en") -> str:
    """An EDTF date of the profile as people say it.

    Raises:
        ValueError: If the text is not in the profile.

    >>> in_words("2017-36~"), in_words("2019/.."), in_words("2015-03/2018-06", "de")
    ('about quarter 4 of 2017', 'since 2019', 'März 2015 bis Juni 2018')
    """
    bounds(text)
    words = _WORDS.get(language, _WORDS["en"])
    months = _MONTH_NAMES.get(language, _MONTH_NAMES["en"])
    first, slash, last = text.partition("/")
    if not slash:
        return _part_in_words(text, words, months)
    if _OPEN in (first, last):
        known = first if last == _OPEN else last
        return words["since" if last == _OPEN else "until"].format(_part_in_words(known, words, months))
    return words["span"].format(_part_in_words(first, words, months), _part_in_words(last, words, months))


def _part_in_words(text: str, words: dict[str, str], months: tuple[str, ...]) -> str:
    found = _PART.fullmatch(text)
    if not found:  # pragma: no cover - bounds() has read it
        raise ValueError(f"{text!r} is not a date of the EDTF profile")
    year, month = found["year"], int(found["month"] or 0)
    if not month:
        said = year
    elif month in _SPANS:
        said = words["half" if month >= 40 else "quarter"].format(month - (39 if month >= 40 else 32), year)
    elif found["day"]:
        said = words["day"].format(day=int(found["day"]), month=months[month - 1], year=year)
    else:
        said = f"{months[month - 1]} {year}"
    return words[text[-1]].format(said) if text[-1] in "~?%" else said


_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "januar jänner january jan",
            "februar feber february feb",
            "märz maerz march mär mrz mar",
            "april apr",
            "mai may",
            "juni june jun",
            "juli july jul",
            "august aug",
            "september sept sep",
            "oktober october okt oct",
            "november nov",
            "dezember december dez dec",
        ],
        1,
    )
    for name in names.split()
}
_ORDINALS = {
    "1": 1, "i": 1, "erste": 1, "first": 1,
    "2": 2, "ii": 2, "zweite": 2, "second": 2,
    "3": 3, "iii": 3, "dritte": 3, "third": 3,
    "4": 4, "iv": 4, "vierte": 4, "fourth": 4,
}  # fmt: skip

_APPROXIMATE = r"(?P<about>(?:etwa|ca\.?|circa|rund|ungefähr|um|about|around|approximately)\s+)?"
_YEAR = r"(?:(?:des\s+)?(?:jahres|jahr|the\s+year|year|of)\s+)*(?P<year>\d{4})"
_ORDINAL = (
    r"(?P<ordinal>\d|iv|i{1,3}|erste|zweite|dritte|vierte|first|second|third|fourth)(?:\.|n|r|s|st|nd|rd|th)?"
)
_IN = r"(?:(?:im|in|am|on|der|das|dem|den|die|the)\s+)*"
_PARTS = {"beginning": 33, "middle": None, "end": 36}
_PART_WORDS = (
    r"(?P<beginning>anfang|beginn|zu\s+beginn|beginning|start|early)"
    r"|(?P<middle>mitte|middle|mid)"
    r"|(?P<end>ende|end|late)"
)
_PHRASES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_IN}{_APPROXIMATE}{_YEAR}",
        rf"{_IN}{_APPROXIMATE}(?P<month>[a-zäöü]+)\.?\s+{_YEAR}",
        rf"{_IN}(?P<day>\d{{1,2}})\.?\s*(?:of\s+)?(?P<month>[a-zäöü]+)\.?,?\s+{_YEAR}",
        rf"{_IN}(?P<month>[a-zäöü]+)\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}",
        r"(?P<day>\d{1,2})\.\s*(?P<number>\d{1,2})\.\s*(?P<year>\d{4})",
        r"(?P<number>0?[1-9]|1[0-2])[./](?P<year>\d{4})",
        rf"{_IN}(?:{_PART_WORDS})[\s-]+{_IN}(?:of\s+)?{_YEAR}",
        rf"{_IN}{_ORDINAL}\s*(?P<half>halbjahr|jahreshälfte|hälfte|half)\s+(?:of\s+)?{_YEAR}",
        rf"{_IN}h(?P<ordinal>[12])(?P<half>)[\s/]+(?P<year>\d{{4}})",
        rf"{_IN}{_ORDINAL}\s*(?P<quarter>quartal|quarter)\s+(?:of\s+)?{_YEAR}",
        rf"{_IN}q(?P<ordinal>[1-4])(?P<quarter>)[\s/]+(?P<year>\d{{4}})",
    )
]
_BETWEEN = r"(?:bis(?:\s+zum)?|und|to|until|and|–|—)"
_INTERVALS = [
    (re.compile(pattern, re.IGNORECASE), template)
    for pattern, template in (
        (rf"(?:von|vom|from|zwischen|between)?\s*(?P<first>.+?)\s*{_BETWEEN}\s*(?P<last>.+)", "{first}/{last}"),
        (r"(?P<first>\d{4})\s*-\s*(?P<last>\d{4})", "{first}/{last}"),
        (r"(?:seit|ab|since|from)\s+(?P<first>.+)", "{first}/.."),
        (r"(?:bis(?:\s+zum)?|until|till|by|vor|before)\s+(?P<last>.+)", "../{last}"),
    )
]


def from_phrase(phrase: str) -> str:
    """A date as people write it, German or English, as EDTF.

    Beginning, middle and end of a year become quarters marked approximate: `33~`, the two middle quarters as
    an interval, `36~`. A text that is EDTF already is returned as it is.

    Raises:
        ParameterProblem: If the phrase is not understood; the hint gives examples.

    >>> from_phrase("Ende 2017"), from_phrase("erstes Halbjahr 2019"), from_phrase("since March 2015")
    ('2017-36~', '2019-40', '2015-03/..')
    >>> from_phrase("neulich")
    Traceback (most recent call last):
    smartcity_kg.errors.ParameterProblem: the date 'neulich' is not understood
      Write for example: 2017, März 2017, 19.3.2019, Ende 2017, 1. Halbjahr 2019, seit 2015, 2011 bis 2017.
    """
    text = " ".join(phrase.split())
    edtf = _as_edtf(text) or _single_phrase(text) or _interval_phrase(text)
    if edtf is None:
        raise ParameterProblem(
            f"the date {phrase!r} is not understood",
            hint="Write for example: 2017, März 2017, 19.3.2019, Ende 2017, 1. Halbjahr 2019, seit 2015, "
            "2011 bis 2017.",
        )
    return edtf


def _as_edtf(text: str) -> str | None:
    try:
        bounds(text)
    except ValueError:
        return None
    return text


def _single_phrase(text: str) -> str | None:
    for pattern in _PHRASES:
        found = pattern.fullmatch(text)
        if found:
            edtf = _from_groups({key: value for key, value in found.groupdict().items() if value is not None})
            if edtf and _as_edtf(edtf):
                return edtf
    return None


def _from_groups(groups: dict[str, str]) -> str | None:
    year = groups["year"]
    about = "~" if "about" in groups else ""
    if "half" in groups or "quarter" in groups:
        ordinal = _ORDINALS[groups["ordinal"].lower()]
        return f"{year}-{(39 if 'half' in groups else 32) + ordinal}"
    for part, quarter in _PARTS.items():
        if part in groups:
            return f"{year}-{quarter}~" if quarter else f"{year}-34~/{year}-35~"
    month = _month_number(groups)
    if month is None:
        return None
    if month == 0:
        return f"{year}{about}"
    day = f"-{int(groups['day']):02}" if "day" in groups else ""
    return f"{year}-{month:02}{day}{about}"


def _month_number(groups: dict[str, str]) -> int | None:
    if "number" in groups:
        return int(groups["number"])
    if "month" not in groups:
        return 0
    return _MONTHS.get(groups["month"].lower().rstrip("."))


def _interval_phrase(text: str) -> str | None:
    for pattern, template in _INTERVALS:
        found = pattern.fullmatch(text)
        if not found:
            continue
        parts = {key: _as_edtf(value) or _single_phrase(value) for key, value in found.groupdict().items()}
        if all(part is not None and "/" not in part for part in parts.values()):
            edtf = template.format(**parts)
            if _as_edtf(edtf):
                return edtf
    return None
