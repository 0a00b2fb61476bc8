from dataclasses import replace

import numpy as np
import pytest

from credit_default.gates.promotion import promotion_verdict
from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_comparison import compare_on_rows
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.promotion_verdict import (
    judge_recipe,
    judge_refresh,
)
from credit_default.model.estimator.decision import DecisionPolicy

COSTS = DecisionPolicy()
POLICY = PromotionPolicy(resample_count=100)
SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_better_refresh_is_promoted(make_contest, seed):
    verdict = judge_refresh(
        make_contest(4000, champion_noise=0.7, challenger_noise=0.1, seed=seed),
        decision_policy=COSTS,
        policy=POLICY,
    )

    assert verdict.level == "ok"
    assert verdict.reasons[0].startswith("challenger wins: better beyond noise on log loss")
    assert "challenger better by" in verdict.reasons[1]
    assert verdict.figures["log_loss_gain_low"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worse_refresh_is_refused(make_contest, seed):
    verdict = judge_refresh(
        make_contest(4000, champion_noise=0.1, challenger_noise=0.7, seed=seed),
        decision_policy=COSTS,
        policy=POLICY,
    )

    assert verdict.level == "refused"
    assert verdict.reasons[0].startswith("champion stays: worse beyond noise on log loss")
    assert "challenger worse by" in verdict.reasons[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_equal_refresh_keeps_the_champion(make_contest, seed):
    verdict = judge_refresh(
        make_contest(4000, champion_noise=0.1, challenger_noise=0.1, seed=seed),
        decision_policy=COSTS,
        policy=POLICY,
    )

    assert verdict.level == "refused"
    assert verdict.figures["log_loss_gain_low"] < 0 < verdict.figures["log_loss_gain_high"]


def test_the_same_model_twice_is_a_tie_with_its_figures(make_contest):
    contest = make_contest(1000, champion_noise=0.1, challenger_noise=0.1, seed=1)

    verdict = judge_refresh(
        PairedScores(contest.defaulted, contest.champion, contest.champion),
        decision_policy=COSTS,
        policy=POLICY,
    )

    assert verdict.level == "refused"
    assert verdict.reasons[0].startswith("champion stays: a tie")
    assert verdict.figures["roc_auc_gain"] == 0.0
    assert verdict.figures["champion_roc_auc"] == verdict.figures["challenger_roc_auc"]


def test_a_gain_beyond_noise_but_not_worth_a_change_is_a_tie(make_contest):
    contest = make_contest(4000, champion_noise=0.7, challenger_noise=0.1, seed=1)
    greedy = replace(
        POLICY,
        least_log_loss_gain=1.0,
        least_brier_gain=1.0,
        least_roc_auc_gain=1.0,
        least_cost_gain_share=1.0,
        largest_roc_auc_gain=1.0,
    )

    verdict = judge_refresh(contest, decision_policy=COSTS, policy=greedy)

    assert verdict.figures["log_loss_gain_low"] > 0
    assert verdict.reasons[0].startswith("champion stays: a tie")


def test_a_challenger_that_ranks_better_but_has_lost_its_calibration_is_refused(make_contest):
    contest = make_contest(4000, champion_noise=0.7, challenger_noise=0.1, seed=1)

    verdict = judge_refresh(
        PairedScores(contest.defaulted, contest.champion, contest.challenger**0.5),
        decision_policy=COSTS,
        policy=POLICY,
    )

    assert verdict.level == "refused"
    assert verdict.figures["roc_auc_gain_low"] > 0
    assert verdict.reasons[0].startswith("champion stays: worse beyond noise on log loss")


def test_ranking_lost_beyond_the_margin_is_not_outweighed(make_contest):
    contest = make_contest(4000, champion_noise=0.1, challenger_noise=0.25, seed=2)
    miscalibrated = contest.champion**0.5

    verdict = judge_refresh(
        PairedScores(contest.defaulted, miscalibrated, contest.challenger),
        decision_policy=COSTS,
        policy=POLICY,
    )

    assert verdict.figures["log_loss_gain_low"] > 0
    assert verdict.figures["roc_auc_gain"] < -POLICY.roc_auc_margin
    assert verdict.level == "refused"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_better_recipe_confirmed_on_the_test_side_is_promoted(make_contest, seed):
    out_of_fold = make_contest(6000, champion_noise=0.6, challenger_noise=0.1, seed=seed)
    test = make_contest(1500, champion_noise=0.6, challenger_noise=0.1, seed=100 + seed)

    verdict = judge_recipe(out_of_fold, test, decision_policy=COSTS, policy=POLICY)

    assert verdict.level == "ok"
    assert verdict.figures["test_log_loss_gain"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_recipe_that_the_test_side_contradicts_is_refused(make_contest, seed):
    out_of_fold = make_contest(6000, champion_noise=0.6, challenger_noise=0.1, seed=seed)
    test = make_contest(1500, champion_noise=0.1, challenger_noise=1.0, seed=100 + seed)

    verdict = judge_recipe(out_of_fold, test, decision_policy=COSTS, policy=POLICY)

    assert verdict.level == "refused"
    assert "the test side contradicts it" in verdict.reasons[0]


@pytest.mark.parametrize("challenger_noise", [0.1, 0.6], ids=["equal", "worse"])
def test_a_recipe_no_better_out_of_fold_is_refused_whatever_the_test_side_says(
    make_contest, challenger_noise
):
    out_of_fold = make_contest(6000, champion_noise=0.1, challenger_noise=challenger_noise, seed=1)
    lucky = make_contest(1500, champion_noise=1.0, challenger_noise=0.1, seed=2)

    verdict = judge_recipe(out_of_fold, lucky, decision_policy=COSTS, policy=POLICY)

    assert verdict.level == "refused"
    assert "out of fold" in verdict.reasons[0]


def plant(contest, *, side, fault):
    scores = {"champion": contest.champion.copy(), "challenger": contest.challenger.copy()}
    scores[side] = fault(scores[side])
    return PairedScores(contest.defaulted, **scores)


def put_nan(scores):
    scores[3] = np.nan
    return scores


@pytest.mark.parametrize("side", ["champion", "challenger"])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (put_nan, "missing or outside 0-1"),
        (lambda scores: scores + 1, "missing or outside 0-1"),
        (lambda scores: scores[1:], "(999,) probabilities"),
    ],
    ids=["nan", "range", "length"],
)
def test_scores_that_cannot_be_compared_are_refused_with_the_side_named(
    make_contest, side, fault, reason
):
    contest = plant(
        make_contest(1000, champion_noise=0.5, challenger_noise=0.1, seed=1), side=side, fault=fault
    )
    good = make_contest(1000, champion_noise=0.5, challenger_noise=0.1, seed=2)

    for verdict in (
        judge_refresh(contest, decision_policy=COSTS),
        judge_recipe(contest, good, decision_policy=COSTS),
        judge_recipe(good, contest, decision_policy=COSTS),
    ):
        assert verdict.level == "refused"
        assert verdict.reasons[0].startswith(f"champion stays: the {side} cannot be compared")
        assert reason in verdict.reasons[0]


def test_a_constant_challenger_is_refused_and_a_constant_champion_can_be_beaten(make_contest):
    contest = make_contest(2000, champion_noise=0.1, challenger_noise=0.1, seed=2)
    constant = np.full(2000, contest.defaulted.mean())

    refused = judge_refresh(
        PairedScores(contest.defaulted, contest.champion, constant),
        decision_policy=COSTS,
        policy=POLICY,
    )
    promoted = judge_refresh(
        PairedScores(contest.defaulted, constant, contest.challenger),
        decision_policy=COSTS,
        policy=POLICY,
    )

    assert refused.reasons == (
        "champion stays: the challenger gives every client the same probability on the newest rows",
    )
    assert promoted.level == "ok"


def test_too_few_rows_or_defaults_promote_nobody(make_contest):
    few = make_contest(150, champion_noise=3.0, challenger_noise=0.0, seed=1)
    lopsided = make_contest(1000, champion_noise=3.0, challenger_noise=0.0, seed=1)
    lopsided.defaulted[10:] = 0

    assert (
        judge_refresh(few, decision_policy=COSTS).reasons[0]
        == "champion stays: 150 rows are too few to judge by: at least 200 "
        "(promotion.fewest_rows) on the newest rows"
    )
    assert judge_refresh(lopsided, decision_policy=COSTS).level == "refused"
    assert (
        "defaults among 1,000 rows are too few"
        in judge_refresh(lopsided, decision_policy=COSTS).reasons[0]
    )


def test_the_same_contest_gets_the_same_verdict(make_contest):
    contest = make_contest(1000, champion_noise=0.5, challenger_noise=0.1, seed=1)

    assert judge_refresh(contest, decision_policy=COSTS) == judge_refresh(
        contest, decision_policy=COSTS
    )


@pytest.mark.parametrize(
    ("noise", "level", "opening"),
    [(0.1, "watch", "challenger wins: "), (1.5, "refused", "champion stays: ")],
)
def test_a_rival_that_ranks_better_than_a_winner_is_watched(make_contest, noise, level, opening):
    rival = Check("a simple rival ranks better: …", watch="scorecard ranks better")
    contest = make_contest(4000, champion_noise=0.7, challenger_noise=noise, seed=1)

    verdict = judge_refresh(contest, decision_policy=COSTS, policy=POLICY, checks=(rival,))

    assert (verdict.level, verdict.passed) == (level, level == "watch")
    assert verdict.reasons[0].startswith(opening)
    assert verdict.reasons[0].endswith(", but scorecard ranks better") == (level == "watch")
    assert rival.summary in verdict.reasons


def test_a_leak_keeps_the_champion_although_the_challenger_is_better(make_contest):
    leak = Check("leak: look for an input …", fault="recovered tells the outcome")
    contest = make_contest(4000, champion_noise=0.7, challenger_noise=0.1, seed=1)

    verdict = judge_refresh(contest, decision_policy=COSTS, policy=POLICY, checks=(leak,))

    assert verdict.level == "refused"
    assert verdict.reasons[0].startswith("champion stays: recovered tells the outcome, although")
    assert leak.summary in verdict.reasons


def test_a_recipe_and_a_refresh_are_judged_by_the_policy_that_is_given(make_contest):
    contest = make_contest(1_500, champion_noise=0.3, challenger_noise=0.1, seed=1)
    strict = PromotionPolicy(fewest_rows=1_501, resample_count=20)

    for verdict in (
        judge_refresh(contest, decision_policy=COSTS, policy=strict),
        judge_recipe(contest, None, decision_policy=COSTS, policy=strict),
    ):
        assert "1,501" in verdict.reasons[0]


def test_the_gain_that_decided_is_told_and_not_a_surer_one_that_is_worth_no_change(make_contest):
    contest = make_contest(1_000, champion_noise=0.3, challenger_noise=0.1, seed=1)
    comparison = compare_on_rows(
        contest, decision_policy=COSTS, policy=POLICY, rows_label="on the newest rows"
    )
    sure = {"roc_auc": (0.0005, 0.00001), "log_loss": (0.01, 0.003)}
    gains = {
        name: replace(gain, gain=by, standard_error=error, low=by - 3 * error, high=by + 3 * error)
        for name, gain in comparison.gains.items()
        for by, error in [sure.get(name, (0.0, 1.0))]
    }
    changed = replace(comparison, gains=gains)

    outcome = promotion_verdict._find_outcome(changed, [], POLICY)
    decisive = promotion_verdict._find_decisive_gain(changed, outcome, POLICY)

    assert [gain.measure for gain in outcome.significant_gains] == ["log_loss"]
    assert decisive.measure == "log_loss"


def test_a_recipe_without_a_test_side_is_judged_out_of_fold_alone(make_contest):
    contest = make_contest(1_500, champion_noise=0.7, challenger_noise=0.1, seed=1)

    verdict = judge_recipe(contest, None, decision_policy=COSTS, policy=POLICY)

    assert verdict.level == "ok"
    assert not any("test side" in reason for reason in verdict.reasons)
