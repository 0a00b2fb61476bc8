"""The rows of a batch that were refused: how many broke which rule, and a copy of them to correct."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from credit_default.adapters.files.table_export import write_table
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.errors import InputError
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary


@dataclass(frozen=True, slots=True, eq=False)
class Rejected:
    """A batch's rejected rows in the file's order, and the rows that broke each rule; a row may break several."""

    batch_id: str
    rows: pl.DataFrame = field(repr=False)
    rule_counts: dict[str, int]


def find_rejected(wiring: Wiring, batch_id: str) -> Rejected:
    """The batch's rejected rows; none where every row was accepted.

    Raises:
        InputError: nothing was kept under that id.
    """
    rows = read_quarantine(wiring.lake, batch_id=batch_id)
    if rows.is_empty() and batch_id not in {entry.batch_id for entry in read_entries(wiring.lake)}:
        raise InputError(
            f"batch {batch_id}",
            found="nothing kept under that id",
            expected="a batch that was scored or ingested",
            remedy="Copy the id from `predict` or `ingest`; a file that was refused as a whole keeps no rows.",
        )
    counts = rows["rules"].explode().value_counts().iter_rows() if rows.height else ()
    return Rejected(batch_id, rows, {str(rule): int(count) for rule, count in counts})


def summarise_rejected(rejected: Rejected, *, out: Path | None) -> Summary:
    """How many rows broke each rule, after a copy of the rows was written to `out` where one was asked for.

    Raises:
        InputError: `out` has another ending than .csv or .parquet, or can't be written to.
    """
    if out is not None:
        write_table(rejected.rows, out)
    return Summary(
        "quarantine",
        f"{rejected.rows.height:,} rows rejected",
        batch_id=rejected.batch_id,
        counts={"rejected": rejected.rows.height, **rejected.rule_counts},
        paths={"handed over": str(out)} if out else {},
    )
