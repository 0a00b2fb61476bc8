from hypothesis import given
from hypothesis import strategies as st

from credit_default.data.months import add_months, count_months


def test_months_carry_over_the_year():
    assert [add_months("2005-11", n) for n in (0, 1, 2, 14, -11)] == [
        "2005-11",
        "2005-12",
        "2006-01",
        "2007-01",
        "2004-12",
    ]


@given(st.integers(1, 9000), st.integers(1, 12), st.integers(-500, 500))
def test_going_there_and_back_changes_nothing(year, month, count):
    start = f"{year + 500:04d}-{month:02d}"

    assert add_months(add_months(start, count), -count) == start


@given(st.integers(1, 9000), st.integers(1, 12), st.integers(-500, 500))
def test_counting_gives_back_what_was_added(year, month, count):
    start = f"{year + 500:04d}-{month:02d}"

    assert count_months(start, add_months(start, count)) == count
