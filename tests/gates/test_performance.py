import numpy as np
import pytest

from credit_default.gates.performance import PerformancePolicy, judge_performance
from credit_default.model.decision import DecisionPolicy
from credit_default.model.evaluation import evaluate


def evaluate_scores(defaulted, probability):
    return evaluate(defaulted, probability, policy=DecisionPolicy(), seed=1, resample_count=60)


def make_evaluation(make_contest, *, noise=0.1, count=2500, seed=1, shift=0.0):
    contest = make_contest(count, champion_noise=noise, challenger_noise=0.0, seed=seed)
    odds = np.log(contest.champion / (1 - contest.champion)) + shift
    return evaluate_scores(contest.defaulted, 1 / (1 + np.exp(-odds)))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("count", [400, 2500])
def test_a_healthy_batch_does_not_ring(make_contest, seed, count):
    evaluation = make_evaluation(make_contest, seed=seed, count=count)

    assert judge_performance(evaluation, test_roc_auc=0.77).level in {"ok", "watch"}


def test_a_large_healthy_batch_is_ok_and_says_how_good(make_contest):
    verdict = judge_performance(make_evaluation(make_contest, count=6000), test_roc_auc=0.77)

    assert verdict.level == "ok"
    assert verdict.reasons[0].startswith("ROC AUC 0.7")
    assert abs(verdict.figures["calibration_error"]) < 0.1


@pytest.mark.parametrize("seed", range(5))
def test_a_model_that_no_longer_ranks_rings(make_contest, seed):
    verdict = judge_performance(make_evaluation(make_contest, noise=3.0, seed=seed))

    assert verdict.level == "alarm"
    assert verdict.reasons[0].startswith("ROC AUC 0.6") or verdict.reasons[0].startswith("ROC AUC 0.5")


@pytest.mark.parametrize(("shift", "sign"), [(-0.6, "+"), (0.6, "-")])
def test_defaults_far_from_expected_ring_either_way(make_contest, shift, sign):
    verdict = judge_performance(make_evaluation(make_contest, shift=shift))

    assert verdict.level == "alarm"
    assert f"({sign}" in verdict.reasons[0]
    assert "were expected" in verdict.reasons[0]


def test_an_auc_below_the_floor_within_noise_is_watched(make_contest):
    evaluation = make_evaluation(make_contest)
    value = evaluation.metrics["roc_auc"].value

    assert judge_performance(evaluation, policy=PerformancePolicy(lowest_roc_auc=value + 0.005)).level == "watch"
    assert judge_performance(evaluation, policy=PerformancePolicy(lowest_roc_auc=value + 0.1)).level == "alarm"


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


def test_a_model_that_promised_no_default_at_all_rings_when_some_come():
    verdict = judge_performance(evaluate_scores([0] * 300 + [1] * 60, [0.0] * 360))

    assert verdict.level == "alarm"
