"""What others may act on: events about a batch or a model, by the names that deployments are triggered by."""

from prefect.events import emit_event

from credit_default.gates.alarms import Alarm
from credit_default.services.following import FollowUp
from credit_default.views.summary import Summary

_MODEL = "credit-default.model"
_BATCH = "credit-default.batch"
_ALARM = "credit-default.alarm"


def announce(summary: Summary) -> None:
    """Nothing; what happened was emitted as Prefect events, if anything happened that others wait for."""
    for name in _name_events(summary):
        emit_event(f"credit-default.{name}", resource=_describe_resource(summary), payload=_describe_payload(summary))


def announce_follow_up(followed: FollowUp) -> None:
    """Nothing; each alarm that opened or closed, and a training that was asked for, was emitted once."""
    for name, alarms in (("opened", followed.update.opened), ("closed", followed.update.closed)):
        for alarm in alarms:
            _announce_alarm(name, alarm)
    if followed.retraining.is_new:
        payload = _describe_payload(followed.summary) | {"month": followed.retraining.month}
        resource = {"prefect.resource.id": f"{_MODEL}.{followed.summary.model_version}"}
        emit_event("credit-default.retraining.requested", resource=resource, payload=payload)


def _announce_alarm(name: str, alarm: Alarm) -> None:
    resource = {"prefect.resource.id": f"{_ALARM}.{alarm.gate}.v{alarm.model_version}"}
    payload = {
        "alarm_id": alarm.alarm_id,
        "gate": alarm.gate,
        "model_version": str(alarm.model_version),
        "opened_month": alarm.opened_month,
        "because": alarm.closed_because,
    }
    emit_event(f"credit-default.alarm.{name}", resource=resource, payload=payload)


def _name_events(summary: Summary) -> list[str]:
    rang = {verdict.gate for verdict in summary.verdicts if verdict.level == "alarm"}
    names = {
        "batch.scored": summary.command == "predict" and summary.status == "scored",
        "model.promoted": summary.command == "train" and summary.status == "promoted",
        "drift.found": "drift" in rang,
        "feed.broken": bool({"feed", "volume"} & rang),
        "performance.low": "performance" in rang,
        "fairness.drifted": "fairness" in rang,
    }
    return [name for name, happened in names.items() if happened]


def _describe_resource(summary: Summary) -> dict[str, str]:
    if summary.batch_id:
        return {"prefect.resource.id": f"{_BATCH}.{summary.batch_id}"}
    return {"prefect.resource.id": f"{_MODEL}.{summary.model_version}"}


def _describe_payload(summary: Summary) -> dict[str, str]:
    parts = {"batch_id": summary.batch_id, "model_version": summary.model_version, "run_id": summary.run_id}
    return {name: str(value) for name, value in parts.items() if value is not None}
