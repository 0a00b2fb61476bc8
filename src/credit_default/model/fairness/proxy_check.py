"""Measure how well the model's inputs reveal protected attributes.

Leaving sex out does not help where the other inputs reveal it. A small forest learns to predict
each attribute from the features that the model sees, and is judged on clients that it did not learn
from. A ROC AUC of 0.5 means that the inputs say nothing about the attribute, 1 that they determine
it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import Schema
from credit_default.data.splitting import assign_folds
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import sort_rows
from credit_default.model.evaluation.intervals import Metric, measure_interval
from credit_default.model.fairness.groupings import Grouping, build_groupings
from credit_default.model.features.declaration import trace_inputs
from credit_default.model.statistics.auc_placements import (
    measure_placements,
    measure_roc_auc_from_placements,
)
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, draw_weights

_FOLD_COUNT: Final = 3
_RESAMPLE_COUNT: Final = 100
_PAIR_SIZE: Final = 2


@dataclass(frozen=True, slots=True)
class ProxyPolicy:
    """The size of the check, and the ROC AUC from which the inputs count as a strong proxy."""

    row_count: int = 6_000  # drawn from the rows given, so that the check takes seconds
    tree_count: int = 50
    fewest_rows: int = 100  # of a group, and of all others; smaller groups are not checked
    strong_roc_auc: float = 0.75
    told_input_count: int = 3  # strongest inputs that are reported


@dataclass(frozen=True, slots=True)
class ProxyInput:
    """A raw column and its share (0–1) of what all inputs together reveal of the attribute.

    The share is that of the forest's impurity decrease.
    """

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class ProxyStrength:
    """How well the model's inputs separate the clients of one group from all others."""

    attribute: str
    group: str
    row_count: int  # the group's rows among those drawn
    roc_auc: Metric
    is_strong: bool
    strongest_inputs: tuple[ProxyInput, ...]  # for the attribute, not for this group alone


@dataclass(frozen=True, slots=True, eq=False)
class _GroupPrediction:
    """Out-of-fold probabilities of belonging to each group, and each feature's importance.

    `membership` has the shape (row count, group count).
    """

    membership: FloatArray
    importance: FloatArray


def measure_proxies(
    bundle: ModelBundle,
    rows: pl.DataFrame,
    *,
    schema: Schema,
    attributes: tuple[str, ...],
    seed: int,
    job_count: int = 1,
    policy: ProxyPolicy | None = None,
) -> tuple[ProxyStrength, ...]:
    """Return how well the inputs reveal each group of each attribute, in the order of `attributes`.

    Numeric attributes are split at their median. Of an attribute with two groups only the first is
    reported, since it stands for both. Features that go back to the attribute itself are left out.
    Neither row order nor job count changes the result.

    Args:
        bundle: The model whose features are checked.
        rows: Checked rows.
        schema: The schema of the rows.
        attributes: The attributes to predict.
        seed: Seed of the draw, the folds, the forest and the resamples.
        job_count: Cores to fit with; -1 for all.
        policy: The size of the check; None for the default.
    """
    policy = policy or ProxyPolicy()
    drawn = _draw_rows(rows, policy.row_count, seed=seed)
    matrix = bundle.build_matrix(drawn)
    fold = np.asarray(assign_folds(drawn, fold_count=_FOLD_COUNT, seed=seed), dtype=np.int64)
    all_roots = trace_inputs(bundle.features)
    roots = [all_roots[name] for name in bundle.feature_names]
    predict = partial(_predict_groups, fold=fold, seed=seed, job_count=job_count, policy=policy)
    strengths: list[ProxyStrength] = []
    for grouping in _build_single_groupings(drawn, schema=schema, attributes=attributes):
        kept = [place for place, names in enumerate(roots) if grouping.name not in names]
        if not kept or len(grouping.labels) == 1:
            continue
        learned = predict(matrix[:, kept], grouping.group)
        inputs = _distribute_importance(learned.importance, [roots[place] for place in kept])
        strengths += _measure_strengths(grouping, learned, inputs=inputs, seed=seed, policy=policy)
    return tuple(strengths)


def _draw_rows(rows: pl.DataFrame, count: int, *, seed: int) -> pl.DataFrame:
    ordered = sort_rows(rows)
    if ordered.height <= count:
        return ordered
    places = np.random.default_rng(seed).choice(ordered.height, size=count, replace=False)
    return ordered[np.sort(places)]


def _build_single_groupings(
    rows: pl.DataFrame, *, schema: Schema, attributes: tuple[str, ...]
) -> list[Grouping]:
    singles = [
        g
        for g in build_groupings(rows, schema=schema, attributes=attributes, bands=())
        if len(g.attributes) == 1
    ]
    numeric = {column.name for column in schema.inputs if not column.codes}
    return [
        _split_at_median(rows[g.name], g.name)
        if g.name in numeric and not rows[g.name].null_count()
        else g
        for g in singles
    ]


def _split_at_median(values: pl.Series, name: str) -> Grouping:
    numbers = values.to_numpy().astype(np.float64)
    middle = float(np.median(numbers))
    above = (numbers > middle).astype(np.int64)
    labels = (f"up to {middle:g}", f"above {middle:g}") if above.any() else (f"up to {middle:g}",)
    return Grouping((name,), labels, above)


def _predict_groups(
    matrix: NDArray[np.float32],
    group: IntArray,
    *,
    fold: IntArray,
    seed: int,
    job_count: int,
    policy: ProxyPolicy,
) -> _GroupPrediction:
    membership = np.zeros((len(group), int(group.max()) + 1))
    importance = np.zeros(matrix.shape[1])
    folds = np.unique(fold)  # two at least: clients of different groups are never identical
    for number in folds:
        held_out = fold == number
        forest = _build_forest(policy.tree_count, seed=seed, job_count=job_count)
        forest.fit(matrix[~held_out], group[~held_out])
        forest.set_params(n_jobs=1)  # several jobs sum votes in the order in which they finish
        membership[np.ix_(held_out, forest.classes_)] = forest.predict_proba(matrix[held_out])
        importance += forest.feature_importances_ / len(folds)
    return _GroupPrediction(membership, importance)


def _build_forest(tree_count: int, *, seed: int, job_count: int) -> Any:
    # Takes half the time of a random forest and predicts as well.
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(
        n_estimators=tree_count,
        max_depth=8,
        min_samples_leaf=20,
        max_features=0.4,
        max_samples=0.5,
        bootstrap=True,
        random_state=seed,
        n_jobs=job_count,
    )


def _distribute_importance(
    importance: FloatArray, roots: list[tuple[str, ...]]
) -> list[ProxyInput]:
    """Return raw columns by falling share.

    A feature's importance is divided equally among the raw columns that it is computed from.
    """
    shares: dict[str, float] = {}
    for weight, columns in zip(importance.tolist(), roots, strict=True):
        for column in columns:
            shares[column] = shares.get(column, 0.0) + weight / len(columns)
    return [
        ProxyInput(name, share)
        for name, share in sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    ]


def _measure_strengths(
    grouping: Grouping,
    learned: _GroupPrediction,
    *,
    inputs: list[ProxyInput],
    seed: int,
    policy: ProxyPolicy,
) -> list[ProxyStrength]:
    labels = grouping.labels[:1] if len(grouping.labels) == _PAIR_SIZE else grouping.labels
    strongest_inputs = tuple(inputs[: policy.told_input_count])
    described = []
    for place, label in enumerate(labels):
        inside = (grouping.group == place).astype(np.int64)
        count = int(inside.sum())
        if min(count, len(inside) - count) < policy.fewest_rows:
            continue
        roc_auc = _measure_roc_auc(inside, learned.membership[:, place], seed=seed)
        is_strong = roc_auc.value >= policy.strong_roc_auc
        described.append(
            ProxyStrength(grouping.name, label, count, roc_auc, is_strong, strongest_inputs)
        )
    return described


def _measure_roc_auc(inside: IntArray, membership: FloatArray, *, seed: int) -> Metric:
    placements = measure_placements(inside, membership)
    value = float(placements[inside == 1].mean())
    drawn = [
        measure_roc_auc_from_placements(weights, defaulted=inside, placements=placements)
        for weights in draw_weights(len(inside), resample_count=_RESAMPLE_COUNT, seed=seed)
    ]
    return measure_interval(value, np.concatenate(drawn))
