"""From checked rows with outcomes to a model bundle, and to honest probabilities: out of bag, and out of fold.

Each tree draws its own rows, so the trees that did not draw a row judge it as a model that never saw it would: evidence
that costs no second fit, for what development rows may decide (a calibration, a threshold). Rows are sorted by key
before anything is drawn, and the forest predicts on one core however many grew it, so neither row order nor core count
changes a digest or a score.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import OUTCOME, Schema
from credit_default.data.splitting import assign_folds
from credit_default.errors import InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.digest import digest_bundle, hash_row_keys, sort_rows
from credit_default.model.estimator.recalibration import (
    CalibrationChoice,
    CalibrationPolicy,
    choose_calibration,
)
from credit_default.model.estimator.recipe_pipeline import (
    FOREST_STEP,
    Recipe,
    build_pipeline,
    calibrate_pipeline,
    choose_features,
)
from credit_default.model.features.build_features import FEATURE_VERSION
from credit_default.model.features.declaration import Feature, list_input_names

__all__ = [
    "FittedModel",
    "ModelBundle",
    "OutOfBag",
    "OutOfFold",
    "cross_validate",
    "fit",
    "fit_with_evidence",
]


@dataclass(frozen=True, slots=True, eq=False)
class OutOfBag:
    """Development rows, their outcomes and held-out default probabilities, all in the order of the sorted keys.

    A row's probability is the mean over the trees that did not draw it. A row that every tree drew (about none of a
    hundred trees, some of five) has no such probability and is left out. Identical rows are drawn apart from each other,
    so a twin's outcome can show: 35 rows of the public data's 30,000. Where the bundle is calibrated, so are these, by
    a line of their own: fewer trees vote for each, so their log odds are more extreme than the whole forest's.
    """

    rows: pl.DataFrame
    defaulted: NDArray[np.int64]
    default_probability: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FittedModel:
    """A bundle and what its own development rows say of it, each judged by trees that did not draw it."""

    bundle: ModelBundle
    out_of_bag: OutOfBag
    calibration: CalibrationChoice


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Each row's default probability from a forest that did not see it, in the order of the rows given."""

    default_probability: NDArray[np.float64]
    fold: NDArray[np.int64]


def fit(
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    decision_policy: DecisionPolicy,
    job_count: int = 1,
    source_digests: Sequence[str] = (),
) -> ModelBundle:
    """The bundle alone of `fit_with_evidence`, and as it raises."""
    return fit_with_evidence(
        recipe,
        rows,
        schema=schema,
        features=features,
        decision_policy=decision_policy,
        job_count=job_count,
        source_digests=source_digests,
    ).bundle


def fit_with_evidence(
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    decision_policy: DecisionPolicy,
    job_count: int = 1,
    source_digests: Sequence[str] = (),
) -> FittedModel:
    """A bundle fitted on checked rows that carry `defaulted` (0/1), without a reference yet, and its held-out evidence.

    `job_count` cores grow the trees (-1: all). Row order and job count change nothing in the result.

    Raises:
        InputError: outcomes that are missing or all alike, or features that the recipe or schema does not allow.
    """
    ordered = sort_rows(rows)
    grow = _build_fit_function(recipe, schema=schema, features=features, job_count=job_count)
    grown = _fit_pipeline_with_evidence(grow, ordered, seed=recipe.seed)
    bundle = ModelBundle(
        pipeline=grown.pipeline,
        decision_policy=decision_policy,
        recipe=recipe,
        schema_name=schema.name,
        schema_version=schema.version,
        feature_version=FEATURE_VERSION,
        source_digests=tuple(source_digests),
        row_count=ordered.height,
        default_share=float(_read_outcome(ordered).mean()),
        trained_rows=np.sort(hash_row_keys(ordered)),
        reference=None,
        digest="",
    )
    return FittedModel(
        replace(bundle, digest=digest_bundle(bundle)), grown.out_of_bag, grown.choice
    )


def cross_validate(
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    fold_count: int = 5,
    seed: int = 0,
    job_count: int = 1,
) -> OutOfFold:
    """Out-of-fold probabilities of the recipe, pooled over `fold_count` folds drawn by `seed`.

    Identical rows share a fold. Each fold's forest is fitted, and calibrated or not, exactly as `fit` would on the
    other folds.

    Raises:
        InputError: as `fit`.
    """
    grow = _build_fit_function(recipe, schema=schema, features=features, job_count=job_count)
    return _score_folds(
        lambda ordered: _fit_pipeline_with_evidence(grow, ordered, seed=recipe.seed).pipeline,
        rows,
        fold_count=fold_count,
        seed=seed,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _FittedPipeline:
    pipeline: Any
    out_of_bag: OutOfBag
    choice: CalibrationChoice


_FitPipeline = Callable[[pl.DataFrame], Any]  # sorted rows in, a fitted pipeline out


def _fit_pipeline_with_evidence(
    grow: _FitPipeline, ordered: pl.DataFrame, *, seed: int
) -> _FittedPipeline:
    pipeline = grow(ordered)
    out_of_bag = _score_out_of_bag(pipeline, ordered)
    policy = CalibrationPolicy()
    first = choose_calibration(
        out_of_bag.defaulted, out_of_bag.default_probability, policy=policy, seed=seed
    )
    if first.line is None:
        return _FittedPipeline(pipeline, out_of_bag, first)
    # Out of bag a third to two thirds of the trees vote, which looks over-confident by itself where trees are deep: a
    # departure found there is only a suspicion, and the line comes from whole forests that did not see the row.
    folds = _score_folds(grow, ordered, fold_count=policy.fold_count, seed=seed)
    choice = choose_calibration(
        _read_outcome(ordered), folds.default_probability, policy=policy, seed=seed
    )
    mended = calibrate_probability(
        out_of_bag.default_probability, first.line if choice.line else None
    )
    out_of_bag = replace(out_of_bag, default_probability=mended)
    return _FittedPipeline(calibrate_pipeline(pipeline, choice.line), out_of_bag, choice)


def _score_folds(
    grow: _FitPipeline, rows: pl.DataFrame, *, fold_count: int, seed: int
) -> OutOfFold:
    fold = np.asarray(assign_folds(rows, fold_count=fold_count, seed=seed), dtype=np.int64)
    default_probability = np.full(rows.height, np.nan)
    for number in range(fold_count):
        held_out = fold == number
        pipeline = grow(sort_rows(rows.filter(~held_out)))
        default_probability[held_out] = pipeline.predict_proba(rows.filter(held_out))[:, 1]
    return OutOfFold(default_probability, fold)


def _build_fit_function(
    recipe: Recipe, *, schema: Schema, features: Sequence[Feature], job_count: int
) -> _FitPipeline:
    """A function that fits the recipe's bare pipeline; features are checked now."""
    inputs = list_input_names(choose_features(recipe, features, schema=schema))

    def grow(ordered: pl.DataFrame) -> Any:
        pipeline = build_pipeline(recipe, schema=schema, features=features)
        forest = pipeline.named_steps[FOREST_STEP].set_params(n_jobs=job_count)
        pipeline.fit(ordered.select(inputs), _read_outcome(ordered))
        # Several jobs add up the trees' votes in the order in which they end: the last bit would differ from run to run.
        forest.set_params(n_jobs=1)
        return pipeline

    return grow


def _score_out_of_bag(pipeline: Any, ordered: pl.DataFrame) -> OutOfBag:
    defaulted = _read_outcome(ordered)
    forest, matrix = pipeline.named_steps[FOREST_STEP], pipeline[:-1].transform(ordered)
    total, count = np.zeros(len(matrix)), np.zeros(len(matrix), dtype=np.int64)
    # Not scikit-learn's own `oob_score`: it would leave its figures on the forest, and so in the artifact.
    for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        unseen = np.flatnonzero(np.bincount(drawn, minlength=len(matrix)) == 0)
        total[unseen] += tree.tree_.predict(matrix[unseen])[:, 1]
        count[unseen] += 1
    judged = count > 0
    return OutOfBag(
        ordered.filter(pl.Series(judged)), defaulted[judged], total[judged] / count[judged]
    )


def _read_outcome(rows: pl.DataFrame) -> NDArray[np.int64]:
    remedy = (
        "Give training rows whose outcome is known, of clients who paid and of clients who did not."
    )
    if OUTCOME not in rows.columns:
        raise InputError(
            "training rows",
            found="no column 'defaulted'",
            expected="an outcome for each",
            remedy=remedy,
        )
    outcome = rows.get_column(OUTCOME)
    if outcome.null_count():
        found = f"{outcome.null_count()} rows without an outcome"
        raise InputError(
            "training rows", found=found, expected="an outcome for each", remedy=remedy
        )
    values = sorted(outcome.unique().to_list())
    if values != [0, 1]:
        raise InputError(
            "training rows", found=f"outcomes {values}", expected="both 0 and 1", remedy=remedy
        )
    return outcome.to_numpy().astype(np.int64)
