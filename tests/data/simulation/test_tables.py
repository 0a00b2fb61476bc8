from dataclasses import fields
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.data.simulation.tables import (
    BAND_COUNT,
    SPENDING_GROUP_COUNT,
    STATUS_CODES,
    SimulationTables,
    compute_normal_share,
    draw_category,
    draw_knot,
    draw_quantile,
    find_band,
    find_spending_group,
    find_utilisation_band,
    read_tables,
)

SHARES = [
    "limit_share",
    "sex_share",
    "education_share",
    "marriage_share",
    "opening_status_share",
    "elder_status_share",
]
SHARES += ["class_share", "status_share", "latest_share"]
KNOTS = [field.name for field in fields(SimulationTables) if field.name.endswith("_knots")]


def f32(*values):
    return np.array(values, dtype=np.float32)


def test_the_figures_are_read_once():
    assert read_tables() is read_tables()


def test_the_figures_are_figures_and_not_the_rows_of_a_file():
    size = sum(getattr(read_tables(), field.name).size for field in fields(SimulationTables))

    assert (
        max(max(getattr(read_tables(), field.name).shape) for field in fields(SimulationTables))
        < 2_000
    )
    assert size < 250_000


@pytest.mark.parametrize("name", SHARES)
def test_cumulative_shares_rise_to_one(name):
    shares = getattr(read_tables(), name)

    assert (np.diff(shares, axis=-1) >= 0).all()
    assert shares[..., -1] == pytest.approx(np.ones(shares.shape[:-1]), abs=1e-5)


@pytest.mark.parametrize("name", KNOTS)
def test_quantiles_never_fall(name):
    assert (np.diff(getattr(read_tables(), name), axis=-1) >= 0).all()


def test_every_figure_is_finite():
    assert all(
        np.isfinite(getattr(read_tables(), field.name)).all() for field in fields(SimulationTables)
    )


def test_a_place_is_drawn_by_where_the_uniform_falls():
    cumulative = np.array([[0.5, 0.5, 1.0], [0.1, 0.9, 1.0]], dtype=np.float32)

    places = draw_category(cumulative, np.array([0, 0, 1, 1, 1]), f32(0.49, 0.5, 0.05, 0.5, 0.95))

    assert places.tolist() == [0, 2, 0, 1, 2]


def test_a_quantile_is_straight_between_knots_and_exact_where_they_are_equal():
    knots = np.array([[0, 0, 10], [5, 5, 5]], dtype=np.float32)

    drawn = draw_quantile(knots, np.array([0, 0, 0, 1]), f32(0.25, 0.5, 0.75, 0.99))

    assert drawn.tolist() == pytest.approx([0, 0, 5, 5])


def test_a_knot_is_drawn_as_it_is():
    knots = np.array([[1000, 2000, 3000, 5000]], dtype=np.float32)

    assert draw_knot(knots, np.zeros(4, dtype=int), f32(0, 0.25, 0.74, 0.999)).tolist() == [
        1000,
        2000,
        3000,
        5000,
    ]


def test_bands_of_use_begin_with_credit_balances_and_end_over_the_limit():
    bills = f32(-500, 0, 100, 900, 2_000, 5_000, 8_000, 9_500, 12_000)

    assert find_utilisation_band(bills, f32(10_000)).tolist() == list(range(BAND_COUNT))


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=20))
def test_a_band_is_the_one_that_a_binary_search_finds(values):
    edges = f32(-50, 0, 1, 60)

    assert (
        find_band(f32(*values), edges).tolist()
        == np.searchsorted(edges, f32(*values), side="right").tolist()
    )


def test_spending_depends_on_whether_anything_was_left_to_pay():
    bill_class, habit = np.meshgrid(np.arange(4), np.arange(5), indexing="ij")

    groups = find_spending_group(bill_class.ravel(), habit.ravel()).reshape(4, 5)

    assert groups[0].tolist() == groups[1].tolist() == [3, 3, 4, 5, 6]
    assert groups[2].tolist() == groups[3].tolist() == [0, 1, 2, 2, 2]
    assert groups.max() == SPENDING_GROUP_COUNT - 1


@given(st.floats(-6, 6, width=32))
def test_the_normal_share_is_near_the_exact_one_and_below_one(score):
    share = float(compute_normal_share(f32(score))[0])

    assert 0 <= share < 1
    assert share == pytest.approx(NormalDist().cdf(score), abs=5e-4)


def test_statuses_are_carried_as_places_from_minus_two_to_eight():
    assert STATUS_CODES.tolist() == [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8]
