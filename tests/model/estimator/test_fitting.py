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
from credit_default.errors import InputError
from credit_default.model.estimator.calibration_line import fit_calibration
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import cross_validate, fit, fit_with_evidence
from credit_default.model.estimator.recipe_pipeline import FOREST_STEP, Recipe, build_pipeline
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

KEY = ["client_id", "statement_month"]
TINY = Recipe(tree_count=4, leaf_row_count=10, maximum_depth=4)


def validate_tiny(rows, *, fold_count=3, job_count=1):
    return cross_validate(
        TINY,
        rows,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        fold_count=fold_count,
        seed=1,
        job_count=job_count,
    )


def test_a_bundle_records_what_it_was_taught_on(rows, bundle):
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


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (pl.exclude("defaulted"), "no column 'defaulted'"),
        ([pl.exclude("defaulted"), pl.lit(1).alias("defaulted")], r"outcomes \[1\]"),
        (
            [pl.exclude("defaulted"), pl.when(pl.col("age") > 30).then(pl.col("defaulted"))],
            "rows without an outcome",
        ),
    ],
)
def test_rows_without_both_outcomes_cannot_be_learned_from(rows, change, found, fit_small):
    with pytest.raises(InputError, match=found):
        fit_small(rows.select(change))


def fit_tiny(rows, *, recipe=TINY, job_count=1):
    return fit_with_evidence(
        recipe,
        rows,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        job_count=job_count,
    )


def test_out_of_bag_probabilities_are_those_of_scikit_learn(rows):
    recipe = replace(TINY, tree_count=40)
    pipeline = build_pipeline(recipe, schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES)
    pipeline.named_steps[FOREST_STEP].set_params(oob_score=True)
    pipeline.fit(rows, rows["defaulted"].to_numpy())

    out_of_bag = fit_tiny(
        rows.sample(fraction=1.0, shuffle=True, seed=3), recipe=recipe, job_count=2
    ).out_of_bag

    expected = pipeline.named_steps[FOREST_STEP].oob_decision_function_[:, 1]
    np.testing.assert_allclose(out_of_bag.default_probability, expected, rtol=1e-12)
    assert out_of_bag.rows.equals(rows)
    assert out_of_bag.defaulted.tolist() == rows["defaulted"].to_list()


def test_a_row_that_every_tree_drew_has_no_out_of_bag_probability_and_is_left_out(rows):
    out_of_bag = fit_tiny(rows, recipe=replace(TINY, tree_count=1)).out_of_bag

    assert 200 < out_of_bag.rows.height < 280  # about exp(-0.5) of 400
    assert (
        len(out_of_bag.default_probability) == len(out_of_bag.defaulted) == out_of_bag.rows.height
    )
    assert out_of_bag.rows["defaulted"].to_list() == out_of_bag.defaulted.tolist()


def test_evidence_leaves_nothing_on_the_forest(rows, bundle, fit_small):
    fitted = fit_tiny(rows)

    assert not [
        name
        for name in vars(fitted.bundle.forest)
        if name.startswith("oob") and name != "oob_score"
    ]
    assert fitted.bundle.digest == fit_small(rows, recipe=TINY).digest


def test_what_is_known_only_in_the_training_rows_does_not_leak_out_of_bag(rows):
    noise = rows.with_columns(
        pl.Series("defaulted", np.random.default_rng(2).integers(0, 2, rows.height))
    )

    out_of_bag = fit_tiny(noise, recipe=replace(TINY, tree_count=20)).out_of_bag

    assert roc_auc_score(out_of_bag.defaulted, out_of_bag.default_probability) < 0.6


def test_out_of_fold_probabilities_come_from_forests_that_did_not_see_the_row(rows):
    out_of_fold = validate_tiny(rows, fold_count=3)

    held_out = out_of_fold.fold == 1
    others = fit(
        TINY,
        rows.filter(~held_out),
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
    )
    expected = score_probability(others, rows.filter(held_out))
    assert out_of_fold.default_probability[held_out].tobytes() == expected.tobytes()
    assert sorted(np.unique(out_of_fold.fold)) == [0, 1, 2]


def test_out_of_fold_probabilities_follow_their_rows(rows):
    order = np.random.default_rng(5).permutation(rows.height)

    straight = validate_tiny(rows, fold_count=3)
    shuffled = validate_tiny(rows[order.tolist()], fold_count=3, job_count=2)

    assert shuffled.default_probability.tobytes() == straight.default_probability[order].tobytes()


def test_what_is_known_only_in_the_training_rows_does_not_leak_out_of_fold(rows, fit_small):
    noise = rows.with_columns(
        pl.Series("defaulted", np.random.default_rng(2).integers(0, 2, rows.height))
    )

    out_of_fold = validate_tiny(noise, fold_count=4)
    seen = score_probability(fit_small(noise), noise)

    assert roc_auc_score(noise["defaulted"], out_of_fold.default_probability) < 0.6
    assert roc_auc_score(noise["defaulted"], seen) > 0.7


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

    assert 0.765 < roc_auc < 0.80  # above: a leak; nobody honest gets there


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
    bare, mended = fitted.bundle.forest, score_probability(fitted.bundle, unseen)
    before = bare.predict_proba(fitted.bundle.pipeline[:-1].transform(unseen))[:, 1]
    assert log_loss(unseen["defaulted"], mended) < log_loss(unseen["defaulted"], before) - 0.02
    assert roc_auc_score(unseen["defaulted"], mended) == pytest.approx(
        roc_auc_score(unseen["defaulted"], before)
    )
    line = fit_calibration(fitted.out_of_bag.defaulted, fitted.out_of_bag.default_probability)
    assert line.slope == pytest.approx(1, abs=0.1)


def test_a_forest_of_large_leaves_is_left_as_it_is(portfolio):
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
