import numpy as np
import pytest
from scipy.special import expit

from credit_default.model.explanation.sampled_shapley import describe_error, sample_contributions

RANDOM = np.random.default_rng(3)
BACKGROUND = RANDOM.normal(size=(500, 4))
ROWS = RANDOM.normal(size=(40, 4))


def curve(matrix):
    return expit(matrix[:, 0] + 0.5 * matrix[:, 1] * matrix[:, 2])


def explain(measure, rows):
    base = float(measure(BACKGROUND).mean())
    return sample_contributions(measure, rows, background=BACKGROUND, base=base), base


def enumerate_exactly(measure, row):
    """Each feature's Shapley value over all 16 sets of features, against the whole background."""
    worth = {}
    for members in range(16):
        mixed = BACKGROUND.copy()
        taken = [place for place in range(4) if members >> place & 1]
        mixed[:, taken] = row[taken]
        worth[members] = measure(mixed).mean()
    weight = {0: 1 / 4, 1: 1 / 12, 2: 1 / 12, 3: 1 / 4}  # by how many came before
    return [
        sum(
            weight[members.bit_count()] * (worth[members | 1 << place] - worth[members])
            for members in range(16)
            if not members >> place & 1
        )
        for place in range(4)
    ]


def test_a_rows_contributions_add_up_to_its_risk_less_the_base():
    found, base = explain(curve, ROWS)

    assert found.contributions.sum(axis=1) == pytest.approx(curve(ROWS) - base, abs=1e-12)


def test_they_are_the_exact_values_within_three_standard_errors_and_the_errors_are_small():
    found, _ = explain(curve, ROWS)

    exact = np.array([enumerate_exactly(curve, row) for row in ROWS])
    off = np.abs(found.contributions - exact)
    assert (off <= 3 * found.standard_errors + 1e-3).mean() >= 0.97
    assert found.standard_errors.mean() < 0.02


def test_a_feature_that_changes_nothing_adds_nothing():
    found, _ = explain(curve, ROWS)

    assert found.contributions[:, 3].tolist() == [0.0] * 40
    assert found.standard_errors[:, 3].tolist() == [0.0] * 40


def test_a_row_is_explained_alike_to_the_last_bit_alone_and_among_others():
    whole, _ = explain(curve, ROWS)

    alone, _ = explain(curve, ROWS[7:8])

    assert whole.contributions[7].tolist() == alone.contributions[0].tolist()


def test_the_method_says_that_it_is_approximate_and_by_how_much():
    text = describe_error(np.array([[0.001, 0.0123]]), "against the 9 accepted clients")

    assert text.startswith("approximate Shapley values")
    assert text.endswith("a contribution is at most 1.23 percentage points")
