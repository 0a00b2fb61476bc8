"""Concentration and default rates by hand, and where nothing varies."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

from credit_default.gates.validation import stability
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.stability import (
    measure_concentration_statistic,
    measure_herfindahl,
)


def test_the_index_of_shares_and_its_variance():
    index, variance = measure_herfindahl(np.array([10.0, 30.0, 60.0]))

    assert index == pytest.approx(0.01 + 0.09 + 0.36)
    assert variance == pytest.approx(4 * (0.001 + 0.027 + 0.216 - 0.46**2) / 100)


def test_the_official_statistic_takes_the_bands_for_a_sample():
    now, then = np.array([10.0, 30.0, 60.0]), np.array([30.0, 30.0, 40.0])

    def vary(counts):
        share = counts / counts.sum()
        return np.sqrt(3 * ((share - 1 / 3) ** 2).sum())

    expected = np.sqrt(2) * (vary(now) - vary(then)) / (vary(now) * np.sqrt(0.5 + vary(now) ** 2))
    assert measure_concentration_statistic(now, then) == pytest.approx(expected)
    assert measure_concentration_statistic(np.array([5.0, 5.0]), np.array([2.0, 8.0])) == 0.0


def compare_outcomes(now, then):
    known = [SimpleNamespace(outcomes=np.array(side, dtype=np.float64)) for side in (now, then)]
    inputs = SimpleNamespace(known_now=known[0], known_then=known[1], policy=ValidationPolicy())
    (found,) = stability._judge_default_rate(inputs)
    return found


def test_a_default_rate_is_compared_with_the_pooled_error():
    found = compare_outcomes([1] * 30 + [0] * 70, [1] * 30 + [0] * 170)

    error = np.sqrt(0.2 * 0.8 * (1 / 100 + 1 / 200))
    assert found.statistic == pytest.approx((0.3 - 0.15) / error)
    assert found.p_value == pytest.approx(2 * norm.sf(0.15 / error))
    assert found.reason.startswith("30.00% defaulted, in development 15.00%")


def test_nobody_who_defaulted_on_either_side_is_no_change():
    found = compare_outcomes([0] * 10, [0] * 20)

    assert (found.statistic, found.p_value, found.light) == (0.0, 1.0, "green")


def compare_bands(now, then):
    rows = [SimpleNamespace(band=np.array(list(side))) for side in (now, then)]
    return SimpleNamespace(now=rows[0], then=rows[1], policy=ValidationPolicy())


def test_bands_of_either_side_are_counted_in_one_order():
    current, reference = stability._count_bands(compare_bands("aab", "bccc"))

    assert (current.tolist(), reference.tolist()) == ([2, 1, 0], [0, 1, 3])


def test_one_band_has_no_concentration_of_either_form():
    inputs = compare_bands("aaa", "aa")

    (official,) = stability._show_concentration(inputs)
    (own,) = stability._judge_concentration(inputs)

    assert (official.light, official.reason) == ("not judged", "fewer than two bands")
    assert (own.statistic, own.p_value) == (0.0, 0.5)


def test_the_official_index_is_one_where_all_rows_are_in_one_band_and_nought_where_they_are_even():
    even, single = (
        stability._show_concentration(compare_bands(now, "aabb"))[0] for now in ("ab", "aa")
    )

    assert even.figures == {
        "coefficient_of_variation": pytest.approx(0.0),
        "herfindahl_index": pytest.approx(0.0),
    }
    assert single.figures == {
        "coefficient_of_variation": pytest.approx(1.0),
        "herfindahl_index": pytest.approx(1.0),
    }
