"""Check that the overrides in the lake are those on record: none was put in, changed or taken out unseen."""

from collections.abc import Sequence
from typing import Final

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.overrides import read_overrides
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.erasure_events import ErasureBegun
from credit_default.gates.ledger.event_format import select_events
from credit_default.gates.ledger.governance_events import DecisionOverridden
from credit_default.gates.verdict import Verdict

_GATE: Final = "overrides"


def judge_overrides(lake: Lake, entries: Sequence[LedgerEntry]) -> tuple[Verdict, ...]:
    """Return `alarm` where the table of overrides is not what the ledger says; nothing where both are empty.

    A row is missing rightly where an erasure deleted it: the ledger has the digests of those.
    """
    recorded = {one.event.record_digest for one in select_events(entries, DecisionOverridden)}
    found = [override.compute_digest() for override in read_overrides(lake)]
    if not recorded and not found:
        return ()
    erased = {
        digest
        for one in select_events(entries, ErasureBegun)
        for digest in one.event.list_overrides()
    }
    unknown = len(found) - len(set(found) & recorded)  # a row on record that is there twice too
    missing = len(recorded - set(found) - erased)
    figures = {"override_count": float(len(found)), "unknown_count": float(unknown)}
    if unknown:
        reason = f"{unknown} overrides are not on record; if a run was cut short, override again"
    elif missing:
        reason = f"{missing} overrides on record are missing"
    else:
        reason = f"{len(found)} overrides are those on record"
        return (Verdict(_GATE, "ok", (reason,), figures),)
    return (Verdict(_GATE, "alarm", (reason,), figures),)
