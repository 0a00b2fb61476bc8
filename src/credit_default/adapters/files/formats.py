"""What a file is: by its name, and by its first bytes, which must tell the same story.

A workbook called .csv, a web page saved in place of a download, half a file: each is one clear error here, before any
library sees the file.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from credit_default.errors import InputError

FormatName = Literal["csv", "workbook", "parquet"]

HEAD_BYTES = 131_072  # as much as the csv module takes for one cell

_FORMAT_BY_ENDING: dict[str, FormatName] = {
    ".csv": "csv",
    ".xls": "workbook",
    ".xlsx": "workbook",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_ZIP, _OLE, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_SIGNATURES = {".xls": _OLE, ".xlsx": _ZIP, ".parquet": _PARQUET, ".pq": _PARQUET}
_KNOWN_BYTES = (
    (_ZIP, "a zip archive or .xlsx workbook"),
    (_OLE, "an .xls workbook"),
    (_PARQUET, "a Parquet file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_REMEDIES = {
    "a zip archive or .xlsx workbook": "Unpack it, or give it the ending .xlsx if it is a workbook.",
    "an .xls workbook": "Give it the ending .xls.",
    "a Parquet file": "Give it the ending .parquet.",
    "a gzip archive": "Unpack it first (gunzip).",
    "UTF-16 text": "Save it as UTF-8 text (in Excel: CSV UTF-8).",
    "text": "Give it the ending .csv if it is comma-separated text.",
}


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How to read the file, and its first bytes."""

    kind: FormatName
    head: bytes  # at most HEAD_BYTES


def detect_format(path: Path) -> FileFormat:
    """What the file is.

    Raises:
        InputError: It is missing, a folder, unreadable or empty; its name is no UTF-8; its ending is none that we read;
            or its first bytes (for Parquet its last ones too) are not what the ending says.
    """
    _check_name_encoding(path)
    kind = _FORMAT_BY_ENDING.get(path.suffix.lower())
    head = _read_first_bytes(path)
    found = describe_bytes(head)
    if kind is None:
        remedy = _REMEDIES.get(found, "Save it in one of these forms.")
        raise InputError(
            str(path),
            found=f"{found} called {path.suffix or 'without an ending'}",
            expected=_list_endings(),
            remedy=remedy,
        )
    signature = _SIGNATURES.get(path.suffix.lower())
    if signature is None and found != "text":
        raise _build_mismatch_error(path, found=found, expected="comma-separated UTF-8 text")
    if signature is not None and not head.startswith(signature):
        raise _build_mismatch_error(
            path, found=found, expected=f"the bytes of a {path.suffix} file"
        )
    if kind == "parquet":
        _check_parquet_footer(path)
    return FileFormat(kind, head)


def describe_bytes(head: bytes) -> str:
    """What these first bytes look like, in a few words."""
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
    """Nothing; libraries, tables and servers that are told of the file take its name as UTF-8 and nothing else."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            str(path),
            found="a name that is no UTF-8",
            expected="one that is",
            remedy="Rename the file.",
        ) from error


def _read_first_bytes(path: Path) -> bytes:
    expected = "a file that can be read"
    try:
        if path.is_dir():
            raise InputError(
                str(path), found="a folder", expected="a file", remedy="Name one file in it."
            )
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise InputError(
            str(path), found="no such file", expected=expected, remedy="Check the path."
        ) from error
    except OSError as error:
        remedy = "Check the path and the permissions."
        raise InputError(
            str(path), found=str(error.strerror), expected=expected, remedy=remedy
        ) from error
    if not head.strip():
        raise InputError(
            str(path), found="an empty file", expected="a table", remedy="Export the file again."
        )
    return head


def _check_parquet_footer(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(-len(_PARQUET), 2)
        if file.read() == _PARQUET and path.stat().st_size > 2 * len(_PARQUET):
            return
    raise InputError(
        str(path),
        found="a Parquet file whose end is missing",
        expected="a whole file",
        remedy="It was cut short on its way here: copy or download it again.",
    )


def _build_mismatch_error(path: Path, *, found: str, expected: str) -> InputError:
    remedy = _REMEDIES.get(
        found, "Give the file itself, in one of the forms " + _list_endings() + "."
    )
    return InputError(str(path), found=found, expected=expected, remedy=remedy)


def _list_endings() -> str:
    return ", ".join(_FORMAT_BY_ENDING)
