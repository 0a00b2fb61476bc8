"""Announce each change of the champion once, as the event `credit-default.model.promoted` or `.rolled-back`.

The ledger says what changed; a marker in the lake says which change was announced last. An event's id is made of the
ledger's key, and the change counts as announced once the server has accepted the event. What a crash or an outage leaves
unannounced, `reconcile` announces.
"""

import logging
import uuid
from collections.abc import Iterable
from typing import Final

import httpx
from prefect.client.orchestration import get_client
from prefect.events import Event
from prefect.events.schemas.events import Resource
from prefect.exceptions import PrefectException

from credit_default.errors import ServiceError, hide_credentials
from credit_default.flows.events.run_events import draft_alarm_events
from credit_default.flows.events.send import send_events
from credit_default.flows.server.ephemeral_server import run_on_server
from credit_default.flows.server.health_check import is_server_reachable
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.version_events import RolledBack
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.alias_history import (
    RecordedChampionChange,
    list_unannounced_changes,
    record_announced_change,
)
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarms import AlarmUpdate
from credit_default.services.operations.reconcile import Repairs
from credit_default.settings import Settings

_LOG = logging.getLogger(__name__)
ANNOUNCED_CHANGES: Final = "seat moves told"  # a key of stored summaries
# an event's id is made in this namespace of what the event is about
_EVENT_ID_NAMESPACE: Final = uuid.UUID("9d1c7c52-6f0e-4a0b-9a52-0d8f3c1f7a11")


def announce_champion_changes(wiring: Wiring) -> Repairs:
    """Announce the changes of the champion that were not announced yet, the oldest first.

    Returns:
        How many were announced; or a verdict where Prefect did not accept an event.
    """
    changes = list_unannounced_changes(wiring.lake)
    for change in changes:
        version, event = change.entry.model_version, change.entry.event
        if not _try_send_events([_draft_champion_change(change)]):
            _LOG.warning("champion change not announced model_version=%s event=%s", version, event)
            reason = "a change of the champion is not announced yet: the next run does it"
            return Repairs({}, verdict=Verdict("prefect", "watch", (reason,)))
        record_announced_change(wiring.lake, change)
        _LOG.info("announced champion change model_version=%s event=%s", version, event)
    notes = [
        f"announced: version {change.entry.model_version} {change.entry.event}"
        for change in changes
    ]
    return Repairs({ANNOUNCED_CHANGES: len(changes)}, tuple(notes))


def announce_from_command(
    wiring: Wiring, settings: Settings, *, alarms: AlarmUpdate
) -> tuple[str, ...]:
    """Announce champion changes, and the alarms that they closed, from a command that is not a flow.

    Nothing is sent when the settings name no server: the next flow that announces champion changes does it.

    Returns:
        Notes for the command's summary: one where the named server did not accept the events.
    """
    url = settings.prefect.api_url
    not_sent = f"Prefect at {hide_credentials(url)} did not accept the event: `credit-default reconcile` sends it later"
    if not url or not (list_unannounced_changes(wiring.lake) or alarms.opened or alarms.closed):
        return ()
    if not is_server_reachable(url, timeout_seconds=settings.prefect.wait_seconds):
        return (not_sent,)
    with run_on_server(None, api_url=url, timeout_seconds=settings.prefect.wait_seconds):
        try:
            send_events(draft_alarm_events(alarms))
        except ServiceError:
            return (not_sent,)
        return () if announce_champion_changes(wiring).verdict is None else (not_sent,)


def announce_recorded_batches(entries: Iterable[LedgerEntry]) -> None:
    """Announce each batch whose missing MLflow record was added, so that the deployment `monitor` runs for it."""
    _try_send_events([_draft_recorded_batch(entry) for entry in entries])


def _draft_champion_change(change: RecordedChampionChange) -> Event:
    entry = change.entry
    name = "rolled-back" if isinstance(change.event, RolledBack) else "promoted"
    payload = {
        "model_version": str(entry.model_version),
        "model_digest": change.event.model_digest,
        "previous_version": str(change.previous_version or ""),
        "by": change.event.by,
        "at": entry.at,
    }
    return _draft_event(
        f"credit-default.model.{name}",
        f"credit-default.model.{entry.model_version}",
        payload,
        entry.key,
    )


def _draft_recorded_batch(entry: LedgerEntry) -> Event:
    payload = {
        "batch_id": entry.batch_id,
        "model_version": str(entry.model_version),
        "at": entry.at,
    }
    name = "credit-default.batch.recorded"
    return _draft_event(
        name, f"credit-default.batch.{entry.batch_id}", payload, f"{name} {entry.key}"
    )


def _draft_event(name: str, resource_id: str, payload: dict[str, str], key: str) -> Event:
    resource = Resource({"prefect.resource.id": resource_id})
    return Event(
        event=name, resource=resource, payload=payload, id=uuid.uuid5(_EVENT_ID_NAMESPACE, key)
    )


def _try_send_events(events: list[Event]) -> bool:
    """Send the events and return whether the server accepted them: the marker may only move after that."""
    if not events:
        return True
    try:
        with get_client(sync_client=True) as client:
            client.request(
                "POST", "/events", json=[event.model_dump(mode="json") for event in events]
            )
    except (httpx.HTTPError, PrefectException):
        return False
    return True
