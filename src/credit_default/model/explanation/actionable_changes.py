"""What a client could have done differently, as data: each lever moves some inputs by steps, the smallest step first.

Credit cards have levers of their own; another portfolio's are its unprotected numbers, each moved to where accepted
clients are. The credit limit, education and protected attributes are not the client's to change and have none. Where
two levers come to the same, the first is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from credit_default.data.contract.schema import Schema

_DECILES: Final = tuple(place / 10 for place in range(1, 10))


@dataclass(frozen=True, slots=True)
class Lever:
    """Inputs that move together; each step says how far.

    "cap": no column above the step. "scale": a column above 0 times the step. "settle": a column raised to that share of
    the column in `against`. "set": the column becomes the step.
    """

    name: str
    kind: Literal["cap", "scale", "settle", "set"]
    columns: tuple[str, ...]
    steps: tuple[float, ...]
    against: tuple[str, ...] = ()

    def move(self, row: Mapping[str, float], step: float) -> dict[str, float]:
        """The columns that this step changes, and their new values; amounts are rounded to whole units."""
        others = self.against or self.columns
        moved = {
            name: self._move(row[name], row[other], step)
            for name, other in zip(self.columns, others, strict=True)
        }
        return {name: value for name, value in moved.items() if value != row[name]}

    def _move(self, value: float, other: float, step: float) -> float:
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
    """One lever for each unprotected number that the model looks at: the deciles of the accepted clients' values.

    A column that a client cannot act on is not known as such here: declare levers where that matters.
    """
    levers = []
    for column in schema.inputs:
        if column.kind != "code" and not column.protected and column.name in input_names:
            values = (accepted[column.name].quantile(share, "nearest") for share in _DECILES)
            steps = tuple(dict.fromkeys(float(value) for value in values if value is not None))
            levers.append(Lever(column.name.replace("_", " "), "set", (column.name,), steps))
    return tuple(levers)
