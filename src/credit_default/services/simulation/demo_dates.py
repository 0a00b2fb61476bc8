"""Date a demonstration's rows back, so that nothing of it lies in the future, which every command refuses."""

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from credit_default.data.contract.schema import STATEMENT_MONTH
from credit_default.data.credit_card.outcomes import MATURITY_MONTHS
from credit_default.data.months import add_months, count_months


@dataclass(frozen=True, slots=True, eq=False)
class DatedRows:
    """Rows whose statement months may have been moved back, and a note where they were."""

    rows: pl.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()


def date_back(rows: pl.DataFrame, *, later_months: int, now: dt.datetime) -> DatedRows:
    """Return the rows, dated early enough for the months after them to have outcomes by now.

    Args:
        rows: Statements with `statement_month` (YYYY-MM).
        later_months: How many months will be made after the newest of them.
        now: The time.
    """
    newest = add_months(str(rows[STATEMENT_MONTH].max()), later_months)
    count = count_months(f"{now:%Y-%m}", add_months(newest, MATURITY_MONTHS))
    if count <= 0:
        return DatedRows(rows)
    months = rows[STATEMENT_MONTH].unique().to_list()
    earlier = [add_months(month, -count) for month in months]
    moved = rows.with_columns(pl.col(STATEMENT_MONTH).replace_strict(months, earlier))
    note = f"all months are dated {count} months back, so that their outcomes are due by now"
    return DatedRows(moved, (note,))
