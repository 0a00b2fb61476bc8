"""Verify what came after an entry that was noted when the whole lake was verified: the time it takes follows what is new.

The noted hash is kept where who can write to the lake cannot change it. It proves the entries after it, and the scores that
these record; older entries and scores are proved by the whole `verify`, which the flow `maintain` runs by its schedule.
"""

import logging
from typing import Final

from credit_default.adapters.tables.ledger import (
    LedgerTail,
    list_recorded_results,
    read_entries,
    read_entries_after,
)
from credit_default.gates.ledger import chain
from credit_default.gates.ledger.chain import judge_chain
from credit_default.gates.ledger.erasure_events import ErasureBegun
from credit_default.gates.ledger.governance_events import DecisionOverridden
from credit_default.gates.verdict import Verdict
from credit_default.services.audit.override_check import judge_overrides
from credit_default.services.audit.recorded_results import (
    RESULT_EVENTS,
    judge_new_scores,
    read_recorded_results,
)
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

_OVERRIDE_EVENTS: Final = (DecisionOverridden.name, ErasureBegun.name)

_LOG = logging.getLogger(__name__)


def verify_since(wiring: Wiring, noted_hash: str) -> Summary:
    """Verify the entries after the one with this hash, and their scores; exit code 1 where anything does not match.

    Checked are the noted entry's content, the chain from it to the last entry, the scores that new entries record, that
    no scores in the lake are without an entry, and people's overrides. Scores of older entries are not read.
    """
    tail = read_entries_after(wiring.lake, noted_hash)
    if tail is None:
        reason = f"no entry has the hash {noted_hash[:64]!r}, which was seen before"
        return _summarise((Verdict(chain.GATE, "alarm", (reason,)),), None)
    results = read_recorded_results(tail.entries)
    recorded = list_recorded_results(wiring.lake, RESULT_EVENTS)
    verdicts = (
        judge_chain(tail.entries, noted=tail.noted, noted_keys=tail.earlier_keys),
        judge_new_scores(wiring.lake, results, recorded=recorded),
        *judge_overrides(wiring.lake, read_entries(wiring.lake, events=_OVERRIDE_EVENTS)),
    )
    for verdict in verdicts:
        _LOG.info("verified gate=%s level=%s", verdict.gate, verdict.level)
    return _summarise(verdicts, tail)


def _summarise(verdicts: tuple[Verdict, ...], tail: LedgerTail | None) -> Summary:
    broken = not all(verdict.passed for verdict in verdicts)
    if tail is None:
        return Summary("verify", "broken", exit_code=1, verdicts=verdicts)
    note = (
        f"entries before entry {tail.noted.sequence:,} and their scores were not read: "
        "`credit-default verify` proves these too"
    )
    last = tail.entries[-1] if tail.entries else tail.noted
    return Summary(
        "verify",
        "broken" if broken else f"proved since entry {tail.noted.sequence:,}",
        exit_code=int(broken),
        verdicts=verdicts,
        counts={"entries": len(tail.entries)},
        paths={"head": last.entry_hash},
        notes=(note,),
    )
