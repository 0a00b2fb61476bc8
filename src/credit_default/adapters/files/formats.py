"""Detect what a file is: by the ending of its name, and by its first bytes, which must agree.

A workbook called .csv, a web page saved in place of a download, half a file: each becomes one clear error here, before any
reading library sees the file.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from credit_default.errors import InputError

FormatName = Literal["csv", "workbook", "parquet"]

HEAD_BYTES = 131_072  # as much as the csv module takes for one cell

_FORMAT_BY_ENDING: dict[str, FormatName] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".xls": "workbook",
    ".xlsx": "workbook",
    ".parquet": "parquet",
    ".pq": "parquet",
}
READ_ENDINGS = tuple(_FORMAT_BY_ENDING)
_ZIP, _OLE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_SIGNATURES = {".xls": _OLE, ".xlsx": _ZIP, ".parquet": _PARQUET, ".pq": _PARQUET}
_OLD_WORKBOOK = "an .xls workbook"
_KNOWN_BYTES = (
    (_ZIP, "a zip archive or .xlsx workbook"),
    (_OLE, _OLD_WORKBOOK),
    (_PARQUET, "a Parquet file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_REMEDIES = {
    "a zip archive or .xlsx workbook": "Unpack it, or give it the ending .xlsx if it is a workbook.",
    _OLD_WORKBOOK: "Give it the ending .xls.",
    "a Parquet file": "Give it the ending .parquet.",
    "a gzip archive": "Unpack it first (gunzip).",
    "UTF-16 text": "Save it as UTF-8 text (in Excel: CSV UTF-8).",
    "text": "Give it the ending .csv if it is a table as text.",
}
_DECLARE_SEPARATOR = (
    "If it is a table as text, declare in the portfolio's file what separates its cells, as in"
    ' file = { separator = " " }, or give it the ending .csv.'
)


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How to read a file, and its first bytes."""

    name: FormatName
    head: bytes = field(repr=False)  # at most HEAD_BYTES


def is_folder(path: Path) -> bool:
    """Return whether there is a folder at `path`.

    Raises:
        InputError: The disk cannot tell.
    """
    _check_name_encoding(path)
    with file_errors(path):
        return path.is_dir()


@contextmanager
def open_binary(path: Path) -> Iterator[BinaryIO]:
    """Open the file for reading its bytes, and close it when the block ends.

    Raises:
        InputError: The file is missing, not readable or a pipe, or its name is not UTF-8.
    """
    _check_name_encoding(path)
    with file_errors(path):
        _require_no_pipe(path)
        file = path.open("rb")
    with file:
        yield file


def detect_format(path: Path, file: BinaryIO, *, separator: str | None = None) -> FileFormat:
    """Return the format of the file at `path` that is open as `file`; its position in the file moves.

    Args:
        path: The file.
        file: Its bytes.
        separator: The character between cells of text files, where it was declared: then text of any ending that is
            not one of another format is a table.

    Raises:
        InputError: The file is empty, its ending is none that we read, or its first bytes (for Parquet its last ones too)
            are not what the ending promises.
    """
    head = _read_first_bytes(path, file)
    found, ending = describe_bytes(head), path.suffix.lower()
    if ending not in _FORMAT_BY_ENDING and separator is not None:
        ending = ".csv"
    if ending not in _FORMAT_BY_ENDING:
        raise InputError(
            str(path),
            found=f"{found} called {path.suffix or 'without an ending'}",
            expected=_list_endings(),
            remedy=_DECLARE_SEPARATOR
            if found == "text"
            else _REMEDIES.get(found, "Save it in one of these formats."),
        )
    signature = _SIGNATURES.get(ending)
    if signature is None and found != "text":
        raise _build_mismatch_error(path, found=found, expected="comma-separated UTF-8 text")
    if signature is not None and not head.startswith(signature):
        if ending == ".xlsx" and found == _OLD_WORKBOOK:
            raise _build_protected_error(path)
        expected = f"the bytes of a {path.suffix} file"
        raise _build_mismatch_error(path, found=found, expected=expected)
    if signature == _PARQUET:
        _check_parquet_footer(path, file)
    return FileFormat(_FORMAT_BY_ENDING[ending], head)


def describe_bytes(head: bytes) -> str:
    """Return what these first bytes of a file look like, in a few words."""
    for signature, name in _KNOWN_BYTES:
        if head.startswith(signature):
            return name
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "a web page (HTML or XML)"
    if b"\x00" in head:
        return "binary data"
    return "text"


def _check_name_encoding(path: Path) -> None:
    """Check that the name is UTF-8: the libraries, tables and servers that it is passed to accept nothing else."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            str(path),
            found="a name that is not UTF-8",
            expected="one that is",
            remedy="Rename the file.",
        ) from error


def _require_no_pipe(path: Path) -> None:
    """Check that the file can be read more than once: opening a pipe waits until somebody writes to it."""
    mode = path.stat().st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        raise InputError(
            str(path),
            found="a pipe",
            expected="a file, which is read more than once",
            remedy="Save what comes out of it as a file first.",
        )


def _read_first_bytes(path: Path, file: BinaryIO) -> bytes:
    with file_errors(path):
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise InputError(
            str(path), found="an empty file", expected="a table", remedy="Export the file again."
        )
    return head


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Translate the disk's errors about the file or folder during the block into one for people.

    Raises:
        InputError: It is missing or cannot be read.
    """
    expected = "a file that can be read"
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(
            str(path), found="no such file", expected=expected, remedy="Check the path."
        ) from error
    except OSError as error:
        raise InputError(
            str(path),
            found=str(error.strerror),
            expected=expected,
            remedy="Check the path and the permissions.",
        ) from error


def _check_parquet_footer(path: Path, file: BinaryIO) -> None:
    byte_count = file.seek(0, os.SEEK_END)
    file.seek(-len(_PARQUET), os.SEEK_END)
    if file.read() != _PARQUET or byte_count <= 2 * len(_PARQUET):
        raise InputError(
            str(path),
            found="a Parquet file whose end is missing",
            expected="a whole file",
            remedy="It was cut short on its way here: copy or download it again.",
        )


def _build_mismatch_error(path: Path, *, found: str, expected: str) -> InputError:
    remedy = f"Give the file itself, in one of the formats {_list_endings()}."
    return InputError(
        str(path), found=found, expected=expected, remedy=_REMEDIES.get(found, remedy)
    )


def _build_protected_error(path: Path) -> InputError:
    # With a password Excel wraps the workbook into a file of the old kind.
    return InputError(
        str(path),
        found="a workbook that is protected with a password, or an .xls workbook",
        expected="the bytes of a .xlsx file",
        remedy="Save it without the password, or give it the ending .xls if it is of the old kind.",
    )


def _list_endings() -> str:
    return ", ".join(_FORMAT_BY_ENDING)
