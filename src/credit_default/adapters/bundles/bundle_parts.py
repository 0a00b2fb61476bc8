"""Read the arrays and tables that lie beside a bundle's pipeline, without trusting what they claim."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.adapters.bundles.bundle_manifest import REFERENCE, TRAINED_ROWS
from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.errors import show_examples

_LARGEST_REFERENCE_CELLS: Final = 200_000_000  # a few bytes can claim more than any memory holds


def read_trained_rows(folder: Path) -> Any:
    """Return the hashes of the rows trained on, as they stand in the bundle's folder.

    Raises:
        ValueError: They are something else.
        ServiceError: The disk cannot be read.
    """
    with disk_errors(folder):
        hashes = np.load(folder / TRAINED_ROWS, allow_pickle=False)
    if not isinstance(hashes, np.ndarray) or hashes.ndim != 1 or hashes.dtype != np.uint64:
        kind = getattr(hashes, "dtype", type(hashes).__name__)
        raise ValueError(f"{TRAINED_ROWS} of {kind}, not a list of hashes")
    return hashes


def read_reference(folder: Path) -> pl.DataFrame:
    """Return the reference rows, as they stand in the bundle's folder.

    Raises:
        ValueError: The file is no Parquet file, is too large, or has columns of other types than plain ones.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Read by Arrow: on a file that is not Parquet it raises, where Polars may panic.
        with pq.ParquetFile(folder / REFERENCE) as file:
            _check_reference(file)
            return pl.DataFrame(file.read())
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{REFERENCE}: {error}") from error


def _check_reference(file: Any) -> None:
    cell_count = file.metadata.num_rows * file.metadata.num_columns
    if cell_count > _LARGEST_REFERENCE_CELLS:
        raise ValueError(
            f"{REFERENCE} of {cell_count} values, more than {_LARGEST_REFERENCE_CELLS}"
        )
    unexpected = [field.name for field in file.schema_arrow if not _has_plain_type(field)]
    if unexpected:
        names = show_examples(unexpected)
        raise ValueError(f"{REFERENCE} with columns {names} of an unexpected type")


def _has_plain_type(field: Any) -> bool:
    """Return True for numbers, flags and texts; extension types, which define a type of their own, are not plain."""
    from pyarrow import types

    kinds = (
        types.is_integer,
        types.is_floating,
        types.is_boolean,
        types.is_string,
        types.is_large_string,
    )
    return not field.metadata and any(is_kind(field.type) for is_kind in kinds)
