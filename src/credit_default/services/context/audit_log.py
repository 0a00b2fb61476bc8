"""Record decisions: one ledger entry each, in digests and counts, without anything that identifies a client."""

import datetime as dt
import logging
from dataclasses import replace

from credit_default.adapters.tables.ledger import append_entry
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.event_format import LedgerEvent, write_event
from credit_default.services.context.wiring import Wiring

_LOG = logging.getLogger(__name__)


def append_ledger_entry(
    wiring: Wiring,
    event: LedgerEvent,
    *,
    key: str,
    at: dt.datetime,
    batch_id: str = "",
    model_version: int = 0,
) -> LedgerEntry:
    """Append the event to the ledger with the commit of the code that decided; return its entry.

    Idempotent: where an entry has the `key` of the decision already, it is returned and nothing is
    written. `at` has a time zone. Leave out `batch_id` or `model_version` where there is none.
    """
    entry = append_entry(
        wiring.lake,
        event=event.name,
        key=key,
        batch_id=batch_id,
        model_version=model_version,
        at=at,
        details=write_event(replace(event, git_commit=wiring.commit)),
    )
    _LOG.debug("ledger has entry sequence=%d key=%s", entry.sequence, key)
    return entry
