"""Recognise the public credit-card data set by its content, whatever file it came in.

The original spreadsheet, its CSV copies and OpenML's Parquet differ in every byte and hold the same
numbers. The digest is taken over the numbers, so that each file can be checked against one
constant.
"""

from hashlib import sha256

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, Schema
from credit_default.errors import InputError

PUBLIC_MONTH = "2005-09"  # the file has no month; its latest statement is of September 2005
PUBLIC_ROW_COUNT = 30_000
PUBLIC_DIGEST = "74f2df84887b26f183075d63d1672a5a54e04dee7d01d6e824d57a4b76acdaee"


def digest_public_rows(rows: pl.DataFrame, *, schema: Schema) -> str:
    """Return the hex SHA-256 of the rows' content.

    It covers the client ids as whole numbers, the inputs in the schema's order and the outcome,
    each column as little-endian 64-bit integers with rows in the order of the ids. The month is
    left out, because the sources have none.

    Args:
        rows: Checked rows with outcomes.
        schema: The schema of the rows.

    Raises:
        InputError: an id that is not a whole number, or a value that has a fraction or is missing.
    """
    names = [CLIENT_ID, *(column.name for column in schema.inputs), OUTCOME]
    try:
        ordered = rows.select(pl.col(names).cast(pl.Float64)).sort(CLIENT_ID)
    except pl.exceptions.PolarsError as error:
        raise _build_content_error(str(error)) from error
    digest = sha256()
    for name in names:
        digest.update(_encode_whole_numbers(ordered[name]))
    return digest.hexdigest()


def _encode_whole_numbers(values: pl.Series) -> bytes:
    if values.null_count() or not (values == values.floor()).all():
        raise _build_content_error(f"{values.name} with a fraction or a missing value")
    return np.ascontiguousarray(values.to_numpy().astype("<i8")).tobytes()


def _build_content_error(found: str) -> InputError:
    return InputError(
        "the public data",
        found=found,
        expected="whole numbers only",
        remedy="Download the file again.",
    )
