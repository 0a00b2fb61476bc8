"""Which groups are judged, and against which one."""

import numpy as np
import polars as pl
import pytest

from credit_default.errors import InputError
from credit_default.model.fairness.policy import (
    FairnessPolicy,
    find_reference_group,
    is_large_enough,
    select_outcomes_and_scores,
)

DEFAULTED = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("rows", "is_large"),
    [
        (range(10), True),
        (range(1, 10), False),  # a row too few
        (range(7), False),
        (range(3, 10), False),  # no defaulter
    ],
)
def test_a_group_is_judged_from_its_fewest_rows_and_outcomes_on(rows, is_large):
    policy = FairnessPolicy(fewest_rows=10, fewest_defaults=3)

    assert is_large_enough(np.array(rows), DEFAULTED, policy=policy) is is_large


@pytest.mark.parametrize(
    ("outcomes", "is_large"),
    [
        ([1, 1, 0, 0, 0], True),
        ([1, 0, 0, 0, 0], False),
        ([1, 1, 1, 0, 0], True),
        ([1, 1, 1, 1, 0], False),
    ],
)
def test_the_rarer_outcome_counts_whichever_it_is(outcomes, is_large):
    policy = FairnessPolicy(fewest_rows=1, fewest_defaults=2)

    assert is_large_enough(np.arange(5), np.array(outcomes), policy=policy) is is_large


@pytest.mark.parametrize(
    ("outcomes", "is_large"), [([1, 0], True), ([0, 0], False), ([1, 1], False)]
)
def test_one_of_either_outcome_is_needed_where_none_are_asked_for(outcomes, is_large):
    policy = FairnessPolicy(fewest_rows=0, fewest_defaults=0)

    assert is_large_enough(np.arange(2), np.array(outcomes), policy=policy) is is_large


def test_the_most_accepted_group_is_the_measure_and_of_equal_ones_the_first():
    assert find_reference_group({0: 0.5, 1: 0.8, 2: 0.8}) == 1
    assert find_reference_group({2: 0.8, 1: 0.8, 0: 0.1}) == 1
    assert find_reference_group({3: 0.0}) == 3
    assert find_reference_group({}) is None


def test_outcomes_and_scores_are_read_as_numbers_and_rows_without_outcomes_refused():
    rows = pl.DataFrame({"defaulted": [1, 0]})

    outcomes, scores = select_outcomes_and_scores(rows, [0.5, 1])

    assert (outcomes.tolist(), scores.tolist()) == ([1, 0], [0.5, 1.0])
    assert (outcomes.dtype, scores.dtype) == (np.int64, np.float64)
    with pytest.raises(InputError, match="fairness: found no column 'defaulted'"):
        select_outcomes_and_scores(rows.drop("defaulted"), [0.5, 1])
