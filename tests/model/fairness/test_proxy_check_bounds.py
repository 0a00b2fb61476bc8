"""How rows are drawn, groups are split and importance is shared out, by hand."""

import numpy as np
import polars as pl
import pytest

from credit_default.model.evaluation.intervals import Metric
from credit_default.model.fairness import proxy_check
from credit_default.model.fairness.groupings import Grouping
from credit_default.model.fairness.proxy_check import ProxyInput, ProxyPolicy


def make_rows(count):
    return pl.DataFrame(
        {
            "client_id": [f"C{n:03d}" for n in range(count)][::-1],
            "statement_month": ["2005-09"] * count,
        }
    )


def test_up_to_the_bound_all_rows_are_taken_in_order_and_beyond_it_as_many_are_drawn():
    rows = make_rows(10)

    whole = proxy_check._draw_rows(rows, 10, seed=1)["client_id"].to_list()
    some = proxy_check._draw_rows(rows, 9, seed=1)["client_id"].to_list()

    assert whole == sorted(rows["client_id"])
    assert len(set(some)) == 9
    assert some == sorted(some)
    assert some == proxy_check._draw_rows(rows[::-1], 9, seed=1)["client_id"].to_list()


@pytest.mark.parametrize(
    ("values", "labels", "groups"),
    [
        ([1, 2, 3, 4], ("up to 2.5", "above 2.5"), [0, 0, 1, 1]),
        ([1, 2, 2], ("up to 2",), [0, 0, 0]),  # the median itself is not above
        ([1, 2, 3], ("up to 2", "above 2"), [0, 0, 1]),
    ],
)
def test_numbers_are_split_above_their_median(values, labels, groups):
    found = proxy_check._split_at_median(pl.Series(values), "age")

    assert (found.labels, found.group.tolist()) == (labels, groups)


def test_importance_is_shared_among_the_columns_of_a_feature_and_the_largest_comes_first():
    found = proxy_check._distribute_importance(
        np.array([0.5, 0.25, 0.25]), [("a", "b"), ("b",), ("c", "d")]
    )

    assert found == [
        ProxyInput("b", 0.5),
        ProxyInput("a", 0.25),
        ProxyInput("c", 0.125),
        ProxyInput("d", 0.125),
    ]


def measure(groups, labels, **policy):
    group = np.array(groups)
    membership = np.column_stack([(group == place) * 0.8 + 0.1 for place in range(len(labels))])
    return proxy_check._measure_strengths(
        Grouping(("x",), labels, group),
        proxy_check._GroupPrediction(membership, np.zeros(1)),
        inputs=[ProxyInput(name, 0.25) for name in "abcd"],
        seed=1,
        policy=ProxyPolicy(**{"fewest_rows": 2} | policy),
    )


def test_of_two_groups_the_first_stands_for_both_and_of_three_each_is_told():
    assert [found.group for found in measure([0, 0, 1, 1], ("m", "f"))] == ["m"]
    three = measure([0, 0, 1, 1, 2, 2], ("m", "f", "o"))
    assert [(found.group, found.row_count) for found in three] == [("m", 2), ("f", 2), ("o", 2)]
    assert [p.name for p in three[0].strongest_inputs] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("groups", "is_told"),
    [([0, 0, 1, 1], True), ([0, 1, 1, 1], False), ([0, 0, 0, 1], False)],
)
def test_a_group_and_its_others_have_the_fewest_rows_at_least(groups, is_told):
    assert bool(measure(groups, ("m", "f"))) is is_told


def test_a_proxy_is_strong_from_the_area_of_the_policy_on():
    (certain,) = measure([0, 0, 1, 1], ("m", "f"), strong_roc_auc=1.0)

    assert (certain.roc_auc, certain.is_strong) == (Metric(1.0, 1.0, 1.0), True)
    (beyond,) = measure([0, 0, 1, 1], ("m", "f"), strong_roc_auc=1.0000001)
    assert not beyond.is_strong
