"""After a batch: is it still like what its model was tested on, and was it delivered as usual?

Whether the model is right about it is `performance`'s to say, before and after outcomes are known.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import polars as pl

from credit_default.adapters.evidently.drift_report import (
    SAMPLE_ROWS,
    ReportTitle,
    publish_verdicts,
    render_drift_report,
)
from credit_default.adapters.evidently.workspace import WorkspaceRun, record_workspace_run
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.published_reports import (
    map_published_uris,
    open_publication,
    write_profile,
)
from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot
from credit_default.adapters.mlflow.registry import MODEL_NAME
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.errors import InputError
from credit_default.gates.monitoring.drift import DriftReport, judge_drift
from credit_default.gates.monitoring.drift_measurement import describe_drift, measure_drift
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle, measure_input_importance
from credit_default.model.profile.json_record import describe_profile
from credit_default.model.profile.shift_attribution import ScoreShift, measure_score_shift
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import Wiring, require_same_portfolio
from credit_default.services.monitoring.batch_profile import ProfiledBatch, profile_batch
from credit_default.services.monitoring.feed_and_volume import judge_delivery
from credit_default.services.monitoring.scored_rows import (
    BatchScores,
    read_batch_scores,
    read_scored_rows,
)
from credit_default.views.summaries.summary import Summary

EXPLAINED_COLUMNS: Final = (
    5  # inputs that weigh most: the causes of a move are looked for among them
)

_ORDER: Final = (
    "drift",
    "feed",
    "volume",
    "estimate",
    "fairness",
    "performance",
    "retraining",
)  # as findings are told
ReportKind = Literal["full", "drift"]


@dataclass(frozen=True, slots=True, eq=False)
class MonitoredBatch:
    """A scored batch with all that monitors look at: rows with scores, outcomes where known, and its model."""

    snapshot: Snapshot
    model_version: int
    bundle: ModelBundle
    scores: BatchScores

    @property
    def batch_id(self) -> str:
        """The batch's id."""
        return self.snapshot.digest

    @property
    def data_origin(self) -> str:
        """`real` or `simulated`."""
        return self.snapshot.origin.data_origin

    @property
    def months(self) -> tuple[str, ...]:
        """The statement months of the batch, in order."""
        return self.scores.months

    @property
    def row_count(self) -> int:
        """Scored rows."""
        return len(self.scores.keys)

    @property
    def outcome_count(self) -> int:
        """Scored rows whose outcome is known by now, early ones left out."""
        return self.scores.outcome_count

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows in the snapshot's order, in frames: key, inputs, default_probability, decision, any known outcome."""
        return read_scored_rows(self.snapshot, self.scores)


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """How far the batch has moved from the reference, how it was delivered, and what that means."""

    report: DriftReport
    verdict: Verdict
    feed: Verdict
    volume: Verdict
    profiled: ProfiledBatch

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Drift first, then what the delivery itself says."""
        return (self.verdict, self.feed, self.volume)


def find_batch(
    wiring: Wiring, batch_id: str | None, *, model_version: int | None = None
) -> MonitoredBatch:
    """The batch under this id, or the one scored last, as that model version saw it, or the one that scored it last.

    Raises:
        InputError: nothing was scored under that id, or nothing at all, or the batch is of another portfolio.
    """
    known = scan_table(wiring.lake, "scores").select("batch_id", "model_version", "scored_at")
    wanted = known if batch_id is None else known.filter(pl.col("batch_id") == batch_id)
    wanted = (
        wanted if model_version is None else wanted.filter(pl.col("model_version") == model_version)
    )
    newest = collect_rows(
        wiring.lake, wanted.sort("scored_at", "model_version", descending=True).head(1)
    )
    if newest.is_empty():
        raise InputError(
            f"batch {batch_id}" if batch_id else f"lake {wiring.lake.uri}",
            found="no scores",
            expected="a batch that was scored",
            remedy="Score one with `credit-default predict FILE`.",
        )
    found_id, found_version = newest.select("batch_id", "model_version").row(0)
    snapshot = read_snapshot(wiring.lake, found_id)
    require_same_portfolio(wiring.schema, snapshot.origin.schema_name, thing=f"batch {found_id}")
    return MonitoredBatch(
        snapshot,
        found_version,
        wiring.registry.load_version(wiring.registry.find_version(found_version)),
        read_batch_scores(wiring.lake, batch_id=found_id, model_version=found_version),
    )


def read_batch_findings(lake: Lake, *, batch_id: str, model_version: int) -> Summary | None:
    """What the monitors found when they last looked at this version's scores of the batch; None when they never did."""
    found = read_monitoring(lake).filter(batch_id=batch_id, model_version=model_version)
    if found.is_empty():
        return None
    verdicts = [
        Verdict(row["gate"], row["level"], tuple(row["reasons"]), json.loads(row["figures"]))
        for row in found.iter_rows(named=True)
        if (row["gate"], row["level"])
        != ("retraining", "ok")  # which asks for nothing, and is not told when found
    ]
    reports = [path for path in found["report_path"] if path]
    return Summary(
        "monitor",
        "as found before",
        verdicts=tuple(sorted(verdicts, key=_get_gate_position)),
        paths={"report (html)": reports[-1]} if reports else {},
    )


def _get_gate_position(verdict: Verdict) -> int:
    return _ORDER.index(verdict.gate) if verdict.gate in _ORDER else len(_ORDER)


def find_drift(wiring: Wiring, batch: MonitoredBatch, *, report: ReportKind) -> Drift:
    """The batch's drift from its model's reference, the state of its feed and its volume, each with its gate's verdict.

    All rows are counted, in one pass; Evidently's report in the lake is drawn from a sample. Each column weighs what it is
    to the model.
    """
    settings = wiring.settings
    profiled = profile_batch(
        batch.bundle, batch.frames(), schema=wiring.schema, chosen=batch.scores.choose(SAMPLE_ROWS)
    )
    importance = measure_input_importance(batch.bundle)
    measured = measure_drift(
        profiled.plan,
        profiled.reference,
        profiled.current,
        schema=wiring.schema,
        policy=settings.drift,
    )
    verdict = judge_drift(
        measured,
        row_count=batch.row_count,
        policy=settings.drift,
        importance=importance,
        shift=_explain_shift(wiring, profiled, importance),
    )
    feed, volume = judge_delivery(wiring, batch.snapshot, profiled, months=batch.months)
    paths = _publish(
        wiring, batch, profiled, measured, verdicts=(verdict, feed, volume), full=report == "full"
    )
    return Drift(replace(measured, report_paths=paths), verdict, feed, volume, profiled)


def _explain_shift(
    wiring: Wiring, profiled: ProfiledBatch, importance: Mapping[str, float]
) -> ScoreShift:
    columns = {column.name: column for column in wiring.schema.inputs}
    telling = [columns[name] for name in list(importance)[:EXPLAINED_COLUMNS]]
    return measure_score_shift(profiled.plan, profiled.reference, profiled.current, columns=telling)


def _publish(
    wiring: Wiring,
    batch: MonitoredBatch,
    profiled: ProfiledBatch,
    measured: DriftReport,
    *,
    verdicts: tuple[Verdict, ...],
    full: bool,
) -> dict[str, str]:
    """Where the report's files stand in the lake: page, dictionary and profile; the workspace has a run of it."""
    with open_publication(
        wiring.lake, batch_id=batch.batch_id, model_version=batch.model_version
    ) as pages:
        drawn = render_drift_report(
            reference=batch.bundle.reference,
            current=profiled.sample,
            schema=wiring.schema,
            policy=wiring.settings.drift,
            folder=pages.folder,
            title=ReportTitle(
                batch.batch_id, batch.model_version, simulated=batch.data_origin == SIMULATED
            ),
            full=full,
        )
        publish_verdicts(drawn.paths, verdicts, note=_describe_sample(batch, profiled))
        write_profile(
            pages.folder,
            describe_profile(profiled.plan, profiled.current) | describe_drift(measured),
        )
        paths = map_published_uris(pages, drawn.paths)
    run = WorkspaceRun(
        batch.batch_id,
        batch.model_version,
        batch.months[-1],
        batch.data_origin,
        measured,
        profiled.current.expected_default_share,
        {verdict.gate: verdict.level for verdict in verdicts},
        drawn.widgets,
    )
    telling = list(measure_input_importance(batch.bundle))[:EXPLAINED_COLUMNS]
    record_workspace_run(wiring.lake.workspace, run, project=MODEL_NAME, columns=telling)
    return paths


def _describe_sample(batch: MonitoredBatch, profiled: ProfiledBatch) -> str:
    if profiled.sample.height == batch.row_count:
        return f"Verdicts, figures and pictures are of all {batch.row_count:,} rows."
    return (
        f"Verdicts are of all {batch.row_count:,} rows; the pictures and figures below of {profiled.sample.height:,} "
        "of them, every n-th by score."
    )
