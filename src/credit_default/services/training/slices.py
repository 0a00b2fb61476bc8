"""Label each row with the slices it belongs to, from what the portfolio's schema says about its columns.

A paired comparison is judged for each slice as well as for all rows. Protected attributes are among them for fairness,
whether the model sees them or not; no challenger may serve any slice worse than the champion does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import STATEMENT_MONTH, Column, Schema
from credit_default.data.contract.value_meanings import NOT_STATED

# A fifth of 6,000 test rows is enough to show a slice that is badly served.
_BAND_COUNT: Final = 5
# A column with more codes is a scale, such as months late, whose levels are not groups of clients.
_HIGHEST_CODE_COUNT: Final = 8
# Amounts that a lender divides clients by, where the schema has them.
_BANDED_COLUMNS: Final = ("credit_limit",)
_STATUS_PREFIX: Final = "repayment_status_"  # above 0 is late


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The divisions of some rows into slices."""

    labels: dict[str, np.ndarray]  # one label a row, by the name of the division
    protected: tuple[str, ...]  # the divisions that are protected attributes


def label_groups(rows: pl.DataFrame, *, schema: Schema) -> Groups:
    """Return the divisions of these rows, one label a row for each.

    These are the protected attributes, other columns of few codes, bands of the credit limit, late or
    never late, and the statement month. Numbers are banded by fifths of these rows. A division is
    absent where the portfolio lacks its column.
    """
    columns = {column.name: column for column in schema.inputs}
    divisions = {
        name: _label_column(rows[name], column)
        for name, column in columns.items()
        if _is_division(column)
    }
    late = list(_find_late(rows, schema))
    if late:
        divisions["payment"] = np.where(np.any(late, axis=0), "late", "never late")
    divisions["month"] = rows[STATEMENT_MONTH].to_numpy()
    return Groups(
        {_build_title(name): labels for name, labels in divisions.items()},
        tuple(map(_build_title, schema.protected)),
    )


def _build_title(name: str) -> str:
    return name.replace("_", " ")


def _is_division(column: Column) -> bool:
    has_few_codes = 1 < len(column.codes) <= _HIGHEST_CODE_COUNT
    return column.protected or column.name in _BANDED_COLUMNS or has_few_codes


def _label_column(values: pl.Series, column: Column) -> np.ndarray:
    if column.codes:
        meanings = values.replace_strict(
            dict(column.codes), default="another code", return_dtype=pl.String
        )
        return meanings.set(values.is_null(), NOT_STATED).to_numpy()
    bands = _band(values.drop_nulls().to_numpy().astype(np.float64))
    if not values.null_count():
        return bands
    labels = np.array([NOT_STATED] * len(values), dtype=object)
    labels[values.is_not_null().to_numpy()] = bands
    return np.array(labels.tolist())


def _band(values: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.array([], dtype=str)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _BAND_COUNT + 1)[1:-1]))
    band = np.searchsorted(edges, values, side="right")
    names = np.array([_format_band(values[band == number]) for number in range(len(edges) + 1)])
    return names[band]


def _format_band(values: np.ndarray) -> str:
    return f"{values.min():,.0f} to {values.max():,.0f}" if len(values) else ""


def _find_late(rows: pl.DataFrame, schema: Schema) -> Iterator[np.ndarray]:
    """Yield, for each month of the repayment history, which rows were late in it."""
    return (
        rows[column.name].to_numpy() > 0
        for column in schema.inputs
        if column.name.startswith(_STATUS_PREFIX)
    )
