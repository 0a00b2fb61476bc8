"""Write and read the rows of a snapshot: a Parquet file with page checksums, which are verified when it is read."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.data.contract.schema import CLIENT_ID
from credit_default.errors import InputError

_READ_BYTES = 65_536  # of a column at a time, however large the row groups are


def write_row_file(
    frames: Iterable[pl.DataFrame], path: Path, *, minimum_row_count: int = 1
) -> int:
    """Write the frames to `path` one after the other, and return how many rows they had.

    Raises:
        InputError: There are fewer rows than `minimum_row_count`.
        ServiceError: The disk cannot be read or written.
    """
    row_count = _write_frames(frames, path)
    if row_count < minimum_row_count:
        raise InputError(
            "snapshot",
            found="no accepted row",
            expected="at least one",
            remedy="See which rules the rows broke.",
        )
    return row_count


def _write_frames(frames: Iterable[pl.DataFrame], path: Path) -> int:
    row_count, writer = 0, None
    try:
        for frame in frames:
            table = frame.to_arrow()
            with disk_errors(path):
                writer = writer or _open_writer(path, table.schema)
                writer.write_table(table.cast(writer.schema))
            row_count += frame.height
    finally:
        if writer is not None:
            with disk_errors(path):
                writer.close()
    return row_count


def _open_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a file for rows: floats are split by byte, which is quicker and compresses better."""
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    # Nearly every client_id differs from all others: a dictionary would only cost space.
    repeating = [name for name in schema.names if name not in {*floats, CLIENT_ID}]
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        write_page_checksum=True,
        use_dictionary=repeating,
        use_byte_stream_split=floats,
    )


def read_row_file(
    path: Path, *, batch_rows: int, columns: tuple[str, ...] | None
) -> Iterator[pl.DataFrame]:
    """Yield the rows in frames of at most `batch_rows`; a file without rows gives one empty frame.

    Args:
        path: A file that `write_row_file` wrote.
        batch_rows: The most rows in a frame.
        columns: The columns to read; all of them when None.

    Raises:
        OSError: A page does not match its checksum, or the file cannot be read.
        pyarrow.ArrowException: The file is damaged.
    """
    names = list(columns) if columns else None
    with pq.ParquetFile(
        path, pre_buffer=False, buffer_size=_READ_BYTES, page_checksum_verification=True
    ) as file:
        if not file.metadata.num_rows:
            empty = file.schema_arrow.empty_table()
            yield pl.DataFrame(empty.select(names) if names else empty)
        for batch in file.iter_batches(batch_size=batch_rows, columns=names):
            yield pl.DataFrame(pa.Table.from_batches([batch]))
            pa.default_memory_pool().release_unused()  # Arrow would keep what it once took
