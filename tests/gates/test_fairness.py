import numpy as np
import polars as pl
import pytest

from credit_default.gates.fairness import judge_fairness, list_fairness_findings
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.report import (
    FairnessReport,
    GroupFairness,
    Headline,
    measure_fairness,
)

QUICK = FairnessPolicy(resample_count=60)


def measure(people, count, *, by=0.0, seed=1):
    rows, probability = people.make(count, seed=seed)
    return measure_fairness(
        rows,
        people.mistreat(rows, probability, by=by),
        schema=people.schema,
        decision_policy=DecisionPolicy(),
        seed=1,
        policy=QUICK,
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fair_model_is_ok(people, seed):
    verdict = judge_fairness(measure(people, 4_000, seed=seed), policy=QUICK)

    assert (verdict.gate, verdict.level, verdict.passed) == ("fairness", "ok", True)
    assert "no difference beyond noise" in verdict.reasons[0]
    assert verdict.figures["sex_acceptance_ratio"] > 0.9


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_model_that_mistreats_one_sex_is_watched_and_not_stopped(people, seed):
    verdict = judge_fairness(measure(people, 4_000, by=0.15, seed=seed), policy=QUICK)

    assert (verdict.level, verdict.passed) == ("watch", True)
    assert verdict.reasons[0].startswith("sex female: accepted 0.")
    assert "below 0.8" in verdict.reasons[0]
    assert any(
        reason.startswith("sex female: share of payers declined") for reason in verdict.reasons
    )
    assert any(reason.startswith("sex female: share that defaulted") for reason in verdict.reasons)
    assert verdict.figures["sex_acceptance_ratio"] < 0.8
    assert verdict.figures["sex_false_alarm_gap"] > 0.1
    assert "sex_and_age_caught_gap" in verdict.figures


def test_single_attributes_come_before_pairs(people):
    findings = list_fairness_findings(measure(people, 4_000, by=0.15), policy=QUICK)

    single = [finding.group.is_single for finding in findings]
    assert single == sorted(single, reverse=True)
    assert {finding.measure for finding in findings} >= {
        "acceptance_ratio",
        "false_alarm_gap",
        "calibration_gap",
    }


def test_what_may_be_noise_is_reported_and_no_reason_to_watch(people):
    rows, probability = people.make(300, seed=0)
    report = measure_fairness(
        rows.with_columns(age=pl.lit(40)),
        people.mistreat(rows, probability, by=0.03),
        schema=people.schema,
        decision_policy=DecisionPolicy(),
        seed=1,
        policy=QUICK,
    )

    findings = list_fairness_findings(report, policy=QUICK)
    verdict = judge_fairness(report, policy=QUICK)

    assert findings
    assert not any(finding.is_sure for finding in findings)
    assert verdict.level == "ok"
    assert len(verdict.reasons) == 1 + 2 + 1
    assert all(reason.endswith("may be noise") for reason in verdict.reasons[1:])
    assert verdict.reasons[-1].startswith("1 group by two attributes")


def test_too_few_rows_are_not_judged(people):
    verdict = judge_fairness(measure(people, 150))

    assert verdict.level == "not judged"
    assert verdict.reasons == (
        (
            "no attribute has two groups of at least 100 rows (fairness.fewest_rows), 20 defaults "
            "(fairness.fewest_defaults) and as many others"
        ),
    )


def test_a_model_that_declines_everybody_is_not_judged(people):
    rows, probability = people.make(1_000)
    report = measure_fairness(
        rows,
        np.maximum(probability, 0.5),
        schema=people.schema,
        decision_policy=DecisionPolicy(),
        seed=1,
        policy=QUICK,
    )

    verdict = judge_fairness(report)
    assert (verdict.level, verdict.reasons) == (
        "not judged",
        ("no client is accepted: there is nothing to compare",),
    )


def test_another_line_gives_another_verdict(people):
    report = measure(people, 4_000, by=0.15)

    lenient = FairnessPolicy(
        lowest_acceptance_ratio=0.1, highest_error_gap=0.9, highest_calibration_gap=0.9
    )

    assert judge_fairness(report, policy=lenient).level == "ok"


def group(name="sex", label="female", *, single=True, **figures):
    metrics = dict.fromkeys(
        [
            *("accept_share", "caught_share", "false_alarm_share", "calibration_gap"),
            *("calibration_slope", "roc_auc", "acceptance_ratio", "caught_gap", "false_alarm_gap"),
        ]
    )
    return GroupFairness(
        name, label, 500, 100, single, is_too_small=False, is_reference=False, **metrics | figures
    )


def report_on(*groups, judged_count=2):
    headlines = [
        Headline(item.attribute, "male", judged_count, 0, item, item, item) for item in groups
    ]
    return FairnessReport(1_000, 200, 1 / 6, groups, tuple(headlines))


EVEN = Metric(1.0, 0.95, 1.05)


@pytest.mark.parametrize(
    ("ratio", "level", "found_count"),
    [
        (Metric(0.8, 0.7, 0.79), "ok", 0),
        (Metric(0.7999, 0.7, 0.8), "ok", 1),
        (Metric(0.7999, 0.7, 0.7999), "watch", 1),
    ],
)
def test_a_ratio_is_watched_where_its_whole_interval_is_below_the_limit(ratio, level, found_count):
    report = report_on(group(acceptance_ratio=ratio))

    assert judge_fairness(report).level == level
    assert len(list_fairness_findings(report)) == found_count


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("measure", "limit"),
    [("caught_gap", 0.1), ("false_alarm_gap", 0.1), ("calibration_gap", 0.03)],
)
def test_a_gap_is_watched_on_either_side_beyond_its_limit(measure, limit, sign):
    def judge(value, nearest):
        ends = sorted([sign * nearest, sign * (value + 0.2)])
        report = report_on(
            group(acceptance_ratio=EVEN, **{measure: Metric(sign * value, ends[0], ends[1])})
        )
        return judge_fairness(report).level, [f.measure for f in list_fairness_findings(report)]

    assert judge(limit, limit) == ("ok", [])
    assert judge(limit + 0.001, limit) == ("ok", [measure])
    assert judge(limit + 0.001, limit + 0.0005) == ("watch", [measure])


def test_the_lowest_ratio_and_doubtful_pairs_are_told_where_nothing_is_sure():
    doubtful = Metric(0.79, 0.7, 0.9)
    pairs = [
        group("sex and age", f"pair {n}", single=False, acceptance_ratio=doubtful) for n in (1, 2)
    ]
    report = report_on(group(acceptance_ratio=Metric(0.9, 0.8, 1.0)), *pairs)

    reasons = judge_fairness(report).reasons

    assert reasons[0].startswith("lowest acceptance ratio 0.79 (sex and age pair 1)")
    assert reasons[1] == "2 groups by two attributes beyond a limit: may be noise"
    one = judge_fairness(report_on(group(acceptance_ratio=EVEN), pairs[0])).reasons
    assert one[1] == "1 group by two attributes beyond a limit: may be noise"


def test_figures_are_those_of_the_headlines_by_attribute():
    female = group(
        acceptance_ratio=Metric(0.9, 0.8, 1.0),
        caught_gap=Metric(0.05, 0.0, 0.1),
        false_alarm_gap=None,
    )

    figures = judge_fairness(report_on(female)).figures

    assert figures == {"sex_acceptance_ratio": 0.9, "sex_caught_gap": 0.05}


@pytest.mark.parametrize(
    ("judged_count", "reason"),
    [
        (2, "no client is accepted: there is nothing to compare"),
        (
            1,
            (
                "no attribute has two groups of at least 100 rows (fairness.fewest_rows), 20 defaults "
                "(fairness.fewest_defaults) and as many others"
            ),
        ),
    ],
)
def test_what_is_not_judged_says_whether_groups_or_acceptance_are_lacking(judged_count, reason):
    headline = Headline("sex", None, judged_count, 0, None, None, None)

    verdict = judge_fairness(FairnessReport(10, 2, 0.5, (), (headline,)))

    assert (verdict.level, verdict.reasons) == ("not judged", (reason,))


def test_a_group_without_a_ratio_is_judged_by_its_gaps_and_figures_are_told_to_their_digits():
    gap = Metric(0.2, 0.15, 0.25)
    report = report_on(group(caught_gap=gap), group("age", "old", acceptance_ratio=EVEN))
    low = report_on(group(acceptance_ratio=Metric(0.7, 0.6555, 0.7444)))

    ((finding,), (ratio,)) = map(list_fairness_findings, (report, low))

    assert finding.measure == "caught_gap"
    assert "+0.200 (+0.150 to +0.250)" in finding.reason
    assert "accepted 0.70 times as often as the most accepted group (0.66 to 0.74)" in ratio.reason
