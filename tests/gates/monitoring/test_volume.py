from dataclasses import replace

import pytest

from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.volume import Delivery, judge_volume

MONTHLY = (
    Delivery(1_000, age_months=1),
    *(
        Delivery(1_000 + count, age_months=1, month_step=1, wait_days=30.0)
        for count in (-20, 30, 0)
    ),
)
NEXT = Delivery(1_010, age_months=1, month_step=1, wait_days=31.0)


def test_month_like_the_others_is_ok():
    verdict = judge_volume(NEXT, MONTHLY)

    assert (verdict.gate, verdict.level) == ("volume", "ok")
    assert verdict.reasons == ("1,010 rows, where 1,000 are usual; the month that was due",)


@pytest.mark.parametrize(
    ("row_count", "level"),
    [(90_000, "alarm"), (2_100, "watch"), (1_900, "ok"), (510, "ok"), (490, "watch")],
)
def test_number_of_rows_is_held_against_the_usual(row_count, level):
    assert judge_volume(replace(NEXT, row_count=row_count), MONTHLY).level == level


def test_hardly_any_rows_raise_an_alarm():
    usual = tuple(replace(delivery, row_count=10_000) for delivery in MONTHLY)

    assert judge_volume(replace(NEXT, row_count=900), usual).level == "alarm"


@pytest.mark.parametrize(
    ("late", "reason"),
    [
        (
            {"month_step": 0},
            "the statement month is 0 months after the newest before it, 1 to 1 are usual",
        ),
        (
            {"month_step": 2},
            "the statement month is 2 months after the newest before it, 1 to 1 are usual",
        ),
        ({"age_months": 3}, "the statement month is 3 months old, 1 at most before"),
        (
            {"wait_days": 75.0},
            "75 days since the last batch, 30 at most before (feed.highest_gap_ratio)",
        ),
    ],
)
def test_stale_or_late_delivery_is_watched(late, reason):
    verdict = judge_volume(replace(NEXT, **late), MONTHLY)

    assert (verdict.level, verdict.reasons) == ("watch", (reason,))


def test_backlog_scored_within_a_day_has_no_wait():
    minutes = tuple(replace(delivery, wait_days=0.001) for delivery in MONTHLY)

    assert judge_volume(replace(NEXT, wait_days=0.9), minutes).level == "ok"


@pytest.mark.parametrize(
    ("row_count", "earlier", "reason"),
    [
        (
            1_000,
            MONTHLY[:2],
            "2 batches before this one: at least 3 are needed to know what is usual (feed.fewest_earlier_batches)",
        ),
        (
            1_000,
            (),
            "0 batches before this one: at least 3 are needed to know what is usual (feed.fewest_earlier_batches)",
        ),
        (199, MONTHLY, "199 rows are too few to judge: at least 200 (feed.fewest_rows)"),
    ],
)
def test_too_little_to_go_on_is_not_judged(row_count, earlier, reason):
    verdict = judge_volume(replace(NEXT, row_count=row_count), earlier)

    assert (verdict.level, verdict.reasons) == ("not judged", (reason,))


def test_first_batch_has_neither_step_nor_wait():
    figures = judge_volume(Delivery(0, age_months=1), ()).figures

    assert figures == {"row_count": 0.0, "usual_row_count": 0.0, "age_months": 1.0}


def test_lake_whose_earlier_batches_have_no_steps_is_judged_by_rows():
    bare = tuple(Delivery(1_000, age_months=1) for _ in range(3))

    assert judge_volume(NEXT, bare).level == "ok"


@pytest.mark.parametrize(
    ("row_count", "level"),
    [
        (999, "alarm"),
        (1_000, "watch"),
        (4_999, "watch"),
        (5_000, "ok"),
        (20_000, "ok"),
        (20_001, "watch"),
        (100_000, "watch"),
        (100_001, "alarm"),
    ],
)
def test_number_of_rows_is_judged_at_its_bounds(row_count, level):
    usual = tuple(replace(delivery, row_count=10_000) for delivery in MONTHLY)

    assert judge_volume(replace(NEXT, row_count=row_count), usual).level == level


@pytest.mark.parametrize(
    ("late", "level"),
    [
        ({"wait_days": 60.0}, "ok"),
        ({"wait_days": 60.1}, "watch"),
        ({"age_months": 1}, "ok"),
        ({"age_months": 2}, "watch"),
        ({"wait_days": None, "month_step": None}, "ok"),
    ],
)
def test_a_delivery_is_late_only_beyond_its_bounds(late, level):
    assert judge_volume(replace(NEXT, **late), MONTHLY).level == level


@pytest.mark.parametrize(("step", "level"), [(0, "watch"), (1, "ok"), (3, "ok"), (4, "watch")])
def test_steps_between_the_least_and_the_greatest_before_are_usual(step, level):
    earlier = (*MONTHLY, replace(MONTHLY[-1], month_step=3))

    assert judge_volume(replace(NEXT, month_step=step), earlier).level == level


@pytest.mark.parametrize(("wait", "level"), [(1.0, "ok"), (1.01, "watch")])
def test_a_day_is_no_wait(wait, level):
    minutes = tuple(replace(delivery, wait_days=0.001) for delivery in MONTHLY)

    assert judge_volume(replace(NEXT, wait_days=wait), minutes).level == level


def test_two_hundred_rows_and_three_batches_are_judged():
    small = tuple(replace(delivery, row_count=200) for delivery in MONTHLY[:3])

    assert judge_volume(replace(NEXT, row_count=200), small).level == "ok"


def test_batches_of_no_rows_have_no_ratio_and_figures_are_told():
    empty = tuple(replace(delivery, row_count=0) for delivery in MONTHLY)

    verdict = judge_volume(replace(NEXT, row_count=500, month_step=1), empty)

    assert verdict.level == "ok"
    assert verdict.figures == {
        "row_count": 500.0,
        "usual_row_count": 0.0,
        "age_months": 1.0,
        "wait_days": 31.0,
        "month_step": 1.0,
    }


def test_the_given_policy_decides_and_not_the_default():
    policy = FeedPolicy(fewest_rows=500, fewest_earlier_batches=2, highest_gap_ratio=3.0)

    assert judge_volume(NEXT, MONTHLY[:2], policy=policy).level == "ok"
    assert judge_volume(replace(NEXT, row_count=499), MONTHLY, policy=policy).level == "not judged"
    assert judge_volume(replace(NEXT, wait_days=90.0), MONTHLY, policy=policy).level == "ok"
    assert judge_volume(replace(NEXT, wait_days=90.1), MONTHLY, policy=policy).level == "watch"


def test_each_bound_of_the_row_count_is_named_by_its_setting():
    usual = tuple(replace(delivery, row_count=10_000) for delivery in MONTHLY)

    told = [
        judge_volume(replace(NEXT, row_count=count), usual).reasons[0].rpartition("(")[2]
        for count in (999, 4_999, 20_001, 100_001)
    ]
    assert told == [
        "feed.lowest_ratio)",
        "feed.lowest_usual_ratio)",
        "feed.highest_usual_ratio)",
        "feed.highest_ratio)",
    ]


def test_a_wait_is_held_against_the_longest_before():
    earlier = (*MONTHLY, replace(MONTHLY[-1], wait_days=50.0))

    assert judge_volume(replace(NEXT, wait_days=100.0), earlier).level == "ok"
    verdict = judge_volume(replace(NEXT, wait_days=101.0), earlier)
    assert verdict.reasons == (
        "101 days since the last batch, 50 at most before (feed.highest_gap_ratio)",
    )


def test_as_many_rows_as_usual_are_too_many_where_fewer_are_asked_for():
    policy = FeedPolicy(highest_usual_ratio=0.9)

    (reason,) = judge_volume(replace(NEXT, row_count=1_000), MONTHLY, policy=policy).reasons

    assert reason == "1,000 rows, where 1,000 are usual (feed.highest_usual_ratio)"
