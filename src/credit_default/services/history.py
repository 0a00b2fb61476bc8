"""What the lake knows of the batches before: how long they were, and which clients and months they brought."""

import json
from collections.abc import Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from credit_default.adapters.lake_tables import collect_rows, scan_table
from credit_default.adapters.ledger import read_entries
from credit_default.adapters.snapshots import Snapshot, has_snapshot, list_snapshots, read_rows
from credit_default.data.contract import KEY, STATEMENT_MONTH
from credit_default.errors import InputError
from credit_default.gates.quality import BatchHistory
from credit_default.services.wiring import Wiring

Hashes = npt.NDArray[np.uint64]

_NO_KEYS: Hashes = np.empty(0, dtype=np.uint64)


def find_family(wiring: Wiring, batch_id: str, *, but: str) -> tuple[Snapshot, ...]:
    """The batch and all that corrected it before, the batch `but` left out.

    Raises:
        InputError: nothing was kept under that id.
    """
    if not has_snapshot(wiring.lake, batch_id):
        raise InputError(
            f"--corrects {batch_id}", found="no such batch", expected="one that was scored or ingested",
            remedy="A file that was refused as a whole comes again without --corrects.",
        )  # fmt: skip
    known = (s for s in list_snapshots(wiring.lake) if s.digest != but)
    return tuple(s for s in known if batch_id in {s.digest, s.origin.corrects})


def list_known_keys(family: Sequence[Snapshot]) -> Hashes:
    """The (client_id, statement_month) that these snapshots hold, as hashes good for this process."""
    return np.concatenate([_NO_KEYS, *(hash_keys(rows) for s in family for rows in read_rows(s, columns=KEY))])


def recall_row_counts(wiring: Wiring) -> dict[str, int]:
    """How many rows each batch had that was scored before, by its id, the oldest first; corrections left out."""
    lengths: dict[str, int] = {}
    for entry in read_entries(wiring.lake):
        if entry.event == "scored":
            details = json.loads(entry.details)
            if details["schema"] == wiring.schema.name and not details["corrects"]:
                lengths.setdefault(entry.batch_id, int(details["read_count"]))
    return lengths


def hash_keys(rows: pl.DataFrame) -> Hashes:
    """One number a row's key, the same wherever the key stands in this process; row order."""
    return np.array(rows.select(*KEY).to_struct("key").hash(), dtype=np.uint64)


def count_known_rows(
    wiring: Wiring, frames: Iterable[pl.DataFrame], *, months: Sequence[str], own: Collection[str]
) -> BatchHistory:
    """How many of the rows are of clients and months that batches other than its `own` were scored for, and which."""
    scores = scan_table(wiring.lake, "scores").filter(pl.col(STATEMENT_MONTH).is_in(list(months)))
    found = collect_rows(wiring.lake, scores.select("batch_id").unique())["batch_id"].sort()
    others = [batch for batch in found if batch not in own]
    if not others:
        return BatchHistory()
    keys = scores.filter(pl.col("batch_id").is_in(others)).select(pl.struct(*KEY).hash().alias("key")).unique()
    known = collect_rows(wiring.lake, keys)["key"].to_numpy()
    return BatchHistory((), sum(int(np.isin(hash_keys(rows), known).sum()) for rows in frames), tuple(others))
