from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.shapley import build_explainer
from credit_default.model.families.points_card import POINTS_PER_LOG_ODDS, PointsCard
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.scorecard import SCORECARD

CARD = Recipe(family="scorecard")


def make_matrix(count=4_000, *, seed=0):
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(count, 3)).astype(np.float32)
    matrix[generator.random(count) < 0.2, 1] = np.nan
    risk = matrix[:, 0] + 2 * np.isnan(matrix[:, 1]) - 1.5
    return matrix, (generator.random(count) < 1 / (1 + np.exp(-risk))).astype(np.int64)


@pytest.fixture(scope="module")
def card() -> PointsCard:
    return SCORECARD.build(CARD, None).fit(*make_matrix())


def test_points_rise_with_the_risk_of_a_bin_and_missing_has_points_of_its_own(card):
    rising, missing = card.points_[0][:-2], card.points_[1]

    assert (np.diff(rising) > 0).all()
    assert missing[-1] > missing[:-1].max()


def test_a_feature_that_says_nothing_gets_hardly_any_points(card):
    assert np.abs(card.points_[2]).max() < np.abs(card.points_[0]).max() / 10


def test_a_probability_is_the_intercept_and_the_points_of_each_value(card):
    matrix, _ = make_matrix(50, seed=3)

    log_odds = []
    for row in matrix:
        points = 0.0
        for value, edges, table in zip(row, card.edges_, card.points_, strict=True):
            points += table[-1] if np.isnan(value) else table[int((edges < value).sum())]
        log_odds.append(card.intercept_ + points / POINTS_PER_LOG_ODDS)

    expected = 1 / (1 + np.exp(-np.array(log_odds)))
    assert np.abs(card.predict_proba(matrix)[:, 1] - expected).max() < 1e-12


def test_the_mean_probability_of_the_training_rows_is_their_share_of_defaults(card):
    matrix, outcome = make_matrix()

    assert card.predict_proba(matrix)[:, 1].mean() == pytest.approx(outcome.mean(), abs=1e-4)


def test_the_same_rows_in_any_order_give_the_same_digest_and_scores(fit_small, make_rows):
    rows, unseen = make_rows(500), make_rows(60, seed=5, prefix="N")

    one, other = fit_small(rows, recipe=CARD), fit_small(rows.reverse(), recipe=CARD)

    assert one.digest == other.digest
    assert score_probability(one, unseen).tobytes() == score_probability(other, unseen).tobytes()


def test_a_contribution_is_a_features_points_less_those_of_the_background(fit_small, make_rows):
    reference, rows = make_rows(80, seed=2, prefix="R"), make_rows(20, seed=3, prefix="N")
    bundle = attach_reference(fit_small(make_rows(500), recipe=CARD), reference)
    explainer = build_explainer(bundle)

    found = explainer.explain(rows)

    terms, background = (
        bundle.forest.list_terms(bundle.pipeline[:-1].transform(which))
        for which in (rows, explainer.background_rows)
    )
    assert np.abs(found.contributions - (terms - background.mean(axis=0))).max() < 1e-12
    assert np.abs(found.base + found.contributions.sum(axis=1) - found.risk).max() < 1e-12


def test_bins_in_which_risk_falls_are_joined_where_it_must_rise():
    generator = np.random.default_rng(5)
    matrix = generator.integers(0, 8, size=(4_000, 2)).astype(np.float32)
    dip = matrix[:, 0] - 4 * (matrix[:, 0] == 5)
    outcome = (generator.random(4_000) < 1 / (1 + np.exp(2 - dip / 2))).astype(np.int64)

    free = SCORECARD.build(CARD, None).fit(matrix, outcome)
    bound = SCORECARD.build(replace(CARD, monotone=True), [1, -1]).fit(matrix, outcome)

    assert (np.diff(free.points_[0][:-1]) < 0).any()
    assert (np.diff(bound.points_[0][:-1]) > 0).all()
    assert (np.diff(bound.points_[1][:-1]) <= 0).all()
    assert len(bound.edges_[0]) < len(free.edges_[0])


def test_raising_lateness_never_lowers_a_monotone_scorecards_probability(fit_small, make_rows):
    bundle = fit_small(make_rows(800), recipe=replace(CARD, monotone=True))
    rows = make_rows(100, seed=4, prefix="N")

    scores = [
        score_probability(bundle, rows.with_columns(repayment_status_m1=pl.lit(late)))
        for late in range(1, 7)
    ]

    assert (np.diff(scores, axis=0) >= 0).all()
