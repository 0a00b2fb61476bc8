"""What others may act on: events about a batch or a model, by the names that deployments are triggered by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prefect.events import emit_event

from credit_default.gates.monitoring.alarms import Alarm
from credit_default.gates.monitoring.monitoring_gates import find_run_outcomes
from credit_default.services.monitoring.alarms import AlarmUpdate
from credit_default.services.monitoring.follow_up import FollowUp
from credit_default.views.summaries.summary import Summary

_MODEL = "credit-default.model"
_BATCH = "credit-default.batch"
_ALARM = "credit-default.alarm"


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event that is about to be emitted: its name, what it is about, and what goes with it."""

    name: str
    resource_id: str
    payload: Mapping[str, str]


def announce_summary(summary: Summary) -> None:
    """Nothing; what happened was emitted as Prefect events, if anything happened that others wait for."""
    for name in _list_event_names(summary):
        emit_event(
            f"credit-default.{name}",
            resource=_describe_resource(summary),
            payload=_describe_payload(summary),
        )


def announce_scored(summary: Summary) -> None:
    """Nothing; the event that this batch was scored was emitted, whoever scored it."""
    emit_event(
        f"{_BATCH}.scored", resource=_describe_resource(summary), payload=_describe_payload(summary)
    )


def announce_follow_up(followed: FollowUp) -> None:
    """Nothing; each alarm that opened or closed, and a training that was asked for, was emitted once."""
    _emit(draft_follow_up_events(followed))


def announce_alarms(update: AlarmUpdate) -> None:
    """Nothing; each alarm that opened or closed was emitted once."""
    _emit(draft_alarm_events(update))


def draft_follow_up_events(followed: FollowUp) -> tuple[EventDraft, ...]:
    """What followed from a look at a batch, as events: alarms that closed, alarms that opened, a request for a training."""
    drafts, retraining = draft_alarm_events(followed.update), followed.retraining
    if retraining.is_new:
        payload = _describe_payload(followed.summary) | {"month": retraining.month}
        resource_id = f"{_MODEL}.{followed.summary.model_version}"
        drafts.append(EventDraft("credit-default.retraining.requested", resource_id, payload))
    return tuple(drafts)


def draft_alarm_events(update: AlarmUpdate) -> list[EventDraft]:
    """Each alarm that closed, then each that opened, as an event."""
    alarms = [("closed", alarm) for alarm in update.closed] + [
        ("opened", alarm) for alarm in update.opened
    ]
    return [_draft_alarm(name, alarm) for name, alarm in alarms]


def _emit(drafts: Iterable[EventDraft]) -> None:
    for draft in drafts:
        emit_event(
            draft.name,
            resource={"prefect.resource.id": draft.resource_id},
            payload=dict(draft.payload),
        )


def _draft_alarm(name: str, alarm: Alarm) -> EventDraft:
    payload = {
        "alarm_id": alarm.alarm_id,
        "gate": alarm.gate,
        "model_version": str(alarm.model_version),
        "opened_month": alarm.opened_month,
        "because": alarm.closed_because,
    }
    return EventDraft(
        f"credit-default.alarm.{name}", f"{_ALARM}.{alarm.gate}.v{alarm.model_version}", payload
    )


def _list_event_names(summary: Summary) -> list[str]:
    is_scored = summary.command == "predict" and summary.status == "scored"
    alarmed = [verdict.gate for verdict in summary.verdicts if verdict.level == "alarm"]
    return [
        *(["batch.scored"] if is_scored else []),
        *(outcome.event for outcome in find_run_outcomes(alarmed)),
    ]


def _describe_resource(summary: Summary) -> dict[str, str]:
    if summary.batch_id:
        return {"prefect.resource.id": f"{_BATCH}.{summary.batch_id}"}
    return {"prefect.resource.id": f"{_MODEL}.{summary.model_version}"}


def _describe_payload(summary: Summary) -> dict[str, str]:
    parts = {
        "batch_id": summary.batch_id,
        "model_version": summary.model_version,
        "run_id": summary.run_id,
    }
    return {name: str(value) for name, value in parts.items() if value is not None}
