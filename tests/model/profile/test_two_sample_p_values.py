import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, ks_2samp, kstwo

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


def merge_in_steps(reference, current):
    total, others = sum(reference), sum(current)
    smaller = min(total, others) / (total + others)
    thick = [(r, c) for r, c in zip(reference, current, strict=True) if (r + c) * smaller >= 5]
    thin = [(r, c) for r, c in zip(reference, current, strict=True) if (r + c) * smaller < 5]
    merged = [*thick, tuple(map(sum, zip(*thin, strict=True)))] if thin else thick
    return np.array([pair for pair in merged if sum(pair)]).T


@given(
    st.integers(2, 7).flatmap(
        lambda size: st.tuples(
            *[st.lists(st.integers(0, 30), min_size=size, max_size=size).filter(any)] * 2
        )
    )
)
def test_whatever_the_counts_the_p_value_is_that_of_the_merged_table(sides):
    table = merge_in_steps(*sides)

    found = measure_homogeneity_p_value(*map(np.array, sides))

    if table.shape[1] < 2:
        assert found == 1.0
    else:
        expected = chi2_contingency(table, correction=False).pvalue
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_a_bin_with_just_five_expected_rows_stands_alone():
    reference, current = np.array([50, 6, 44]), np.array([50, 4, 46])

    alone = chi2_contingency([reference, current], correction=False).pvalue
    assert measure_homogeneity_p_value(reference, current) == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize(("rows", "exact"), [((10_000, 40), True), ((10_001, 40), False)])
def test_up_to_ten_thousand_rows_the_p_value_is_exact(rows, exact):
    count, other = rows
    sides = [np.arange(count) >= 4_000, np.arange(other) >= 23]

    found = measure_ks_p_value(4_000, count, 23, other)

    distance = abs(4_000 / count - 23 / other)
    asymptotic = kstwo.sf(distance, round(count * other / (count + other)))
    expected = ks_2samp(*(side.astype(float) for side in sides)).pvalue if exact else asymptotic
    assert found == pytest.approx(expected, rel=1e-12)
    assert found == measure_ks_p_value(23, other, 4_000, count)
    assert (abs(found - asymptotic) > 1e-6) == exact  # scipy itself is exact up to the same size
