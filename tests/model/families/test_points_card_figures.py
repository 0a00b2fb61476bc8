"""A scorecard's bins, evidence and weights by hand or by a second computation."""

import numpy as np
import pytest
from scipy.optimize import minimize

from credit_default.model.families.points_card import POINTS_PER_LOG_ODDS, PointsCard

NAN = np.nan


def fit(matrix, outcome, *, bin_count=4, penalty=20.0, constraints=None):
    given = {} if constraints is None else {"constraints": constraints}
    card = PointsCard(bin_count=bin_count, weight_penalty=penalty, seed=0, **given)
    return card.fit(np.asarray(matrix, dtype=np.float32), np.asarray(outcome))


def to_log_odds(share):
    return np.log(share / (1 - share))


def test_twenty_points_double_the_odds():
    assert pytest.approx(20 / np.log(2)) == POINTS_PER_LOG_ODDS


def test_bins_end_at_quantiles_that_occur_once_each_and_below_the_largest_value():
    matrix = np.array(
        [
            [1, 2, 3, 4, 5, 6, 7, 8],  # quarters: 2, 4, 6 by the lower of two neighbours
            [0, 0, 0, 0, 0, 0, 0, 9],  # one edge, though three quantiles
            [7, 7, 7, 7, 7, 7, 7, 7],  # none: no value is above
            [NAN] * 8,  # none: no value at all
            [NAN, NAN, NAN, NAN, 1, 2, 3, 4],  # of the known values alone
        ]
    ).T

    card = fit(matrix, [0, 1, 0, 1, 0, 1, 0, 1])

    assert [edges.tolist() for edges in card.edges_] == [
        [2.0, 4.0, 6.0],
        [0.0],
        [],
        [],
        [1.0, 2.0, 3.0],
    ]
    assert [shares.tolist() for shares in card.shares_] == [
        [0.25, 0.25, 0.25, 0.25, 0.0],
        [0.875, 0.125, 0.0],
        [1.0, 0.0],
        [0.0, 1.0],
        [0.125, 0.125, 0.125, 0.125, 0.5],
    ]


def make_rows():
    generator = np.random.default_rng(8)
    matrix = generator.integers(0, 4, size=(120, 2)).astype(np.float32)
    matrix[generator.random(120) < 0.1, 1] = NAN
    risk = 1 / (1 + np.exp(1.2 - 0.8 * matrix[:, 0] + np.where(matrix[:, 1] > 1, 1.0, 0.0)))
    return matrix, (generator.random(120) < risk).astype(np.int64)


def measure_evidence(matrix, outcome, edges):
    """Each row's evidence, with twenty rows of the average share added to each bin."""
    share = outcome.mean()
    columns = []
    for column, cuts in zip(matrix.T, edges, strict=True):
        bins = [len(cuts) + 1 if np.isnan(v) else int((cuts < v).sum()) for v in column]
        of_bin = {
            b: to_log_odds(
                (sum(outcome[place] for place, own in enumerate(bins) if own == b) + 20 * share)
                / (bins.count(b) + 20)
            )
            - to_log_odds(share)
            for b in set(bins)
        }
        columns.append([of_bin[b] for b in bins])
    return np.array(columns).T


@pytest.mark.parametrize("penalty", [0.5, 20.0])
def test_points_are_the_evidence_with_weights_of_the_least_penalised_loss(penalty):
    matrix, outcome = make_rows()
    card = fit(matrix, outcome, penalty=penalty)
    evidence = measure_evidence(matrix, outcome, card.edges_)

    def measure_loss(given):
        log_odds = given[0] + evidence @ given[1:]
        loss = np.logaddexp(0, np.where(outcome == 1, -log_odds, log_odds)).sum()
        return loss + penalty * (given[1:] ** 2).sum() / 2

    best = minimize(measure_loss, np.zeros(3), method="Nelder-Mead", tol=1e-10).x

    assert card.intercept_ == pytest.approx(best[0], abs=1e-4)
    assert card.intercept_ == round(card.intercept_, 4)
    found = card.list_terms(matrix)
    assert np.abs(found - evidence * best[1:]).max() * POINTS_PER_LOG_ODDS < 0.02
    for points in card.points_:
        assert points.tolist() == np.round(points, 2).tolist()


def test_no_weight_is_negative_whatever_the_features_say_together():
    generator = np.random.default_rng(1)
    first = generator.integers(0, 2, 400)
    twin = np.where(generator.random(400) < 0.1, 1 - first, first)
    outcome = (generator.random(400) < np.where(first == 1, 0.8, 0.1)).astype(np.int64)

    card = fit(np.column_stack([first, twin]), outcome, penalty=1e-6)

    evidence_of_twin = np.diff(card.points_[1][:2])
    assert evidence_of_twin >= 0
    assert np.diff(card.points_[0][:2]) > 0


def test_bins_against_a_constraint_are_joined_until_none_is_left():
    values = np.repeat([0, 1, 2, 3], 50)
    outcome = np.concatenate([np.arange(50) < defaults for defaults in (30, 10, 20, 25)]).astype(
        np.int64
    )

    free, rising, falling = (
        fit(values[:, None], outcome, constraints=constraints) for constraints in (None, [1], [-1])
    )

    assert free.edges_[0].tolist() == [0.0, 1.0, 2.0]
    # 30, 10, 20, 25: the first two together are 20 of 50, as the third is alone, which may stay.
    assert rising.edges_[0].tolist() == [1.0, 2.0]
    assert (np.diff(rising.points_[0][:-1]) >= 0).all()
    assert (np.diff(falling.points_[0][:-1]) <= 0).all()
    assert falling.edges_[0].tolist() == [0.0]


def test_a_value_at_an_edge_belongs_to_the_bin_that_ends_there():
    card = fit(np.repeat([0, 1, 2, 3], 50)[:, None], np.tile([0, 1], 100))
    card.points_ = [np.array([1.0, 2.0, 3.0, 4.0, 5.0]) * POINTS_PER_LOG_ODDS]

    rows = np.array([[-5], [0], [0.1], [1], [2], [2.1], [99], [NAN]], dtype=np.float32)

    assert card.list_terms(rows)[:, 0] == pytest.approx([1, 1, 2, 2, 3, 4, 4, 5])
    assert card.decision_function(rows) == pytest.approx(
        card.intercept_ + np.array([1, 1, 2, 2, 3, 4, 4, 5])
    )


def test_constraints_of_other_features_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        fit([[0, 1], [1, 0], [2, 2], [3, 1]], [0, 1, 0, 1], constraints=[1])
