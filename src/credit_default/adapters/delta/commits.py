"""Write rows into a Delta table: one commit a call, made once, whatever crashes, races or gets lost on the way.

Every commit carries a token of the call that made it, so that a commit whose reply was lost is recognised as our own, and
an application transaction. `create_rows` uses the key that may be written only once; the others use a counter. deltalake
refuses a commit when another one with the same transaction came in between. Deleting is in `erasure`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from credit_default.adapters.delta.plain_addresses import add_partitions
from credit_default.adapters.delta.retries import (
    DEFAULT_RETRY,
    RetryPolicy,
    build_commit_properties,
    commit_once,
)
from credit_default.adapters.delta.row_stream import (
    Frames,
    RowStream,
    build_writer_properties,
    to_arrow,
)
from credit_default.adapters.delta.table import LakeTable

__all__ = [
    "Frames",
    "MergeCounts",
    "Written",
    "append_row",
    "compact_rows",
    "create_rows",
    "merge_rows",
    "replace_rows",
]

# deltalake puts a commit behind the commits of others that touched neither its rows nor its key, so that runners with
# batches of their own need not score them again. Commits that did touch them are conflicts: the attempt starts again.
REBASE_COUNT = 100


@dataclass(frozen=True, slots=True)
class Written:
    """The result of `create_rows`.

    Attributes:
        row_count: How many rows were put in; 0 where the key existed.
        already_existed: True when the key had been committed before.
    """

    row_count: int
    already_existed: bool


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """How many rows a merge inserted, updated, or left as they were."""

    inserted_count: int
    updated_count: int
    unchanged_count: int


def create_rows(
    table: LakeTable, read: Frames, *, key: str, predicate: str, retry: RetryPolicy = DEFAULT_RETRY
) -> Written:
    """Put in the rows of a key, in one commit, unless that has been done before.

    Whether the key exists is checked on the version that the commit follows: a runner that was delayed before its commit
    changes nothing when it continues after another runner's commit.

    Args:
        table: The table; it is created where it does not exist.
        read: Returns the rows as frames, one record batch at a time, and is called again when the commit is tried again.
            What it raises reaches the caller as it is, and nothing is committed. It must not read a Delta table: it runs
            inside deltalake's own stream.
        key: What may be written only once.
        predicate: SQL; rows that match it but were committed without the key, as in an older lake, are replaced.
        retry: How often the commit is tried when another runner commits to the same rows.

    Raises:
        ServiceError: The table cannot be reached, or another runner was faster each time.
    """
    stream = RowStream(read, table)

    def write(delta: DeltaTable, token: str) -> Written:
        if delta.transaction_version(key) is not None:
            return Written(0, already_existed=True)
        properties = build_commit_properties(token, {key: 1}, rebase_count=REBASE_COUNT)
        stream.overwrite(delta, predicate, properties)
        return Written(stream.row_count, already_existed=False)

    return commit_once(
        table,
        write,
        recover_result=lambda _: Written(stream.row_count, already_existed=False),
        retry=retry,
    )


def replace_rows(
    table: LakeTable, read: Frames, *, predicate: str, retry: RetryPolicy = DEFAULT_RETRY
) -> int:
    """Replace all rows that match `predicate`, in one commit, and return how many rows were put in.

    The last writer wins. Arguments and errors are those of `create_rows`.
    """
    stream = RowStream(read, table)
    name = f"replaced: {predicate}"

    def write(delta: DeltaTable, token: str) -> int:
        count = (delta.transaction_version(name) or 0) + 1
        properties = build_commit_properties(token, {name: count}, rebase_count=REBASE_COUNT)
        stream.overwrite(delta, predicate, properties)
        return stream.row_count

    return commit_once(table, write, recover_result=lambda _: stream.row_count, retry=retry)


def merge_rows(
    table: LakeTable,
    frame: pl.DataFrame,
    *,
    match: str,
    update_when: str,
    key: str | None = None,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> MergeCounts:
    """Merge the frame into the table in one commit: update rows that match, insert the others.

    Args:
        table: The table; it is created where it does not exist.
        frame: The new rows.
        match: SQL over `old` (the table) and `new` (the frame) that says which rows belong together.
        update_when: SQL over both that says which of those are updated.
        key: With a key the merge is done only once: afterwards it changes nothing.
        retry: How often the commit is tried when another runner commits to the same rows.

    Raises:
        ServiceError: The table cannot be reached, or another runner was faster each time.
    """
    source = to_arrow(frame, table.schema)

    def read_counts(metrics: Mapping[str, Any]) -> MergeCounts:
        inserted = int(metrics["num_target_rows_inserted"])
        updated = int(metrics["num_target_rows_updated"])
        return MergeCounts(inserted, updated, frame.height - inserted - updated)

    def write(delta: DeltaTable, token: str) -> MergeCounts:
        if key is not None and delta.transaction_version(key) is not None:
            return MergeCounts(0, 0, frame.height)
        add_partitions(table.uri, table.partition_by, source)
        merge = delta.merge(
            source,
            predicate=match,
            source_alias="new",
            target_alias="old",
            commit_properties=build_commit_properties(token, {} if key is None else {key: 1}),
        )
        merge.when_matched_update_all(predicate=update_when).when_not_matched_insert_all()
        return read_counts(merge.execute())

    return commit_once(
        table,
        write,
        recover_result=lambda commit: read_counts(commit["operationMetrics"]),
        retry=retry,
    )


def append_row(
    table: LakeTable,
    build: Callable[[DeltaTable], tuple[pa.Table, Mapping[str, int]] | None],
    *,
    retry: RetryPolicy,
) -> None:
    """Append a row that depends on the version of the table that it follows.

    Args:
        table: The table; it is created where it does not exist.
        build: Makes the row, and the application transactions by which it can be found, from the opened version. Returns
            None when there is nothing to append. A commit in between is a conflict, and `build` is called again.
        retry: How often that is done.

    Raises:
        ServiceError: The table cannot be reached, or another runner was faster each time.
    """

    def write(delta: DeltaTable, token: str) -> None:
        if (built := build(delta)) is not None:
            row, numbers = built
            add_partitions(table.uri, table.partition_by, row)
            properties = build_commit_properties(token, numbers)
            write_deltalake(delta, row, mode="append", commit_properties=properties)

    commit_once(table, write, recover_result=lambda _: None, retry=retry)


def compact_rows(table: LakeTable, *, retry: RetryPolicy, partition: str | None = None) -> int:
    """Rewrite the table's small files as one file for each partition, with the same rows; return how many were merged.

    Deleted rows are in none of the new files, and the merged ones stay on the disk until `upkeep` or `erasure` removes them.

    Args:
        table: The table.
        retry: How often the commit is tried.
        partition: The value of the one partition that is rewritten; all of them when None.

    Raises:
        ServiceError: The table cannot be reached, or another runner was faster each time.
    """
    own = None if partition is None else [(table.partition_by, "=", partition)]

    def read_count(metrics: Mapping[str, Any]) -> int:
        return int(metrics.get("numFilesRemoved") or 0)

    def write(delta: DeltaTable, token: str) -> int:
        properties = build_commit_properties(token, {})
        return read_count(
            delta.optimize.compact(
                partition_filters=own,
                max_concurrent_tasks=1,  # one file is in memory at a time
                writer_properties=build_writer_properties(table.schema),
                commit_properties=properties,
            )
        )

    return commit_once(
        table,
        write,
        recover_result=lambda commit: read_count(commit.get("operationMetrics", {})),
        retry=retry,
    )
