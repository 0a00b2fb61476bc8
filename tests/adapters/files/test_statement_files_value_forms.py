"""Months, ids, outcomes and times in every form and every kind of file, with what each is read as.

One rule holds for all kinds of file: the same text is read alike in a CSV, a workbook's text cell
and a Parquet column of text, and so is the same value as a number, a date or a time.
"""

import csv
import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.file_faults import FileFaultPolicy
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.outcomes import OBSERVED_OUTCOMES
from credit_default.errors import InputError

SOUND = {
    "client_id": "c1",
    "statement_month": "2005-11",
    "observed_at": "2006-01-01T00:00:00Z",
    "defaulted": "0",
}
NEVER = FileFaultPolicy(least_rows=10_000)
TAIPEI = ZoneInfo("Asia/Taipei")
# Without a zone, as files may give them.
MIDNIGHT = dt.datetime.fromisoformat("2005-11-01")
AFTER_MIDNIGHT = dt.datetime.fromisoformat("2005-11-01 08:00:00")
NAIVE_TIME = dt.datetime.fromisoformat("2006-01-01 08:30:00")
HALF_PAST_EIGHT = dt.datetime(2006, 1, 1, 8, 30, tzinfo=dt.UTC)
FIRST_MOMENT = dt.datetime(2006, 1, 1, tzinfo=dt.UTC)

MONTH_TEXTS = {
    "2005-11": "2005-11",
    "200511": "2005-11",
    "200511.0": "2005-11",
    " 2005-11": "2005-11",
    "2005-11  ": "2005-11",
    "20051130": "2005-11",
    "20051130.0": "2005-11",
    "20051131": "statement_month|calendar",
    "2005-11-30": "2005-11",
    "2005-11-30T00:00:00": "2005-11",
    "2005-11-30 00:00:00": "2005-11",
    "2005-11-30 00:00:00.000": "2005-11",
    "2005-11-30T00:00:00Z": "2005-11",
    "2005-11-30 00:00:00 UTC": "2005-11",
    "2005-11-30T00:00:00+08:00": "2005-11",
    "1900-01": "1900-01",
    "2200-12": "2200-12",
    "2005-10-31T16:00:00Z": "statement_month|instant",
    "2005-11-01 08:00:00+08:00": "statement_month|instant",
    "2005-11-30 12:00": "statement_month|instant",
    "2005-13": "statement_month|calendar",
    "2005-00": "statement_month|calendar",
    "200513": "statement_month|calendar",
    "2005-02-30": "statement_month|calendar",
    "1899-12": "statement_month|calendar",
    "2201-01": "statement_month|calendar",
    "Nov-05": "statement_month|named_month",
    "05-Nov": "statement_month|named_month",
    "November 2005": "statement_month|named_month",
    "30. November 2005": "statement_month|named_month",
    "Nov 30, 2005": "statement_month|named_month",
    "März 2005": "statement_month|named_month",
    "30.11.2005": "statement_month|day_order",
    "11/30/2005": "statement_month|day_order",
    "05/06/2005": "statement_month|day_order",
    "30-11-05": "statement_month|day_order",
    "05-11": "statement_month|short_year",
    "11/05": "statement_month|short_year",
    "2005.11": "statement_month|decimal_month",
    "2005,11": "statement_month|decimal_month",
    "38686": "statement_month|serial_date",
    "38686.5": "statement_month|serial_date",
    "2005-9": "statement_month|format",
    "11/2005": "statement_month|format",
    "soon": "statement_month|format",
    "": "statement_month|nullability",
}
ID_TEXTS = {
    "20001": "20001",
    "20001.0": "20001",
    "20001.000": "20001",
    "0.0": "0",
    "00123": "00123",
    "007.0": "007.0",
    "20001.5": "20001.5",
    "4500123456789012": "4500123456789012",
    "4500123456789012.0": "4500123456789012",
    "9007199254740991.0": "9007199254740991",
    "A-1.0": "A-1.0",
    "12E5": "12E5",
    "9007199254740992.0": "client_id|rounded",
    "4.50012E+15": "client_id|rounded",
    "4.50012e15": "client_id|rounded",
    "4E+15": "client_id|rounded",
    "4,50012E+15": "client_id|rounded",
    "########": "client_id|hidden",
    "1,234": "client_id|separator",
    "1 234": "client_id|separator",
    "1\u202f234": "client_id|separator",
    " 20001": "client_id|blank",
    "20001 ": "client_id|blank",
    "20001\u00a0": "client_id|blank",
    "A 1": "client_id|blank",
    **dict.fromkeys(["nan", "None", "NULL", "NA", "N/A", "<NA>", "NaT"], "client_id|missing_word"),
    "Nancy": "Nancy",
    "-1": "client_id|format",
    '" OR 1=1': "client_id|format",
    '="00123"': "client_id|guarded",
    "'00123": "client_id|guarded",
    "=1+1": "client_id|format",
    "": "client_id|nullability",
}
OUTCOME_TEXTS = {
    **dict.fromkeys(["0", "0.0", " 0 ", "false", "False", "FALSE", "no", "No", "N", "n", "f"], 0),
    **dict.fromkeys(["1", "1.0", " 1", "true", "True", "TRUE", "yes", "YES", "Y", "y", "t"], 1),
    "2": "defaulted|code",
    "-1": "defaulted|code",
    "0.5": "defaulted|type",
    "default": "defaulted|type",
    "ja": "defaulted|type",
    "": "defaulted|nullability",
}
TIME_TEXTS = {
    "2006-01-01T08:30:00Z": HALF_PAST_EIGHT,
    "2006-01-01T16:30:00+08:00": HALF_PAST_EIGHT,
    "2006-01-01 16:30:00+08": HALF_PAST_EIGHT,
    "2006-01-01T09:30+01:00": HALF_PAST_EIGHT,
    "2006-01-01 08:30:00 UTC": HALF_PAST_EIGHT,
    "2006-01-01 08:30:00": HALF_PAST_EIGHT,
    "2006-01-01 08:30:00.000": HALF_PAST_EIGHT,
    "2006-01-01T08:30:00": HALF_PAST_EIGHT,
    "2006-01-01 08:30": HALF_PAST_EIGHT,
    "2006-01-01": FIRST_MOMENT,
    "2006-01-01 00:00:00": FIRST_MOMENT,
    " 2006-01-01T08:30:00Z ": HALF_PAST_EIGHT,
    "2006-01-01 08:30:00 AM": "observed_at|half_day",
    "1/2/2006 8:30 pm": "observed_at|half_day",
    "2006-01-01 08:30:00 CET": "observed_at|zone_name",
    "2006-01-01T08:30:00[Asia/Taipei]": "observed_at|zone_name",
    "1136104200": "observed_at|epoch",
    "1136104200000": "observed_at|epoch",
    "38718": "observed_at|serial_date",
    "01.02.2006": "observed_at|day_order",
    "2006-13-01": "observed_at|type",
    "2006-01-01 25:00:00": "observed_at|type",
    "soon": "observed_at|type",
    "": "observed_at|nullability",
}
NAIVE_TIME_COUNT = 5
TEXTS = {
    "statement_month": MONTH_TEXTS,
    "client_id": ID_TEXTS,
    "defaulted": OUTCOME_TEXTS,
    "observed_at": TIME_TEXTS,
}


def write_csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(SOUND))
        writer.writeheader()
        writer.writerows(rows)


def write_workbook(path, rows):
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, list(SOUND))
    shown = book.add_format({"num_format": "mmm-yy"})
    for place, row in enumerate(rows, 1):
        for column, cell in enumerate(row.values()):
            if isinstance(cell, str):
                sheet.write_string(place, column, cell)
            elif isinstance(cell, dt.date):
                sheet.write_datetime(place, column, cell, shown)
            else:
                sheet.write(place, column, cell)
    book.close()


def write_parquet(path, rows):
    pl.DataFrame(rows, schema=dict.fromkeys(SOUND, pl.String)).write_parquet(path)


WRITERS = {"csv": write_csv, "xlsx": write_workbook, "parquet": write_parquet}


def check(path):
    file = open_statement_file(path, schema=OBSERVED_OUTCOMES)
    return check_rows(file.read_batches, schema=OBSERVED_OUTCOMES, outcome="required", policy=NEVER)


def list_readings(checked, column):
    """What each row's value in the column was read as, or the rule that it broke, in the file's order."""
    (batch,) = checked.batches()
    accepted = iter(batch.accepted[column].to_list())
    rejected = {line: rules[0] for line, rules in batch.rejected.select("line", "rules").rows()}
    return [
        rejected[line] if line in rejected else next(accepted)
        for line in range(2, checked.row_count + 2)
    ]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("column", TEXTS)
def test_a_text_is_read_alike_in_every_kind_of_file(tmp_path, kind, column):
    path = tmp_path / f"forms.{kind}"
    WRITERS[kind](path, [SOUND | {column: text} for text in TEXTS[column]])

    found = dict(zip(TEXTS[column], list_readings(check(path), column), strict=True))

    assert found == TEXTS[column]


@pytest.mark.parametrize("kind", WRITERS)
def test_what_was_not_read_as_it_stands_is_counted(tmp_path, kind):
    path = tmp_path / f"forms.{kind}"
    ids, times = list(ID_TEXTS), list(TIME_TEXTS)
    WRITERS[kind](
        path,
        [
            *(SOUND | {"client_id": text} for text in ids),
            *(SOUND | {"observed_at": text} for text in times),
        ],
    )

    assert check(path).noted_counts == {"client_id": 5, "observed_at": NAIVE_TIME_COUNT}


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("statement_month", dt.date(2005, 11, 30), "2005-11"),
        ("statement_month", MIDNIGHT, "2005-11"),
        ("statement_month", AFTER_MIDNIGHT, "statement_month|instant"),
        ("statement_month", 200511, "2005-11"),
        ("statement_month", 2005.11, "statement_month|decimal_month"),
        ("statement_month", 38686, "statement_month|serial_date"),
        ("client_id", 20001, "20001"),
        ("client_id", 20001.0, "20001"),
        ("client_id", dt.date(2005, 11, 30), "client_id|format"),
        ("defaulted", True, 1),
        ("defaulted", False, 0),
        ("defaulted", 1.0, 1),
        ("defaulted", 2, "defaulted|code"),
        ("observed_at", dt.date(2006, 1, 1), FIRST_MOMENT),
        ("observed_at", NAIVE_TIME, HALF_PAST_EIGHT),
        ("observed_at", 38718, "observed_at|serial_date"),
    ],
)
def test_a_cell_of_a_workbook_is_read_as_what_it_shows(tmp_path, column, cell, expected):
    write_workbook(tmp_path / "cells.xlsx", [SOUND | {column: cell}])

    assert list_readings(check(tmp_path / "cells.xlsx"), column) == [expected]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("statement_month", pl.Series([dt.date(2005, 11, 30)]), "2005-11"),
        ("statement_month", pl.Series([MIDNIGHT]), "2005-11"),
        (
            "statement_month",
            pl.Series([MIDNIGHT]).dt.cast_time_unit("ns"),
            "2005-11",
        ),
        ("statement_month", pl.Series([dt.datetime(2005, 11, 1, tzinfo=TAIPEI)]), "2005-11"),
        ("statement_month", pl.Series([dt.datetime(2005, 11, 1, tzinfo=dt.UTC)]), "2005-11"),
        (
            "statement_month",
            pl.Series([dt.datetime(2005, 11, 1, tzinfo=dt.UTC)]).dt.convert_time_zone(
                "Asia/Taipei"
            ),
            "statement_month|instant",
        ),
        (
            "statement_month",
            pl.Series([dt.datetime(2005, 11, 1, tzinfo=TAIPEI)]).dt.convert_time_zone("UTC"),
            "statement_month|instant",
        ),
        ("statement_month", pl.Series([AFTER_MIDNIGHT]), "statement_month|instant"),
        ("statement_month", pl.Series([dt.date(1899, 11, 1)]), "statement_month|calendar"),
        ("statement_month", pl.Series([200511], dtype=pl.UInt32), "2005-11"),
        ("statement_month", pl.Series([200511.0]), "2005-11"),
        ("statement_month", pl.Series([Decimal("200511.00")]), "2005-11"),
        ("statement_month", pl.Series([2005.11]), "statement_month|decimal_month"),
        ("statement_month", pl.Series(["200511"], dtype=pl.Categorical), "2005-11"),
        ("statement_month", pl.Series([True]), "statement_month|type"),
        ("client_id", pl.Series([20001.0]), "20001"),
        ("client_id", pl.Series([20001.0], dtype=pl.Float32), "20001"),
        ("client_id", pl.Series([20001], dtype=pl.UInt16), "20001"),
        ("client_id", pl.Series([2**64 - 1], dtype=pl.UInt64), "18446744073709551615"),
        ("client_id", pl.Series([Decimal("4500123456789012345.00")]), "4500123456789012345"),
        ("client_id", pl.Series(["20001.0"], dtype=pl.Enum(["20001.0"])), "20001"),
        ("client_id", pl.Series([2.0**53]), "client_id|rounded"),
        ("client_id", pl.Series([2.0**24], dtype=pl.Float32), "client_id|rounded"),
        ("client_id", pl.Series([20001.5]), "client_id|type"),
        ("client_id", pl.Series([-5]), "client_id|format"),
        ("client_id", pl.Series([-5.0]), "client_id|format"),
        ("defaulted", pl.Series([True]), 1),
        ("defaulted", pl.Series([0.0]), 0),
        ("defaulted", pl.Series(["Yes"], dtype=pl.Categorical), 1),
        ("defaulted", pl.Series(["no"], dtype=pl.Enum(["no", "yes"])), 0),
        ("defaulted", pl.Series([2], dtype=pl.Int8), "defaulted|code"),
        ("observed_at", pl.Series([NAIVE_TIME]), HALF_PAST_EIGHT),
        (
            "observed_at",
            pl.Series([HALF_PAST_EIGHT]).dt.convert_time_zone("Asia/Taipei"),
            HALF_PAST_EIGHT,
        ),
        ("observed_at", pl.Series([dt.date(2006, 1, 1)]), FIRST_MOMENT),
        ("observed_at", pl.Series([1_136_104_200]), "observed_at|epoch"),
        ("observed_at", pl.Series([1.1361042e9]), "observed_at|epoch"),
    ],
    ids=lambda value: f"{value.dtype}" if isinstance(value, pl.Series) else None,
)
def test_a_parquet_column_of_any_type_is_read_by_the_same_rule(tmp_path, column, values, expected):
    row = pl.DataFrame([SOUND]).with_columns(values.alias(column))
    row.write_parquet(tmp_path / "typed.parquet")

    assert list_readings(check(tmp_path / "typed.parquet"), column) == [expected]


def test_times_without_a_zone_in_parquet_are_counted(tmp_path):
    rows = pl.DataFrame([SOUND] * 3).with_columns(observed_at=pl.Series([NAIVE_TIME] * 2 + [None]))
    rows.write_parquet(tmp_path / "naive.parquet")

    assert check(tmp_path / "naive.parquet").noted_counts == {"observed_at": 2}


@pytest.mark.parametrize("column", SOUND)
def test_a_parquet_type_that_a_program_made_for_itself_is_refused_by_name(tmp_path, column):
    """pandas stores a Period as a count of months since 1970, under a type of its own."""
    own = {b"ARROW:extension:name": b"pandas.period", b"ARROW:extension:metadata": b'{"freq": "M"}'}
    table = pa.table({name: [text] for name, text in SOUND.items()})
    place = table.schema.get_field_index(column)
    field = pa.field(column, pa.int64(), metadata=own)
    pq.write_table(table.set_column(place, field, pa.array([430])), tmp_path / "own.parquet")

    with pytest.raises(
        InputError, match=f"column {column} of .*pandas.period.*Write the column as text"
    ):
        check(tmp_path / "own.parquet")
