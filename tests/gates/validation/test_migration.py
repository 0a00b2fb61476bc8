import numpy as np
import pytest
from tests.fakes.scored_samples import run, run_one

from credit_default.gates.validation.migration import (
    TESTS,
    count_migrations,
    measure_bandwidths,
    measure_homogeneity,
    measure_migration_cells,
)
from credit_default.gates.validation.sample import ScoredSample

FIRST = np.array([[80.0, 15, 5], [10, 70, 20], [2, 8, 90]])
SECOND = np.array([[70.0, 20, 10], [12, 66, 22], [9, 11, 80]])
RISK = {"low": 0.1, "middle": 0.3, "high": 0.6}


def build_sample(*matrices, bands=("low", "middle", "high")):
    """Clients who move as the matrices say, a pair of months each with clients of its own."""
    rows = []
    for number, matrix in enumerate(matrices):
        for i, j in np.ndindex(*matrix.shape):
            for k in range(int(matrix[i, j])):
                client = f"{number}-{i}-{j}-{k}"
                rows += [(client, f"2026-{number + 1:02d}", bands[i])]
                rows += [(client, f"2026-{number + 2:02d}", bands[j])]
    clients, months, band = (np.array(column) for column in zip(*rows, strict=True))
    return ScoredSample(
        np.array([RISK[label] for label in band]),
        band=band,
        band_order=bands,
        month=months,
        client_id=clients,
    )


def test_moves_are_counted_between_consecutive_months():
    assert count_migrations(build_sample(FIRST, SECOND)).tolist() == [
        FIRST.tolist(),
        SECOND.tolist(),
    ]


def test_order_of_rows_changes_nothing():
    sample = build_sample(FIRST, SECOND)
    order = np.random.default_rng(1).permutation(sample.row_count)
    mixed = ScoredSample(
        sample.default_probability[order],
        band=sample.band[order],
        month=sample.month[order],
        client_id=sample.client_id[order],
    )

    assert count_migrations(mixed).tolist() == count_migrations(sample).tolist()


def test_bandwidths_are_those_of_another_implementation():
    # riskvalidation 1.0.1, matrix_weighted_bandwidth.
    assert measure_bandwidths(FIRST) == pytest.approx((0.75, 0.7333333333333333), abs=1e-12)
    assert measure_bandwidths(np.diag([5.0, 5.0])) == (0.0, 0.0)


def test_cells_are_those_of_another_implementation():
    # riskvalidation 1.0.1, rating_migration_ztests.
    assert measure_migration_cells(FIRST) == [
        (0, 1, pytest.approx(8.949569080679685, abs=1e-9)),
        (0, 2, pytest.approx(2.2941573387056176, abs=1e-9)),
        (1, 0, pytest.approx(9.045340337332908, abs=1e-9)),
        (1, 2, pytest.approx(6.201736729460422, abs=1e-9)),
        (2, 0, pytest.approx(1.9324698792024926, abs=1e-9)),
        (2, 1, pytest.approx(14.784978142479689, abs=1e-9)),
    ]


def test_homogeneity_is_that_of_another_implementation():
    # riskvalidation 1.0.1, rating_time_homogeneity, which takes the last band for an absorbing one.
    statistic, freedom = measure_homogeneity(np.stack([FIRST, SECOND])[:, :2, :])

    assert (statistic, freedom) == (pytest.approx(3.442322383498855, abs=1e-9), 4)


def test_clients_who_jump_are_named():
    jumping = np.array([[80.0, 3, 17], [10, 70, 20], [2, 8, 90]])

    findings = run(TESTS, "migration_z", build_sample(jumping))

    assert [(f.subject, f.light) for f in findings] == [("from low to high", "red")]
    (worst,) = run(TESTS, "migration_z", build_sample(FIRST))
    assert worst.light == "green"


def test_migration_that_changes_is_red():
    still = np.array([[96.0, 2, 2], [2, 96, 2], [2, 2, 96]]) + 4

    assert run_one(TESTS, "migration_homogeneity", build_sample(FIRST, SECOND)).light == "green"
    assert run_one(TESTS, "migration_homogeneity", build_sample(FIRST, still)).light == "red"
    assert run_one(TESTS, "migration_halves", build_sample(FIRST, still)).p_value < 0.01


def test_clients_in_one_month_only_leave_it_unjudged():
    sample = ScoredSample(
        np.full(300, 0.3),
        band=np.full(300, "middle"),
        month=np.repeat(["2026-01", "2026-02"], 150),
        client_id=np.arange(300),
    )

    for name in ("migration_bandwidth", "migration_z", "migration_homogeneity"):
        assert run_one(TESTS, name, sample).light == "not judged"


def test_cells_of_equal_shares_differ_by_nothing_and_empty_ones_are_left_out():
    matrix = np.array([[2.0, 2, 0], [0, 4, 0], [1, 1, 2]])

    assert measure_migration_cells(matrix) == [
        (0, 1, 0.0),
        (0, 2, pytest.approx(2.0)),
        (2, 0, 0.0),
        (2, 1, pytest.approx(0.6030226891555273)),
    ]


def test_bands_that_fewer_than_five_are_expected_in_by_any_month_are_merged():
    """The second month is expected to have 3, 5 and 2 clients in the bands: the first and the last are merged."""
    months = np.array([[30.0, 50, 20], [3, 5, 2]])

    _, freedom = measure_homogeneity(months[:, None, :])

    assert freedom == 1
    _, freedom = measure_homogeneity(np.array([[30.0, 50, 20], [30, 45, 4]])[:, None, :])
    assert freedom == 2
