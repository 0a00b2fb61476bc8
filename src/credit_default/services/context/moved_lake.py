"""Let the embedded MLflow follow a lake that was moved or copied, and say which artifacts are kept outside the lake.

MLflow's records hold absolute addresses. Those of the lake's former folder are rewritten before anything reads or writes
by them, so that a copy never touches its original.
"""

import logging
from collections.abc import Iterable
from typing import Final

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.mlflow.artifact_addresses import (
    ArtifactStore,
    follow_store,
    list_outside_addresses,
    select_outside_addresses,
)
from credit_default.adapters.mlflow.run_search import list_experiment_addresses
from credit_default.adapters.mlflow.tracking import Tracking

_MOST_SHOWN: Final = 5

_LOG = logging.getLogger(__name__)


def follow_moved_lake(lake: Lake) -> tuple[str, ...]:
    """Rewrite the embedded MLflow's addresses where the lake was moved or copied, and return notes that say so.

    Nothing is done, and no note is returned, where all addresses are right or the lake has no MLflow records.

    Raises:
        ServiceError: The records are in use by another process, or the disk cannot be written.
    """
    followed = follow_store(_find_store(lake))
    if not followed.address_count:
        return ()
    former = _join(map(str, followed.former_folders))
    _LOG.warning(
        "lake was moved or copied address_count=%d rewritten=%s former=%s now=%s",
        followed.address_count,
        followed.are_rewritten,
        former,
        lake.home,
    )
    place = f"this lake was moved or copied from {former}"
    addresses = f"{followed.address_count} addresses of its runs and models"
    if followed.are_rewritten:
        return (f"{place}: {addresses} now name this folder",)
    remedy = "run any command once where it can be written"
    return (f"{place} and is read-only: {addresses} still name that folder; {remedy}",)


def describe_outside_addresses(lake: Lake, tracking: Tracking) -> str | None:
    """Return in words which artifacts are kept outside the lake, or None where there are none.

    With a server these are the folders of this machine where its experiments are recorded; a server's bucket is its own
    affair.
    """
    store = _find_store(lake)
    if tracking.is_server:
        local = [one for one in list_experiment_addresses(tracking) if one.startswith("file:")]
        found = select_outside_addresses(local, store.artifacts)
    else:
        found = list_outside_addresses(store)
    if not found:
        return None
    return (
        f"{len(found)} addresses of runs and models lie outside this lake: {_join(found)}; "
        "a copy or a backup of the lake does not hold what is there. What belongs to the lake, copy into "
        f"{store.artifacts}: its addresses then follow"
    )


def _find_store(lake: Lake) -> ArtifactStore:
    return ArtifactStore(lake.tracking_database, lake.artifacts)


def _join(places: Iterable[str]) -> str:
    """Return the first five places, uncut so that they can be copied, and how many there are where there are more."""
    every = tuple(places)
    shown = ", ".join(every[:_MOST_SHOWN])
    return shown if len(every) <= _MOST_SHOWN else f"{shown} … ({len(every)} in all)"
