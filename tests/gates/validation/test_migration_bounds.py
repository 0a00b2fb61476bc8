"""Moves from band to band on a few clients: what counts, what is left out, and every figure by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2, chi2_contingency, norm
from tests.fakes.scored_samples import run, run_one

from credit_default.gates.validation import migration
from credit_default.gates.validation.migration import (
    TESTS,
    count_migrations,
    measure_bandwidths,
    measure_homogeneity,
    measure_migration_cells,
    order_bands,
)
from credit_default.gates.validation.sample import ScoredSample


def sample_of(*rows, **more):
    clients, months, bands, scores = (np.array(column) for column in zip(*rows, strict=True))
    return ScoredSample(scores, band=bands, month=months, client_id=clients, **more)


def test_bands_are_in_the_given_order_or_in_that_of_their_mean_scores():
    rows = [
        ("a", "2026-01", "x", 0.9),
        ("b", "2026-01", "x", 0.1),
        ("c", "2026-01", "y", 0.4),
        ("d", "2026-01", "z", 0.6),
    ]

    assert order_bands(sample_of(*rows)) == ("y", "x", "z")
    assert order_bands(sample_of(*rows, band_order=("z", "w", "y", "x"))) == ("z", "y", "x")


def test_a_client_counts_with_the_last_row_of_a_month_and_only_in_consecutive_months():
    found = count_migrations(
        sample_of(
            ("a", "2026-01", "x", 0.1),
            ("a", "2026-01", "y", 0.5),
            ("a", "2026-02", "y", 0.5),
            ("a", "2026-02", "x", 0.1),
            ("b", "2026-01", "x", 0.1),
            ("b", "2026-03", "y", 0.5),
            ("c", "2026-02", "x", 0.1),
            ("c", "2026-03", "x", 0.1),
        )
    )

    assert found.tolist() == [[[0, 0], [1, 0]], [[1, 0], [0, 0]]]


def test_a_single_month_has_no_moves():
    assert count_migrations(sample_of(("a", "2026-01", "x", 0.1))).shape == (0, 1, 1)


def test_bandwidths_are_the_moves_over_the_furthest_that_these_clients_could_move():
    matrix = np.array([[50.0, 3, 2], [4, 50, 5], [6, 7, 50]])

    upper, lower = measure_bandwidths(matrix)

    # Upwards 3 + 2·2 + 5 steps; from the first band two are possible, from the middle one.
    assert upper == pytest.approx((3 + 2 * 2 + 5) / (2 * 5 + 1 * 5))
    assert lower == pytest.approx((4 + 2 * 6 + 7) / (1 * 4 + 2 * 13))


def test_a_cell_is_compared_with_its_neighbour_nearer_to_the_diagonal():
    matrix = np.array([[6.0, 3, 1], [0, 0, 0], [2, 3, 5]])

    cells = measure_migration_cells(matrix)

    def z(far, near, count):
        far, near = far / count, near / count
        variance = (far * (1 - far) + near * (1 - near) + 2 * far * near) / count
        return (near - far) / np.sqrt(variance)

    assert cells == [
        (0, 1, pytest.approx(z(3, 6, 10))),
        (0, 2, pytest.approx(z(1, 3, 10))),
        (2, 0, pytest.approx(z(2, 3, 10))),
        (2, 1, pytest.approx(z(3, 5, 10))),
    ]


def test_cells_that_nobody_is_near_or_that_cannot_vary_are_left_out():
    assert measure_migration_cells(np.array([[0.0, 0, 4], [0, 4, 0], [0, 0, 4]])) == []
    assert measure_migration_cells(np.array([[4.0, 0], [0, 4]])) == []


def test_bands_with_few_expected_are_merged_and_those_with_five_are_not():
    table = np.array([[10.0, 5, 3, 2], [10, 5, 3, 2]])

    merged = migration._merge_thin(table)

    assert merged.tolist() == [[10, 5, 5], [10, 5, 5]]
    assert migration._merge_thin(np.zeros((2, 3))).size == 0
    assert migration._merge_thin(np.array([[0.0, 0], [8, 7]])).tolist() == [[8, 7]]


def test_homogeneity_adds_up_the_tables_of_all_bands():
    first, second = np.array([[40.0, 10], [20, 30]]), np.array([[30.0, 20], [25, 25]])

    statistic, freedom = measure_homogeneity(np.stack([first, second]))

    tables = [np.array([first[band], second[band]]) for band in range(2)]
    expected = sum(chi2_contingency(table, correction=False).statistic for table in tables)
    assert (statistic, freedom) == (pytest.approx(expected), 2)
    assert measure_homogeneity(np.stack([first])) == (0.0, 0)


def move(matrix, *, month=1, clients="a"):
    return [
        row
        for (i, j), count in np.ndenumerate(np.array(matrix))
        for k in range(int(count))
        for row in (
            (f"{clients}-{i}-{j}-{k}", f"2026-{month:02d}", "xy"[i], 0.1 + 0.4 * i),
            (f"{clients}-{i}-{j}-{k}", f"2026-{month + 1:02d}", "xy"[j], 0.1 + 0.4 * j),
        )
    ]


def test_the_share_that_moved_and_both_bandwidths_are_told():
    found = run_one(TESTS, "migration_bandwidth", sample_of(*move([[30, 10], [5, 55]])))

    assert found.reason.startswith(
        "15.0% of clients change band: bandwidth 1.000 upwards, 1.000 downwards"
    )
    assert found.figures == {"upper": 1.0, "lower": 1.0, "moved_share": pytest.approx(0.15)}
    assert found.statistic == 1.0


def test_p_values_of_cells_are_lower_tails_and_of_months_upper_ones():
    sample = sample_of(
        *move([[60, 40], [30, 70]]), *move([[70, 30], [45, 55]], month=2, clients="b")
    )

    cells = run(TESTS, "migration_z", sample)
    months = run_one(TESTS, "migration_homogeneity", sample)

    z = measure_migration_cells(count_migrations(sample).sum(axis=0))
    assert {c.p_value for c in cells} <= {float(norm.cdf(value)) for _, _, value in z}
    statistic, freedom = measure_homogeneity(count_migrations(sample))
    assert months.p_value == pytest.approx(chi2.sf(statistic, freedom))
    assert months.figures["degrees_of_freedom"] == freedom == 2


def test_halves_of_two_pairs_are_the_months_themselves_and_of_one_pair_not_judged():
    two = sample_of(*move([[60, 40], [30, 70]]), *move([[70, 30], [45, 55]], month=2, clients="b"))
    one = sample_of(*move([[60, 40], [30, 70]]))

    assert run_one(TESTS, "migration_halves", two).statistic == pytest.approx(
        run_one(TESTS, "migration_homogeneity", two).statistic
    )
    judged = run_one(TESTS, "migration_halves", one)
    assert (judged.light, judged.reason) == ("not judged", "fewer than three months")


def test_the_worst_cell_is_told_where_all_are_green_and_the_wrong_ones_otherwise():
    green, other = run(TESTS, "migration_z", sample_of(*move([[80, 20], [30, 70]])))[:1] * 2
    better, worse = replace(green, p_value=0.9), replace(other, p_value=0.4)

    assert migration._show_worst([better, worse]) == (worse,)
    red = replace(green, light="red", p_value=0.001)
    assert migration._show_worst([better, red, worse]) == (red,)
