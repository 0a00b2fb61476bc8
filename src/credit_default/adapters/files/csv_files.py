"""Comma-separated text, read as text: what a cell holds is for the contract to judge, not for a type guesser.

pyarrow streams the file in blocks, so that memory does not grow with it, and is strict about the number of cells in a
line. It is not about quotation marks ("20"000 would be 20000, and the end of the file closes every cell) nor about cells that
nobody reads, so the bytes are looked at first. What cannot be read is told with the line, and what to do.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NoReturn

import polars as pl

from credit_default.adapters.files.formats import HEAD_BYTES
from credit_default.adapters.files.headers import HEADER_LINES, count_known_columns
from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError

_BLOCK_BYTES = 8_388_608
_LINE_BYTES = _BLOCK_BYTES  # no longer line can be read
# A cell in quotation marks is all of the cell and ends on its line; elsewhere than at its beginning a mark is a mark.
_QUOTED = rb'"[^"\r\n]*+(?:""[^"\r\n]*+)*+"'
_CELL = rb'(?:%s|[^",\r\n][^,\r\n]*+|)' % _QUOTED
_WELL_QUOTED = re.compile(rb"(?:\xef\xbb\xbf)?%s(?:[,\r\n]%s)*+" % (_CELL, _CELL))
_RAGGED = re.compile(
    r"CSV parse error: Row #(?P<line>\d+): Expected \d+ columns, got (?P<count>\d+): (?P<text>.*)",
    re.DOTALL,
)
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_csv_head(path: Path, *, head: bytes, schema: Schema) -> list[list[str]]:
    """The cells of the file's first lines.

    Raises:
        InputError: The text is not UTF-8, or another delimiter than the comma makes more sense of it.
    """
    text = _decode_head(path, head)
    lines = _split_cells(text, delimiter=",")
    known = max((count_known_columns(line, schema=schema) for line in lines), default=0)
    for delimiter, name in _OTHER_DELIMITERS.items():
        others = _split_cells(text, delimiter=delimiter)
        if max((count_known_columns(line, schema=schema) for line in others), default=0) > known:
            remedy = "Export it again with commas (and a point, not a comma, in decimal numbers)."
            raise InputError(
                str(path), found=f"columns separated by {name}", expected="by commas", remedy=remedy
            )
    return lines


def read_csv_rows(
    path: Path, *, head: Sequence[Sequence[str]], place: int, positions: Sequence[int]
) -> Iterator[pl.DataFrame]:
    """The rows below the header as texts, block by block, in columns named by their position ("0", "1" …).

    An empty cell is null, and so is every cell of an empty line.

    Raises:
        InputError: A line has more or fewer cells than the header, a cell holds a line break, a quotation mark is not
            closed or stands where none can, or the bytes are not UTF-8.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    if len(head) == place + 1 and path.stat().st_size < HEAD_BYTES:
        return  # the header is the file's last line: what pyarrow would say about it helps nobody
    if _has_quotes(path):
        _check_quotes(path)
    width = len(head[place])
    names = [str(position) for position in range(width)]
    try:
        reader = arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=_BLOCK_BYTES, skip_rows=place + 1, column_names=names
            ),
            parse_options=arrow_csv.ParseOptions(ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[str(position) for position in positions],
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        for batch in reader:
            yield pl.DataFrame(batch)
    except pa.ArrowInvalid as error:
        _raise_csv_error(path, error=error, width=width)


def _decode_head(path: Path, head: bytes) -> str:
    # The head may end within a line, or a character: only whole lines are looked at.
    whole = (
        head if len(head) < HEAD_BYTES else head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]
    )
    if not whole:
        raise InputError(
            str(path),
            found=f"a first line longer than {HEAD_BYTES:,} bytes",
            expected="a header with the columns of the schema",
            remedy="Give a table with a header line, and leave out columns that nobody reads.",
        )
    try:
        return whole.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _build_encoding_error(
            path, found=f"the byte 0x{whole[error.start]:02x} at position {error.start}"
        ) from error


def _split_cells(text: str, *, delimiter: str) -> list[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [row for _, row in zip(range(HEADER_LINES + 1), rows, strict=False)]


def _has_quotes(path: Path) -> bool:
    """Whether there are quotation marks in the file: most have none, which spares them a closer look."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    quoted, line = False, 1
    with path.open("rb") as file:
        for block in chain(iter(lambda: file.read(_BLOCK_BYTES), b""), [b""]):
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                found = f"the byte 0x{error.object[error.start]:02x} in line {line}"
                raise _build_encoding_error(path, found=found) from error
            if b"\0" in block:
                raise _build_encoding_error(
                    path, found=f"a NUL in line {line + block[: block.index(0)].count(10)}"
                )
            quoted = quoted or b'"' in block
            line += block.count(b"\n")
    return quoted


def _check_quotes(path: Path) -> None:
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_LINE_BYTES), b""), 1):
            if b'"' in line and not _WELL_QUOTED.fullmatch(line):
                raise _build_quote_error(path, number=number, line=line)


def _build_quote_error(path: Path, *, number: int, line: bytes) -> InputError:
    open_ended = line.count(b'"') % 2 == 1
    return InputError(
        f"line {number} of {path}",
        found="a quoted cell that goes on over the end of its line"
        if open_ended
        else "text after a closing quotation mark",
        expected='cells that are quoted as a whole or not at all, a mark within them written twice ("")',
        remedy='Look for a quotation mark (") that is opened and not closed.',
    )


def _raise_csv_error(path: Path, *, error: Exception, width: int) -> NoReturn:
    # Its handler of invalid rows would be asked for the same, but drops rows that are no UTF-8.
    ragged = _RAGGED.match(str(error))
    if ragged is None:
        remedy = "Look at that place, and export the file again."
        raise InputError(
            str(path), found=f"unreadable text ({error})", expected="a table", remedy=remedy
        ) from error
    count = int(ragged["count"])
    last = count < width and _read_last_line(path).startswith(ragged["text"].removesuffix(" ..."))
    raise InputError(
        f"line {ragged['line']} of {path}",
        found=f"{count} cells" + (" in the last line" if last else ""),
        expected=f"{width}, as in the header",
        remedy="The file was cut short: copy or export it again."
        if last
        else "Correct that line (a stray comma?).",
    ) from error


def _read_last_line(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - HEAD_BYTES))
        return file.read().rstrip(b"\r\n").rpartition(b"\n")[2].decode("utf-8", "replace")


def _build_encoding_error(path: Path, *, found: str) -> InputError:
    remedy = "Save it as UTF-8 text (in Excel: CSV UTF-8)."
    return InputError(
        str(path), found=f"text that is not UTF-8 ({found})", expected="UTF-8 text", remedy=remedy
    )
