import re
import zipfile

import polars as pl
import pytest
import xlsxwriter
import xlwt

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError

ENDINGS = pytest.mark.parametrize("ending", [".xlsx", ".xls"])


@pytest.fixture(scope="module")
def rows():
    return next(simulate(client_count=30, month_count=1, seed=3)).statements


def make_table(rows):
    return [rows.columns, *rows.rows()]


def write_book(path, **sheets):
    """A workbook; a sheet is its rows, and hidden where its name begins with "hidden"."""
    book = xlwt.Workbook() if path.suffix == ".xls" else xlsxwriter.Workbook(path)
    for name, lines in sheets.items():
        if path.suffix == ".xls":
            sheet = book.add_sheet(name)
            sheet.visibility = {"hidden": 1, "very_h": 2}.get(name[:6], 0)
        else:
            sheet = book.add_worksheet(name)
            if name.startswith("hidden"):
                sheet.hide()
            if name.startswith("very_hidden"):
                sheet.very_hidden()
        for row, cells in enumerate(lines):
            for column, cell in enumerate(cells):
                sheet.write(row, column, cell)
    if path.suffix == ".xls":
        book.active_sheet = len(sheets) - 1
        book.save(str(path))
    else:
        book.worksheets()[-1].activate()
        book.worksheets()[-1].set_first_sheet()
        book.close()
    return path


def open_book(path, sheet=None):
    return open_statement_file(path, schema=CREDIT_CARD, options=ReadingOptions(sheet=sheet))


def read_ids(book):
    return pl.concat(list(book.read_batches()))["client_id"].to_list()


def refuse(path, message, sheet=None):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        open_book(path, sheet)
    return caught.value


@ENDINGS
@pytest.mark.parametrize(
    ("others", "note"),
    [
        ({"hidden_old": "table"}, "not read: 'hidden_old' (hidden)"),
        ({"very_hidden": "table"}, "not read: 'very_hidden' (hidden)"),
        ({"Cover": [["Prepared for the risk team"], [], ["November"]]}, "not read: 'Cover'"),
        ({"Form": "header"}, "not read: 'Form'"),
        ({"Empty": []}, None),
        ({"Pivot": [["age", "clients"], [20, 4]], "Empty": []}, "not read: 'Pivot'"),
    ],
)
def test_the_one_visible_sheet_with_the_header_is_read_and_named(
    tmp_path, rows, ending, others, note
):
    old = {"table": make_table(rows.head(9)), "header": [rows.columns]}
    first = {
        name: old[lines] if isinstance(lines, str) else lines for name, lines in others.items()
    }
    path = write_book(tmp_path / f"a{ending}", **first, Data=make_table(rows.tail(20)))

    book = open_book(path)

    assert read_ids(book) == rows["client_id"].tail(20).to_list()
    assert book.notes == (() if note is None else (f"sheet 'Data' was read; {note}",))


@ENDINGS
def test_several_visible_sheets_with_rows_are_refused_and_named(tmp_path, rows, ending):
    halves = {"p1": make_table(rows.head(15)), "p2": make_table(rows.tail(15))}
    path = write_book(tmp_path / f"a{ending}", **halves)

    error = refuse(path, "found 2 sheets with the header: 'p1', 'p2'")

    assert '--sheet "NAME"' in error.remedy


@ENDINGS
@pytest.mark.parametrize("named", ["hidden_old", "HIDDEN_old"])
def test_a_named_sheet_is_read_even_when_it_is_hidden(tmp_path, rows, ending, named):
    sheets = {"hidden_old": make_table(rows.head(9)), "Data": make_table(rows)}
    book = open_book(write_book(tmp_path / f"a{ending}", **sheets), sheet=named)

    assert read_ids(book) == rows["client_id"].head(9).to_list()
    assert book.notes == ("sheet 'hidden_old' was read; not read: 'Data'",)
    assert book.options == ReadingOptions(sheet=named)


def test_a_name_that_no_sheet_has_is_refused_with_those_there_are(tmp_path, rows):
    path = write_book(tmp_path / "a.xlsx", hidden=[["x"]], Data=make_table(rows))

    refuse(path, "expected one of 'hidden' (hidden), 'Data'", sheet="November")


def test_where_no_sheet_has_the_header_the_nearest_one_is_named(tmp_path, rows):
    short = make_table(rows.drop("age", "sex"))
    path = write_book(tmp_path / "a.xlsx", Cover=[["Hello"]], Data=short)

    refuse(
        path, "no sheet that has all of them, of 'Cover', 'Data'; the most are 23 of 25, in 'Data'"
    )
    refuse(path, "found none for sex (also called 'X2'); age", sheet="Data")


def test_where_the_rows_are_hidden_the_option_is_named(tmp_path, rows):
    path = write_book(tmp_path / "a.xlsx", hidden=make_table(rows), Data=[])

    assert (
        "--sheet"
        in refuse(path, "no visible sheet with cells, of 'hidden' (hidden), 'Data'").remedy
    )


def test_a_chart_sheet_is_passed_over(tmp_path, rows):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Data!$C$2:$C$9"})
        book.add_chartsheet("Chart").set_chart(chart)
        sheet = book.add_worksheet("Data")
        for place, cells in enumerate(make_table(rows)):
            sheet.write_row(place, 0, cells)

    assert read_ids(open_book(tmp_path / "a.xlsx")) == rows["client_id"].to_list()


def test_the_sheet_is_no_option_of_other_formats(tmp_path, rows):
    rows.write_csv(tmp_path / "a.csv")

    assert open_book(tmp_path / "a.csv", sheet="Data").options == ReadingOptions()


@ENDINGS
def test_a_hidden_sheet_with_the_header_is_named_where_no_visible_one_has_it(
    tmp_path, rows, ending
):
    cover = [["Prepared for the risk team"]]
    path = write_book(tmp_path / f"a{ending}", hidden_data=make_table(rows), Cover=cover)

    error = refuse(path, "found the header in no visible sheet, only in 'hidden_data' (hidden)")

    assert '--sheet "NAME"' in error.remedy
    assert len(read_ids(open_book(path, sheet="hidden_data"))) == 30


def test_what_the_one_visible_sheet_lacks_is_said_although_a_hidden_one_has_it(tmp_path, rows):
    sheets = {"hidden_old": make_table(rows), "Data": make_table(rows.drop("age"))}

    refuse(write_book(tmp_path / "a.xlsx", **sheets), "found none for age")


def test_a_workbook_with_a_password_is_recognised(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000))

    assert "without the password" in refuse(path, "protected with a password").remedy


def test_a_formula_error_that_the_library_does_not_know_is_no_damage(tmp_path, rows):
    whole = write_book(tmp_path / "whole.xlsx", Data=make_table(rows))
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("sheet1.xml"):
                text = re.sub(rb'<c r="N2">.*?</c>', b'<c r="N2" t="e"><v>#SPILL!</v></c>', text)
            new.writestr(name, text)

    error = refuse(path, "found the formula error #SPILL! in a cell")

    assert error.remedy.startswith("Repair the formula")


def test_a_header_below_the_first_lines_is_said_to_be_looked_for_in_these(tmp_path, rows):
    titles = [["Title"], *[[""]] * 4]

    error = refuse(write_book(tmp_path / "a.xlsx", Data=[*titles, *make_table(rows)]), "'Title'")

    assert "in its first 5 lines" in error.remedy
