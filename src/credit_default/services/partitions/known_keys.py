"""Which keys of other batches' scores a batch has too: of one frame, or of all partitions, each compared by a worker."""

from collections.abc import Sequence

import polars as pl

from credit_default.adapters.dask.task_runs import Cluster
from credit_default.data.checking.duplicate_keys import RepeatedKeys, hash_keys
from credit_default.data.checking.validation import separate_rows
from credit_default.services.partitions.file_partition import FilePartition
from credit_default.services.partitions.partition_check import PartitionedFile, RowCheck


def find_keys(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `known` whose hash, the column `key`, is that of a key among the rows."""
    return known.filter(pl.col("key").is_in(pl.Series(hash_keys(rows)).implode()))


def find_keys_in_partitions(
    cluster: Cluster, file: PartitionedFile, known: pl.DataFrame
) -> list[pl.DataFrame]:
    """Return what `find_keys` finds among the accepted rows of each partition.

    Raises:
        InputError: The file was written to since it was checked.
        ServiceError: As `Cluster.run_each`.
    """
    return cluster.run_each(find_partition_keys, file.partitions, file.check, file.repeated, known)


def find_partition_keys(
    partition: FilePartition, check: RowCheck, repeated: RepeatedKeys, known: pl.DataFrame
) -> pl.DataFrame:
    """Return what `find_keys` finds among the partition's accepted rows. A worker calls this."""
    batches = separate_rows(partition.read_rows(), rules=check.build_rules(), repeated=repeated)
    found: Sequence[pl.DataFrame] = [find_keys(batch.accepted, known) for batch in batches]
    return pl.concat([known.clear(), *found]).unique()
