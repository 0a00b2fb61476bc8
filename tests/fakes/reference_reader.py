"""A second opinion on a comma-separated file, for tests: plain Python, from the data dictionary, none of the readers' code.

A file is refused as a whole, or its lines are told apart: accepted with their values, or rejected. It knows what the
contract promises, not how it is kept: slow, one row at a time, and short enough to be checked by reading.
"""

import csv
import datetime as dt
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

HEADER_LINES = 5  # the header is among these
FAULT_ROWS = 20  # from so many rows on, a column that is broken in more than half of them is the file's fault
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
CLIENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
SHORTENED = re.compile(r"(0|[1-9][0-9]*)\.0+")
LOST_DIGITS = re.compile(r"[0-9]\.[0-9]+[eE]\+?[0-9]+")
NO_IDS = {"nan", "NaN", "NAN", "None", "none", "NONE", "null", "NULL", "Null", "nil"}
NO_IDS |= {"NA", "N/A", "n/a", "<NA>", "NaT", "(null)", "\\N"}
UNREAD_OUTCOMES = 0.05  # more of them are the file's fault
MONTH = re.compile(r"([0-9]{4})(?:-([0-9]{2})|([0-9]{2})(?:\.0+)?)")
SHORT_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0+)?")
DAY = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([T ]00:00(:00(\.0+)?)?( ?([Zz]|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?)?"
)
WORDS = {"true": 1, "yes": 1, "t": 1, "y": 1, "false": 0, "no": 0, "f": 0, "n": 0}
SAFE_INTEGER = 2**53
LONGEST_INTEGER = range(-(2**63), 2**63)

Row = Mapping[str, float]


@dataclass(frozen=True)
class Field:
    """A column as the dictionary describes it: kind, other names, bounds or codes; `optional` may be empty."""

    name: str
    kind: str  # identifier, month, code, integer, amount, outcome
    aliases: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    codes: tuple[int, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Dictionary:
    """Key first, outcome last, and rules across columns."""

    fields: tuple[Field, ...]
    rules: tuple[Callable[[Row], bool], ...] = ()


@dataclass(frozen=True)
class ReferenceReading:
    """`refused` says why the whole file is; else line → values of the accepted lines, and the rejected lines."""

    refused: str = ""
    accepted: Mapping[int, tuple] = None
    rejected: tuple[int, ...] = ()


class _RefusedError(Exception):
    pass


def read_with_reference(
    content: bytes, dictionary: Dictionary, *, month: str | None
) -> ReferenceReading:
    """What the contract says of the file."""
    try:
        place, positions, rows = _read_rows(content, dictionary, month=month)
        return _judge_rows(place, positions, rows, dictionary, month=month)
    except _RefusedError as reason:
        return ReferenceReading(refused=str(reason))


def _read_rows(content, dictionary, *, month):
    names = {
        _fold(name): field.name
        for field in dictionary.fields
        for name in (field.name, *field.aliases)
    }
    lines = _read_lines(content, names)
    if not lines:
        raise _RefusedError("no line")
    known = [
        len({names[_fold(cell)] for cell in line if _fold(cell) in names})
        for line in lines[:HEADER_LINES]
    ]
    place = known.index(max(known))
    header = [names.get(_fold(cell)) for cell in lines[place]]
    if any(count > 1 for name, count in Counter(header).items() if name):
        raise _RefusedError("a column twice")
    wanted = {field.name for field in dictionary.fields if not field.optional} - {"statement_month"}
    if wanted - set(header):
        raise _RefusedError("a column is missing")
    if ("statement_month" in header) == (month is not None):
        raise _RefusedError("the month is said twice, or not at all")
    positions = {name: position for position, name in enumerate(header) if name}
    rows = lines[place + 1 :]
    if any(row and len(row) != len(header) for row in rows):
        raise _RefusedError("more or fewer cells than the header")
    while rows and not any(rows[-1][position] for position in positions.values() if rows[-1]):
        rows.pop()
    if not rows:
        raise _RefusedError("no rows")
    return place, positions, rows


def _find_delimiter(text, names):
    """The one by which a line near the top names most columns; a comma unless another one names more."""
    counts = {}
    for delimiter in (",", ";", "\t", "|"):
        head = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = [line for _, line in zip(range(HEADER_LINES), head, strict=False)]
        known = [{names[_fold(cell)] for cell in line if _fold(cell) in names} for line in lines]
        counts[delimiter] = max((len(found) for found in known), default=0)
    return max(counts, key=counts.get)


def _read_lines(content, names):
    if not content.strip() or b"\0" in content:
        raise _RefusedError("empty or binary")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _RefusedError("not UTF-8") from None
    csv.field_size_limit(2**31)
    lines = []
    try:
        delimiter = _find_delimiter(text, names)
        reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
        for line in reader:
            lines.append(line)
            if any("\n" in cell or "\r" in cell for cell in line):
                raise _RefusedError("a cell over the end of its line")
    except csv.Error as error:
        raise _RefusedError(str(error)) from None
    return lines


def _judge_rows(place, positions, rows, dictionary, *, month):
    values, broken, notes, unread = {}, Counter(), 0, 0
    by_name = {field.name: field for field in dictionary.fields}
    for line, row in enumerate(rows, place + 2):
        cells = {name: row[position] if row else "" for name, position in positions.items()}
        if month is not None:
            cells["statement_month"] = month
        read = {f.name: _read_value(cells[f.name], f) for f in dictionary.fields if f.name in cells}
        faults = [name for name, value in read.items() if value is ValueError]
        if len(faults) > 1 and (label := _find_label(cells, by_name)):
            values[line] = (read, (line,))  # no client's: it repeats nobody
            notes += label == "note"
            continue
        broken.update(faults)
        unread += any(by_name[n].kind == "outcome" and _strip(cells[n]) for n in faults)
        # Two spellings of one client are one client.
        names = ("client_id", "statement_month")
        values[line] = (read, tuple(cells[n] if read[n] is ValueError else read[n] for n in names))
    if len(rows) >= FAULT_ROWS and any(count > len(rows) / 2 for count in broken.values()):
        raise _RefusedError("a column holds something else")
    if len(rows) >= FAULT_ROWS and notes > len(rows) / 2:
        raise _RefusedError("rows of one cell")
    if len(rows) >= FAULT_ROWS and unread > UNREAD_OUTCOMES * len(rows):
        raise _RefusedError("outcomes that cannot be read")
    keys = Counter(key for _, key in values.values())
    accepted = {
        line: tuple(read.values())
        for line, (read, key) in values.items()
        if ValueError not in read.values()
        and keys[key] == 1
        and all(rule(read) for rule in dictionary.rules)
    }
    return ReferenceReading(
        accepted=accepted, rejected=tuple(line for line in values if line not in accepted)
    )


def _find_label(cells, by_name):
    """What a row is that is no client's; "" for a client's. Labels of totals are not among the tests' cells."""
    filled = {name for name, cell in cells.items() if _strip(cell)}
    named = [n for n in filled if _fold(cells[n]) in {_fold(a) for a in (n, *by_name[n].aliases)}]
    kinds = [by_name[name].kind for name in filled]
    if 2 * len(named) > len(cells):
        return "header"
    if not filled - {"statement_month"}:
        return "empty"
    if "client_id" not in filled and "code" not in kinds and kinds.count("amount") > 1:
        return "total"
    is_known = "statement_month" in filled and CLIENT.fullmatch(cells["client_id"])
    return "note" if len(filled - {"statement_month"}) == 1 and not is_known else ""


def _read_value(cell, field):  # noqa: PLR0911 - one way out for each thing the dictionary says
    """The value, None where an optional one is not there, or ValueError where the cell breaks the column's own rules."""
    if field.kind == "identifier":
        return _read_id(cell)
    if field.kind == "month":
        return _read_month(cell)
    text = _strip(cell)
    if field.kind == "outcome" and text.lower() in WORDS:
        return WORDS[text.lower()]
    if not text:
        return None if field.optional else ValueError
    if not NUMBER.fullmatch(text):
        return ValueError
    number = float(text)  # the nearest double: what a text says beyond it is not heard
    if not math.isfinite(number):
        return ValueError
    if field.kind != "amount":
        if not _is_whole(text, number):
            return ValueError
        number = int(number)
    if field.codes and number not in field.codes:
        return ValueError
    return number if field.low <= number <= field.high else ValueError


def _read_id(cell):
    shortened = SHORTENED.fullmatch(cell)
    if LOST_DIGITS.fullmatch(cell) or (shortened and int(shortened[1]) >= SAFE_INTEGER):
        return ValueError
    if cell in NO_IDS:
        return ValueError
    cell = shortened[1] if shortened else cell
    return cell if CLIENT.fullmatch(cell) else ValueError


def _read_month(cell):
    cell = _strip(cell)
    month, day = MONTH.fullmatch(cell), DAY.fullmatch(cell)
    if short := SHORT_DAY.fullmatch(cell):
        day = ("", "-".join(short.groups()))
    try:
        date = dt.date.fromisoformat(
            day[1] if day else f"{month[1]}-{month[2] or month[3]}-01" if month else ""
        )
    except ValueError:
        return ValueError
    return f"{date:%Y-%m}" if 1900 <= date.year <= 2200 else ValueError


def _is_whole(text, number):
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return int(text) in LONGEST_INTEGER
    return number.is_integer() and abs(number) <= SAFE_INTEGER


def _strip(cell):
    # Unicode's White_Space; Python counts four separators more.
    return cell.strip(
        "".join(c for c in map(chr, range(0x3001)) if c.isspace() and not "\x1c" <= c <= "\x1f")
    )


def _fold(name):
    return name.replace("\ufeff", "").strip().casefold()
