"""Dates: the EDTF profile, and phrases in German and English."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartcity_kg.edtf import bounds, from_phrase
from smartcity_kg.errors import ParameterProblem


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2017", date(2017, 1, 1), date(2017, 12, 31)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("2019-03-19", date(2019, 3, 19), date(2019, 3, 19)),
        ("2012~", date(2012, 1, 1), date(2012, 12, 31)),
        ("2017-36~", date(2017, 10, 1), date(2017, 12, 31)),
        ("2019-40", date(2019, 1, 1), date(2019, 6, 30)),
        ("2019-41%", date(2019, 7, 1), date(2019, 12, 31)),
        ("2011/2017", date(2011, 1, 1), date(2017, 12, 31)),
        ("2010/..", date(2010, 1, 1), None),
        ("../2022?", None, date(2022, 12, 31)),
    ],
)
def test_bounds(text: str, first: date | None, last: date | None) -> None:
    assert (bounds(text).earliest, bounds(text).latest) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "17",
        "2017-13",
        "2017-00",
        "2017-32",
        "2017-42",
        "2017-02-30",
        "2017-36-01",
        "2017/2015",
        "../..",
        "2017/",
        "x",
    ],
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="'"):
        bounds(text)


@pytest.mark.parametrize(
    ("phrase", "edtf"),
    [
        ("2017", "2017"),
        ("im Jahr 2010", "2010"),
        ("in the year 2010", "2010"),
        ("ca. 2012", "2012~"),
        ("around March 2019", "2019-03~"),
        ("März 2019", "2019-03"),
        ("19. März 2019", "2019-03-19"),
        ("19.3.2019", "2019-03-19"),
        ("March 19, 2019", "2019-03-19"),
        ("3.2019", "2019-03"),
        ("Ende 2017", "2017-36~"),
        ("Ende des Jahres 2017", "2017-36~"),
        ("late 2017", "2017-36~"),
        ("Anfang 2018", "2018-33~"),
        ("Mitte 2018", "2018-34~/2018-35~"),
        ("mid-2018", "2018-34~/2018-35~"),
        ("erstes Halbjahr 2019", "2019-40"),
        ("im zweiten Halbjahr 2019", "2019-41"),
        ("first half of 2019", "2019-40"),
        ("H2 2019", "2019-41"),
        ("3. Quartal 2018", "2018-35"),
        ("fourth quarter of 2018", "2018-36"),
        ("Q1 2018", "2018-33"),
        ("seit 2015", "2015/.."),
        ("since March 2015", "2015-03/.."),
        ("bis 2022", "../2022"),
        ("by 2022", "../2022"),
        ("2011 bis 2017", "2011/2017"),
        ("2011-2017", "2011/2017"),
        ("von März 2017 bis Ende 2018", "2017-03/2018-36~"),
        ("between 2011 and 2017", "2011/2017"),
        ("2017-36~", "2017-36~"),
    ],
)
def test_phrases(phrase: str, edtf: str) -> None:
    assert from_phrase(phrase) == edtf
    bounds(edtf)


@pytest.mark.parametrize(
    "phrase", ["neulich", "", "31.2.2019", "13/2019", "2018 bis 2017", "bald 2019 vielleicht", "Mai"]
)
def test_phrases_that_are_not_understood(phrase: str) -> None:
    with pytest.raises(ParameterProblem, match="is not understood"):
        from_phrase(phrase)


@given(st.dates(date(1000, 1, 1)), st.sampled_from(["", "~", "?", "%"]))
def test_a_day_bounds_itself(day: date, mark: str) -> None:
    found = bounds(f"{day.isoformat()}{mark}")
    assert (found.earliest, found.latest) == (day, day)


@given(st.text(max_size=40))
def test_any_text_gives_a_date_or_a_clear_refusal(text: str) -> None:
    try:
        edtf = from_phrase(text)
    except ParameterProblem:
        return
    bounds(edtf)
