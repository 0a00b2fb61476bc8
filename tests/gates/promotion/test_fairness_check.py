from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from credit_default.gates.promotion.fairness_check import (
    FAIRNESS_FIGURES,
    FairnessLoss,
    check_fairness_change,
    measure_fairness_changes,
)
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.decision import DecisionPolicy

COSTS = DecisionPolicy()
POLICY = PromotionPolicy(resample_count=100)


def divide(contest, *, share=0.5):
    women = np.random.default_rng(5).random(len(contest.defaulted)) < share
    labels = np.where(women, "female", "male")
    return replace(contest, groups={"sex": labels}, protected=("sex",))


def burden(scored, contest, *, odds):
    """The scores with this much on the log odds of every woman."""
    added = np.where(contest.groups["sex"] == "female", odds, 0.0)
    return 1 / (1 + np.exp(-(np.log(scored / (1 - scored)) + added)))


def compare(contest, policy=POLICY):
    return check_fairness_change(contest, decision_policy=COSTS, policy=policy)


def test_figures_are_those_that_counting_gives():
    # of 8 women 4 are accepted, of 8 men 6; by the challenger 2 and 6
    group = np.repeat(["female", "male"], 8)
    outcome = np.array([1, 1, 0, 0, 0, 0, 1, 0] * 2)
    champion = np.array(
        [0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    )
    challenger = champion.copy()
    challenger[[4, 5]] = 0.9
    contest = PairedScores(
        np.tile(outcome, 40),
        np.tile(champion, 40),
        np.tile(challenger, 40),
        groups={"sex": np.tile(group, 40)},
        protected=("sex",),
    )

    changes = list(measure_fairness_changes(contest, decision_policy=COSTS, policy=POLICY))

    told = {c.figure: (c.in_force.champion, c.challenger, c.in_force.loss) for c in changes}
    assert tuple(told) == FAIRNESS_FIGURES
    assert told["acceptance ratio"] == pytest.approx((4 / 6, 2 / 6, 2 / 6))
    assert told["caught-default gap"] == pytest.approx((0.0, 0.0, 0.0))
    assert told["false-alarm gap"] == pytest.approx((2 / 5, 4 / 5, 2 / 5))


def test_like_for_like_the_champion_declines_as_many_as_the_challenger():
    # women are riskier to both; the challenger declines two more women, which the champion does at a lower threshold
    group = np.repeat(["female", "male"], 8)
    outcome = np.array([1, 1, 0, 0, 0, 0, 1, 0] * 2)
    champion = np.array(
        [0.9, 0.9, 0.9, 0.9, 0.15, 0.15, 0.1, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    )
    contest = PairedScores(
        np.tile(outcome, 40),
        np.tile(champion, 40),
        np.tile(np.minimum(champion * 1.5, 1), 40),
        groups={"sex": np.tile(group, 40)},
        protected=("sex",),
    )

    changes = {
        c.figure: c for c in measure_fairness_changes(contest, decision_policy=COSTS, policy=POLICY)
    }

    ratio = changes["acceptance ratio"]
    assert (
        ratio.in_force.champion,
        ratio.challenger,
        ratio.like_for_like.champion,
    ) == pytest.approx((4 / 6, 2 / 6, 2 / 6))
    assert (ratio.in_force.loss, ratio.like_for_like.loss) == pytest.approx((2 / 6, 0.0))
    found = compare(contest)
    assert found.fault == ""
    assert found.summary.endswith(
        "it declines more clients, and where the champion declines as many, the champion is no more even"
    )
    assert "acceptance ratio by sex 0.33, champion 0.67 (0.33 declining as many)" in found.summary
    assert found.figures["largest_fairness_loss"] > 0.3
    assert found.figures["largest_like_for_like_fairness_loss"] == pytest.approx(0.0)


def test_declining_more_is_no_excuse_for_a_burden_on_one_group(make_contest):
    contest = divide(make_contest(8_000, champion_noise=0.3, challenger_noise=0.1, seed=2))
    harsher = burden(
        contest.challenger, replace(contest, groups={"sex": np.full(8_000, "female")}), odds=0.5
    )

    assert compare(replace(contest, challenger=harsher)).fault == ""
    assert (
        compare(replace(contest, challenger=burden(harsher, contest, odds=0.6))).fault
        == "it is less fair by sex (promotion.fairness_margin)"
    )


def test_equal_models_are_equally_fair(make_contest):
    found = compare(divide(make_contest(8_000, champion_noise=0.2, challenger_noise=0.2, seed=1)))

    assert found.fault == ""
    assert found.summary.startswith(
        "fairness at threshold 0.1667 by sex: no less even than the champion"
    )
    assert found.figures["lowest_acceptance_ratio"] > 0.9


@pytest.mark.parametrize(
    ("odds", "ratio"), [(0.6, "0.60"), (-0.6, "0.69")], ids=["against women", "against men"]
)
def test_a_challenger_that_burdens_one_group_is_named_with_its_figures(make_contest, odds, ratio):
    contest = divide(make_contest(8_000, champion_noise=0.3, challenger_noise=0.1, seed=2))

    found = compare(replace(contest, challenger=burden(contest.challenger, contest, odds=odds)))

    assert found.fault == "it is less fair by sex (promotion.fairness_margin)"
    assert f"acceptance ratio by sex {ratio}, champion 0.99" in found.summary
    assert found.figures["largest_fairness_loss"] > 0.1


def test_a_fairer_challenger_is_no_fault_however_large_the_change(make_contest):
    contest = divide(make_contest(8_000, champion_noise=0.3, challenger_noise=0.1, seed=2))

    found = compare(replace(contest, champion=burden(contest.champion, contest, odds=0.8)))

    assert found.fault == ""
    assert found.figures["largest_fairness_loss"] < 0


def test_a_change_within_the_margin_is_none_however_sure(make_contest):
    contest = divide(make_contest(8_000, champion_noise=0.1, challenger_noise=0.1, seed=2))
    unfair = replace(contest, challenger=burden(contest.challenger, contest, odds=0.6))

    assert compare(unfair, replace(POLICY, fairness_margin=1.0)).fault == ""


def test_groups_that_are_too_small_are_not_compared(make_contest):
    contest = divide(
        make_contest(3_000, champion_noise=0.1, challenger_noise=0.1, seed=3), share=0.05
    )

    found = compare(replace(contest, challenger=burden(contest.challenger, contest, odds=2.0)))

    assert found == compare(replace(contest, protected=()))
    assert (
        found.summary
        == "fairness: no protected attribute has two groups that are large enough to compare"
    )


def test_a_model_that_declines_everybody_is_even(make_contest):
    contest = divide(make_contest(2_000, champion_noise=0.1, challenger_noise=0.1, seed=4))

    found = compare(replace(contest, challenger=np.full(2_000, 0.9)))

    assert found.figures["lowest_acceptance_ratio"] == 1.0


def test_a_model_that_declines_nobody_is_even(make_contest):
    contest = divide(make_contest(2_000, champion_noise=0.1, challenger_noise=0.1, seed=4))

    found = compare(replace(contest, challenger=np.full(2_000, 0.01)))

    assert (found.fault, found.figures["lowest_acceptance_ratio"]) == ("", 1.0)


def test_ties_are_accused_no_more_often_than_claimed(make_contest):
    accused = [
        bool(
            compare(
                divide(make_contest(1_500, champion_noise=0.3, challenger_noise=0.3, seed=seed))
            ).fault
        )
        for seed in range(60)
    ]

    assert sum(accused) <= 6


def test_many_attributes_are_corrected_for(make_contest):
    strict = replace(POLICY, fairness_margin=0.0)
    faults = 0
    for seed in range(30):
        contest = make_contest(1_000, champion_noise=0.3, challenger_noise=0.3, seed=seed)
        generator = np.random.default_rng(seed)
        groups = {f"attribute {number}": generator.integers(0, 2, 1_000) for number in range(6)}
        contest = replace(contest, groups=groups, protected=tuple(groups))
        faults += bool(compare(contest, strict).fault)

    assert faults <= 4  # of 18 figures at 5 % each, about every second contest would have one


def test_a_client_exactly_at_the_threshold_is_declined_by_either_model():
    outcome = np.tile([1, 0, 0, 0], 200)
    low, at = np.full(800, 0.1), np.full(800, COSTS.threshold)
    women = np.repeat([True, False], 400)
    labels = np.where(women, "female", "male")
    groups = {"groups": {"sex": labels}, "protected": ("sex",)}
    lenient = PairedScores(outcome, low, np.where(women, at, low), **groups)
    strict = PairedScores(outcome, np.where(women, at, low), low, **groups)

    by_challenger, by_champion = (
        next(measure_fairness_changes(contest, decision_policy=COSTS, policy=POLICY))
        for contest in (lenient, strict)
    )

    assert (by_challenger.in_force.champion, by_challenger.challenger) == (1.0, 0.0)
    assert (by_champion.in_force.champion, by_champion.challenger) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("loss", "error", "exceeds"),
    [
        (0.06, 0.01, True),
        (0.06, 0.04, False),
        (0.0625, 0.03125, False),
        (0.04, 0.01, False),
        (0.05, 0.01, False),
        (-0.2, 0.01, False),
    ],
    ids=["large and sure", "within noise", "just noise", "within the margin", "just it", "fairer"],
)
def test_a_loss_counts_beyond_the_margin_and_beyond_noise(loss, error, exceeds):
    found = FairnessLoss(champion=0.8, loss=loss, standard_error=error)

    assert found.exceeds(0.05, standard_error_count=2.0) == exceeds


@pytest.mark.parametrize("outcome_of_women", [0, 1], ids=["no defaults", "no payers"])
def test_a_group_with_too_few_rows_of_an_outcome_is_not_compared(make_contest, outcome_of_women):
    contest = divide(make_contest(1_000, champion_noise=0.3, challenger_noise=0.3, seed=1))
    women = contest.groups["sex"] == "female"
    one_sided = replace(contest, defaulted=np.where(women, outcome_of_women, contest.defaulted))

    assert list(measure_fairness_changes(contest, decision_policy=COSTS, policy=POLICY))
    assert not list(measure_fairness_changes(one_sided, decision_policy=COSTS, policy=POLICY))


def test_more_attributes_take_a_larger_loss_to_be_a_fault(make_contest):
    contest = divide(make_contest(4_000, champion_noise=0.3, challenger_noise=0.3, seed=2))
    contest = replace(contest, challenger=burden(contest.challenger, contest, odds=0.25))
    bare = replace(POLICY, fairness_margin=0.0)
    changes = list(measure_fairness_changes(contest, decision_policy=COSTS, policy=bare))
    errors = max(
        min(loss.loss / loss.standard_error for loss in (change.in_force, change.like_for_like))
        for change in changes
    )
    # three figures of one attribute, of which the largest loss is a fault by a hair
    policy = replace(bare, objection_confidence=1 - 3 * float(norm.sf(errors - 0.01)))
    halves = np.random.default_rng(3).integers(0, 2, (9, 4_000))
    others = {f"attribute {number}": labels for number, labels in enumerate(halves)}
    crowded = replace(contest, groups={**contest.groups, **others}, protected=("sex", *others))

    assert compare(contest, policy).fault == "it is less fair by sex (promotion.fairness_margin)"
    assert compare(crowded, policy).fault == ""
