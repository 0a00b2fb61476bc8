import pytest

from credit_default.gates.monitoring.alarms import GateFinding
from credit_default.gates.monitoring.proven_month import choose_drift_verdict, find_proven_batch
from credit_default.gates.verdict import Verdict


def judged(month, *, gate="performance", level="ok", version=2, batch_id=""):
    return GateFinding(gate, version, batch_id or f"b{month}", month, level)


def find(*findings, month="2006-06"):
    found = find_proven_batch(findings, model_version=2, month=month)
    return found.statement_month if found else None


def moved(level, *, psi=0.4):
    return Verdict(
        "drift", level, (f"the score moved: psi {psi:.3f}", "because"), {"score_drift": psi}
    )


QUIET = Verdict("drift", "ok", ("no column moved",), {"score_drift": 0.03})


def test_newest_month_about_which_the_version_was_right_is_found():
    assert find(judged("2006-03"), judged("2006-04"), judged("2006-02")) == "2006-04"


def test_outcomes_that_were_not_due_when_the_month_came_in_prove_nothing():
    assert find(judged("2006-05"), judged("2006-06")) is None
    assert find(judged("2006-05"), month="2006-07") == "2006-05"


@pytest.mark.parametrize("level", ["watch", "alarm", "not judged"])
def test_a_month_about_which_the_model_was_not_right_beyond_doubt_proves_nothing(level):
    assert find(judged("2006-03", level=level)) is None


def test_what_another_version_was_right_about_proves_nothing():
    assert find(judged("2006-03", version=1)) is None


def test_a_batch_of_a_broken_feed_proves_nothing():
    assert find(judged("2006-03"), judged("2006-03", gate="feed", level="alarm")) is None
    assert find(judged("2006-03"), judged("2006-03", gate="feed", level="watch")) == "2006-03"


def test_of_two_batches_of_one_month_the_same_is_found_in_any_order():
    first, second = judged("2006-03", batch_id="a"), judged("2006-03", batch_id="b")

    assert find_proven_batch([first, second], model_version=2, month="2006-06") == second
    assert find_proven_batch([second, first], model_version=2, month="2006-06") == second


def test_alarm_is_taken_back_where_the_clients_are_like_a_proven_month():
    verdict = choose_drift_verdict(moved("alarm"), QUIET, proven_month="2006-03")

    assert verdict.level == "ok"
    assert verdict.reasons == (
        "compared with 2006-03, about which the model was right: no column moved",
        "compared with its test rows: the score moved: psi 0.400",
    )
    assert verdict.figures == {"score_drift": 0.03, "test_side_score_drift": 0.4}


@pytest.mark.parametrize("level", ["watch", "alarm"])
def test_verdict_on_the_test_side_stands_where_the_proven_month_is_as_far_away(level):
    on_test_side = moved(level)

    assert choose_drift_verdict(on_test_side, moved("alarm", psi=1.0), proven_month="2006-03") is (
        on_test_side
    )


def test_alarm_becomes_a_watch_where_the_proven_month_calls_for_one():
    verdict = choose_drift_verdict(moved("alarm"), moved("watch", psi=0.05), proven_month="2006-03")

    assert verdict.level == "watch"
    assert verdict.reasons[1] == "because"
