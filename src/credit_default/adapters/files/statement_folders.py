"""Read a folder of part files as one table: one batch, one source, its rows in the order of the parts' names.

Each part is opened and read as a file by itself, so that memory stays flat whatever their number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import polars as pl

from credit_default.adapters.files.headers import Header
from credit_default.adapters.files.part_folders import Part, find_parts
from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.single_files import (
    StatementFile,
    build_changed_error,
    build_no_rows_error,
    open_single_file,
)
from credit_default.adapters.files.sources import Source
from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError, show_examples


@dataclass(frozen=True, slots=True)
class StatementFolder:
    """A folder of statements whose parts have been opened; `read_batches` reads their rows as often as needed."""

    path: Path
    schema: Schema = field(repr=False)
    month: str | None  # "YYYY-MM" for every row; None where the parts or their folders give it
    source: Source
    parts: tuple[StatementFile, ...] = field(repr=False)
    _names: tuple[str, ...] = field(repr=False)

    @property
    def header(self) -> Header:
        """Return the header of the first part; all have the same columns."""
        return self.parts[0].header

    @property
    def options(self) -> ReadingOptions:
        """Return the options that change how the parts are read."""
        return self.parts[0].options

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what people should know about how the folder was read."""
        count = len(self.parts)
        of_parts = dict.fromkeys(note for part in self.parts for note in part.notes)
        return (
            f"{count:,} parts of the folder were read as one batch"
            if count > 1
            else "the one part of the folder was read",
            *of_parts,
        )

    def read_batches(self, *, batch_rows: int = 32_768) -> Iterator[pl.DataFrame]:
        """Yield the rows of all parts, as `StatementFile.read_batches` does for one file.

        Lines are counted through the parts, as if they were one file.

        Raises:
            InputError: A row cannot be read, there are no rows, or the folder was written to since it was opened.
        """
        row_count = 0
        for part in self.parts:
            for batch in part.read_part(batch_rows=batch_rows, first_row=row_count):
                row_count += batch.height
                yield batch
        self.require_same_parts()
        if not row_count:
            raise build_no_rows_error(self.path)

    def require_same_parts(self) -> None:
        """Check that the folder has the parts that were opened, and no others.

        Raises:
            InputError: It was written to since.
        """
        if _list_names(self.path, schema=self.schema) != self._names:
            raise build_changed_error(f"folder {self.path}")


def open_folder(
    path: Path, *, schema: Schema, month: str | None, options: ReadingOptions
) -> StatementFolder:
    """Open all parts of a folder, and take the digest over their names and bytes.

    Raises:
        InputError: The folder is not complete or has no parts, a part cannot be read, or two parts differ in their format
            or their columns.
        SetupError: `month` is not a month.
    """
    found = find_parts(path, schema=schema)
    parts = [
        open_single_file(part.path, schema=schema, month=month, options=options, given=part.given)
        for part in found
    ]
    return join_parts(path, found, parts, schema=schema, month=month)


def join_parts(
    path: Path,
    found: Sequence[Part],
    parts: Sequence[StatementFile],
    *,
    schema: Schema,
    month: str | None,
) -> StatementFolder:
    """Return the folder whose parts have been opened, by this process or by others, and take its digest.

    Args:
        path: The folder.
        found: Its parts, as `find_parts` finds them.
        parts: The same parts, opened.
        schema: The portfolio's columns.
        month: As of `open_folder`.

    Raises:
        InputError: Two parts differ in their format or their columns.
    """
    for other in parts[1:]:
        _require_same_form(parts[0], other)
    digest = sha256(b"parts\n")
    for part, opened in zip(found, parts, strict=True):
        digest.update(f"{part.name}\0{opened.source.sha256}\n".encode())
    source = Source(uri=str(path), sha256=digest.hexdigest())
    names = tuple(part.name for part in found)
    return StatementFolder(path, schema, month, source, tuple(parts), names)


def _list_names(path: Path, *, schema: Schema) -> tuple[str, ...]:
    return tuple(part.name for part in find_parts(path, schema=schema))


def _require_same_form(first: StatementFile, other: StatementFile) -> None:
    forms = [
        _describe_form(part, beside=beside) for part, beside in ((first, other), (other, first))
    ]
    if first.format == other.format and _list_columns(first) == _list_columns(other):
        return
    raise InputError(
        f"parts {first.path.name} and {other.path.name} of one folder",
        found=f"{forms[0]} in the first, {forms[1]} in the second",
        expected="parts of one format with the same columns",
        remedy="Give each table a folder of its own, and write the parts by one job.",
    )


def _list_columns(part: StatementFile) -> set[str]:
    return {*part.header.positions, *part.header.given, *part.header.extra}


def _describe_form(part: StatementFile, *, beside: StatementFile) -> str:
    if part.format != beside.format:
        return f"a {part.format} file"
    more = sorted(_list_columns(part) - _list_columns(beside))
    return f"the columns {show_examples(more)}" if more else "not these columns"
