"""Read the table `[file]` of a portfolio's file: its keys, and the marks of its numbers."""

from typing import Any

from credit_default.data.checking.number_marks import build_number_marks
from credit_default.data.contract.declared_tables import FileTable
from credit_default.data.contract.table_parsing import build_declaration_error, read_table
from credit_default.errors import InputError


def read_file_table(mapping: Any, *, thing: str) -> FileTable:
    """Return the options by which the lender's files are read.

    Raises:
        InputError: Keys are unknown, values are no texts, or a mark is not one that is known.
    """
    table = read_table(FileTable, mapping, place=thing)
    try:
        build_number_marks(table.decimal, table.thousands)
    except InputError as error:
        raise build_declaration_error(
            f"{error.thing.replace('--', '')} of {thing}",
            found=error.found,
            expected=error.expected,
        ) from error
    return table
