"""Which clients a contest is judged by apart: labels for each row, from what the portfolio's schema says of its columns.

Protected attributes are there for fairness, whether the model sees them or not. Together with the other divisions they are
the slices that no challenger may serve worse.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import STATEMENT_MONTH, Column, Schema

_BAND_COUNT: Final = 5  # a fifth of 6,000 test rows still shows a slice that is badly served
_MOST_CODES: Final = (
    8  # more are a scale, such as months late, and its levels no groups that anybody talks about
)
_BANDED: Final = (
    "credit_limit",
)  # amounts that a lender divides clients by, where the schema has them
_STATUS: Final = "repayment_status_"  # above 0 is late


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """One label a row for each division, by its name, and which of them are protected attributes."""

    labels: dict[str, np.ndarray]
    protected: tuple[str, ...]


def label_groups(rows: pl.DataFrame, *, schema: Schema) -> Groups:
    """The divisions of these rows: protected attributes, other short codes, bands of the limit, late or not, the month.

    Numbers are banded by fifths of these rows; a portfolio without a column simply lacks the division.
    """
    columns = {column.name: column for column in schema.inputs}
    shown = {
        name: _label_column(rows[name], column)
        for name, column in columns.items()
        if _is_division(column)
    }
    late = list(_find_late(rows, schema))
    if late:
        shown["payment"] = np.where(np.any(late, axis=0), "late", "never late")
    shown["month"] = rows[STATEMENT_MONTH].to_numpy()
    return Groups(
        {name.replace("_", " "): labels for name, labels in shown.items()},
        _list_protected_names(schema),
    )


def _list_protected_names(schema: Schema) -> tuple[str, ...]:
    return tuple(name.replace("_", " ") for name in schema.protected)


def _is_division(column: Column) -> bool:
    return column.protected or column.name in _BANDED or 1 < len(column.codes) <= _MOST_CODES


def _label_column(values: pl.Series, column: Column) -> np.ndarray:
    if column.codes:
        return values.replace_strict(
            dict(column.codes), default="another code", return_dtype=pl.String
        ).to_numpy()
    return _band(values.to_numpy().astype(np.float64))


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
    return (
        rows[column.name].to_numpy() > 0
        for column in schema.inputs
        if column.name.startswith(_STATUS)
    )
