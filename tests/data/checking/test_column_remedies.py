"""What a risk analyst reads for each kind of fault of a column, planted into a simulated month."""

import polars as pl
import pytest

from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError

BILLS = [f"bill_amount_m{month}" for month in range(1, 7)]
ROW = pl.int_range(pl.len())


@pytest.fixture(scope="module")
def month():
    (simulated,) = simulate(client_count=60, month_count=1, seed=3)
    whole = [column.name for column in CREDIT_CARD.columns if column.kind in {"code", "integer"}]
    amounts = [column.name for column in CREDIT_CARD.columns if column.kind == "amount"]
    return simulated.statements.cast(dict.fromkeys([*whole, *amounts], pl.Int64)).cast(pl.String)


def write(form, *names):
    return {name: pl.format(form, pl.col(name)) for name in names}


def fill(text, *names):
    return {name: pl.lit(text, dtype=pl.String) for name in names}


def rename(rows, **names):
    return rows.rename(names).select(rows.columns)


def shift(rows, step):
    inputs = rows.columns[2:]
    return rows.rename(dict(zip(inputs, inputs[step:] + inputs[:step], strict=True)))


PLANTED = {  # fault: what is changed, and the next step that the message ends with
    "a word": (
        fill("many", "credit_limit"),
        (
            "The cells hold text where numbers belong: check which column of the export was given this"
            " name; then export the file again."
        ),
    ),
    "in thousands": (
        {"credit_limit": pl.col("credit_limit").cast(pl.Int64) // 10_000},
        (
            "The values are below 1,000, the least that is possible: check whether credit_limit is in"
            " another unit (thousands in place of single units, or another sign) or was swapped with"
            " another column; then export the file again."
        ),
    ),
    "years of birth": (
        {"age": 1985 - ROW % 30},
        (
            "The values are above 120, the most that is possible: check whether age is in another unit"
            " (cents, or a year) or was swapped with another column; then export the file again."
        ),
    ),
    "an unknown code": (
        fill("77", "marriage"),
        (
            "Translate the codes into those of the legend: 0 = undocumented, as in the source,"
            " 1 = married, 2 = single, 3 = other; then export the file again."
        ),
    ),
    "codes of another column": (
        {"sex": ROW % 3 + 4},
        (
            "Check whether sex was swapped with education, repayment_status_m1 or 5 more, whose codes"
            " these are; otherwise translate the codes into those of the legend: 1 = male, 2 = female;"
            " then export the file again."
        ),
    ),
    "meanings of codes": (
        {"sex": pl.when(ROW % 2 == 0).then(pl.lit("Male")).otherwise(pl.lit("female"))},
        "Write the codes and not what they mean: 1 = male, 2 = female; then export the file again.",
    ),
    "an empty column": (
        fill(None, "credit_limit"),
        (
            "The column is empty in most rows: fill it at its source, or check that the export takes the"
            " right one; then export the file again."
        ),
    ),
    "words for missing values": (
        fill("N/A", "age"),
        (
            "The cells hold a word for a missing value, and this column may not be missing: fill it at"
            " its source; then export the file again."
        ),
    ),
    "percent signs": (
        write("{} %", "bill_amount_m1"),
        "Write plain numbers, without percent signs; then export the file again.",
    ),
    "currency signs": (
        write("NT$ {}", *BILLS),
        "Write plain amounts, without currency signs; then export the file again.",
    ),
    "currency behind": (
        write("{} €", *BILLS),
        "Write plain amounts, without currency signs; then export the file again.",
    ),
    "separators of thousands": (
        fill("1,229,187", *BILLS),
        'Read the file with --thousands ","; or export it again with a decimal point and no other mark.',
    ),
    "decimal commas": (
        write("{},00", "credit_limit"),
        'Read the file with --decimal ","; or export it again with a decimal point and no other mark.',
    ),
    "decimals in whole numbers": (
        write("{}.5", "age"),
        "Write whole numbers, without decimals; then export the file again.",
    ),
    "brackets for a minus": (
        fill("(1200.5)", "bill_amount_m1"),
        "Write negative amounts with a minus sign in front, as in -100; then export the file again.",
    ),
    "dates": (
        fill("30.11.2005", "age"),
        (
            "The cells hold dates: check which column of the export was given this name, and whether a"
            " spreadsheet turned numbers into dates; then export the file again."
        ),
    ),
    "errors of formulas": (
        fill("#DIV/0!", "credit_limit"),
        (
            "Open the file where it was made, repair the formulas of that column, and save or export it"
            " again."
        ),
    ),
    "ids with blanks": (
        write("client {}", "client_id"),
        (
            "Remove them: an id is taken to the letter, and a blank would make another client; then"
            " export the file again."
        ),
    ),
    "several at once": (
        {**fill("77", "sex"), **write("{}.5", "age"), **write("{} €", *BILLS)},
        (
            "sex: translate the codes into those of the legend: 1 = male, 2 = female. age: write whole"
            " numbers, without decimals. bill_amount_m1, bill_amount_m2, bill_amount_m3, bill_amount_m4,"
            " bill_amount_m5 and 1 more: write plain amounts, without currency signs. Then export the"
            " file again."
        ),
    ),
}


def read_remedy(rows):
    with pytest.raises(InputError) as caught:
        check_rows(lambda: rows.iter_slices(25), schema=CREDIT_CARD)
    return caught.value.remedy


@pytest.mark.parametrize("fault", PLANTED)
def test_each_fault_of_a_column_has_its_own_next_step(month, fault):
    changes, remedy = PLANTED[fault]
    changed = {name: change.cast(pl.String) for name, change in changes.items()}

    assert read_remedy(month.with_columns(**changed)) == remedy


def test_two_columns_whose_values_fit_each_other_look_swapped(month):
    remedy = read_remedy(rename(month, age="credit_limit", credit_limit="age"))

    assert remedy == (
        "The values of credit_limit and age look swapped: exchange the two names in the header."
    )


@pytest.mark.parametrize("step", [1, -1])
def test_values_that_fit_the_columns_beside_them_look_shifted_to_either_side(month, step):
    assert read_remedy(shift(month, step)).startswith("The values look shifted against the header")


def test_neighbours_with_the_same_fault_do_not_look_shifted(month):
    assert "shifted" not in read_remedy(month.with_columns(**write("{} €", *BILLS)))


def test_empty_column_is_said_to_hold_nothing_and_limits_are_written_out(month):
    with pytest.raises(InputError) as caught:
        check_rows(
            lambda: iter([month.with_columns(**fill(None, "credit_limit"))]), schema=CREDIT_CARD
        )

    assert caught.value.found == (
        "credit_limit holds nothing where it should hold numbers from 1,000 to 5,000,000"
        " (60 of 60 rows)"
    )
