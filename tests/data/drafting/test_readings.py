import datetime as dt

import polars as pl
import pytest

from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.drafting.cells import count_cells
from credit_default.data.drafting.readings import find_reading


def read(values, *, name="given", marks=None):
    return find_reading(count_cells(pl.Series(values), name=name), name="given", marks=marks)


@pytest.mark.parametrize(
    ("values", "kind", "numbers"),
    [
        (["3", "1", " 2.0 "], "integer", {1, 2, 3}),
        (["0.5", "1", "2e3"], "amount", {0.5, 1, 2_000}),
        ([str(value) for value in range(990, 1_011)], "amount", set(range(990, 1_011))),
        ([str(value) for value in range(990, 1_001)], "integer", set(range(990, 1_001))),
        ([str(value) for value in range(200)], "integer", set(range(200))),
        (["13.5%", "7", " 8 %"], "percent", {13.5, 7, 8}),
        (["Aug-1998", "Jul-1989"], "date", {10_439, 7_121}),
        (["1970-01-03", "1970-01-02"], "date", {2, 1}),
        (["3/1/1970", "15/1/1970"], "date", {2, 14}),
        ([dt.date(1970, 1, 3)], "date", {2}),
        ([" 36 months", "60 months"], "integer", {36, 60}),
        (["< 1 year", "1 year", "7 years", "10+ years"], "integer", {0, 1, 7, 10}),
        (["car", "home", "car"], "category", {1, 2}),
        ([True, False, True], "category", {1, 2}),
        (["007", "012"], "category", {1, 2}),
        ([1, 2, None], "integer", {1, 2}),
        (["NA", "5", "6"], "integer", {5, 6, None}),
    ],
)
def test_a_column_is_what_the_contract_reads_from_all_its_cells(values, kind, numbers):
    found = read(values)

    assert (found.column.kind, set(found.numbers)) == (kind, numbers)


def test_missing_values_and_their_words_make_a_column_optional():
    found = read(["NA", "?", "", "5"]).column

    assert (found.optional, found.missing) == (True, ("?", "NA"))
    assert read(["5", "6"]).column.optional is False


def test_cells_that_are_all_missing_are_no_column():
    assert read(["NA", "", "?"]) is None


def test_a_single_word_among_numbers_is_taken_for_missing_and_said():
    found = read([*map(str, range(20)), "Revolver"])

    assert found.column.missing == ("Revolver",)
    assert found.remarks == ("Revolver: no number, taken for missing",)


@pytest.mark.parametrize(
    "values",
    [
        [*map(str, range(20)), "a", "b", "c", "d"],  # too many words
        [*map(str, range(20)), "V9"],  # a word with a digit may be a number of another kind
        [*map(str, range(5)), *["x"] * 5],  # in too many rows
        ["1", "2", "x"],  # beside too few numbers
    ],
)
def test_other_words_among_numbers_make_a_category(values):
    assert read(values).column.kind == "category"


def test_codes_are_whole_numbers_in_a_column_that_is_named_for_them():
    assert read(["1", "2", "3"], name="MARITAL_STATUS").column.codes == {1: "1", 2: "2", 3: "3"}
    assert read(["1", "2", "3"], name="late").column.kind == "integer"
    assert read([str(n) for n in range(9)], name="purpose").column.kind == "integer"


@pytest.mark.parametrize(
    "values",
    [
        ["1A", "1B", "2A"],  # two texts would become one number
        ["12 Main St", "14 Oak Ave", "15 Elm", "16 Fir", "17 Ash", "18 Yew"],  # no units
        ["18-25", "26-35"],
    ],
)
def test_texts_that_begin_with_a_number_and_are_none_stay_texts(values):
    assert read(values).column.kind == "category"


@pytest.mark.parametrize(
    ("text", "number"), [("< 1 year", 0), ("<5", 4), ("less than 1", 0), ("> 20 years", 20)]
)
def test_an_open_end_is_read_as_a_number_and_said(text, number):
    found = read([text, "7 years", "9 years"])

    assert found.column.readings == {text: number}
    assert found.remarks == (f"{text!r} is read as {number}",)


def test_a_date_that_two_forms_read_says_so():
    found = read(["01/02/2001", "03/04/2001"])

    assert found.column.date_format == "%d/%m/%Y"
    assert found.remarks == ("%m/%d/%Y would read all of them too",)


def test_dates_of_no_year_that_anybody_lived_in_are_no_dates():
    assert read(["0017-05", "0018-06"]).column.kind == "category"


def test_values_of_a_category_are_by_frequency_or_in_the_order_that_they_say():
    purposes = read(["car", "home", "home"] * 5).column
    ages = read(["25-34", "<25", "25-34"] * 5).column

    assert (tuple(purposes.values), purposes.ordered) == (("home", "car"), False)
    assert (tuple(ages.values), ages.ordered) == (("<25", "25-34"), True)


def test_others_may_come_where_a_text_is_rare_or_the_texts_are_many():
    assert read(["a", "b"] * 5).column.unseen == "reject"
    assert read([*["a", "b"] * 5, "c"]).column.unseen == "other"
    assert read([f"t{n}" for n in range(11)] * 5).column.unseen == "other"


def test_more_than_fifty_texts_are_left_out():
    assert read([f"t{n}" for n in range(51)]) is None
    assert read([f"t{n}" for n in range(50)]).column.kind == "category"


def test_numbers_are_read_with_the_marks_of_the_file():
    found = read(["1.234,5", "2"], marks=NumberMarks(",", "."))

    assert set(found.numbers) == {1_234.5, 2}
    assert read(["1.234,5", "2"]).column.kind == "category"
