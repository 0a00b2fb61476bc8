"""The tables of outcomes: every observation (`outcome_history`) and the current ones (`outcomes`).

Each is changed in one commit for a whole file. Write the observations first: `outcomes` can be
rebuilt from them.
"""

import datetime as dt
from collections.abc import Iterable

import polars as pl

from credit_default.adapters.delta.commits import MergeCounts, Written, create_rows, merge_rows
from credit_default.adapters.delta.table import query_rows
from credit_default.adapters.lake.layout import Lake, check_hex, check_month
from credit_default.adapters.tables.schemas import OUTCOME_HISTORY, OUTCOMES, locate_table

_KEY = ("client_id", "statement_month")
# The newest observation is current; of two observed at the same time, a default.
_UPDATE_WHEN = (
    "new.observed_at > old.observed_at "
    "OR (new.observed_at = old.observed_at AND new.defaulted > old.defaulted)"
)


def write_observations(
    lake: Lake, outcomes: pl.DataFrame, *, batch_id: str, taken_in_at: dt.datetime
) -> Written:
    """Add a file's observations to the history in one commit; return how many.

    Idempotent for its `batch_id`. The columns are client_id, statement_month (YYYY-MM), defaulted
    (0 or 1) and observed_at (UTC). A client and month may occur more than once.
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
    """Merge the outcomes into the current ones in one commit, and return what that changed.

    Of each client and statement month the outcome that was observed last is current; of two
    observed at the same time, a default. So neither the order of files nor merging one twice makes
    a difference. With a `batch_id` the file is merged only once, so that
    merging it later does not bring back a client who was erased since.

    The columns are those of `write_observations`.
    """
    newest = outcomes.sort("observed_at", "defaulted").unique(
        _KEY, keep="last", maintain_order=True
    )
    if newest.is_empty():
        return MergeCounts(0, 0, 0)
    return merge_rows(
        locate_table(lake, "outcomes"),
        newest,
        match=_build_match(newest["statement_month"].unique().sort()),
        update_when=_UPDATE_WHEN,
        key=None if batch_id is None else f"merged {check_hex(batch_id, 'batch_id')}",
    )


def _build_match(statement_months: Iterable[str]) -> str:
    """Return the condition that two rows are of one client and month.

    Naming the months restricts what is read to their partitions.
    """
    months = ", ".join(f"'{check_month(month)}'" for month in statement_months)
    return (
        f"old.statement_month IN ({months}) AND old.statement_month = new.statement_month "
        "AND old.client_id = new.client_id"
    )


def read_outcomes(lake: Lake, *, months: Iterable[str] | None = None) -> pl.DataFrame:
    """Return the current outcomes, of these statement months or of all (None), by client and month."""
    wanted = pl.lit(value=True) if months is None else pl.col("statement_month").is_in(list(months))
    return query_rows(
        locate_table(lake, "outcomes"), lambda table: table.filter(wanted).sort(*_KEY)
    )


def read_observations(
    lake: Lake, *, client_id: str | None = None, batch_id: str | None = None
) -> pl.DataFrame:
    """Return every observation ever taken in, of one client and file or of all (None), by client, month and time."""
    wanted = pl.lit(value=True) if client_id is None else pl.col("client_id") == client_id
    if batch_id is not None:
        wanted &= pl.col("batch_id") == check_hex(batch_id, "batch_id")
    order = (*_KEY, "observed_at", "defaulted", "batch_id")
    return query_rows(
        locate_table(lake, "outcome_history"),
        lambda table: table.filter(wanted).select(OUTCOME_HISTORY.names).sort(order),
    )
