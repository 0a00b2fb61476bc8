"""Put a scored batch on record.

The ledger entry has all that is needed to score the batch again and compare the scores.
"""

import datetime as dt
import logging
from dataclasses import dataclass, field

from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.score_sums import ScoreSums
from credit_default.adapters.tables.scores import read_score_sums
from credit_default.data.contract.schema import KEY
from credit_default.gates.ledger.batch_events import MLFLOW_AWAY, Ingested, Scored
from credit_default.gates.ledger.event_format import RecordedEvent, read_event
from credit_default.model.estimator.digest import digest_policy
from credit_default.model.estimator.scoring import count_trained_rows
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import CheckedFile
from credit_default.services.intake.ingest import build_ingested_event

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class BatchTally:
    """What the scores of a batch add up to, as they were computed.

    `trained_row_count` is how many of its rows the model was trained on.
    """

    sums: ScoreSums = field(default_factory=ScoreSums)
    trained_row_count: int = 0


def append_scored_entry(
    wiring: Wiring,
    checked: CheckedFile,
    champion: CurrentChampion,
    snapshot: Snapshot,
    *,
    tally: BatchTally | None,
    scored_at: dt.datetime,
) -> RecordedEvent[Scored]:
    """Return the ledger's entry for the batch's scores under this champion, appended now where there is none yet.

    There is none yet after these scores were committed, by this run or by one that died before it
    could record them. `tally` is what this run computed as it wrote them, so that what is put on
    record is what was computed, whatever became of it on disk: `verify` compares the two. It is None
    where this run did not commit the scores: then they are read from the table and the snapshot.
    """
    ingested = build_ingested_event(wiring.schema, checked, snapshot)
    return append_entry_of_scores(
        wiring, ingested, champion, snapshot, tally=tally, scored_at=scored_at
    )


def append_entry_of_scores(
    wiring: Wiring,
    ingested: Ingested,
    champion: CurrentChampion,
    snapshot: Snapshot,
    *,
    tally: BatchTally | None = None,
    scored_at: dt.datetime,
) -> RecordedEvent[Scored]:
    """Return the entry as `append_scored_entry` does, by what the ledger has of the file, which need not be there any more."""
    key = f"{Scored.name} {snapshot.digest} v{champion.number}"
    entry = find_entry(wiring.lake, key)
    if entry is None:
        event = _build_event(
            wiring, ingested, champion, tally or _read_tally(wiring, champion, snapshot)
        )
        entry = append_ledger_entry(
            wiring,
            event,
            key=key,
            batch_id=snapshot.digest,
            model_version=champion.number,
            at=scored_at,
        )
        _LOG.info(
            "recorded scores batch_id=%s model_version=%d scores_digest=%s",
            snapshot.digest,
            champion.number,
            event.scores_digest,
        )
    return RecordedEvent(entry, read_event(entry, Scored))


def _read_tally(wiring: Wiring, champion: CurrentChampion, snapshot: Snapshot) -> BatchTally:
    frames = read_snapshot_rows(snapshot, columns=KEY)
    trained_row_count = sum(count_trained_rows(champion.bundle, rows) for rows in frames)
    batch_id, version = snapshot.digest, champion.number
    sums = read_score_sums(wiring.lake, batch_id=batch_id, model_version=version)
    return BatchTally(sums, trained_row_count)


def _build_event(
    wiring: Wiring, ingested: Ingested, champion: CurrentChampion, tally: BatchTally
) -> Scored:
    bundle, measured = champion.bundle, tally.sums.measure()
    loss = wiring.settings.loss if measured.expected_losses else None
    return Scored(
        input_sha256=ingested.input_sha256,
        object_version=ingested.object_version,
        corrects=ingested.corrects,
        schema_name=bundle.schema_name,
        schema_version=bundle.schema_version,
        feature_version=bundle.feature_version,
        model_digest=bundle.digest,
        threshold=bundle.decision_policy.threshold,
        policy_digest=digest_policy(bundle.decision_policy),
        read_count=ingested.read_count,
        quarantined_count=ingested.quarantined_count,
        scored_count=measured.scored_count,
        declined_count=measured.declined_count,
        reasons_mode=wiring.settings.reasons.mode,
        reasoned_count=measured.reasoned_count,
        expected_default_share=measured.expected_default_share,
        trained_row_count=tally.trained_row_count,
        conversion_factor=loss.conversion_factor if loss else None,
        loss_given_default=loss.loss_given_default if loss else None,
        cure_share=(loss.cured_share or None) if loss else None,
        expected_losses=measured.expected_losses,
        mlflow=MLFLOW_AWAY if champion.pinned_at else None,
        scores_digest=tally.sums.digest,
    )
