"""The tables of a lake: scores, quarantine, outcomes, monitoring; what each holds, and what a write replaces.

A batch's rows go in as one commit that replaces what stood under the same key, so running twice, two runners at once or a
crash at any point leave one result. Call `write_quarantine` before `write_scores`: the scores are what says "done".
"""

import re
from collections.abc import Iterable, Iterator

import polars as pl
import pyarrow as pa

from credit_default.adapters.delta import Frames, MergeCounts, Table, merge_rows, read_rows, replace_rows, scan_rows
from credit_default.adapters.lake import Lake, check_hex, check_month
from credit_default.errors import InputError

_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.field("element", pa.string()))

SCORES = pa.schema(
    [
        ("client_id", pa.string()),
        ("statement_month", pa.string()),
        ("default_probability", pa.float64()),
        ("decision", pa.string()),
        ("risk_band", pa.string()),
        ("reasons", _TEXTS),
        ("model_version", pa.int64()),
        ("batch_id", pa.string()),
        ("scored_at", _TIME),
    ]
)
QUARANTINE = pa.schema(
    [
        ("batch_id", pa.string()),
        ("statement_month", pa.string()),  # "unknown" where the row has no readable month
        ("line", pa.int64()),  # in the file; the header is line 1
        ("client_id", pa.string()),
        ("rules", _TEXTS),
        ("raw_values", pa.string()),  # the row as it came, a JSON object of texts
    ]
)
OUTCOMES = pa.schema(
    [
        ("client_id", pa.string()),
        ("statement_month", pa.string()),
        ("defaulted", pa.int64()),
        ("observed_at", _TIME),
    ]
)
MONITORING = pa.schema(
    [
        ("batch_id", pa.string()),
        ("model_version", pa.int64()),
        ("statement_month", pa.string()),
        ("gate", pa.string()),
        ("level", pa.string()),
        ("reasons", _TEXTS),
        ("figures", pa.string()),  # a JSON object of numbers
        ("row_count", pa.int64()),
        ("data_origin", pa.string()),
        ("report_path", pa.string()),
        ("monitored_at", _TIME),
    ]
)
TABLES = {"scores": SCORES, "quarantine": QUARANTINE, "outcomes": OUTCOMES, "monitoring": MONITORING}
SCORES_COLUMNS = tuple(SCORES.names)
UNKNOWN_MONTH = "unknown"
_WORD = re.compile(r"[a-z][a-z_ -]{0,40}")


def write_scores(lake: Lake, read: Frames, *, batch_id: str, model_version: int) -> int:
    """How many rows now stand under this batch and version, in place of all that stood there before, in one commit.

    `read()` gives the scored frames, one record batch at a time; it is called again when the commit is tried again. An
    exception it raises comes out as it is, and nothing is committed. Raises `ServiceError` when the table refuses.
    """
    return replace_rows(_table(lake, "scores"), read, predicate=_batch(batch_id, model_version))


def has_scores(lake: Lake, *, batch_id: str, model_version: int) -> bool:
    """Whether this batch has been scored by this version: the sign that it is done."""
    wanted = (pl.col("batch_id") == check_hex(batch_id, "batch_id")) & (pl.col("model_version") == int(model_version))
    return not read_rows(
        _table(lake, "scores"), lambda table: table.filter(wanted).select("batch_id").head(1)
    ).is_empty()


def read_scores(
    lake: Lake, *, batch_id: str, model_version: int | None = None, columns: tuple[str, ...] = SCORES_COLUMNS
) -> pl.DataFrame:
    """The batch's scores, of one version or of all; in no order; no rows when there are none."""
    wanted = pl.col("batch_id") == check_hex(batch_id, "batch_id")
    if model_version is not None:
        wanted &= pl.col("model_version") == int(model_version)
    return read_rows(_table(lake, "scores"), lambda table: table.filter(wanted).select(columns))


def write_quarantine(lake: Lake, read: Frames, *, batch_id: str) -> int:
    """How many refused rows now stand under this batch, in place of all that stood there before, in one commit.

    `read()` gives the `rejected` frames of the checked batches. Which rows are refused depends on the file and the schema
    alone, so the key is the batch without a model version; the values as they came are kept as one JSON text.
    """
    key = check_hex(batch_id, "batch_id")

    def rows() -> Iterator[pl.DataFrame]:
        return (_quarantined(frame, key) for frame in read())

    return replace_rows(_table(lake, "quarantine"), rows, predicate=f"batch_id = '{key}'")


def read_quarantine(lake: Lake, *, batch_id: str) -> pl.DataFrame:
    """The batch's refused rows in the file's order; no rows when there are none."""
    wanted = pl.col("batch_id") == check_hex(batch_id, "batch_id")
    return read_rows(_table(lake, "quarantine"), lambda table: table.filter(wanted).sort("line"))


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


def scan_table(lake: Lake, name: str) -> pl.LazyFrame:
    """A table's current rows, read when collected, for more than the functions above give; see `delta.scan_rows`."""
    return scan_rows(_table(lake, name))


def _table(lake: Lake, name: str) -> Table:
    return Table(lake.table_uri(name), TABLES[name], storage_options=lake.storage_options)


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
