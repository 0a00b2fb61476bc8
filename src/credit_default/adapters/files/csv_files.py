"""Read separated text as text: the data contract says what a cell means, so no type is guessed here.

pyarrow streams the file in blocks, so that memory does not grow with its length, and is strict about the number of cells in
a line. It is lax about quotation marks ("20"000 would be 20000, and the end of the file closes every cell) and about cells in
columns that are not read. So the bytes are checked first, and errors name the line and what to do about it.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import polars as pl

from credit_default.adapters.files.blank_separated import BLANK, JoinedBlanks, join_blanks
from credit_default.adapters.files.formats import HEAD_BYTES
from credit_default.adapters.files.headers import HEADER_LINES, count_most_known
from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError

_BLOCK_BYTES = 8_388_608
_LINE_BYTES = _BLOCK_BYTES  # no longer line can be read
# A quoted cell is quoted as a whole and ends on its line; a mark that does not begin a cell is an ordinary character.
_QUOTED = rb'"[^"\r\n]*+(?:""[^"\r\n]*+)*+"'
_RAGGED = re.compile(
    r"CSV parse error: Row #(?P<line>\d+): Expected \d+ columns, got (?P<count>\d+): (?P<text>.*)",
    re.DOTALL,
)
_SHOWN_CHARACTERS = 40
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class CsvHead:
    """The cells of a file's first lines, and the character that separates them."""

    lines: list[list[str]] = field(repr=False)
    delimiter: str


def parse_csv_head(
    path: Path, *, head: bytes, schema: Schema, separator: str | None = None
) -> CsvHead:
    """Return the cells of the file's first lines; `head` are its first bytes, at most `HEAD_BYTES`.

    The delimiter is the one by which a line names most of the schema's columns: a comma unless another one names more;
    or it is `separator`, where a declaration says so; a blank stands for any number of blanks.

    Raises:
        InputError: The text is not UTF-8.
    """
    text = _decode_head(path, head)
    if separator == BLANK:
        text = join_blanks(text.encode()).decode()
    heads = [CsvHead(_split_cells(text, delimiter=one), one) for one in separator or _DELIMITERS]
    return max(heads, key=lambda head: count_most_known(head.lines, schema=schema))


def check_text(path: Path, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks of the file as they come, each after it was found to be UTF-8 text.

    Raises:
        InputError: The bytes are not UTF-8, or there is a NUL among them.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    for block in chain(blocks, [b""]):
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            found = f"the byte 0x{error.object[error.start]:02x} in line {line}"
            raise _build_encoding_error(path, found=found) from error
        if b"\0" in block:
            line += block[: block.index(0)].count(b"\n")
            raise _build_encoding_error(path, found=f"a NUL in line {line}")
        line += block.count(b"\n")
        if block:
            yield block


def check_quotes(path: Path, file: BinaryIO, *, delimiter: str) -> None:
    """Check that every quotation mark is closed on its line; `file` is the open file, at its beginning.

    Most files have no quotation mark, and need not be read for this.

    Raises:
        InputError: A quoted cell holds a line break, is not closed, or has text after its closing mark.
    """
    well_quoted = _compile_well_quoted(delimiter.encode())
    for number, line in enumerate(iter(lambda: file.readline(_LINE_BYTES), b""), 1):
        joined = join_blanks(line) if delimiter == BLANK else line
        if b'"' in line and not well_quoted.fullmatch(joined):
            raise _build_quote_error(path, number=number, line=line)


def read_csv_rows(
    path: Path, *, place: int, width: int, positions: Sequence[int], delimiter: str
) -> Iterator[pl.DataFrame]:
    """Yield the rows below the header as texts, block by block, in columns named by their position ("0", "1" …).

    An empty cell is null, and so is every cell of an empty line.

    Args:
        path: A file that `check_text` and `check_quotes` found to be sound.
        place: The header's line, from 0.
        width: The number of cells in the header.
        positions: The columns to read, from 0.
        delimiter: The character between two cells; a blank for any number of blanks.

    Raises:
        InputError: A line has more or fewer cells than the header.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [str(position) for position in range(width)]
    try:
        reader = arrow_csv.open_csv(
            pa.PythonFile(JoinedBlanks(path), mode="r") if delimiter == BLANK else path,
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=_BLOCK_BYTES, skip_rows=place + 1, column_names=names
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False),
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
        raise _build_csv_error(path, error=error, width=width) from error


def _decode_head(path: Path, head: bytes) -> str:
    # The head may end within a line, or within a character: only its whole lines are decoded.
    whole = head
    if len(head) == HEAD_BYTES:
        whole = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]
    if not whole:
        raise InputError(
            str(path),
            found=f"a first line longer than {HEAD_BYTES:,} bytes",
            expected="a header with the columns of the schema",
            remedy="Give a table with a header line, and leave out columns that are not read.",
        )
    try:
        return whole.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"the byte 0x{whole[error.start]:02x} at position {error.start}"
        raise _build_encoding_error(path, found=found) from error


def _split_cells(text: str, *, delimiter: str) -> list[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [row for _, row in zip(range(HEADER_LINES + 1), rows, strict=False)]


def _compile_well_quoted(delimiter: bytes) -> re.Pattern[bytes]:
    mark = re.escape(delimiter)
    cell = rb'(?:%s|[^"%s\r\n][^%s\r\n]*+|)' % (_QUOTED, mark, mark)
    return re.compile(rb"(?:\xef\xbb\xbf)?%s(?:[%s\r\n]%s)*+" % (cell, mark, cell))


def _build_quote_error(path: Path, *, number: int, line: bytes) -> InputError:
    found = "text after a closing quotation mark"
    if line.count(b'"') % 2 == 1:
        found = "a quoted cell that goes on over the end of its line"
    return InputError(
        f"line {number} of {path}",
        found=found,
        expected='cells that are quoted as a whole or not at all, a mark within them written twice ("")',
        remedy='Look for a quotation mark (") that is opened and not closed.',
    )


def _build_csv_error(path: Path, *, error: Exception, width: int) -> InputError:
    # pyarrow's handler of invalid rows would learn as much, but it drops rows that are not UTF-8.
    ragged = _RAGGED.match(str(error))
    if ragged is None:
        return InputError(
            str(path),
            found=f"unreadable text ({error})",
            expected="a table",
            remedy="Look at that place, and export the file again.",
        )
    count = int(ragged["count"])
    begin = join_blanks(ragged["text"].removesuffix(" ...").encode())
    last = count < width and join_blanks(_read_last_line(path)).startswith(begin)
    if count == 1:
        return InputError(
            f"line {ragged['line']} of {path}",
            found=f"one cell ({ragged['text'][:_SHOWN_CHARACTERS]!r})",
            expected=f"{width}, as in the header",
            remedy="Remove that line if it is a note or a count; otherwise the file was cut there: copy or export it"
            " again.",
        )
    cut_short = "The file was cut short: copy or export it again."
    return InputError(
        f"line {ragged['line']} of {path}",
        found=f"{count} cells" + (" in the last line" if last else ""),
        expected=f"{width}, as in the header",
        remedy=cut_short if last else "Correct that line (a stray comma?).",
    )


def _read_last_line(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - HEAD_BYTES))
        return file.read().rstrip(b"\r\n").rpartition(b"\n")[2]


def _build_encoding_error(path: Path, *, found: str) -> InputError:
    return InputError(
        str(path),
        found=f"text that is not UTF-8 ({found})",
        expected="UTF-8 text",
        remedy="Save it as UTF-8 text (in Excel: CSV UTF-8).",
    )
