"""Read Parquet files as a stream: only the columns asked for, batch by batch.

Page checksums are verified where the writer stored them, so that a damaged page is an error and not another value.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from credit_default.errors import InputError

_READ_BYTES = 65_536  # of a column at a time, however large the file's row groups are
_EXTENSION_NAME = b"ARROW:extension:name"


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
        InputError: The file is damaged, or a column has a type of another program.
    """
    import pyarrow as pa

    with _open_parquet(path, path) as table:
        names = [table.schema_arrow.names[position] for position in positions]
        for name in names:
            _check_type(table.schema_arrow.field(name), path=path)
        renamed = {name: str(position) for name, position in zip(names, positions, strict=True)}
        for batch in table.iter_batches(batch_size=batch_rows, columns=names):
            yield pl.DataFrame(batch).rename(renamed)
            pa.default_memory_pool().release_unused()  # Arrow would keep what it once took


def read_row_count(path: Path) -> int:
    """Return how many rows a Parquet file says it has; none of them is read.

    Raises:
        InputError: The file is damaged.
    """
    with _open_parquet(path, path) as table:
        return int(table.metadata.num_rows)


def _check_type(field: Any, *, path: Path) -> None:
    """Check that the column has no type that a program made for itself: its values mean nothing without that program."""
    import pyarrow as pa

    name = (field.metadata or {}).get(_EXTENSION_NAME, b"").decode("utf-8", "replace")
    if isinstance(field.type, pa.BaseExtensionType):
        name = str(field.type.extension_name)
    if name:
        raise InputError(
            f"column {field.name} of {path}",
            found=f"values of the type {name!r}, which a program defines for itself",
            expected="texts, numbers, dates or times",
            remedy="Write the column as text (in pandas: .astype(str)), then export the file again.",
        )


@contextmanager
def _open_parquet(path: Path, source: Path | BinaryIO) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(
            source,
            pre_buffer=False,
            buffer_size=_READ_BYTES,
            page_checksum_verification=True,
        ) as table:
            yield table
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise InputError(
            str(path),
            found=f"a damaged Parquet file ({str(error).splitlines()[0]})",
            expected="a whole file",
            remedy="It was cut short or changed on its way here: copy or download it again.",
        ) from error
