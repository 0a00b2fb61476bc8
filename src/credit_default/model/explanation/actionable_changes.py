"""Declare what a client could have done differently: levers, each changing some inputs by steps.

The levers of credit cards are declared here. For another portfolio they are derived: every
unprotected number, set to values of accepted clients. The credit limit, education and protected
attributes are not the client's to change and have none. Where two levers lead to the same change,
the first is reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from credit_default.data.contract.schema import Column, Schema

_DECILES: Final = tuple(number / 10 for number in range(1, 10))


@dataclass(frozen=True, slots=True)
class Lever:
    """Inputs that change together, with the steps by which they do, the smallest first.

    Attributes:
        name: What the client would have done, in words.
        kind: How a step applies. "cap": no column is above the step. "scale": a column above 0 is
            multiplied by the step. "settle": a column is raised to that share of its reference
            column. "set": the column becomes the step.
        columns: The inputs.
        steps: How far each step goes, in the unit of `kind`.
        reference_columns: For "settle", the column that each of `columns` is a share of.
    """

    name: str
    kind: Literal["cap", "scale", "settle", "set"]
    columns: tuple[str, ...]
    steps: tuple[float, ...]
    reference_columns: tuple[str, ...] = ()

    def apply_step(self, row: Mapping[str, float], step: float) -> dict[str, float]:
        """Return the columns that a step changes, with their new values.

        Amounts are rounded to whole units.

        Args:
            row: The client's inputs by column.
            step: One of `steps`.
        """
        others = self.reference_columns or self.columns
        changed = {
            name: self._apply_to_value(row[name], row[other], step)
            for name, other in zip(self.columns, others, strict=True)
        }
        return {name: value for name, value in changed.items() if value != row[name]}

    def _apply_to_value(self, value: float, other: float, step: float) -> float:
        if self.kind == "cap":
            return min(value, step)
        if self.kind == "scale":
            return round(value * step) if value > 0 else value
        return max(value, round(other * step)) if self.kind == "settle" else step


def _declare_credit_card_levers() -> tuple[Lever, ...]:
    statuses, bills, payments = (
        tuple(f"{stem}_m{month}" for month in range(1, 7))
        for stem in ("repayment_status", "bill_amount", "payment_amount")
    )
    shares, parts = (0.9, 0.75, 0.5, 0.25, 0.0), (0.1, 0.25, 0.5, 0.75, 1.0)
    single = (
        Lever(f"the payment of month m{month} on time", "cap", (status,), (0.0, -1.0))
        for month, status in enumerate(statuses, 1)
    )
    return (
        *single,
        Lever("every payment on time", "cap", statuses, (0.0, -1.0)),
        Lever("a smaller latest bill", "scale", bills[:1], shares),
        Lever("smaller bills in all months", "scale", bills, shares),
        Lever("a larger latest payment", "settle", payments[:1], parts, bills[1:2]),
        Lever("larger payments in all months", "settle", payments[:5], parts, bills[1:]),
    )


CREDIT_CARD_LEVERS: Final = _declare_credit_card_levers()


def derive_levers(
    schema: Schema, *, input_names: Sequence[str], accepted: pl.DataFrame
) -> tuple[Lever, ...]:
    """Return one lever for each unprotected quantity that the model uses: a number or an ordered category.

    Its steps are the deciles of the accepted clients' values, without missing and special ones.
    Dates have no lever. Columns that a client cannot influence are not recognised otherwise:
    declare levers where that matters.

    Args:
        schema: The schema of the rows.
        input_names: The columns that the model uses.
        accepted: Rows of accepted clients.
    """
    levers = []
    for column in schema.inputs:
        if _is_quantity(column) and not column.protected and column.name in input_names:
            known = accepted[column.name].drop_nulls()
            numbers = known.filter(~known.cast(pl.Float64).is_in(_list_other_values(column)))
            values = (numbers.quantile(share, "nearest") for share in _DECILES)
            steps = tuple(dict.fromkeys(float(value) for value in values if value is not None))
            levers.append(Lever(column.name.replace("_", " "), "set", (column.name,), steps))
    return tuple(levers)


def _is_quantity(column: Column) -> bool:
    return column.kind not in {"code", "category", "date"} or column.ordered


def _list_other_values(column: Column) -> list[float]:
    """Return the values without a place in the order: special ones, and that of undeclared texts."""
    return [*map(float, column.special), *([0.0] if column.kind == "category" else [])]
