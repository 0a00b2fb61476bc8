"""Emit the events of a run, about a batch, a model or an alarm. Deployments are triggered by their names.

An event that is emitted inside a run goes to the server with the run's own records and is not waited for.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prefect.events import emit_event

from credit_default.gates.monitoring.alarms import Alarm
from credit_default.gates.monitoring.monitoring_gates import find_run_outcomes
from credit_default.services.monitoring.alarms import AlarmUpdate
from credit_default.services.monitoring.follow_up import FollowUp
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)
_MODEL = "credit-default.model"
_BATCH = "credit-default.batch"
_ALARM = "credit-default.alarm"


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event to emit: its name, what it is about, and its payload."""

    name: str
    resource_id: str
    payload: Mapping[str, str]


def announce_summary(summary: Summary) -> None:
    """Emit the events of what happened in the run: a scored batch, drift, a broken feed, low performance, unfairness."""
    names = _list_event_names(summary)
    _emit([_draft_about(summary, f"credit-default.{name}") for name in names])


def announce_scored(summary: Summary) -> None:
    """Emit the event that a batch is scored, for one that an earlier run scored."""
    _emit([_draft_about(summary, f"{_BATCH}.scored")])


def announce_follow_up(followed: FollowUp) -> None:
    """Emit an event for each alarm that opened or closed, and for a training that was requested."""
    _emit(draft_follow_up_events(followed))


def announce_alarms(update: AlarmUpdate) -> None:
    """Emit an event for each alarm that opened or closed."""
    _emit(draft_alarm_events(update))


def draft_follow_up_events(followed: FollowUp) -> tuple[EventDraft, ...]:
    """Return what followed from monitoring a batch as events: closed alarms, opened alarms, a request for a training."""
    drafts, retraining = draft_alarm_events(followed.update), followed.retraining
    if retraining.is_new:
        payload = _describe_payload(followed.summary) | {"month": retraining.month}
        resource_id = f"{_MODEL}.{followed.summary.model_version}"
        drafts.append(EventDraft("credit-default.retraining.requested", resource_id, payload))
    return tuple(drafts)


def draft_alarm_events(update: AlarmUpdate) -> list[EventDraft]:
    """Return an event for each alarm that closed, then for each that opened."""
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
        _LOG.info("emitted event name=%s resource=%s", draft.name, draft.resource_id)


def _draft_about(summary: Summary, name: str) -> EventDraft:
    batch_id, version = summary.batch_id, summary.model_version
    resource_id = f"{_BATCH}.{batch_id}" if batch_id else f"{_MODEL}.{version}"
    return EventDraft(name, resource_id, _describe_payload(summary))


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


def _describe_payload(summary: Summary) -> dict[str, str]:
    parts = {
        "batch_id": summary.batch_id,
        "model_version": summary.model_version,
        "run_id": summary.run_id,
    }
    return {name: str(value) for name, value in parts.items() if value is not None}
