"""Look up earlier batches in the lake: how many rows they had, and which clients and months.

The quality gate compares a new batch with these, and a correction is compared with the batch that it corrects.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
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
from credit_default.data.checking.duplicate_keys import Hashes, hash_keys
from credit_default.data.contract.schema import KEY, STATEMENT_MONTH
from credit_default.errors import InputError
from credit_default.gates.ledger.batch_events import Scored
from credit_default.gates.ledger.event_format import RecordedEvent, select_events
from credit_default.gates.quality import BatchHistory
from credit_default.services.context.wiring import Wiring, require_same_portfolio
from credit_default.services.partitions.engine import find_engine
from credit_default.services.partitions.known_keys import find_keys, find_keys_in_partitions
from credit_default.services.partitions.partition_check import PartitionedFile

_NO_KEYS: Hashes = np.empty(0, dtype=np.uint64)


def find_corrected_batch(wiring: Wiring, batch_id: str) -> str:
    """Return the batch that a correction of `batch_id` belongs to: that batch, or the one which it corrects itself.

    Raises:
        InputError: The lake has no such batch.
        SetupError: The batch is of another portfolio.
    """
    if not has_snapshot(wiring.lake, check_hex(batch_id, "--corrects")):
        raise InputError(
            f"--corrects {batch_id}",
            found="no such batch",
            expected="one that was scored or ingested",
            remedy="For a file that was refused as a whole, leave --corrects out.",
        )
    origin = read_snapshot(wiring.lake, batch_id).origin
    require_same_portfolio(wiring.schema, origin.schema_name, thing=f"--corrects {batch_id}")
    return origin.corrects or batch_id


def list_related_snapshots(wiring: Wiring, root: str, *, excluding: str) -> tuple[Snapshot, ...]:
    """Return the snapshots of the batch `root` and of its earlier corrections, without the batch `excluding`."""
    known = (s for s in list_snapshots(wiring.lake) if s.digest != excluding)
    return tuple(s for s in known if root in {s.digest, s.origin.corrects})


def list_known_keys(family: Sequence[Snapshot]) -> Hashes:
    """Return the (client_id, statement_month) that these snapshots hold, as hashes that are good within this process."""
    frames = (rows for s in family for rows in read_snapshot_rows(s, columns=KEY))
    return np.concatenate([_NO_KEYS, *(hash_keys(rows) for rows in frames)])


def read_batch_row_counts(wiring: Wiring) -> dict[str, int]:
    """Return how many rows each scored batch had, by batch_id, oldest first; corrections are left out."""
    return {
        scoring.entry.batch_id: scoring.event.read_count for scoring in list_first_scorings(wiring)
    }


def list_first_scorings(wiring: Wiring) -> tuple[RecordedEvent[Scored], ...]:
    """Return each batch's first scoring, oldest first, for this portfolio; corrections are left out."""
    first: dict[str, RecordedEvent[Scored]] = {}
    for scoring in select_events(read_entries(wiring.lake, events=(Scored.name,)), Scored):
        if scoring.event.schema_name == wiring.schema.name and not scoring.event.corrects:
            first.setdefault(scoring.entry.batch_id, scoring)
    return tuple(first.values())


def count_already_scored_rows(
    wiring: Wiring,
    frames: Iterable[pl.DataFrame],
    *,
    months: Sequence[str],
    own_ids: Collection[str],
    partitions: PartitionedFile | None = None,
) -> BatchHistory:
    """Count the keys among these rows that other batches were scored for, and name those batches.

    Args:
        wiring: The lake.
        frames: Checked rows.
        months: The statement months that they hold.
        own_ids: The ids of the batch itself and of those it corrects, which do not count.
        partitions: The same rows in partitions, for the workers of the open cluster.
    """
    scores = scan_table(wiring.lake, "scores").filter(pl.col(STATEMENT_MONTH).is_in(list(months)))
    batches = collect_rows(wiring.lake, scores.select("batch_id").unique())["batch_id"]
    others = sorted(set(batches) - set(own_ids))
    if not others:
        return BatchHistory()
    known = _read_scored_keys(wiring, scores.filter(pl.col("batch_id").is_in(others)))
    if partitions is not None and (cluster := find_engine(wiring)) is not None:
        found = pl.concat(find_keys_in_partitions(cluster, partitions, known))
    else:
        found = pl.concat([find_keys(rows, known) for rows in frames])
    return BatchHistory((), found["key"].n_unique(), tuple(found["batch_id"].unique().sort()))


def _read_scored_keys(wiring: Wiring, scores: pl.LazyFrame) -> pl.DataFrame:
    """Return `batch_id` and the hash `key` of each client and month among the scores, once a batch, sorted by hash."""
    keys = scores.select("batch_id", pl.struct(*KEY).hash().alias("key"))
    return collect_rows(wiring.lake, keys.unique()).sort("key")
