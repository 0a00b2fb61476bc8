"""Read anybody's scored file as a sample to be validated: nothing of it is kept, and no lake is needed."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.adapters.files.named_columns import (
    NamedColumns,
    read_named_columns,
    read_table_header,
)
from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.data.checking.type_conversion import convert, format_as_text
from credit_default.data.contract.schema import Column, ColumnKind
from credit_default.errors import InputError, show_examples
from credit_default.gates.validation.sample import ScoredSample
from credit_default.services.validation.column_roles import (
    USUAL_NAMES,
    ColumnChoice,
    ColumnRoles,
    find_column_roles,
    find_reference_roles,
)

_NOT_GIVEN: Final = "not given"
_MOST_LABELS: Final = 50  # more are no groups of clients, but names or numbers
_PERCENT: Final = 100.0
_EXPECTED: Final[dict[str, str]] = {
    "amount": "numbers",
    "outcome": "0 (paid), 1 (defaulted), or nothing where it is not known yet",
    "month": "months, YYYY-MM",
}


@dataclass(frozen=True, slots=True, eq=False)
class ScoredFile:
    """A file's rows as a sample, the reference sample if one was given, and what identifies both."""

    sample: ScoredSample = field(repr=False)
    reference: ScoredSample | None = field(repr=False)
    input_digest: str  # of the bytes, the columns and how they were read
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cells:
    """The raw columns of one file, and what errors call it."""

    columns: NamedColumns
    thing: str
    options: ReadingOptions


def read_scored_file(
    path: Path, choice: ColumnChoice, *, reference: Path | None, options: ReadingOptions
) -> ScoredFile:
    """Return the samples of a scored file and, if there is one, of the reference file with the same columns.

    Args:
        path: A .csv, .tsv, .xls, .xlsx or .parquet file, or a folder of parts.
        choice: Which column is what, where a person named it.
        reference: A file of the development sample; None where there is none.
        options: How to read both files.

    Raises:
        InputError: A file cannot be read, a column is not there, scores are missing or outside 0-1, outcomes are neither
            0 nor 1, months are none, or labels are too many.
    """
    header = read_table_header(path, known=(*choice.list_names(), *USUAL_NAMES), options=options)
    roles = find_column_roles(header.names, choice, thing=str(path))
    columns = read_named_columns(path, header, names=roles.list_names(), options=options)
    sample = _build_sample(_Cells(columns, str(path), options), roles)
    notes = [roles.describe(), *columns.notes]
    digests = [columns.sha256]
    reference_sample = None
    if reference is not None:
        header = read_table_header(reference, known=roles.list_names(), options=options)
        same = find_reference_roles(header.names, roles, thing=str(reference))
        columns = read_named_columns(reference, header, names=same.list_names(), options=options)
        reference_sample = _build_sample(_Cells(columns, str(reference), options), same)
        digests.append(columns.sha256)
        if absent := [name for name in roles.list_names() if name not in same.list_names()]:
            notes.append(f"the reference has no column {show_examples(absent)}")
    return ScoredFile(
        sample, reference_sample, _digest_input(digests, roles, options), tuple(notes)
    )


def _digest_input(digests: list[str], roles: ColumnRoles, options: ReadingOptions) -> str:
    content = json.dumps(
        [digests, dict(roles.roles), roles.segments, roles.variables, options.describe()]
    )
    return hashlib.sha256(content.encode()).hexdigest()


def _build_sample(cells: _Cells, roles: ColumnRoles) -> ScoredSample:
    named = roles.roles
    return ScoredSample(
        default_probability=_read_probability(cells, named["score"]),
        defaulted=_read_numbers(cells, named["outcome"], kind="outcome")
        if "outcome" in named
        else None,
        band=_read_labels(cells, named["band"]) if "band" in named else None,
        month=_read_months(cells, named["month"]) if "month" in named else None,
        client_id=_read_clients(cells, named["client"]) if "client" in named else None,
        segments={name: _read_labels(cells, name) for name in roles.segments},
        variables={name: _read_numbers(cells, name, kind="amount") for name in roles.variables},
        benchmark_probability=_read_probability(cells, named["benchmark"])
        if "benchmark" in named
        else None,
    )


def _read_probability(cells: _Cells, name: str) -> NDArray[np.float64]:
    values = _read_numbers(cells, name, kind="amount")
    wrong = ~((values >= 0) & (values <= 1))  # phrased positively: a missing value is wrong too
    if not wrong.any():
        return values
    first = int(np.flatnonzero(wrong)[0])
    missing_count, shown = int(np.isnan(values).sum()), values[wrong][0]
    found = f"{shown:g} in line {cells.columns.lines[first]:,}, and {int(wrong.sum()):,} such values in all"
    remedy = "Give the probability of default, not points or log odds."
    if np.isnan(shown):
        found = f"no value in line {cells.columns.lines[first]:,}, and {missing_count:,} such rows in all"
        remedy = "Leave out the rows without a score."
    elif np.nanmin(values) >= 0 and np.nanmax(values) <= _PERCENT:
        remedy = "They look like percentages: divide them by 100."
    raise InputError(
        f"column {name!r} of {cells.thing}",
        found=found,
        expected="default probabilities from 0 to 1, one in each row",
        remedy=remedy,
    )


def _read_numbers(cells: _Cells, name: str, *, kind: ColumnKind) -> NDArray[np.float64]:
    """Return the column's numbers, NaN where a cell is empty."""
    return _convert(cells, name, kind=kind).cast(pl.Float64).fill_null(np.nan).to_numpy()


def _read_months(cells: _Cells, name: str) -> NDArray[np.str_]:
    months = _convert(cells, name, kind="month")
    if months.null_count():
        raise _build_value_error(cells, name, months.is_null(), expected=_EXPECTED["month"])
    return months.to_numpy().astype(np.str_)


def _convert(cells: _Cells, name: str, *, kind: ColumnKind) -> pl.Series:
    """Return the column in the type of its kind, null where a cell is empty; every other cell must be readable."""
    raw = cells.columns.rows[name]
    codes = {0: "paid", 1: "defaulted"} if kind == "outcome" else {}
    column = Column("column", kind, "a column of a scored file", codes=codes)
    frame = convert(
        pl.DataFrame({"column": raw}), columns=(column,), marks=cells.options.marks
    ).frame
    values, is_readable = frame.get_columns()
    wrong = ~is_readable
    if kind == "outcome":
        wrong |= ~values.is_in([0, 1]).fill_null(value=True)
    if wrong.any():
        raise _build_value_error(cells, name, wrong, expected=_EXPECTED[kind])
    return values


def _build_value_error(cells: _Cells, name: str, wrong: pl.Series, *, expected: str) -> InputError:
    first = int(wrong.arg_true()[0])
    shown = format_as_text(cells.columns.rows[name].slice(first, 1))[0]
    return InputError(
        f"column {name!r} of {cells.thing}",
        found=f"{repr(shown[:40]) if shown else 'no value'} in line {cells.columns.lines[first]:,},"
        f" and {int(wrong.sum()):,} such cells in all",
        expected=expected,
        remedy="Correct these cells, or name another column"
        + (
            "; --decimal and --thousands say how numbers are written." * (expected == "numbers")
            or "."
        ),
    )


def _read_labels(cells: _Cells, name: str) -> NDArray[np.str_]:
    texts = format_as_text(cells.columns.rows[name]).str.strip_chars().replace("", None)
    labels = texts.fill_null(_NOT_GIVEN)
    if (count := labels.n_unique()) > _MOST_LABELS:
        raise InputError(
            f"column {name!r} of {cells.thing}",
            found=f"{count:,} different values",
            expected=f"at most {_MOST_LABELS}, as bands and segments have them",
            remedy="Group the values, or name another column.",
        )
    return labels.to_numpy().astype(np.str_)


def _read_clients(cells: _Cells, name: str) -> NDArray[np.str_]:
    texts = format_as_text(cells.columns.rows[name])
    if texts.null_count():
        raise _build_value_error(cells, name, texts.is_null(), expected="who each row is about")
    return texts.to_numpy().astype(np.str_)
