"""The table of quarantine: rejected rows, each with the rules that it broke."""

from collections.abc import Iterator, Sequence

import polars as pl

from credit_default.adapters.delta.commits import (
    Frames,
    Written,
    create_rows,
)
from credit_default.adapters.delta.part_files import PartFile, commit_part_files
from credit_default.adapters.delta.table import query_rows
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.adapters.tables.schemas import locate_table

UNKNOWN_MONTH = "unknown"
_MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


def write_quarantine(lake: Lake, read: Frames, *, batch_id: str) -> Written:
    """Write the batch's rejected rows in one commit; return how many.

    Idempotent: a batch's rows are written once. `read()` returns the `rejected` frames of the checked
    batches; it is called again when the commit is tried again. Which rows are rejected depends on
    the file and the schema and not on a model, so the key is the batch without a model version. The
    values as they were in the file are kept as one JSON text a row.
    """
    key = check_hex(batch_id, "batch_id")

    def rows() -> Iterator[pl.DataFrame]:
        return (build_quarantine_rows(frame, key) for frame in read())

    table = locate_table(lake, "quarantine")
    return create_rows(table, rows, key=f"quarantine {key}", predicate=f"batch_id = '{key}'")


def commit_quarantine(lake: Lake, parts: Sequence[PartFile], *, batch_id: str) -> Written:
    """Commit files with the batch's rejected rows, which workers stored, as `write_quarantine` does with rows."""
    key = check_hex(batch_id, "batch_id")
    table = locate_table(lake, "quarantine")
    return commit_part_files(table, parts, key=f"quarantine {key}", predicate=f"batch_id = '{key}'")


def read_quarantine(lake: Lake, *, batch_id: str) -> pl.DataFrame:
    """Return the batch's rejected rows in the file's order; an empty frame where there are none."""
    wanted = pl.col("batch_id") == check_hex(batch_id, "batch_id")
    return query_rows(
        locate_table(lake, "quarantine"), lambda table: table.filter(wanted).sort("line")
    )


def build_quarantine_rows(rejected: pl.DataFrame, batch_id: str) -> pl.DataFrame:
    """Return the rejected rows of a checked batch as the table has them."""
    own = ("line", "client_id", "statement_month", "rules")
    raw = [name for name in rejected.columns if name not in own] or ["line"]
    month = pl.col("statement_month").cast(pl.String)
    return rejected.select(
        pl.lit(batch_id).alias("batch_id"),
        pl.when(month.str.contains(_MONTH)).then(month).otherwise(pl.lit(UNKNOWN_MONTH)),
        "line",
        "client_id",
        "rules",
        pl.struct(raw).struct.json_encode().alias("raw_values"),
    )
