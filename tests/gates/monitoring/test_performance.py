import numpy as np
import pytest

from credit_default.gates.completeness import OutcomeCounts, judge_completeness
from credit_default.gates.monitoring.performance import (
    PerformancePolicy,
    judge_performance,
)
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.evaluation.missing_outcomes import MissingOutcomes


def evaluate_scores(defaulted, probability):
    return evaluate(defaulted, probability, policy=DecisionPolicy(), seed=1, resample_count=60)


def make_evaluation(make_contest, *, noise=0.1, count=2500, seed=1, shift=0.0):
    contest = make_contest(count, champion_noise=noise, challenger_noise=0.0, seed=seed)
    odds = np.log(contest.champion / (1 - contest.champion)) + shift
    return evaluate_scores(contest.defaulted, 1 / (1 + np.exp(-odds)))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("count", [400, 2500])
def test_a_healthy_batch_raises_no_alarm(make_contest, seed, count):
    evaluation = make_evaluation(make_contest, seed=seed, count=count)

    assert judge_performance(evaluation, test_roc_auc=0.77).level in {"ok", "watch"}


def test_a_large_healthy_batch_is_ok_and_says_how_good(make_contest):
    verdict = judge_performance(make_evaluation(make_contest, count=6000), test_roc_auc=0.77)

    assert verdict.level == "ok"
    assert verdict.reasons[0].startswith("ROC AUC 0.7")
    assert abs(verdict.figures["calibration_error"]) < 0.1


@pytest.mark.parametrize("seed", range(5))
def test_a_model_that_no_longer_ranks_raises_an_alarm(make_contest, seed):
    verdict = judge_performance(make_evaluation(make_contest, noise=3.0, seed=seed))

    assert verdict.level == "alarm"
    assert verdict.reasons[0].startswith("ROC AUC 0.6") or verdict.reasons[0].startswith(
        "ROC AUC 0.5"
    )


@pytest.mark.parametrize(("shift", "sign"), [(-0.6, "+"), (0.6, "-")])
def test_defaults_far_from_expected_raise_an_alarm_either_way(make_contest, shift, sign):
    verdict = judge_performance(make_evaluation(make_contest, shift=shift))

    assert verdict.level == "alarm"
    assert f"({sign}" in verdict.reasons[0]
    assert "were expected" in verdict.reasons[0]


def test_an_auc_below_the_floor_within_noise_is_watched(make_contest):
    evaluation = make_evaluation(make_contest)
    value = evaluation.metrics["roc_auc"].value

    assert (
        judge_performance(evaluation, policy=PerformancePolicy(lowest_roc_auc=value + 0.005)).level
        == "watch"
    )
    assert (
        judge_performance(evaluation, policy=PerformancePolicy(lowest_roc_auc=value + 0.1)).level
        == "alarm"
    )


def test_the_models_own_test_side_raises_the_floor(make_contest):
    verdict = judge_performance(make_evaluation(make_contest), test_roc_auc=0.95)

    assert verdict.level == "alarm"
    assert verdict.figures["roc_auc_floor"] == pytest.approx(0.91)


def test_an_error_that_is_large_but_may_be_chance_is_watched(make_contest):
    evaluation = make_evaluation(make_contest, count=400, seed=1, shift=-0.2)

    verdict = judge_performance(evaluation, policy=PerformancePolicy(highest_calibration_error=0.0))

    assert abs(verdict.figures["calibration_deviations"]) < 3
    assert verdict.level == "watch"


@pytest.mark.parametrize(
    ("defaulted", "reason"),
    [
        ([0, 1] * 99, "198 rows with outcomes are too few: at least 200"),
        ([0] * 300 + [1] * 19, "19 defaults and 300 others are too few: at least 20 of each"),
        ([0] * 300, "0 defaults and 300 others are too few: at least 20 of each"),
    ],
)
def test_too_little_is_not_judged(defaulted, reason):
    verdict = judge_performance(evaluate_scores(defaulted, np.linspace(0.05, 0.9, len(defaulted))))

    assert verdict.level == "not judged"
    assert verdict.reasons == (reason,)


def test_a_model_that_promised_no_default_at_all_raises_an_alarm_when_some_come():
    verdict = judge_performance(evaluate_scores([0] * 300 + [1] * 60, [0.0] * 360))

    assert verdict.level == "alarm"


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (
            OutcomeCounts(100, 100, is_due=False),
            "not due yet: 100 of 100 outcomes are known (100%)",
        ),
        (OutcomeCounts(100, 30, 60, is_due=False), "(30%), 60 more are too early to count"),
        (OutcomeCounts(100, 79), "79 of 100 outcomes are known (79%): at least 80%"),
    ],
)
def test_a_batch_whose_outcomes_are_not_complete_never_raises_an_alarm(
    make_contest, counts, reason
):
    broken = make_evaluation(make_contest, noise=3.0, shift=1.0)

    verdict = judge_performance(broken, completeness=judge_completeness(counts))

    assert verdict.level == "not judged"
    assert reason in verdict.reasons[0]
    assert verdict.figures["coverage_share"] == counts.known_share
    complete = judge_completeness(OutcomeCounts(100, 80))
    assert judge_performance(broken, completeness=complete).level == "alarm"


def test_outcomes_that_are_not_missing_at_random_are_watched_or_not_judged_by(make_contest):
    sound, counts = make_evaluation(make_contest), OutcomeCounts(1_000, 900)
    little, much = (MissingOutcomes(900, 100, 0.001, 0.6, bias) for bias in (0.04, 0.12))

    watched, left_out = (
        judge_performance(sound, completeness=judge_completeness(counts, missing=missing))
        for missing in (little, much)
    )

    assert (watched.level, left_out.level) == ("watch", "not judged")
    assert "the known default share may be 4% too high" in watched.reasons[0]
    assert watched.figures["missing_relative_bias"] == 0.04
    assert "may be 12% too high: more than 10%" in left_out.reasons[0]


@pytest.mark.parametrize(
    ("stretch", "level"), [(1.0, "ok"), (1.3, "watch"), (2.0, "alarm"), (0.5, "alarm")]
)
def test_probabilities_that_grew_too_extreme_or_too_tame_raise_an_alarm(stretch, level):
    generator = np.random.default_rng(7)
    odds = generator.normal(-1.5, 1.3, 900)
    defaulted = (generator.random(900) < 1 / (1 + np.exp(-odds))).astype(int)
    centre = -0.4  # about which stretching keeps the number of expected defaults near what came
    loose = PerformancePolicy(calibration_deviations=99, highest_calibration_error=9)

    verdict = judge_performance(
        evaluate_scores(defaulted, 1 / (1 + np.exp(-(centre + stretch * (odds - centre))))),
        policy=loose,
    )

    assert verdict.level == level
    assert verdict.figures["calibration_slope"] == pytest.approx(1 / stretch, rel=0.15)


def test_figures_hold_what_estimates_are_compared_with(make_contest):
    figures = judge_performance(make_evaluation(make_contest)).figures

    assert {"roc_auc", "brier", "log_loss", "cost_per_1000", "default_share"} <= set(figures)
