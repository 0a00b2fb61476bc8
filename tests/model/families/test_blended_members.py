import itertools
from dataclasses import replace
from math import factorial

import numpy as np
import polars as pl
import pytest

from credit_default.model.estimator.bundle import measure_feature_importance
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.shapley import build_explainer
from credit_default.model.families.blend import BLEND
from credit_default.model.families.blended_members import draw_folds
from credit_default.model.families.recipe import Recipe

FOREST = {"family": "forest", "tree_count": 6, "leaf_row_count": 15}
BOOSTER = {"family": "boosting", "tree_count": 10, "leaf_row_count": 15}
SMALL = Recipe(family="blend", members=[FOREST, BOOSTER, "scorecard"], weights=[1, 2, 1])
FITTED = replace(SMALL, members=(BOOSTER, "scorecard"), weights=())


def make_matrix(count=800, *, seed=0):
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(count, 4)).astype(np.float32)
    risk = matrix[:, 0] + matrix[:, 1] * matrix[:, 2] - 1
    return matrix, (generator.random(count) < 1 / (1 + np.exp(-risk))).astype(np.int64)


@pytest.fixture(scope="module")
def blend():
    return BLEND.build(SMALL, None).fit(*make_matrix())


@pytest.fixture(scope="module")
def bundle(fit_small, make_rows):
    fitted = fit_small(make_rows(500), recipe=SMALL)
    return attach_reference(fitted, make_rows(80, seed=2, prefix="R"))


def test_log_odds_are_the_weighted_mean_of_the_members(blend):
    matrix, _ = make_matrix(50, seed=3)

    measured = [
        family.measure(member, matrix)
        for (family, _), member in zip(blend.list_members(), blend.members_, strict=True)
    ]

    expected = np.average(measured, axis=0, weights=[1, 2, 1])
    assert np.abs(blend.decision_function(matrix) - expected).max() < 1e-12
    assert np.allclose(blend.predict_proba(matrix)[:, 1], 1 / (1 + np.exp(-expected)))


def test_a_rows_probability_does_not_depend_on_the_rows_beside_it(blend):
    matrix, _ = make_matrix(101, seed=3)

    alone = np.concatenate([blend.predict_proba(row[None]) for row in matrix])

    assert alone.tobytes() == blend.predict_proba(matrix).tobytes()


def test_contributions_are_the_shapley_values_of_the_log_odds_by_their_definition(blend):
    from credit_default.model.explanation.shapley_leaf_tables import add_contributions

    matrix, _ = make_matrix(26, seed=4)
    background, rows = matrix[:20], matrix[20:]

    found = add_contributions(BLEND.list_trees(blend), rows, background=background)
    found += BLEND.list_terms(blend, rows) - BLEND.list_terms(blend, background).mean(axis=0)

    expected = [compute_by_hand(blend.decision_function, row, background) for row in rows]
    assert np.abs(found - np.array(expected)).max() < 1e-12


def compute_by_hand(log_odds, row, background):
    """Every subset of features from the row, the rest from each background row."""
    count, added = len(row), np.zeros(len(row))

    def value(subset):
        mixed = background.copy()
        mixed[:, list(subset)] = row[list(subset)]
        return log_odds(mixed).mean()

    for feature in range(count):
        others = [other for other in range(count) if other != feature]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for subset in itertools.combinations(others, size):
                added[feature] += weight * (value((*subset, feature)) - value(subset))
    return added


def test_an_explanation_adds_up_to_the_log_odds_and_says_so(bundle, make_rows):
    found = build_explainer(bundle).explain(make_rows(20, seed=3, prefix="N"))

    assert found.scale == "log odds"
    assert np.abs(found.base + found.contributions.sum(axis=1) - found.risk).max() < 1e-12


def test_the_same_rows_in_any_order_on_any_cores_give_the_same_digest(fit_small, make_rows):
    rows, unseen = make_rows(400), make_rows(60, seed=5, prefix="N")

    one = fit_small(rows, recipe=SMALL)
    other = fit_small(rows.reverse(), recipe=SMALL, job_count=2)

    assert one.digest == other.digest == digest_bundle(one)
    assert score_probability(one, unseen).tobytes() == score_probability(other, unseen).tobytes()


def test_another_weight_or_another_value_of_a_member_has_another_digest(fit_small, make_rows):
    bundle = fit_small(make_rows(400), recipe=SMALL)

    bundle.forest.weights_[0] += 1e-12
    reweighted = digest_bundle(bundle)
    bundle.forest.weights_[0] -= 1e-12
    bundle.forest.members_[2].points_[0][0] += 0.01

    assert len({bundle.digest, reweighted, digest_bundle(bundle)}) == 3


def test_fitted_weights_are_shares_and_favour_the_member_that_sees_what_the_other_does_not():
    matrix, _ = make_matrix(2_000)
    outcome = (matrix[:, 1] * matrix[:, 2] > 0).astype(np.int64)  # no scorecard sees a product

    weights = BLEND.build(FITTED, None).fit(matrix, outcome).weights_

    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert weights[0] > weights[1]


def test_weights_of_members_that_both_count_have_four_digits():
    matrix, _ = make_matrix()
    noise = np.random.default_rng(2).normal(size=len(matrix))
    risk = 0.8 * (matrix[:, 0] + matrix[:, 1] * matrix[:, 2]) + noise

    weights = BLEND.build(FITTED, None).fit(matrix, (risk > 0).astype(np.int64)).weights_

    assert 0.1 < weights[0] < 0.4
    assert weights.tolist() == pytest.approx(weights.round(4).tolist(), abs=1e-9)


def test_weights_are_fitted_on_folds_that_part_no_equal_rows_and_have_as_many_defaults():
    matrix, outcome = make_matrix(500)
    matrix[250:], outcome[250:] = matrix[:250], outcome[:250]

    fold = draw_folds(matrix, outcome, seed=1)

    assert (fold[250:] == fold[:250]).all()
    assert np.ptp([outcome[fold == number].sum() for number in range(5)]) <= 4
    assert np.ptp(np.bincount(fold)) <= 4


def test_raising_lateness_never_lowers_a_monotone_blends_probability(fit_small, make_rows):
    bundle = fit_small(make_rows(600), recipe=replace(SMALL, monotone=True))
    rows = make_rows(100, seed=4, prefix="N")

    scores = [
        score_probability(bundle, rows.with_columns(repayment_status_m1=pl.lit(late)))
        for late in range(1, 7)
    ]

    assert (np.diff(scores, axis=0) >= 0).all()


def test_importance_is_shared_out(bundle):
    assert sum(measure_feature_importance(bundle).values()) == pytest.approx(1)
