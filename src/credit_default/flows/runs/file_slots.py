"""One run at a time on one file, wherever the runs are: a slot that the Prefect server gives away.

What two runners do to one file at once is safe without it (one batch, one result); it spares the second one's work. The
slots are a fixed number, chosen by the uri's digest, and not one for each file: limits on the server would else pile up for
ever. Two files that share a slot wait for one another now and then.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists

SLOT_COUNT = 32
_LEASE_SECONDS = 60  # renewed while the run lives; a killed run's slot is free again after it


@contextmanager
def hold_file_slot(uri: str) -> Iterator[None]:
    """A block in which no other run has that uri's turn; waits until it is free."""
    slot = name_slot(uri)
    _create_slot(slot)
    with concurrency(
        slot, strict=True, lease_duration=_LEASE_SECONDS, raise_on_lease_renewal_failure=False
    ):
        yield


def _create_slot(slot: str) -> None:
    with (
        get_client(sync_client=True) as client,
        suppress(ObjectAlreadyExists),
    ):  # another run made it at this moment
        client.upsert_global_concurrency_limit_by_name(slot, limit=1)


def name_slot(uri: str) -> str:
    """The slot's name: always the same for one uri."""
    return f"credit-default.file.{int(sha256(uri.encode()).hexdigest(), 16) % SLOT_COUNT:02}"
