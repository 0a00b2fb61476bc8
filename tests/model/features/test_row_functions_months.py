"""The months between two dates, which are days since 1970-01-01 in checked rows."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.model.features.row_functions import ROW_FUNCTIONS

NAN = float("nan")
EPOCH = dt.date(1970, 1, 1)
MONTH = 365.2425 / 12  # days, on average over four centuries
dates = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))
same_days = st.integers(1, 28)


def months_between(later, earlier):
    days = [
        np.array([NAN if date is None else float((date - EPOCH).days)]) for date in (later, earlier)
    ]
    return ROW_FUNCTIONS["months_between"].compute(days)[0]


def add_months(date, count):
    place = date.year * 12 + date.month - 1 + count
    return date.replace(year=place // 12, month=place % 12 + 1)


@given(first=dates, second=dates)
def test_the_way_back_is_as_long_and_a_date_is_no_month_from_itself(first, second):
    assert months_between(first, second) == -months_between(second, first)
    assert months_between(first, first) == 0


@given(first=dates, second=dates, third=dates)
def test_a_later_date_is_more_months_away_and_two_ways_add_up(first, second, third):
    assert (months_between(first, third) < months_between(second, third)) == (first < second)
    whole = months_between(first, second) + months_between(second, third)
    assert months_between(first, third) == pytest.approx(whole, abs=1e-9)


@given(date=dates, day=same_days, count=st.integers(-600, 600))
def test_the_same_day_of_another_month_is_that_many_months_to_a_tenth(date, day, count):
    start = date.replace(day=day)

    found = months_between(add_months(start, count), start)

    assert found == pytest.approx(count, abs=0.11)
    assert round(found) == count


@given(year=st.integers(1900, 2100), month=st.integers(1, 12))
def test_the_last_day_of_a_month_is_a_month_less_a_day_from_its_first(year, month):
    first = dt.date(year, month, 1)
    last = add_months(first, 1) - dt.timedelta(days=1)

    assert months_between(last, first) * MONTH == pytest.approx((last - first).days)
    assert 0.88 < months_between(last, first) < 0.99


@given(year=st.integers(1904, 2096).filter(lambda year: year % 4 == 0))
def test_a_leap_day_is_counted_once(year):
    before, leap, after = dt.date(year, 2, 28), dt.date(year, 2, 29), dt.date(year, 3, 1)

    assert months_between(after, before) * MONTH == pytest.approx(2)
    assert months_between(leap, before) == pytest.approx(1 / MONTH)
    assert months_between(leap, dt.date(year - 1, 2, 28)) == pytest.approx(12, abs=0.05)


@pytest.mark.parametrize(
    ("later", "earlier", "expected"),
    [
        (dt.date(2004, 1, 1), dt.date(2000, 1, 1), 48.0),
        (dt.date(2100, 3, 1), dt.date(2100, 2, 28), 1 / MONTH),  # no leap year
        (dt.date(2000, 3, 1), dt.date(2000, 2, 28), 2 / MONTH),  # a leap year
        (dt.date(1969, 12, 1), dt.date(1970, 1, 1), -31 / MONTH),
        (dt.date(2400, 1, 1), dt.date(2000, 1, 1), 4_800),
    ],
)
def test_months_of_known_dates(later, earlier, expected):
    assert months_between(later, earlier) == pytest.approx(expected, abs=1e-3)


@given(date=dates)
def test_a_missing_date_gives_a_missing_number(date):
    assert np.isnan(months_between(None, date))
    assert np.isnan(months_between(date, None))
    assert np.isnan(months_between(None, None))
