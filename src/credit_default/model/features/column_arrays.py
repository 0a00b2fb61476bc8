"""Read columns of numbers by name from any type of frame.

Batch scoring passes Polars frames, MLflow pandas and streams Arrow; the model gets the same bits
from each. Nothing is read by position: with its columns reversed a forest would answer without
complaint, and wrongly.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from credit_default.errors import InputError, show_examples
from credit_default.model.features.row_functions import FloatArray

_REMEDY = (
    "Pass checked rows: a Polars, pandas or Arrow frame, or a mapping from column name to array."
)


def read_columns(
    rows: Any, names: Iterable[str], *, optional: Collection[str] = ()
) -> dict[str, FloatArray]:
    """Return the named columns as contiguous float64 arrays of one length.

    Integers and floats are accepted. Text, booleans and objects are not: nothing is parsed here.

    Args:
        rows: A Polars, pandas or Arrow frame, or a mapping of arrays.
        names: The columns to read, which set the order of the result.
        optional: Those whose values may be missing: NaN in the result.

    Raises:
        InputError: rows without column names, a missing or repeated name, or a value that is not a
            finite number and not a missing one of an optional column.
    """
    wanted = list(names)
    _check_names(_list_column_names(rows), wanted)
    columns = {name: _read_column(rows, name, may_be_missing=name in optional) for name in wanted}
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise InputError(
            "rows",
            found=f"columns of {sorted(lengths)} values",
            expected="one length",
            remedy=_REMEDY,
        )
    return columns


def _list_column_names(rows: Any) -> list[str]:
    if isinstance(rows, Mapping):
        return list(rows)
    # Arrow's names are in `column_names` (its `columns` are arrays), those of others in `columns`.
    names = getattr(rows, "column_names", None)
    names = getattr(rows, "columns", None) if names is None else names
    if names is None:
        found = f"{type(rows).__name__} without column names"
        raise InputError("rows", found=found, expected="columns by name", remedy=_REMEDY)
    return [str(name) for name in names]


def _check_names(present: Sequence[str], wanted: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in set(present)]
    if missing:
        expected = f"all {len(wanted)} columns that the model's features use"
        raise InputError(
            "rows", found=f"no column {show_examples(missing)}", expected=expected, remedy=_REMEDY
        )
    repeated = [name for name in wanted if present.count(name) > 1]
    if repeated:
        raise InputError(
            "rows",
            found=f"column {show_examples(repeated)} more than once",
            expected="each name once",
            remedy=_REMEDY,
        )


def _read_column(rows: Any, name: str, *, may_be_missing: bool) -> FloatArray:
    values = np.asarray(rows[name])
    if may_be_missing and values.dtype.kind == "O" and _is_all_missing(rows[name]):
        return np.full(len(values), np.nan)
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        found = f"{values.dtype} values" if values.ndim == 1 else f"{values.ndim} dimensions"
        raise InputError(
            f"column {name!r}", found=found, expected="a column of numbers", remedy=_REMEDY
        )
    column = np.ascontiguousarray(values, dtype=np.float64)
    bad = np.flatnonzero(np.isinf(column) if may_be_missing else ~np.isfinite(column))
    if bad.size:
        places = show_examples(bad[:5].tolist())
        found = f"{bad.size} values that are missing or infinite, at rows {places}"
        raise InputError(f"column {name!r}", found=found, expected="finite numbers", remedy=_REMEDY)
    return column


def _is_all_missing(values: Any) -> bool:
    return all(value is None for value in values)
