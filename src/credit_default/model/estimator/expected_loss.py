"""Expected loss of the declared default: probability × exposure × share not cured × loss given default.

The form is Basel's (International Convergence of Capital Measurement and Capital Standards, 2006,
paragraphs 212 and 336: drawings before default belong to the exposure of a card). Basel's default
is ninety days past due within a year; the default of the credit-card portfolio is one missed
payment, most of which are made good. So the policy declares event, horizon and cures, which the
lender should set from its own defaults.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.errors import InputError

EXPECTED_LOSS: Final = "expected_loss"

_REMEDY = "Correct the section `loss` of the settings."
# Of missed payments, those made good before two months are overdue, as `data/simulation` has them.
_CARD_CURE_SHARE: Final = 0.7
_CARD_BALANCE: Final = "bill_amount_m1"


@dataclass(frozen=True, slots=True)
class LossPolicy:
    """What a default is, and the assumed exposure at it, share that cures and share that is lost.

    The columns are those of the default portfolio. Rows that lack them have no expected loss until
    the policy names other columns.

    Attributes:
        conversion_factor: Share (0–1) of the unused limit that is drawn before a default. Basel's
            standardised approach takes 0.4 for commitments and 0.1 for those that may be cancelled
            at any time (CRE20); cards may be cancelled, and are drawn before a default all the
            same.
        loss_given_default: Share (0–1) of the exposure that is lost after a default that does not
            cure, after recoveries and their costs. 0.5 is the least that Basel allows for unsecured
            revolving credit (CRE32); card portfolios are known to lose more.
        cure_share: Share (0–1) of defaults that cure: the client pays again before anything is
            lost. None stands for 0.7, that of missed card payments, and is refused where the policy
            names a balance column of another portfolio, whose default is another event.
        default_event: What the outcome of the portfolio calls a default, as texts name it.
        horizon_months: Within how many months of the statement, 1 or more.
        balance_column: The column with the amount owed now. Below 0 the lender owes the client and
            nothing can be lost. "" declares no expected loss.
        limit_column: The column with the credit limit; "" where nothing more can be drawn.

    Raises:
        InputError: a factor outside 0–1, a horizon below 1, or no cure share for another portfolio.
    """

    conversion_factor: float = 0.4
    loss_given_default: float = 0.5
    cure_share: float | None = None
    default_event: str = "a missed payment"
    horizon_months: int = 1
    balance_column: str = _CARD_BALANCE
    limit_column: str = "credit_limit"

    def __post_init__(self) -> None:
        if self.cure_share is None:
            # Written down, so that the settings and the evidence of a card show what counts.
            object.__setattr__(self, "cure_share", _find_cure_share(self.balance_column))
        for name, share in (
            ("conversion_factor", self.conversion_factor),
            ("loss_given_default", self.loss_given_default),
            ("cure_share", self.cured_share),
        ):
            if not 0 <= share <= 1:
                raise InputError(
                    f"loss policy's {name}", found=repr(share), expected="0 to 1", remedy=_REMEDY
                )
        if self.horizon_months < 1:
            raise InputError(
                "loss policy's horizon_months",
                found=repr(self.horizon_months),
                expected="1 or more",
                remedy=_REMEDY,
            )

    @property
    def cured_share(self) -> float:
        """Return the share (0–1) of defaults that cure, under the policy."""
        return _find_cure_share(self.balance_column) if self.cure_share is None else self.cure_share

    @property
    def horizon(self) -> str:
        """Return the horizon in words."""
        months = "month" if self.horizon_months == 1 else f"{self.horizon_months} months"
        return f"within the {months} after the statement"


def _find_cure_share(balance_column: str) -> float:
    """Return the cure share where none is declared.

    Raises:
        InputError: the balance is a column of another portfolio.
    """
    if balance_column in {"", _CARD_BALANCE}:
        return _CARD_CURE_SHARE
    raise InputError(
        "loss policy's cure_share",
        found=f"none, for the balance column {balance_column}",
        expected="the share (0 to 1) of this portfolio's defaults that cure, 0 if none does",
        remedy="Add it to the section `loss` of the settings.",
    )


def has_expected_loss(policy: LossPolicy, columns: Collection[str]) -> bool:
    """Return True when rows with these columns have an expected loss under the policy.

    They have one when all columns that the policy names are present. A missing column is an error
    only where the policy names one other than the default.

    Raises:
        InputError: a column other than the default is named but missing.
    """
    named = {
        field.name: getattr(policy, field.name)
        for field in fields(policy)
        if field.name.endswith("_column")
    }
    absent = {name: column for name, column in named.items() if column and column not in columns}
    for name, column in absent.items():
        if column != getattr(LossPolicy(), name):
            raise InputError(
                f"loss policy's {name}",
                found=column,
                expected="a column of the rows",
                remedy=_REMEDY,
            )
    return bool(policy.balance_column) and not absent


def measure_exposure(rows: pl.DataFrame, policy: LossPolicy) -> pl.Series:
    """Return each row's exposure at default, in the unit of its amounts and in row order.

    The exposure is the balance (at least 0) plus `conversion_factor` of the unused limit.
    """
    balance = pl.col(policy.balance_column).cast(pl.Float64)
    exposure = balance.clip(lower_bound=0.0)
    if policy.limit_column:
        unused = (pl.col(policy.limit_column) - balance).clip(lower_bound=0.0)
        exposure += policy.conversion_factor * unused
    return rows.select(exposure.alias("exposure")).to_series()


def measure_expected_loss(
    rows: pl.DataFrame, default_probability: NDArray[np.float64], *, policy: LossPolicy | None
) -> pl.Series:
    """Return each row's expected loss of the policy's default event, in the unit of its amounts.

    Args:
        rows: Checked rows.
        default_probability: Default probabilities (0–1), in row order.
        policy: The loss policy; None where the portfolio declares none.

    Returns:
        A Float64 series in row order, all null where no policy is given or its default columns are
        missing.

    Raises:
        InputError: as `has_expected_loss`.
    """
    if policy is None or not has_expected_loss(policy, rows.columns):
        return pl.Series(EXPECTED_LOSS, [None] * rows.height, dtype=pl.Float64)
    probability = pl.Series(default_probability, dtype=pl.Float64)
    loss = probability * measure_exposure(rows, policy) * policy.loss_given_default
    return (loss * (1 - policy.cured_share)).rename(EXPECTED_LOSS)
