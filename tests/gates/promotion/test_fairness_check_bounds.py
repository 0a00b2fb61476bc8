"""The figures of fairness by hand, from the sums of groups to the sentence of the verdict."""

import numpy as np
import pytest

from credit_default.gates.promotion import fairness_check
from credit_default.gates.promotion.fairness_check import FairnessChange, FairnessLoss
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy


@pytest.mark.parametrize(
    ("rows", "defaults", "is_large"),
    [(10, 3, True), (9, 3, False), (10, 2, False), (10, 7, True), (10, 8, False)],
)
def test_a_group_is_compared_from_its_fewest_rows_and_outcomes_of_either_kind_on(
    rows, defaults, is_large
):
    policy = PromotionPolicy(fewest_rows=10, fewest_defaults=3)
    labels = ["a"] * rows + ["b"] * 20
    outcome = np.array([1] * defaults + [0] * (rows - defaults) + [1, 0] * 10)

    members = fairness_check._build_membership(labels, outcome, policy)

    assert members.sum(axis=0).tolist() == ([rows, 20] if is_large else [20])


def sum_terms(defaults, others, *models):
    """One resample's sums: defaulters and others of each group, then those whom each model declines."""
    return np.array(
        [[*defaults, *others, *(n for model in models for part in model for n in part)]]
    )


def test_figures_are_ratios_of_accepted_shares_and_gaps_of_declined_ones():
    """Groups of 10 defaulters and 30 others, and of 20 and 20."""
    first = ((5, 10), (6, 4))  # 11 and 14 of 40 declined
    second = ((10, 20), (30, 20))  # everybody
    third = ((0, 0), (0, 0))  # nobody

    (found,) = fairness_check._measure_figures(sum_terms((10, 20), (30, 20), first, second, third))

    assert found[0] == pytest.approx([(26 / 40) / (29 / 40), 0.0, 0.0])
    assert found[1].tolist() == [1.0, 0.0, 0.0]
    assert found[2].tolist() == [1.0, 0.0, 0.0]


def test_gaps_are_between_the_largest_and_the_smallest_share_and_an_empty_side_has_none():
    nobody = ((0, 0), (0, 0))
    declined = ((5, 0), (3, 10))

    (found,) = fairness_check._measure_figures(
        sum_terms((10, 0), (30, 20), declined, nobody, nobody)
    )

    assert found[0] == pytest.approx([(10 / 20) / (32 / 40), 0.5, 0.5 - 0.1])


def test_a_ratio_is_less_even_when_it_falls_and_a_gap_when_it_grows():
    figures = np.array([[[0.9, 0.1, 0.2], [0.7, 0.4, 0.1], [0.8, 0.3, 0.3]]])

    (losses,) = fairness_check._measure_losses(figures)

    assert losses == pytest.approx(np.array([[0.2, 0.3, -0.1], [0.1, 0.1, -0.2]]))


def test_like_for_like_the_champion_declines_as_many_and_all_of_equal_scores():
    scores = PairedScores([0, 1, 0, 1], [0.2, 0.6, 0.4, 0.4], [0.5, 0.5, 0.1, 0.1])

    in_force, challenger, as_many = fairness_check._list_declined(scores, threshold=0.5)

    assert in_force.tolist() == [False, True, False, False]
    assert challenger.tolist() == [True, True, False, False]
    assert as_many.tolist() == [False, True, True, True]
    _, nobody, none = fairness_check._list_declined(scores, threshold=0.9)
    assert not nobody.any()
    assert not none.any()


def make_change(attribute, figure, challenger, losses, *, champion=0.9):
    in_force, like = (FairnessLoss(champion, loss, 0.01) for loss in losses)
    return FairnessChange(attribute, figure, challenger, in_force, like)


def test_the_lowest_acceptance_ratio_is_that_of_the_challenger():
    changes = [
        make_change("sex", "acceptance ratio", 0.8, (0.1, 0.0)),
        make_change("age", "acceptance ratio", 0.7, (0.0, 0.0)),
        make_change("age", "false-alarm gap", 0.1, (0.0, 0.0)),
    ]

    assert fairness_check._find_lowest_ratio(changes).attribute == "age"


def test_each_outcome_has_its_sentence():
    ratio = make_change("sex", "acceptance ratio", 0.75, (0.15, 0.12))
    gap = make_change("age", "false-alarm gap", 0.25, (0.0, 0.0), champion=0.2)

    def describe(lost, worse):
        return fairness_check._describe_changes([ratio, gap], lost=lost, worse=worse)

    told = "acceptance ratio by sex 0.75, champion 0.90 (0.90 declining as many)"
    assert describe([ratio], [ratio]) == f": less even than the champion: {told}"
    assert describe([ratio], []).startswith(f": {told}: it declines more clients, and where")
    assert describe([], []) == (f" by sex and age: no less even than the champion; lowest {told}")


def test_a_group_of_one_row_counts_as_one():
    nobody = ((0, 0), (0, 0))

    (found,) = fairness_check._measure_figures(
        sum_terms((10, 1), (30, 0), ((5, 1), (3, 0)), nobody, nobody)
    )

    assert found[0] == pytest.approx([0.0, 0.5, 0.1])
