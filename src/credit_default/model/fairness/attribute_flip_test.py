"""Test whether a fitted model's scores change when only a protected attribute does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.scoring import score_probability

_STEP_COUNT: Final = 5  # values tried of a number, from its least to its greatest


@dataclass(frozen=True, slots=True)
class FlipSensitivity:
    """How scores change when one protected attribute is flipped: not at all if it is no input."""

    attribute: str
    is_input: bool
    flipped_count: int  # combinations of row and value that were tried
    changed_count: int  # of these, scores that differed, if only in the last bit
    largest_change: float  # of a default probability (0-1), absolute


def measure_flip_sensitivity(
    bundle: ModelBundle, rows: pl.DataFrame, schema: Schema
) -> tuple[FlipSensitivity, ...]:
    """Score every row under every other value of each protected attribute.

    A code takes each permitted value, a number five values from the least to the greatest in these
    rows. Rows whose features a value changes in no bit are not scored again: features are all that
    a model sees.

    Args:
        bundle: The model.
        rows: Checked rows.
        schema: The schema of the rows.

    Returns:
        One result per protected attribute, in the schema's order.
    """
    before = _Seen(_build_features(bundle, rows), score_probability(bundle, rows))
    columns = {column.name: column for column in schema.inputs}
    return tuple(
        _measure_flip(bundle, rows, column=columns[name], before=before)
        for name in schema.protected
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What the model sees of the rows as they are, and its scores."""

    features: bytes
    probability: np.ndarray


def _build_features(bundle: ModelBundle, rows: pl.DataFrame) -> bytes:
    matrix: np.ndarray = bundle.build_matrix(rows)
    return matrix.tobytes()


def _measure_flip(
    bundle: ModelBundle, rows: pl.DataFrame, *, column: Column, before: _Seen
) -> FlipSensitivity:
    flipped_count = changed_count = 0
    largest = 0.0
    for flipped in _list_flips(rows, column):
        flipped_count += flipped.height
        if _build_features(bundle, flipped) == before.features:
            continue
        change = score_probability(bundle, flipped) - before.probability
        changed_count += int((change != 0).sum())
        largest = max(largest, float(np.abs(change).max(initial=0.0)))
    return FlipSensitivity(
        column.name, column.name in bundle.input_names, flipped_count, changed_count, largest
    )


def _list_flips(rows: pl.DataFrame, column: Column) -> Iterator[pl.DataFrame]:
    values = rows[column.name]
    tried = list(column.codes)
    if not tried and values.count():
        steps = np.linspace(float(values.min()), float(values.max()), _STEP_COUNT)  # type: ignore[arg-type]
        tried = sorted(
            {round(step) if values.dtype.is_integer() else step for step in steps.tolist()}
        )
    for value in tried:
        yield rows.with_columns(pl.lit(value, dtype=values.dtype).alias(column.name))
