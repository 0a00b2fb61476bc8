"""The index of all scored batches: a line for each batch and model version, with its light. It holds no client.

The light of a batch is the worst level of the gates that judged it. What the retraining gate says is about the model, and
is left out.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.batch_commits import count_scored, list_scored_batches
from credit_default.data.contract.schema import STATEMENT_MONTH
from credit_default.errors import InputError
from credit_default.gates.monitoring import retraining
from credit_default.services.batches.kept_months import keep_months
from credit_default.services.batches.kept_values import keep_value

TABLES: Final = ("scores", "monitoring")
NOT_MONITORED: Final = "not monitored"
# From the worst to the best.
LIGHTS: Final = ("alarm", "watch", "ok", "not judged", NOT_MONITORED)
_KEYS: Final = ("batch_id", "model_version")


@dataclass(frozen=True, slots=True)
class BatchKey:
    """A scored batch as one model version scored it: what names it, how many rows it has, and its light."""

    batch_id: str
    model_version: int
    statement_month: str  # YYYY-MM; the newest of its months
    row_count: int
    light: str  # one of LIGHTS
    scored_at: str  # ISO 8601, UTC, to the minute


def read_batch_index(lake: Lake) -> pl.DataFrame:
    """Return one row for each scored batch and model version, the newest first.

    Columns: batch_id, model_version, statement_month, row_count, scored_at, light, raised (the gates whose level is watch or
    alarm). It is kept until another batch is scored or monitored, and then only that batch's month is read.
    """
    return keep_value(lambda: _build_index(lake), name="batch index", lake=lake, tables=TABLES)


def find_batch_keys(lake: Lake, batch_id: str) -> tuple[BatchKey, ...]:
    """Return the batch as each version scored it, the last one first.

    Raises:
        InputError: Nothing was scored under that id.
    """
    found = read_batch_index(lake).filter(batch_id=batch_id).sort("scored_at", descending=True)
    if found.is_empty():
        raise InputError(
            f"batch {batch_id[:64]}",
            found="no scores",
            expected="a batch that was scored",
            remedy="The page Batches lists them; a file that was refused as a whole has none.",
        )
    return tuple(build_key(row) for row in found.iter_rows(named=True))


def build_key(row: dict[str, object]) -> BatchKey:
    """Return a row of the index as a value."""
    return BatchKey(
        str(row["batch_id"]),
        int(str(row["model_version"])),
        str(row["statement_month"]),
        int(str(row["row_count"])),
        str(row["light"]),
        f"{row['scored_at']:%Y-%m-%d %H:%M}",
    )


def _build_index(lake: Lake) -> pl.DataFrame:
    lights = pl.Enum(LIGHTS)
    judged = keep_months(_select_levels, name="levels", lake=lake, table="monitoring")
    by_batch = judged.group_by(*_KEYS).agg(
        light=pl.col("level").cast(lights).min(),
        raised=pl.col("gate").filter(pl.col("level").is_in(["alarm", "watch"])).unique().sort(),
    )
    return (
        list_scored_batches(
            lake,
            lambda months: keep_months(
                count_scored, name="scored", lake=lake, table="scores", months=months
            ),
        )
        .cast({"batch_id": pl.String, "model_version": pl.Int64, "row_count": pl.Int64})
        .join(by_batch, on=list(_KEYS), how="left")
        .with_columns(
            pl.col("light").fill_null(NOT_MONITORED),
            pl.col("raised").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        )
        .sort("statement_month", "scored_at", "batch_id", descending=True)
    )


def _select_levels(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.filter(pl.col("gate") != retraining.GATE).select(
        STATEMENT_MONTH, *_KEYS, "gate", level=pl.col("level").replace("refused", "alarm")
    )
