"""Plant faults into a month: broken deliveries, wrong codes, outcomes reported late or not at all.

Each fault is a pure function of a month, a size (a share of the rows, or a count) and a generator.
`catalogue` declares which faults a drill plants, how strongly, and which gates must react.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, STATEMENT_MONTH
from credit_default.data.months import add_months
from credit_default.errors import InputError

PAYMENTS: Final = tuple(f"payment_amount_m{month}" for month in range(1, 7))
BILLS: Final = tuple(f"bill_amount_m{month}" for month in range(1, 7))
STATUSES: Final = tuple(f"repayment_status_m{month}" for month in range(1, 7))
_HISTORIES: Final = (PAYMENTS, BILLS, STATUSES)
_THOUSAND: Final = 1_000.0  # divisor of an amount that is delivered in thousands


@dataclass(frozen=True, slots=True, eq=False)
class DeliveredMonth:
    """One month as it is delivered: statements, outcomes, and by how much either is late."""

    statements: pl.DataFrame
    outcomes: pl.DataFrame  # client_id, statement_month, defaulted; may lack clients
    outcome_delay: int = 0  # months by which the outcomes are late
    arrival_delay: int = 0  # months by which the statements are late

    @property
    def statement_month(self) -> str:
        """Return the statement month, "YYYY-MM"."""
        return str(self.statements[STATEMENT_MONTH][0])


@dataclass(frozen=True, slots=True, eq=False)
class FaultContext:
    """What a fault is planted into.

    Attributes:
        month: The clean month.
        previous_rows: The statements of the month before, of the same slots in the same order.
        size: How strong the fault is: a share of the rows (0–1), or a count.
        rng: The generator that rows are drawn from.
    """

    month: DeliveredMonth
    previous_rows: pl.DataFrame
    size: float
    rng: np.random.Generator

    @property
    def rows(self) -> pl.DataFrame:
        """Return the month's statements."""
        return self.month.statements

    def draw_row_mask(self) -> pl.Series:
        """Return True for each row of a random share, in row order."""
        return pl.Series(self.rng.random(self.rows.height) < self.size)

    def change_random_rows(self, **columns: pl.Expr | pl.Series) -> DeliveredMonth:
        """Return the month with these columns changed in a random share of the rows."""
        chosen = self.draw_row_mask()
        changed = self.rows.with_columns(**columns)
        replaced = {
            name: self.rows[name].zip_with(~chosen, changed[name].cast(self.rows[name].dtype))
            for name in columns
        }
        return self.replace_statements(self.rows.with_columns(**replaced))

    def replace_statements(self, rows: pl.DataFrame) -> DeliveredMonth:
        """Return the month with these statements in place of its own."""
        return replace(self.month, statements=rows)


def plant_fault(name: str, context: FaultContext) -> DeliveredMonth:
    """Return the month with the named fault planted.

    Args:
        name: A key of `FAULT_FUNCTIONS`.
        context: The month and the fault's size.

    Raises:
        InputError: an unknown name.
    """
    if name not in FAULT_FUNCTIONS:
        names = ", ".join(FAULT_FUNCTIONS)
        raise InputError(
            "planted fault",
            found=repr(name),
            expected=f"one of {names}",
            remedy="Choose a known one.",
        )
    return FAULT_FUNCTIONS[name](context)


def _scale_columns(context: FaultContext, names: tuple[str, ...], factor: float) -> DeliveredMonth:
    return context.change_random_rows(**{name: (pl.col(name) * factor).round() for name in names})


def _plant_unit_error(context: FaultContext) -> DeliveredMonth:
    return _scale_columns(context, ("bill_amount_m1",), 1 / _THOUSAND)


def _plant_currency(context: FaultContext) -> DeliveredMonth:
    return _scale_columns(context, (*BILLS, *PAYMENTS), 1 / 30)  # in US dollars


def _plant_sign_flip(context: FaultContext) -> DeliveredMonth:
    return _scale_columns(context, BILLS, -1.0)


def _plant_zeros(context: FaultContext) -> DeliveredMonth:
    return _scale_columns(context, PAYMENTS, 0.0)


def _plant_stale(context: FaultContext) -> DeliveredMonth:
    return context.change_random_rows(payment_amount_m1=pl.col("payment_amount_m2"))


def _plant_shift(context: FaultContext) -> DeliveredMonth:
    """Shift every history by one month: the latest month repeats the month before."""
    shifted = {later: pl.col(earlier) for names in _HISTORIES for later, earlier in pairwise(names)}
    return context.change_random_rows(**shifted)


def _plant_redelivery(context: FaultContext) -> DeliveredMonth:
    """Deliver as many columns as the size says with the values of the month before."""
    names = [name for names in zip(*_HISTORIES, strict=True) for name in names][: int(context.size)]
    return context.replace_statements(
        context.rows.with_columns(context.previous_rows[name] for name in names)
    )


def _plant_swapped_codes(context: FaultContext) -> DeliveredMonth:
    return context.change_random_rows(education=pl.col("education").replace({1: 3, 3: 1}))


def _plant_swapped_columns(context: FaultContext) -> DeliveredMonth:
    return context.change_random_rows(
        bill_amount_m1=pl.col("payment_amount_m1"), payment_amount_m1=pl.col("bill_amount_m1").abs()
    )


def _plant_default_value(context: FaultContext) -> DeliveredMonth:
    return context.change_random_rows(repayment_status_m1=pl.lit(0))


def _plant_unknown_code(context: FaultContext) -> DeliveredMonth:
    return context.change_random_rows(marriage=pl.lit(7))


def _plant_missing_values(context: FaultContext) -> DeliveredMonth:
    return context.change_random_rows(credit_limit=pl.lit(None, dtype=pl.Float64))


def _plant_missing_columns(context: FaultContext) -> DeliveredMonth:
    return context.replace_statements(
        context.rows.drop([*STATUSES, *PAYMENTS][: int(context.size)])
    )


def _plant_copied_clients(context: FaultContext) -> DeliveredMonth:
    """Deliver a share of the clients twice, the second time under another client_id."""
    copies = context.rows.filter(context.draw_row_mask()).with_columns(pl.col(CLIENT_ID) + "-copy")
    return context.replace_statements(pl.concat([context.rows, copies]))


def _plant_repeated_keys(context: FaultContext) -> DeliveredMonth:
    return context.replace_statements(
        pl.concat([context.rows, context.rows.filter(context.draw_row_mask())])
    )


def _plant_truncation(context: FaultContext) -> DeliveredMonth:
    """Cut off a share of the rows, those with the lowest limits, as from a sorted file."""
    ordered = context.rows.sort("credit_limit", descending=True, maintain_order=True)
    return context.replace_statements(ordered.head(round(ordered.height * (1 - context.size))))


def _plant_lost_rows(context: FaultContext) -> DeliveredMonth:
    return context.replace_statements(context.rows.filter(~context.draw_row_mask()))


def _plant_late_file(context: FaultContext) -> DeliveredMonth:
    return replace(context.month, arrival_delay=int(context.size))


def _plant_wrong_month(context: FaultContext) -> DeliveredMonth:
    month = add_months(context.month.statement_month, int(context.size))
    stamped = [
        frame.with_columns(pl.lit(month).alias(STATEMENT_MONTH))
        for frame in (context.rows, context.month.outcomes)
    ]
    return replace(context.month, statements=stamped[0], outcomes=stamped[1])


def _plant_label_flip(context: FaultContext) -> DeliveredMonth:
    outcomes = context.month.outcomes
    flipped = pl.Series(context.rng.random(outcomes.height) < context.size)
    outcome = outcomes[OUTCOME].zip_with(~flipped, 1 - outcomes[OUTCOME])
    return replace(context.month, outcomes=outcomes.with_columns(outcome))


def _plant_label_delay(context: FaultContext) -> DeliveredMonth:
    return replace(context.month, outcome_delay=int(context.size))


def _plant_label_loss(context: FaultContext) -> DeliveredMonth:
    """Report a share of the defaults as paid."""
    outcomes = context.month.outcomes
    lost = pl.Series(context.rng.random(outcomes.height) < context.size) & (outcomes[OUTCOME] == 1)
    return replace(
        context.month,
        outcomes=outcomes.with_columns(outcomes[OUTCOME].zip_with(~lost, outcomes[OUTCOME] * 0)),
    )


FAULT_FUNCTIONS: Final[Mapping[str, Callable[[FaultContext], DeliveredMonth]]] = {
    "unit error": _plant_unit_error,
    "other currency": _plant_currency,
    "sign flip": _plant_sign_flip,
    "zeros for payments": _plant_zeros,
    "stale column": _plant_stale,
    "histories a month late": _plant_shift,
    "columns delivered again": _plant_redelivery,
    "swapped codes": _plant_swapped_codes,
    "swapped columns": _plant_swapped_columns,
    "default value": _plant_default_value,
    "unknown code": _plant_unknown_code,
    "missing values": _plant_missing_values,
    "missing column": _plant_missing_columns,
    "duplicated clients": _plant_copied_clients,
    "repeated rows": _plant_repeated_keys,
    "truncated file": _plant_truncation,
    "lost rows": _plant_lost_rows,
    "late file": _plant_late_file,
    "wrong month": _plant_wrong_month,
    "label flip": _plant_label_flip,
    "label delay": _plant_label_delay,
    "defaults unreported": _plant_label_loss,
}
