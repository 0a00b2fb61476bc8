"""How rows get into a Delta table, and out of it: one commit each, made once, whatever crashes, races or is lost on the way.

Every commit carries a token of the call that made it, so that a reply which is lost after the commit is recognised as our
own success, and an application transaction: `create_rows` names the key that may be written once for ever, the others a
count. deltalake refuses a commit when another one of the same transaction came in between.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    WriterProperties,
    write_deltalake,
)

from credit_default.adapters.delta.errors import DELTA_EXCEPTIONS, delta_errors
from credit_default.adapters.delta.retries import (
    DEFAULT_RETRY,
    RetryPolicy,
    StreamFailedError,
    build_commit_properties,
    commit_once,
)
from credit_default.adapters.delta.table import LakeTable, find_delta_table
from credit_default.failpoints import hit_failpoint

Frames = Callable[[], Iterable[pl.DataFrame]]  # called anew for each attempt

# deltalake puts a commit after those of others that touched neither its rows nor its key, so that runners with batches
# of their own need not score them again. Those that did touch them are conflicts, and begin anew here.
_REBASE_COUNT = 100
_GROUP_ROWS = 131_072
_HIGH_CARDINALITY_COLUMNS = ("client_id", "default_probability")


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows a commit put in; none, and `was_there`, when the key had been committed before."""

    row_count: int
    was_there: bool


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """How many rows a merge put in, replaced, or left as they were."""

    inserted_count: int
    updated_count: int
    unchanged_count: int


def create_rows(
    table: LakeTable, read: Frames, *, key: str, predicate: str, retry: RetryPolicy = DEFAULT_RETRY
) -> Written:
    """How many rows were put in under `key`, once for ever, in one commit; `was_there` when that had been done before.

    Whether the key is there is judged on the version that the commit follows: a runner that was held up before its
    commit changes nothing when it wakes up after another's. Rows that answer to `predicate` without the key (of an older
    lake) are replaced.

    `read()` gives frames, one record batch at a time, and is called again when the commit is tried again. An exception
    that it raises comes out as it is, and nothing is committed. It must not read a Delta table itself: it runs inside
    deltalake's own stream. Raises `ServiceError` when the table refuses.
    """
    stream = _Stream(read, table.schema)

    def write(delta: DeltaTable, token: str) -> Written:
        if delta.transaction_version(key) is not None:
            return Written(0, was_there=True)
        stream.overwrite(
            delta, predicate, build_commit_properties(token, {key: 1}, rebase_count=_REBASE_COUNT)
        )
        return Written(stream.row_count, was_there=False)

    return commit_once(
        table, write, own=lambda _: Written(stream.row_count, was_there=False), retry=retry
    )


def replace_rows(
    table: LakeTable, read: Frames, *, predicate: str, retry: RetryPolicy = DEFAULT_RETRY
) -> int:
    """How many rows now answer to `predicate`, in place of all that did before, in one commit; the last writer wins.

    `read` and errors are as in `create_rows`.
    """
    stream = _Stream(read, table.schema)
    name = f"replaced: {predicate}"

    def write(delta: DeltaTable, token: str) -> int:
        count = (delta.transaction_version(name) or 0) + 1
        stream.overwrite(
            delta,
            predicate,
            build_commit_properties(token, {name: count}, rebase_count=_REBASE_COUNT),
        )
        return stream.row_count

    return commit_once(table, write, own=lambda _: stream.row_count, retry=retry)


def merge_rows(
    table: LakeTable,
    frame: pl.DataFrame,
    *,
    match: str,
    update_when: str,
    key: str | None = None,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> MergeCounts:
    """What the merge did, in one commit: rows that `match` are replaced where `update_when` holds, the others put in.

    Both are SQL over `old` (the table) and `new` (the frame). With a `key` it is done once for ever: afterwards nothing
    is put in or replaced.
    """
    source = _to_arrow(frame, table.schema)

    def count(figures: Mapping[str, Any]) -> MergeCounts:
        inserted, updated = (
            int(figures["num_target_rows_inserted"]),
            int(figures["num_target_rows_updated"]),
        )
        return MergeCounts(inserted, updated, frame.height - inserted - updated)

    def write(delta: DeltaTable, token: str) -> MergeCounts:
        if key is not None and delta.transaction_version(key) is not None:
            return MergeCounts(0, 0, frame.height)
        merge = delta.merge(
            source,
            predicate=match,
            source_alias="new",
            target_alias="old",
            commit_properties=build_commit_properties(token, {} if key is None else {key: 1}),
        )
        return count(
            merge.when_matched_update_all(predicate=update_when)
            .when_not_matched_insert_all()
            .execute()
        )

    return commit_once(
        table, write, own=lambda commit: count(commit["operationMetrics"]), retry=retry
    )


def append_row(
    table: LakeTable,
    build: Callable[[DeltaTable], tuple[pa.Table, Mapping[str, int]] | None],
    *,
    retry: RetryPolicy,
) -> None:
    """Nothing; what `build` makes of the opened version (a row, and the numbers by which it is found) follows that version.

    None from `build` means that there is nothing to append. A commit in between is a conflict: `build` is asked again.
    """

    def write(delta: DeltaTable, token: str) -> None:
        if (built := build(delta)) is not None:
            row, numbers = built
            write_deltalake(
                delta, row, mode="append", commit_properties=build_commit_properties(token, numbers)
            )

    commit_once(table, write, own=lambda _: None, retry=retry)


def compact_rows(table: LakeTable, *, retry: RetryPolicy) -> None:
    """Nothing; the table's small files are one file a partition, holding the same rows."""

    def write(delta: DeltaTable, token: str) -> None:
        delta.optimize.compact(commit_properties=build_commit_properties(token, {}))

    commit_once(table, write, own=lambda _: None, retry=retry)


def delete_rows(table: LakeTable, predicate: str, *, retry: RetryPolicy = DEFAULT_RETRY) -> int:
    """How many rows that answered to `predicate` were deleted, in one commit.

    They stand in the files of older versions until `erase_history`; `predicate` itself is kept in the table's log.
    """

    def count(figures: Mapping[str, Any]) -> int:
        return int(figures["num_deleted_rows"] or 0)

    def write(delta: DeltaTable, token: str) -> int:
        return count(delta.delete(predicate, commit_properties=build_commit_properties(token, {})))

    with delta_errors(table.uri):
        if find_delta_table(table) is None:
            return 0
    return commit_once(
        table, write, own=lambda commit: count(commit["operationMetrics"]), retry=retry
    )


def erase_history(table: LakeTable, *, spare_hours: int = 24) -> int:
    """How many files were removed that the current version does not use: deleted rows are gone for good then.

    Time travel ends here. A reader that opened an older version and has not read it to its end fails, and reads the
    current one when it asks again. Files that no version ever named (a runner died before its commit, or is about to
    commit) are removed once they are `spare_hours` old: less would take the rows from under a runner at work.
    """
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        if delta is None:
            return 0
        retired = delta.vacuum(0, dry_run=False, enforce_retention_duration=False)
        hit_failpoint("table.vacuumed")
        stray = delta.vacuum(
            spare_hours, dry_run=False, enforce_retention_duration=False, full=True
        )
        return len(retired) + len(stray)


class _Stream:
    """Frames on their way into a commit: counts the rows, and keeps the exception that deltalake would swallow."""

    def __init__(self, read: Frames, schema: pa.Schema) -> None:
        self.row_count = 0
        self._failure: BaseException | None = None
        self._read, self._schema = read, schema

    def overwrite(self, delta: DeltaTable, predicate: str, properties: CommitProperties) -> None:
        self.row_count, self._failure = 0, None
        reader = pa.RecordBatchReader.from_batches(self._schema, self._batches())
        try:
            write_deltalake(
                delta,
                reader,
                mode="overwrite",
                predicate=predicate,
                commit_properties=properties,
                schema_mode="merge",  # an older lake's table gets the columns that it lacks
                writer_properties=_build_writer_properties(self._schema),
            )
        except DELTA_EXCEPTIONS as error:
            if self._failure is not None:
                raise StreamFailedError(self._failure) from error
            raise

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for frame in self._read():
                self.row_count += frame.height
                yield from _to_arrow(frame, self._schema).to_batches()
            hit_failpoint("table.streamed")
        except BaseException as error:
            self._failure = error
            raise


def _build_writer_properties(schema: pa.Schema) -> WriterProperties:
    """Row groups that a reader can hold one of, and no dictionary where nearly every value is another one."""
    plain = ColumnProperties(dictionary_enabled=False)
    unlike = {name: plain for name in _HIGH_CARDINALITY_COLUMNS if name in schema.names}
    return WriterProperties(
        compression="ZSTD", max_row_group_size=_GROUP_ROWS, column_properties=unlike
    )


def _to_arrow(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    return frame.select(schema.names).to_arrow().cast(schema)
