"""Put on record what an erasure has left of a batch's scores, and complete what erasures that were cut short left out."""

import datetime as dt
import logging

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.score_digests import digest_scores
from credit_default.adapters.tables.scores import measure_scores
from credit_default.gates.ledger.erasure_events import (
    ErasureBegun,
    ErasureCompleted,
    ErasureCutShort,
    ScoresErased,
)
from credit_default.gates.ledger.event_format import RecordedEvent, select_events
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring

_LOG = logging.getLogger(__name__)


def complete_cut_short_erasures(wiring: Wiring, *, at: dt.datetime) -> tuple[str, ...]:
    """Record what erasures that were cut short have left of their results; return a note for each.

    The ledger does not name their clients: an erasure is completed when the command is run again for
    its client.
    """
    unfinished = _list_unfinished(wiring.lake)
    results = {result for begun in unfinished for result in begun.event.list_results()}
    for batch_id, version in sorted(results):
        append_erased_scores(wiring, batch_id, version, at=at)
    for begun in unfinished:
        key = begun.entry.key
        append_ledger_entry(
            wiring, ErasureCutShort(begun=key), key=f"{ErasureCutShort.name} {key}", at=at
        )
        _LOG.warning("erasure was cut short key=%s", key)
    return tuple(
        f"an erasure begun at {begun.entry.at} was cut short: run `forget` again for its client"
        for begun in unfinished
    )


def _list_unfinished(lake: Lake) -> tuple[RecordedEvent[ErasureBegun], ...]:
    """Return the erasures that were begun and not ended.

    Their results may differ from those on record.
    """
    entries = read_entries(lake)
    done = {ended.event.begun for ended in select_events(entries, ErasureCompleted)}
    done |= {ended.event.begun for ended in select_events(entries, ErasureCutShort)}
    return tuple(
        begun for begun in select_events(entries, ErasureBegun) if begun.entry.key not in done
    )


def append_erased_scores(wiring: Wiring, batch_id: str, version: int, *, at: dt.datetime) -> None:
    """Record what the batch's scores under the version are now.

    They take the place of those recorded before.
    """
    measured = measure_scores(wiring.lake, batch_id=batch_id, model_version=version)
    digest = digest_scores(wiring.lake, batch_id=batch_id, model_version=version)
    append_ledger_entry(
        wiring,
        ScoresErased(scored_count=measured.scored_count, scores_digest=digest),
        key=f"{ScoresErased.name} {batch_id} v{version} {digest[:16]}",
        at=at,
        batch_id=batch_id,
        model_version=version,
    )
