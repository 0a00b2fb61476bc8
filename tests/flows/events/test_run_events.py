from credit_default.flows.events.run_events import draft_follow_up_events
from credit_default.gates.monitoring.alarms import CLOSED_AS_QUIET, Alarm
from credit_default.gates.monitoring.retraining import RetrainingDecision
from credit_default.gates.verdict import Verdict
from credit_default.services.monitoring.alarms import AlarmUpdate
from credit_default.services.monitoring.follow_up import FollowUp
from credit_default.services.monitoring.retraining import Retraining
from credit_default.views.summaries.summary import Summary

SUMMARY = Summary("monitor", "drift alarm", batch_id="ab" * 8, model_version=3, run_id="r1")
DRIFT = Alarm("drift", 3, "2025-06", "ab" * 8)
FEED = Alarm("feed", 3, "2025-04", "cd" * 8, closed_month="2025-06", closed_because=CLOSED_AS_QUIET)


def draft(*, opened=(), closed=(), is_new=False):
    asked = RetrainingDecision("train" if is_new else "nothing", Verdict("retraining", "ok", ()))
    update = AlarmUpdate((*closed, *opened), opened, closed)
    return draft_follow_up_events(FollowUp(SUMMARY, update, Retraining(asked, "2025-06", is_new)))


def test_nothing_happened_is_no_event():
    assert draft() == ()


def test_alarm_is_announced_when_it_closes_and_when_it_opens():
    over, new = draft(opened=(DRIFT,), closed=(FEED,))

    assert (over.name, over.resource_id) == (
        "credit-default.alarm.closed",
        "credit-default.alarm.feed.v3",
    )
    assert over.payload == {
        "alarm_id": "feed v3 2025-04",
        "gate": "feed",
        "model_version": "3",
        "opened_month": "2025-04",
        "because": "quiet again",
    }
    assert (new.name, new.payload["alarm_id"]) == (
        "credit-default.alarm.opened",
        "drift v3 2025-06",
    )


def test_training_that_is_asked_for_is_announced_with_its_month():
    [request] = draft(is_new=True)

    assert (request.name, request.resource_id) == (
        "credit-default.retraining.requested",
        "credit-default.model.3",
    )
    assert request.payload == {
        "batch_id": "ab" * 8,
        "model_version": "3",
        "run_id": "r1",
        "month": "2025-06",
    }
