"""What the servers beside the lake make late: those that do not answer or are still starting, runs that nobody takes, cards owed."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from credit_default.errors import CreditDefaultError, MlflowError
from credit_default.services.overview.late import (
    LateItem,
    describe_away,
    describe_starting,
    list_late_runs,
)
from credit_default.services.overview.patient_questions import Answer
from credit_default.services.overview.server_runs import ServerRuns

_MLFLOW_AWAY: Final = (
    "Batches are scored by the champion pinned in the lake; nothing can be trained or promoted."
)
_PREFECT_AWAY: Final = "Commands run on a server of their own; nothing runs by schedule or event."


def find_start(
    serving_since: dt.datetime | None, *, now: dt.datetime, seconds: float
) -> dt.datetime | None:
    """Return when this server began while others may be starting beside it, None once they had their time."""
    if serving_since is None or (now - serving_since).total_seconds() > seconds:
        return None
    return serving_since


def list_server_items(
    runs: Answer[ServerRuns],
    registry_fault: CreditDefaultError | None,
    *,
    owed_cards: Sequence[int],
    starting_since: dt.datetime | None,
) -> Iterator[LateItem]:
    """Yield what the servers say is late, and the servers that do not answer themselves.

    Args:
        runs: What the server that runs the flows answered.
        registry_fault: Why the registry did not answer; None where it did, or is awaited.
        owed_cards: Versions whose card is still to be drawn, as the registry says.
        starting_since: What `find_start` returned.
    """

    def describe(fault: CreditDefaultError, consequence: str) -> LateItem:
        if starting_since is not None:
            return describe_starting(fault, since=starting_since)
        return describe_away(fault, consequence=consequence)

    if isinstance(registry_fault, MlflowError):
        yield describe(registry_fault, _MLFLOW_AWAY)
    elif registry_fault is not None:
        yield LateItem(registry_fault.thing, f"found {registry_fault.found}", registry_fault.remedy)
    if runs.fault is not None:
        yield describe(runs.fault, _PREFECT_AWAY)
    if runs.value is not None:
        yield from list_late_runs(runs.value)
    for number in owed_cards:
        yield LateItem(
            f"The card of version {number}",
            "its training ended before it drew one",
            "`credit-default reconcile` draws it; it also runs by schedule.",
        )
