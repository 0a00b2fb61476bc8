"""What was done with a batch becomes a record: MLflow runs, rows of the monitoring table, the summary a person reads."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from credit_default.adapters.mlflow.run_search import find_run_id
from credit_default.adapters.mlflow.tracking import DatasetRecord
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
from credit_default.services.intake.ingest import describe_broken_rules, describe_unknown_columns
from credit_default.services.scoring.batch_reasons import describe_missing_reasons
from credit_default.services.scoring.run_metadata import build_batch_tags, describe_file
from credit_default.services.scoring.score_batch import ScoredFile
from credit_default.views.summaries.summary import Summary

_BAND = "band "
RECORDING_TIME = dt.timedelta(
    seconds=30
)  # which another runner may take from its scores to their run


def record_scores(
    wiring: Wiring,
    checked: CheckedFile,
    scored: ScoredFile,
    verdict: Verdict,
    *,
    recorded_at: dt.datetime,
) -> Summary:
    """The summary of a scored batch, after its figures stand in MLflow; one that stands there already adds no run.

    Where MLflow is away that is owed, and the summary says so: `reconcile` makes up for it.
    """
    counts = {
        "read": checked.validated.row_count,
        "scored": scored.scored_count,
        "quarantined": scored.rejected_count,
    }
    counts |= {"in the batch already": scored.known_count} if checked.corrects else {}
    figures = {
        "declined share": scored.declined_share,
        "expected default share": scored.expected_default_share,
    }
    figures |= list_expected_losses(scored.expected_losses)
    run_id, outage = None, _judge_pinned_scoring(scored, recorded_at)
    if outage is None:
        try:
            run_id = _record_scoring_run_once(
                wiring, checked, scored, counts | figures, recorded_at=recorded_at
            )
        except ServiceError as error:
            if not wiring.tracking.is_mlflow_outage(error):
                raise
            outage = Verdict(
                MLFLOW_GATE, "watch", (f"MLflow went away: {error.found}", OWED_RECORD_NOTE)
            )
    return Summary(
        "predict",
        "already scored, nothing done" if scored.was_there else "scored",
        verdicts=(verdict, *([outage] if outage else [])),
        batch_id=scored.batch_id,
        model_version=scored.model_version,
        run_id=run_id,
        counts=counts,
        figures=figures,
        paths={"scores": wiring.lake.table_uri("scores")},
        notes=_list_score_notes(checked, scored),
    )


def _judge_pinned_scoring(scored: ScoredFile, now: dt.datetime) -> Verdict | None:
    """What to say of a batch that the pinned champion scored, as MLflow is away; None where the registry named it."""
    if scored.pinned_at is None:
        return None
    outage = judge_outage(scored.model_version, scored.pinned_at, now=now)
    return (
        outage if scored.was_there else replace(outage, reasons=(*outage.reasons, OWED_RECORD_NOTE))
    )


def _record_scoring_run_once(
    wiring: Wiring,
    checked: CheckedFile,
    scored: ScoredFile,
    figures: Mapping[str, float],
    *,
    recorded_at: dt.datetime,
) -> str | None:
    """The run that says what became of the batch; None where there is one already, or another runner is at it."""
    if scored.was_there and not _is_unrecorded(wiring, scored, recorded_at):
        return None
    tags = build_batch_tags(wiring, scored.batch_id, scored.model_version, checked.data_origin)
    run_id = record_scoring_run(wiring, describe_file(wiring, checked), figures, tags=tags)
    hit_failpoint("predict.run-ended")
    return run_id


def record_scoring_run(
    wiring: Wiring,
    dataset: DatasetRecord,
    figures: Mapping[str, float],
    *,
    tags: Mapping[str, object],
    scored_at: dt.datetime | None = None,
) -> str:
    """The run of a scored batch in MLflow, with rows and figures; `scored_at` where that was not a moment ago."""
    batch_id = tags["batch_id"]
    with wiring.tracking.start_run(
        "predict", name=f"predict {batch_id}", tags=tags, started_at=scored_at
    ) as run:
        hit_failpoint("predict.run-begun")
        run.record_datasets([dataset])
        told = {
            name: value for name, value in figures.items() if _BAND not in name
        }  # a band has any name
        run.record_metrics({name.replace(" ", "_"): value for name, value in told.items()})
        hit_failpoint("predict.run-written")
        return run.run_id


def list_expected_losses(losses: Mapping[str, float]) -> dict[str, float]:
    """What is expected to be lost, in all, by decision and by band; nothing where the portfolio declares no loss."""
    if not losses:
        return {}
    by_decision = {"accepted": losses.get(ACCEPT, 0.0), "declined": losses.get(DECLINE, 0.0)}
    bands = {name: amount for name, amount in losses.items() if name.startswith(_BAND)}
    told = {"": sum(by_decision.values())} | by_decision | bands
    return {f"expected loss {name}".rstrip(): amount for name, amount in told.items()}


def _is_unrecorded(wiring: Wiring, scored: ScoredFile, now: dt.datetime) -> bool:
    """Whether a crash came between these scores and their run: another who has just scored them is given time for it."""
    if not scored.is_ours and now - scored.scored_at < RECORDING_TIME:
        return False
    tags = {"batch_id": scored.batch_id, "model_version": scored.model_version}
    return find_run_id(wiring.tracking, "predict", tags=tags) is None


def _list_score_notes(checked: CheckedFile, scored: ScoredFile) -> tuple[str, ...]:
    notes = [*describe_origin(checked.data_origin)]
    if checked.validated.has_outcome:
        notes.append("the file has an outcome column; scoring does not look at it")
    if scored.trained_row_count:
        notes.append(
            f"the model was trained on {scored.trained_row_count:,} of these rows: their scores are flattered"
        )
    notes += describe_missing_reasons(
        scored.reasons_mode,
        declined_count=scored.declined_count,
        reasoned_count=scored.reasoned_count,
    )
    return (*notes, *describe_unknown_columns(checked), *describe_broken_rules(checked.validated))
