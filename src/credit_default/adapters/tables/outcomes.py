"""What became of clients: every observation that ever came in (`outcome_history`), and the one that stands (`outcomes`).

Both are changed in one commit for a whole file. Keep the observations first: `outcomes` can be made again from them.
"""

import datetime as dt
from collections.abc import Iterable

import polars as pl

from credit_default.adapters.delta.commits import MergeCounts, Written, create_rows, merge_rows
from credit_default.adapters.delta.table import query_rows
from credit_default.adapters.lake.layout import Lake, check_hex, check_month
from credit_default.adapters.tables.schemas import OUTCOME_HISTORY, OUTCOMES, locate_table

_KEY = ("client_id", "statement_month")


def write_observations(
    lake: Lake, outcomes: pl.DataFrame, *, batch_id: str, taken_in_at: dt.datetime
) -> Written:
    """How many observations of a file were put into the history, once for its batch_id, in one commit.

    Columns: client_id, statement_month, defaulted 0/1, observed_at UTC; the same client and month may come again.
    """
    key = check_hex(batch_id, "batch_id")
    kept = outcomes.select(OUTCOMES.names).with_columns(
        batch_id=pl.lit(key), taken_in_at=pl.lit(taken_in_at)
    )
    return create_rows(
        locate_table(lake, "outcome_history"),
        lambda: [kept],
        key=f"outcomes {key}",
        predicate=f"batch_id = '{key}'",
    )


def merge_outcomes(
    lake: Lake, outcomes: pl.DataFrame, *, batch_id: str | None = None
) -> MergeCounts:
    """What the outcomes changed, in one commit: one stands per (client_id, statement_month), the one observed last.

    Of two observed at the same instant a default wins. So the order in which files arrive changes nothing, and the same
    file twice changes nothing. With a `batch_id` the file is merged once for ever, so that a client who was forgotten
    since does not come back with it. Columns: client_id, statement_month, defaulted 0/1, observed_at UTC.
    """
    newest = outcomes.sort("observed_at", "defaulted").unique(
        _KEY, keep="last", maintain_order=True
    )
    if newest.is_empty():
        return MergeCounts(0, 0, 0)
    months = ", ".join(
        f"'{check_month(month)}'" for month in newest["statement_month"].unique().sort()
    )
    return merge_rows(
        locate_table(lake, "outcomes"),
        newest,
        # the months stand here so that only their partitions are read
        match=f"old.statement_month IN ({months}) AND old.statement_month = new.statement_month "
        "AND old.client_id = new.client_id",
        update_when="new.observed_at > old.observed_at "
        "OR (new.observed_at = old.observed_at AND new.defaulted > old.defaulted)",
        key=None if batch_id is None else f"merged {check_hex(batch_id, 'batch_id')}",
    )


def read_outcomes(lake: Lake, *, months: Iterable[str] | None = None) -> pl.DataFrame:
    """The outcomes known so far, of the months named or of all, by client and month."""
    wanted = pl.lit(value=True) if months is None else pl.col("statement_month").is_in(list(months))
    return query_rows(
        locate_table(lake, "outcomes"), lambda table: table.filter(wanted).sort(*_KEY)
    )


def read_observations(lake: Lake, *, client_id: str | None = None) -> pl.DataFrame:
    """Every observation ever taken in, of one client or of all, by client, month and time."""
    wanted = pl.lit(value=True) if client_id is None else pl.col("client_id") == client_id
    order = (*_KEY, "observed_at", "defaulted", "batch_id")
    return query_rows(
        locate_table(lake, "outcome_history"),
        lambda table: table.filter(wanted).select(OUTCOME_HISTORY.names).sort(order),
    )
