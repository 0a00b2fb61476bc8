from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2, norm, wasserstein_distance

from credit_default.gates.monitoring.column_drift import (
    ColumnDrift,
    DriftReport,
    exceeds_noise,
    measure_noise,
)


def make_report(column, *, reference_count, current_count):
    return DriftReport((column,), column, 0.0, reference_count, current_count, {})


@pytest.mark.parametrize("method", ["psi", "jensenshannon"])
def test_the_noise_allowance_is_what_resampling_shows(method):
    generator = np.random.default_rng(1)
    column = ColumnDrift("any", method, 0.0, 0.1, drifted=False, bin_count=10)
    report = make_report(column, reference_count=6000, current_count=300)

    reference, current = (
        generator.multinomial(count, [0.1] * 10, size=2000) / count for count in (6000, 300)
    )
    if method == "psi":
        distances = ((current - reference) * np.log(current / reference)).sum(axis=1)
    else:
        middle = (reference + current) / 2
        divergence = (
            reference * np.log(reference / middle) + current * np.log(current / middle)
        ).sum(axis=1) / 2
        distances = np.sqrt(divergence)

    allowed = measure_noise(column, report, confidence=0.99)
    assert (distances > allowed).mean() == pytest.approx(0.01, abs=0.008)


def test_the_allowance_for_wasserstein_is_hardly_ever_reached_by_chance():
    generator = np.random.default_rng(2)
    rows = generator.exponential(1.0, (300, 600))
    reference, current = np.sort(rows[:, :400]), rows[:, 400:]
    spread = (
        1.57  # the integral of sqrt(F (1 - F)) for an exponential, whose deviation is 1: pi / 2
    )
    column = ColumnDrift("any", "wasserstein", 0.0, 0.1, drifted=False, spread=spread)
    report = make_report(column, reference_count=400, current_count=200)

    distances = [
        wasserstein_distance(before, after)
        for before, after in zip(reference, current, strict=True)
    ]

    allowed = measure_noise(column, report, confidence=0.99)
    assert np.mean(np.array(distances) > allowed) <= 0.01
    assert allowed < 3 * np.quantile(distances, 0.99)


@pytest.mark.parametrize(("method", "excess"), [("psi", 2.0), ("ks", 0.5)])
def test_excess_counts_a_p_value_the_other_way_round(method, excess):
    assert ColumnDrift("any", method, 0.2, 0.1, drifted=True).excess == pytest.approx(excess)


def test_method_of_no_known_noise_is_judged_by_its_threshold_alone():
    column = ColumnDrift("any", "another", 0.2, 0.1, drifted=True)
    report = make_report(column, reference_count=400, current_count=2)

    assert measure_noise(column, report, confidence=0.99) == 0.0
    assert exceeds_noise(column, report, confidence=0.99)


@pytest.mark.parametrize(
    ("method", "allowed"),
    [
        ("psi", chi2.ppf(0.99, 6) * (1 / 400 + 1 / 50)),
        ("jensenshannon", np.sqrt(chi2.ppf(0.99, 6) * (1 / 400 + 1 / 50) / 8)),
        ("wasserstein", norm.ppf(0.995) * 1.3 * np.sqrt(1 / 400 + 1 / 50)),
        ("ks", 0.0),
    ],
)
def test_the_allowance_is_that_of_its_null_distribution(method, allowed):
    column = ColumnDrift("any", method, 0.0, 0.1, drifted=False, bin_count=7, spread=1.3)
    report = make_report(column, reference_count=400, current_count=50)

    assert measure_noise(column, report, confidence=0.99) == pytest.approx(allowed, rel=1e-12)


def test_sides_without_rows_and_a_single_bin_count_as_one():
    column = ColumnDrift("any", "psi", 0.0, 0.1, drifted=False, bin_count=1)
    report = make_report(column, reference_count=0, current_count=0)

    assert measure_noise(column, report, confidence=0.9) == pytest.approx(2 * chi2.ppf(0.9, 1))


@pytest.mark.parametrize("method", ["psi", "ks"])
def test_a_column_within_its_threshold_never_drifted(method):
    column = ColumnDrift("any", method, 5.0, 0.1, drifted=False, p_value=0.0)
    report = make_report(column, reference_count=400, current_count=400)

    assert not exceeds_noise(column, report, confidence=0.99)
    assert exceeds_noise(replace(column, drifted=True), report, confidence=0.99)


def test_noise_is_exceeded_only_beyond_it():
    column = ColumnDrift("any", "psi", 0.0, 0.0, drifted=True, bin_count=3)
    report = make_report(column, reference_count=400, current_count=400)
    noise = measure_noise(column, report, confidence=0.99)

    assert not exceeds_noise(replace(column, statistic=noise), report, confidence=0.99)
    assert exceeds_noise(replace(column, statistic=noise * 1.000001), report, confidence=0.99)
    by_chance = replace(column, method="chisquare", p_value=1 - 0.99)
    assert not exceeds_noise(by_chance, report, confidence=0.99)
    assert exceeds_noise(replace(by_chance, p_value=0.00999), report, confidence=0.99)


def test_excess_of_a_p_value_of_nought_is_bounded():
    assert ColumnDrift("any", "ks", 0.0, 0.05, drifted=True).excess == pytest.approx(5e10)
    assert ColumnDrift("any", "wasserstein", 0.3, 0.1, drifted=True).excess == pytest.approx(3.0)


def test_one_row_and_two_bins_have_the_allowance_of_one_row_and_one_degree_of_freedom():
    column = ColumnDrift("any", "psi", 0.0, 0.1, drifted=False, bin_count=2)
    report = make_report(column, reference_count=1, current_count=1)

    assert measure_noise(column, report, confidence=0.99) == pytest.approx(2 * chi2.ppf(0.99, 1))
