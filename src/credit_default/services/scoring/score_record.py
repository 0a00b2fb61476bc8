"""Record a scored batch: its run in MLflow, and the summary that the command shows."""

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from credit_default.adapters.mlflow.datasets import DatasetRecord
from credit_default.adapters.mlflow.run_search import find_run_id
from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.errors import ServiceError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.decision import ACCEPT, DECLINE
from credit_default.services.champion.pinned_champion import (
    MLFLOW_GATE,
    OWED_RECORD_NOTE,
    judge_outage,
)
from credit_default.services.context.data_origin import describe_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import CheckedFile
from credit_default.services.intake.ingest import describe_broken_rules, describe_reading
from credit_default.services.partitions.engine import take_engine_notes
from credit_default.services.scoring.batch_reasons import describe_missing_reasons
from credit_default.services.scoring.run_metadata import build_batch_tags, describe_file
from credit_default.services.scoring.score_batch import ScoredFile
from credit_default.views.summaries.summary import (
    DECLINED_SHARE,
    EXPECTED_DEFAULT_SHARE,
    Summary,
)

_KNOWN: Final = "in the batch already"
_BAND: Final = "band "  # before the name of a risk band, in names of expected losses
# how long after its scores another run may still record them, before this one does it
RECORDING_TIME: Final = dt.timedelta(seconds=30)

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFigures:
    """Counts and figures of a scored batch, as its summary and its run in MLflow show them.

    Shares are 0-1.
    """

    read_count: int
    scored_count: int
    quarantined_count: int
    known_count: (
        int | None
    )  # rows that the corrected batch had already; None where the file corrects none
    declined_share: float
    expected_default_share: float
    expected_losses: Mapping[str, float]  # by decision and by band, as in `ScoreMeasures`

    def list_counts(self) -> dict[str, int]:
        """Return how many rows were read, scored, quarantined or known already."""
        counts = {
            "read": self.read_count,
            "scored": self.scored_count,
            "quarantined": self.quarantined_count,
        }
        return counts if self.known_count is None else counts | {_KNOWN: self.known_count}

    def list_figures(self) -> dict[str, float]:
        """Return the shares and expected losses."""
        shares = {
            DECLINED_SHARE: self.declined_share,
            EXPECTED_DEFAULT_SHARE: self.expected_default_share,
        }
        return shares | list_expected_losses(self.expected_losses)


def record_scores(
    wiring: Wiring,
    checked: CheckedFile,
    scored: ScoredFile,
    verdict: Verdict,
    *,
    recorded_at: dt.datetime,
) -> Summary:
    """Record the scored batch in MLflow and return its summary.

    A batch with a run already gets no second one. Where MLflow does not answer, the run is missing
    for now and the summary says so; `reconcile` adds it.
    """
    measured = _build_figures(checked, scored)
    run_id, outage = None, _judge_pinned_scoring(scored, recorded_at)
    if outage is None:
        try:
            run_id = _record_scoring_run_once(
                wiring, checked, scored, measured, recorded_at=recorded_at
            )
        except ServiceError as error:
            if not wiring.tracking.is_mlflow_outage(error):
                raise
            reasons = (f"MLflow stopped answering: {error.found}", OWED_RECORD_NOTE)
            outage = Verdict(MLFLOW_GATE, "watch", reasons)
            _LOG.warning("mlflow stopped answering, run is missing batch_id=%s", scored.batch_id)
    return Summary(
        "predict",
        "already scored, nothing done" if scored.already_scored else "scored",
        verdicts=(verdict, *([outage] if outage else [])),
        batch_id=scored.batch_id,
        model_version=scored.model_version,
        run_id=run_id,
        counts=measured.list_counts(),
        months=checked.validated.month_counts,
        figures=measured.list_figures(),
        paths={"scores": wiring.lake.table_uri("scores")},
        notes=_list_score_notes(wiring, checked, scored),
    )


def _build_figures(checked: CheckedFile, scored: ScoredFile) -> BatchFigures:
    return BatchFigures(
        read_count=checked.validated.row_count,
        scored_count=scored.scored_count,
        quarantined_count=scored.rejected_count,
        known_count=scored.known_count if checked.corrects else None,
        declined_share=scored.declined_share,
        expected_default_share=scored.expected_default_share,
        expected_losses=scored.expected_losses,
    )


def _judge_pinned_scoring(scored: ScoredFile, now: dt.datetime) -> Verdict | None:
    """Return the verdict on a batch that the pinned champion scored.

    It is None where the registry named the champion.
    """
    if scored.pinned_at is None:
        return None
    outage = judge_outage(scored.model_version, scored.pinned_at, now=now)
    if scored.already_scored:
        return outage
    return replace(outage, reasons=(*outage.reasons, OWED_RECORD_NOTE))


def _record_scoring_run_once(
    wiring: Wiring,
    checked: CheckedFile,
    scored: ScoredFile,
    figures: BatchFigures,
    *,
    recorded_at: dt.datetime,
) -> str | None:
    """Record the batch as a run and return its id.

    It is None where the batch has a run already, or another process is about to add it.
    """
    if not _is_unrecorded(wiring.tracking, scored, recorded_at):
        return None
    tags = build_batch_tags(
        scored.batch_id,
        scored.model_version,
        data_origin=checked.data_origin,
        git_commit=wiring.commit,
    )
    dataset = describe_file(checked, wiring.schema)
    run_id = record_scoring_run(wiring.tracking, dataset, figures, tags=tags)
    hit_failpoint("predict.run-ended")
    return run_id


def record_scoring_run(
    tracking: Tracking,
    dataset: DatasetRecord,
    figures: BatchFigures,
    *,
    tags: Mapping[str, object],
    scored_at: dt.datetime | None = None,
) -> str:
    """Record a scored batch as a run in MLflow and return the run's id.

    `tags` are those of `build_batch_tags`. `scored_at` is the time when the batch was scored, where
    that was not just now.
    """
    batch_id = tags["batch_id"]
    with tracking.start_run(
        "predict", name=f"predict {batch_id}", tags=tags, started_at=scored_at
    ) as run:
        hit_failpoint("predict.run-begun")
        run.record_datasets([dataset])
        run.record_metrics(_list_metrics(figures))
        hit_failpoint("predict.run-written")
        run_id = run.run_id
    _LOG.info("recorded run batch_id=%s run_id=%s", batch_id, run_id)
    return run_id


def _list_metrics(figures: BatchFigures) -> dict[str, float]:
    shown = figures.list_counts() | figures.list_figures()
    # names of bands are the portfolio's own, and may not be allowed in a metric's name
    return {name.replace(" ", "_"): v for name, v in shown.items() if _BAND not in name}


def list_expected_losses(losses: Mapping[str, float]) -> dict[str, float]:
    """Return the expected loss in all, by decision and by band.

    The result is empty where the portfolio declares no loss. `losses` are sums by decision and by band, as in
    `ScoreMeasures`.
    """
    if not losses:
        return {}
    by_decision = {"accepted": losses.get(ACCEPT, 0.0), "declined": losses.get(DECLINE, 0.0)}
    bands = {name: amount for name, amount in losses.items() if name.startswith(_BAND)}
    named = {"": sum(by_decision.values())} | by_decision | bands
    return {f"expected loss {name}".rstrip(): amount for name, amount in named.items()}


def _is_unrecorded(tracking: Tracking, scored: ScoredFile, now: dt.datetime) -> bool:
    """Return whether these scores have no run and no other run is about to add it.

    A run that was stopped for long, or whose clock is behind, may find that another has added it.
    """
    if not scored.recorded_by_this_run and now - scored.scored_at < RECORDING_TIME:
        return False
    tags = {"batch_id": scored.batch_id, "model_version": scored.model_version}
    return find_run_id(tracking, "predict", tags=tags) is None


def _list_score_notes(wiring: Wiring, checked: CheckedFile, scored: ScoredFile) -> tuple[str, ...]:
    notes = [*describe_origin(checked.data_origin)]
    if checked.validated.has_outcome:
        notes.append("the file has an outcome column; scoring does not use it")
    if scored.trained_row_count:
        notes.append(
            f"the model was trained on {scored.trained_row_count:,} of these rows: "
            "their scores look better than the model is"
        )
    notes += describe_missing_reasons(
        scored.reasons_mode,
        declined_count=scored.declined_count,
        reasoned_count=scored.reasoned_count,
    )
    return (
        *notes,
        *describe_reading(checked, schema=wiring.schema),
        *describe_broken_rules(checked.validated),
        *take_engine_notes(wiring),
    )
