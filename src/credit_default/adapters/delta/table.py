"""A Delta table of the lake: where it is, how it is opened and how it is read.

`commits` and `erasure` change tables, `errors` translates what deltalake raises, and `adapters.tables` says what our tables
hold. A table is named by uri and options only, so that the same code reads one in a folder and one in a bucket.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import DeltaError

from credit_default.adapters.delta.errors import delta_errors
from credit_default.adapters.delta.plain_addresses import (
    adopt_partitions,
    can_scan_natively,
    create_table_folder,
    find_plain_address,
)


@dataclass(frozen=True, slots=True)
class LakeTable:
    """A table: where it is, what it holds, and by which column it is partitioned.

    Attributes:
        uri: A folder, or `s3://bucket/prefix/…`.
        schema: The columns.
        partition_by: The column by whose values the files are kept apart.
        storage_options: Called whenever the table is opened, since credentials among the options may expire.
        configuration: Delta's own table properties, set when the table is created.
    """

    uri: str
    schema: pa.Schema
    partition_by: str = "statement_month"
    storage_options: Callable[[], Mapping[str, str]] = dict
    configuration: Mapping[str, str] = field(default_factory=dict)


def scan_rows(table: LakeTable) -> pl.LazyFrame:
    """Return the table's current rows, read when collected; no rows, with the right columns, when nothing was ever written.

    A column that the table of an older lake does not have yet is null throughout. Collecting raises Polars' own errors;
    `query_rows` translates them.

    Raises:
        ServiceError: The table cannot be opened.
    """
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        if delta is None:
            return _build_empty_frame(table).lazy()
        scan = pl.scan_delta(delta, use_pyarrow=not can_scan_natively(table.uri))
        return scan.with_columns(_fill_missing_columns(table, scan.collect_schema().names()))


def query_rows(table: LakeTable, query: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """Return what `query` makes of the table's current rows, in memory.

    Raises:
        ServiceError: The table cannot be read.
    """
    scan = scan_rows(table)
    with delta_errors(table.uri):
        return query(scan).collect()


def read_frames(
    table: LakeTable, columns: tuple[str, ...], *, predicate: str | None
) -> Iterator[pl.DataFrame]:
    """Yield the rows that match `predicate`, a record batch at a time: memory does not grow with their number.

    Args:
        table: The table; nothing is yielded where nothing was ever written.
        columns: The columns of the frames, in their order; one that the table does not have yet is null throughout.
        predicate: SQL over the table's columns; None reads all rows.

    Yields:
        Frames with at least one row; their order is undefined.

    Raises:
        ServiceError: The table cannot be read.
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
    empty = _build_empty_frame(table).schema
    return [
        pl.lit(None, dtype=kind).alias(name) for name, kind in empty.items() if name not in present
    ]


def _build_empty_frame(table: LakeTable) -> pl.DataFrame:
    # `Schema.empty_table` would import pandas, a quarter of a second
    return pl.DataFrame(pa.RecordBatchReader.from_batches(table.schema, []).read_all())


def has_committed(table: LakeTable, key: str) -> bool:
    """Return True once `create_rows` has committed the rows of this key, even if they were deleted since.

    Raises:
        ServiceError: The table cannot be read.
    """
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        return delta is not None and delta.transaction_version(key) is not None


def find_delta_table(table: LakeTable) -> DeltaTable | None:
    """Return the current version of the table, or None when nothing was ever written."""
    options, address = dict(table.storage_options()), find_plain_address(table.uri)
    if not DeltaTable.is_deltatable(address, options):
        return None
    delta = DeltaTable(address, storage_options=options)
    adopt_partitions(table.uri)
    return delta


def open_or_create_delta_table(table: LakeTable) -> DeltaTable:
    """Return the current version of the table, which is created where there is none; several runners may do so at once."""
    if (delta := find_delta_table(table)) is not None:
        return delta
    options, address = dict(table.storage_options()), find_plain_address(table.uri)
    create_table_folder(table.uri)
    try:
        return DeltaTable.create(
            address,
            table.schema,
            mode="ignore",
            partition_by=[table.partition_by],
            storage_options=options,
            configuration=dict(table.configuration),
            # With retries, the slower of two runners would create the table a second time.
            commit_properties=CommitProperties(max_commit_retries=0),
        )
    except (DeltaError, OSError):
        # The table exists when another runner was faster, or when our own reply was lost.
        if (delta := find_delta_table(table)) is None:
            raise
        return delta
