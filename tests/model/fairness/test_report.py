from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_ratio,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.report import measure_fairness

DECISION = DecisionPolicy()
QUICK = FairnessPolicy(resample_count=60)


def measure(people, rows, probability, *, policy=QUICK, seed=1):
    return measure_fairness(
        rows, probability, schema=people.schema, decision_policy=DECISION, seed=seed, policy=policy
    )


def find(report, attribute, group):
    (found,) = [
        item for item in report.groups if (item.attribute, item.group) == (attribute, group)
    ]
    return found


@pytest.fixture(scope="module")
def fair(people):
    rows, probability = people.make(4_000)
    return measure(people, rows, probability)


def test_every_group_of_every_attribute_and_pair_has_a_row_in_the_schema_s_order(fair):
    names = list(dict.fromkeys(group.attribute for group in fair.groups))

    assert names == ["sex", "age", "sex and age"]
    assert [group.group for group in fair.groups if group.attribute == "sex"] == ["male", "female"]
    assert [group.group for group in fair.groups if group.attribute == "age"] == [
        "below 30",
        "30-39",
        "40-49",
        "50-59",
        "60 and above",
    ]
    assert find(fair, "sex and age", "female, 30-39").is_single is False
    assert sum(group.row_count for group in fair.groups) == 3 * 4_000
    assert (fair.row_count, fair.threshold) == (4_000, 1 / 6)
    assert [headline.attribute for headline in fair.headlines] == names


def test_a_fair_model_serves_both_sexes_alike_within_noise(fair):
    male, female = find(fair, "sex", "male"), find(fair, "sex", "female")
    reference, other = (male, female) if male.is_reference else (female, male)

    assert reference.acceptance_ratio.value == 1.0
    assert other.acceptance_ratio.value > 0.95
    assert other.false_alarm_gap.low < 0.03
    assert abs(other.calibration_gap.value) < 0.03


def test_a_model_that_mistreats_one_sex_is_found_out(people):
    rows, probability = people.make(4_000)

    report = measure(people, rows, people.mistreat(rows, probability))

    female = find(report, "sex", "female")
    assert female.acceptance_ratio.high < 0.8
    assert female.false_alarm_gap.low > 0.1
    assert female.calibration_gap.high < -0.05  # fewer default than is expected
    headline = report.headlines[0]
    assert (headline.reference, headline.lowest_ratio, headline.widest_false_alarm_gap) == (
        "male",
        female,
        female,
    )


def test_figures_are_those_of_fairlearn(people):
    rows, probability = people.make(3_000)
    probability = people.mistreat(rows, probability, by=0.05)
    declined = (probability >= DECISION.threshold).astype(int)
    outcome = rows["defaulted"].to_numpy()
    report = measure(people, rows, probability)

    for attribute, edges in (("sex", [2]), ("age", [30, 40, 50, 60])):
        groups = np.digitize(rows[attribute].to_numpy(), edges)
        frame = MetricFrame(
            metrics={
                "declined": selection_rate,
                "caught": true_positive_rate,
                "alarms": false_positive_rate,
            },
            y_true=outcome,
            y_pred=declined,
            sensitive_features=groups,
        )
        found = [group for group in report.groups if group.attribute == attribute]
        assert [1 - group.accept_share.value for group in found] == pytest.approx(
            frame.by_group["declined"].tolist()
        )
        assert [group.caught_share.value for group in found] == pytest.approx(
            frame.by_group["caught"].tolist()
        )
        assert [group.false_alarm_share.value for group in found] == pytest.approx(
            frame.by_group["alarms"].tolist()
        )
        lowest = min(group.acceptance_ratio.value for group in found)
        ratio = demographic_parity_ratio(outcome, 1 - declined, sensitive_features=groups)
        assert lowest == pytest.approx(ratio)
        widest = max(
            np.ptp([getattr(group, name).value for group in found])
            for name in ("caught_gap", "false_alarm_gap")
        )
        assert widest == pytest.approx(
            equalized_odds_difference(outcome, declined, sensitive_features=groups)
        )


def test_groups_that_are_too_small_are_listed_and_neither_judged_nor_joined_to_others(people):
    rows, probability = people.make(600)
    rows = rows.with_columns(age=pl.when(pl.int_range(pl.len()) < 90).then(65).otherwise(35))

    report = measure(people, rows, probability)

    small = find(report, "age", "60 and above")
    assert (small.row_count, small.is_too_small, small.is_reference) == (90, True, False)
    assert (small.accept_share, small.acceptance_ratio, small.roc_auc) == (None, None, None)
    headline = report.headlines[1]
    assert (headline.attribute, headline.judged_count, headline.too_small_count) == ("age", 1, 1)
    assert (headline.reference, headline.lowest_ratio) == ("30-39", None)


@pytest.mark.parametrize("outcome", [0, 1])
def test_a_group_of_one_outcome_is_too_small_however_many_rows_it_has(people, outcome):
    rows, probability = people.make(600)
    rows = rows.with_columns(
        defaulted=pl.when(pl.col("sex") == 2).then(outcome).otherwise("defaulted")
    )

    report = measure(people, rows, probability)

    assert find(report, "sex", "female").is_too_small
    assert not find(report, "sex", "male").is_too_small


def test_a_slope_is_reported_where_there_are_enough_rows(people):
    rows, probability = people.make(1_500)
    policy = replace(QUICK, fewest_rows_for_slope=600)

    report = measure(people, rows, probability, policy=policy)

    assert (
        find(report, "sex", "male").calibration_slope.low
        < 1
        < find(report, "sex", "male").calibration_slope.high
    )
    assert find(report, "age", "30-39").calibration_slope is None


def test_a_model_that_declines_every_client_has_no_ratios(people):
    rows, probability = people.make(1_000)

    report = measure(people, rows, np.maximum(probability, 0.5))

    female = find(report, "sex", "female")
    assert (female.accept_share.value, female.acceptance_ratio) == (0.0, None)
    assert report.headlines[0].lowest_ratio is None


def test_row_order_changes_no_figure_and_the_seed_decides_the_intervals(people):
    rows, probability = people.make(1_000)

    same = measure(people, rows, probability)
    backwards = measure(people, rows[::-1], probability[::-1])
    other = measure(people, rows, probability, seed=2)

    assert measure(people, rows, probability) == same
    for one, two in zip(same.groups, backwards.groups, strict=True):
        assert one.accept_share is None or one.accept_share.value == pytest.approx(
            two.accept_share.value
        )
    assert same.groups[0].roc_auc != other.groups[0].roc_auc


def test_intervals_hold_the_true_ratio_about_as_often_as_they_say(people):
    policy = FairnessPolicy(resample_count=100, bands=(), fewest_rows_for_slope=10**9)
    rows, probability = people.make(400_000, seed=0)
    accepted = people.mistreat(rows, probability, by=0.05) < DECISION.threshold
    women = rows["sex"].to_numpy() == 2
    truth = accepted[women].mean() / accepted[~women].mean()

    held = 0
    for seed in range(60):
        rows, probability = people.make(800, seed=100 + seed)
        rows = rows.with_columns(age=pl.lit(40))
        report = measure(
            people, rows, people.mistreat(rows, probability, by=0.05), policy=policy, seed=seed
        )
        ratio = find(report, "sex", "female").acceptance_ratio
        held += ratio.low <= truth <= ratio.high

    assert 53 <= held <= 60


def test_the_credit_card_portfolio_is_compared_by_education_too(make_rows):
    rows = make_rows(300)

    report = measure_fairness(
        rows, np.full(300, 0.2), schema=CREDIT_CARD, decision_policy=DECISION, seed=1, policy=QUICK
    )

    assert [headline.attribute for headline in report.headlines][:4] == [
        "sex",
        "education",
        "marriage",
        "age",
    ]
    assert len(report.headlines) == 4 + 6


def test_rows_without_outcomes_cannot_be_judged(people):
    rows, probability = people.make(10)

    with pytest.raises(InputError, match="no column 'defaulted'"):
        measure(people, rows.drop("defaulted"), probability)
    with pytest.raises(InputError, match="one outcome for each probability"):
        measure(people, rows, probability[:5])


def test_an_attribute_that_is_mistyped_is_refused(people):
    rows, probability = people.make(10)

    with pytest.raises(InputError, match="'regoin'"):
        measure(people, rows, probability, policy=FairnessPolicy(attributes=("regoin",)))
