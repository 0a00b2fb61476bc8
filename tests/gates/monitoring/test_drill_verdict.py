import pytest

from credit_default.gates.monitoring.drill_verdict import (
    Drill,
    DrillCase,
    DrillPolicy,
    classify_response,
    judge_drill,
)


def exercise(*batches, strength=2, expects=("feed",), loudness="alarm", name="fault"):
    return DrillCase(name, strength, expects, loudness, batches)


CAUGHT = exercise({"feed": "ok"}, {"feed": "alarm"})
MISSED = exercise({"feed": "watch", "drift": "alarm"}, {"feed": "ok"})


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("alarm", "alarm"),
        ("refused", "alarm"),
        ("watch", "watch"),
        ("ok", "quiet"),
        ("not judged", "quiet"),
    ],
)
def test_refusal_is_an_alarm_and_what_was_not_judged_is_quiet(level, heard):
    assert classify_response(level) == heard


def test_fault_is_caught_in_the_first_batch_at_the_required_level():
    assert (CAUGHT.caught_in_batch, CAUGHT.response, CAUGHT.responses_by_gate) == (
        2,
        "alarm",
        {"feed": "alarm"},
    )


def test_another_gate_than_the_expected_catches_nothing():
    assert (MISSED.caught_in_batch, MISSED.response, MISSED.responses_by_gate) == (
        None,
        "watch",
        {"feed": "watch", "drift": "alarm"},
    )


def test_watch_is_enough_where_it_was_declared_so():
    assert exercise({"feed": "watch"}, loudness="watch").caught_in_batch == 1


def test_any_of_the_expected_gates_will_do():
    assert exercise({"drift": "alarm"}, expects=("feed", "drift")).caught_in_batch == 1


def test_no_gate_responded_where_none_judged():
    assert (exercise().caught_in_batch, exercise().response) == (None, "quiet")


def test_drill_is_ok_when_every_fault_was_caught_and_clean_months_were_quiet():
    verdict = judge_drill(Drill((CAUGHT,) * 20, ({"feed": "ok"},) * 24))

    assert verdict.level == "ok"
    assert verdict.figures["recall"] == 1.0


def test_drill_is_an_alarm_when_recall_is_too_low():
    verdict = judge_drill(Drill((*[CAUGHT] * 18, MISSED, MISSED), ()))

    assert verdict.level == "alarm"
    assert verdict.reasons[0].startswith(
        "18 of 20 faults of strength 2 and above caught within 2 batches: recall 90.0%"
    )
    assert verdict.reasons[-1] == "missed: 'fault 2', 'fault 2'"


def test_one_miss_in_twenty_is_watched():
    assert judge_drill(Drill((*[CAUGHT] * 19, MISSED), ())).level == "watch"


@pytest.mark.parametrize(("false_alarms", "level"), [(0, "ok"), (1, "watch"), (2, "alarm")])
def test_false_alarms_in_clean_months(false_alarms, level):
    clean = (*[{"drift": "alarm"}] * false_alarms, *[{"drift": "ok"}] * (24 - false_alarms))

    assert judge_drill(Drill((CAUGHT,), clean)).level == level


def test_watches_in_clean_months_are_counted_and_raise_no_alarm():
    verdict = judge_drill(Drill((CAUGHT,), ({"drift": "watch"},) * 3))

    assert (verdict.level, verdict.figures["watched_clean_count"]) == ("ok", 3.0)


def test_weak_faults_need_not_be_caught():
    weak = exercise({"feed": "ok"}, strength=1)

    assert judge_drill(Drill((CAUGHT, weak), ())).level == "ok"


def test_nothing_planted_is_no_pass():
    assert judge_drill(Drill((), ()), policy=DrillPolicy(lowest_recall=0.5)).level == "alarm"


def test_counts_make_a_confusion_table():
    drill = Drill(
        (CAUGHT, MISSED, exercise({}, strength=3)), ({"drift": "watch", "feed": "ok"}, {})
    )

    assert drill.count_responses(strength=2) == {"alarm": 1, "watch": 1, "quiet": 0}
    assert drill.count_responses(strength=3) == {"alarm": 0, "watch": 0, "quiet": 1}
    assert drill.count_clean_months() == {"alarm": 0, "watch": 1, "quiet": 1}


def test_alarm_after_a_mended_recession_fails_the_drill():
    quiet = Drill((CAUGHT,), ({"drift": "ok"},), ({"drift": "ok"}, {"drift": "watch"}))
    rings = Drill((CAUGHT,), ({"drift": "ok"},), ({"drift": "ok"}, {"drift": "alarm"}))

    assert judge_drill(quiet).level == "ok"
    assert judge_drill(rings).level == "alarm"
    assert judge_drill(rings).figures["mended_alarm_count"] == 1
    assert judge_drill(rings).reasons[2] == (
        "1 alarms and 0 watches in 2 months after a recession was mended: at most 0 alarms allowed "
        "(drill.most_mended_alarms)"
    )


def test_drill_without_a_mended_recession_says_nothing_of_one():
    assert len(judge_drill(Drill((CAUGHT,), ({"drift": "ok"},))).reasons) == 2


def test_figures_count_what_was_planted_judged_and_heard():
    weak = exercise({"feed": "ok"}, strength=1)
    clean = ({"drift": "alarm"}, {"drift": "watch", "feed": "ok"}, {"drift": "watch"}, {})
    mended = ({"feed": "refused"}, {"feed": "watch"})

    verdict = judge_drill(Drill((CAUGHT, CAUGHT, CAUGHT, MISSED, weak), clean, mended))

    assert verdict.figures == {
        "planted_count": 5.0,
        "judged_count": 4.0,
        "recall": 0.75,
        "lowest_recall": 0.95,
        "clean_count": 4.0,
        "false_alarm_count": 1.0,
        "watched_clean_count": 2.0,
        "mended_count": 2.0,
        "mended_alarm_count": 1.0,
    }
    assert verdict.reasons[1] == (
        "1 alarms and 2 watches in 4 clean months: at most 1 alarm allowed (drill.most_false_alarms)"
    )


@pytest.mark.parametrize(("missed", "level"), [(0, "ok"), (5, "watch"), (6, "alarm")])
def test_recall_is_enough_at_its_bound(missed, level):
    drill = Drill((*[CAUGHT] * (100 - missed), *[MISSED] * missed), ())

    assert judge_drill(drill).level == level


def test_a_batch_without_the_expected_gate_catches_nothing_and_later_ones_count():
    case = exercise({"drift": "alarm"}, {}, {"feed": "refused"})

    assert (case.caught_in_batch, case.response) == (3, "alarm")
    assert exercise({"feed": "alarm"}, {"feed": "ok"}).caught_in_batch == 1


def test_the_strongest_response_of_all_batches_counts():
    case = exercise({"feed": "watch"}, {"feed": "alarm"}, {"feed": "ok"})

    assert case.responses_by_gate == {"feed": "alarm"}
    assert exercise({"feed": "ok"}, {"feed": "watch"}).response == "watch"


def test_the_given_policy_decides_and_not_the_default():
    weak = exercise({"feed": "ok"}, strength=1)
    strict = DrillPolicy(judged_from=1, lowest_recall=0.5, most_false_alarms=0)

    assert judge_drill(Drill((CAUGHT, weak), ())).level == "ok"
    judged = judge_drill(Drill((CAUGHT, weak), ()), policy=strict)
    assert (judged.level, judged.figures["recall"]) == ("watch", 0.5)
    one_alarm = Drill((CAUGHT,), ({"feed": "alarm"},))
    assert judge_drill(one_alarm).level == "watch"
    assert judge_drill(one_alarm, policy=strict).level == "alarm"


def test_a_drill_without_a_fault_that_must_be_caught_has_no_recall():
    verdict = judge_drill(Drill((exercise({"feed": "alarm"}, strength=1),), ()))

    assert (verdict.level, verdict.figures["recall"]) == ("alarm", 0.0)
    assert verdict.figures["planted_count"] == 1.0
    assert verdict.figures["judged_count"] == 0.0


def test_mended_months_may_ring_no_more_often_than_the_policy_says():
    quiet, loud = {"drift": "watch"}, {"drift": "alarm"}

    allowed = DrillPolicy(most_mended_alarms=1)

    mended = Drill((CAUGHT,), (), mended_months=(quiet, loud))
    assert judge_drill(mended).level == "alarm"
    verdict = judge_drill(mended, policy=allowed)
    assert verdict.level == "ok"
    assert verdict.reasons[-1] == (
        "1 alarms and 1 watches in 2 months after a recession was mended: at most 1 alarms "
        "allowed (drill.most_mended_alarms)"
    )
