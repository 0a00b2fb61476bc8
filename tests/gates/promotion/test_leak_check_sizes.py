"""The leak test in short: the portfolios of `benchmarks/size_power/leaks.py`, which measures it in full."""

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
HONEST = (
    "many weak inputs",
    "an input missing where it is bad news",
    "a bureau score and little else",
    "months late that hang together",
    "a rare outcome",
    "inputs that nearly decide",
)
LEAKS = (
    "the outcome itself",
    "a copy, 2% wrong",
    "a copy, 5% wrong",
    "a copy, 10% wrong",
    "a row number of a sorted file",
    "an amount known afterwards",
    "a value missing for defaults only",
)


@pytest.fixture(scope="module")
def leaks():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        from size_power import leaks
    finally:
        sys.path.remove(str(BENCHMARKS))
    return leaks


def count_rings(leaks, *, draws, row_count, **world):
    rang = [
        leaks.ring(np.random.default_rng([row_count, number]), row_count, **world)
        for number in range(draws)
    ]
    return sum(bool(one) for one in rang)


def test_every_portfolio_is_tested(leaks):
    assert (tuple(leaks.HONEST), tuple(leaks.LEAKS)) == (HONEST, LEAKS)


@pytest.mark.parametrize("form", HONEST)
def test_an_honest_portfolio_is_no_suspicion(leaks, form):
    assert count_rings(leaks, draws=2, row_count=2_000, form=form) == 0


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_found(leaks, leak):
    assert count_rings(leaks, draws=3, row_count=2_000, leak=leak) >= 2


@pytest.mark.nightly
@pytest.mark.parametrize("row_count", [600, 2_000, 6_000])
@pytest.mark.parametrize("form", HONEST)
def test_honest_portfolios_ring_at_most_once_in_forty(leaks, form, row_count):
    assert count_rings(leaks, draws=80, row_count=row_count, form=form) <= 4


@pytest.mark.nightly
@pytest.mark.parametrize(("row_count", "fewest"), [(2_000, 14), (6_000, 18)])
@pytest.mark.parametrize("leak", LEAKS)
def test_planted_leaks_are_found_mostly(leaks, leak, row_count, fewest):
    assert count_rings(leaks, draws=20, row_count=row_count, leak=leak) >= fewest
