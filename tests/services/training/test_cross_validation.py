import datetime as dt

import numpy as np
import pytest

from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.cross_validation import (
    FOLD_SEEDS,
    cross_validate_challenger,
    cross_validate_recipe,
)
from credit_default.services.training.training_rows import (
    read_training_rows,
    split_rows,
)

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)

KEY = ["client_id", "statement_month"]
FEW = Recipe(tree_count=3, maximum_depth=3)


def write(rows, path):
    rows.write_csv(path)
    return str(path)


@pytest.fixture
def some_rows(month_rows):
    return month_rows.head(300)


def test_folds_are_computed_once_for_the_same_rows_and_recipe(wiring, some_rows, tmp_path):
    rows = some_rows.sort(KEY)

    first = cross_validate_recipe(wiring, FEW, rows, seed=0)
    (kept,) = (tmp_path / "cache" / "folds").iterdir()
    written = kept.stat().st_mtime_ns
    again = cross_validate_recipe(wiring, FEW, rows, seed=0)

    np.testing.assert_array_equal(first.default_probability, again.default_probability)
    np.testing.assert_array_equal(first.fold, again.fold)
    assert [path.stat().st_mtime_ns for path in kept.parent.iterdir()] == [written]


@pytest.mark.parametrize("change", ["seed", "recipe", "rows"])
def test_other_folds_recipe_or_rows_are_computed_anew(wiring, some_rows, tmp_path, change):
    rows = some_rows.sort(KEY)
    cross_validate_recipe(wiring, FEW, rows, seed=0)

    cross_validate_recipe(
        wiring,
        Recipe(tree_count=4, maximum_depth=3) if change == "recipe" else FEW,
        rows.head(299) if change == "rows" else rows,
        seed=1 if change == "seed" else 0,
    )

    assert len(list((tmp_path / "cache" / "folds").iterdir())) == 2


def test_cross_validation_averages_pooled_evaluations_of_three_fixed_draws(
    make_wiring, some_rows, tmp_path
):
    wiring = make_wiring(recipe=FEW, data=write(some_rows, tmp_path / "rows.csv"))
    training = read_training_rows(wiring, month=None, read_at=NOON)
    challenger = fit_challenger(wiring, training, split_rows(wiring, training))

    folds = cross_validate_challenger(wiring, challenger, training)

    assert len(folds.evaluations) == len(FOLD_SEEDS) == 3
    assert {evaluation.row_count for evaluation in folds.evaluations} == {300}
    values = [evaluation.metrics["roc_auc"].value for evaluation in folds.evaluations]
    assert len(set(values)) == 3
    assert folds.average()["roc_auc"] == pytest.approx(sum(values) / 3)
