"""Put scores on record whose run died between their commit and their entry in the ledger.

Scoring the batch again does that too, but only as long as the same version is champion. Scores that cannot be reproduced
from the rows kept are left alone: nothing but a run of ours may be put on record, and `verify` names them.
"""

import datetime as dt
import logging
from collections.abc import Iterator

from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.batch_commits import list_scored_batches
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.score_digests import digest_frames, digest_scores
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.batch_events import Ingested, Scored
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.event_format import read_event
from credit_default.model.estimator.scoring import score
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.context.erasure_lock import hold_off_erasures
from credit_default.services.context.wiring import Wiring
from credit_default.services.scoring.scored_entry import append_entry_of_scores

_LOG = logging.getLogger(__name__)


def enter_lost_scores(wiring: Wiring, *, before: dt.datetime) -> Iterator[LedgerEntry]:
    """Append the missing entries of scores that were committed before that time, and yield them; idempotent.

    Raises:
        ArtifactError: A batch's rows or a version's model are not those on record.
        ServiceError: The lake or MLflow cannot be reached.
    """
    entries = read_entries(wiring.lake, events=(Ingested.name, Scored.name))
    known = {(e.batch_id, e.model_version) for e in entries if Scored.matches(e)}
    taken_in = {e.batch_id: e for e in entries if Ingested.matches(e)}
    for batch_id, number, scored_at in _list_unknown(wiring, known):
        if scored_at > before or batch_id not in taken_in:
            continue
        with hold_off_erasures(wiring):
            ingested = read_event(taken_in[batch_id], Ingested)
            entry = _enter_if_reproduced(wiring, ingested, batch_id, number, scored_at=scored_at)
        if entry is not None:
            hit_failpoint("reconcile.entered")
            yield entry


def _list_unknown(
    wiring: Wiring, known: set[tuple[str, int]]
) -> Iterator[tuple[str, int, dt.datetime]]:
    scored = list_scored_batches(wiring.lake).select("batch_id", "model_version", "scored_at")
    for batch_id, number, scored_at in scored.iter_rows():
        if (batch_id, number) not in known:
            yield batch_id, number, scored_at


def _enter_if_reproduced(
    wiring: Wiring, ingested: Ingested, batch_id: str, number: int, *, scored_at: dt.datetime
) -> LedgerEntry | None:
    version = wiring.registry.find_version(number)
    bundle = wiring.registry.load_version(version)
    snapshot = read_snapshot(wiring.lake, batch_id)
    champion = CurrentChampion(bundle, number, snapshot.origin.data_origin)
    found = digest_scores(wiring.lake, batch_id=batch_id, model_version=number)
    if found != _digest_again(champion, snapshot):
        _LOG.warning(
            "scores are not reproduced, left without an entry batch_id=%s model_version=%d",
            batch_id,
            number,
        )
        return None
    recorded = append_entry_of_scores(wiring, ingested, champion, snapshot, scored_at=scored_at)
    return recorded.entry


def _digest_again(champion: CurrentChampion, snapshot: Snapshot) -> str:
    return digest_frames(
        score(
            champion.bundle,
            rows,
            model_version=champion.number,
            batch_id=snapshot.digest,
            scored_at=snapshot.origin.kept_at,
        ).frame
        for rows in read_snapshot_rows(snapshot)
    )
