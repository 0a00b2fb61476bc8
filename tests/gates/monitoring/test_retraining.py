import pytest

from credit_default.gates.monitoring.alarms import CLOSED_AS_QUIET, Alarm, GateFinding
from credit_default.gates.monitoring.retraining import (
    RetrainingState,
    count_lingering_errors,
    judge_retraining,
)
from credit_default.gates.monitoring.retraining_policy import (
    RetrainingPolicy,
)


def alarms(*gates):
    return [Alarm(gate, 3, "2025-06", "b6") for gate in gates]


def decide(*gates, labels=0, asked=(), broken=0, lingering=0, policy=None):
    state = RetrainingState("2025-08", alarms(*gates), labels, asked, broken, lingering)
    return judge_retraining(state, policy=policy)


def test_nothing_is_asked_while_no_alarm_is_open():
    over = Alarm(
        "performance", 3, "2025-03", "b3", closed_month="2025-05", closed_because=CLOSED_AS_QUIET
    )

    decision = judge_retraining(RetrainingState("2025-08", [over], 9_000))

    assert (decision.action, decision.verdict.gate, decision.verdict.level) == (
        "nothing",
        "retraining",
        "ok",
    )
    assert decision.verdict.reasons == (
        "no retraining is requested",
        "no alarm is open",
        "9,000 matured outcomes since the champion was trained",
    )


def test_performance_below_its_floor_asks_for_a_training():
    decision = decide("performance")

    assert (decision.action, decision.verdict.level) == ("train", "watch")
    assert decision.verdict.figures["asked"] == 1
    assert decision.verdict.reasons == (
        "a retraining is requested",
        "performance alarm of version 3 open since 2025-06: the model is wrong more often than is acceptable",
        "on all months whose outcomes are known",
    )


@pytest.mark.parametrize(("labels", "action"), [(0, "review"), (1_999, "review"), (2_000, "train")])
def test_drift_trains_only_with_enough_new_outcomes(labels, action):
    decision = decide("drift", labels=labels)

    assert decision.action == action
    assert (
        f"{labels:,} matured outcomes since the champion was trained: a retraining needs 2,000 "
        "(retraining.fewest_new_labels)" in str(decision.verdict.reasons)
    )


@pytest.mark.parametrize(
    ("lingering", "labels", "action"),
    [(2, 9_000, "nothing"), (3, 1_999, "review"), (3, 2_000, "train"), (5, 9_000, "train")],
)
def test_small_error_that_stays_trains_with_enough_new_outcomes(lingering, labels, action):
    decision = decide(labels=labels, lingering=lingering)

    assert decision.action == action
    told = f"performance was not ok in {lingering} batches in a row (retraining.lingering_count)"
    assert (told in decision.verdict.reasons) == (action != "nothing")


def test_drift_and_a_small_error_that_persists_are_both_reasons():
    assert decide("drift", labels=2_000, lingering=3).verdict.reasons == (
        "a retraining is requested",
        "drift alarm of version 3 open since 2025-06",
        "performance was not ok in 3 batches in a row (retraining.lingering_count)",
        (
            "2,000 matured outcomes since the champion was trained: a retraining needs 2,000 "
            "(retraining.fewest_new_labels)"
        ),
        "on all months whose outcomes are known",
    )


def find(*levels, gate="performance", version=3):
    return [
        GateFinding(gate, version, f"b{place}", f"2025-0{place}", level)
        for place, level in enumerate(levels, 1)
    ]


@pytest.mark.parametrize(
    ("levels", "count"),
    [
        ((), 0),
        (("ok",), 0),
        (("watch", "ok"), 0),
        (("ok", "watch", "alarm"), 2),
        (("watch", "ok", "watch", "not judged", "watch", "not judged"), 2),
        (("watch", "watch"), 2),
    ],
)
def test_error_lingers_from_the_newest_judged_batch_backwards(levels, count):
    others = [*find("ok", "ok", version=2), *find("ok", "ok", gate="drift")]

    assert count_lingering_errors([*reversed(find(*levels)), *others], model_version=3) == count


def test_batch_monitored_again_counts_as_it_was_found_last():
    assert (
        count_lingering_errors([*find("watch", "watch"), *find("watch", "ok")], model_version=3)
        == 0
    )


@pytest.mark.parametrize("gate", ["feed", "volume"])
def test_broken_feed_trains_nothing_whatever_other_alarms_are_open(gate):
    decision = decide(gate, "performance", "drift", labels=9_000, broken=2)

    assert decision.action == "review"
    assert decision.verdict.reasons[1].endswith("repair the feed before any training")
    assert (
        decision.verdict.reasons[-1] == "2 batches of a broken feed are left out of every training"
    )


def test_any_other_alarm_asks_for_a_review():
    decision = decide("fairness")

    assert decision.action == "review"
    assert decision.verdict.reasons[1] == "fairness alarm of version 3 open since 2025-06"


@pytest.mark.parametrize(
    ("asked", "action"),
    [
        (("2025-06",), "wait"),
        (("2025-08",), "wait"),
        (("2025-05",), "train"),
        (("2025-09",), "train"),
    ],
)
def test_cooldown_holds_a_training_back(asked, action):
    assert decide("performance", asked=asked).action == action


def test_budget_holds_a_training_back():
    months = ("2024-10", "2024-12", "2025-02", "2025-04")

    decision = decide("performance", asked=months)

    assert decision.action == "wait"
    assert decision.verdict.figures["budget_used"] == 4
    assert (
        "4 were requested in 12 months, the budget is 4 (retraining.budget_count)"
        in decision.verdict.reasons
    )
    assert decide("performance", asked=("2024-08", *months[1:])).action == "train"


def test_requests_of_one_month_are_counted_one_by_one():
    policy = RetrainingPolicy(cooldown_months=0, budget_count=4)
    asked = [("2025-08",) * count for count in range(6)]

    found = [decide("performance", asked=months, policy=policy) for months in asked]

    assert [decision.action for decision in found] == ["train"] + ["wait"] * 5
    assert [decision.verdict.figures["budget_used"] for decision in found] == [0, 1, 2, 3, 4, 5]


def test_request_of_a_month_that_is_still_to_come_holds_nothing_back():
    assert decide("performance", asked=("2055-01",) * 9).action == "train"


def test_sliding_window_is_among_the_reasons():
    decision = decide("performance", policy=RetrainingPolicy(window="sliding", window_months=6))

    assert "on the newest 6 months whose outcomes are known" in decision.verdict.reasons


@pytest.mark.parametrize(
    ("asked", "action"),
    [
        (("2025-07",), "wait"),
        (("2025-05", "2025-09"), "train"),
        (("2024-01", "2025-06"), "wait"),
        ((), "train"),
    ],
)
def test_the_newest_request_until_now_counts_for_the_cooldown(asked, action):
    assert decide("performance", asked=asked).action == action


@pytest.mark.parametrize(("oldest", "action"), [("2024-09", "wait"), ("2024-08", "train")])
def test_a_request_of_twelve_months_ago_no_longer_counts(oldest, action):
    months = (oldest, "2024-12", "2025-02", "2025-04")

    decision = decide("performance", asked=months)

    assert decision.action == action
    assert decision.verdict.figures["budget_used"] == (4 if action == "wait" else 3)


def test_figures_tell_what_was_weighed():
    figures = decide(
        "drift", labels=1_500, asked=("2025-04",), broken=2, lingering=1
    ).verdict.figures

    assert figures == {
        "asked": 0.0,
        "new_label_count": 1_500.0,
        "fewest_new_labels": 2_000.0,
        "open_alarm_count": 1.0,
        "lingering_count": 1.0,
        "budget_used": 1.0,
        "budget_count": 4.0,
        "broken_batch_count": 2.0,
    }
    assert decide().verdict.reasons[-1].endswith("since the champion was trained")


def test_findings_of_one_month_are_counted_by_batch():
    first, second = find("watch")[0], GateFinding("performance", 3, "a1", "2025-01", "ok")

    assert count_lingering_errors([first, second], model_version=3) == 1
    earlier = GateFinding("performance", 3, "z9", "2025-01", "ok")
    assert count_lingering_errors([first, earlier], model_version=3) == 0
