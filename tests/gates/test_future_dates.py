import pytest

from credit_default.errors import InputError
from credit_default.gates.future_dates import (
    IntakePolicy,
    find_last_month,
    list_future_months,
)

PRESENT = "2005-12"


@pytest.mark.parametrize(("ahead", "month"), [(0, "2005-12"), (1, "2006-01"), (13, "2007-01")])
def test_last_month_is_so_many_after_the_present_one(ahead, month):
    assert find_last_month(PRESENT, policy=IntakePolicy(months_ahead=ahead)) == month


def test_months_after_the_last_one_are_named_in_order():
    months = ["2055-01", "2005-11", "2006-01", "2006-02"]

    assert list_future_months(months, present=PRESENT, policy=IntakePolicy()) == (
        "2006-02",
        "2055-01",
    )


@pytest.mark.parametrize(
    "setting",
    [{"months_ahead": -1}, {"days_ahead": -1}, {"months_ahead": 121}, {"days_ahead": 3_661}],
)
def test_tolerance_out_of_range_is_refused(setting):
    with pytest.raises(InputError, match="setting intake"):
        IntakePolicy(**setting)


@pytest.mark.parametrize(
    "setting",
    [{"months_ahead": 0, "days_ahead": 0}, {"months_ahead": 120, "days_ahead": 3_660}],
)
def test_tolerances_at_their_bounds_are_accepted(setting):
    IntakePolicy(**setting)


def test_the_last_month_itself_is_none_of_the_future():
    assert list_future_months(["2006-01"], present=PRESENT, policy=IntakePolicy()) == ()
    assert list_future_months(
        ["2006-01"], present=PRESENT, policy=IntakePolicy(months_ahead=0)
    ) == ("2006-01",)
