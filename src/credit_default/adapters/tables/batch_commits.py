"""Which batches the lake's tables hold, told by the tables' logs: no row of a client is read where the log suffices.

Scores are committed batch by batch, so that almost every data file is of one batch and version, and the log names both.
Where files were merged, the columns that name the batch are read.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial

import polars as pl

from credit_default.adapters.delta.file_log import TableState, find_table_state, list_data_files
from credit_default.adapters.delta.table import query_rows
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import locate_table

_KEYS = ("batch_id", "model_version")


def find_table_states(lake: Lake, names: Iterable[str]) -> tuple[TableState, ...]:
    """Return the present state of each of the tables of these names, in their order."""
    return tuple(find_table_state(locate_table(lake, name)) for name in names)


def list_month_files(lake: Lake, name: str) -> dict[str, frozenset[str]]:
    """Return the data files of each statement month of the table of that name."""
    files = list_data_files(locate_table(lake, name), ())
    grouped = files.group_by("partition").agg("path").sort("partition")
    return {str(month): frozenset(paths) for month, paths in grouped.iter_rows()}


def read_months(
    lake: Lake,
    name: str,
    months: Collection[str],
    query: Callable[[pl.LazyFrame], pl.LazyFrame],
) -> pl.DataFrame:
    """Return what `query` makes of the rows of these statement months; the files of others are not opened."""
    own = pl.col("statement_month").is_in(list(months))
    return query_rows(locate_table(lake, name), lambda rows: query(rows.filter(own)))


def list_scored_batches(
    lake: Lake, read_merged: Callable[[Collection[str]], pl.DataFrame] | None = None
) -> pl.DataFrame:
    """Return one row for each scored batch and model version.

    Columns: batch_id, model_version, statement_month (the newest of its months), row_count, scored_at.

    Args:
        lake: Where the scores are.
        read_merged: Returns what `count_scored` makes of these statement months, which have files of several batches;
            where it is not given their rows are counted.
    """
    files = list_data_files(locate_table(lake, "scores"), (*_KEYS, "scored_at"))
    is_single = pl.all_horizontal(
        pl.col("row_count").is_not_null(),
        *(pl.col(f"{key}_low").eq(pl.col(f"{key}_high")).fill_null(value=False) for key in _KEYS),
    )
    merged = files.filter(~is_single)["partition"].unique()
    apart = (
        files.filter(~pl.col("partition").is_in(merged.implode()))
        .group_by(
            pl.col("partition").alias("statement_month"),
            *(pl.col(f"{key}_low").alias(key) for key in _KEYS),
        )
        .agg(pl.col("row_count").sum(), scored_at=pl.col("scored_at_high").max())
    )
    found = (
        [apart, (read_merged or partial(_count_rows, lake))(merged.to_list())]
        if merged.len()
        else [apart]
    )
    return (
        pl.concat(found, how="diagonal")
        .group_by(*_KEYS)
        .agg(
            pl.col("statement_month").max(),
            pl.col("row_count").sum(),
            pl.col("scored_at").max(),
        )
        .sort("scored_at", *_KEYS)
    )


def _count_rows(lake: Lake, months: Collection[str]) -> pl.DataFrame:
    return query_rows(
        locate_table(lake, "scores"),
        lambda rows: count_scored(rows.filter(pl.col("statement_month").is_in(list(months)))),
    )


def count_scored(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the query that counts rows of scores by statement month, batch and model version."""
    return rows.group_by("statement_month", *_KEYS).agg(
        row_count=pl.len().cast(pl.Int64), scored_at=pl.col("scored_at").max()
    )


def count_rows_by_month(lake: Lake, name: str) -> dict[str, int]:
    """Return how many rows the table of that name has of each statement month, from its log."""
    files = list_data_files(locate_table(lake, name), ())
    counted = files.group_by("partition").agg(pl.col("row_count").sum()).sort("partition")
    return {str(month): int(count) for month, count in counted.iter_rows()}


def count_scored_by_month(lake: Lake) -> dict[str, int]:
    """Return how many rows of each statement month were scored; of several versions, the one that scored the most."""
    table = locate_table(lake, "scores")
    files = list_data_files(table, ("model_version",))
    low, high = pl.col("model_version_low"), pl.col("model_version_high")
    is_single = pl.col("row_count").is_not_null() & low.eq(high).fill_null(value=False)
    if files.select(is_single.all()).item():
        by_version = files.group_by(month="partition", version=low).agg(pl.col("row_count").sum())
    else:
        by_version = query_rows(
            table,
            lambda rows: rows.group_by(month="statement_month", version="model_version").agg(
                row_count=pl.len().cast(pl.Int64)
            ),
        )
    counted = by_version.group_by("month").agg(pl.col("row_count").max()).sort("month")
    return {str(month): int(count) for month, count in counted.iter_rows()}
