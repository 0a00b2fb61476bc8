"""Delta tables as we use them (deltalake's home, with `delta_commits`): where one stands, how it is opened and read.

`delta_commits` makes the commits, `delta_errors` tells what deltalake complains of, `lake_tables` says what our tables
hold. A table is named by uri and options only, so that a folder or a bucket can stand behind the same words.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import DeltaError

from credit_default.adapters.delta.errors import delta_errors


@dataclass(frozen=True, slots=True)
class LakeTable:
    """A table: where it stands, what it holds, by which column it is partitioned.

    `storage_options` is asked anew whenever the table is opened: credentials among them may expire.
    """

    uri: str
    schema: pa.Schema
    partition_by: str = "statement_month"
    storage_options: Callable[[], Mapping[str, str]] = dict
    configuration: Mapping[str, str] = field(
        default_factory=dict
    )  # Delta's own table properties, set at its making


def scan_rows(table: LakeTable) -> pl.LazyFrame:
    """The table's current rows, read when collected; none, with the right columns, when nothing was ever written.

    A column that an older lake's table does not have yet is null throughout. What goes wrong when it is collected is
    Polars' own error; `read_rows` speaks ours.
    """
    with delta_errors(table.uri):
        options = dict(table.storage_options())
        if not DeltaTable.is_deltatable(table.uri, options):
            return pl.DataFrame(table.schema.empty_table()).lazy()
        scan = pl.scan_delta(table.uri, storage_options=options)
        return scan.with_columns(_fill_missing_columns(table, scan.collect_schema().names()))


def query_rows(table: LakeTable, query: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """What `query` makes of the table's current rows, in memory. Raises `ServiceError` when the table can't be read."""
    scan = scan_rows(table)
    with delta_errors(table.uri):
        return query(scan).collect()


def read_frames(
    table: LakeTable, columns: tuple[str, ...], *, predicate: str
) -> Iterator[pl.DataFrame]:
    """The rows that answer to `predicate` (SQL), a record batch at a time, in no order: memory does not grow with them.

    Raises `ServiceError` when the table can't be read.
    """
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        if delta is None:
            return
        present = [field.name for field in delta.schema().fields if field.name in columns]
        for batch in delta.scan(columns=present, predicate=predicate):
            frame = pl.DataFrame(pa.record_batch(batch))
            if frame.height:
                yield frame.with_columns(_fill_missing_columns(table, present)).select(columns)


def _fill_missing_columns(table: LakeTable, present: Collection[str]) -> list[pl.Expr]:
    empty = pl.DataFrame(table.schema.empty_table()).schema
    return [
        pl.lit(None, dtype=kind).alias(name) for name, kind in empty.items() if name not in present
    ]


def has_committed(table: LakeTable, key: str) -> bool:
    """True once `create_rows` has committed the rows of this key, whatever became of them since."""
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        return delta is not None and delta.transaction_version(key) is not None


def find_delta_table(table: LakeTable) -> DeltaTable | None:
    """The table as it is now, or None when nothing was ever written."""
    options = dict(table.storage_options())
    return (
        DeltaTable(table.uri, storage_options=options)
        if DeltaTable.is_deltatable(table.uri, options)
        else None
    )


def open_or_create_delta_table(table: LakeTable) -> DeltaTable:
    """The table as it is now, made when there was none; runners may make it at once."""
    if (delta := find_delta_table(table)) is not None:
        return delta
    options = dict(table.storage_options())
    try:
        return DeltaTable.create(
            table.uri,
            table.schema,
            mode="ignore",
            partition_by=[table.partition_by],
            storage_options=options,
            configuration=dict(table.configuration),
            commit_properties=CommitProperties(
                max_commit_retries=0
            ),  # or who is slower makes the table a second time
        )
    except (DeltaError, OSError):
        if (
            delta := find_delta_table(table)
        ) is None:  # nobody else was faster, nor was it our own, with its reply lost
            raise
        return delta
