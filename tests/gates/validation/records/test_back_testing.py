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
