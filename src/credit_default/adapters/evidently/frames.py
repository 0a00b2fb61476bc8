"""Prepare the two frames that Evidently compares: checked, sampled, and converted to pandas.

Evidently crashes on empty columns and writes category values into its page as they are, so nothing is passed to it that was
not checked here. Of an optional column it sees the numbers alone: the drift gate counts the missing ones, on all rows.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from credit_default.adapters.evidently.report_run import EvidentlyColumn
from credit_default.errors import InputError, show_examples
from credit_default.model.estimator.decision import DECLINE

if TYPE_CHECKING:
    import pandas as pd

SCORE, DECISION = "default_probability", "decision"
_DECISIONS: Final = ("accept", DECLINE)
_NOT_STATED: Final = "not stated"


def check_frame(
    frame: pl.DataFrame, columns: Sequence[EvidentlyColumn], *, name: str
) -> pl.DataFrame:
    """Check that the frame has rows and columns of the right kind, complete unless optional, and return it.

    Raises:
        InputError: It has no rows, or lacks a column or a value; the message begins with `name`.
    """
    if frame.is_empty():
        raise build_frame_error(name, found="no rows", expected="at least one")
    missing = [column.name for column in columns if column.name not in frame.columns]
    if missing:
        raise build_frame_error(
            name,
            found=f"no column {show_examples(missing)}",
            expected="every input, score and decision",
        )
    for column in columns:
        _check_values(frame[column.name], column, name=name)
    return frame


def _check_values(values: pl.Series, column: EvidentlyColumn, *, name: str) -> None:
    """Check that the column is complete, unless it is optional, and of its kind.

    Evidently writes category values into its page as they are. Numbers, `accept` and `decline` carry no markup.
    """
    thing = f"{name}, column {column.name!r}"
    if values.null_count() and not column.is_optional:
        raise build_frame_error(thing, found=f"{values.null_count()} empty values", expected="none")
    is_known = (
        values.is_in(_DECISIONS).all() if column.name == DECISION else values.dtype.is_numeric()
    )
    if not is_known or (column.is_code and values.dtype.is_float()):
        raise build_frame_error(thing, found=f"{values.dtype} values", expected="checked values")


def take_evenly(frame: pl.DataFrame, count: int) -> pl.DataFrame:
    """Return at most `count` rows: every n-th by score, whatever the order of the frame.

    A frame with no more rows than that is returned as it is.
    """
    if frame.height <= count:
        return frame
    # Rows of equal score are ordered by all their other columns: a reference holds no client_id to order by.
    ties = [name for name in sorted(frame.columns) if name != SCORE]
    chosen = np.linspace(0, frame.height - 1, count).round().astype(np.int64)
    return frame.sort(SCORE, *ties)[chosen]


def to_pandas(frame: pl.DataFrame, columns: Sequence[EvidentlyColumn]) -> "pd.DataFrame":
    """Return these columns as Evidently takes them: codes as text, all others as numbers, special ones missing."""
    texts = [
        pl.col(column.name).cast(pl.String).fill_null(_NOT_STATED)
        for column in columns
        if column.is_code
    ]
    return frame.select(
        *(_keep_numbers(column) for column in columns if not column.is_code), *texts
    ).to_pandas()


def list_comparable(
    columns: Sequence[EvidentlyColumn], *frames: pl.DataFrame
) -> tuple[EvidentlyColumn, ...]:
    """Return the columns that have a value to compare in each of the frames."""
    return tuple(
        column
        for column in columns
        if column.is_code
        or all(frame.select(_keep_numbers(column).count()).item() for frame in frames)
    )


def _keep_numbers(column: EvidentlyColumn) -> pl.Expr:
    values = pl.col(column.name).cast(pl.Float64)
    return pl.when(~values.is_in(column.special)).then(values) if column.special else values


def build_frame_error(thing: str, *, found: str, expected: str) -> InputError:
    """Return the error for a frame that cannot be compared."""
    return InputError(
        thing,
        found=found,
        expected=expected,
        remedy="Compare checked and scored rows of one portfolio.",
    )
