import polars as pl
import pytest

from credit_default.data.drafting.cells import count_cells
from credit_default.data.drafting.columns import LeftOut, draft_columns

COUNT = 60


def draft(**columns):
    cells = [count_cells(pl.Series(values), name=name) for name, values in columns.items()]
    return draft_columns(cells, in_file=list(columns), marks=None)


def draft_one(name, values):
    (found,) = draft(**{name: values}).declared
    return found


def repeat(*values):
    return [str(value) for value in values] * (COUNT // len(values))


@pytest.mark.parametrize(
    ("values", "minimum", "maximum"),
    [
        (repeat(3, 4, 50), 0, None),
        (repeat(-1.5, 4, 50), None, None),
        (repeat(0, 1), 0, 1),
        (repeat(1, 2), 0, None),
        (repeat(0.5, 99), 0, None),
    ],
)
def test_bounds_are_those_that_nature_gives(values, minimum, maximum):
    column = draft_one("given", values).column

    assert (column.minimum, column.maximum) == (minimum, maximum)


@pytest.mark.parametrize(
    ("name", "protected"),
    [
        *(("SEX", True), ("Gender", True), ("age", True), ("Age_in_Years", True), ("race", True)),
        *(("personal_status_and_sex", True), ("MARRIAGE", True), ("ForeignWorker", True)),
        *(("mortgage", False), ("AverageMInFile", False), ("account_age", False), ("x", False)),
    ],
)
def test_attributes_that_the_law_protects_are_found_by_name(name, protected):
    found = draft_one(name, repeat(20, 30, 40))

    assert found.column.protected is protected
    assert ("by its name protected" in found.evidence) is protected


def test_ages_end_at_120_unless_the_file_has_others():
    assert draft_one("age", repeat(20, 30, 40)).column.maximum == 120
    assert draft_one("age", repeat(20, 30, 150)).column.maximum is None


def test_special_values_are_declared_and_counted_and_are_beyond_the_bounds():
    found = draft_one("late", repeat(-9, -8, 1, 2, 3, 30))

    assert found.column.special == {-9: "code -9", -8: "code -8"}
    assert found.column.minimum == 0
    assert found.evidence == "4 values, 1 to 30; -9 in 16.7 %; -8 in 16.7 %"


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("empty", [""] * COUNT, "no value in any row"),
        ("words", ["NA"] * COUNT, "no value in any row"),
        ("constant", ["5"] * COUNT, "the same value in every row, 5"),
        ("other_id", [str(7 * n) for n in range(COUNT)], "another value in every row, as ids have"),
        ("", [str(7 * n) for n in range(COUNT)], "another value in every row, as ids have"),
        ("notes", [f"said {n % 55}" for n in range(COUNT)], "55 different texts, more than 50"),
    ],
)
def test_columns_that_can_be_no_input_are_left_out_with_the_reason(name, values, reason):
    found = draft(**{name: values, "income": repeat(1, 2)})

    assert found.left_out == (LeftOut(name, reason),)
    assert [one.raw_name for one in found.declared] == ["income"]


def test_evidence_says_what_was_seen():
    late = draft_one("late", [*repeat(0, 1, 12), "NA", ""])
    job = draft_one("job", repeat(*"abcdefgh", "ij")[: COUNT // 2])
    opened = draft_one("opened", repeat("Aug-1998", "Jul-1989"))

    assert late.evidence == "3 values, 0 to 12; 3.2 % missing (NA)"
    assert job.evidence.endswith("· 3 more")
    assert opened.evidence == "dates, 1989-07-01 to 1998-08-01"


def test_a_value_or_none_is_an_input():
    column = draft_one("flag", ["Y", "", "Y"] * 20).column

    assert (column.kind, column.optional, dict(column.values)) == ("category", True, {"Y": "Y"})
