"""Every fault that a gate finds by a limit names the setting that the limit comes from."""

import re
from dataclasses import fields, replace

import numpy as np
import pytest

from credit_default.gates.completeness import OutcomeCounts, judge_completeness
from credit_default.gates.fairness import judge_fairness
from credit_default.gates.monitoring.alarms import Alarm
from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport
from credit_default.gates.monitoring.coverage import judge_coverage
from credit_default.gates.monitoring.drift import judge_drift
from credit_default.gates.monitoring.drill_verdict import Drill, DrillCase, judge_drill
from credit_default.gates.monitoring.fairness_drift import judge_fairness_drift
from credit_default.gates.monitoring.feed import BatchState, ColumnState, judge_feed
from credit_default.gates.monitoring.label_free_estimate import judge_estimate
from credit_default.gates.monitoring.performance import judge_performance
from credit_default.gates.monitoring.retraining import RetrainingState, judge_retraining
from credit_default.gates.monitoring.volume import Delivery, judge_volume
from credit_default.gates.promotion.calibration_check import check_calibration
from credit_default.gates.promotion.fairness_check import check_fairness_change
from credit_default.gates.promotion.first_model import judge_first_model
from credit_default.gates.promotion.leak_check import check_leaks
from credit_default.gates.promotion.level_check import ScoredRows, check_first_level, check_level
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.promotion_verdict import judge_refresh
from credit_default.gates.promotion.slice_check import check_slices
from credit_default.gates.quality import BatchHistory, FileCounts, judge_quality
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.evaluation.plain_rivals import CertainRanges, PlainRivals, SingleInput
from credit_default.model.evaluation.reference_performance import ReferencePerformance
from credit_default.model.fairness.acceptance_counts import GroupAcceptance
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.report import measure_fairness
from credit_default.model.months.label_free_estimates import estimate_performance
from credit_default.model.months.missing_outcomes import MissingOutcomes
from credit_default.model.profile.shift_attribution import ScoreShift
from credit_default.model.statistics.auc_placements import RocAuc
from credit_default.setting_layers import list_values
from credit_default.settings import Settings

COSTS = DecisionPolicy()
QUICK = PromotionPolicy(resample_count=40)
SETTINGS = frozenset(name for name, _ in list_values(Settings()))
# A name as messages write it: a section, a point, a key.
NAMED = re.compile(r"\b[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*\b")


def tell(found):
    """What a verdict, a check or a state of outcomes says is wrong."""
    if hasattr(found, "fault"):
        return found.fault
    if hasattr(found, "state"):
        return found.reason
    assert found.level != "ok", found.reasons
    return " | ".join(found.reasons)


# files and outcomes

FAULTS = {}


def plant(*settings):
    """Register a planted fault under the settings that its message must name."""

    def register(build):
        FAULTS[build.__name__] = (settings, build)
        return build

    return register


def judge_file(row_count=1_000, rejected=0, repeated=0, **history):
    return judge_quality(FileCounts(row_count, rejected, repeated), BatchHistory(**history))


@plant("quality.fewest_rows")
def file_without_a_good_row():
    return judge_file(10, 10)


@plant("quality.highest_rejected_share")
def file_with_many_bad_rows():
    return judge_file(rejected=100)


@plant("quality.highest_repeated_share")
def file_with_repeated_keys():
    return judge_file(repeated=100)


@plant("quality.lowest_usual_ratio", "quality.highest_usual_ratio")
def file_of_another_length():
    return judge_file(row_counts=(5_000, 5_000, 5_000))


@plant("quality.highest_known_share")
def file_that_is_in_another_batch():
    return judge_file(known_count=900, known_batch_ids=("b1",))


def state_outcomes(known, *, bias=None):
    missing = MissingOutcomes(known, 1_000 - known, 1e-6, 0.6, bias) if bias is not None else None
    return judge_completeness(OutcomeCounts(1_000, known), missing=missing)


@plant("coverage.lowest_share")
def outcomes_that_are_too_few():
    return state_outcomes(500)


@plant("coverage.missing_p_value", "coverage.highest_bias")
def outcomes_that_are_missing_by_score():
    return state_outcomes(950, bias=0.3)


@plant("coverage.lowest_share", "coverage.watched_after")
def outcomes_that_are_late():
    return judge_coverage(0.5, months_due=1)


@plant("coverage.lowest_share", "coverage.longest_delay")
def outcomes_that_are_long_overdue():
    return judge_coverage(0.5, months_due=9)


# a scored batch

STILL = DriftReport(
    columns=tuple(ColumnDrift(f"c{n}", "psi", 0.01, 0.1, drifted=False) for n in range(10)),
    score=ColumnDrift("default_probability", "psi", 0.01, 0.1, drifted=False),
    drifted_share=0.0,
    reference_count=6_000,
    current_count=2_500,
    report_paths={},
    decision=ColumnDrift("decision", "psi", 0.01, 0.1, drifted=False, bin_count=2),
)


def judge_moved(report=STILL, *, row_count=2_500, **arguments):
    return judge_drift(report, row_count=row_count, **arguments)


@plant("drift.fewest_rows")
def drift_of_few_rows():
    return judge_moved(row_count=100)


@plant("drift.score_threshold")
def drift_of_the_score():
    return judge_moved(replace(STILL, score=replace(STILL.score, statistic=0.4)))


@plant("drift.confidence")
def drift_of_the_score_among_few_rows():
    few = replace(STILL, current_count=210, score=replace(STILL.score, statistic=0.4))
    return judge_moved(few, row_count=210)


@plant("drift.decision_threshold")
def drift_of_the_decision():
    return judge_moved(replace(STILL, decision=replace(STILL.decision, statistic=0.4)))


@plant("drift.highest_drifted_share")
def drift_of_many_columns():
    moved = tuple(replace(column, statistic=0.5, drifted=True) for column in STILL.columns)
    return judge_moved(replace(STILL, columns=moved))


@plant("drift.highest_share_move")
def drift_of_expected_defaults():
    return judge_moved(shift=ScoreShift(0.22, 0.33, 0.004, 540.0, 610.0, columns=()))


@plant("drift.watched_share_move")
def drift_of_expected_defaults_that_is_watched():
    return judge_moved(shift=ScoreShift(0.22, 0.25, 0.004, 540.0, 610.0, columns=()))


CLEAN = BatchState(
    row_count=1_000,
    reference_count=6_000,
    columns=tuple(
        ColumnState(f"c{n}", repeat_share=0.04, reference_repeat_share=0.04) for n in range(5)
    ),
    identical_share=0.01,
    reference_identical_share=0.01,
    rejected_count=2,
    earlier_rejected_shares=(0.001, 0.002, 0.003),
)


def judge_column(**fault):
    return judge_feed(replace(CLEAN, columns=(*CLEAN.columns[1:], ColumnState("x", **fault))))


@plant("feed.fewest_rows")
def feed_of_few_rows():
    return judge_feed(replace(CLEAN, row_count=20))


@plant("feed.twin_margin")
def feed_of_copies():
    return judge_feed(replace(CLEAN, identical_share=0.5))


@plant("feed.rejected_margin")
def feed_with_much_in_quarantine():
    return judge_feed(replace(CLEAN, rejected_count=200))


@plant("feed.highest_scale")
def feed_in_another_unit():
    return judge_column(scale=1_000.0)


@plant("feed.stale_margin")
def feed_that_repeats_the_month_before():
    return judge_column(repeat_share=0.6, reference_repeat_share=0.04)


@plant("feed.repeat_margin")
def feed_that_repeats_some_of_the_month_before():
    return judge_column(repeat_share=0.2, reference_repeat_share=0.04)


@plant("feed.highest_mix")
def feed_with_codes_swapped():
    return judge_column(mix_shift=0.5, mix_p_value=1e-9)


@plant("feed.mix_threshold")
def feed_with_some_codes_swapped():
    return judge_column(mix_shift=0.05, mix_p_value=1e-9)


@plant("feed.highest_filled")
def feed_with_a_default_value():
    return judge_column(filled_in_share=0.5, filled_in_code="1")


@plant("feed.filled_margin")
def feed_with_some_of_a_default_value():
    return judge_column(filled_in_share=0.15, filled_in_code="1")


@plant("feed.missing_margin")
def feed_with_more_missing():
    return judge_column(missing_share=0.5, reference_missing_share=0.2)


@plant("feed.new_share")
def feed_with_new_codes():
    return judge_column(new_share=0.2, new_codes=("9",))


@plant("feed.tail_margin")
def feed_with_a_tail():
    return judge_column(high_tail_share=0.6)


def judge_delivery(row_count=1_000, *, wait_days=30.0, earlier=4):
    before = [Delivery(1_000, 1, 1, 30.0)] * earlier
    return judge_volume(Delivery(row_count, 1, 1, wait_days), before)


@plant("feed.fewest_earlier_batches")
def volume_without_a_past():
    return judge_delivery(earlier=1)


@plant("feed.fewest_rows")
def volume_of_few_rows():
    return judge_delivery(50)


@plant("feed.lowest_usual_ratio")
def volume_that_is_low():
    return judge_delivery(400)


@plant("feed.highest_usual_ratio")
def volume_that_is_high():
    return judge_delivery(3_000)


@plant("feed.highest_ratio")
def volume_that_is_far_too_high():
    return judge_delivery(30_000)


@plant("feed.lowest_ratio")
def volume_that_is_far_too_low():
    before = [Delivery(10_000, 1, 1)] * 4
    return judge_volume(Delivery(500, 1, 1), before)


@plant("feed.highest_gap_ratio")
def volume_that_is_late():
    return judge_delivery(wait_days=100.0)


@plant("estimate.fewest_rows")
def estimate_of_few_rows():
    return judge_estimate(estimate_performance(np.tile([0.2, 0.3], 20), policy=COSTS), {})


@plant("estimate.lowest_roc_auc")
def estimate_of_scores_that_hardly_part_clients():
    return judge_estimate(estimate_performance(np.tile([0.20, 0.22], 200), policy=COSTS), {})


def judge_groups(then, now, *, row_count=3_000):
    def count(share):
        return GroupAcceptance(row_count, round(share * row_count))

    sides = ({"sex": {"1": count(0.8), "2": count(share)}} for share in (then, now))
    return judge_fairness_drift(*sides)


@plant("fairness_drift.fewest_rows")
def groups_that_are_small():
    return judge_groups(0.8, 0.8, row_count=50)


@plant("fairness_drift.highest_loss", "fairness_drift.lowest_ratio")
def groups_that_became_uneven():
    return judge_groups(0.78, 0.4)


@plant("fairness_drift.highest_loss")
def groups_that_became_less_even():
    return judge_groups(0.79, 0.66)


def draw(count=2_500, *, spread=1.15, level=0.0, stretch=1.0, seed=1):
    generator = np.random.default_rng(seed)
    odds = -1.5 + spread * generator.normal(size=count)
    defaulted = (generator.random(count) < 1 / (1 + np.exp(-odds - level))).astype(int)
    return defaulted, 1 / (1 + np.exp(1.5 - stretch * (odds + 1.5)))


def judge_batch(defaulted, probability, **arguments):
    evaluation = evaluate(defaulted, probability, policy=COSTS, seed=1, resample_count=60)
    return judge_performance(evaluation, **arguments)


@plant("performance.fewest_rows")
def batch_of_few_rows():
    return judge_batch(*draw(100))


@plant("performance.fewest_defaults")
def batch_of_few_defaults():
    defaulted, probability = draw(400)
    return judge_batch(np.where(np.arange(400) < 5, 1, 0 * defaulted), probability)


@plant("performance.lowest_roc_auc")
def batch_that_ranks_badly():
    defaulted, probability = draw()
    return judge_batch(defaulted, np.random.default_rng(1).permutation(probability))


@plant("performance.highest_roc_auc_loss")
def batch_that_ranks_worse_than_the_test_side():
    return judge_batch(*draw(spread=1.0), reference=ReferencePerformance(RocAuc(0.95, 0.01)))


@plant("performance.highest_calibration_error", "performance.calibration_deviations")
def batch_with_too_many_defaults():
    return judge_batch(*draw(level=1.0))


@plant("performance.lowest_slope", "performance.highest_slope")
def batch_with_scores_too_extreme():
    return judge_batch(*draw(stretch=2.0))


def ask(*gates, labels=5_000, **state):
    open_alarms = [Alarm(gate, 3, "2025-06", "b6") for gate in gates]
    return judge_retraining(RetrainingState("2025-08", open_alarms, labels, **state)).verdict


@plant("retraining.fewest_new_labels")
def retraining_without_new_outcomes():
    return ask("drift", labels=0)


@plant("retraining.lingering_count")
def retraining_for_an_error_that_lingers():
    return ask(lingering_count=4)


@plant("retraining.cooldown_months")
def retraining_too_soon():
    return ask("performance", request_months=("2025-07",))


@plant("retraining.budget_count")
def retraining_beyond_the_budget():
    return ask("performance", request_months=("2025-01", "2025-02", "2025-03", "2025-04"))


@plant("drill.lowest_recall", "drill.most_false_alarms", "drill.most_mended_alarms")
def drill_that_failed():
    missed = DrillCase("unit", 3, ("feed",), "alarm", ({"feed": "ok"},))
    return judge_drill(Drill((missed,), ({"drift": "alarm"},) * 3, ({"drift": "alarm"},)))


# a model


@plant("promotion.fewest_rows", "promotion.fewest_defaults")
def contest_of_few_rows():
    rows = np.tile([0, 1], 10)
    return judge_refresh(
        PairedScores(rows, np.linspace(0.1, 0.9, 20), np.linspace(0.2, 0.8, 20)),
        decision_policy=COSTS,
        policy=QUICK,
    )


def draw_contest(challenger, *, count=4_000, champion=lambda odds, noise: odds + 0.3 * noise):
    generator = np.random.default_rng(2)
    odds, noise = -1.5 + 1.15 * generator.normal(size=count), generator.normal(size=count)
    defaulted = (generator.random(count) < 1 / (1 + np.exp(-odds))).astype(int)
    groups = {"sex": np.where(np.arange(count) % 2, "male", "female")}
    old, new = (1 / (1 + np.exp(-made(odds, noise))) for made in (champion, challenger))
    return PairedScores(defaulted, old, new, groups=groups, protected=("sex",))


def contend(challenger, policy=QUICK, **arguments):
    return judge_refresh(
        draw_contest(challenger, **arguments), decision_policy=COSTS, policy=policy
    )


@plant("promotion.confidence")
def challenger_that_ties():
    return contend(lambda odds, noise: odds + 0.3001 * noise)


@plant("promotion.confidence")
def challenger_that_is_worse():
    return contend(lambda odds, noise: odds + 2 * noise)


@plant("promotion.largest_roc_auc_gain")
def challenger_that_jumps():
    return contend(lambda odds, noise: odds, replace(QUICK, largest_roc_auc_gain=0.001))


@plant("promotion.highest_roc_auc")
def challenger_above_the_portfolios_bound():
    return contend(lambda odds, noise: odds, replace(QUICK, highest_roc_auc=0.6))


@plant("promotion.highest_slope")
def challenger_that_is_too_cautious():
    return check_calibration(
        draw_contest(lambda odds, noise: -1.5 + 0.6 * (odds + 1.5)), policy=QUICK
    )


@plant("promotion.lowest_slope")
def challenger_that_is_too_sure():
    return check_calibration(
        draw_contest(lambda odds, noise: -1.5 + 1.6 * (odds + 1.5)), policy=QUICK
    )


@plant("promotion.largest_level_error")
def challenger_that_expects_too_few():
    return check_level(draw_contest(lambda odds, noise: odds - 0.8), policy=QUICK)


@plant("promotion.fairness_margin")
def challenger_that_is_less_fair():
    contest = draw_contest(lambda odds, noise: odds)
    harsher = np.where(contest.groups["sex"] == "male", 0.9, 0.0)
    return check_fairness_change(
        replace(contest, challenger=np.clip(contest.champion + harsher, 0, 0.99)),
        decision_policy=COSTS,
        policy=QUICK,
    )


@plant("promotion.slice_log_loss_margin")
def challenger_that_is_worse_for_some():
    contest = draw_contest(lambda odds, noise: odds, champion=lambda odds, noise: odds)
    spoiled = np.where(contest.groups["sex"] == "male", 0.2, contest.challenger)
    return check_slices(replace(contest, challenger=spoiled), policy=QUICK)


def judge_first(defaulted, probability, **policy):
    evaluation = evaluate(defaulted, probability, policy=COSTS, seed=1, resample_count=40)
    return judge_first_model(
        evaluation, ScoredRows(defaulted, probability), policy=PromotionPolicy(**policy)
    )


@plant("promotion.lowest_roc_auc", "promotion.lowest_brier_skill")
def first_model_that_ranks_nobody():
    defaulted, probability = draw()
    return judge_first(defaulted, np.random.default_rng(3).permutation(probability))


@plant("promotion.lowest_calibration_slope")
def first_model_that_is_too_sure():
    return judge_first(*draw(stretch=3.0))


@plant("promotion.highest_calibration_slope")
def first_model_that_is_too_cautious():
    return judge_first(*draw(stretch=0.4))


@plant("promotion.highest_roc_auc")
def first_model_above_the_bound():
    return judge_first(*draw(spread=9.0), highest_roc_auc=0.9)


@plant("promotion.largest_first_level_error")
def first_model_that_expects_too_few():
    return check_first_level(ScoredRows(*draw(level=1.5)), policy=QUICK)


def look_for_leaks(*, boosting=0.5, alone=0.5, rest=0.5, model=0.5, certain=()):
    """Rivals of which each knows the outcome for that share of the rows, and guesses the others."""
    generator = np.random.default_rng(4)
    defaulted = (generator.random(2_000) < 0.3).astype(np.int64)

    def know(share):
        return np.where(generator.random(2_000) < share, defaulted, generator.random(2_000))

    single = SingleInput("recovered", 0.9, know(alone), certain)
    rivals = PlainRivals(defaulted, know(boosting), (single,), {"recovered": know(rest)})
    return check_leaks(know(model), rivals, policy=QUICK)


@plant("promotion.largest_certain_share")
def input_that_tells_the_outcome():
    return look_for_leaks(certain=(CertainRanges(1, "1 to 900", 300, 600, 1.0),))


@plant("promotion.highest_input_roc_auc", "promotion.largest_input_lead")
def input_that_leads_all_others():
    return look_for_leaks(alone=0.8, rest=0.3)


@plant("promotion.largest_rival_lead")
def model_that_leads_every_rival():
    return look_for_leaks(model=0.98, boosting=0.3, alone=0.3)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_names_the_setting_that_it_comes_from(name):
    expected, build = FAULTS[name]

    told = tell(build())

    named = {*NAMED.findall(told)}
    assert named <= SETTINGS | {"recipe.family"}, told
    assert {*expected} <= named, told


def test_a_model_that_mistreats_a_group_names_the_limits_of_fairness(people):
    policy = FairnessPolicy(resample_count=40)
    rows, probability = people.make(4_000, seed=1)
    report, small = (
        measure_fairness(
            some,
            people.mistreat(some, scored, by=0.15),
            schema=people.schema,
            decision_policy=COSTS,
            seed=1,
            policy=policy,
        )
        for some, scored in ((rows, probability), (rows[:60], probability[:60]))
    )

    named = {*NAMED.findall(tell(judge_fairness(report, policy=policy)))}
    few = {*NAMED.findall(tell(judge_fairness(small, policy=policy)))}

    limits = ("lowest_acceptance_ratio", "highest_error_gap", "highest_calibration_gap")
    assert named == {f"fairness.{limit}" for limit in limits} <= SETTINGS
    assert few == {"fairness.fewest_rows", "fairness.fewest_defaults"} <= SETTINGS


# Settings of these sections that no fault rests on: how much is drawn or weighed, who approves, and
# the least gain that a challenger must show beside noise, which the figures of a tie tell.
NO_LIMITS = {
    "quality.fewest_earlier_batches",
    "promotion.least_log_loss_gain",
    "promotion.least_brier_gain",
    "promotion.least_roc_auc_gain",
    "promotion.least_cost_gain_share",
    "promotion.roc_auc_margin",
    "promotion.objection_confidence",
    "promotion.level_margin",
    "promotion.power",
    "promotion.resample_count",
    "promotion.seed",
    "promotion.approval",
    "promotion.fewest_rows_for_a_test_side",
    "drift.fewest_standard_errors",
    "feed.confidence",
    "fairness_drift.confidence",
    "performance.month_effect_sd",
    "performance.month_effect_weight",
    "retraining.window",
    "retraining.window_months",
    "retraining.budget_months",
    "drill.judged_from",
    "drill.batch_count",
}


def test_every_limit_of_a_gate_has_a_planted_fault():
    planted = {setting for settings, _ in FAULTS.values() for setting in settings}
    sections = {setting.partition(".")[0] for setting in planted}

    missed = {
        f"{section}.{field.name}"
        for section in sections
        for field in fields(getattr(Settings(), section))
    } - planted

    assert missed == NO_LIMITS
