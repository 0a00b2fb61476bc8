"""The tables of a lake: what each holds, and what a write creates, replaces or merges. The ledger has a home of its own.

A batch's rows go in as one commit, once under their key, so running twice, two runners at once or a crash at any point
leave one result. Call `write_quarantine` before `write_scores`: the scores are what says "done".
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator

import polars as pl

from credit_default.adapters.delta import (
    Frames,
    MergeCounts,
    Written,
    create_rows,
    delete_rows,
    erase_history,
    has_rows,
    merge_rows,
    read_rows,
    replace_rows,
    scan_rows,
)
from credit_default.adapters.delta_commits import Table
from credit_default.adapters.lake import Lake, check_hex, check_month
from credit_default.adapters.table_schemas import CLIENT_TABLES, INDEXED, SCORES_COLUMNS, TABLES, UNKNOWN_MONTH
from credit_default.errors import InputError

_WORD = re.compile(r"[a-z][a-z_ -]{0,40}")


def write_scores(lake: Lake, read: Frames, *, batch_id: str, model_version: int) -> Written:
    """What became of the scores of this batch and version: they go in once, in one commit, whoever else is at it.

    `read()` gives the scored frames, one record batch at a time; it is called again when the commit is tried again. An
    exception it raises comes out as it is, and nothing is committed. Raises `ServiceError` when the table refuses.
    """
    wanted = _batch(batch_id, model_version)
    return create_rows(_table(lake, "scores"), read, key=_scores_key(batch_id, model_version), predicate=wanted)


def has_scores(lake: Lake, *, batch_id: str, model_version: int) -> bool:
    """Whether this batch has been scored by this version: the sign that it is done."""
    return has_rows(_table(lake, "scores"), key=_scores_key(batch_id, model_version))


def read_scores(
    lake: Lake, *, batch_id: str, model_version: int | None = None, columns: tuple[str, ...] = SCORES_COLUMNS
) -> pl.DataFrame:
    """The batch's scores, of one version or of all; in no order; no rows when there are none."""
    wanted = pl.col("batch_id") == check_hex(batch_id, "batch_id")
    if model_version is not None:
        wanted &= pl.col("model_version") == int(model_version)
    return read_rows(_table(lake, "scores"), lambda table: table.filter(wanted).select(columns))


def write_quarantine(lake: Lake, read: Frames, *, batch_id: str) -> Written:
    """What became of the refused rows of this batch: they go in once, in one commit.

    `read()` gives the `rejected` frames of the checked batches. Which rows are refused depends on the file and the schema
    alone, so the key is the batch without a model version; the values as they came are kept as one JSON text.
    """
    key = check_hex(batch_id, "batch_id")

    def rows() -> Iterator[pl.DataFrame]:
        return (_quarantined(frame, key) for frame in read())

    return create_rows(_table(lake, "quarantine"), rows, key=f"quarantine {key}", predicate=f"batch_id = '{key}'")


def read_quarantine(lake: Lake, *, batch_id: str) -> pl.DataFrame:
    """The batch's refused rows in the file's order; no rows when there are none."""
    wanted = pl.col("batch_id") == check_hex(batch_id, "batch_id")
    return read_rows(_table(lake, "quarantine"), lambda table: table.filter(wanted).sort("line"))


def keep_observations(lake: Lake, outcomes: pl.DataFrame, *, batch_id: str, taken_in_at: dt.datetime) -> Written:
    """What became of a file's observations: all of them stand in the history from now on, once.

    Columns: client_id, statement_month, defaulted 0/1, observed_at UTC.
    """
    key = check_hex(batch_id, "batch_id")
    rows = outcomes.with_columns(batch_id=pl.lit(key), taken_in_at=pl.lit(taken_in_at).cast(pl.Datetime("us", "UTC")))
    return create_rows(
        _table(lake, "outcome_history"), lambda: [rows], key=f"outcomes {key}", predicate=f"batch_id = '{key}'"
    )


def merge_outcomes(lake: Lake, outcomes: pl.DataFrame) -> MergeCounts:
    """What the outcomes changed: one stands per (client_id, statement_month), the one observed last.

    Of two observed at the same instant a default wins. So the order in which files arrive changes nothing, and the same
    file twice changes nothing. Columns: client_id, statement_month, defaulted 0/1, observed_at UTC.
    """
    key = ["client_id", "statement_month"]
    newest = outcomes.sort("observed_at", "defaulted").unique(key, keep="last", maintain_order=True)
    if newest.is_empty():
        return MergeCounts(0, 0, 0)
    months = ", ".join(f"'{check_month(month)}'" for month in newest["statement_month"].unique().sort())
    return merge_rows(
        _table(lake, "outcomes"),
        newest,
        # the months stand here so that only their partitions are read
        match=f"old.statement_month IN ({months}) AND old.statement_month = new.statement_month "
        "AND old.client_id = new.client_id",
        update_when="new.observed_at > old.observed_at "
        "OR (new.observed_at = old.observed_at AND new.defaulted > old.defaulted)",
    )


def read_outcomes(lake: Lake, *, months: Iterable[str] | None = None) -> pl.DataFrame:
    """The outcomes known so far, of the months named or of all, by client and month."""
    wanted = pl.lit(value=True) if months is None else pl.col("statement_month").is_in(list(months))
    return read_rows(_table(lake, "outcomes"), lambda table: table.filter(wanted).sort("client_id", "statement_month"))


def write_monitoring(lake: Lake, rows: pl.DataFrame) -> int:
    """How many rows were written: what the monitors found, each in place of an earlier one of its batch, version and gate.

    Columns as in `MONITORING`; all rows are of one batch, version and gate.
    """
    batch_id, model_version, gate = rows.select("batch_id", "model_version", "gate").unique().row(0)
    predicate = f"{_batch(batch_id, model_version)} AND gate = '{_word(gate)}'"
    return replace_rows(_table(lake, "monitoring"), lambda: [rows], predicate=predicate)


def read_monitoring(lake: Lake) -> pl.DataFrame:
    """All that the monitors found, oldest statement month first."""
    return read_rows(_table(lake, "monitoring"), lambda table: table.sort("statement_month", "monitored_at", "gate"))


def delete_client(lake: Lake, client_id: str) -> dict[str, int]:
    """How many rows of this client were deleted from each table, for good: older versions of the tables are erased."""
    # by hash: what is deleted stands in the table's log until that is erased too
    named = hashlib.sha256(client_id.encode()).hexdigest()
    counts = {}
    for name in CLIENT_TABLES:
        table = _table(lake, name)
        counts[name] = delete_rows(table, f"encode(sha256(client_id), 'hex') = '{named}'")
        erase_history(table)
    return counts


def scan_table(lake: Lake, name: str) -> pl.LazyFrame:
    """A table's current rows, read when collected, for more than the functions above give; see `delta.scan_rows`."""
    return scan_rows(_table(lake, name))


def _table(lake: Lake, name: str) -> Table:
    indexed = tuple(column for column in INDEXED if column in TABLES[name].names)
    return Table(lake.table_uri(name), TABLES[name], options=lambda: lake.storage_options, indexed=indexed)


def _scores_key(batch_id: str, model_version: int) -> str:
    return f"scores {check_hex(batch_id, 'batch_id')} v{int(model_version)}"


def _quarantined(rejected: pl.DataFrame, batch_id: str) -> pl.DataFrame:
    own = ("line", "client_id", "statement_month", "rules")
    raw = [name for name in rejected.columns if name not in own] or ["line"]
    month = pl.col("statement_month").cast(pl.String)
    return rejected.select(
        pl.lit(batch_id).alias("batch_id"),
        pl.when(month.str.contains(r"^\d{4}-(0[1-9]|1[0-2])$")).then(month).otherwise(pl.lit(UNKNOWN_MONTH)),
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


def _batch(batch_id: str, model_version: int) -> str:
    return f"batch_id = '{check_hex(batch_id, 'batch_id')}' AND model_version = {int(model_version)}"
