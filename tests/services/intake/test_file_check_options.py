"""How a file is read is part of its batch's identity, only where an option says it."""

import hashlib

import polars as pl
import pytest

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError, SetupError
from credit_default.services.intake.file_check import check_file

LOANS = """
[schema]
name = "loans"
version = "1"
columns = [{ name = "amount", kind = "amount", description = "Lent.", minimum = 0 }]
outcome = { description = "Bad." }
[[features]]
name = "amount"
function = "raw"
columns = ["amount"]
"""


@pytest.fixture(scope="module")
def rows():
    return next(simulate(client_count=60, month_count=1, seed=5)).statements


@pytest.fixture
def file(rows, tmp_path):
    rows.write_csv(tmp_path / "a.csv")
    return tmp_path / "a.csv"


def check(wiring, path, **options):
    return check_file(
        wiring, str(path), month=None, outcome="ignored", options=ReadingOptions(**options)
    )


def test_a_file_read_without_options_keeps_the_id_that_it_always_had(wiring, file):
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    content = f"{digest} credit-card 1 "

    assert check(wiring, file).batch_id == hashlib.sha256(content.encode()).hexdigest()[:16]
    assert check(wiring, file, sheet="Data").batch_id == check(wiring, file).batch_id


def test_a_sheet_that_is_named_for_a_file_without_sheets_is_said_not_to_be_used(wiring, file):
    named, plain = check(wiring, file, sheet="Data"), check(wiring, file)

    assert named.notes == (
        "--sheet 'Data' was not used: the file is no workbook and has no sheets",
    )
    assert plain.notes == ()


def test_each_option_that_changes_the_rows_gives_another_batch(wiring, file):
    given = ({}, {"decimal": "."}, {"thousands": " "}, {"decimal": ".", "thousands": " "})

    assert len({check(wiring, file, **options).batch_id for options in given}) == 4


def test_rows_written_with_other_marks_are_those_of_the_plain_file(wiring, file, rows, tmp_path):
    amounts = [name for name in rows.columns if "amount" in name or name == "credit_limit"]

    def write_german(text):
        whole = f"{float(text):,.2f}"
        return whole.replace(",", "\u00a0").replace(".", ",")

    written = rows.with_columns(
        pl.Series(name, [write_german(text) for text in rows[name]]) for name in amounts
    )
    written.write_csv(tmp_path / "german.csv", separator=";")

    read = check(wiring, tmp_path / "german.csv", decimal=",", thousands=" ")

    assert pl.concat(read.accepted()).equals(pl.concat(check(wiring, file).accepted()))


@pytest.fixture
def make_loans(make_wiring, tmp_path):
    def make(table):
        (tmp_path / "loans.toml").write_text(LOANS + table)
        return make_wiring(portfolio=str(tmp_path / "loans.toml"))

    (tmp_path / "loans.csv").write_text(
        'client_id,statement_month,amount\na,2005-11,"1.234,50"\nb,2005-11,"7,25"\n'
    )
    return make


def test_the_portfolio_s_file_may_fix_the_marks(make_loans, tmp_path):
    wiring = make_loans('[file]\ndecimal = ","\nthousands = "."\n')

    checked = check(wiring, tmp_path / "loans.csv")

    assert pl.concat(checked.accepted())["amount"].to_list() == [1234.5, 7.25]
    given = check(make_loans(""), tmp_path / "loans.csv", decimal=",", thousands=".")
    assert checked.batch_id == given.batch_id


def test_a_sheet_that_the_portfolio_s_file_names_is_for_workbooks_and_no_matter_for_others(
    make_loans, tmp_path
):
    options = 'decimal = ","\nthousands = "."\n'
    wiring = make_loans(f'[file]\nsheet = "Loans"\n{options}')

    checked = check(wiring, tmp_path / "loans.csv")

    assert checked.notes == ()
    assert (
        checked.batch_id == check(make_loans(f"[file]\n{options}"), tmp_path / "loans.csv").batch_id
    )


def test_an_option_that_is_given_goes_before_the_portfolio_s(make_loans, tmp_path):
    wiring = make_loans('[file]\nthousands = ","\n')
    checked = check(wiring, tmp_path / "loans.csv", decimal=",", thousands=".")

    assert checked.validated.rejected_count == 0
    with pytest.raises(SetupError, match="for both"):
        check(wiring, tmp_path / "loans.csv", decimal=",")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[file]\ndecimals = ","\n', r"unknown 'decimals'"),
        ('[file]\ndecimal = ";"\n', r"decimal of the table \[file\]"),
        ('[files]\ndecimal = ","\n', "schema, features, file, and sections of settings"),
    ],
)
def test_a_wrong_table_is_refused_by_its_key(make_loans, table, message):
    with pytest.raises(InputError, match=message):
        make_loans(table)
