"""A column that is missing in most rows has bins of few rows: what chance does to them is no drift."""

from dataclasses import replace

import numpy as np
import pytest

from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport, exceeds_noise
from credit_default.model.profile.binning import Bins, plan_bins
from credit_default.model.profile.drift_distances import measure_population_stability_index
from credit_default.model.profile.two_sample_p_values import measure_homogeneity_p_value

SHARES = np.array([0.92, *[0.008] * 10])  # missing in 92 % of the rows; the others in ten bins


def drift_of(reference, current):
    psi = measure_population_stability_index(reference, current)
    return ColumnDrift(
        "months_since_record",
        "psi",
        psi,
        0.1,
        drifted=psi >= 0.1,
        bin_count=int((reference + current > 0).sum()),
        p_value=measure_homogeneity_p_value(reference, current),
    )


def report_of(column, reference, current):
    return DriftReport((column,), column, 0.0, int(reference.sum()), int(current.sum()), {})


def is_noticed(reference, current, *, with_thin_bins=False):
    column = drift_of(reference, current)
    if with_thin_bins:
        column = replace(column, p_value=0.0)
    return exceeds_noise(column, report_of(column, reference, current), confidence=0.99)


def test_batches_of_the_same_population_rarely_exceed_noise():
    random = np.random.default_rng(5)
    pairs = [(random.multinomial(121, SHARES), random.multinomial(608, SHARES)) for _ in range(500)]

    noticed = np.mean([is_noticed(*pair) for pair in pairs])
    by_psi_alone = np.mean([is_noticed(*pair, with_thin_bins=True) for pair in pairs])

    assert noticed <= 0.01
    assert by_psi_alone > 0.2


def test_a_value_that_the_reference_lacks_is_noticed_however_few_its_rows():
    reference = np.array([115, 6, 0])
    current = np.array([480, 30, 98])

    assert is_noticed(reference, current)


def test_fewer_missing_values_are_noticed():
    random = np.random.default_rng(6)
    filled = np.array([0.6, *[0.04] * 10])

    assert all(
        is_noticed(random.multinomial(121, SHARES), random.multinomial(608, filled))
        for _ in range(100)
    )


POPULATIONS = {  # 26 values, of which small references see a part
    "mostly one": np.array([0.9, *[0.1 / 25] * 25]),
    "even": np.full(26, 1 / 26),
    "falling": (1 / np.arange(1.0, 27) ** 2) / (1 / np.arange(1.0, 27) ** 2).sum(),
}


def draw_pair(random, shares, *, reference_count, plan):
    """The counts of two draws of one population, by the bins of the first."""
    reference, current = (
        random.choice(len(shares), count, p=shares).astype(float)
        for count in (reference_count, 3_000)
    )
    bins = plan(reference)
    return [
        np.bincount(bins.assign_bins(side), minlength=bins.class_count)
        for side in (reference, current)
    ]


@pytest.mark.parametrize("reference_count", [60, 150, 300, 600])
@pytest.mark.parametrize("population", POPULATIONS)
def test_values_that_a_small_reference_has_not_seen_rarely_look_like_drift(
    population, reference_count
):
    random = np.random.default_rng(7)
    shares = POPULATIONS[population]
    pairs = [
        draw_pair(random, shares, reference_count=reference_count, plan=plan_bins)
        for _ in range(100)
    ]

    assert np.mean([is_noticed(*pair) for pair in pairs]) <= 0.03


def test_binned_by_value_they_would_look_like_drift_every_fourth_time():
    random = np.random.default_rng(7)
    pairs = [
        draw_pair(
            random,
            POPULATIONS["mostly one"],
            reference_count=150,
            plan=lambda reference: Bins(np.unique(reference), np.empty(0)),
        )
        for _ in range(100)
    ]

    assert np.mean([is_noticed(*pair) for pair in pairs]) >= 0.25
