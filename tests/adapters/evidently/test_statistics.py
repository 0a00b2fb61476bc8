import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from credit_default.adapters.evidently.statistics import count_by_bins, measure_population_stability


def count_filled_bins(reference, current, *, is_code):
    before, after = count_by_bins(reference, current, is_code=is_code)
    return int(((before > 0) | (after > 0)).sum())


def test_equal_samples_have_an_index_of_zero():
    amounts = np.arange(1000.0)

    assert measure_population_stability(amounts, amounts, is_code=False) == 0.0
    assert count_filled_bins(amounts, amounts, is_code=False) == 10


def test_codes_are_binned_by_value():
    reference = np.array([1] * 60 + [2] * 40)
    current = np.array([1] * 40 + [2] * 60)

    found = measure_population_stability(reference, current, is_code=True)

    assert found == pytest.approx(0.2 * np.log(1.5) * 2)
    assert count_filled_bins(reference, current, is_code=True) == 2


def test_a_code_that_is_new_counts_as_a_ten_thousandth_before():
    found = measure_population_stability(
        np.array([1] * 100), np.array([1] * 50 + [9] * 50), is_code=True
    )

    assert found == pytest.approx(0.5 * np.log(1 / 0.5) + (0.5 - 0.0001) * np.log(0.5 / 0.0001))


def test_texts_are_codes_too():
    found = measure_population_stability(
        np.array(["a", "b"] * 50), np.array(["a", "b"] * 20), is_code=True
    )

    assert found == 0.0


def test_deciles_are_those_of_the_reference():
    reference, current = np.arange(1000.0), np.full(100, 5.0)

    found = measure_population_stability(reference, current, is_code=False)

    expected = (0.1 - 1) * np.log(0.1 / 1) + 9 * (0.1 - 0.0001) * np.log(0.1 / 0.0001)
    assert found == pytest.approx(expected)


def test_a_constant_reference_notices_that_the_constant_changed():
    assert measure_population_stability(np.zeros(100), np.zeros(50), is_code=False) == 0.0
    assert measure_population_stability(np.zeros(100), np.full(50, 7.0), is_code=False) > 1


def test_many_zeros_make_fewer_bins_and_no_fault():
    rng = np.random.default_rng(0)
    reference = np.where(rng.random(1000) < 0.5, 0.0, rng.gamma(1, 100, 1000))

    found = measure_population_stability(reference, reference[:300], is_code=False)

    assert count_filled_bins(reference, reference[:300], is_code=False) < 10
    assert found < 0.05


def test_amounts_half_as_large_again_are_noticed_where_bins_of_equal_width_see_nothing():
    rng = np.random.default_rng(0)
    reference, current = rng.lognormal(8, 2, 5000), 1.5 * rng.lognormal(8, 2, 2500)
    edges = np.histogram_bin_edges(np.concatenate([reference, current]), bins="sturges")
    shares = [np.maximum(np.histogram(x, edges)[0] / len(x), 0.0001) for x in (reference, current)]
    equal_width = ((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum()

    found = measure_population_stability(reference, current, is_code=False)

    assert equal_width < 0.02
    assert found > 0.03


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.float64, st.integers(1, 200), elements=st.floats(-1e9, 1e9)),
    arrays(np.float64, st.integers(1, 200), elements=st.floats(-1e9, 1e9)),
)
def test_the_index_is_never_negative_and_always_a_number(reference, current):
    found = measure_population_stability(reference, current, is_code=False)

    assert np.isfinite(found)
    assert found >= 0
