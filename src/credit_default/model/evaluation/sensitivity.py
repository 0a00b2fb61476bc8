"""Measure how much an error in one input would change the scores.

Each input is changed by itself, on rows that the model has not seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import sort_rows
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.statistics.bootstrap import FloatArray

_ROW_COUNT: Final = 2_000  # enough for a share to the percent; each change scores all of them
AMOUNT_STEP: Final = 0.1


@dataclass(frozen=True, slots=True)
class InputSensitivity:
    """The effect of changing one input.

    Probabilities and shares are 0–1.
    """

    column: str
    nudge: str  # "+10 %", "next code", "+1"
    mean_change: float  # of the default probability, signed
    mean_difference: float  # of the default probability, absolute
    changed_decision_share: float


def measure_sensitivity(
    bundle: ModelBundle, rows: pl.DataFrame, *, schema: Schema
) -> tuple[InputSensitivity, ...]:
    """Return the effect of each change of each input, the largest mean difference first.

    Amounts are raised and lowered by a tenth, codes replaced by the next higher one, other numbers
    raised by 1; values stay within the schema's range, and missing and special ones as they are.

    Args:
        bundle: The model.
        rows: Checked rows that the model has not seen. At most 2,000 are used, evenly spread over
            the order of the key.
        schema: The schema of the rows.
    """
    taken = _take_evenly(sort_rows(rows), _ROW_COUNT)
    base = score_probability(bundle, taken)
    found = [
        _measure_change(bundle, taken, base, nudge=nudge, values=values.alias(column.name))
        for column in schema.inputs
        if column.name in bundle.input_names
        for nudge, values in _perturb_numbers(column, taken[column.name])
    ]
    return tuple(sorted(found, key=lambda item: (-item.mean_difference, item.column, item.nudge)))


def _measure_change(
    bundle: ModelBundle,
    rows: pl.DataFrame,
    base: FloatArray,
    *,
    nudge: str,
    values: pl.Series,
) -> InputSensitivity:
    """Compare the scores with `values` in place of the column of that name to the base scores."""
    change = score_probability(bundle, rows.with_columns(values)) - base
    threshold = bundle.decision_policy.threshold
    turned = ((base + change) >= threshold) != (base >= threshold)
    return InputSensitivity(
        values.name,
        nudge,
        float(change.mean()),
        float(np.abs(change).mean()),
        float(turned.mean()),
    )


def _take_evenly(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    places = np.linspace(0, rows.height - 1, min(count, rows.height)).round().astype(int)
    return rows[np.unique(places)]


def _perturb_numbers(column: Column, values: pl.Series) -> Iterator[tuple[str, pl.Series]]:
    """Yield the column under each nudge, in which missing and special values stay as they are."""
    special = values.cast(pl.Float64).is_in([*map(float, column.special)]).fill_null(value=False)
    for nudge, moved in _perturb(column, values):
        yield nudge, moved.zip_with(~special, values.cast(moved.dtype)) if column.special else moved


def _perturb(column: Column, values: pl.Series) -> Iterator[tuple[str, pl.Series]]:
    if column.codes:
        codes = sorted(column.codes)
        yield "next code", values.replace_strict(codes, [*codes[1:], codes[-1]], default=values)
    elif column.kind in {"amount", "percent"}:
        for sign, symbol in ((1, "+"), (-1, "−")):
            moved = values.cast(pl.Float64) * (1 + sign * AMOUNT_STEP)
            yield f"{symbol}{AMOUNT_STEP:.0%}", moved.clip(column.minimum, column.maximum)
    else:
        yield "+1", (values + 1).clip(column.minimum, column.maximum)
