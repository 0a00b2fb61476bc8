"""Send events to the Prefect server from outside a run, and wait until it has accepted them.

Events inside a run (`run_events`) are queued and not waited for, so they may be lost with the process.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

import httpx
from prefect.client.orchestration import get_client
from prefect.events import Event
from prefect.events.schemas.events import Resource

from credit_default.errors import ServiceError, escape_unprintable
from credit_default.flows.events.run_events import EventDraft
from credit_default.services.context.wiring import Wiring
from credit_default.services.outcomes.coverage import list_observed_batches
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)
OBJECT_CREATED = "credit-default.object.created"
OUTCOMES_RECORDED = "credit-default.outcomes.recorded"


def announce_object(uri: str) -> None:
    """Announce that a file has arrived: the deployment `predict` runs for it.

    Args:
        uri: The file's path or s3:// address.

    Raises:
        ServiceError: The server did not accept the event.
    """
    resource_id = f"credit-default.object.{sha256(uri.encode()).hexdigest()[:16]}"
    send_events([EventDraft(OBJECT_CREATED, resource_id, {"uri": uri})])
    _LOG.info("announced file uri=%s", escape_unprintable(uri))


def announce_inbox(lake_uri: str) -> None:
    """Announce that many files have arrived: the deployment `predict` runs once, for all that wait.

    Raises as `announce_object` does.
    """
    resource_id = f"credit-default.inbox.{sha256(lake_uri.encode()).hexdigest()[:16]}"
    send_events([EventDraft(OBJECT_CREATED, resource_id, {"uri": ""})])


def announce_outcomes(wiring: Wiring, taken: Summary) -> Summary:
    """Announce new outcomes: the deployment `monitor` runs for each batch that they are about.

    Args:
        wiring: The parts in use.
        taken: The summary of the command that stored the outcomes.

    Returns:
        The summary, with a note where the server did not accept the events; the outcomes are in the lake all the same.
    """
    batch_ids = list_observed_batches(wiring.lake, str(taken.batch_id))
    drafts = [
        EventDraft(OUTCOMES_RECORDED, f"credit-default.batch.{one}", {"batch_id": one})
        for one in batch_ids
    ]
    try:
        send_events(drafts)
    except ServiceError as error:
        _LOG.warning("outcomes not announced batch_count=%d", len(batch_ids))
        note = f"the outcomes could not be announced, monitor the batches yourself: {error}"
        return replace(taken, notes=(*taken.notes, note))
    _LOG.info("announced outcomes batch_count=%d", len(batch_ids))
    return taken


def send_events(drafts: Sequence[EventDraft]) -> None:
    """Send the events; the server accepts all of them or none. Raises as `announce_object` does."""
    if not drafts:
        return
    events = [
        Event(
            event=draft.name,
            resource=Resource({"prefect.resource.id": draft.resource_id}),
            payload=dict(draft.payload),
        )
        for draft in drafts
    ]
    with _translate_errors(), get_client(sync_client=True) as client:
        client.request("POST", "/events", json=[event.model_dump(mode="json") for event in events])


def check_server() -> None:
    """Check that the server answers. Raises as `announce_object` does."""
    with _translate_errors(), get_client(sync_client=True) as client:
        client.request("GET", "/health")


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, OSError) as error:
        raise ServiceError(
            "Prefect",
            found=escape_unprintable(str(error) or type(error).__name__)[:200],
            expected="a server that accepts events",
            remedy="Start it, name it with PREFECT_API_URL, and give its password in PREFECT_API_AUTH_STRING.",
        ) from error
