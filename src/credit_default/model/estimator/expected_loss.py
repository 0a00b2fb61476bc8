"""How much is at stake? Expected loss = default probability x exposure at default x loss given default.

The formula is Basel's (International Convergence of Capital Measurement and Capital Standards, 2006, paragraphs 212 and
336: drawings before default belong to the exposure of a card). The two factors are assumptions, for the lender to set
from its own defaults: no statement tells how much was drawn before one, or recovered after it.
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


@dataclass(frozen=True, slots=True)
class LossPolicy:
    """What is assumed of a default: how much of the open credit is drawn by then, and how much is lost.

    `conversion_factor`: share (0-1) of the limit not yet used. Basel's standardised approach takes 0.4 for commitments
    and 0.1 for those that may be cancelled at any time (CRE20); cards may be, and are drawn before default all the same.
    `loss_given_default`: share (0-1) of the exposure, recoveries and their costs counted. 0.5 is the least that Basel
    allows for unsecured revolving credit (CRE32); portfolios of cards are known to lose more.

    The columns are the default portfolio's: another one whose rows lack them has no expected loss until it names its own.

    Raises:
        InputError: a factor outside 0-1.
    """

    conversion_factor: float = 0.4
    loss_given_default: float = 0.5
    balance_column: str = (
        "bill_amount_m1"  # what is owed now; below 0 the lender owes, and nothing can be lost
    )
    limit_column: str = "credit_limit"  # "" where nothing more can be drawn

    def __post_init__(self) -> None:
        for name, share in (
            ("conversion_factor", self.conversion_factor),
            ("loss_given_default", self.loss_given_default),
        ):
            if not 0 <= share <= 1:
                raise InputError(
                    f"loss policy's {name}", found=repr(share), expected="0 to 1", remedy=_REMEDY
                )


def has_expected_loss(policy: LossPolicy, columns: Collection[str]) -> bool:
    """True where rows of these columns have an expected loss: the columns that the policy names are there.

    Raises:
        InputError: a column is named that is not there, and not merely by default.
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
    """Each row's exposure at default, in the unit of its amounts: what is owed and the share of open credit still drawn."""
    balance = pl.col(policy.balance_column).cast(pl.Float64)
    exposure = balance.clip(lower_bound=0.0)
    if policy.limit_column:
        unused = (pl.col(policy.limit_column) - balance).clip(lower_bound=0.0)
        exposure += policy.conversion_factor * unused
    return rows.select(exposure.alias("exposure")).to_series()


def measure_expected_loss(
    rows: pl.DataFrame, default_probability: NDArray[np.float64], *, policy: LossPolicy | None
) -> pl.Series:
    """Each row's expected loss, in the unit of its amounts, in row order; null throughout where it is not declared.

    `compute_default_probability` is in row order too. No policy declares nothing.

    Raises:
        InputError: as `has_expected_loss`.
    """
    if policy is None or not has_expected_loss(policy, rows.columns):
        return pl.Series(EXPECTED_LOSS, [None] * rows.height, dtype=pl.Float64)
    probability = pl.Series(default_probability, dtype=pl.Float64)
    loss = probability * measure_exposure(rows, policy) * policy.loss_given_default
    return loss.rename(EXPECTED_LOSS)
