"""How the rows of a batch are counted: fixed by the reference that travels with the model.

`column_counts` counts by this plan. Column types and drift methods are the schema's; nothing is
inferred from a column's values.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.estimator.decision import DECLINE, DecisionPolicy
from credit_default.model.profile.binning import Bins, plan_bins, plan_grid
from credit_default.model.statistics.bootstrap import FloatArray

SCORE_COLUMN: Final = "default_probability"
DECISION_COLUMN: Final = "decision"
_GRID_METHODS: Final = frozenset({"ks", "wasserstein"})


@dataclass(frozen=True, slots=True, eq=False)
class ColumnPlan:
    """How one column is counted.

    Attributes:
        name: The column.
        bins: Its bins.
        grid: Points of the distribution function; empty where the drift method needs none.
        previous_month_column: The column with the same quantity of a month earlier in the same row;
            None where there is none.
        special: Its values that are no numbers, and enter no sum.
    """

    name: str
    bins: Bins
    grid: FloatArray
    previous_month_column: str | None = None
    special: tuple[float, ...] = ()

    def keep_numbers(self, values: FloatArray) -> FloatArray:
        """Return the values that are numbers: neither missing nor special, in row order."""
        return values[~(np.isnan(values) | np.isin(values, self.special))]


@dataclass(frozen=True, slots=True, eq=False)
class ProfilePlan:
    """How the rows of a batch are counted: fixed by the reference, the schema and the costs."""

    # the inputs in the schema's order, then the score, then the decision (1: declined)
    columns: tuple[ColumnPlan, ...]
    decision_policy: DecisionPolicy

    @property
    def inputs(self) -> tuple[ColumnPlan, ...]:
        """Return the plans of the inputs, without score and decision."""
        return self.columns[:-2]


def plan_profile(
    reference: pl.DataFrame, *, schema: Schema, decision_policy: DecisionPolicy
) -> ProfilePlan:
    """Return the plan for rows that are to be compared with a reference.

    A grid is planned for columns whose drift is measured by ks or wasserstein.
    `repayment_status_m1` has `repayment_status_m2` for its previous month, and so on; columns
    without such an ending have none.

    Args:
        reference: The scored rows that bins and grids follow from.
        schema: The schema of the rows.
        decision_policy: The costs of the decisions.
    """
    names = {column.name for column in schema.inputs}
    plans = [_plan_column(column, reference, input_names=names) for column in schema.inputs]
    score, none = plan_bins(read_values(reference, SCORE_COLUMN)), np.empty(0)
    return ProfilePlan(
        (
            *plans,
            ColumnPlan(SCORE_COLUMN, score, none),
            ColumnPlan(DECISION_COLUMN, plan_bins(none, codes=(0, 1)), none),
        ),
        decision_policy,
    )


def _plan_column(
    column: Column, reference: pl.DataFrame, *, input_names: Collection[str]
) -> ColumnPlan:
    values, special = read_values(reference, column.name), tuple(map(float, column.special))
    previous = _name_previous_month_column(column.name)
    plan = ColumnPlan(
        column.name,
        plan_bins(values, codes=tuple(column.codes), special=special),
        np.empty(0),
        previous if previous in input_names else None,
        special,
    )
    if column.drift_method not in _GRID_METHODS:
        return plan
    return replace(plan, grid=plan_grid(plan.keep_numbers(values)))


def read_values(rows: pl.DataFrame, name: str) -> FloatArray:
    """Return a column as numbers in row order.

    Missing values become NaN; a decision becomes 1 where it declines, else 0.
    """
    column = rows[name]
    if name == DECISION_COLUMN:
        column = column == DECLINE
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy(writable=True)


def _name_previous_month_column(name: str) -> str | None:
    stem, _, month = name.rpartition("_m")
    return f"{stem}_m{int(month) + 1}" if stem and month.isdecimal() else None
