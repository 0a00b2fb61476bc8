"""Which raw column is which of ours: names matched against the schema, and the header found below a title row.

UCI's spreadsheet has X1 .. Y above the header proper; people add titles of their own. Of the first lines, the one
that names most of the schema's columns is the header.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from credit_default.data.checking.file_faults import check_columns
from credit_default.data.contract.schema import (
    CLIENT_ID,
    OUTCOME,
    STATEMENT_MONTH,
    Schema,
    normalise_name,
)
from credit_default.errors import InputError, show_examples

HEADER_LINES = 5  # the header is looked for in this many lines


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands in a file, and what the file lacks or has besides."""

    place: int  # the header's place among the file's first lines, from 0
    positions: Mapping[str, int]  # by our name: the raw column's position, from 0
    extra: tuple[str, ...]  # raw names that the schema does not know; they are not read
    numbers_clients: bool  # no id: client_id is the row's number, from 1

    @property
    def has_month(self) -> bool:
        """True when the file says the month itself."""
        return STATEMENT_MONTH in self.positions

    @property
    def has_outcome(self) -> bool:
        """True when the file has the outcome."""
        return OUTCOME in self.positions


def find_header(lines: Sequence[Sequence[str]], *, schema: Schema, path: Path) -> Header:
    """The header among a file's first lines.

    Raises:
        InputError: Columns are missing, or two raw columns mean the same one.
    """
    place = max(
        range(min(len(lines), HEADER_LINES)),
        key=lambda index: (count_known_columns(lines[index], schema=schema), -index),
        default=None,
    )
    names = [] if place is None else list(lines[place])
    known = _map_known_names(schema)
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
            expected=f"a header with the columns of schema {schema.name!r}: {', '.join(schema.names[:4])} …",
            remedy="Give a table with a header line, under our names or those of the source.",
        )
    positions = {name: position for position, name in matched}
    numbers_clients = CLIENT_ID not in positions and _has_row_numbers(names, schema=schema)
    found = {*positions, STATEMENT_MONTH, *([CLIENT_ID] if numbers_clients else [])}
    check_columns(found, schema=schema, thing=str(path))
    extra = tuple(name for name in names if name.strip() and normalise_name(name) not in known)
    return Header(place or 0, positions, extra, numbers_clients)


def count_known_columns(names: Sequence[str], *, schema: Schema) -> int:
    """How many of the schema's columns these raw names hold."""
    known = _map_known_names(schema)
    return len({known[normalise_name(name)] for name in names if normalise_name(name) in known})


def _map_known_names(schema: Schema) -> dict[str, str]:
    return {
        normalise_name(name): column.name
        for column in (*schema.columns, schema.outcome)
        for name in column.accepted_names
    }


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
        raise InputError(
            f"columns of {path}",
            found="; ".join(
                f"{show_examples(raw)} for {name}" for name, raw in list(doubled.items())[:5]
            ),
            expected="each column once",
            remedy="Remove the copy, or rename it if it is something else.",
        )
