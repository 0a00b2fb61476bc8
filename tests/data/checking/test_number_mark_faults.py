import polars as pl
import pytest

from credit_default.data.checking.number_marks import build_number_marks
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError

AMOUNTS = [column.name for column in CREDIT_CARD.columns if column.kind == "amount"]


@pytest.fixture(scope="module")
def rows():
    statements = next(simulate(client_count=60, month_count=1, seed=3)).statements
    return statements.with_columns(pl.col(AMOUNTS).cast(pl.Int64)).cast(pl.String)


def write(rows, form, columns=AMOUNTS):
    """The rows, the amounts of these columns written by `form`."""
    return rows.with_columns(
        pl.Series(name, [form(int(text)) for text in rows[name]]) for name in columns
    )


def check(rows, decimal=None, thousands=None):
    marks = build_number_marks(decimal, thousands)
    return check_rows(lambda: rows.iter_slices(25), schema=CREDIT_CARD, marks=marks)


def refuse(rows, **marks):
    with pytest.raises(InputError) as caught:
        check(rows, **marks)
    return caught.value


def with_dots(amount):
    return f"{amount:,}".replace(",", ".")


FORMS = {
    "decimal commas": (lambda a: f"{a},00", {"decimal": ","}, '--decimal ","'),
    "thousands by commas": (lambda a: f"{a:,}", {"thousands": ","}, '--thousands ","'),
    "thousands by commas, decimals": (
        lambda a: f"{a:,}.50",
        {"thousands": ","},
        '--thousands ","',
    ),
    "thousands by points": (with_dots, {"thousands": "."}, "--thousands ."),
    "thousands by points, decimals": (
        lambda a: f"{with_dots(a)},50",
        {"decimal": ",", "thousands": "."},
        '--decimal "," --thousands "."',
    ),
    "thousands by blanks": (
        lambda a: f"{a:,}".replace(",", " "),
        {"thousands": " "},
        '--thousands " "',
    ),
    "thousands by narrow blanks, decimals": (
        lambda a: f"{a:,}".replace(",", "\u202f") + ",5",
        {"decimal": ",", "thousands": " "},
        '--decimal "," --thousands " "',
    ),
    "thousands by apostrophes": (
        lambda a: f"{a:,}".replace(",", "\u2019"),
        {"thousands": "'"},
        '--thousands "\'"',
    ),
    "a minus behind": (lambda a: f"{abs(a)}-" if a < 0 else f"{a}.0", {"decimal": "."}, None),
}


@pytest.mark.parametrize(("form", "marks", "option"), FORMS.values(), ids=FORMS)
def test_numbers_with_marks_are_refused_with_the_option_that_reads_them(rows, form, marks, option):
    written = write(rows, form)

    if option is not None:
        error = refuse(written)
        assert f"Read the file with {option}" in error.remedy
        assert "column" in error.thing
        assert "swapped" not in str(error)

    read = check(written, **marks)
    assert read.accepted_count == check(rows).accepted_count == 60


def test_the_option_of_a_decimal_point_reads_decimals_of_three_digits(rows):
    thousandths = write(rows, lambda a: f"{1 + a % 9}.125", ["payment_amount_m6"])

    assert refuse(thousandths).thing == "column payment_amount_m6"
    assert check(thousandths, decimal=".").rule_counts == check(rows).rule_counts


@pytest.mark.parametrize(
    ("form", "columns"),
    [
        (lambda a: f"{a}.0", AMOUNTS),
        (lambda a: f"{a}.000", AMOUNTS),  # 229187.000: four digits and more before a point
        (lambda a: f"{a / 8:.3f}", AMOUNTS),
        (lambda a: f"{a}.125" if a > 1000 else f"{a}", ["bill_amount_m1"]),
        (lambda a: f"{a:.1e}", ["payment_amount_m1"]),
    ],
)
def test_decimals_are_not_taken_for_thousands(rows, form, columns):
    assert check(write(rows, form, columns)).row_count == 60


def test_one_column_with_points_between_thousands_is_found_beside_plain_ones(rows):
    error = refuse(write(rows, with_dots, ["bill_amount_m3"]))

    assert error.thing == "column bill_amount_m3"
    assert "--thousands ." in error.remedy
    assert "--decimal ." in error.remedy


def test_the_same_marks_in_single_rows_reject_these_rows_only(rows):
    spoilt = pl.concat([write(rows.head(2), lambda a: f"{a},00"), rows.tail(58)])

    read = check(spoilt)

    assert read.rejected_count == 2
    assert read.rule_counts["credit_limit|type"] == 2


def test_a_few_rows_of_a_trial_are_enough_to_name_the_option(rows):
    assert '--decimal ","' in refuse(write(rows.head(2), lambda a: f"{a},00")).remedy


def test_an_option_that_does_not_fit_the_file_is_said(rows):
    error = refuse(write(rows, lambda a: f"{a},00"), thousands=",")

    assert error.expected == 'numbers as --thousands "," says'
    assert '--decimal ","' in error.remedy


def test_typed_numbers_have_no_marks(rows):
    typed = rows.with_columns(pl.col(AMOUNTS).cast(pl.Float64) / 1)

    assert check(typed, decimal=",", thousands=".").accepted_count == check(rows).accepted_count


def test_points_between_thousands_are_found_beside_columns_with_decimals(rows):
    mixed = write(
        write(rows, with_dots, ["bill_amount_m1", "bill_amount_m2"]),
        lambda a: f"{a}.50",
        ["payment_amount_m1", "payment_amount_m2"],
    )

    assert refuse(mixed).thing == "columns bill_amount_m1, bill_amount_m2"


def test_single_decimals_of_three_digits_are_no_thousands_beside_decimals(rows):
    cents = write(rows, lambda a: f"{a}.50", ["payment_amount_m1"])
    few = cents.with_columns(
        pl.when(pl.int_range(pl.len()) < 4)
        .then(pl.lit("1.125"))
        .otherwise("bill_amount_m1")
        .alias("bill_amount_m1")
    )

    assert check(few).row_count == 60


def test_points_are_decimals_where_thousands_would_be_too_large(rows):
    assert check(write(rows, lambda a: f"{25 + a % 40}.000", ["age"])).row_count == 60


@pytest.mark.parametrize("minus", [lambda a: f"{a}-", lambda a: f"\u2212{a}"])
def test_minus_behind_or_typographic_has_its_own_cause_and_option(rows, minus):
    error = refuse(write(rows, lambda a: minus(a) if a > 0 else f"{a}", ["bill_amount_m1"]))

    assert error.expected == "a minus, where there is one, as - in front of the number"
    assert error.remedy.startswith('Read the file with --decimal "."')
    assert "--thousands" not in error.remedy


def test_plain_numbers_that_are_read_with_wrong_options_name_the_plain_reading(rows):
    error = refuse(write(rows, lambda a: f"{a}.000"), decimal=",", thousands=".")

    assert 'Read the file with --decimal "."' in error.remedy
