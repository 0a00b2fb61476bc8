"""Pass two over a batch in partitions: workers write accepted rows as parts of a snapshot, and rejected ones for quarantine.

What they write is in the lake when they are done, and seen by no reader: the run that they work for commits all of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from credit_default.adapters.dask.task_runs import Cluster
from credit_default.adapters.delta.part_files import PartFile
from credit_default.adapters.lake.layout import Lake, open_lake
from credit_default.adapters.lake.row_files import write_row_file
from credit_default.adapters.lake.snapshot_parts import SnapshotPart, store_rows
from credit_default.adapters.tables.quarantine import build_quarantine_rows
from credit_default.adapters.tables.worker_files import open_part_files, store_part_files
from credit_default.data.checking.duplicate_keys import Hashes, RepeatedKeys, hash_keys
from credit_default.data.checking.validation import separate_rows
from credit_default.errors import InputError
from credit_default.services.partitions.file_partition import FilePartition
from credit_default.services.partitions.partition_check import PartitionedFile, RowCheck


@dataclass(frozen=True, slots=True)
class LakeAddress:
    """Where a worker finds the lake; it opens its own connection."""

    uri: str
    home: str  # the setting: for a lake in a bucket, where the worker keeps its scratch files

    def open(self) -> Lake:
        """Return the lake."""
        return open_lake(self.uri, home=Path(self.home))


@dataclass(frozen=True, slots=True)
class KeepTask:
    """What a worker must know to keep the rows of a partition.

    Attributes:
        lake: The lake.
        batch_id: The batch.
        run: Names the run's files.
        check: How rows are checked.
        repeated: The keys that are in several rows.
        known: The keys of rows that a correction leaves out; None for any other batch.
    """

    lake: LakeAddress
    batch_id: str
    run: str
    check: RowCheck
    repeated: RepeatedKeys = field(repr=False)
    known: Hashes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class KeptPartition:
    """What a worker wrote of one partition."""

    rows: SnapshotPart | None  # None where no row was accepted
    rejected: tuple[PartFile, ...]
    accepted_count: int  # those that a correction leaves out included
    rejected_count: int


@dataclass(frozen=True, slots=True)
class KeptRows:
    """What the workers wrote of a batch, in the order of its rows."""

    rows: tuple[SnapshotPart, ...]
    rejected: tuple[PartFile, ...]


def keep_partitions(
    cluster: Cluster, file: PartitionedFile, task: KeepTask, *, accepted_count: int
) -> KeptRows:
    """Let the workers write all rows of a batch, and return what they wrote.

    Args:
        cluster: The workers.
        file: The batch.
        task: What they must know.
        accepted_count: How many rows pass one accepted.

    Raises:
        InputError: The batch is no longer the one that pass one read.
        ServiceError: As `Cluster.run_each`.
    """
    kept = cluster.run_each(keep_partition, file.partitions, task)
    found = sum(part.accepted_count for part in kept)
    if found != accepted_count:
        raise InputError(
            "the file",
            found=f"{found:,} accepted rows the second time",
            expected=f"{accepted_count:,}, as the first time",
            remedy="The file is being written to: wait until that is done, then run again.",
        )
    return KeptRows(
        tuple(part.rows for part in kept if part.rows is not None),
        tuple(written for part in kept for written in part.rejected),
    )


def keep_partition(partition: FilePartition, task: KeepTask) -> KeptPartition:
    """Write the partition's rows, and return what was written. A worker calls this."""
    lake = task.lake.open()
    counts = {"accepted": 0, "rejected": 0}
    with lake.scratch() as folder:
        (rejected_folder := folder / "rejected").mkdir()
        name = f"{partition.place}-{task.run}"
        rejected = open_part_files(lake, "quarantine", rejected_folder, name=name)

        def accept() -> Iterator[pl.DataFrame]:
            batches = partition.read_rows()
            rules = task.check.build_rules()
            for batch in separate_rows(batches, rules=rules, repeated=task.repeated):
                counts["accepted"] += batch.accepted.height
                counts["rejected"] += batch.rejected.height
                if batch.rejected.height:
                    rejected.write(build_quarantine_rows(batch.rejected, task.batch_id))
                rows = _leave_out_known(batch.accepted, task.known)
                if rows.height:
                    yield rows

        path = folder / "rows.parquet"
        row_count = write_row_file(accept(), path, minimum_row_count=0)
        part = None
        if row_count:
            part = SnapshotPart(store_rows(lake.storage, path, task.batch_id), row_count)
        return KeptPartition(
            part,
            store_part_files(lake, "quarantine", rejected),
            counts["accepted"],
            counts["rejected"],
        )


def _leave_out_known(rows: pl.DataFrame, known: Hashes | None) -> pl.DataFrame:
    if known is None:
        return rows
    return rows.filter(~pl.Series(np.isin(hash_keys(rows), known)))
