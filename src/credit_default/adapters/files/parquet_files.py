"""Read Parquet files as a stream: only the columns asked for, batch by batch.

Page checksums are verified where the writer stored them, so that a damaged page is an error and not another value.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from credit_default.errors import InputError


def read_parquet_head(path: Path, file: BinaryIO) -> list[list[str]]:
    """Return the column names of the file that is open as `file`, as the one header line that a Parquet file has.

    Raises:
        InputError: The file is damaged.
    """
    with _open_parquet(path, file) as table:
        return [list(table.schema_arrow.names)]


def read_parquet_rows(
    path: Path, *, positions: Sequence[int], batch_rows: int
) -> Iterator[pl.DataFrame]:
    """Yield the rows batch by batch, in columns named by their position ("0", "1" …), each in the file's own type.

    Raises:
        InputError: The file is damaged.
    """
    with _open_parquet(path, path) as table:
        names = [table.schema_arrow.names[position] for position in positions]
        renamed = {name: str(position) for name, position in zip(names, positions, strict=True)}
        for batch in table.iter_batches(batch_size=batch_rows, columns=names):
            yield pl.DataFrame(batch).rename(renamed)


@contextmanager
def _open_parquet(path: Path, source: Path | BinaryIO) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(
            source, pre_buffer=False, page_checksum_verification=True
        ) as table:
            yield table
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise InputError(
            str(path),
            found=f"a damaged Parquet file ({str(error).splitlines()[0]})",
            expected="a whole file",
            remedy="It was cut short or changed on its way here: copy or download it again.",
        ) from error
