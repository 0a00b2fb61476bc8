"""Delta tables as we use them (deltalake's home): one commit that replaces or merges, and a scan.

`lake_tables` says what our tables hold; this file knows how a commit is made, when it is tried again, and how deltalake's
complaints read. A table is named by uri and storage options only, so that an object store can stand behind the same words.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from credit_default.errors import ServiceError

Frames = Callable[[], Iterable[pl.DataFrame]]  # called anew for each attempt
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: where it stands, what it holds, by which column it is partitioned."""

    uri: str
    schema: pa.Schema
    partition_by: str = "statement_month"
    storage_options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """How many rows a merge put in, replaced, or left as they were."""

    inserted_count: int
    updated_count: int
    unchanged_count: int


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a commit is tried when another runner commits to the same rows, and how long to wait in between."""

    attempt_count: int = 12
    first_wait_seconds: float = 0.05
    longest_wait_seconds: float = 2.0

    def wait_seconds(self, attempt: int) -> float:
        """Seconds to wait after the failed attempt (0, 1, …): doubling, with chance so that runners do not march in step."""
        longest = min(self.first_wait_seconds * 2**attempt, self.longest_wait_seconds)
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads runners out, hides nothing


DEFAULT_RETRY = RetryPolicy()


def replace_rows(table: Table, read: Frames, *, predicate: str, retry: RetryPolicy = DEFAULT_RETRY) -> int:
    """How many rows now answer to `predicate`, in place of all that did before, in one commit.

    `read()` gives frames, one record batch at a time, and is called again when the commit is tried again. An exception
    that it raises comes out as it is, and nothing is committed. It must not read a Delta table itself: it runs inside
    deltalake's own stream. Raises `ServiceError` when the table refuses.
    """

    def write(delta: DeltaTable) -> int:
        stream = _Stream(read, table.schema)
        try:
            write_deltalake(delta, stream.reader(), mode="overwrite", predicate=predicate)
        except DeltaError as error:
            raise stream.failure or error from None
        return stream.row_count

    return _commit(table, write, retry)


def merge_rows(
    table: Table, frame: pl.DataFrame, *, match: str, update_when: str, retry: RetryPolicy = DEFAULT_RETRY
) -> MergeCounts:
    """What the merge did, in one commit: rows that `match` are replaced where `update_when` holds, the others put in.

    Both are SQL over `old` (the table) and `new` (the frame).
    """
    source = _to_arrow(frame, table.schema)

    def write(delta: DeltaTable) -> MergeCounts:
        merge = delta.merge(source, predicate=match, source_alias="new", target_alias="old")
        figures = merge.when_matched_update_all(predicate=update_when).when_not_matched_insert_all().execute()
        inserted, updated = int(figures["num_target_rows_inserted"]), int(figures["num_target_rows_updated"])
        return MergeCounts(inserted, updated, frame.height - inserted - updated)

    return _commit(table, write, retry)


def scan_rows(table: Table) -> pl.LazyFrame:
    """The table's current rows, read when collected; none, with the right columns, when nothing was ever written.

    What goes wrong when it is collected is Polars' own error; `read_rows` speaks ours.
    """
    with _delta_errors(table):
        if not DeltaTable.is_deltatable(table.uri, dict(table.storage_options)):
            return pl.DataFrame(table.schema.empty_table()).lazy()
        return pl.scan_delta(table.uri, storage_options=dict(table.storage_options))


def read_rows(table: Table, query: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """What `query` makes of the table's current rows, in memory. Raises `ServiceError` when the table can't be read."""
    scan = scan_rows(table)
    with _delta_errors(table):
        try:
            return query(scan).collect()
        except (pl.exceptions.ComputeError, pl.exceptions.PanicException) as error:  # a panic: a file cut short
            raise OSError(str(error)) from error


class _Stream:
    """Frames on their way into a commit: counts the rows, and keeps the exception that deltalake would swallow."""

    def __init__(self, read: Frames, schema: pa.Schema) -> None:
        self.row_count = 0
        self.failure: Exception | None = None
        self._read, self._schema = read, schema

    def reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for frame in self._read():
                self.row_count += frame.height
                yield from _to_arrow(frame, self._schema).to_batches()
        except Exception as error:
            self.failure = error
            raise


def _to_arrow(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    return frame.select(schema.names).to_arrow().cast(schema)


def _commit(table: Table, write: Callable[[DeltaTable], _Result], retry: RetryPolicy) -> _Result:
    for attempt in range(retry.attempt_count):
        with _delta_errors(table):
            try:
                return write(_open(table))
            except CommitFailedError:
                time.sleep(retry.wait_seconds(attempt))
    raise ServiceError(
        f"table {table.uri}",
        found=f"another runner committing to the same rows, {retry.attempt_count} times in a row",
        expected="a commit of our own",
        remedy="Run the command again when the other runner is done.",
    )


def _open(table: Table) -> DeltaTable:
    options = dict(table.storage_options)
    if not DeltaTable.is_deltatable(table.uri, options):
        DeltaTable.create(
            table.uri, table.schema, mode="ignore", partition_by=[table.partition_by], storage_options=options
        )
    return DeltaTable(table.uri, storage_options=options)


@contextmanager
def _delta_errors(table: Table) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        raise ServiceError(
            f"table {table.uri}",
            found=str(error).splitlines()[0][:300],
            expected="a Delta table that can be read and written",
            remedy="Check the disk's space and permissions, then run the same command again: no commit is half done.",
        ) from error
