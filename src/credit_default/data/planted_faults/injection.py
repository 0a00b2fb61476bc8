"""Faults put into one month on purpose: what a broken delivery, a mistaken code or a slow collections desk leaves behind.

Each is a function of a month and of a size (a share of the rows, or a count), pure and drawn from a generator. Which faults
a drill plants, how hard, and which alarm each must ring, stands in `planted_faults`.
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
_THOUSAND: Final = 1_000.0  # what an amount is divided by when it comes in thousands


@dataclass(frozen=True, slots=True, eq=False)
class DeliveredMonth:
    """One month as it is delivered: rows, their outcomes, and how many months after they are due those arrive."""

    statements: pl.DataFrame
    outcomes: pl.DataFrame  # client_id, statement_month, defaulted; may lack clients
    outcome_delay: int = 0
    arrival_delay: int = 0  # months by which the statements themselves are late

    @property
    def statement_month(self) -> str:
        """YYYY-MM."""
        return str(self.statements[STATEMENT_MONTH][0])


@dataclass(frozen=True, slots=True, eq=False)
class FaultContext:
    """What a fault is put into: the month, the month before of the same slots in the same order, and how hard."""

    month: DeliveredMonth
    before: pl.DataFrame
    size: float
    rng: np.random.Generator

    @property
    def rows(self) -> pl.DataFrame:
        """The month's statements."""
        return self.month.statements

    def choose(self) -> pl.Series:
        """True for a random share of the rows."""
        return pl.Series(self.rng.random(self.rows.height) < self.size)

    def change(self, **columns: pl.Expr | pl.Series) -> DeliveredMonth:
        """The month with these columns in a random share of the rows."""
        chosen = self.choose()
        changed = self.rows.with_columns(**columns)
        put = {
            name: self.rows[name].zip_with(~chosen, changed[name].cast(self.rows[name].dtype))
            for name in columns
        }
        return self.deliver(self.rows.with_columns(**put))

    def deliver(self, rows: pl.DataFrame) -> DeliveredMonth:
        """The month with these rows in place of its own."""
        return replace(self.month, statements=rows)


def plant_fault(name: str, scene: FaultContext) -> DeliveredMonth:
    """The month with the fault of that name in it.

    Raises:
        InputError: no fault goes by that name.
    """
    if name not in FAULT_FUNCTIONS:
        names = ", ".join(FAULT_FUNCTIONS)
        raise InputError(
            "planted fault",
            found=repr(name),
            expected=f"one of {names}",
            remedy="Choose a known one.",
        )
    return FAULT_FUNCTIONS[name](scene)


def _scale_columns(scene: FaultContext, names: tuple[str, ...], factor: float) -> DeliveredMonth:
    return scene.change(**{name: (pl.col(name) * factor).round() for name in names})


def _plant_unit_error(scene: FaultContext) -> DeliveredMonth:
    return _scale_columns(scene, ("bill_amount_m1",), 1 / _THOUSAND)


def _plant_currency(scene: FaultContext) -> DeliveredMonth:
    return _scale_columns(scene, (*BILLS, *PAYMENTS), 1 / 30)  # in US dollars


def _plant_sign_flip(scene: FaultContext) -> DeliveredMonth:
    return _scale_columns(scene, BILLS, -1.0)


def _plant_zeros(scene: FaultContext) -> DeliveredMonth:
    return _scale_columns(scene, PAYMENTS, 0.0)


def _plant_stale(scene: FaultContext) -> DeliveredMonth:
    return scene.change(payment_amount_m1=pl.col("payment_amount_m2"))


def _plant_shift(scene: FaultContext) -> DeliveredMonth:
    """Every history one month late: the latest month is last month's again."""
    moved = {later: pl.col(earlier) for names in _HISTORIES for later, earlier in pairwise(names)}
    return scene.change(**moved)


def _plant_redelivery(scene: FaultContext) -> DeliveredMonth:
    """As many columns as the size says hold what they held a month before, value for value."""
    names = [name for names in zip(*_HISTORIES, strict=True) for name in names][: int(scene.size)]
    return scene.deliver(scene.rows.with_columns(scene.before[name] for name in names))


def _plant_swapped_codes(scene: FaultContext) -> DeliveredMonth:
    return scene.change(education=pl.col("education").replace({1: 3, 3: 1}))


def _plant_swapped_columns(scene: FaultContext) -> DeliveredMonth:
    return scene.change(
        bill_amount_m1=pl.col("payment_amount_m1"), payment_amount_m1=pl.col("bill_amount_m1").abs()
    )


def _plant_default_value(scene: FaultContext) -> DeliveredMonth:
    return scene.change(repayment_status_m1=pl.lit(0))


def _plant_unknown_code(scene: FaultContext) -> DeliveredMonth:
    return scene.change(marriage=pl.lit(7))


def _plant_missing_values(scene: FaultContext) -> DeliveredMonth:
    return scene.change(credit_limit=pl.lit(None, dtype=pl.Float64))


def _plant_missing_columns(scene: FaultContext) -> DeliveredMonth:
    return scene.deliver(scene.rows.drop([*STATUSES, *PAYMENTS][: int(scene.size)]))


def _plant_twins(scene: FaultContext) -> DeliveredMonth:
    """A share of the clients once more, each under another client_id."""
    copies = scene.rows.filter(scene.choose()).with_columns(pl.col(CLIENT_ID) + "-copy")
    return scene.deliver(pl.concat([scene.rows, copies]))


def _plant_repeated_keys(scene: FaultContext) -> DeliveredMonth:
    return scene.deliver(pl.concat([scene.rows, scene.rows.filter(scene.choose())]))


def _plant_truncation(scene: FaultContext) -> DeliveredMonth:
    """A share of the rows is cut off, those with the lowest limits: a sorted file that broke off."""
    ordered = scene.rows.sort("credit_limit", descending=True, maintain_order=True)
    return scene.deliver(ordered.head(round(ordered.height * (1 - scene.size))))


def _plant_lost_rows(scene: FaultContext) -> DeliveredMonth:
    return scene.deliver(scene.rows.filter(~scene.choose()))


def _plant_late_file(scene: FaultContext) -> DeliveredMonth:
    return replace(scene.month, arrival_delay=int(scene.size))


def _plant_wrong_month(scene: FaultContext) -> DeliveredMonth:
    month = add_months(scene.month.statement_month, int(scene.size))
    stamped = [
        frame.with_columns(pl.lit(month).alias(STATEMENT_MONTH))
        for frame in (scene.rows, scene.month.outcomes)
    ]
    return replace(scene.month, statements=stamped[0], outcomes=stamped[1])


def _plant_label_flip(scene: FaultContext) -> DeliveredMonth:
    outcomes = scene.month.outcomes
    flipped = pl.Series(scene.rng.random(outcomes.height) < scene.size)
    outcome = outcomes[OUTCOME].zip_with(~flipped, 1 - outcomes[OUTCOME])
    return replace(scene.month, outcomes=outcomes.with_columns(outcome))


def _plant_label_delay(scene: FaultContext) -> DeliveredMonth:
    return replace(scene.month, outcome_delay=int(scene.size))


def _plant_label_loss(scene: FaultContext) -> DeliveredMonth:
    """A share of the defaults is never reported: the desk that reports them reports payers only."""
    outcomes = scene.month.outcomes
    lost = pl.Series(scene.rng.random(outcomes.height) < scene.size) & (outcomes[OUTCOME] == 1)
    return replace(
        scene.month,
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
    "duplicated clients": _plant_twins,
    "repeated rows": _plant_repeated_keys,
    "truncated file": _plant_truncation,
    "lost rows": _plant_lost_rows,
    "late file": _plant_late_file,
    "wrong month": _plant_wrong_month,
    "label flip": _plant_label_flip,
    "label delay": _plant_label_delay,
    "defaults unreported": _plant_label_loss,
}
