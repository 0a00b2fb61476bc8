"""How near the simulation comes to the real portfolio, by the functions that `make simulator-fit` prints with."""

import importlib.util
import json
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from tests.fakes.machine_pace import is_within

from credit_default.data.simulation.months import simulate, simulate_chunks

ROOT = Path(__file__).resolve().parents[3]
ROW_COUNT = 30_000


@pytest.fixture(scope="module")
def report():
    spec = importlib.util.spec_from_file_location(
        "simulator_fit_report", ROOT / "benchmarks/simulator_fit_report.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def real(report, real_data):
    return report.read_real(str(real_data))


@pytest.fixture(scope="module")
def month():
    return next(simulate(client_count=ROW_COUNT, month_count=1, seed=1))


@pytest.fixture(scope="module")
def inputs(report, month):
    return report.inputs_of(month)


@pytest.fixture(scope="module")
def marginals(report):
    kept = json.loads((ROOT / "tests/data/simulation_marginals.json").read_text())
    return {
        name: report.Marginal(tuple(value["edges"]), tuple(value["shares"]))
        for name, value in kept.items()
    }


def test_every_column_is_spread_as_the_real_one(report, marginals, inputs):
    distances = report.column_distances(marginals, inputs)

    assert list(distances) == inputs.columns
    assert max(distances.values()) <= 0.12
    assert np.mean(list(distances.values())) <= 0.06


def test_the_kept_spreads_are_those_of_the_real_file(report, marginals, real):
    found = report.find_marginals(real)

    assert {name: spread.edges for name, spread in found.items()} == {
        n: s.edges for n, s in marginals.items()
    }
    for name, spread in found.items():
        assert spread.shares == pytest.approx(marginals[name].shares, abs=1e-6)


def test_a_distance_is_zero_for_the_same_spread_and_large_for_another(report):
    values = np.arange(1_000.0)
    marginal = report.find_marginal(values, coded=False)

    assert report.column_distance(marginal, values) == pytest.approx(0, abs=1e-9)
    assert report.column_distance(marginal, values + 10_000) > 0.9


def test_columns_go_together_as_the_real_ones_do(report, real, inputs):
    assert report.spearman_difference(real.select(inputs.columns), inputs) <= 0.06


def test_a_forest_that_saw_simulated_rows_only_ranks_real_ones(report, real, month):
    assert report.transfer_auc(real, month, seed=1) >= 0.75


def test_a_forest_does_not_separate_real_rows_from_simulated_ones_well(report, real, inputs):
    assert report.real_or_simulated_auc(real, inputs, seed=1) <= 0.90


def test_the_best_that_anybody_can_do_inside_is_as_hard_as_the_real_problem(report, month):
    assert 0.74 <= report.known_auc(month) <= 0.78


def test_the_default_rate_is_the_real_one_and_stays_through_twelve_calm_months(report):
    rates = report.default_rates(seed=1)

    assert len(rates) == 12
    assert rates[0] == pytest.approx(0.2212, abs=0.01)
    assert max(abs(rate - rates[0]) for rate in rates) <= 0.02


def test_columns_stay_where_they_are_through_twelve_calm_months(report):
    first, *_, last = simulate(client_count=ROW_COUNT, month_count=12, seed=1)
    before, after = report.inputs_of(first), report.inputs_of(last)

    distances = report.column_distances(report.find_marginals(before), after)

    assert max(distances.values()) <= 0.12


def test_rows_come_at_two_hundred_thousand_a_second_of_one_core(report):
    seconds = min(200_000 / report.rows_per_second(row_count=200_000) for _ in range(3))

    assert is_within(seconds, 1)


def test_memory_does_not_grow_with_the_rows():
    def peak(client_count):
        tracemalloc.start()
        for _chunk in simulate_chunks(client_count=client_count, seed=0, chunk_rows=16_384):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = peak(2 * 16_384), peak(12 * 16_384)

    assert many < 1.2 * few
