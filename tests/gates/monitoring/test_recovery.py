import pytest

from credit_default.gates.monitoring.recovery import RecoveryMonth, judge_recovery


def live(month, version, drift="ok", performance="ok", *, changed=True, retrained=False):
    return RecoveryMonth(f"2006-{month:02d}", version, changed, drift, performance, retrained)


def make_life():
    calm = [live(month, 1, changed=False) for month in (1, 2, 3)]
    return [
        *calm,
        live(4, 1, "alarm", "alarm"),
        live(5, 1, "ok", "alarm", retrained=True),
        live(6, 2),
        live(7, 2),
    ]


def test_alarm_training_new_champion_and_quiet_again_is_a_recovery():
    verdict = judge_recovery(make_life())

    assert verdict.level == "ok"
    assert verdict.reasons == (
        "alarm in 2006-04, 2006-05",
        "trained in 2006-05",
        "version 2 is champion from 2006-06",
        "2 of its batches judged, none with an alarm",
    )


def test_alarm_before_the_change_is_no_answer_to_it():
    life = [live(1, 1, "alarm", "not judged", changed=False), live(2, 1)]

    assert judge_recovery(life).reasons == (
        "no alarm was raised",
        "no retraining was requested",
        "no other version became champion",
        "none of its batches is judged yet",
    )


def test_new_champion_with_an_alarm_again_is_no_recovery():
    life = [*make_life(), live(8, 2, "ok", "alarm")]

    assert judge_recovery(life).level == "watch"
    assert judge_recovery(life).reasons[-1] == "it raised an alarm again in 2006-08"


def test_one_judged_batch_is_too_few():
    assert judge_recovery(make_life()[:-1]).level == "watch"


def test_last_champion_is_the_one_that_counts():
    life = [*make_life(), live(8, 3, "watch", "watch"), live(9, 3)]

    assert judge_recovery(life).reasons[2] == "version 3 is champion from 2006-08"
    assert judge_recovery(life).level == "ok"


def test_no_months_are_no_recovery():
    assert judge_recovery(()).level == "watch"


def test_figures_count_alarms_trainings_and_judged_batches():
    life = [*make_life(), live(8, 2, performance="not judged")]

    assert judge_recovery(life).figures == {
        "alarm_count": 2.0,
        "training_count": 1.0,
        "judged_count": 2.0,
    }


@pytest.mark.parametrize("missing", ["alarm", "training", "champion"])
def test_without_any_one_step_there_is_no_recovery(missing):
    life = [
        live(1, 1, changed=False),
        live(2, 1, "ok" if missing == "alarm" else "alarm", retrained=missing != "training"),
        live(3, 1 if missing == "champion" else 2),
        live(4, 1 if missing == "champion" else 2),
    ]

    assert judge_recovery(life).level == "watch"


def test_a_new_champion_before_the_change_is_none_because_of_it():
    life = [
        live(1, 1, changed=False),
        live(2, 2, changed=False),
        live(3, 2, "alarm", retrained=True),
    ]

    assert judge_recovery([*life, live(4, 2)]).reasons[2] == "version 2 is champion from 2006-03"
    assert judge_recovery(life[:2]).reasons[2] == "no other version became champion"


def test_three_alarms_at_most_are_named():
    life = [live(month, 1, "alarm") for month in (1, 2, 3, 4)]

    assert judge_recovery(life).reasons[0] == "alarm in 2006-01, 2006-02, 2006-03"
