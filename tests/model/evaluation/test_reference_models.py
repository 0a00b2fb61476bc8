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
