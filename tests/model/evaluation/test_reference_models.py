import warnings

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.evaluation.cross_validation import (
    build_folded_rows,
    cross_validate_estimator,
    fit_estimator,
)
from credit_default.model.evaluation.reference_models import (
    BLEND,
    FAMILIES,
    FOREST,
    MEMBERS,
    SCORECARD,
    cross_validate_families,
)
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

FEW = CREDIT_CARD_FEATURES[
    :8
]  # of the raw columns: what a family is does not hang on how many features it sees


@pytest.fixture(scope="module")
def folded(make_rows):
    return build_folded_rows(make_rows(500, seed=4), schema=CREDIT_CARD, features=FEW, fold_count=2)


@pytest.fixture(scope="module")
def pooled(folded):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return list(cross_validate_families(folded, seed=0))


def test_every_family_scores_every_row_and_ranks_better_than_chance(folded, pooled):
    assert [family for family, _ in pooled] == list(FAMILIES)
    for family, scored in pooled:
        assert ((scored.default_probability > 0) & (scored.default_probability < 1)).all(), (
            family.name
        )
        assert roc_auc_score(folded.defaulted, scored.default_probability) > 0.6, family.name


def test_mean_of_the_members_is_what_the_blend_itself_would_give(folded, pooled):
    scored = next(scored for family, scored in pooled if family is BLEND)

    itself = cross_validate_estimator(folded, lambda: BLEND.build(0))

    np.testing.assert_allclose(scored.default_probability, itself.default_probability, atol=1e-12)


@pytest.mark.parametrize("family", [FOREST, SCORECARD, *MEMBERS], ids=lambda family: family.name)
def test_same_seed_gives_the_same_scores(folded, family):
    matrix, defaulted = folded.matrix[:200], folded.defaulted[:200]

    one, other = (
        fit_estimator(matrix, defaulted, build=lambda: family.build(5)).predict_proba(matrix)
        for _ in range(2)
    )

    np.testing.assert_array_equal(one, other)


def list_parameters(estimator, *names):
    """The named parameters of an estimator and of those within it, by their path."""
    return {
        path: value
        for path, value in estimator.get_params().items()
        if path.split("__")[-1] in names
    }


def test_the_forest_of_the_blend_is_the_one_that_was_chosen():
    chosen = {
        "n_estimators": 100,
        "criterion": "entropy",
        "max_depth": 10,
        "min_samples_leaf": 30,
        "max_features": 0.3,
        "max_samples": 0.5,
        "random_state": 3,
    }

    assert FOREST.build(3).get_params().items() >= chosen.items()


def test_the_boosters_differ_in_rounds_leaves_columns_and_seed():
    boosters = dict(MEMBERS[0].build(3).estimators)

    chosen = {
        name: [
            booster.learning_rate,
            booster.max_iter,
            booster.max_leaf_nodes,
            booster.max_features,
            booster.random_state,
        ]
        for name, booster in boosters.items()
    }
    assert chosen == {
        "quick": [0.04, 200, 12, 0.3, 3],
        "slow": [0.02, 400, 12, 0.15, 4],
        "shallow": [0.04, 300, 6, 0.3, 5],
    }
    for booster in boosters.values():
        assert (booster.min_samples_leaf, booster.l2_regularization) == (60, 10)
        assert booster.early_stopping is False
    assert MEMBERS[0].build(3).voting == "soft"


def test_the_networks_are_four_small_ones_on_clipped_normal_ranks():
    ranks, clip, impute, networks = (step for _, step in MEMBERS[1].build(3).steps)

    assert (ranks.n_quantiles, ranks.subsample, ranks.output_distribution) == (200, None, "normal")
    assert ranks.random_state == 3
    assert clip.transform(np.array([-4.0, -3.0, 0.5, 9.0])).tolist() == [-3.0, -3.0, 0.5, 3.0]
    assert impute.fit_transform([[np.nan], [1.0]]).tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert [network.random_state for _, network in networks.estimators] == [12, 13, 14, 15]
    for _, network in networks.estimators:
        assert network.hidden_layer_sizes == (32, 16)
        assert (network.alpha, network.learning_rate_init) == (0.3, 0.002)
        assert network.early_stopping is True


def test_the_splines_are_cubic_on_four_parts_of_the_ranks():
    ranks, splines, line = (step for _, step in MEMBERS[2].build(3).steps)

    assert (ranks.n_quantiles, ranks.subsample, ranks.random_state) == (200, None, 3)
    assert (splines.n_knots, splines.degree, splines.include_bias) == (5, 3, False)
    assert (line.C, line.max_iter) == (0.05, 500)


def test_the_scorecard_counts_ten_bins_of_ranks_by_their_log_odds():
    ranks, cut, encode, odds, line = (step for _, step in SCORECARD.build(3).steps)

    assert (ranks.n_quantiles, ranks.subsample, ranks.random_state) == (100, None, 3)
    assert cut.transform(np.array([0.0, 0.0999, 0.1, 0.95, 1.0])).tolist() == [0, 0, 1, 9, 9]
    assert (encode.cv.n_splits, encode.cv.shuffle, encode.cv.random_state) == (5, True, 3)
    shares = np.array([0.0, 1e-4, 0.25, 0.9999, 1.0])
    expected = np.log([1e-4 / 0.9999, 1e-4 / 0.9999, 1 / 3, 9_999, 9_999])
    assert odds.transform(shares) == pytest.approx(expected, rel=1e-9)
    assert (line.C, line.max_iter) == (0.05, 500)


def test_every_member_of_the_blend_takes_its_seed_and_its_weight():
    blend = BLEND.build(3)

    assert [name for name, _ in blend.estimators] == [FOREST.name, *(m.name for m in MEMBERS)]
    assert blend.weights == (2, 4, 1, 1)
    seeds = list_parameters(blend, "random_state")
    assert seeds["forest__random_state"] == 3
    assert seeds["boosting__slow__random_state"] == 4
    assert seeds["networks__votingclassifier__network 1__random_state"] == 13
