import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.errors import InputError
from credit_default.gates.completeness import (
    STATES,
    CoveragePolicy,
    OutcomeCounts,
    judge_completeness,
)
from credit_default.model.months.missing_outcomes import MissingOutcomes

ORDER = list(STATES)


def missing(p_value, bias, above=0.6):
    return MissingOutcomes(900, 100, p_value, above, bias)


@pytest.mark.parametrize(
    ("counts", "state", "reason"),
    [
        (OutcomeCounts(1_000, 0), "none", "0 of 1,000 outcomes are known (0%)"),
        (OutcomeCounts(0, 0), "none", "0 of 0 outcomes are known (0%)"),
        (
            OutcomeCounts(1_000, 0, 300),
            "early",
            "0 of 1,000 outcomes are known (0%), 300 more are too early to count",
        ),
        (
            OutcomeCounts(1_000, 950, is_due=False),
            "early",
            "the outcomes are not due yet: 950 of 1,000 outcomes are known (95%)",
        ),
        (
            OutcomeCounts(1_000, 610),
            "partial",
            "610 of 1,000 outcomes are known (61%): at least 80% are needed (coverage.lowest_share)",
        ),
        (OutcomeCounts(1_000, 800), "complete", "800 of 1,000 outcomes are known (80%)"),
    ],
)
def test_state_follows_from_what_is_known_and_due(counts, state, reason):
    found = judge_completeness(counts)

    assert (found.state, found.reason, found.is_complete) == (state, reason, state == "complete")


@pytest.mark.parametrize(
    ("found", "state", "is_watched"),
    [
        (missing(0.01, 0.5), "complete", False),
        (missing(0.009, 0.10), "complete", True),
        (missing(0.009, 0.11), "partial", False),
        (missing(0.009, -0.11), "partial", False),
        (missing(0.009, None), "complete", True),
    ],
)
def test_month_whose_missing_outcomes_are_unlike_the_others_is_watched_or_left_out(
    found, state, is_watched
):
    judged = judge_completeness(OutcomeCounts(1_000, 900), missing=found)

    assert (judged.state, judged.is_watched) == (state, is_watched)


def test_reason_says_which_way_the_default_share_is_off():
    counts = OutcomeCounts(1_000, 900)

    high, low = (
        judge_completeness(counts, missing=missing(0.001, bias, above)).reason
        for bias, above in ((0.04, 0.57), (-0.23, 0.41))
    )

    assert high == (
        "900 of 1,000 outcomes are known (90%), and the missing ones have lower scores than chance "
        "explains (p 0.001, coverage.missing_p_value); the known default share may be 4% too high"
    )
    assert "have higher scores" in low
    assert low.endswith(
        "may be 23% too low: more than 10% (coverage.highest_bias) is not learnt from"
    )


counts_of_month = st.integers(1, 3_000).flatmap(
    lambda rows: st.tuples(st.just(rows), st.integers(0, rows), st.integers(0, rows))
)


@given(counts_of_month, st.booleans())
def test_outcomes_that_arrive_late_never_take_a_complete_month_away(drawn, is_due):
    rows, first, second = drawn
    before, after = sorted((first, second))

    states = [
        judge_completeness(OutcomeCounts(rows, known, is_due=is_due)).state
        for known in (before, after, rows)
    ]

    assert states == sorted(states, key=ORDER.index)
    assert states[-1] == ("complete" if is_due else "early")


@pytest.mark.parametrize("setting", [{"lowest_share": 1.1}, {"highest_bias": -0.1}])
def test_share_out_of_range_is_refused(setting):
    with pytest.raises(InputError, match="setting coverage"):
        CoveragePolicy(**setting)


@pytest.mark.parametrize(
    "setting",
    [
        {"lowest_share": 0.0},
        {"lowest_share": 1.0},
        {"missing_p_value": 0.0},
        {"missing_p_value": 1.0},
        {"highest_bias": 1.0},
    ],
)
def test_shares_at_their_bounds_are_accepted(setting):
    CoveragePolicy(**setting)


@pytest.mark.parametrize("setting", [{"missing_p_value": 1.01}, {"missing_p_value": -0.01}])
def test_a_p_value_out_of_range_is_refused(setting):
    with pytest.raises(InputError, match="setting coverage"):
        CoveragePolicy(**setting)


def test_missing_outcomes_that_rank_as_the_known_do_are_not_said_to_be_lower():
    counts = OutcomeCounts(1_000, 900)

    even = judge_completeness(counts, missing=missing(0.001, 0.0, 0.5)).reason
    above = judge_completeness(counts, missing=missing(0.001, 0.0, 0.51)).reason

    assert "have higher scores" in even
    assert even.endswith("the known default share may be 0% too low")
    assert "have lower scores" in above


def test_known_and_early_outcomes_together_are_judged_by_the_known():
    assert judge_completeness(OutcomeCounts(1_000, 900, 50)).reason == (
        "900 of 1,000 outcomes are known (90%), 50 more are too early to count"
    )
    assert judge_completeness(OutcomeCounts(1_000, 799, 201)).state == "partial"
    assert judge_completeness(OutcomeCounts(10, 1, is_due=False)).state == "early"


def test_the_given_policy_decides_and_not_the_default():
    lenient = CoveragePolicy(lowest_share=0.5, highest_bias=0.3, missing_p_value=0.001)

    assert judge_completeness(OutcomeCounts(1_000, 500), policy=lenient).state == "complete"
    assert judge_completeness(OutcomeCounts(1_000, 499), policy=lenient).state == "partial"
    found = judge_completeness(
        OutcomeCounts(1_000, 900), missing=missing(0.0009, 0.3), policy=lenient
    )
    assert (found.state, found.is_watched) == ("complete", True)
