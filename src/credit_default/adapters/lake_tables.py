"""The tables of a lake, at one door: scores, quarantine, outcomes and their history, monitoring (the ledger has its own).

A batch's rows go in as one commit under a key of their own, so that running twice, two runners at once or a crash at any
point leave one result. Call `write_quarantine` before `write_scores`: the scores are what says "done".
"""

import hashlib
import re
from collections.abc import Iterator

import polars as pl

from credit_default.adapters.delta.commits import (
    Frames,
    MergeCounts,
    Written,
    create_rows,
    delete_rows,
    erase_history,
    replace_rows,
)
from credit_default.adapters.delta.errors import delta_errors
from credit_default.adapters.delta.table import read_rows, scan_rows
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.adapters.outcome_tables import keep_observations, merge_outcomes, read_observations, read_outcomes
from credit_default.adapters.score_digests import digest_frames, digest_scores
from credit_default.adapters.score_tables import (
    SCORES_COLUMNS,
    ScoreMeasures,
    has_scores,
    measure_scores,
    read_score_frames,
    read_scores,
    select_scores,
    write_scores,
)
from credit_default.adapters.table_schemas import CLIENT_TABLES, TABLES, table_of
from credit_default.errors import InputError
from credit_default.failpoints import reach

__all__ = [
    "CLIENT_TABLES",
    "SCORES_COLUMNS",
    "TABLES",
    "UNKNOWN_MONTH",
    "Frames",
    "MergeCounts",
    "ScoreMeasures",
    "Written",
    "collect_rows",
    "delete_client",
    "digest_frames",
    "digest_scores",
    "has_scores",
    "keep_observations",
    "measure_scores",
    "merge_outcomes",
    "read_monitoring",
    "read_observations",
    "read_outcomes",
    "read_quarantine",
    "read_score_frames",
    "read_scores",
    "scan_table",
    "write_monitoring",
    "write_quarantine",
    "write_scores",
]

UNKNOWN_MONTH = "unknown"
_WORD = re.compile(r"[a-z][a-z_ -]{0,40}")
_MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


def write_quarantine(lake: Lake, read: Frames, *, batch_id: str) -> Written:
    """How many refused rows were put in for this batch, once for ever, in one commit; `was_there` when they were before.

    `read()` gives the `rejected` frames of the checked batches. Which rows are refused depends on the file and the schema
    alone, so the key is the batch without a model version; the values as they came are kept as one JSON text.
    """
    key = check_hex(batch_id, "batch_id")

    def rows() -> Iterator[pl.DataFrame]:
        return (_quarantined(frame, key) for frame in read())

    table = table_of(lake, "quarantine")
    return create_rows(table, rows, key=f"quarantine {key}", predicate=f"batch_id = '{key}'")


def read_quarantine(lake: Lake, *, batch_id: str) -> pl.DataFrame:
    """The batch's refused rows in the file's order; no rows when there are none."""
    wanted = pl.col("batch_id") == check_hex(batch_id, "batch_id")
    return read_rows(table_of(lake, "quarantine"), lambda table: table.filter(wanted).sort("line"))


def write_monitoring(lake: Lake, rows: pl.DataFrame) -> int:
    """How many rows were written: what the monitors found, each in place of an earlier one of its batch, version and gate.

    Columns as in `MONITORING`; all rows are of one batch, version and gate.
    """
    batch_id, model_version, gate = rows.select("batch_id", "model_version", "gate").unique().row(0)
    predicate = f"{select_scores(batch_id, model_version)} AND gate = '{_word(gate)}'"
    return replace_rows(table_of(lake, "monitoring"), lambda: [rows], predicate=predicate)


def read_monitoring(lake: Lake) -> pl.DataFrame:
    """All that the monitors found, oldest statement month first."""
    return read_rows(table_of(lake, "monitoring"), lambda table: table.sort("statement_month", "monitored_at", "gate"))


def scan_table(lake: Lake, name: str) -> pl.LazyFrame:
    """A table's current rows, read when collected, for more than the functions above give; see `delta.scan_rows`."""
    return scan_rows(table_of(lake, name))


def collect_rows(lake: Lake, query: pl.LazyFrame) -> pl.DataFrame:
    """What a query over scanned tables gives, in memory. Raises `ServiceError` when one of them can't be read."""
    with delta_errors(lake.uri):
        return query.collect(engine="streaming")


def delete_client(lake: Lake, client_id: str) -> dict[str, int]:
    """How many rows of the client were deleted, by table; the older versions that held them are erased.

    One commit a table: after a crash, doing it again completes it. Tables are searched by the id's sha256, so that their
    logs, which keep what was searched, do not keep the id. `delta_commits.erase_history` says what readers may notice.
    """
    digest = hashlib.sha256(client_id.encode()).hexdigest()
    counts = {}
    for name in CLIENT_TABLES:
        counts[name] = delete_rows(table_of(lake, name), f"encode(sha256(client_id), 'hex') = '{digest}'")
        reach("client.deleted")
        erase_history(table_of(lake, name))
    return counts


def _quarantined(rejected: pl.DataFrame, batch_id: str) -> pl.DataFrame:
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


def _word(value: str) -> str:
    if not _WORD.fullmatch(value):
        raise InputError(
            "gate", found=repr(value[:80]), expected="a word of a-z and _", remedy="Use the gate's own name."
        )
    return value
