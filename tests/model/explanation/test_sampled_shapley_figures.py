"""Sampled contributions by a second computation, walk by walk and step by step."""

import numpy as np
import pytest

from credit_default.model.explanation.sampled_shapley import describe_error, sample_contributions

RANDOM = np.random.default_rng(5)
BACKGROUND = RANDOM.normal(size=(70, 3))
ROWS = RANDOM.normal(size=(4, 3))


def measure(matrix):
    return matrix[:, 0] * matrix[:, 1] + np.abs(matrix[:, 2] + matrix[:, 0])


def walk(start, row, order):
    """What the risk rises by when each feature, one after the other, takes the row's value."""
    here, added = start.copy(), np.zeros(len(row))
    for feature in order:
        before = measure(here[None])[0]
        here[feature] = row[feature]
        added[feature] = measure(here[None])[0] - before
    return added


def sample_plainly(row, *, base, seed):
    random = np.random.default_rng(seed)
    by_risk = np.argsort(measure(BACKGROUND), kind="stable")
    middles = [int((place + 0.5) / 32 * len(BACKGROUND)) for place in range(32)]
    starts = BACKGROUND[random.permutation(by_risk[middles])]
    pairs = []
    for start in starts:
        rank = random.permutation(3)
        order = np.argsort(rank)
        pairs.append((walk(start, row, order) + walk(start, row, order[::-1])) / 2)
    means = np.mean(pairs, axis=0)
    variances = np.var(pairs, axis=0, ddof=1) / 32
    missed = measure(row[None])[0] - base - means.sum()
    return means + missed * variances / variances.sum(), np.sqrt(variances)


@pytest.mark.parametrize("seed", [0, 7])
def test_contributions_are_the_mean_of_all_walks_there_and_back(seed):
    base = float(measure(BACKGROUND).mean())

    found = sample_contributions(measure, ROWS, background=BACKGROUND, base=base, seed=seed)

    for place, row in enumerate(ROWS):
        added, errors = sample_plainly(row, base=base, seed=seed)
        assert found.contributions[place] == pytest.approx(added, abs=1e-12)
        assert found.standard_errors[place] == pytest.approx(errors, abs=1e-12)


def test_the_seed_is_nought_unless_it_is_given():
    given, default = (
        sample_contributions(measure, ROWS, background=BACKGROUND, base=1.0, **seed)
        for seed in ({"seed": 0}, {})
    )

    assert given.contributions.tolist() == default.contributions.tolist()


def test_what_is_missed_is_shared_equally_where_no_contribution_varies():
    def add(matrix):
        return matrix.sum(axis=1)

    background, rows = np.zeros((40, 3)), np.array([[1.0, 2.0, 4.0]])

    found = sample_contributions(add, rows, background=background, base=0.75)

    assert found.contributions.tolist() == [[0.75, 1.75, 3.75]]
    assert found.standard_errors.tolist() == [[0.0, 0.0, 0.0]]


def test_no_rows_have_no_error():
    assert describe_error(np.empty((0, 3)), "against all").endswith(
        "at most 0.00 percentage points"
    )
