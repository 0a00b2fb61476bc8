import pytest

from credit_default.gates.completeness import CoveragePolicy
from credit_default.gates.monitoring.coverage import judge_coverage


@pytest.mark.parametrize(
    ("share", "months_due", "level"),
    [
        (0.0, -1, "not judged"),
        (0.0, 0, "ok"),
        (0.79, 1, "watch"),
        (0.8, 1, "ok"),
        (0.0, 2, "watch"),
        (0.0, 3, "alarm"),
        (1.0, 12, "ok"),
    ],
)
def test_outcomes_that_are_overdue_raise_an_alarm(share, months_due, level):
    assert judge_coverage(share, months_due=months_due).level == level


def test_reason_says_how_much_is_known_and_how_long_it_was_due():
    verdict = judge_coverage(0.25, months_due=4)

    assert verdict.reasons == (
        (
            "25% of the outcomes are known, 4 months after they were due (coverage.longest_delay): "
            "at least 80% should be (coverage.lowest_share)"
        ),
    )
    assert verdict.figures == {"known_share": 0.25, "months_due": 4.0}


def test_policy_decides_what_is_late():
    assert judge_coverage(0.5, months_due=1, policy=CoveragePolicy(lowest_share=0.4)).level == "ok"


@pytest.mark.parametrize(
    ("share", "months_due", "level"),
    [(0.7999, 1, "watch"), (0.8, 3, "ok"), (0.7999, 0, "ok"), (0.7999, 3, "alarm")],
)
def test_a_batch_is_judged_at_its_bounds(share, months_due, level):
    assert judge_coverage(share, months_due=months_due).level == level


def test_outcomes_that_are_not_due_say_when_they_are():
    assert judge_coverage(0.0, months_due=-2).reasons == ("outcomes are due in 2 months",)


@pytest.mark.parametrize(
    ("months_due", "setting"),
    [(1, "watched_after"), (2, "watched_after"), (3, "longest_delay"), (4, "longest_delay")],
)
def test_the_limit_that_was_reached_is_named(months_due, setting):
    (reason,) = judge_coverage(0.1, months_due=months_due).reasons

    assert f"after they were due (coverage.{setting}): at least" in reason
