"""Query any table of the lake, and reach scores and outcomes from one module.

A batch's rows are one commit under a key of their own, so that running twice, two runs at once or a
crash at any point leave one result. Call `write_quarantine` before `write_scores`: a batch whose
scores are committed counts as done.
"""

import polars as pl

from credit_default.adapters.delta.commits import (
    Frames,
    MergeCounts,
    Written,
)
from credit_default.adapters.delta.errors import delta_errors
from credit_default.adapters.delta.table import scan_rows
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.outcomes import (
    merge_outcomes,
    read_observations,
    read_outcomes,
    write_observations,
)
from credit_default.adapters.tables.schemas import CLIENT_TABLES, TABLES, locate_table
from credit_default.adapters.tables.score_digests import digest_frames, digest_scores
from credit_default.adapters.tables.score_sums import ScoreMeasures
from credit_default.adapters.tables.scores import (
    SCORES_COLUMNS,
    has_scores,
    measure_scores,
    read_score_frames,
    read_scores,
    write_scores,
)

__all__ = [
    "CLIENT_TABLES",
    "SCORES_COLUMNS",
    "TABLES",
    "Frames",
    "MergeCounts",
    "ScoreMeasures",
    "Written",
    "collect_rows",
    "digest_frames",
    "digest_scores",
    "has_scores",
    "measure_scores",
    "merge_outcomes",
    "read_observations",
    "read_outcomes",
    "read_score_frames",
    "read_scores",
    "scan_table",
    "write_observations",
    "write_scores",
]


def scan_table(lake: Lake, name: str) -> pl.LazyFrame:
    """Return the table's current rows as a lazy frame, read when it is collected (`collect_rows`); see `delta.table.scan_rows`."""
    return scan_rows(locate_table(lake, name))


def collect_rows(lake: Lake, query: pl.LazyFrame) -> pl.DataFrame:
    """Return the result of a query over scanned tables.

    Raises `ServiceError` when a table cannot be read.
    """
    with delta_errors(lake.uri):
        return query.collect(engine="streaming")
