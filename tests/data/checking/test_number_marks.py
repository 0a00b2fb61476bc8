import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.data.checking.number_marks import (
    DECIMAL_MARKS,
    THOUSANDS_MARKS,
    NumberMarks,
    build_number_marks,
)
from credit_default.errors import SetupError


def normalise(text, decimal, thousands):
    return build_number_marks(decimal, thousands).normalise(pl.Series([text]))[0]


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "number"),
    [
        ("1234,50", ",", None, "1234.50"),
        ("-0,5", ",", None, "-0.5"),
        (",5", ",", None, ".5"),
        ("1.234.567,89", ",", ".", "1234567.89"),
        ("229.187", None, ".", "229187"),
        ("1.234,5", None, ".", "1234.5"),
        ("1,234.50", None, ",", "1234.50"),
        ("12,34,567", None, ",", "1234567"),
        ("1 234,5", ",", " ", "1234.5"),
        ("1\u00a0234", None, " ", "1234"),
        ("1\u202f234\u202f567", None, " ", "1234567"),
        ("1'234.50", None, "'", "1234.50"),
        ("1\u2019234", None, "'", "1234"),
        ("1.234,50-", ",", ".", "-1234.50"),
        ("\u22121.234", ",", ".", "-1234"),
        (" +1.234 ", ",", ".", "+1234"),
        ("1,5E+3", ",", None, "1.5E+3"),
        ("229.187", ".", None, "229.187"),
        ("500-", ".", None, "-500"),
    ],
)
def test_numbers_are_read_with_the_marks_that_were_given(text, decimal, thousands, number):
    assert normalise(text, decimal, thousands) == number


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [
        ("1234.5", ",", None),
        ("12.34", ",", "."),
        ("1.2345", ",", "."),
        ("1,23", None, ","),
        ("1.234,5", ",", None),
        ("1,2,3", ",", None),
        ("-5-", ".", None),
        ("1 23", None, " "),
        ("", ",", None),
        ("NaN", ",", None),
        ("30.11.2005", ",", "."),
        ("x", ".", None),
    ],
)
def test_what_is_written_with_other_marks_is_no_number(text, decimal, thousands):
    assert normalise(text, decimal, thousands) is None


def test_without_an_option_there_are_no_marks():
    assert build_number_marks(None, None) is None


@pytest.mark.parametrize(
    ("decimal", "thousands", "option"),
    [
        (";", None, "--decimal"),
        ("", " ", None),
        (None, "_", "--thousands"),
        (",", ",", "--decimal and --thousands"),
        (".", ".", "--decimal and --thousands"),
    ],
)
def test_marks_that_cannot_be_are_refused_by_the_options_name(decimal, thousands, option):
    if option is None:
        assert build_number_marks(decimal, thousands) == NumberMarks(".", " ")
        return
    with pytest.raises(SetupError, match=option):
        build_number_marks(decimal, thousands)


@given(
    st.decimals(-(10**12), 10**12, places=2),
    st.sampled_from(DECIMAL_MARKS),
    st.sampled_from(["", *THOUSANDS_MARKS]),
)
def test_a_number_written_with_marks_is_read_as_the_same_number(number, decimal, thousands):
    if decimal == thousands:
        return
    written = f"{number:,.2f}".replace(".", "D").replace(",", thousands).replace("D", decimal)

    plain = NumberMarks(decimal, thousands).normalise(pl.Series([written]))

    assert plain[0] == f"{number:.2f}"
