"""Match a file's column names with the schema's, and find the header below a title row.

UCI's spreadsheet has X1 .. Y above the header itself, and people add titles of their own. Of a file's first lines, the one that
names most of the schema's columns is the header.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from credit_default.data.checking.file_faults import check_columns
from credit_default.data.contract.outcome_schema import OBSERVED_AT
from credit_default.data.contract.schema import (
    CLIENT_ID,
    OUTCOME,
    STATEMENT_MONTH,
    Schema,
    normalise_name,
)
from credit_default.errors import InputError, SetupError, show_examples

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
HEADER_LINES = 5  # the header is looked for in this many lines


@dataclass(frozen=True, slots=True)
class Header:
    """The position of each column in a file, and the columns that the schema does not know."""

    place: int  # the header's place among the file's first lines, from 0
    positions: Mapping[str, int]  # by our name: the raw column's position, from 0
    extra: tuple[str, ...]  # raw names that the schema does not know; they are not read
    numbers_clients: bool  # there is no id column: client_id is the row's number, from 1
    given: Mapping[str, str | None] = field(
        default_factory=dict
    )  # by our name: one value for all rows

    is_month_fixed: bool = False  # by the declaration, for files that give none

    @property
    def has_month(self) -> bool:
        """Return True when the file has a statement_month column, or its folder's name gives the month."""
        return STATEMENT_MONTH in self.positions or STATEMENT_MONTH in self.given

    @property
    def has_outcome(self) -> bool:
        """Return True when the file has the outcome column, or its folder's name gives the outcome."""
        return OUTCOME in self.positions or OUTCOME in self.given


def find_header(
    lines: Sequence[Sequence[str]],
    *,
    schema: Schema,
    path: Path,
    given: Mapping[str, str | None] = MappingProxyType({}),
    declared: Sequence[str] = (),
) -> Header:
    """Find the header among a file's first lines.

    Args:
        lines: The cells of each line.
        schema: The columns to look for.
        path: The file, for the errors.
        given: Values of columns, by our name, that the names of the file's folders give for all rows.
        declared: The names of all columns, where the file has no header: its first line is a row.

    Raises:
        InputError: Columns are missing, two raw columns mean the same one, or a column is given by a folder's name too.
    """
    place, names = _choose_line(lines, schema=schema, path=path, declared=declared)
    known = map_known_names(schema)
    names = _number_repeated(names, known=known)
    matched = [
        (position, known[normalise_name(name)])
        for position, name in enumerate(names)
        if normalise_name(name) in known
    ]
    _check_duplicates(names, matched=matched, path=path)
    if not matched:
        raise InputError(
            f"columns of {path}",
            found=show_examples(names),
            expected=f"a header with the columns of schema {schema.name!r}:"
            f" {', '.join(schema.names[:4])} …",
            remedy=f"Give a table with a header in its first {HEADER_LINES} lines, with our column names or those of the"
            " source.",
        )
    positions = {name: position for position, name in matched}
    numbers_clients = CLIENT_ID not in {*positions, *given} and (
        schema.numbers_clients or _has_row_numbers(names, schema=schema)
    )
    _check_given(positions, given=given, path=path)
    is_month_fixed = schema.fixed_month is not None and STATEMENT_MONTH not in {*positions, *given}
    if is_month_fixed:
        given = {**given, STATEMENT_MONTH: schema.fixed_month}
    if schema.fixed_observation is not None and OBSERVED_AT not in {*positions, *given}:
        given = {**given, OBSERVED_AT: schema.fixed_observation}
    found = {*positions, *given, STATEMENT_MONTH, *([CLIENT_ID] if numbers_clients else [])}
    check_columns(found, schema=schema, thing=str(path))
    extra = tuple(name for name in names if name.strip() and normalise_name(name) not in known)
    return Header(place, positions, extra, numbers_clients, given, is_month_fixed)


def check_month_source(header: Header, *, month: str | None, path: Path) -> None:
    """Check that the month of the rows is given once: by a statement_month column or by `month`, as "YYYY-MM".

    Raises:
        InputError: It is given neither way, or both.
        SetupError: `month` is not a month.
    """
    if month is not None and not _MONTH.fullmatch(month):
        raise SetupError(
            "--month", found=repr(month), expected="YYYY-MM", remedy="Give it as in 2005-09."
        )
    if month is not None and header.has_month and not header.is_month_fixed:
        remedy = "Leave --month out: the file gives the month of every row."
        raise _build_month_error(path, found="both", remedy=remedy)
    if month is None and not header.has_month:
        remedy = "Add --month YYYY-MM (the public data set's is 2005-09)."
        if normalise_name(path.parent.name.partition("=")[0]) == STATEMENT_MONTH:
            remedy = f"Name the folder, which gives the month: {path.parent}"
        raise _build_month_error(path, found="neither", remedy=remedy)


def count_known_columns(names: Sequence[str], *, schema: Schema) -> int:
    """Return how many of the schema's columns are among these raw names."""
    known = map_known_names(schema)
    return len({known[normalise_name(name)] for name in names if normalise_name(name) in known})


def count_most_known(lines: Sequence[Sequence[str]], *, schema: Schema) -> int:
    """Return how many of the schema's columns the line names that names most of them."""
    return max((count_known_columns(line, schema=schema) for line in lines), default=0)


def map_known_names(schema: Schema) -> dict[str, str]:
    """Return our name of each column by the names, as compared, that files may call it."""
    return {
        normalise_name(name): column.name
        for column in (*schema.columns, schema.outcome)
        for name in column.accepted_names
    }


def _choose_line(
    lines: Sequence[Sequence[str]], *, schema: Schema, path: Path, declared: Sequence[str]
) -> tuple[int, list[str]]:
    """Return the header's place and its names; the place is -1 where the declaration has the names."""
    if declared:
        if lines and len(lines[0]) != len(declared):
            raise InputError(
                f"line 1 of {path}",
                found=f"{len(lines[0])} cells",
                expected=f"{len(declared)}, as `header` of the portfolio's table [file] has names",
                remedy="Correct `header` or `separator` of the declaration.",
            )
        # A copy of the file may have the names as its first line all the same.
        has_names = bool(lines) and [*map(normalise_name, lines[0])] == [
            *map(normalise_name, declared)
        ]
        return 0 if has_names else -1, list(declared)
    place = max(
        range(min(len(lines), HEADER_LINES)),
        key=lambda index: (count_known_columns(lines[index], schema=schema), -index),
        default=0,
    )
    return place, list(lines[place]) if lines else []


def _number_repeated(names: Sequence[str], *, known: Mapping[str, str]) -> list[str]:
    """Return the names, of those that repeat another one as "name.1", "name.2" … where that is an accepted name."""
    counts: Counter[str] = Counter()
    numbered = []
    for name in names:
        count, counts[normalise_name(name)] = (
            counts[normalise_name(name)],
            counts[normalise_name(name)] + 1,
        )
        other = f"{name.strip()}.{count}"
        numbered.append(other if count and normalise_name(other) in known else name)
    return numbered


def _has_row_numbers(names: Sequence[str], *, schema: Schema) -> bool:
    wanted = {normalise_name(name) for name in schema.row_number_for}
    return bool(wanted) and wanted <= {normalise_name(name) for name in names}


def _check_duplicates(
    names: Sequence[str], *, matched: Sequence[tuple[int, str]], path: Path
) -> None:
    by_name: dict[str, list[str]] = {}
    for position, name in matched:
        by_name.setdefault(name, []).append(names[position])
    doubled = {name: raw for name, raw in by_name.items() if len(raw) > 1}
    if doubled:
        shown = [f"{show_examples(raw)} for {name}" for name, raw in doubled.items()]
        raise InputError(
            f"columns of {path}",
            found="; ".join(shown[:5]),
            expected="each column once",
            remedy="Remove the copy, or rename it if it is something else.",
        )


def _check_given(
    positions: Mapping[str, int], *, given: Mapping[str, str | None], path: Path
) -> None:
    both = sorted(set(positions) & set(given))
    if both:
        raise InputError(
            f"columns of {path}",
            found=f"{show_examples(both)} in the file and in its folder's name",
            expected="each column once",
            remedy="Leave it out of the file, or rename the folder.",
        )


def _build_month_error(path: Path, *, found: str, remedy: str) -> InputError:
    return InputError(
        f"{STATEMENT_MONTH} of {path}",
        found=found,
        expected="the month of the statements, either in a column or given with --month",
        remedy=remedy,
    )
