import numpy as np
import pytest

from credit_default.gates.monitoring.label_free_estimate import (
    EstimatePolicy,
    judge_estimate,
    read_chance_deviations,
    read_estimate,
)
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.months.label_free_estimates import PastError, estimate_performance

TELLING = np.tile([0.02, 0.1, 0.5, 0.9], 100)  # scores that part clients well
FLAT = np.tile([0.20, 0.22], 200)  # and scores that hardly do


def estimate(scores):
    return estimate_performance(scores, policy=DecisionPolicy())


def test_expected_metrics_have_their_range_and_the_error_of_earlier_estimates():
    past = {"default_share": PastError(4, 0.01, 0.02, 0.75)}

    verdict = judge_estimate(estimate(TELLING), past)

    assert (verdict.gate, verdict.level) == ("estimate", "ok")
    assert verdict.reasons[0] == (
        "default share expected 38.0% (34.7% to 41.3%); mean absolute error 2.0% over 4 earlier batches"
    )
    assert verdict.reasons[1].startswith("ROC AUC expected 0.9")
    assert verdict.reasons[1].endswith(")")
    assert verdict.figures["default_share_past_error"] == 0.02
    assert verdict.figures["row_count"] == 400
    assert "cost of 1,000 decisions expected" in verdict.reasons[-1]
    assert judge_estimate(estimate(TELLING), {}).reasons[-1] == (
        "no earlier estimate can be compared with outcomes yet: the ranges rest on the month effect "
        "that the settings declare"
    )


def test_scores_that_do_not_separate_clients_are_watched_and_raise_no_alarm():
    verdict = judge_estimate(estimate(FLAT), {})

    assert verdict.level == "watch"
    assert verdict.reasons[0].endswith("floor 0.7 (estimate.lowest_roc_auc)")
    assert (
        judge_estimate(estimate(FLAT), {}, policy=EstimatePolicy(lowest_roc_auc=0.4)).level == "ok"
    )


def test_few_rows_are_not_judged():
    assert judge_estimate(estimate(FLAT[:199]), {}).reasons == (
        "199 rows are too few for an estimate: at least 200 (estimate.fewest_rows)",
    )


def test_certain_scores_have_no_ranking_to_fall_short():
    assert judge_estimate(estimate([0.0] * 300), {}).level == "ok"


@pytest.mark.parametrize("scores", [TELLING, FLAT, [0.0] * 200])
def test_estimate_is_read_back_from_the_figures_as_it_was(scores):
    made = estimate(scores)

    figures = judge_estimate(made, {}).figures
    assert read_estimate(figures) == made.metrics
    assert read_chance_deviations(figures) == made.chance_deviations


def test_ranking_is_watched_only_where_its_whole_range_is_below_the_floor():
    made = estimate(FLAT)
    roc_auc = made.metrics["roc_auc"]
    between = EstimatePolicy(lowest_roc_auc=(roc_auc.value + roc_auc.high) / 2)
    above = EstimatePolicy(lowest_roc_auc=roc_auc.high + 1e-6)

    assert judge_estimate(made, {}, policy=between).level == "ok"
    assert judge_estimate(made, {}, policy=above).level == "watch"


def test_two_hundred_rows_are_judged_and_a_range_that_reaches_the_floor_is_enough():
    made = estimate(FLAT[:200])

    assert judge_estimate(made, {}).level != "not judged"
    at_floor = EstimatePolicy(lowest_roc_auc=made.metrics["roc_auc"].high)
    assert judge_estimate(made, {}, policy=at_floor).level == "ok"


def test_figures_without_an_end_are_no_estimate():
    figures = judge_estimate(estimate(TELLING), {}).figures
    del figures["brier_low"], figures["roc_auc_chance_deviation"]

    assert set(read_estimate(figures)) == {"default_share", "roc_auc", "log_loss", "cost_per_1000"}
    assert "roc_auc" not in read_chance_deviations(figures)
    assert set(read_chance_deviations(figures)) == {
        "default_share",
        "brier",
        "log_loss",
        "cost_per_1000",
    }


def test_figures_of_one_metric_alone_are_its_estimate():
    figures = {"brier": 0.125, "brier_low": 0.1, "brier_high": 0.15}

    assert set(read_estimate(figures)) == {"brier"}
