"""Weights of evidence and their change by hand, and what is too little to measure."""

from types import SimpleNamespace

import numpy as np
import pytest

from credit_default.gates.validation import variables
from credit_default.gates.validation.variables import (
    EvidenceTable,
    measure_evidence,
    measure_evidence_change,
)
from credit_default.model.profile.binning import plan_bins


def make_table(paid, defaults, *, place=None):
    count = len(paid)
    return EvidenceTable(
        np.arange(count) if place is None else np.array(place),
        np.array(paid, dtype=np.float64),
        np.array(defaults, dtype=np.float64),
        np.zeros(count),
        0.0,
    )


def test_evidence_is_the_log_of_both_shares_with_half_a_row_more_in_each_range():
    values = np.array([1.0] * 6 + [2.0] * 5 + [np.nan] * 3)
    outcomes = np.array([0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0], dtype=np.float64)

    table = measure_evidence(plan_bins(values), values, outcomes)

    assert table.paid_count.tolist() == [5, 2, 1]
    assert table.default_count.tolist() == [1, 3, 2]
    paid, defaults = np.array([5.5, 2.5, 1.5]) / 9.5, np.array([1.5, 3.5, 2.5]) / 7.5
    assert table.weight_of_evidence == pytest.approx(np.log(paid / defaults))
    assert table.information_value == pytest.approx(
        ((paid - defaults) * np.log(paid / defaults)).sum()
    )
    assert table.place[-1] == plan_bins(values).class_count - 1


def test_a_change_is_that_of_log_odds_beside_their_common_level():
    then, now = make_table([50, 40, 30], [10, 20, 30]), make_table([45, 40, 20], [15, 20, 40])

    statistic, freedom = measure_evidence_change(then, now)

    def add_half(counts):
        return np.array(counts) + 0.5

    change = np.log(add_half([10, 20, 30]) / add_half([50, 40, 30])) - np.log(
        add_half([15, 20, 40]) / add_half([45, 40, 20])
    )
    weight = 1 / sum(
        1 / add_half(c) for c in ([10, 20, 30], [50, 40, 30], [15, 20, 40], [45, 40, 20])
    )
    middle = (weight * change).sum() / weight.sum()
    assert statistic == pytest.approx((weight * (change - middle) ** 2).sum())
    assert freedom == 2


def test_ranges_with_fewer_than_five_of_an_outcome_on_a_side_are_left_out():
    full = make_table([50, 40, 30], [10, 20, 30])

    assert measure_evidence_change(full, make_table([50, 40, 5], [10, 20, 30]))[1] == 2
    assert measure_evidence_change(full, make_table([50, 40, 4], [10, 20, 30]))[1] == 1
    assert measure_evidence_change(full, make_table([50, 4, 4], [10, 20, 30])) == (0.0, 0)
    elsewhere = make_table([50, 40, 30], [10, 20, 30], place=[0, 2, 3])
    assert measure_evidence_change(full, elsewhere)[1] == 1


@pytest.mark.parametrize(
    ("outcomes", "is_measured"),
    [([1, 1, 0, 0], True), ([1, 0, 0, 0], False), ([1, 1, 1, 0], False), ([1, 1, 0, 0, 0], True)],
)
def test_an_area_takes_two_of_either_outcome_among_the_rows_that_have_a_value(
    outcomes, is_measured
):
    values = np.arange(len(outcomes) + 2, dtype=np.float64)
    values[-2:] = np.nan
    known = SimpleNamespace(
        variables={"x": values}, outcomes=np.array([*outcomes, 1, 0], dtype=np.float64)
    )

    found = variables._measure_area(known, "x")

    assert (found is not None) is is_measured
