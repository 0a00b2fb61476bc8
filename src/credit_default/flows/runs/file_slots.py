"""Let only one run work on a file at a time, wherever the runs are, by a concurrency slot on the Prefect server.

Two runs on one file at once are safe without it (one batch, one result); the slot saves the second one's work. There is a
fixed number of slots, chosen by the uri's digest, and not one for each file, because the server would otherwise keep a
concurrency limit for every file. Two files that share a slot sometimes wait for each other.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists

_LOG = logging.getLogger(__name__)
SLOT_COUNT = 32
_LEASE_SECONDS = 60  # renewed while the run goes on; a killed run's slot is free again after it


@contextmanager
def hold_file_slot(uri: str) -> Iterator[None]:
    """Wait until the slot of this uri is free, and hold it during the block."""
    slot = name_slot(uri)
    _create_slot(slot)
    with concurrency(
        slot, strict=True, lease_duration=_LEASE_SECONDS, raise_on_lease_renewal_failure=False
    ):
        _LOG.debug("holding file slot slot=%s", slot)
        yield


def _create_slot(slot: str) -> None:
    # another run may create it at this moment
    with get_client(sync_client=True) as client, suppress(ObjectAlreadyExists):
        client.upsert_global_concurrency_limit_by_name(slot, limit=1)


def name_slot(uri: str) -> str:
    """Return the slot's name: always the same for one uri."""
    return f"credit-default.file.{int(sha256(uri.encode()).hexdigest(), 16) % SLOT_COUNT:02}"
