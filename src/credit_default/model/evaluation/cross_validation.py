"""One feature matrix, one draw of folds, many estimators: what a search and the model families are compared on.

Features are built row by row, so building them once for all folds lets nothing cross over; a recipe's forest scores
exactly as `fitting.cross_validate` would, at the price of its trees alone.
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
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import Feature, describe_features, list_feature_names

# Ranking by the first two, probabilities by the rest; what each means stands in `evaluation.METRIC_MEANINGS`.
QUALITY_METRICS: Final = ("roc_auc", "average_precision", "brier", "log_loss", "ece")


@dataclass(frozen=True, slots=True, eq=False)
class FoldedRows:
    """Rows in the order of their key: features, outcomes, and the fold (0 to `fold_count` - 1) that holds each out."""

    feature_names: tuple[str, ...]
    matrix: NDArray[np.float32]
    defaulted: NDArray[np.int64]
    fold: NDArray[np.int64]
    fold_count: int


def build_folded_rows(
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    include_protected: bool = False,
    fold_count: int = 5,
    seed: int = 0,
) -> FoldedRows:
    """The rows, which carry `defaulted` (0/1), as features and folds; identical rows share a fold."""
    ordered = sort_rows(rows)
    chosen = choose_features(Recipe(include_protected=include_protected), features, schema=schema)
    return FoldedRows(
        feature_names=list_feature_names(chosen),
        matrix=build_features(ordered, spec=describe_features(chosen)),
        defaulted=ordered[OUTCOME].to_numpy().astype(np.int64),
        fold=np.asarray(assign_folds(ordered, fold_count=fold_count, seed=seed), dtype=np.int64),
        fold_count=fold_count,
    )


def score_folds(
    folded: FoldedRows, build: Callable[[], Any], *, job_count: int = 1
) -> Iterator[OutOfFold]:
    """Out-of-fold probabilities after each fold in turn, nan where a row's fold is still to come; the last has all.

    `build` makes the unfitted estimator; a new one learns each fold. Who stops asking saves the folds that are left.
    """
    default_probability = np.full(len(folded.fold), np.nan)
    for number in range(folded.fold_count):
        held_out = folded.fold == number
        estimator = fit_estimator(
            folded.matrix[~held_out], folded.defaulted[~held_out], build=build, job_count=job_count
        )
        default_probability[held_out] = estimator.predict_proba(folded.matrix[held_out])[:, 1]
        yield OutOfFold(default_probability.copy(), folded.fold)


def cross_validate_estimator(
    folded: FoldedRows, build: Callable[[], Any], *, job_count: int = 1
) -> OutOfFold:
    """Out-of-fold probabilities of all rows."""
    *_, pooled = score_folds(folded, build, job_count=job_count)
    return pooled


def fit_estimator(
    matrix: NDArray[np.float32],
    defaulted: NDArray[np.int64],
    *,
    build: Callable[[], Any],
    job_count: int = 1,
) -> Any:
    """A new estimator, fitted by `job_count` cores at most; how many fitted a forest changes none of its scores."""
    from threadpoolctl import threadpool_limits

    estimator = build()
    takes_jobs = "n_jobs" in estimator.get_params(deep=False)
    # Threads beyond the cores that are ours would wait for each other, and cost more than they bring.
    with threadpool_limits(limits=job_count):
        (estimator.set_params(n_jobs=job_count) if takes_jobs else estimator).fit(matrix, defaulted)
    # Several jobs add up votes in the order in which they end: the last bit would differ from run to run.
    return estimator.set_params(n_jobs=1) if takes_jobs else estimator


def build_forest(recipe: Recipe, *, schema: Schema, features: Sequence[Feature]) -> Any:
    """The unfitted forest of the recipe, as its pipeline holds it, for a matrix of the same features."""
    return build_pipeline(recipe, schema=schema, features=features).named_steps[FOREST_STEP]


def measure_out_of_fold(
    folded: FoldedRows, out_of_fold: OutOfFold, *, policy: DecisionPolicy | None = None
) -> dict[str, float]:
    """Each of `QUALITY_METRICS` over the rows that are scored by now, as `evaluation` defines it."""
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
    """What `score_folds` would give, fold after fold, of probabilities that are known already."""
    for number in range(folded.fold_count):
        seen = folded.fold <= number
        yield OutOfFold(np.where(seen, pooled.default_probability, np.nan), folded.fold)
