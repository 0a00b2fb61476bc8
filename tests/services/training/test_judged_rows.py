import datetime as dt

import numpy as np
import polars as pl
import pytest

from credit_default.data.contract.schema import KEY
from credit_default.data.splitting import Split, split
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.fold_cache import cross_validate_recipe
from credit_default.services.training.promotion_contest import judge_challenger
from credit_default.services.training.training_rows import TrainingRows

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
SMALL = Recipe(tree_count=10, maximum_depth=4, leaf_row_count=20)
STUMPS = Recipe(tree_count=1, maximum_depth=1, leaf_row_count=300)
LENIENT = {"lowest_slope": 0.3, "highest_slope": 3.0, "fairness_margin": 0.5}


@pytest.fixture(scope="module")
def few(known_rows):
    return known_rows.head(900)


@pytest.fixture(scope="module")
def folds(tmp_path_factory):
    return str(tmp_path_factory.mktemp("folds"))


@pytest.fixture
def challenge(make_wiring, folds):
    """A challenger of this recipe, trained on these rows, and the wiring that judges it."""

    def make(rows, recipe=SMALL, *, sides=None, **settings):
        wiring = make_wiring(recipe=recipe, cache=folds, **settings)
        training = TrainingRows(rows, (), "simulated", 0, ())
        return wiring, fit_challenger(wiring, training, sides or split(rows))

    return make


def train_champion(wiring, rows, recipe):
    bundle = fit(
        recipe,
        rows,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        decision_policy=wiring.settings.decision,
    )
    return CurrentChampion(bundle, 3, "simulated")


def test_a_small_lake_is_judged_by_all_rows_each_out_of_fold(challenge, few):
    wiring, challenger = challenge(few)

    judged = challenger.judged
    folds = cross_validate_recipe(wiring, SMALL, few.sort(KEY), seed=0)
    assert judged.rows.equals(few.sort(KEY))
    np.testing.assert_array_equal(judged.probability, folds.default_probability)
    assert judged.description == "out-of-fold predictions of 900 rows"
    assert challenger.evaluation.row_count == 900


def test_the_registered_model_is_that_of_the_development_side(challenge, few):
    wiring, challenger = challenge(few)

    alone = train_champion(wiring, split(few).development, SMALL).bundle
    test = challenger.sides.test

    assert challenger.bundle.row_count == split(few).development.height
    np.testing.assert_array_equal(challenger.test_probability, score_probability(alone, test))


@pytest.mark.parametrize(
    "settings",
    [{"promotion": {"fewest_rows_for_a_test_side": 900}}, {"refresh": {"held_out_months": 1}}],
    ids=["enough rows", "the newest months are held out"],
)
def test_a_test_side_judges_where_it_can(challenge, few, settings):
    _, challenger = challenge(few, **settings)

    assert challenger.judged.rows.equals(challenger.sides.test)
    assert challenger.judged.description == f"{challenger.sides.test.height} rows"
    np.testing.assert_array_equal(challenger.judged.probability, challenger.test_probability)


def test_the_verdict_on_a_first_model_says_that_it_is_out_of_fold(challenge, few):
    wiring, challenger = challenge(few)

    verdict = judge_challenger(wiring, challenger, challenger.sides, now=NOON, champion=None)

    assert "by out-of-fold predictions of 900 rows" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        (STUMPS, SMALL, "ok"),
        pytest.param(SMALL, STUMPS, "refused", marks=pytest.mark.nightly),
    ],
    ids=["better", "worse"],
)
def test_recipes_are_compared_on_the_same_folds_of_all_rows(challenge, known_rows, old, new, level):
    rows = known_rows.head(1_900)
    wiring, challenger = challenge(rows, new, promotion=LENIENT)
    champion = train_champion(wiring, challenger.sides.development, old)

    verdict = judge_challenger(wiring, challenger, challenger.sides, now=NOON, champion=champion)

    assert verdict.level == level, verdict.reasons
    assert "(out of fold, 1,900 rows)" in verdict.reasons[0]
    assert not any(reason.startswith("test side") for reason in verdict.reasons)
    assert verdict.reasons[-1].startswith("judged by out-of-fold predictions of 1,900 rows")


def test_a_refresh_is_compared_on_the_rows_that_the_champion_did_not_learn_from(challenge, few):
    wiring, challenger = challenge(few, promotion=LENIENT)
    learned = challenger.sides.development.head(300)
    useless = learned.with_columns(pl.col("defaulted").shuffle(seed=1))
    champion = train_champion(wiring, useless, SMALL)

    verdict = judge_challenger(wiring, challenger, challenger.sides, now=NOON, champion=champion)

    assert verdict.level == "ok", verdict.reasons
    assert "(out of fold, 600 rows)" in verdict.reasons[0]


def test_no_row_is_scored_by_a_model_that_learned_its_outcome(challenge, few):
    flipped = few.with_columns(
        defaulted=pl.when(pl.int_range(pl.len()) == 5)
        .then(1 - pl.col("defaulted"))
        .otherwise("defaulted")
    )
    sides = Split(few.head(700), few.tail(200))
    wiring, challenger = challenge(few, sides=sides)
    row = few.row(5, named=True)["client_id"]
    fold = cross_validate_recipe(wiring, SMALL, few.sort(KEY), seed=0).fold
    place = few.sort(KEY)["client_id"].to_list().index(row)

    others = flipped.sort(KEY).filter(pl.Series(fold != fold[place]))

    bundle = train_champion(wiring, others, SMALL).bundle
    own = few.sort(KEY)[place]
    assert score_probability(bundle, own)[0] == challenger.judged.probability[place]
