import polars as pl
import pytest

from credit_default.data.drafting.special_values import find_special_values


def count(values):
    return pl.Series("value", values, dtype=pl.Float64).value_counts(sort=False)


def find(**columns):
    return find_special_values({name: count(values) for name, values in columns.items()})


def test_codes_below_zero_are_special_where_nothing_else_is_below_zero():
    assert find(a=[-9, -9, -8, -8, 1, 2, 50]) == {"a": (-9.0, -8.0)}
    assert find(a=[-9, -3.5, 1, 2]) == {}
    assert find(a=[-9, -8]) == {}


def test_a_single_cell_is_special_only_with_its_like_in_another_column():
    assert find(a=[-9, 1, 2, 3]) == {}
    assert find(a=[-9, 1, 2, 3], b=[-9, 4, 5]) == {"a": (-9.0,), "b": (-9.0,)}


def test_codes_of_one_family_are_those_of_all_its_columns():
    found = find(a=[-9, -9, 1, 2], b=[-9, -8, -8, 1], c=[1, 2, 3])

    assert found == {"a": (-9.0, -8.0), "b": (-9.0, -8.0)}


@pytest.mark.parametrize(
    ("values", "special"),
    [
        ([0, 1, 13, 96, 96, 98, 98], (96.0, 98.0)),
        ([10, 400, 999_999, 999_999], (999_999.0,)),
        ([10, 400, 9_999], None),  # one row
        ([21, 60, 90, 99, 99], None),  # 99 years is no code beside 90
        ([1, 2, 500, 500], None),  # nobody chooses 500
        ([99, 99], None),
    ],
)
def test_a_high_code_is_far_above_all_other_values(values, special):
    assert find(a=values) == ({"a": special} if special else {})


def test_balances_below_zero_are_numbers():
    assert find(balance=[-1_203.5, -9, -9, 0, 10]) == {}
