import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from credit_default.model.profile.two_sample_p_values import (
    measure_homogeneity_p_value,
    measure_ks_p_value,
)

THIN = np.array([1, 0, 2, 1, 0, 1, 2, 1])  # each with fewer than 5 expected rows


def test_bins_with_enough_rows_are_compared_one_by_one():
    reference, current = np.array([400, 300, 200]), np.array([100, 90, 40])

    expected = chi2_contingency([reference, current], correction=False).pvalue
    assert measure_homogeneity_p_value(reference, current) == pytest.approx(expected, rel=1e-9)


def test_two_bins_are_compared_as_any_number_is():
    reference, current = np.array([400, 300]), np.array([100, 90])

    expected = chi2_contingency([reference, current], correction=False).pvalue
    assert measure_homogeneity_p_value(reference, current) == pytest.approx(expected, rel=1e-9)


def test_thin_bins_are_merged_into_one():
    reference, current = np.append([400, 300], THIN), np.append([420, 280], THIN[::-1])

    merged = [[400, 300, THIN.sum()], [420, 280, THIN.sum()]]
    expected = chi2_contingency(merged, correction=False).pvalue
    assert measure_homogeneity_p_value(reference, current) == pytest.approx(expected, rel=1e-9)


def test_one_bin_says_nothing():
    assert measure_homogeneity_p_value(np.array([40, 0]), np.array([30, 0])) == 1.0
    assert measure_homogeneity_p_value(np.array([3, 1]), np.array([1, 3])) == 1.0


def test_many_thin_bins_of_one_distribution_are_rejected_no_more_often_than_nominal():
    generator, shares = np.random.default_rng(5), np.append([0.5, 0.3], np.full(100, 0.002))

    rejected = [
        measure_homogeneity_p_value(
            generator.multinomial(3_000, shares), generator.multinomial(300, shares)
        )
        < 0.05
        for _ in range(800)
    ]

    assert np.mean(rejected) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("count", [500, 12_000])
def test_kolmogorov_smirnov_is_that_of_scipy(count):
    generator = np.random.default_rng(4)
    first, second = generator.normal(size=count), generator.normal(0.03, 1, size=count + 100)
    found = ks_2samp(first, second)

    below = [int((side <= found.statistic_location).sum()) for side in (first, second)]
    p_value = measure_ks_p_value(below[0], count, below[1], count + 100)

    assert p_value == pytest.approx(found.pvalue, rel=1e-6)
