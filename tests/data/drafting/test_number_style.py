import polars as pl
import pytest

from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.drafting.cells import count_cells
from credit_default.data.drafting.number_style import find_number_style


def find(*columns):
    return find_number_style(
        [count_cells(pl.Series(values), name=f"c{place}") for place, values in enumerate(columns)]
    )


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        (["1234.5", "2"], None),
        (["12,5", "3,25"], NumberMarks(",", "")),
        (["12,345", "1,200"], NumberMarks(".", ",")),
        (["1.234,5", "12,25"], NumberMarks(",", ".")),
        (["1 234.5", "2"], NumberMarks(".", " ")),
        (["car", "home"], None),
    ],
)
def test_the_marks_are_those_by_which_most_columns_are_numbers(values, marks):
    found = find(values, ["1", "2"], ["a", "b"])

    assert found.marks == marks
    assert bool(found.evidence) == (marks is not None)


def test_points_before_three_digits_everywhere_are_declared_as_decimals_and_asked_about():
    found = find(["229.187", "12.345"], ["1", "2"])

    assert found.marks == NumberMarks(".", "")
    assert found.evidence == "12.345: three digits behind every point, taken as decimals"


def test_points_that_can_only_be_decimals_need_no_declaration():
    assert find(["229.187", "12.34"]).marks is None


def test_numbers_of_other_types_than_text_have_no_marks():
    assert find([1.234, 2.345]).marks is None
