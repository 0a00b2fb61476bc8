import numpy as np
import pytest

from credit_default.gates.completeness import OutcomeCounts, judge_completeness
from credit_default.gates.monitoring.performance import (
    PerformancePolicy,
    judge_performance,
)
from credit_default.model.estimator.calibration_line import Slope, measure_slope
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.evaluation.reference_performance import ReferencePerformance
from credit_default.model.months.missing_outcomes import MissingOutcomes
from credit_default.model.months.month_effects import MonthDeviation
from credit_default.model.statistics.auc_placements import RocAuc, measure_roc_auc_error


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

    assert judge_performance(
        evaluation, reference=ReferencePerformance(RocAuc(0.77, 0.008))
    ).level in {"ok", "watch"}


def test_a_large_healthy_batch_is_ok_and_says_how_good(make_contest):
    verdict = judge_performance(
        make_evaluation(make_contest, count=6000),
        reference=ReferencePerformance(RocAuc(0.77, 0.008)),
    )

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
    verdict = judge_performance(
        make_evaluation(make_contest), reference=ReferencePerformance(RocAuc(0.95, 0.008))
    )

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
        ([0, 1] * 99, "198 rows with outcomes are too few: at least 200 (performance.fewest_rows)"),
        (
            [0] * 300 + [1] * 19,
            "19 defaults and 300 others are too few: at least 20 of each (performance.fewest_defaults)",
        ),
        (
            [0] * 300,
            "0 defaults and 300 others are too few: at least 20 of each (performance.fewest_defaults)",
        ),
        (
            [1] * 300 + [0] * 19,
            "300 defaults and 19 others are too few: at least 20 of each (performance.fewest_defaults)",
        ),
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


def draw_month(generator, *, effect_sd, count=4000, factor=1.0):
    """Return outcomes and a right model's probabilities; `factor` multiplies expected defaults."""
    odds = generator.normal(-1.55, 1.15, count)
    probability = 1 / (1 + np.exp(-odds))
    shift = (factor - 1) * probability.sum() / (probability * (1 - probability)).sum()
    shift += effect_sd * generator.normal()
    return (generator.random(count) < 1 / (1 + np.exp(-odds - shift))).astype(int), probability


def draw_past(generator, *, effect_sd, count):
    months = [draw_month(generator, effect_sd=effect_sd) for _ in range(count)]
    return [
        MonthDeviation(f"2004-{number + 1:02d}", float((y - p).sum()), float((p * (1 - p)).sum()))
        for number, (y, p) in enumerate(months)
    ]


def measure_alarm_share(*, effect_sd, past_count, month_count, factor=1.0, policy=None):
    alarms, generator = 0, np.random.default_rng(11)
    for _ in range(month_count):
        past = draw_past(generator, effect_sd=effect_sd, count=past_count)
        month = draw_month(generator, effect_sd=effect_sd, factor=factor)
        verdict = judge_performance(
            evaluate(*month, policy=DecisionPolicy(), seed=1, resample_count=20),
            policy=policy,
            reference=ReferencePerformance(RocAuc(0.765, 0.008)),
            past=past,
        )
        alarms += verdict.level == "alarm"
    return alarms / month_count


@pytest.mark.parametrize("past_count", [0, 3, 12])
@pytest.mark.parametrize("effect_sd", [0.0, 0.12])
def test_a_right_model_rings_no_more_often_than_three_deviations_allow(effect_sd, past_count):
    # Nominal: 0.3 %, what 3 standard deviations leave. Of 100 months at 0.3 % more than 3 ring in
    # less than one in 4,000 tries.
    share = measure_alarm_share(effect_sd=effect_sd, past_count=past_count, month_count=100)

    assert share <= 0.03


def test_a_right_model_rings_far_too_often_where_defaults_count_as_independent():
    independent = PerformancePolicy(month_effect_sd=0.0)

    share = measure_alarm_share(effect_sd=0.12, past_count=0, month_count=150, policy=independent)

    assert share >= 0.05


@pytest.mark.parametrize(("factor", "lowest"), [(1.3, 0.6), (1.5, 0.95)])
def test_a_model_that_expects_too_few_defaults_still_rings(factor, lowest):
    share = measure_alarm_share(effect_sd=0.12, past_count=12, month_count=40, factor=factor)

    assert share >= lowest


def test_months_that_differed_little_make_the_gate_sharper(make_contest):
    evaluation = make_evaluation(make_contest, count=6000)
    past = [MonthDeviation(f"2004-{month:02d}", 0.0, 900.0) for month in range(1, 13)]

    before, after = (judge_performance(evaluation, past=months).figures for months in ((), past))

    assert before["month_effect_sd"] == pytest.approx(0.12)
    assert after["month_effect_sd"] < 0.09
    assert after["calibration_allowance"] < before["calibration_allowance"]
    assert abs(after["calibration_deviations"]) > abs(before["calibration_deviations"])


def test_counting_defaults_as_independent_can_be_declared(make_contest):
    evaluation = make_evaluation(make_contest)

    figures = judge_performance(evaluation, policy=PerformancePolicy(month_effect_sd=0.0)).figures

    error = evaluation.default_count - evaluation.expected_default_count
    assert figures["calibration_deviations"] == pytest.approx(error / evaluation.expected_deviation)


def test_the_reason_says_what_is_allowed_for(make_contest):
    verdict = judge_performance(make_evaluation(make_contest, shift=-0.6))

    assert "of chance and a month effect of 0.12 in log odds, +" in verdict.reasons[0]
    assert " of chance alone; ± " in verdict.reasons[0]
    assert verdict.reasons[0].endswith(
        "is allowed: performance.highest_calibration_error, performance.calibration_deviations)"
    )


def test_a_small_test_side_that_was_lucky_does_not_ring_about_a_right_model():
    alarms, generator = 0, np.random.default_rng(11)
    for _ in range(100):
        outcome, probability = draw_month(generator, effect_sd=0.0, count=250)
        verdict = judge_performance(
            evaluate_scores(*draw_month(generator, effect_sd=0.0)),
            reference=ReferencePerformance(measure_roc_auc_error(outcome, probability)),
        )
        alarms += verdict.level == "alarm" and any("ROC AUC" in why for why in verdict.reasons)

    assert alarms <= 3


def test_the_policys_own_floor_is_exact_whatever_the_test_side_says(make_contest):
    evaluation = make_evaluation(make_contest, noise=3.0)

    verdict = judge_performance(evaluation, reference=ReferencePerformance(RocAuc(0.75, 0.2)))

    assert verdict.level == "alarm"
    assert "floor 0.710 (itself known to ± 0.392)" in verdict.reasons[0]
    assert verdict.figures["roc_auc_floor_error"] == 0.2


def test_a_month_that_only_its_effect_explains_is_watched():
    expected = np.full(10_000, 0.2)
    defaulted = (
        np.arange(10_000) < 2_200
    )  # 10 % more than expected, 5 standard deviations of chance
    steady = [MonthDeviation(f"2004-{month:02d}", 0.0, 1600.0) for month in range(1, 13)]
    loose = PerformancePolicy(lowest_roc_auc=0.0, lowest_slope=-9.0, highest_slope=9.0)

    verdict = judge_performance(
        evaluate_scores(defaulted.astype(int), expected), policy=loose, past=steady
    )

    assert verdict.level == "watch"
    assert "+5.0 of chance alone" in verdict.reasons[0]


def draw_model_and_batch(generator, *, reference_count, count, slope):
    """Return a model's test side and a batch of the same clients; its level is learned from 800 rows.

    Where the slope is above 1 the probabilities are too tame, of both alike.
    """
    level = generator.normal(0, 0.09)

    def draw(rows):
        odds = generator.normal(-1.0, 1.1, rows)
        scored = 1 / (1 + np.exp(-(level + -1.0 + (odds + 1.0) / slope)))
        return (generator.random(rows) < 1 / (1 + np.exp(-odds))).astype(int), scored

    return draw(reference_count), draw(count)


def measure_false_alarms(*, draw_count, reference_count, count, slope):
    generator, alarms = np.random.default_rng(5), 0
    for _ in range(draw_count):
        tested, batch = draw_model_and_batch(
            generator, reference_count=reference_count, count=count, slope=slope
        )
        reference = ReferencePerformance(
            measure_roc_auc_error(*tested),
            measure_slope(*tested),
            row_count=reference_count,
            level_error=0.09,
        )
        verdict = judge_performance(evaluate_scores(*batch), reference=reference)
        alarms += verdict.level == "alarm"
    return alarms / draw_count


@pytest.mark.parametrize("count", [150, 300, 1_000])
@pytest.mark.parametrize("slope", [1.0, 1.6])
def test_a_batch_drawn_like_a_small_test_side_raises_no_alarm(count, slope):
    share = measure_false_alarms(draw_count=60, reference_count=200, count=count, slope=slope)

    assert share <= 0.05


@pytest.mark.nightly
@pytest.mark.parametrize("count", [150, 300, 1_000])
@pytest.mark.parametrize("reference_count", [200, 300])
@pytest.mark.parametrize("slope", [0.7, 1.0, 1.6])
def test_a_batch_drawn_like_a_small_test_side_raises_an_alarm_in_one_of_twenty(
    count, reference_count, slope
):
    share = measure_false_alarms(
        draw_count=600, reference_count=reference_count, count=count, slope=slope
    )

    assert share <= 0.05


def test_a_slope_that_the_test_side_had_too_is_watched_and_both_are_named():
    generator = np.random.default_rng(3)
    tested, batch = draw_model_and_batch(generator, reference_count=300, count=2_000, slope=1.8)

    known, unknown = (
        judge_performance(evaluate_scores(*batch), reference=reference)
        for reference in (ReferencePerformance(slope=measure_slope(*tested)), None)
    )

    assert (known.level, unknown.level) == ("watch", "alarm")
    assert "; on the test side it was 1." in " ".join(known.reasons)


def test_a_slope_far_from_that_of_a_small_test_side_still_rings():
    generator = np.random.default_rng(3)
    tested, _ = draw_model_and_batch(generator, reference_count=300, count=300, slope=1.0)
    _, batch = draw_model_and_batch(generator, reference_count=300, count=2_000, slope=3.0)

    verdict = judge_performance(
        evaluate_scores(*batch), reference=ReferencePerformance(slope=measure_slope(*tested))
    )

    assert verdict.level == "alarm"


def test_a_small_test_side_is_told_whatever_the_verdict(make_contest):
    reference = ReferencePerformance(RocAuc(0.77, 0.03), Slope(1.1, 0.15), row_count=210)

    verdict = judge_performance(make_evaluation(make_contest, count=6000), reference=reference)

    assert verdict.level == "ok"
    assert verdict.reasons[-1] == (
        "the model was tested on 210 rows, which tell its ROC AUC to ± 0.06 and its calibration slope "
        "to ± 0.29: no change within that raises an alarm"
    )
