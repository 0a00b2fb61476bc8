"""The tables of a lake, at one door: scores, quarantine, outcomes and their history, monitoring (the ledger has its own).

A batch's rows go in as one commit under a key of their own, so that running twice, two runners at once or a crash at any
point leave one result. Call `write_quarantine` before `write_scores`: the scores are what says "done".
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
from credit_default.adapters.tables.scores import (
    SCORES_COLUMNS,
    ScoreMeasures,
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
    """A table's current rows, read when collected, for more than the functions above give; see `delta.scan_rows`."""
    return scan_rows(locate_table(lake, name))


def collect_rows(lake: Lake, query: pl.LazyFrame) -> pl.DataFrame:
    """What a query over scanned tables gives, in memory. Raises `ServiceError` when one of them can't be read."""
    with delta_errors(lake.uri):
        return query.collect(engine="streaming")
