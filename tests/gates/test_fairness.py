import numpy as np
import polars as pl
import pytest

from credit_default.gates.fairness import judge_fairness, list_fairness_findings
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.report import measure_fairness

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
