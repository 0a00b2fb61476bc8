"""The table of monitoring: each gate's latest verdict on each scored batch."""

import re
from collections.abc import Sequence

import polars as pl

from credit_default.adapters.delta.commits import (
    replace_rows,
)
from credit_default.adapters.delta.table import query_rows
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import locate_table
from credit_default.adapters.tables.scores import build_scores_predicate
from credit_default.errors import InputError

_GATE_NAME = re.compile(r"[a-z][a-z_ -]{0,40}")


def write_monitoring(lake: Lake, rows: pl.DataFrame) -> int:
    """Write the rows in place of earlier ones of their batch, model version and gate.

    Return how many were written. The columns are those of `schemas.MONITORING`; all rows are of one
    batch, version and gate.

    Raises:
        InputError: The gate's name has other characters than a-z, blank, _ and -.
    """
    batch_id, model_version, gate = rows.select("batch_id", "model_version", "gate").unique().row(0)
    predicate = (
        f"{build_scores_predicate(batch_id, model_version)} AND gate = '{_check_gate_name(gate)}'"
    )
    return replace_rows(locate_table(lake, "monitoring"), lambda: [rows], predicate=predicate)


def read_monitoring(
    lake: Lake, columns: Sequence[str] = (), *, last: int | None = None
) -> pl.DataFrame:
    """Return the verdicts, the oldest statement month first.

    Args:
        lake: The lake.
        columns: Only these, which spares the reading of the others; all where none is named.
        last: Those on the last so many batches by statement month; on all where None.
    """

    def select(table: pl.LazyFrame) -> pl.LazyFrame:
        if last is not None:
            batches = table.group_by("batch_id").agg(pl.col("statement_month").max())
            newest = batches.sort("statement_month", "batch_id").tail(last)
            table = table.join(newest.select("batch_id"), on="batch_id", how="semi")
        return table.sort("statement_month", "monitored_at", "gate").select(columns or pl.all())

    return query_rows(locate_table(lake, "monitoring"), select)


def count_monitored_batches(lake: Lake) -> int:
    """Return how many batches there are verdicts on."""
    rows = query_rows(
        locate_table(lake, "monitoring"),
        lambda table: table.select(pl.col("batch_id").n_unique()),
    )
    return int(rows.item())


def _check_gate_name(value: str) -> str:
    if not _GATE_NAME.fullmatch(value):
        raise InputError(
            "gate",
            found=repr(value[:80]),
            expected="a name of a-z, blanks, _ and -",
            remedy="Use the gate's own name.",
        )
    return value
