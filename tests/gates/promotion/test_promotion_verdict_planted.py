"""Planted challengers, each with the one right answer; and how often a tie passes, and a real gain does not."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.promotion_verdict import (
    judge_recipe,
    judge_refresh,
)
from credit_default.model.estimator.decision import DecisionPolicy

COSTS = DecisionPolicy()
POLICY = PromotionPolicy(resample_count=100)
COUNT = 8_000
TIE = "champion stays: a tie"


@pytest.fixture(scope="module")
def contest(make_contest):
    """A challenger that is clearly better and has no fault, on rows in groups that mean nothing."""
    met = divide(make_contest(COUNT, champion_noise=0.55, challenger_noise=0.05, seed=6))
    return replace(met, champion=calm(met.champion, noise=0.55))


def divide(contest):
    generator, count = np.random.default_rng(8), len(contest.defaulted)
    groups = {
        "sex": generator.choice(["female", "male"], count),
        "age": generator.choice(["21 to 30", "31 to 40", "41 to 75"], count),
        "credit limit": generator.choice(["low", "middle", "high"], count),
    }
    return replace(contest, groups=groups, protected=("sex", "age"))


def judge(contest, *, policy=POLICY, **evidence):
    return judge_refresh(contest, decision_policy=COSTS, policy=policy, **evidence)


def odds_of(scores):
    return np.log(scores / (1 - scores))


def score(odds):
    return 1 / (1 + np.exp(-odds))


def shake(scores, *, noise, seed=3, where=True):
    return score(
        odds_of(scores)
        + np.where(where, noise, 0.0) * np.random.default_rng(seed).normal(size=len(scores))
    )


def test_clearly_better_wins_and_every_check_says_so(contest):
    verdict = judge(contest, structure=Check("structure: 23 inputs"))

    assert verdict.level == "ok"
    assert [reason.split(" ")[0].strip(":") for reason in verdict.reasons[-6:]] == [
        "calibration",
        "level",
        "fairness",
        "slices",
        "structure",
        "power",
    ]
    assert verdict.reasons[0] == (
        "challenger wins: better beyond noise on log loss, Brier score, ROC AUC and cost per 1,000 "
        "(on the newest rows, 8,000 rows)"
    )
    assert "DeLong" in verdict.reasons[2]


def calm(scores, *, noise, where=True):
    """Scores that were seen through noise, calibrated again: the odds of `make_contest` spread by 1.15 around -1.55."""
    factor = np.where(where, 1.15**2 / (1.15**2 + noise**2), 1.0)
    return score(-1.55 + factor * (odds_of(scores) + 1.55))


def plant_worse(contest):
    return calm(shake(contest.champion, noise=0.6), noise=0.6)


def plant_equal(contest):
    return contest.champion.copy()


def plant_tie(contest):
    # as far from the truth as the champion, by another road
    return calm(shake(contest.challenger, noise=0.55), noise=0.55)


def plant_leak(contest):
    return score(odds_of(contest.challenger) + 1.5 * (2 * contest.defaulted - 1))


def plant_mild_leak(contest):
    return score(odds_of(contest.challenger) + 0.15 * (2 * contest.defaulted - 1))


def plant_constant(contest):
    return np.full(COUNT, contest.defaulted.mean())


def plant_missing(contest):
    return np.where(np.arange(COUNT) == 77, np.nan, contest.challenger)


def plant_miscalibrated(contest):
    return score(1.35 * odds_of(contest.challenger) + 0.4)


def plant_spoiled_slice(contest):
    low = contest.groups["credit limit"] == "low"
    return calm(shake(contest.challenger, noise=0.75, where=low), noise=0.75, where=low)


def plant_less_fair(contest):
    return score(
        odds_of(contest.challenger) + np.where(contest.groups["sex"] == "female", 0.25, -0.1)
    )


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (plant_worse, ["worse beyond noise on log loss"]),
        (plant_equal, [TIE]),
        (plant_tie, [TIE]),
        (plant_leak, ["too good to be true"]),
        (plant_mild_leak, ["too good to be true", "although better on"]),
        (plant_constant, ["gives every client the same probability"]),
        (plant_missing, ["the challenger cannot be compared", "missing or outside 0-1"]),
        (plant_miscalibrated, ["its calibration slope 0.7", "is out of range"]),
        (plant_spoiled_slice, ["the slice credit limit low is worse", "although better on"]),
        (plant_less_fair, ["it is less fair by sex", "although better on"]),
    ],
    ids=lambda value: getattr(value, "__name__", "").removeprefix("plant_") or None,
)
def test_a_planted_challenger_keeps_the_champion_for_its_own_reason(contest, plant, words):
    verdict = judge(replace(contest, challenger=plant(contest)))

    assert verdict.level == "refused"
    assert verdict.reasons[0].startswith("champion stays: ")
    for word in words:
        assert word in verdict.reasons[0]


def test_equal_and_tied_challengers_are_refused_with_what_the_rows_could_have_shown(contest):
    equal, tied = (
        judge(replace(contest, challenger=plant(contest))) for plant in (plant_equal, plant_tie)
    )

    assert (
        equal.reasons[-1]
        == "power: both models rank every client alike, so more rows would not separate them"
    )
    assert tied.reasons[-1].startswith("power: 8,000 rows show 0.0")
    assert tied.figures["detectable_roc_auc"] > 0.002


def test_a_leak_is_told_apart_from_a_good_model_by_its_jump_where_the_champion_is_sound(contest):
    leak = replace(contest, challenger=plant_mild_leak(contest))
    naive = replace(
        leak, champion=shake(contest.champion, noise=3.0)
    )  # a champion that ranks hardly anybody

    sound, weak = judge(leak), judge(naive, policy=replace(POLICY, highest_roc_auc=1.0))

    assert any(reason.startswith("leak: look for an input") for reason in sound.reasons)
    assert sound.figures["challenger_roc_auc"] < POLICY.highest_roc_auc
    assert "too good" not in weak.reasons[0]


@pytest.mark.parametrize(
    ("measure", "harm"),
    [
        (
            "cost_per_1000",
            lambda odds: np.where(
                np.abs(odds + 1.61) < 0.35, odds - 0.35 * np.sign(odds + 1.61), odds
            ),
        )
    ],
    ids=["cost"],
)
def test_cost_alone_can_win(make_contest, measure, harm):
    good = make_contest(COUNT, champion_noise=0.0, challenger_noise=0.0, seed=4)
    # the champion decides wrongly close to the threshold, where the other measures hardly look
    contest = PairedScores(good.defaulted, score(harm(odds_of(good.challenger))), good.challenger)

    verdict = judge(
        contest,
        policy=replace(
            POLICY, least_log_loss_gain=1.0, least_brier_gain=1.0, least_roc_auc_gain=1.0
        ),
    )

    assert verdict.level == "ok"
    assert verdict.reasons[0].startswith("challenger wins: better beyond noise on cost per 1,000 (")
    assert verdict.figures[f"{measure}_gain_low"] > 0


def test_too_few_rows_or_one_outcome_promote_nobody(contest):
    few = PairedScores(contest.defaulted[:150], contest.champion[:150], contest.challenger[:150])
    nobody = replace(contest, defaulted=np.zeros(COUNT, dtype=int))

    assert (
        judge(few).reasons[0] == "champion stays: 150 rows are too few to judge by: at least 200 "
        "(promotion.fewest_rows) on the newest rows"
    )
    assert (
        judge(nobody)
        .reasons[0]
        .startswith("champion stays: 0 defaults among 8,000 rows are too few")
    )


def test_an_unsound_structure_alone_is_reason_enough(contest):
    verdict = judge(
        contest, structure=Check("structure: other schema", fault="it was made for another schema")
    )

    assert verdict.level == "refused"
    assert "it was made for another schema, although better on log loss" in verdict.reasons[0]


def test_reasons_of_a_recipe_put_the_test_side_before_the_checks(contest, make_contest):
    test = make_contest(1_500, champion_noise=0.45, challenger_noise=0.05, seed=11)

    verdict = judge_recipe(contest, test, decision_policy=COSTS, policy=POLICY)

    heads = [reason.split(":")[0].split(",")[0] for reason in verdict.reasons]
    assert heads.index("test side") < heads.index("calibration")
    assert verdict.reasons[0].endswith("(out of fold, 8,000 rows)")
    assert len(verdict.reasons) <= 10


@pytest.mark.parametrize(
    ("count", "most"),
    [(120, 5), pytest.param(3_000, 45, marks=pytest.mark.nightly)],
    ids=["short", "long"],
)
def test_about_one_tie_in_a_hundred_is_promoted(make_contest, count, most):
    levels = Counter(
        judge(
            divide(
                make_contest(1_200, champion_noise=0.25, challenger_noise=0.25, seed=1_000 + seed)
            )
        ).level
        for seed in range(count)
    )

    assert levels["ok"] <= most


def test_nearly_every_challenger_that_is_clearly_better_wins(make_contest):
    levels = Counter(
        judge(
            divide(make_contest(6_000, champion_noise=0.55, challenger_noise=0.05, seed=200 + seed))
        ).level
        for seed in range(20)
    )

    assert levels["ok"] >= 15
