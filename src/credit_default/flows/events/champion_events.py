"""Every move of the champion's seat is told once, as an event: `credit-default.model.promoted` or `.rolled-back`.

The ledger says what moved, a marker in the lake which move was told last. An event goes out with an id made of the ledger's
key, and counts as told once the server has taken it; what a crash or an outage leaves untold, `reconcile` tells.
"""

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
from credit_default.flows.server.ephemeral_server import is_server_reachable, run_on_server
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

ANNOUNCED_CHANGES: Final = "seat moves told"
_EVENT_ID_NAMESPACE: Final = uuid.UUID(
    "9d1c7c52-6f0e-4a0b-9a52-0d8f3c1f7a11"
)  # of our events, by what they are about


def announce_champion_changes(wiring: Wiring) -> Repairs:
    """How many moves of the seat were told now, oldest first; a verdict says so where Prefect did not take them."""
    moves = list_unannounced_changes(wiring.lake)
    for move in moves:
        if not _try_send_events([_draft_champion_change(move)]):
            return Repairs(
                {},
                verdict=Verdict(
                    "prefect", "watch", ("a move of the champion's seat is not yet told",)
                ),
            )
        record_announced_change(wiring.lake, move)
    return Repairs(
        {ANNOUNCED_CHANGES: len(moves)},
        tuple(f"told: version {m.entry.model_version} {m.entry.event}" for m in moves),
    )


def announce_from_command(
    wiring: Wiring, settings: Settings, *, alarms: AlarmUpdate
) -> tuple[str, ...]:
    """Notes of a command that is no flow, after the server that the settings name has the events; without one, none.

    They are the seat's moves and the `alarms` that a move ended. Nobody listens where no server is named: the next flow
    that tells of the seat does it.
    """
    url = settings.prefect.api_url
    owed = f"Prefect at {hide_credentials(url)} is away: its event is owed, and `credit-default reconcile` sends it"
    if not url or not (list_unannounced_changes(wiring.lake) or alarms.opened or alarms.closed):
        return ()
    if not is_server_reachable(url, timeout_seconds=settings.prefect.wait_seconds):
        return (owed,)
    with run_on_server(None, api_url=url, timeout_seconds=settings.prefect.wait_seconds):
        try:
            send_events(draft_alarm_events(alarms))
        except ServiceError:
            return (owed,)
        return () if announce_champion_changes(wiring).verdict is None else (owed,)


def announce_recorded_batches(entries: Iterable[LedgerEntry]) -> None:
    """Nothing; each batch whose record in MLflow was owed and has been added was emitted, for who waits to monitor it."""
    _try_send_events([_draft_recorded_batch(entry) for entry in entries])


def _draft_champion_change(move: RecordedChampionChange) -> Event:
    entry = move.entry
    name = "rolled-back" if isinstance(move.event, RolledBack) else "promoted"
    payload = {
        "model_version": str(entry.model_version),
        "model_digest": move.event.model_digest,
        "previous_version": str(move.previous_version or ""),
        "by": move.event.by,
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
    """Whether the server has them; its answer is waited for, as the marker must not run ahead of it."""
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
