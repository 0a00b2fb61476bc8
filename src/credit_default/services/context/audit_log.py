"""What the system decided goes on record: one entry of the ledger for each decision, digests and counts, nobody's data."""

import datetime as dt
from collections.abc import Mapping

from credit_default.adapters.tables.ledger import append_entry
from credit_default.gates.ledger import LedgerEntry
from credit_default.services.context.wiring import Wiring


def append_ledger_entry(
    wiring: Wiring,
    event: str,
    *,
    key: str,
    at: dt.datetime,
    batch_id: str = "",
    model_version: int = 0,
    details: Mapping[str, str | int | float | bool | None],
) -> LedgerEntry:
    """The entry for this decision, once for its key, with the commit of the code that made it."""
    return append_entry(
        wiring.lake,
        event=event,
        key=key,
        batch_id=batch_id,
        model_version=model_version,
        at=at,
        details={**details, "git_commit": wiring.commit},
    )
