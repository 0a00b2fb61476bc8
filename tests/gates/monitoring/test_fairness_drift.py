import numpy as np
import pytest
from scipy.stats import norm

from credit_default.gates.monitoring import fairness_drift
from credit_default.gates.monitoring.fairness_drift import (
    FairnessDriftPolicy,
    GroupRatio,
    judge_fairness_drift,
)
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


def measure_in_steps(first, other, first_now, other_now):
    """Ratio before and now, the errors of their logarithms, and the deviations of the fall; each side is (rows, accepted)."""

    def measure(reference, group):
        shares = [max(accepted, 0.5) / rows for rows, accepted in (reference, group)]
        variances = [
            (1 - share) / max(accepted, 0.5)
            for share, (_, accepted) in zip(shares, (reference, group), strict=True)
        ]
        return shares[1] / shares[0], sum(variances)

    then, variance = measure(first, other)
    now, variance_now = measure(first_now, other_now)
    deviations = (np.log(then) - np.log(now)) / np.sqrt(variance + variance_now)
    return then, now, np.sqrt(variance_now), deviations


def sides(first, other, first_now, other_now):
    return (
        {"sex": {"male": GroupAcceptance(*one), "female": GroupAcceptance(*two)}}
        for one, two in ((first, other), (first_now, other_now))
    )


@pytest.mark.parametrize("accepted_now", [700, 640, 0])
def test_a_fall_is_beyond_noise_where_its_deviations_are(accepted_now):
    groups = (1_000, 800), (900, 700), (1_100, 900), (1_000, accepted_now)
    then, now, _, deviations = measure_in_steps(*groups)
    reference, current = sides(*groups)
    # one ratio, so that the confidence itself decides
    just = norm.cdf(deviations)

    for confidence, level in ((just - 1e-9, "watch"), (min(just + 1e-9, 1 - 1e-16), "ok")):
        if accepted_now == 0:
            continue
        policy = FairnessDriftPolicy(confidence=confidence, highest_loss=0.0, lowest_ratio=0.1)
        verdict = judge_fairness_drift(reference, current, policy=policy)
        assert verdict.level == level
    figures = judge_fairness_drift(reference, current).figures
    assert figures == pytest.approx(
        {"sex_acceptance_ratio": now, "reference_sex_acceptance_ratio": then}
    )


@pytest.mark.parametrize(("extra", "level"), [(-1e-9, "watch"), (1e-9, "ok")])
def test_a_ratio_became_low_where_its_whole_range_is_below_the_line(extra, level):
    groups = (10_000, 8_000), (10_000, 6_500), (10_000, 8_000), (10_000, 6_300)
    _, now, error, _ = measure_in_steps(*groups)
    reference, current = sides(*groups)
    line = now * np.exp(norm.ppf(0.9) * error)
    policy = FairnessDriftPolicy(confidence=0.9, highest_loss=0.5, lowest_ratio=float(line - extra))

    assert judge_fairness_drift(reference, current, policy=policy).level == level


@pytest.mark.parametrize(
    ("lowest", "loss", "level"),
    [(0.7, 0.2, "alarm"), (0.6, 0.2, "watch"), (0.7, 0.4, "watch"), (0.6, 0.4, "ok")],
)
def test_an_alarm_needs_a_loss_and_a_low_ratio(lowest, loss, level):
    reference, current = sides(
        (100_000, 80_000), (100_000, 80_000 - 1), (100_000, 80_000), (100_000, 50_000)
    )

    policy = FairnessDriftPolicy(lowest_ratio=lowest, highest_loss=loss)

    assert judge_fairness_drift(reference, current, policy=policy).level == level


def test_a_loss_and_a_ratio_at_their_limits_are_within_them():
    reference, current = sides(
        (10**8, 5 * 10**7), (10**8, 5 * 10**7), (10**8, 5 * 10**7), (10**8, 25 * 10**6)
    )  # from 1 to one half

    at_loss = FairnessDriftPolicy(highest_loss=0.5, lowest_ratio=0.1)
    at_ratio = FairnessDriftPolicy(highest_loss=0.1, lowest_ratio=0.5)

    assert judge_fairness_drift(reference, current, policy=at_loss).level == "ok"
    assert judge_fairness_drift(reference, current, policy=at_ratio).level == "watch"


@pytest.mark.parametrize("count", [199, 200])
def test_groups_of_two_hundred_rows_are_compared(count):
    small = batch(0.8, 0.8, count=count)

    levels = {
        judge_fairness_drift(reference, current).level
        for reference, current in ((small, EVEN), (EVEN, small))
    }

    assert levels == ({"ok"} if count == 200 else {"not judged"})


def test_the_group_that_the_reference_accepts_most_is_the_measure_by_name_among_equals():
    three = {name: GroupAcceptance(1_000, 800) for name in ("a", "b", "c")}
    now = three | {"c": GroupAcceptance(1_000, 400)}

    figures = judge_fairness_drift({"x": three}, {"x": now}).figures

    assert figures["x_acceptance_ratio"] == 2.0  # against c


def test_groups_that_the_reference_never_accepts_are_left_out():
    reference = {"x": {"a": GroupAcceptance(500, 300), "b": GroupAcceptance(500, 0)}}

    assert judge_fairness_drift(reference, reference).level == "not judged"
    one = {"x": {"a": GroupAcceptance(500, 300), "b": GroupAcceptance(500, 1)}}
    assert judge_fairness_drift(one, one).figures["x_acceptance_ratio"] == pytest.approx(1 / 300)


def test_the_widest_falls_are_told_first_and_five_at_most():
    before = {f"group {n}": GroupAcceptance(10_000, 8_000) for n in range(8)}
    falls = {f"group {n}": GroupAcceptance(10_000, 5_000 - 300 * n) for n in range(7)}
    now = before | falls

    reasons = judge_fairness_drift({"x": before}, {"x": now}).reasons

    assert [reason.split(":")[0] for reason in reasons] == [f"x group {n}" for n in (6, 5, 4, 3, 2)]


def make_group(**counts):
    return {name: GroupAcceptance(10_000, count) for name, count in counts.items()}


def test_the_worst_of_all_ratios_decides_and_it_alone_is_told():
    before = make_group(a=7_000, b=7_000, c=7_000)

    found = judge_fairness_drift({"x": before}, {"x": make_group(a=5_000, b=6_200, c=7_000)})

    assert found.level == "alarm"
    (reason,) = found.reasons
    assert reason.startswith("x a: accepted 0.71 times as often as the most accepted group, 1.00")


def test_where_nothing_fell_the_lowest_ratio_of_all_is_told():
    shares = make_group(a=7_000, b=6_000, c=6_500)

    (reason,) = judge_fairness_drift({"x": shares}, {"x": shares}).reasons

    assert "the lowest: x b: accepted 0.86 times as often" in reason


def test_a_group_that_nobody_of_is_accepted_counts_as_half_a_client():
    none, one = GroupAcceptance(200, 0), GroupAcceptance(200, 1)

    assert fairness_drift._measure_log_variance(none) == pytest.approx((1 - 0.5 / 200) / 0.5)
    assert fairness_drift._measure_log_variance(one) == pytest.approx((1 - 1 / 200) / 1)


def make_ratio(ratio, reference, *, deviations=0.0):
    return GroupRatio("x", "a", ratio, reference, deviations, standard_error=0.0)


LIMITS = FairnessDriftPolicy(lowest_ratio=0.5, highest_loss=0.25)


@pytest.mark.parametrize(
    ("ratio", "reference", "deviations", "level"),
    [
        (0.49, 0.5, 0.0, "watch"),  # it was at the line, and is below it for sure
        (0.49, 0.499, 0.0, "ok"),  # it had been below it
        (0.5, 0.5, 0.0, "ok"),
        (0.5, 0.75, 3.0, "ok"),  # a loss of just what is allowed
        (0.5, 0.76, 3.0, "watch"),  # more, and at the line
        (0.499, 0.76, 3.0, "alarm"),
        (0.5, 0.76, 2.0, "ok"),  # not beyond noise: two deviations are asked for
    ],
)
def test_each_limit_itself_is_within_it(ratio, reference, deviations, level):
    found = make_ratio(ratio, reference, deviations=deviations)

    assert fairness_drift._judge_ratio(found, 2.0, LIMITS) == level


@pytest.mark.parametrize(
    ("ratio", "reference", "told"),
    [
        (0.4, 0.75, "beyond a loss of 0.25 (fairness_drift.highest_loss) and a ratio of 0.5"),
        (0.5, 0.76, "beyond a loss of 0.25 (fairness_drift.highest_loss)"),
        (0.4, 0.65, "beyond a ratio of 0.5 (fairness_drift.lowest_ratio)"),
        (0.49, 0.74, "beyond a ratio of 0.5 (fairness_drift.lowest_ratio)"),
    ],
)
def test_the_limits_that_were_broken_are_told(ratio, reference, told):
    found = fairness_drift._describe_limit(make_ratio(ratio, reference), LIMITS)

    assert found.startswith(told)
    assert ("and" in found) == ("and" in told)


def test_interval_of_a_ratio_is_even_around_it_as_a_factor():
    ratio = GroupRatio("sex", "female", 0.8, 0.9, 1.0, 0.05)

    low, high = ratio.measure_interval()

    assert low * high == pytest.approx(0.64)
    assert high == pytest.approx(0.8 * 2.718281828**0.098)
