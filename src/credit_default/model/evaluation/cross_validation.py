"""Cross-validate many estimators on one feature matrix and one draw of folds.

Searches and model families are compared on it. Features are built row by row, so that building them
once for all folds leaks nothing; those that learn from outcomes are learned anew without each fold.
A recipe's forest scores exactly as `fitting.cross_validate` would, at the price of its trees alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import OUTCOME, Schema
from credit_default.data.splitting import assign_folds
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.digest import sort_rows
from credit_default.model.estimator.fitting import OutOfFold
from credit_default.model.estimator.recipe_pipeline import (
    FOREST_STEP,
    Recipe,
    build_pipeline,
    choose_features,
)
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.features.declaration import (
    Feature,
    list_feature_names,
    list_input_names,
)
from credit_default.model.features.input_values import list_input_values
from credit_default.model.features.learn_features import learn_features, learn_sides, may_learn

# The first two judge the ranking, the others the probabilities: see `metrics.METRIC_MEANINGS`.
QUALITY_METRICS: Final = ("roc_auc", "average_precision", "brier", "log_loss", "ece")


@dataclass(frozen=True, slots=True, eq=False)
class FoldedRows:
    """Development rows as features and folds, in the order of their key.

    Attributes:
        feature_names: Names of the matrix's columns.
        matrix: Features of shape (row count, feature count).
        defaulted: Outcomes (0/1).
        fold: The fold that holds each row out, 0 to `fold_count - 1`.
        fold_count: Number of folds.
        sides: For each fold, the features of the rows to fit on and of those held out; None where
            they are rows of the matrix.
    """

    feature_names: tuple[str, ...]
    matrix: NDArray[np.float32]
    defaulted: NDArray[np.int64]
    fold: NDArray[np.int64]
    fold_count: int
    sides: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...] | None = None

    def take_sides(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the features of the rows to fit on, and of the rows that the fold holds out."""
        if self.sides is not None:
            return self.sides[number]
        held_out = self.fold == number
        return self.matrix[~held_out], self.matrix[held_out]


def build_folded_rows(
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    include_protected: bool = False,
    fold_count: int = 5,
    seed: int = 0,
) -> FoldedRows:
    """Build the feature matrix and draw the folds of development rows.

    Args:
        rows: Checked rows with `defaulted` (0/1), in any order.
        schema: The schema of the rows.
        features: The features to choose from.
        include_protected: Whether features on protected attributes are included.
        fold_count: Number of folds.
        seed: Seed by which the folds are drawn. Identical rows share a fold.
    """
    ordered = sort_rows(rows)
    chosen = choose_features(Recipe(include_protected=include_protected), features, schema=schema)
    fold = np.asarray(assign_folds(ordered, fold_count=fold_count, seed=seed), dtype=np.int64)
    inputs = list_input_values(schema, list_input_names(chosen))
    how: dict[str, Any] = {"features": chosen, "inputs": inputs, "seed": seed}
    numbers = range(fold_count if may_learn(chosen) else 0)
    sides = tuple(learn_sides(ordered, fold == number, **how) for number in numbers)
    return FoldedRows(
        feature_names=list_feature_names(chosen),
        matrix=learn_features(rows=ordered, **how).matrix,
        defaulted=ordered[OUTCOME].to_numpy().astype(np.int64),
        fold=fold,
        fold_count=fold_count,
        sides=sides or None,
    )


def score_folds(
    folded: FoldedRows, build: Callable[[], Any], *, job_count: int = 1
) -> Iterator[OutOfFold]:
    """Yield the out-of-fold probabilities after each fold; the last ones are complete.

    Rows whose fold is still to come have NaN. A caller that stops early saves the remaining fits.

    Args:
        folded: The feature matrix, outcomes and folds.
        build: Makes the unfitted estimator; a new one is fitted for each fold.
        job_count: Cores to fit with; -1 for all.
    """
    default_probability = np.full(len(folded.fold), np.nan)
    for number in range(folded.fold_count):
        held_out = folded.fold == number
        learned, judged = folded.take_sides(number)
        estimator = fit_estimator(
            learned, folded.defaulted[~held_out], build=build, job_count=job_count
        )
        default_probability[held_out] = estimator.predict_proba(judged)[:, 1]
        yield OutOfFold(default_probability.copy(), folded.fold)


def cross_validate_estimator(
    folded: FoldedRows, build: Callable[[], Any], *, job_count: int = 1
) -> OutOfFold:
    """Return the out-of-fold probabilities of all rows; arguments as `score_folds`."""
    *_, pooled = score_folds(folded, build, job_count=job_count)
    return pooled


def fit_estimator(
    matrix: NDArray[np.float32],
    defaulted: NDArray[np.int64],
    *,
    build: Callable[[], Any],
    job_count: int = 1,
) -> Any:
    """Return a new fitted estimator that predicts on one core.

    Args:
        matrix: Features of shape (row count, feature count).
        defaulted: Outcomes (0/1).
        build: Makes the unfitted estimator.
        job_count: The most cores to fit with. A forest's scores do not depend on it.
    """
    from threadpoolctl import threadpool_limits

    estimator = build()
    takes_jobs = "n_jobs" in estimator.get_params(deep=False)
    # More threads than cores would only wait for each other.
    with threadpool_limits(limits=job_count):
        (estimator.set_params(n_jobs=job_count) if takes_jobs else estimator).fit(matrix, defaulted)
    # Several jobs sum votes in the order in which they finish, so that the last bit would differ
    # from run to run.
    return estimator.set_params(n_jobs=1) if takes_jobs else estimator


def build_forest(recipe: Recipe, *, schema: Schema, features: Sequence[Feature]) -> Any:
    """Return the recipe's unfitted forest, for a matrix of the same features."""
    return build_pipeline(recipe, schema=schema, features=features).named_steps[FOREST_STEP]


def measure_out_of_fold(
    folded: FoldedRows, out_of_fold: OutOfFold, *, policy: DecisionPolicy | None = None
) -> dict[str, float]:
    """Return each of `QUALITY_METRICS` over the rows scored so far.

    Args:
        folded: The rows' outcomes.
        out_of_fold: Out-of-fold probabilities, NaN for rows that are not scored yet.
        policy: The decision policy; it affects none of these metrics.
    """
    scored = np.isfinite(out_of_fold.default_probability)
    evaluation = evaluate(
        folded.defaulted[scored],
        out_of_fold.default_probability[scored],
        policy=policy or DecisionPolicy(),
        seed=0,
        resample_count=1,
    )
    return {name: evaluation.metrics[name].value for name in QUALITY_METRICS}


def replay_folds(folded: FoldedRows, pooled: OutOfFold) -> Iterator[OutOfFold]:
    """Yield what `score_folds` would yield, from known out-of-fold probabilities."""
    for number in range(folded.fold_count):
        seen = folded.fold <= number
        yield OutOfFold(np.where(seen, pooled.default_probability, np.nan), folded.fold)
