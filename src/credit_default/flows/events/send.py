"""Events that come from outside a run, handed to the Prefect server one by one: an event is announced once the server took it.

Inside a run events go with the run's own (`events`); those may be lost with the process, and are not waited for.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

import httpx
from prefect.client.orchestration import get_client
from prefect.events import Event

from credit_default.errors import ServiceError, escape_unprintable
from credit_default.flows.events.run_events import EventDraft
from credit_default.services.context.wiring import Wiring
from credit_default.services.outcomes.coverage import list_observed_batches
from credit_default.views.summaries.summary import Summary

OBJECT_CREATED = "credit-default.object.created"
OUTCOMES_RECORDED = "credit-default.outcomes.recorded"


def announce_object(uri: str) -> None:
    """Nothing; the server took the event that this file is there: the deployment `predict` runs for it.

    Raises:
        ServiceError: it did not.
    """
    resource_id = f"credit-default.object.{sha256(uri.encode()).hexdigest()[:16]}"
    send_events([EventDraft(OBJECT_CREATED, resource_id, {"uri": uri})])


def announce_outcomes(wiring: Wiring, taken: Summary) -> Summary:
    """The summary of outcomes taken in; the deployment `monitor` runs for each batch that they tell of.

    Where the server does not take the events a note says so: the outcomes are in the lake all the same.
    """
    batch_ids = list_observed_batches(wiring.lake, str(taken.batch_id))
    drafts = [
        EventDraft(OUTCOMES_RECORDED, f"credit-default.batch.{one}", {"batch_id": one})
        for one in batch_ids
    ]
    try:
        send_events(drafts)
    except ServiceError as error:
        return replace(
            taken, notes=(*taken.notes, f"nobody was told, monitor the batches by hand: {error}")
        )
    return taken


def send_events(drafts: Sequence[EventDraft]) -> None:
    """Nothing; the server took all of them, or none. Raises as `announce_object`."""
    if not drafts:
        return
    events = [
        Event(
            event=draft.name,
            resource={"prefect.resource.id": draft.resource_id},
            payload=dict(draft.payload),
        )  # type: ignore[arg-type]
        for draft in drafts
    ]
    with _translate_errors(), get_client(sync_client=True) as client:
        client.request("POST", "/events", json=[event.model_dump(mode="json") for event in events])


def check_server() -> None:
    """Nothing; the server answers. Raises as `announce_object`."""
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
            expected="a server that takes events",
            remedy="Start it, name it with PREFECT_API_URL, and give its password in PREFECT_API_AUTH_STRING.",
        ) from error
