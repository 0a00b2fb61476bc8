"""Look up the rejected rows of a batch: how many broke which rule, and a copy of them to correct.

The checks write them to the quarantine table when a file is ingested or scored; `ingest --corrects` brings them back.
"""

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
    """A batch's rejected rows in the file's order, and how many broke each rule; a row may break several."""

    batch_id: str
    rows: pl.DataFrame = field(repr=False)
    rule_counts: dict[str, int]


def find_rejected(wiring: Wiring, batch_id: str) -> Rejected:
    """Return the batch's rejected rows; none where every row was accepted.

    Raises:
        InputError: There is no batch of that id.
    """
    rows = read_quarantine(wiring.lake, batch_id=batch_id)
    if rows.is_empty() and not read_entries(wiring.lake, batch_id=batch_id):
        raise InputError(
            f"batch {batch_id}",
            found="no batch of that id",
            expected="a batch that was scored or ingested",
            remedy="Copy the id from `predict` or `ingest`;"
            " no rows are kept of a file that was refused as a whole.",
        )
    counts = rows["rules"].explode().value_counts().iter_rows() if rows.height else ()
    return Rejected(batch_id, rows, {str(rule): int(count) for rule, count in counts})


def summarise_rejected(rejected: Rejected, *, out: Path | None) -> Summary:
    """Return how many rows broke each rule, and write a copy of the rows to `out` unless it is None.

    Raises:
        InputError: `out` has another ending than .csv or .parquet, or cannot be written to.
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
