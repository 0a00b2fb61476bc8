"""Parquet files, streamed: only the columns asked for, a batch at a time, page checksums verified where written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from credit_default.errors import InputError


def read_parquet_head(path: Path) -> list[list[str]]:
    """The column names, as the one line that a Parquet file has of them.

    Raises:
        InputError: The file is damaged.
    """
    with _open_parquet(path) as file:
        return [list(file.schema_arrow.names)]


def read_parquet_rows(
    path: Path, *, positions: Sequence[int], batch_rows: int
) -> Iterator[pl.DataFrame]:
    """The rows batch by batch, in columns named by their position ("0", "1" …), each in the file's own type.

    Raises:
        InputError: The file is damaged.
    """
    with _open_parquet(path) as file:
        names = [file.schema_arrow.names[position] for position in positions]
        renamed = {name: str(position) for name, position in zip(names, positions, strict=True)}
        for batch in file.iter_batches(batch_size=batch_rows, columns=names):
            yield pl.DataFrame(batch).rename(renamed)


@contextmanager
def _open_parquet(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise InputError(
            str(path),
            found=f"a damaged Parquet file ({str(error).splitlines()[0]})",
            expected="a whole file",
            remedy="It was cut short or changed on its way here: copy or download it again.",
        ) from error
