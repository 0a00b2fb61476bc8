"""What the lake knows of the batches before: how long they were, and which clients and months they brought."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from credit_default.adapters.lake.layout import check_hex
from credit_default.adapters.lake.snapshots import (
    Snapshot,
    has_snapshot,
    list_snapshots,
    read_snapshot,
    read_snapshot_rows,
)
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY, STATEMENT_MONTH
from credit_default.errors import InputError
from credit_default.gates.ledger.batch_events import Scored
from credit_default.gates.ledger.event_format import RecordedEvent, select_events
from credit_default.gates.quality import BatchHistory
from credit_default.services.context.wiring import Wiring, require_same_portfolio

Hashes = npt.NDArray[np.uint64]

_NO_KEYS: Hashes = np.empty(0, dtype=np.uint64)


def find_corrected_batch(wiring: Wiring, batch_id: str) -> str:
    """The batch that a correction of `batch_id` belongs to: itself, or what it corrects in its turn.

    Raises:
        InputError: nothing was kept under that id, or by another portfolio.
    """
    if not has_snapshot(wiring.lake, check_hex(batch_id, "--corrects")):
        raise InputError(
            f"--corrects {batch_id}",
            found="no such batch",
            expected="one that was scored or ingested",
            remedy="A file that was refused as a whole comes again without --corrects.",
        )
    origin = read_snapshot(wiring.lake, batch_id).origin
    require_same_portfolio(wiring.schema, origin.schema_name, thing=f"--corrects {batch_id}")
    return origin.corrects or batch_id


def list_related_snapshots(wiring: Wiring, root: str, *, but: str) -> tuple[Snapshot, ...]:
    """The batch and all that corrected it before, the batch `but` left out."""
    known = (s for s in list_snapshots(wiring.lake) if s.digest != but)
    return tuple(s for s in known if root in {s.digest, s.origin.corrects})


def list_known_keys(family: Sequence[Snapshot]) -> Hashes:
    """The (client_id, statement_month) that these snapshots hold, as hashes good for this process."""
    return np.concatenate(
        [
            _NO_KEYS,
            *(
                hash_keys_in_process(rows)
                for s in family
                for rows in read_snapshot_rows(s, columns=KEY)
            ),
        ]
    )


def read_batch_row_counts(wiring: Wiring) -> dict[str, int]:
    """How many rows each batch had that was scored before, by its id, the oldest first; corrections left out."""
    return {
        scoring.entry.batch_id: scoring.event.read_count for scoring in list_first_scorings(wiring)
    }


def list_first_scorings(wiring: Wiring) -> tuple[RecordedEvent[Scored], ...]:
    """The first scoring of each batch of this portfolio, the oldest first; corrections left out."""
    first: dict[str, RecordedEvent[Scored]] = {}
    for scoring in select_events(read_entries(wiring.lake), Scored):
        if scoring.event.schema_name == wiring.schema.name and not scoring.event.corrects:
            first.setdefault(scoring.entry.batch_id, scoring)
    return tuple(first.values())


def hash_keys_in_process(rows: pl.DataFrame) -> Hashes:
    """One number a row's key, the same wherever the key stands in this process; row order."""
    return np.array(rows.select(*KEY).to_struct("key").hash(), dtype=np.uint64)


def count_already_scored_rows(
    wiring: Wiring, frames: Iterable[pl.DataFrame], *, months: Sequence[str], own: Collection[str]
) -> BatchHistory:
    """How many of the rows are of clients and months that batches other than its `own` were scored for, and which."""
    scores = scan_table(wiring.lake, "scores").filter(pl.col(STATEMENT_MONTH).is_in(list(months)))
    batches = collect_rows(wiring.lake, scores.select("batch_id").unique())["batch_id"].sort()
    others = [batch for batch in batches if batch not in own]
    if not others:
        return BatchHistory()
    keys = scores.filter(pl.col("batch_id").is_in(others)).select(
        "batch_id", pl.struct(*KEY).hash().alias("key")
    )
    known = collect_rows(wiring.lake, keys.unique()).sort("key")
    brought = [
        known.filter(pl.col("key").is_in(pl.Series(hash_keys_in_process(rows)).implode()))
        for rows in frames
    ]
    found = pl.concat(brought)
    return BatchHistory((), found["key"].n_unique(), tuple(found["batch_id"].unique().sort()))
