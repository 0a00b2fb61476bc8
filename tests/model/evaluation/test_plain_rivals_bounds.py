"""How rivals are sized, ordered and described, by values that are written out here."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from credit_default.model.evaluation import plain_rivals
from credit_default.model.evaluation.plain_rivals import CertainRanges

NAN = np.nan


def as_range(*values):
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((3.0, 3.0), "3"),
        ((3.0, 1.5), "1.5 to 3"),
        ((3.0, NAN), "3 or not stated"),
        ((1.0, NAN, 2.0), "1 to 2 or not stated"),
        ((NAN, NAN), "not stated"),
    ],
)
def test_a_range_is_told_by_its_ends(values, words):
    assert plain_rivals._describe_range(as_range(*values)) == words


def test_the_fullest_ranges_come_first_then_the_lowest_and_three_are_told():
    ranges = [as_range(9.0), as_range(5.0, 5.0), as_range(NAN), as_range(2.0)]

    assert plain_rivals._describe_ranges(ranges[:3]) == "5, 9, not stated"
    assert plain_rivals._describe_ranges(ranges) == "5, 2, 9 and 1 more"


@pytest.mark.parametrize(
    ("defaults", "payers", "fewest"),
    [
        (40, 60, 10),  # never fewer than ten
        (8, 20_000, 10),
        (8_000, 12_000, 100),  # a two hundredth of all rows
        (300, 9_700, 37),  # an eighth of the rarer outcome, which is fewer
        (9_700, 300, 37),
    ],
)
def test_a_leaf_holds_a_two_hundredth_of_the_rows_or_an_eighth_of_the_rarer_outcome(
    defaults, payers, fewest
):
    tree = plain_rivals._build_tree(np.array([1] * defaults + [0] * payers), 7)

    assert (tree.min_samples_leaf, tree.random_state, tree.max_leaf_nodes) == (fewest, 7, 32)


def test_one_outcome_alone_is_ranked_as_by_chance():
    scores = np.array([0.1, 0.9, 0.5])

    assert plain_rivals._measure_roc_auc(np.array([0, 0, 0]), scores) == 0.5
    assert plain_rivals._measure_roc_auc(np.array([1, 1, 1]), scores) == 0.5
    assert plain_rivals._measure_roc_auc(np.array([0, 1, 1]), scores) == 1.0
    assert plain_rivals._measure_roc_auc(np.array([0, 1, 0]), scores) == 1.0
    assert plain_rivals._measure_roc_auc(np.array([1, 1, 0]), scores) == 0.5


@pytest.mark.parametrize(
    ("areas", "left_out"),
    [
        ([0.79, 0.7], {}),
        ([0.8, 0.7], {"a": ("a",)}),
        ([0.9, 0.8, 0.7], {"a": ("a",), "b": ("b",), "": ("a", "b")}),
        ([0.9, 0.8], {"a": ("a",), "b": ("b",)}),  # without both there is nothing
        ([0.9], {}),
        (
            [0.95, 0.9, 0.85, 0.8, 0.1],
            {"a": ("a",), "b": ("b",), "c": ("c",), "": ("a", "b", "c", "d")},
        ),
    ],
)
def test_each_of_three_strong_inputs_is_left_out_and_all_of_them_together(areas, left_out):
    alone = [
        SimpleNamespace(name=name, roc_auc=area) for name, area in zip("abcde", areas, strict=False)
    ]

    assert plain_rivals._score_without(alone, 0.8, tuple) == left_out


def test_ranges_are_certain_by_their_development_rows_and_counted_on_the_test_rows():
    learned = as_range(*[1.0] * 100, *[2.0] * 100, *[3.0] * 100)
    leaves = np.repeat([0, 1, 2], 100), np.array([0, 0, 1, 1, 2, 2])
    outcomes = (
        np.array([1] * 100 + [0] * 100 + [1] * 50 + [0] * 50),
        np.array([1, 0, 0, 0, 1, 0]),
    )

    bad = plain_rivals._find_certain_ranges(learned, leaves, outcomes, outcome=1)
    good = plain_rivals._find_certain_ranges(learned, leaves, outcomes, outcome=0)

    assert bad == CertainRanges(1, "1", 1, 2, 0.5)
    assert good == CertainRanges(0, "2", 2, 4, 1.0)
    nobody = leaves[0], np.array([2, 2, 2, 2, 2, 2])
    assert plain_rivals._find_certain_ranges(learned, nobody, outcomes, outcome=1) is None


def test_the_share_held_is_of_the_rows_with_the_outcome_and_none_where_there_are_none():
    assert CertainRanges(1, "x", 3, 12, 1.0).held_share == 0.25
    assert CertainRanges(1, "x", 0, 0, 0.0).held_share == 0.0


def test_missing_values_of_inputs_are_no_numbers():
    rows = pl.DataFrame({"a": [1, None], "b": [0.5, 2.0], "c": ["x", "y"]})

    found = plain_rivals._build_matrix(rows, ["b", "a"])

    np.testing.assert_array_equal(found, np.array([[0.5, 1.0], [2.0, NAN]], dtype=np.float32))
    assert plain_rivals._MOST_ROWS == 30_000
