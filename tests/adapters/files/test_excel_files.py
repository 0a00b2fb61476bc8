import datetime as dt

import polars as pl
import pytest
import xlsxwriter
import xlwt

from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError


@pytest.fixture(scope="module")
def rows():
    return next(simulate(client_count=30, month_count=1, seed=3)).statements


def write_cells(path, rows, changed, *, at=(0, 0), options=None):
    """A workbook of the rows from the cell `at` on; `changed` writes into it afterwards what it wants."""
    with xlsxwriter.Workbook(path, options or {}) as book:
        sheet = book.add_worksheet("Data")
        for place, cells in enumerate([rows.columns, *rows.rows()]):
            sheet.write_row(at[0] + place, at[1], cells)
        changed(book, sheet)
    return path


def check(path, options=NO_OPTIONS):
    file = open_statement_file(path, schema=CREDIT_CARD, options=options)
    return check_rows(file.read_batches, schema=CREDIT_CARD, marks=options.marks)


def collect_rejected(checked):
    return pl.concat([batch.rejected for batch in checked.batches()])


ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")


@pytest.mark.parametrize("at", [(0, 0), (2, 0), (3, 4)])
def test_formula_errors_are_a_rule_of_their_own_and_never_empty(tmp_path, rows, at):
    row, column = at

    def change(_, sheet):
        for place, error in enumerate(ERRORS, 1):
            sheet.write_formula(row + place, column + 13, "=1/0", None, error)

    checked = check(write_cells(tmp_path / "a.xlsx", rows, change, at=at))

    rejected = collect_rejected(checked)
    assert checked.rule_counts == {"bill_amount_m1|formula_error": len(ERRORS)}
    assert tuple(rejected["bill_amount_m1"]) == ERRORS
    assert rejected["line"].to_list() == [row + place + 1 for place in range(1, len(ERRORS) + 1)]


def test_formula_errors_of_an_old_workbook_are_the_same_rule(tmp_path, rows):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for place, cells in enumerate([rows.columns, *rows.rows()]):
        for column, cell in enumerate(cells):
            if (place, column) == (3, 13):
                sheet.row(place).set_cell_error(column, "#REF!")
            else:
                sheet.write(place, column, cell)
    book.save(str(tmp_path / "a.xls"))

    checked = check(tmp_path / "a.xls")

    assert checked.rule_counts == {"bill_amount_m1|formula_error": 1}
    assert collect_rejected(checked)["line"].to_list() == [4]


def test_a_month_is_the_same_in_a_workbook_that_counts_days_from_1904(tmp_path, rows):
    def change(book, sheet):
        for row in range(1, 31):
            date = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet.write_datetime(row, 1, dt.datetime(2005, 11, 1), date)  # noqa: DTZ001 - a cell has no zone

    checked = check(write_cells(tmp_path / "a.xlsx", rows, change, options={"date_1904": True}))

    assert checked.months == ("2005-11",)


def test_rows_that_a_filter_hides_are_read(tmp_path, rows):
    def change(_, sheet):
        sheet.autofilter(0, 0, 30, 24)
        for row in range(1, 20):
            sheet.set_row(row, options={"hidden": True})

    assert check(write_cells(tmp_path / "a.xlsx", rows, change)).row_count == 30


def test_a_merged_title_is_no_part_of_the_table(tmp_path, rows):
    def change(_, sheet):
        sheet.merge_range(0, 0, 0, 24, "Statements of November")

    checked = check(write_cells(tmp_path / "a.xlsx", rows, change, at=(1, 0)))

    assert checked.accepted_count == 30


@pytest.mark.parametrize("ending", [".xlsx", ".xls"])
def test_marks_are_of_texts_and_numbers_keep_their_value(tmp_path, rows, ending):
    """One column holds texts with marks, the next numbers with decimals, the last both."""
    marks = ReadingOptions(decimal=",", thousands=".")
    amounts = [229187.25, 1234.5, 7.125, 229.187, 1e6, 0.0] * 5

    def write_german(amount):
        return f"{amount:,.3f}".replace(".", "D").replace(",", ".").replace("D", ",")

    columns = {
        "bill_amount_m1": [write_german(amount) for amount in amounts],
        "bill_amount_m2": amounts,
        "bill_amount_m3": [
            write_german(amount) if place % 2 else amount for place, amount in enumerate(amounts)
        ],
    }
    cells = [rows.columns, *rows.rows()]
    for name, values in columns.items():
        for place, value in enumerate(values, 1):
            line = list(cells[place])
            line[rows.columns.index(name)] = value
            cells[place] = line
    path = tmp_path / f"a{ending}"
    book = xlwt.Workbook() if ending == ".xls" else xlsxwriter.Workbook(path)
    sheet = book.add_sheet("Data") if ending == ".xls" else book.add_worksheet("Data")
    for row, line in enumerate(cells):
        for column, cell in enumerate(line):
            sheet.write(row, column, cell)
    book.save(str(path)) if ending == ".xls" else book.close()

    checked = check(path, marks)

    batch = next(checked.batches())
    assert not any(rule.endswith("|type") for rule in checked.rule_counts)
    read = batch.accepted
    for name in columns:
        by_id = dict(zip(rows["client_id"].to_list(), amounts, strict=True))
        assert read[name].to_list() == [by_id[client] for client in read["client_id"]]


# ---- formulas without results


def test_formulas_with_results_are_read(tmp_path, rows):
    def change(_, sheet):
        for row in range(1, 31):
            sheet.write_formula(row, 2, "=200*1000", None, 200_000)
            sheet.write_formula(row, 24, "=1-1", None, 0)

    assert check(write_cells(tmp_path / "a.xlsx", rows, change)).row_count == 30


@pytest.mark.parametrize("at", [(0, 0), (3, 4)])
def test_formulas_that_were_never_computed_are_refused_with_the_cure(tmp_path, rows, at):
    row, column = at

    def change(_, sheet):
        for place in range(1, 31):
            sheet.write_formula(row + place, column + 13, "=1+1")  # the writer computes nothing

    path = write_cells(tmp_path / "a.xlsx", rows, change, at=at)

    with pytest.raises(InputError, match="30 formulas whose results are not stored") as caught:
        check(path)

    first = xlsxwriter.utility.xl_rowcol_to_cell(row + 1, column + 13)
    assert f"the first in {first}" in caught.value.found
    assert "Open the file in Excel and save it" in caught.value.remedy


def test_formulas_in_columns_that_are_not_read_do_not_matter(tmp_path, rows):
    def change(_, sheet):
        sheet.write(0, 25, "check")
        for row in range(1, 31):
            sheet.write_formula(row, 25, "=1+1")

    assert check(write_cells(tmp_path / "a.xlsx", rows, change)).row_count == 30
