import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from credit_default.model.profile.binning import (
    MOST_GRID_POINTS,
    bound_unseen_share,
    place_on_grid,
    plan_bins,
    plan_grid,
)


def test_codes_are_the_schemas_and_whatever_the_reference_holds_besides():
    bins = plan_bins(np.array([2.0, 1.0, 9.0]), codes=(1, 2, 3))

    assert bins.values.tolist() == [1, 2, 3, 9]
    assert bins.assign_bins(np.array([9.0, 3.0, 7.0, np.nan, 1.0])).tolist() == [3, 2, 4, 5, 0]
    assert (bins.bin_count, bins.class_count) == (4, 6)


def test_numbers_lie_between_the_deciles_of_the_reference():
    bins = plan_bins(np.arange(1000.0))

    assert bins.bin_count == 10
    assert bins.edges[0] == pytest.approx(99.9)
    assert bins.assign_bins(np.array([-5.0, 99.0, 100.0, 5000.0, np.nan])).tolist() == [
        0,
        0,
        1,
        9,
        11,
    ]


def test_value_on_an_edge_lies_in_the_bin_above():
    bins = plan_bins(np.concatenate([np.zeros(30), np.arange(1, 71.0)]))

    assert bins.edges[0] == 0
    assert bins.assign_bins(np.array([-1.0, 0.0])).tolist() == [0, 1]


def test_few_different_numbers_are_binned_by_value():
    bins = plan_bins(np.array([5.0, 5.0, 5.0, np.nan, 7.5, 7.5, 7.5]))

    assert bins.values.tolist() == [5.0, 7.5]
    assert bins.assign_bins(np.array([7.5, 6.0])).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("often", "once", "by_value"),
    [(300, 2, True), (300, 3, False), (600, 6, True), (600, 7, False)],
)
def test_values_have_bins_of_their_own_where_hardly_any_other_can_follow(often, once, by_value):
    reference = np.append(np.zeros(often - once), np.arange(1.0, once + 1))

    bins = plan_bins(reference)

    assert (len(bins.values) == once + 1) == by_value


def test_the_share_of_unseen_values_is_that_of_values_seen_once_and_two_standard_errors():
    counts = np.array([90, 1, 1, 2, 1, 5])

    assert bound_unseen_share(counts, row_count=200) == (3 + 2 * 5**0.5) / 200
    assert bound_unseen_share(np.array([3, 7]), row_count=10) == 0


def test_rows_without_a_value_count_among_those_that_may_have_a_new_one():
    few = np.append(np.zeros(20), 1.0)

    assert len(plan_bins(few).values) == 0
    assert plan_bins(np.append(few, np.full(200, np.nan))).values.tolist() == [0.0, 1.0]


def test_reference_without_any_value_has_one_bin():
    bins = plan_bins(np.array([np.nan]))

    assert bins.bin_count == 1
    assert bins.assign_bins(np.array([3.0, np.nan])).tolist() == [0, 2]


def test_reference_of_special_values_alone_or_of_no_rows_has_one_range():
    bins = plan_bins(np.array([-1.0, -1.0, np.nan]), special=(-1.0,))

    assert bins.assign_bins(np.array([5.0, -1.0, np.nan])).tolist() == [0, 1, 3]
    assert plan_bins(np.empty(0)).bin_count == 1


def test_grid_has_odd_places_on_its_points_and_even_ones_between():
    grid = plan_grid(np.array([2.0, 1.0, 2.0, np.nan]))

    assert grid.tolist() == [1.0, 2.0]
    assert place_on_grid(grid, np.array([0.0, 1.0, 1.5, 2.0, 9.0])).tolist() == [0, 1, 2, 3, 4]


def test_grid_is_bounded():
    grid = plan_grid(np.arange(50_000.0))

    assert len(grid) == MOST_GRID_POINTS
    assert (grid[0], grid[-1]) == (0.0, 49_999.0)


@given(
    arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e9, 1e9)),
    arrays(np.float64, st.integers(0, 60), elements=st.floats(-1e9, 1e9)),
)
def test_every_value_has_exactly_one_place_and_larger_ones_no_lower(reference, column):
    bins = plan_bins(reference)
    place = bins.assign_bins(column)

    assert ((place >= 0) & (place < bins.class_count)).all()
    if len(bins.edges):
        assert (np.diff(place[np.argsort(column)]) >= 0).all()
