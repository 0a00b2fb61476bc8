"""What would an error in one input do to the scores? Each input nudged by itself, on rows that the model has not seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import sort_rows
from credit_default.model.estimator.scoring import score_probability

_ROW_COUNT: Final = 2_000  # enough for a share to the percent; every nudge scores them all once
AMOUNT_STEP: Final = 0.1


@dataclass(frozen=True, slots=True)
class InputSensitivity:
    """What nudging one input does. The change is of the default probability, 0-1; the share is of the decisions."""

    column: str
    nudge: str  # "+10 %", "next code", "+1"
    mean_change: float  # with its sign
    mean_difference: float  # without
    changed_decision_share: float


def measure_sensitivity(
    bundle: ModelBundle, rows: pl.DataFrame, *, schema: Schema
) -> tuple[InputSensitivity, ...]:
    """One value for each input and nudge, the largest difference first.

    Amounts are raised and lowered by a tenth, codes exchanged for the next higher one, whole numbers raised by 1; values
    stay in the schema's range. At most 2,000 rows are looked at, evenly spread over the order of the key.
    """
    ordered = sort_rows(rows)
    taken = ordered[
        np.unique(
            np.linspace(0, ordered.height - 1, min(_ROW_COUNT, ordered.height)).round().astype(int)
        )
    ]
    own = score_probability(bundle, taken)
    threshold = bundle.decision_policy.threshold
    found = []
    for column in schema.inputs:
        if column.name not in bundle.input_names:
            continue
        for nudge, values in _perturb(column, taken[column.name]):
            change = score_probability(bundle, taken.with_columns(values.alias(column.name))) - own
            turned = ((own + change) >= threshold) != (own >= threshold)
            found.append(
                InputSensitivity(
                    column.name,
                    nudge,
                    float(change.mean()),
                    float(np.abs(change).mean()),
                    float(turned.mean()),
                )
            )
    return tuple(sorted(found, key=lambda item: (-item.mean_difference, item.column, item.nudge)))


def _perturb(column: Column, values: pl.Series) -> Iterator[tuple[str, pl.Series]]:
    if column.codes:
        codes = sorted(column.codes)
        yield "next code", values.replace_strict(codes, [*codes[1:], codes[-1]], default=values)
    elif column.kind == "amount":
        for sign, words in ((1, "+"), (-1, "−")):
            moved = values.cast(pl.Float64) * (1 + sign * AMOUNT_STEP)
            yield f"{words}{AMOUNT_STEP:.0%}", moved.clip(column.minimum, column.maximum)
    else:
        yield "+1", (values + 1).clip(column.minimum, column.maximum)
