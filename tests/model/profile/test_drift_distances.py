from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile import drift_distances
from credit_default.model.profile.binning import plan_bins, plan_grid
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.drift_distances import (
    ProfilePair,
    measure_distance,
    measure_jensenshannon_distance,
    measure_population_stability_index,
)
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


COUNTS = st.lists(st.integers(0, 40), min_size=1, max_size=8).filter(any).map(np.array)


@given(st.tuples(COUNTS, COUNTS).filter(lambda pair: len(pair[0]) == len(pair[1])))
def test_divergence_is_scipys_whatever_the_counts(counts):
    reference, current = counts

    found = measure_jensenshannon_distance(reference, current)

    expected = jensenshannon(reference / reference.sum(), current / current.sum())
    assert found == pytest.approx(expected, abs=1e-7)


@given(st.tuples(COUNTS, COUNTS).filter(lambda pair: len(pair[0]) == len(pair[1])))
def test_psi_is_its_sum_in_plain_steps_whatever_the_counts(counts):
    expected = 0.0
    for before, after in zip(*counts, strict=True):
        r, c = (max(n / side.sum(), 1e-4) for n, side in zip((before, after), counts, strict=True))
        expected += (r - c) * np.log(r / c)

    assert measure_population_stability_index(*counts) == pytest.approx(expected, rel=1e-9)


def pair_by_grid(reference, current, grid, *, special=()):
    """Both sides on a grid of our own, such as that of a reference with too many values."""
    grid = np.asarray(grid, dtype=np.float64)
    columns = ColumnPlan("any", plan_bins(np.array([0.0]), special=special), grid, None, special)
    others = (
        ColumnPlan("default_probability", plan_bins(NONE), NONE),
        ColumnPlan("decision", plan_bins(NONE, codes=(0, 1)), NONE),
    )
    plan = ProfilePlan((columns, *others), DecisionPolicy())
    frames = (
        pl.DataFrame({"any": pl.Series(side, dtype=pl.Float64)}).with_columns(
            default_probability=0.1, decision=pl.lit("accept")
        )
        for side in (reference, current)
    )
    return ProfilePair(*(profile_rows(plan, frame).columns["any"] for frame in frames), grid)


@pytest.mark.parametrize(
    ("reference", "current", "statistic", "error", "spread"),
    [
        # the functions cross once between the points, nobody knows where: half of 10 · (.5 + .5)
        ([0, 10], [5, 5], 1.0, 1.0, 1.0),
        # they cross near one end: what is sure is 10 · .5 - 9, what is not 10 · min(.5, .5)
        ([0, 10], [1, 1], 9 / 5, 1.0, 1.0),
        # no crossing: .5 of the rows stay, .5 move by 4
        ([0, 10], [0, 6], 2 / 5, 0.0, 1.0),
        # beyond both ends, by 4 for each half
        ([0, 10], [-4, 14], 4 / 5, 0.0, 1.0),
        # beyond both ends on the reference's side: the grid holds only its middle
        (
            [-2, 0, 10, 16],
            [0, 0, 10, 10],
            2 / np.std([-2, 0, 10, 16]),
            0.0,
            5 / np.std([-2, 0, 10, 16]),
        ),
    ],
)
def test_areas_between_two_functions_are_those_worked_out_by_hand(
    reference, current, statistic, error, spread
):
    found = measure_distance(pair_by_grid(reference, current, [0, 10]), "wasserstein")

    assert (found.statistic, found.error, found.spread) == pytest.approx((statistic, error, spread))


def test_spread_is_the_integral_over_the_references_steps():
    values = np.array([1.0, 2.0, 2.0, 5.0, 9.0])

    found = measure_distance(compare(values, values), "wasserstein")

    steps = [(0.2, 1), (0.6, 3), (0.8, 4)]  # share up to a value, width to the next
    expected = sum(width * np.sqrt(share * (1 - share)) for share, width in steps)
    assert found.spread == pytest.approx(expected / values.std(), rel=1e-12)


@pytest.mark.parametrize(
    ("reference", "current", "statistic"),
    [([0, 10], [None], 1_000.0), ([None], [3], 1_000.0), ([None], [None], 0.0)],
)
def test_a_side_without_numbers_is_as_far_as_can_be_from_one_with_some(
    reference, current, statistic
):
    grid = [value for value in reference if value is not None]

    found = measure_distance(pair_by_grid(reference, current, grid), "wasserstein")

    assert (found.statistic, found.error, found.spread) == (statistic, 0.0, 0.0)


def test_ks_counts_what_is_no_number_below_all_numbers():
    before = [None] * 3 + [-9.0] * 2 + list(range(20))
    after = [None] * 8 + [-9.0] * 4 + list(range(13))

    found = measure_distance(pair_by_grid(before, after, range(20), special=(-9.0,)), "ks")

    as_numbers = [
        [-1.0 if value in (None, -9.0) else value for value in side] for side in (before, after)
    ]
    assert found.statistic == pytest.approx(stats.ks_2samp(*as_numbers).pvalue, abs=1e-12)
    assert found.p_value == found.statistic


def test_ks_states_the_greatest_share_of_the_reference_between_two_points():
    found = measure_distance(pair_by_grid([0, 3, 4, 10, 12], [0, 3, 4, 10, 12], [0, 10]), "ks")
    above = measure_distance(pair_by_grid([0, 3, 10, 12, 13, 14], [0], [0, 10]), "ks")

    assert found.error == 2 / 5
    assert above.error == 3 / 6


def test_ks_beside_a_reference_without_numbers_has_them_last():
    found = measure_distance(pair_by_grid([None] * 4, [None, 1.0, 2.0, 3.0], []), "ks")

    assert found.statistic == pytest.approx(stats.ks_2samp([0] * 4, [0, 1, 1, 1]).pvalue, abs=1e-12)
    assert found.error == 0.0


def test_bins_are_counted_where_either_side_has_a_row():
    column = compare([1, 1, 2], [1, 3], codes=(1, 2, 3, 4))

    for method in ("psi", "jensenshannon", "chisquare", "ks"):
        assert measure_distance(column, method).bin_count == 3, method


def test_chisquare_of_one_bin_says_nothing_and_judges_noise_by_both_samples():
    assert measure_distance(compare([1] * 5, [1] * 9, codes=(1,)), "chisquare").statistic == 1.0

    found = measure_distance(
        compare([1] * 40 + [2] * 60, [1] * 30 + [2] * 20, codes=(1, 2)), "chisquare"
    )

    table = [[40, 60], [30, 20]]
    assert found.p_value == pytest.approx(
        stats.chi2_contingency(table, correction=False).pvalue, rel=1e-12
    )
    assert found.statistic == pytest.approx(stats.chisquare([30, 20], [20, 30]).pvalue, rel=1e-12)


def test_the_area_between_two_points_is_uncertain_only_where_the_functions_cross():
    gap = np.array([0.0, 0.1, 0.2, 0.3, -0.1, 0.0, 0.0])

    found = drift_distances._measure_uncertain_areas(gap, np.array([2.0, 5.0]))

    assert found.tolist() == [0.0, 0.5]
