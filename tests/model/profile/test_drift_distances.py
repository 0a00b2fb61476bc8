from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.binning import plan_bins, plan_grid
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.drift_distances import ProfilePair, measure_distance
from credit_default.model.profile.plan import ColumnPlan, ProfilePlan

NONE = np.empty(0)
VALUES = arrays(
    np.float64, st.integers(2, 60), elements=st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
)


def compare(reference, current, *, codes=()):
    reference, current = (np.asarray(side, dtype=np.float64) for side in (reference, current))
    grid = plan_grid(reference)
    plan = ProfilePlan(
        (
            ColumnPlan("any", plan_bins(reference, codes=codes), grid),
            ColumnPlan("default_probability", plan_bins(NONE), NONE),
            ColumnPlan("decision", plan_bins(NONE, codes=(0, 1)), NONE),
        ),
        DecisionPolicy(),
    )
    sides = (
        profile_rows(
            plan,
            pl.DataFrame({"any": side}).with_columns(
                default_probability=0.1, decision=pl.lit("accept")
            ),
        )
        for side in (reference, current)
    )
    return ProfilePair(*(side.columns["any"] for side in sides), grid)


def test_equal_sides_are_no_distance_apart():
    column = compare(np.arange(100.0), np.arange(100.0))

    found = {
        method: measure_distance(column, method).statistic
        for method in ("psi", "jensenshannon", "wasserstein")
    }
    assert found == {"psi": 0.0, "jensenshannon": 0.0, "wasserstein": 0.0}
    assert measure_distance(column, "ks").statistic == 1.0
    assert measure_distance(column, "chisquare").statistic == 1.0


def test_psi_is_the_sum_over_the_shares():
    found = measure_distance(
        compare([1] * 60 + [2] * 40, [1] * 40 + [2] * 60, codes=(1, 2, 3)), "psi"
    )

    assert found.statistic == pytest.approx(0.2 * np.log(1.5) * 2)
    assert found.bin_count == 2  # no row has code 3


def test_empty_bin_counts_as_a_ten_thousandth():
    found = measure_distance(compare([1] * 100, [1] * 50 + [9] * 50, codes=(1,)), "psi")

    assert found.statistic == pytest.approx(0.5 * np.log(2) + (0.5 - 0.0001) * np.log(0.5 / 0.0001))


def test_divergence_of_sides_that_share_nothing_is_the_root_of_log_two():
    found = measure_distance(compare([1] * 10, [2] * 10, codes=(1, 2)), "jensenshannon")

    assert found.statistic == pytest.approx(np.sqrt(np.log(2)))


def test_chisquare_is_scipys():
    before, after = [1] * 50 + [2] * 30 + [3] * 20, [1] * 30 + [2] * 30 + [3] * 20

    found = measure_distance(compare(before, after, codes=(1, 2, 3)), "chisquare")

    assert found.statistic == pytest.approx(
        stats.chisquare([30, 30, 20], [40, 24, 16]).pvalue, abs=1e-12
    )


def test_chisquare_of_a_value_that_the_reference_lacks_is_zero():
    assert (
        measure_distance(compare([1] * 50, [1] * 49 + [2], codes=(1, 2)), "chisquare").statistic
        == 0.0
    )


@pytest.mark.filterwarnings("ignore:ks_2samp")
@settings(max_examples=60)
@given(VALUES, VALUES)
def test_ks_of_counts_is_that_of_the_rows(before, after):
    found = measure_distance(compare(before, after), "ks")

    assert found.statistic == pytest.approx(stats.ks_2samp(before, after).pvalue, abs=1e-9)
    assert found.error == 0.0


def test_ks_of_many_rows_is_scipys_too():
    rng = np.random.default_rng(0)
    before, after = rng.normal(0, 1, 3_000).round(2), rng.normal(0.03, 1, 20_000).round(2)

    found = measure_distance(compare(before, after), "ks")

    assert found.statistic == pytest.approx(stats.ks_2samp(before, after).pvalue, abs=1e-9)


def test_ks_states_the_error_of_a_bounded_grid():
    rng = np.random.default_rng(1)
    before, after = rng.normal(0, 1, 20_000), rng.normal(0.02, 1, 3_000)

    found = measure_distance(compare(before, after), "ks")

    assert 0 < found.error < 0.001
    assert found.statistic == pytest.approx(stats.ks_2samp(before, after).pvalue, rel=0.1)


@settings(max_examples=60)
@given(VALUES, VALUES)
def test_wasserstein_of_counts_is_that_of_the_rows_within_the_error_it_states(before, after):
    deviation = max(float(np.std(before)), 0.001)

    found = measure_distance(compare(before, after), "wasserstein")

    true = stats.wasserstein_distance(before, after) / deviation
    assert abs(found.statistic - true) <= found.error + 1e-6 * max(1.0, true)


def test_wasserstein_is_exact_where_everything_moved_one_way():
    before = np.arange(1.0, 101.0)

    found = measure_distance(compare(before, before + 0.5), "wasserstein")

    assert found.statistic == pytest.approx(0.5 / np.std(before), abs=1e-9)
    assert found.error == 0.0
    assert found.spread > 1


def test_constant_reference_has_a_least_deviation():
    assert measure_distance(
        compare([5.0] * 4, [6.0] * 4), "wasserstein"
    ).statistic == pytest.approx(1_000.0)


def test_unknown_method_is_refused():
    with pytest.raises(InputError, match="drift method"):
        measure_distance(replace(compare([1.0, 2.0], [1.0])), "guess")


def test_wasserstein_and_its_spread_are_counted_in_deviations_whatever_the_unit():
    before, after = np.arange(1.0, 101.0), np.arange(1.0, 101.0, 3.0)

    found, in_thousands = (
        measure_distance(compare(unit * before, unit * after), "wasserstein")
        for unit in (1.0, 0.001)
    )

    assert in_thousands.statistic == pytest.approx(found.statistic, rel=1e-6)
    assert in_thousands.spread == pytest.approx(found.spread, rel=1e-6)
