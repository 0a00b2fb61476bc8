from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.data.splitting import split
from credit_default.model.estimator.calibration_line import fit_calibration
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import cross_validate, fit, fit_with_evidence
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

KEY = ["client_id", "statement_month"]
TINY = Recipe(tree_count=4, leaf_row_count=10, maximum_depth=4)


def test_a_bundle_records_what_it_was_trained_on(rows, bundle):
    assert bundle.row_count == 400
    assert bundle.default_share == rows["defaulted"].mean()
    assert (bundle.schema_name, bundle.schema_version) == (CREDIT_CARD.name, CREDIT_CARD.version)
    assert bundle.source_digests == ("ab" * 32,)
    assert bundle.trained_rows.tolist() == sorted(bundle.trained_rows.tolist())
    assert len(set(bundle.trained_rows.tolist())) == 400
    assert bundle.reference is None


def test_row_order_column_order_and_job_count_change_neither_digest_nor_scores(
    rows, bundle, fit_small
):
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=3).select(rows.columns[::-1])

    again = fit_small(shuffled, job_count=2)

    assert again.digest == bundle.digest
    assert score_probability(again, rows).tobytes() == score_probability(bundle, rows).tobytes()
    assert again.forest.n_jobs == 1


def test_another_seed_makes_another_model(rows, bundle, fit_small):
    recipe = Recipe(tree_count=8, leaf_row_count=10, maximum_depth=5, seed=1)

    assert fit_small(rows, recipe=recipe).digest != bundle.digest


def test_fitting_leaves_the_rows_alone(rows, fit_small):
    before = rows.clone()

    fit_small(rows, recipe=TINY)

    assert rows.equals(before)


def test_a_small_training_gives_the_figures_that_it_gave_before(rows, bundle):
    # These move only when features, recipe, scikit-learn's forest or the made-up rows do.
    probability = score_probability(bundle, rows)

    assert probability[:4].round(6).tolist() == [0.278565, 0.78294, 0.09361, 0.181352]
    assert probability.mean() == pytest.approx(0.279555, abs=1e-6)


def fit_tiny(rows, *, recipe=TINY, job_count=1):
    return fit_with_evidence(
        recipe,
        rows,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        job_count=job_count,
    )


def test_evidence_leaves_nothing_on_the_forest(rows, bundle, fit_small):
    fitted = fit_tiny(rows)

    assert not [
        name
        for name in vars(fitted.bundle.forest)
        if name.startswith("oob") and name != "oob_score"
    ]
    assert fitted.bundle.digest == fit_small(rows, recipe=TINY).digest


def test_a_few_trees_reach_most_of_what_the_public_data_allows(real_data):
    checked = check_rows(
        open_statement_file(real_data, schema=CREDIT_CARD, month="2005-09").read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    sides = split(pl.concat([batch.accepted for batch in checked.batches()]))
    recipe = Recipe(tree_count=20)

    bundle = fit(
        recipe,
        sides.development,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        job_count=2,
    )
    roc_auc = roc_auc_score(sides.test["defaulted"], score_probability(bundle, sides.test))

    assert 0.765 < roc_auc < 0.80  # a higher one would be a leak


OVER_CONFIDENT = Recipe(tree_count=20, leaf_row_count=1, maximum_depth=None, row_share=1.0)


@pytest.fixture(scope="module")
def portfolio():
    """Simulated clients of one month, with outcomes: those to learn from, and others to judge on."""
    first = next(iter(simulate(client_count=6_000, month_count=1, seed=5)))
    rows = first.statements.join(
        first.outcomes.select("client_id", "statement_month", "defaulted"), on=KEY
    )
    return rows[:3_000], rows[3_000:]


def test_an_over_confident_forest_is_calibrated_by_evidence_and_is_better_for_it(portfolio):
    development, unseen = portfolio

    fitted = fit_tiny(development, recipe=OVER_CONFIDENT)

    assert fitted.bundle.calibration == fitted.calibration.line
    assert fitted.calibration.line.slope < 0.8
    bare, calibrated = fitted.bundle.forest, score_probability(fitted.bundle, unseen)
    before = bare.predict_proba(fitted.bundle.pipeline[:-1].transform(unseen))[:, 1]
    assert log_loss(unseen["defaulted"], calibrated) < log_loss(unseen["defaulted"], before) - 0.02
    assert roc_auc_score(unseen["defaulted"], calibrated) == pytest.approx(
        roc_auc_score(unseen["defaulted"], before)
    )
    line = fit_calibration(fitted.out_of_bag.defaulted, fitted.out_of_bag.default_probability)
    assert line.slope == pytest.approx(1, abs=0.1)


def test_a_forest_of_large_leaves_is_not_recalibrated(portfolio):
    fitted = fit_tiny(portfolio[0], recipe=Recipe(tree_count=20))

    assert fitted.bundle.calibration is None
    assert fitted.calibration.line is None
    assert score_probability(fitted.bundle, portfolio[1]).tobytes() == (
        fitted.bundle.pipeline.predict_proba(portfolio[1])[:, 1].tobytes()
    )


def test_folds_are_calibrated_by_the_same_rule(portfolio):
    rows = portfolio[0]
    recipe = replace(OVER_CONFIDENT, tree_count=10)
    arguments = {"schema": CREDIT_CARD, "features": CREDIT_CARD_FEATURES}

    folds = cross_validate(recipe, rows, fold_count=2, seed=1, **arguments)

    held_out = folds.fold == 0
    other = fit(recipe, rows.filter(~held_out), decision_policy=DecisionPolicy(), **arguments)
    assert other.calibration is not None
    expected = score_probability(other, rows.filter(held_out))
    assert folds.default_probability[held_out].tobytes() == expected.tobytes()


def raise_level(rows, *, share, seed):
    """Return the rows with that share of those who paid turned into defaults."""
    struck = np.random.default_rng(seed).random(rows.height) < share
    return rows.with_columns(
        defaulted=pl.col("defaulted").cast(pl.Int64) | pl.Series(struck).cast(pl.Int64)
    )


def test_level_of_a_model_is_that_of_its_newest_months_where_older_ones_differ():
    months = [
        month.statements.join(
            month.outcomes.select("client_id", "defaulted"), on="client_id", maintain_order="left"
        )
        for month in simulate(client_count=3_000, month_count=4, seed=3)
    ]
    changed = [*months[:2], *(raise_level(month, share=0.2, seed=1) for month in months[2:])]
    sides = split(pl.concat(changed))

    fitted = fit_with_evidence(
        Recipe(tree_count=20, leaf_row_count=40, maximum_depth=6),
        sides.development,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
    )

    newest = sides.test.filter(pl.col("statement_month") >= "2005-11")
    assert fitted.regime.months == ("2005-11", "2005-12")
    assert fitted.calibration.line is not None
    expected_share = score_probability(fitted.bundle, newest).mean()
    assert expected_share == pytest.approx(newest["defaulted"].mean(), rel=0.1)
    # the folds are calibrated for those months too
    served = (sides.development["statement_month"] >= "2005-11").to_numpy()
    defaulted = sides.development["defaulted"].to_numpy()
    held_out_share = fitted.out_of_fold.default_probability[served].mean()
    assert held_out_share == pytest.approx(defaulted[served].mean(), rel=0.02)
