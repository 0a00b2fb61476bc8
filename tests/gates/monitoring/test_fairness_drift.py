import numpy as np
import pytest

from credit_default.gates.monitoring.fairness_drift import FairnessDriftPolicy, judge_fairness_drift
from credit_default.model.fairness.acceptance_counts import GroupAcceptance

EVEN = {"sex": {"male": GroupAcceptance(3_000, 2_100), "female": GroupAcceptance(3_000, 2_070)}}


def batch(male, female, *, count=2_000):
    return {
        "sex": {
            "male": GroupAcceptance(count, round(count * male)),
            "female": GroupAcceptance(count, round(count * female)),
        }
    }


def test_groups_accepted_as_before_are_ok():
    verdict = judge_fairness_drift(EVEN, batch(0.65, 0.64))

    assert (verdict.gate, verdict.level) == ("fairness", "ok")
    assert verdict.reasons == (
        (
            "no ratio fell beyond noise; the lowest: sex female: accepted 0.98 times as often as the most accepted "
            "group, 0.99 in the reference"
        ),
    )
    assert verdict.figures["sex_acceptance_ratio"] == pytest.approx(0.64 / 0.65)


def test_lowest_ratio_of_an_attribute_stands_for_it():
    three = {
        name: GroupAcceptance(1_000, count) for name, count in (("a", 900), ("b", 700), ("c", 800))
    }

    assert judge_fairness_drift({"x": three}, {"x": three}).figures[
        "x_acceptance_ratio"
    ] == pytest.approx(7 / 9)


@pytest.mark.parametrize(
    ("female", "level"),
    [
        (0.70, "ok"),  # 1.00
        (0.64, "ok"),  # .91: less than is allowed
        (0.60, "watch"),  # .86: it fell, and is above the line
        (0.54, "alarm"),  # .77
        (0.0, "alarm"),
    ],
)
def test_group_that_is_declined_more_than_before_raises_an_alarm(female, level):
    assert judge_fairness_drift(EVEN, batch(0.70, female)).level == level


def test_few_rows_make_a_fall_doubtful():
    verdict = judge_fairness_drift(
        EVEN, batch(0.70, 0.54, count=200), policy=FairnessDriftPolicy(confidence=0.9999)
    )

    assert verdict.level == "ok"


def test_what_was_uneven_from_the_start_raises_no_alarm():
    assert judge_fairness_drift(batch(0.8, 0.5), batch(0.8, 0.5)).level == "ok"


def test_ratio_that_slid_below_the_line_by_little_is_watched():
    before = batch(0.70, 0.57, count=20_000)  # .81

    assert judge_fairness_drift(before, batch(0.70, 0.52, count=20_000)).level == "watch"  # .74


@pytest.mark.parametrize(
    "current",
    [{}, batch(0.7, 0.3, count=199), {"sex": {"male": GroupAcceptance(900, 600)}}, batch(0.0, 0.0)],
)
def test_too_little_to_compare_is_not_judged(current):
    assert judge_fairness_drift(EVEN, current).level == "not judged"


def test_even_batches_raise_no_alarm_by_chance():
    generator = np.random.default_rng(1)
    levels = [
        judge_fairness_drift(EVEN, batch(*(generator.binomial(500, 0.7, 2) / 500), count=500)).level
        for _ in range(400)
    ]

    assert levels.count("alarm") == 0
    assert levels.count("watch") <= 2


def test_everybody_accepted_is_even():
    everybody = batch(1.0, 1.0)

    assert judge_fairness_drift(everybody, everybody).level == "ok"


@pytest.mark.parametrize(("other_count", "level"), [(0, "watch"), (30, "ok")])
def test_a_fall_has_to_be_surer_where_many_groups_could_fall(other_count, level):
    def accept(female):
        others = {f"group {number}": GroupAcceptance(2_000, 1_490) for number in range(other_count)}
        counts = {"male": GroupAcceptance(2_000, 1_500), "female": GroupAcceptance(2_000, female)}
        return {"sex": {**counts, **others}}

    verdict = judge_fairness_drift(
        accept(1_490), accept(1_350), policy=FairnessDriftPolicy(highest_loss=0.0)
    )

    assert verdict.level == level
