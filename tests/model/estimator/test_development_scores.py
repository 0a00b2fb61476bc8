from dataclasses import replace

import numpy as np
import pytest

from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.development_scores import score_development
from credit_default.model.estimator.fitting import fit_with_evidence
from credit_default.model.estimator.recipe_pipeline import Recipe, calibrate_pipeline
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES


@pytest.fixture(scope="module")
def rows():
    (month,) = simulate(client_count=1_500, month_count=1, seed=2)
    keys = ["client_id", "statement_month"]
    return month.statements.join(month.outcomes.select(*keys, "defaulted"), on=keys)


@pytest.fixture(scope="module")
def fitted(rows):
    return fit_with_evidence(
        Recipe(tree_count=12, maximum_depth=6),
        rows,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
    )


def test_a_bundle_that_was_stored_gives_the_scores_of_its_fitting_again(fitted, rows, tmp_path):
    sealed = write_bundle(fitted.bundle, tmp_path)

    loaded = read_bundle(tmp_path, expected_digest=sealed.digest, seal=sealed.seal)
    found = score_development(loaded, rows.sample(fraction=1, shuffle=True, seed=1))

    assert np.array_equal(found.default_probability, fitted.out_of_bag.default_probability)
    assert np.array_equal(found.defaulted, fitted.out_of_bag.defaulted)
    assert found.rows.equals(fitted.out_of_bag.rows)


def test_a_calibrated_bundle_is_scored_by_its_own_forest(fitted, rows):
    line = Calibration(slope=1.0, intercept=0.0)
    calibrated = replace(fitted.bundle, pipeline=calibrate_pipeline(fitted.bundle.pipeline, line))

    found = score_development(calibrated, rows)

    assert len(found.default_probability) == len(fitted.out_of_bag.default_probability)
    assert ((found.default_probability > 0) & (found.default_probability < 1)).all()


def test_other_rows_than_those_of_the_fitting_are_refused(fitted, rows):
    with pytest.raises(InputError, match="1,499 rows"):
        score_development(fitted.bundle, rows.head(1_499))
