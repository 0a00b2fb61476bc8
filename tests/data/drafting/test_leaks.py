import polars as pl
import pytest

from credit_default.data.drafting.leaks import find_leak

BAD = pl.Series([1] * 30 + [0] * 70)


def test_a_column_that_tells_the_outcome_alone_is_a_leak_in_either_direction():
    assert find_leak(BAD * 5.0 + 1, BAD) == 1
    assert find_leak(1 - BAD, BAD) == 1


def test_a_column_that_is_filled_only_once_the_outcome_is_known_is_a_leak():
    recovered = pl.Series([100.0] * 30 + [None] * 70)

    assert find_leak(recovered, BAD) == 1


def test_an_honest_column_is_none():
    values = pl.Series([float(place % 7) for place in range(100)])

    assert find_leak(values, BAD) is None
    assert find_leak(pl.Series([None] * 100, dtype=pl.Float64), BAD) is None


def test_rows_without_an_outcome_say_nothing():
    values = pl.Series([1.0] * 30 + [0.0] * 70 + [0.5] * 100)
    outcome = pl.concat([BAD, pl.Series([None] * 100, dtype=pl.Int64)])

    assert find_leak(values, outcome) == 1


@pytest.mark.parametrize("bad_count", [0, 9])
def test_too_few_rows_of_an_outcome_prove_no_leak(bad_count):
    outcome = pl.Series([1] * bad_count + [0] * (100 - bad_count))

    assert find_leak(outcome.cast(pl.Float64), outcome) is None
