"""Every family of estimators, with and without missing values: its digest and its probabilities, to the last bit."""

from dataclasses import replace

import numpy as np
import pytest
from tests.fakes.bureau_loans import FEATURES, SCHEMA, lend
from verifier.checks.scores import score_rows
from verifier.model.bundles import index_models, read_bundles
from verifier.model.features import NotJudgedError, build_matrix
from verifier.model.risk import measure_risk
from verifier.model.shapley import compute_contributions
from verifier.reading.lake import open_lake

from credit_default.adapters.bundles.bundle_files import write_bundle
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe, calibrate_pipeline
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

KEY = ["client_id", "statement_month"]
SMALL = {"tree_count": 4, "maximum_depth": 4}
RECIPES = {
    "forest": Recipe(**SMALL),
    "a forest that rises with lateness": Recipe(**SMALL, monotone=True),
    "extra trees": Recipe(**SMALL, family="extra-trees"),
    "boosting": Recipe(tree_count=4, maximum_depth=3, family="boosting"),
    "scorecard": Recipe(family="scorecard"),
    "blend": Recipe(
        family="blend", members=({"family": "forest", **SMALL}, "scorecard"), weights=(1.0, 3.0)
    ),
}


@pytest.fixture(scope="module")
def cards():
    (month,) = simulate(client_count=1_200, month_count=1, seed=11)
    return month.statements.join(month.outcomes.select(*KEY, "defaulted"), on=KEY)


def fit_bundle(recipe, rows, unseen, **portfolio):
    bundle = fit(recipe, rows, decision_policy=DecisionPolicy(), **portfolio)
    return attach_reference(bundle, unseen)


def read_by_stranger(bundle, folder):
    """The model as the verifier reads it from a lake that holds its bundle alone."""
    (folder / "snapshots").mkdir()
    (folder / "snapshots" / "none.json").write_text("{}")
    pinned = folder / "champion" / "pinned" / bundle.digest
    pinned.mkdir(parents=True)
    write_bundle(bundle, pinned)
    bundles = read_bundles(open_lake(str(folder)))
    assert [one.line for each in bundles for one in each.findings if one.kind != "holds"] == []
    return index_models(bundles)[bundle.digest]


def assert_same_bits(model, bundle, rows):
    found = score_rows(model, rows.to_arrow())
    assert np.array_equal(found.view(np.uint64), score_probability(bundle, rows).view(np.uint64))


def assert_contributions_add_up(model, rows):
    matrix = build_matrix(rows.to_arrow(), model.feature_arguments)
    background = build_matrix(model.reference, model.feature_arguments)
    added = compute_contributions(model.estimator, model.family, matrix, background)
    base = measure_risk(model.estimator, model.family, background).mean()
    rise = measure_risk(model.estimator, model.family, matrix) - base
    assert np.abs(added.sum(axis=1) - rise).max() < 1e-9


@pytest.mark.parametrize("name", RECIPES)
def test_a_family_is_computed_again_to_the_last_bit(name, cards, tmp_path):
    portfolio = {"schema": CREDIT_CARD, "features": CREDIT_CARD_FEATURES}
    bundle = fit_bundle(RECIPES[name], cards.head(1_000), cards.tail(200), **portfolio)

    model = read_by_stranger(bundle, tmp_path)

    assert_same_bits(model, bundle, cards)
    assert_contributions_add_up(model, cards.tail(50))


@pytest.mark.parametrize("family", ["forest", "boosting", "scorecard"])
def test_missing_and_special_values_and_categories_are_computed_alike(family, tmp_path):
    recipe = Recipe(family=family) if family == "scorecard" else Recipe(**SMALL, family=family)
    unseen = lend(200, seed=2, prefix="R")
    bundle = fit_bundle(recipe, lend(800, seed=1), unseen, schema=SCHEMA, features=FEATURES)

    model = read_by_stranger(bundle, tmp_path)

    assert_same_bits(model, bundle, unseen)
    assert_contributions_add_up(model, unseen.head(50))


def test_a_calibration_line_is_computed_alike(cards, tmp_path):
    portfolio = {"schema": CREDIT_CARD, "features": CREDIT_CARD_FEATURES}
    bundle = fit(
        RECIPES["forest"], cards.head(1_000), decision_policy=DecisionPolicy(), **portfolio
    )
    line = calibrate_pipeline(bundle.pipeline, Calibration(slope=0.83, intercept=-0.21))
    calibrated = replace(bundle, pipeline=line)
    calibrated = replace(calibrated, digest=digest_bundle(calibrated))

    model = read_by_stranger(calibrated, tmp_path)

    assert model.calibration == {"slope": 0.83, "intercept": -0.21}
    assert_same_bits(model, calibrated, cards)


def test_a_function_of_the_lenders_is_named_and_not_guessed(cards, tmp_path):
    portfolio = {"schema": CREDIT_CARD, "features": CREDIT_CARD_FEATURES}
    bundle = fit_bundle(RECIPES["forest"], cards.head(1_000), cards.tail(200), **portfolio)
    model = read_by_stranger(bundle, tmp_path)
    spec = [{**model.feature_arguments["spec"][0], "function": "lender:measure"}]

    with pytest.raises(NotJudgedError, match="computed by lender:measure"):
        build_matrix(cards.to_arrow(), {"spec": spec})
