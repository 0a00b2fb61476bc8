"""Write rows of a Delta table into Parquet files that several processes prepare, and commit all files at once.

A file that no commit names is no part of the table: a reader never sees it, and `reconcile` removes it after a day.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.transaction import AddAction
from pyarrow import parquet

from credit_default.adapters.delta.commits import REBASE_COUNT, Written
from credit_default.adapters.delta.errors import delta_errors
from credit_default.adapters.delta.file_statistics import collect_statistics
from credit_default.adapters.delta.retries import (
    DEFAULT_RETRY,
    RetryPolicy,
    build_commit_properties,
    commit_once,
)
from credit_default.adapters.delta.row_stream import GROUP_ROWS, HIGH_CARDINALITY_COLUMNS, to_arrow
from credit_default.adapters.delta.table import LakeTable, find_delta_table, read_frames
from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.errors import SetupError
from credit_default.failpoints import hit_failpoint

PART_FILE_MARK: Final = "-of-workers"  # in the names of files that are committed later, or never
_INDEXED: Final = "delta.dataSkippingStatsColumns"


@dataclass(frozen=True, slots=True)
class PartFile:
    """A Parquet file with rows of one partition of a table, which no commit names yet.

    Attributes:
        name: Its path below the table.
        partition: The value of the table's partition column that all its rows have.
        byte_count: Its size.
        row_count: How many rows it has.
        modified_ms: When it was written, in milliseconds since 1970.
        statistics: What Delta's log keeps of its columns, as JSON.
    """

    name: str
    partition: str
    byte_count: int
    row_count: int
    modified_ms: int
    statistics: str


class PartFileWriter:
    """Writes rows of a table, frame by frame, into one file for each partition that they belong to.

    Args:
        table: The table; nothing in its log is changed.
        folder: An empty folder, in which the files are written before they are stored.
        name: Names the files. It must be another one for each run, so that no run stores a file of another.
    """

    def __init__(self, table: LakeTable, folder: Path, *, name: str) -> None:
        self._table, self._folder, self._name = table, folder, name
        self._open: dict[str, tuple[Path, Any]] = {}

    def write(self, frame: pl.DataFrame) -> None:
        """Add the frame's rows.

        Raises:
            ServiceError: The disk cannot be written to.
        """
        column = self._table.partition_by
        for (value,), rows in frame.partition_by(column, as_dict=True).items():
            path, writer = self._find_writer(str(value))
            content = to_arrow(rows, self._table.schema).drop_columns(column)
            with disk_errors(path):
                writer.write_table(content, row_group_size=GROUP_ROWS)

    def store(self, store: Callable[[str, Path], object]) -> tuple[PartFile, ...]:
        """Complete the files and store them; return them by the values of their partitions.

        Args:
            store: Stores a file, given its path below the table.

        Raises:
            ServiceError: The disk cannot be written to.
        """
        parts = []
        for value, (path, writer) in sorted(self._open.items()):
            with disk_errors(path):
                writer.close()
            folder = f"{self._table.partition_by}={value}"
            target = f"{folder}/part-{self._name}{PART_FILE_MARK}.zstd.parquet"
            parts.append(_describe_file(self._table, path, name=target, partition=value))
            store(target, path)
        return tuple(parts)

    def _find_writer(self, value: str) -> tuple[Path, Any]:
        if value not in self._open:
            path = self._folder / f"{len(self._open)}.parquet"
            self._open[value] = (path, _open_writer(self._table, path))
        return self._open[value]


def commit_part_files(
    table: LakeTable,
    parts: Sequence[PartFile],
    *,
    key: str,
    predicate: str,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> Written:
    """Commit files that are stored below the table, once for each key; return how many rows they have.

    Idempotent, as `create_rows`: where the key was committed before, nothing changes and the result says so.

    Args:
        table: The table; it is created where it does not exist.
        parts: The files.
        key: Identifies the rows.
        predicate: SQL that is true for rows of the key.
        retry: How often the commit is tried when another runner commits to the same rows.

    Raises:
        SetupError: The table has rows of the key that an earlier release committed without it.
        ServiceError: The table cannot be reached, or another runner was faster each time.
    """

    def write(delta: DeltaTable, token: str) -> Written:
        if delta.transaction_version(key) is not None:
            return Written(0, already_existed=True)
        _require_no_rows(table, predicate)
        hit_failpoint("table.streamed")
        delta.create_write_transaction(
            [_build_action(table, part) for part in parts],
            "append",
            delta.schema(),
            [table.partition_by],
            commit_properties=build_commit_properties(token, {key: 1}, rebase_count=REBASE_COUNT),
        )
        return Written(row_count, already_existed=False)

    row_count = sum(part.row_count for part in parts)
    return commit_once(
        table,
        write,
        recover_result=lambda _: Written(row_count, already_existed=False),
        retry=retry,
    )


def list_committed_files(table: LakeTable) -> set[str]:
    """Return the paths below the table of the files that a version of it names, those of removed rows included.

    Raises:
        ServiceError: The table cannot be reached.
    """
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        if delta is None:
            return set()
        active = pa.table(delta.get_add_actions())["path"].to_pylist()
        return {*active, *delta.vacuum(0, enforce_retention_duration=False)}


def _require_no_rows(table: LakeTable, predicate: str) -> None:
    columns = (table.schema.names[0],)
    if next(read_frames(table, columns, predicate=predicate), None) is not None:
        raise SetupError(
            f"table {table.uri}",
            found="rows of this batch that an earlier release wrote in a form of its own",
            expected="none: files that workers wrote are only ever added",
            remedy="Run the command with --engine local, which replaces them.",
        )


def _open_writer(table: LakeTable, path: Path) -> Any:
    schema = table.schema.remove(table.schema.get_field_index(table.partition_by))
    coded = [
        field.name
        for field in schema
        if field.name not in HIGH_CARDINALITY_COLUMNS and not pa.types.is_list(field.type)
    ]
    with disk_errors(path):
        return parquet.ParquetWriter(path, schema, compression="zstd", use_dictionary=coded)


def _describe_file(table: LakeTable, path: Path, *, name: str, partition: str) -> PartFile:
    with disk_errors(path):
        metadata = parquet.read_metadata(path)
        found = path.stat()
    indexed = set(table.configuration.get(_INDEXED, "").split(","))
    statistics = collect_statistics(metadata, indexed)
    return PartFile(
        name,
        partition,
        byte_count=found.st_size,
        row_count=metadata.num_rows,
        modified_ms=found.st_mtime_ns // 1_000_000,
        statistics=json.dumps(statistics),
    )


def _build_action(table: LakeTable, part: PartFile) -> AddAction:
    return AddAction(
        path=part.name,
        size=part.byte_count,
        partition_values={table.partition_by: part.partition},
        modification_time=part.modified_ms,
        data_change=True,
        stats=part.statistics,
    )
