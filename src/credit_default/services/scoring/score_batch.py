"""Score a batch with the champion, once.

Every accepted row is scored, every rejected row is kept in quarantine. One champion is loaded
before the first row and used to the last, whatever happens to the alias meanwhile. The scores are
one commit; after it the batch is put on record in the ledger (`scored_entry`) and in MLflow
(`score_record`).
"""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import format_utc_time
from credit_default.adapters.tables.queries import Written, has_scores, write_scores
from credit_default.adapters.tables.score_sums import ScoreSums
from credit_default.errors import InputError, ServiceError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.batch_events import Scored
from credit_default.gates.ledger.event_format import RecordedEvent
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.services.champion.current import CurrentChampion, load_registered_champion
from credit_default.services.champion.first_look import build_no_champion_error
from credit_default.services.champion.pinned_champion import load_pinned_champion
from credit_default.services.context.data_origin import require_matching_origins
from credit_default.services.context.erasure_lock import hold_off_erasures
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import CheckedFile
from credit_default.services.intake.ingest import save_checked_file
from credit_default.services.scoring.batch_reasons import BatchReasons
from credit_default.services.scoring.cluster_scoring import find_cluster_scoring
from credit_default.services.scoring.scored_entry import BatchTally, append_scored_entry
from credit_default.services.scoring.scored_parts import ScoringTask, score_parts

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """The result of scoring a batch: scored_count + rejected_count + known_count are its rows.

    Shares are 0-1, of the scored rows.

    Attributes:
        batch_id: Names the file's content, the schema's version and the month it was given.
        model_version: The version that scored it.
        scored_count: Rows with a score.
        rejected_count: Rows in quarantine.
        declined_share: Share of the scored rows that are declined.
        expected_default_share: Mean default probability of the scored rows.
        trained_row_count: Rows that the model was trained on: their scores are better than its
            scores of new clients.
        already_scored: Whether the scores were there before this run, which then did nothing.
        scored_at: When they were scored, by whichever run did it.
        recorded_by_this_run: Whether this run put them on record: that run also records them in
            MLflow.
        declined_count: Scored rows that are declined.
        reasoned_count: Declined rows with reasons.
        reasons_mode: The setting by which reasons were given: auto, all or none.
        known_count: Rows of a correction that the corrected batch had already; they stay as they
            are.
        expected_losses: Sums by decision and by band, as in `ScoreMeasures`; empty where the
            portfolio declares none.
        pinned_at: As `CurrentChampion.pinned_at`.
    """

    batch_id: str
    model_version: int
    scored_count: int
    rejected_count: int
    declined_share: float
    expected_default_share: float
    trained_row_count: int
    already_scored: bool
    scored_at: dt.datetime
    recorded_by_this_run: bool
    declined_count: int = 0
    reasoned_count: int = 0
    reasons_mode: str = "none"
    known_count: int = 0
    expected_losses: Mapping[str, float] = field(default_factory=dict)
    pinned_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class _Scoring:
    """The scoring of a snapshot's rows, a record batch at a time."""

    wiring: Wiring
    bundle: ModelBundle
    snapshot: Snapshot
    model_version: int
    scored_at: dt.datetime
    tally: BatchTally = field(default_factory=BatchTally)

    def write(self) -> Written:
        """Write the scores in one commit, where there are none yet."""
        batch_id, version = self.snapshot.digest, self.model_version
        return write_scores(self.wiring.lake, self.frames, batch_id=batch_id, model_version=version)

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the scored rows; called again from the start when the commit is tried again."""
        settings = self.wiring.settings
        self.tally.sums, self.tally.trained_row_count = ScoreSums(), 0
        task = ScoringTask(
            self.bundle,
            BatchReasons(self.bundle, self.wiring.portfolio, settings.reasons),
            settings.loss,
            self.model_version,
            self.snapshot.digest,
            self.scored_at,
        )
        rows = read_snapshot_rows(self.snapshot)
        for part in score_parts(task, rows, jobs=settings.jobs):
            self.tally.sums += part.sums
            self.tally.trained_row_count += part.trained_row_count
            yield part.frame


def load_champion(wiring: Wiring, checked: CheckedFile) -> CurrentChampion:
    """Return the champion to score this file with, its artifact verified.

    Where MLflow does not answer, it is the pinned champion.

    Raises:
        SetupError: There is no champion yet, or it is of another portfolio.
        InputError: The champion was trained on simulated clients and the file's are real, or the reverse.
        ArtifactError: Its artifact is not the one on record.
        ServiceError: MLflow does not answer in the time that the settings give it, and no champion
            is pinned.
    """
    champion = _load_registered_or_pinned(wiring)
    if champion is None:
        raise build_no_champion_error()
    require_matching_origins(
        model_origin=champion.data_origin,
        batch_origin=checked.data_origin,
        thing=f"batch {checked.name}",
    )
    _LOG.info("loaded champion model_version=%d digest=%s", champion.number, champion.bundle.digest)
    return champion


def _load_registered_or_pinned(wiring: Wiring) -> CurrentChampion | None:
    try:
        wiring.tracking.wait_for_store(timeout_seconds=wiring.settings.mlflow.wait_seconds)
        return load_registered_champion(wiring)
    except ServiceError as error:
        pinned = load_pinned_champion(wiring) if wiring.tracking.is_mlflow_outage(error) else None
        if pinned is None:
            raise
        return pinned


def score_file(
    wiring: Wiring, checked: CheckedFile, champion: CurrentChampion, *, scored_at: dt.datetime
) -> ScoredFile:
    """Score the batch with the champion and put the scores on record in the ledger.

    Idempotent: where this version has scored the batch before, nothing is scored and
    `already_scored` is True. Of several runs at once, one commits the scores.
    """
    with hold_off_erasures(wiring):
        snapshot, already_scored, tally = None, True, None
        if not has_scores(wiring.lake, batch_id=checked.batch_id, model_version=champion.number):
            _require_accepted_rows(checked)
            snapshot = save_checked_file(wiring, checked, kept_at=scored_at)
            of_batch = (wiring, champion.bundle, snapshot, champion.number, scored_at)
            scoring = find_cluster_scoring(*of_batch) or _Scoring(*of_batch)
            written = scoring.write()
            hit_failpoint("predict.scored")
            already_scored = written.already_existed
            tally = None if already_scored else scoring.tally
        snapshot = snapshot or read_snapshot(wiring.lake, checked.batch_id)
        recorded = append_scored_entry(
            wiring,
            checked,
            champion,
            snapshot,
            tally=tally,
            scored_at=scored_at,
        )
    hit_failpoint("predict.recorded")
    scored = _build_scored_file(
        checked,
        snapshot,
        recorded,
        already_scored=already_scored,
        recorded_by_this_run=recorded.entry.at == format_utc_time(scored_at),
        pinned_at=champion.pinned_at,
    )
    _log_scored(scored)
    return scored


def _require_accepted_rows(checked: CheckedFile) -> None:
    if checked.validated.accepted_count == 0:
        raise InputError(
            f"batch {checked.name}",
            found="no accepted row",
            expected="at least one row to score",
            remedy="See which rules the rows broke and correct the file.",
        )


def _build_scored_file(
    checked: CheckedFile,
    snapshot: Snapshot,
    recorded: RecordedEvent[Scored],
    *,
    already_scored: bool,
    recorded_by_this_run: bool,
    pinned_at: dt.datetime | None,
) -> ScoredFile:
    event, validated = recorded.event, checked.validated
    return ScoredFile(
        batch_id=checked.batch_id,
        model_version=recorded.entry.model_version,
        scored_count=event.scored_count,
        rejected_count=validated.rejected_count,
        declined_share=event.declined_share,
        expected_default_share=event.expected_default_share,
        trained_row_count=event.trained_row_count,
        already_scored=already_scored,
        scored_at=dt.datetime.fromisoformat(recorded.entry.at),
        recorded_by_this_run=recorded_by_this_run,
        declined_count=event.declined_count,
        reasoned_count=event.reasoned_count,
        reasons_mode=event.reasons_mode,
        known_count=validated.accepted_count - snapshot.row_count if checked.corrects else 0,
        expected_losses=event.expected_losses,
        pinned_at=pinned_at,
    )


def _log_scored(scored: ScoredFile) -> None:
    done = "batch is scored already" if scored.already_scored else "scored batch"
    _LOG.info(
        "%s batch_id=%s model_version=%d scored_count=%d rejected_count=%d declined_share=%.4f",
        done,
        scored.batch_id,
        scored.model_version,
        scored.scored_count,
        scored.rejected_count,
        scored.declined_share,
    )
