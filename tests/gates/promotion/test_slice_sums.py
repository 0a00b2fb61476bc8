import numpy as np
import pytest

from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.slice_sums import select_by_holm, sum_slices

POLICY = PromotionPolicy(fewest_rows=4, fewest_defaults=2)


def test_sums_are_of_the_rows_of_each_slice():
    defaulted = np.array([1, 1, 0, 0, 1, 1, 0, 0])
    terms = np.column_stack([np.arange(8.0), np.ones(8)])
    labels = ["a"] * 4 + ["b"] * 4

    found = list(sum_slices({"half": labels}, defaulted=defaulted, terms=terms, policy=POLICY))

    assert [(part.name, part.row_count, part.default_count) for part in found] == [
        ("half a", 4, 2),
        ("half b", 4, 2),
    ]
    assert [list(part.sums) for part in found] == [[6.0, 4.0], [22.0, 4.0]]


@pytest.mark.parametrize(
    ("labels", "defaulted"),
    [
        (["a"] * 8, [1, 1, 0, 0] * 2),
        (["a"] * 3 + ["b"] * 5, [1, 0, 0, 1, 0, 0, 0, 0]),
        (["a"] * 4 + ["b"] * 4, [1, 1, 1, 0, 1, 1, 1, 0]),
    ],
    ids=["one label", "few rows or defaults", "few payers"],
)
def test_slices_that_cannot_be_judged_are_left_out(labels, defaulted):
    terms = np.ones((8, 1))

    assert (
        list(
            sum_slices({"group": labels}, defaulted=np.array(defaulted), terms=terms, policy=POLICY)
        )
        == []
    )


def test_holm_divides_the_level_by_the_tests_that_are_left():
    assert select_by_holm([0.02, 0.012, 0.4], level=0.05) == [1, 0]
    assert select_by_holm([0.03, 0.012, 0.4], level=0.05) == [1]
    assert select_by_holm([0.02, 0.02, 0.02], level=0.05) == []
    assert select_by_holm([], level=0.05) == []


def test_slices_at_the_fewest_rows_and_outcomes_are_judged_and_below_are_not():
    defaulted = np.array([1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1])
    labels = ["a"] * 4 + ["b"] * 6 + ["c"] * 3
    terms = np.ones((13, 1))

    found = list(sum_slices({"part": labels}, defaulted=defaulted, terms=terms, policy=POLICY))

    assert [(part.name, part.row_count, part.default_count) for part in found] == [
        ("part a", 4, 2),
        ("part b", 6, 3),
    ]


def test_holm_counts_a_p_value_at_its_level_and_stops_at_the_first_above():
    assert select_by_holm([0.025, 0.05], level=0.05) == [0, 1]
    assert select_by_holm([0.0251, 0.001], level=0.05) == [1, 0]
    assert select_by_holm([0.0251, 0.0252], level=0.05) == []
    assert select_by_holm([0.01, 0.04, 0.01], level=0.05) == [0, 2, 1]
