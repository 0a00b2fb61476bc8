"""Define which groups of clients are compared, and which are large enough to be judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import OUTCOME, Schema
from credit_default.errors import InputError
from credit_default.model.fairness.groupings import (
    AttributeBands,
    Grouping,
    build_groupings,
    choose_attributes,
)
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, check_scores

# Of the default portfolio; another portfolio need not have it.
_DEFAULT_ATTRIBUTES: Final = ("education",)


@dataclass(frozen=True, slots=True)
class FairnessPolicy:
    """The attributes to compare, the rows that a comparison needs, and the gaps that are too wide.

    The schema's protected columns are always compared; `attributes` names further inputs.
    """

    attributes: tuple[str, ...] = _DEFAULT_ATTRIBUTES
    bands: tuple[AttributeBands, ...] = (AttributeBands("age", (30.0, 40.0, 50.0, 60.0)),)
    fewest_rows: int = 100  # in a group that is judged; smaller ones are listed as too small
    fewest_defaults: int = 20  # in a group that is judged, and as many clients who paid
    fewest_rows_for_slope: int = 500
    lowest_acceptance_ratio: float = 0.8
    highest_error_gap: float = 0.1  # between shares of defaulters caught, or of payers declined
    # between the share that defaulted and the share that was expected to
    highest_calibration_gap: float = 0.03
    resample_count: int = 300


def select_outcomes_and_scores(
    rows: pl.DataFrame, default_probability: Any
) -> tuple[IntArray, FloatArray]:
    """Return the rows' outcomes and the given probabilities as arrays, checked.

    Raises:
        InputError: no column `defaulted`, no rows, or outcomes or probabilities out of range.
    """
    if OUTCOME not in rows.columns:
        raise InputError(
            "fairness",
            found="no column 'defaulted'",
            expected="rows with outcomes",
            remedy="Use the test side, or rows whose outcomes are known.",
        )
    defaulted = rows[OUTCOME].to_numpy()
    check_scores(defaulted, default_probability)
    return defaulted.astype(np.int64), np.asarray(default_probability, dtype=np.float64)


def list_groupings(
    rows: pl.DataFrame, *, schema: Schema, policy: FairnessPolicy
) -> tuple[Grouping, ...]:
    """Return the rows grouped by each attribute, then by each pair of attributes.

    Args:
        rows: Checked rows with the attributes.
        schema: The schema of the rows, whose protected columns are always attributes.
        policy: Names further attributes and bands.

    Raises:
        InputError: the policy names an attribute that the schema lacks.
    """
    attributes = choose_attributes(schema, named=policy.attributes, by_default=_DEFAULT_ATTRIBUTES)
    return build_groupings(rows, schema=schema, attributes=attributes, bands=policy.bands)


def is_large_enough(rows: IntArray, defaulted: IntArray, *, policy: FairnessPolicy) -> bool:
    """Return True when a group has enough rows, enough defaulters and enough payers to be judged.

    Args:
        rows: Positions of the group's rows.
        defaulted: Outcomes (0/1) of all rows.
        policy: The numbers that are enough.
    """
    default_count = int(defaulted[rows].sum())
    rarer = min(default_count, len(rows) - default_count)
    return len(rows) >= policy.fewest_rows and rarer >= max(1, policy.fewest_defaults)


def find_reference_group(accept_shares: Mapping[int, float]) -> int | None:
    """Return the number of the most accepted group, the first of equal ones; None for no groups.

    Args:
        accept_shares: The share (0–1) of each group that is accepted, by the group's number.
    """
    if not accept_shares:
        return None
    return max(accept_shares, key=lambda number: (accept_shares[number], -number))
