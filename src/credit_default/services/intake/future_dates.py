"""Refuse files with statement months or observations that lie in the future, before anything of them is kept."""

import datetime as dt

import polars as pl

from credit_default.data.checking.validation import ValidationResult
from credit_default.data.credit_card.outcomes import OBSERVED_AT
from credit_default.errors import InputError
from credit_default.gates.future_dates import (
    find_last_month,
    list_future_months,
)
from credit_default.services.context.wiring import Wiring

_SHOWN_COUNT = 5


def require_months_by_now(
    wiring: Wiring, validated: ValidationResult, *, thing: str, now: dt.datetime
) -> None:
    """Check that no accepted row is of a statement month after the last one that is taken in.

    Args:
        wiring: The policy.
        validated: The checked file; rows that are rejected anyway do not count.
        thing: What the rows are from, to be named in the error.
        now: The time.

    Raises:
        InputError: Some rows are.
    """
    policy, present = wiring.settings.intake, f"{now:%Y-%m}"
    future = list_future_months(validated.months, present=present, policy=policy)
    if not future:
        return
    count = sum(validated.month_counts[month] for month in future)
    more = f" … ({len(future)} months in all)" if future[_SHOWN_COUNT:] else ""
    raise InputError(
        thing,
        found=f"{count:,} rows of months in the future: {', '.join(future[:_SHOWN_COUNT])}{more}",
        expected=f"statement months up to {find_last_month(present, policy=policy)}",
        remedy="Correct statement_month, or --month where the file has none. The setting"
        " intake.months_ahead says how many months after the present one are taken in.",
    )


def require_observations_by_now(
    wiring: Wiring, outcomes: pl.DataFrame, *, thing: str, now: dt.datetime
) -> None:
    """Check that no outcome was observed after now, but for the difference of clocks.

    The outcome that was observed last counts, so that one of the year 9999 could never be corrected.

    Args:
        wiring: The policy.
        outcomes: The accepted rows, with `observed_at`.
        thing: What the rows are from, to be named in the error.
        now: The time.

    Raises:
        InputError: Some were.
    """
    last = now + dt.timedelta(days=wiring.settings.intake.days_ahead)
    future = outcomes.filter(pl.col(OBSERVED_AT) > last)
    if future.is_empty():
        return
    raise InputError(
        thing,
        found=f"{future.height:,} outcomes observed in the future, up to {future[OBSERVED_AT].max():%Y-%m-%d}",
        expected=f"{OBSERVED_AT} up to {last:%Y-%m-%d}",
        remedy=f"Correct {OBSERVED_AT}: it is when the outcome became known, not when it is due. The setting"
        " intake.days_ahead says how far clocks may differ.",
    )
