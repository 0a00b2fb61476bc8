import datetime as dt
import threading

from credit_default.errors import ServiceError
from credit_default.services.overview.patient_questions import ask

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


def put(question, key, *, later=0.0, patience=5.0):
    now = NOON + dt.timedelta(seconds=later)
    asked = ask(question, name="test", key=key, now=now, fresh_seconds=10)
    return asked.wait(patience_seconds=patience)


def test_answer_that_comes_in_time_is_shown():
    assert put(lambda: 3, "in time").value == 3


def test_page_does_not_wait_longer_than_its_patience_and_finds_the_answer_later():
    go = threading.Event()

    def answer():
        go.wait(10)
        return 3

    first = put(answer, "slow", patience=0.01)
    go.set()
    second = put(lambda: 4, "slow")

    assert first.is_awaited
    assert second.value == 3


def test_failure_is_told_and_the_question_is_asked_again_sooner_than_after_an_answer():
    def fail():
        raise ServiceError("x", found="y", expected="z", remedy="Do.")

    failed = put(fail, "away")
    still = put(lambda: 3, "away", later=1)
    again = put(lambda: 3, "away", later=3)

    assert failed.fault.found == still.fault.found == "y"
    assert again.value == 3


def test_last_answer_is_shown_while_a_new_one_is_awaited():
    go = threading.Event()
    put(lambda: 3, "renewed")

    meanwhile = put(lambda: go.wait(10) and 4, "renewed", later=11)
    go.set()

    assert meanwhile.value == 3


def test_questions_are_answered_side_by_side_while_other_work_is_done():
    met = threading.Barrier(3)
    asked = [
        ask(lambda: met.wait(10) + 1, name="side by side", key=key, now=NOON, fresh_seconds=10)
        for key in (1, 2)
    ]

    met.wait(10)

    assert all(one.wait(patience_seconds=10).value for one in asked)
