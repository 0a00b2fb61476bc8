"""Learn the features that need outcomes, so that no training row sees its own.

The rows are dealt into folds, a client's months and twins together. Each row's value is learned on
the other folds alone (out of fold); what a model scores with is learned on all rows. Were a row's
own outcome in its value, a category with few rows would give it away, and every tree would trust
that category more than it deserves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import OUTCOME
from credit_default.data.splitting import assign_folds
from credit_default.model.features.build_features import build_features
from credit_default.model.features.column_arrays import read_columns
from credit_default.model.features.declaration import Feature, describe_features, trace_inputs
from credit_default.model.features.input_values import InputValues, describe_input_values
from credit_default.model.features.learned_functions import (
    EXTRA_COUNT,
    LEARNED_QUANTITIES,
    place_values,
)

LEARNING_FOLD_COUNT: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class LearnedFeatures:
    """Features as a model scores with them, and what it is fitted on.

    Attributes:
        features: The features; those that learn have their table, learned on all rows.
        matrix: The feature matrix of the training rows, with out-of-fold values of those features.
    """

    features: tuple[Feature, ...]
    matrix: NDArray[np.float32]


def may_learn(features: Sequence[Feature]) -> bool:
    """Return whether any of the features learns from outcomes."""
    return any(feature.row_function.learns for feature in features)


def is_learned(features: Sequence[Feature]) -> bool:
    """Return whether each of the features that learn has learned."""
    return all(f.arguments["learned"] for f in features if f.row_function.learns)


def learn_features(
    features: Sequence[Feature],
    rows: pl.DataFrame,
    *,
    inputs: Mapping[str, InputValues],
    seed: int,
) -> LearnedFeatures:
    """Return the features, learned on these rows, and the matrix to fit an estimator on.

    Without a feature that learns, the matrix is that of `build_features`. What features have
    learned before is forgotten.

    Args:
        features: The features that the recipe chose.
        rows: Checked rows with outcomes, sorted by key; the folds do not depend on their order.
        inputs: What `list_input_values` returns.
        seed: Seed by which the folds are drawn.
    """
    if not may_learn(features):
        return LearnedFeatures(tuple(features), build_matrix(features, rows, inputs=inputs))
    fold = np.asarray(assign_folds(rows, fold_count=LEARNING_FOLD_COUNT, seed=seed))
    whole = _learn_tables(features, rows)
    matrix = np.empty((rows.height, sum(f.kept for f in features)), dtype=np.float32)
    for number in np.unique(fold):
        held_out = fold == number
        learned = _learn_tables(features, rows.filter(pl.Series(~held_out)))
        matrix[held_out] = build_matrix(learned, rows.filter(pl.Series(held_out)), inputs=inputs)
    return LearnedFeatures(whole, matrix)


def learn_sides(
    rows: pl.DataFrame,
    held_out: NDArray[np.bool_],
    *,
    features: Sequence[Feature],
    inputs: Mapping[str, InputValues],
    seed: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the matrix to fit on, of the rows not held out, and that of those held out.

    Args:
        rows: Checked rows with outcomes, sorted by key.
        held_out: Which rows nothing is learned from.
        features: As in `learn_features`.
        inputs: As in `learn_features`.
        seed: As in `learn_features`.
    """
    learned = learn_features(features, rows.filter(pl.Series(~held_out)), inputs=inputs, seed=seed)
    judged = build_matrix(learned.features, rows.filter(pl.Series(held_out)), inputs=inputs)
    return learned.matrix, judged


def build_matrix(
    features: Sequence[Feature], rows: pl.DataFrame, *, inputs: Mapping[str, InputValues]
) -> NDArray[np.float32]:
    """Return the feature matrix of rows to be scored; the arguments are those of `learn_features`."""
    spec = describe_features(features)
    return build_features(rows, spec=spec, inputs=describe_input_values(inputs))


def _learn_tables(features: Sequence[Feature], rows: pl.DataFrame) -> tuple[Feature, ...]:
    roots = trace_inputs(features)
    outcome = rows[OUTCOME].to_numpy().astype(np.float64)
    return tuple(
        _learn_table(feature, rows, root=roots[feature.name][0], outcome=outcome)
        if feature.row_function.learns
        else feature
        for feature in features
    )


def _learn_table(
    feature: Feature, rows: pl.DataFrame, *, root: str, outcome: NDArray[np.float64]
) -> Feature:
    from sklearn.preprocessing import TargetEncoder

    values = feature.arguments["values"]
    column = read_columns(rows, [root], optional=[root])[root]
    # The library's own folds are by row: a client's other months would tell its outcome. It is
    # therefore fitted on each fold's other rows, and its mean is that of any outcome of 0 and 1.
    encoder = TargetEncoder(
        categories=[np.arange(len(values) + EXTRA_COUNT)],
        target_type="continuous",
        smooth=feature.arguments["strength"],
    )
    encoder.fit(place_values(column, values)[:, None], outcome)
    compute = LEARNED_QUANTITIES[feature.function]
    learned = compute(encoder.encodings_[0], rate=float(outcome.mean()))
    return replace(feature, arguments={**feature.arguments, "learned": tuple(learned.tolist())})
