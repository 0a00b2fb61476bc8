from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, norm, ttest_1samp
from tests.fakes.scored_samples import draw_sample, run, run_one

from credit_default.gates.validation.given_figures import (
    EstimateOutcome,
    GivenFigures,
    PromotionOutcome,
)
from credit_default.gates.validation.records.back_testing import TESTS


def test_promotion_that_lost_afterwards_is_named():
    given = GivenFigures(
        promotions=(
            PromotionOutcome("version 2, 2026-03", 0.004, 0.003, 0.002),
            PromotionOutcome("version 3, 2026-05", 0.004, -0.009, 0.002),
        )
    )

    findings = run(TESTS, "promotions", draw_sample(1), given=given)

    assert [(f.subject, f.light) for f in findings] == [
        ("version 2, 2026-03", "green"),
        ("version 3, 2026-05", "red"),
    ]


def test_promises_that_were_not_kept_are_seen():
    kept, broken = (
        GivenFigures(
            promotions=tuple(
                PromotionOutcome(str(i), 0.004, 0.004 - short + i * 1e-4, 0.002) for i in range(5)
            )
        )
        for short in (0.0, 0.004)
    )

    assert run_one(TESTS, "promised_gains", draw_sample(2), given=kept).light == "green"
    assert run_one(TESTS, "promised_gains", draw_sample(2), given=broken).light == "red"


def test_intervals_that_miss_what_came_are_seen():
    right, wrong = (
        GivenFigures(
            estimates=tuple(
                EstimateOutcome(str(i), 0.2, 0.3, 0.25 if i >= misses else 0.4) for i in range(12)
            )
        )
        for misses in (1, 5)
    )

    assert run_one(TESTS, "estimates", draw_sample(3), given=right).light == "green"
    assert run_one(TESTS, "estimates", draw_sample(3), given=wrong).light == "red"


def test_no_record_is_not_judged():
    for name in ("promotions", "promised_gains", "estimates"):
        assert run_one(TESTS, name, draw_sample(4)).light == "not judged"


def draw_estimates(held, count):
    return tuple(
        EstimateOutcome(str(place), 0.2, 0.3, 0.25 if place < held else 0.4)
        for place in range(count)
    )


@pytest.mark.parametrize(("held", "count"), [(4, 4), (3, 4), (17, 20)])
def test_intervals_are_judged_by_the_mid_p_of_those_that_held(held, count):
    given = GivenFigures(estimates=draw_estimates(held, count))

    found = run_one(TESTS, "estimates", draw_sample(1), given=given)

    expected = binom.cdf(held, count, 0.95) - binom.pmf(held, count, 0.95) / 2
    assert (found.statistic, found.p_value) == pytest.approx((held / count, expected))


def test_what_comes_at_an_end_of_the_interval_was_held():
    ends = tuple(EstimateOutcome(str(n), 0.2, 0.3, 0.3 if n % 2 else 0.2) for n in range(4))

    assert (
        run_one(TESTS, "estimates", draw_sample(1), given=GivenFigures(estimates=ends)).statistic
        == 1
    )
    few = GivenFigures(estimates=ends[:3])
    assert run_one(TESTS, "estimates", draw_sample(1), given=few).light == "not judged"


def test_promotions_without_an_error_or_a_promise_are_left_out():
    promotions = tuple(
        PromotionOutcome(f"v{n}", None if n == 0 else 0.002, 0.001 * n, 0.0 if n == 1 else 0.002)
        for n in range(5)
    )

    found = run(TESTS, "promotions", draw_sample(1), given=GivenFigures(promotions=promotions))
    promised = run_one(
        TESTS, "promised_gains", draw_sample(1), given=GivenFigures(promotions=promotions)
    )

    assert [item.subject for item in found] == ["v0", "v2", "v3", "v4"]
    assert [item.statistic for item in found] == pytest.approx([0.0, 1.0, 1.5, 2.0])
    assert [item.p_value for item in found] == pytest.approx(norm.cdf([0.0, 1.0, 1.5, 2.0]))
    short = np.array([1, 2, 3, 4]) * 0.001 - 0.002
    assert promised.p_value == pytest.approx(ttest_1samp(short, 0, alternative="less").pvalue)
    fewer = GivenFigures(promotions=promotions[:4])
    assert run_one(TESTS, "promised_gains", draw_sample(1), given=fewer).light == "not judged"
    same = GivenFigures(promotions=tuple(replace(p, later_gain=0.001) for p in promotions))
    assert run_one(TESTS, "promised_gains", draw_sample(1), given=same).light == "not judged"
