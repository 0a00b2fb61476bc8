"""Quantiles and tails are `scipy.stats`' own, to the last bit."""

import numpy as np
import pytest
from scipy import stats

from credit_default.model.statistics.tails import (
    find_chi_square_quantile,
    find_normal_quantile,
    measure_chi_square_tail,
)

SHARES = [0.0, 1e-12, 0.025, 0.5, 0.9, 0.999, 1 - 1e-12, 1.0]
DEGREES = [1, 2, 9, 29, 400]


@pytest.mark.parametrize("share", SHARES)
def test_normal_quantile(share):
    assert find_normal_quantile(share) == stats.norm.ppf(share)


@pytest.mark.parametrize("degrees", DEGREES)
def test_chi_square_quantiles_and_tails(degrees):
    values = [0.0, 1e-9, 0.3, degrees, 3.0 * degrees, 5_000.0, np.inf]

    assert [find_chi_square_quantile(share, degrees) for share in SHARES] == [
        stats.chi2.ppf(share, degrees) for share in SHARES
    ]
    assert [measure_chi_square_tail(value, degrees) for value in values] == [
        stats.chi2.sf(value, degrees) for value in values
    ]
