"""After a batch: is it still like what its model was tested on, and, once outcomes are known, was the model right?"""

import json
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from credit_default.adapters.lake import Lake
from credit_default.adapters.lake_tables import collect_rows, read_monitoring, read_outcomes, read_scores, scan_table
from credit_default.adapters.published import name_published, publication
from credit_default.adapters.reports import ReportTitle, compare, publish_verdict
from credit_default.adapters.snapshots import Snapshot, read_rows, read_snapshot
from credit_default.data.contract import KEY, OUTCOME
from credit_default.errors import InputError
from credit_default.gates.drift import DriftReport, judge_drift
from credit_default.gates.performance import judge_performance
from credit_default.gates.verdict import Verdict
from credit_default.model.bundle import ModelBundle, measure_input_importance
from credit_default.model.evaluation import Evaluation, evaluate
from credit_default.model.loss import EXPECTED_LOSS
from credit_default.services.origin import SIMULATED
from credit_default.services.wiring import Wiring, refuse_other_portfolio
from credit_default.views.summary import Summary

ReportKind = Literal["full", "drift"]


@dataclass(frozen=True, slots=True, eq=False)
class MonitoredBatch:
    """A scored batch with all that monitors look at: rows with scores, outcomes where known, and its model."""

    snapshot: Snapshot
    model_version: int
    bundle: ModelBundle
    current: pl.DataFrame  # key, inputs, default_probability, decision; `defaulted` when any outcome is known
    outcome_count: int
    expected_loss_amount: float | None  # of all scored rows; None where the portfolio declares none

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
        return tuple(self.current["statement_month"].unique().sort())


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """How the batch's scores fared against its outcomes. `evaluation` is None when none is known."""

    evaluation: Evaluation | None
    verdict: Verdict
    coverage_share: float  # of the scored rows, those with a known outcome


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """How far the batch has moved from the reference, and what that means."""

    report: DriftReport
    verdict: Verdict


def find_batch(wiring: Wiring, batch_id: str | None, *, model_version: int | None = None) -> MonitoredBatch:
    """The batch under this id, or the one scored last, as that model version saw it, or the one that scored it last.

    Raises:
        InputError: nothing was scored under that id, or nothing at all, or the batch is of another portfolio.
    """
    known = scan_table(wiring.lake, "scores").select("batch_id", "model_version", "scored_at")
    wanted = known if batch_id is None else known.filter(pl.col("batch_id") == batch_id)
    wanted = wanted if model_version is None else wanted.filter(pl.col("model_version") == model_version)
    newest = collect_rows(wiring.lake, wanted.sort("scored_at", "model_version", descending=True).head(1))
    if newest.is_empty():
        raise InputError(
            f"batch {batch_id}" if batch_id else f"lake {wiring.lake.uri}", found="no scores",
            expected="a batch that was scored", remedy="Score one with `credit-default predict FILE`.",
        )  # fmt: skip
    found_id, found_version = newest.select("batch_id", "model_version").row(0)
    snapshot = read_snapshot(wiring.lake, found_id)
    refuse_other_portfolio(wiring, snapshot.origin.schema_name, thing=f"batch {found_id}")
    scored = _join_scores(wiring, snapshot, found_version)
    current, losses = scored.drop(EXPECTED_LOSS), scored[EXPECTED_LOSS].drop_nulls()
    outcomes = read_outcomes(wiring.lake, months=current["statement_month"].unique().to_list()).select(*KEY, OUTCOME)
    labelled = current.join(outcomes, on=KEY, how="left", maintain_order="left")
    outcome_count = labelled[OUTCOME].count()
    return MonitoredBatch(
        snapshot, found_version, wiring.registry.load_version(wiring.registry.find_version(found_version)),
        labelled if outcome_count else current, outcome_count, float(losses.sum()) if len(losses) else None,
    )  # fmt: skip


def recall_findings(lake: Lake, *, batch_id: str, model_version: int) -> Summary | None:
    """What the monitors found when they last looked at this version's scores of the batch; None when they never did."""
    found = read_monitoring(lake).filter(batch_id=batch_id, model_version=model_version)
    if found.is_empty():
        return None
    verdicts = tuple(
        Verdict(row["gate"], row["level"], tuple(row["reasons"]), json.loads(row["figures"]))
        for row in found.iter_rows(named=True)
    )
    reports = [path for path in found["report_path"] if path]
    return Summary(
        "monitor", "as found before", verdicts=verdicts, paths={"report (html)": reports[-1]} if reports else {}
    )


def find_drift(wiring: Wiring, batch: MonitoredBatch, *, report: ReportKind) -> Drift:
    """The batch's drift from its model's reference, with an Evidently report in the lake and the gate's verdict.

    Each column weighs what it is to the model.
    """
    with publication(wiring.lake, batch_id=batch.batch_id, model_version=batch.model_version) as pages:
        drift_report = compare(
            reference=batch.bundle.reference, current=batch.current, schema=wiring.schema,
            policy=wiring.settings.drift, folder=pages.folder,
            title=ReportTitle(batch.batch_id, batch.model_version, simulated=batch.data_origin == SIMULATED),
            full=report == "full",
        )  # fmt: skip
        verdict = judge_drift(
            drift_report, row_count=batch.current.height, policy=wiring.settings.drift,
            importance=measure_input_importance(batch.bundle),
        )  # fmt: skip
        publish_verdict(drift_report, verdict)
        paths = name_published(pages, drift_report.report_paths)
    return Drift(replace(drift_report, report_paths=paths), verdict)


def evaluate_batch(wiring: Wiring, batch: MonitoredBatch) -> Performance:
    """How the scores fared against the outcomes known by now; `not judged` while there are none or too few."""
    if not batch.outcome_count:
        verdict = Verdict("performance", "not judged", ("no outcome is known yet",))
        return Performance(None, verdict, 0.0)
    known = batch.current.drop_nulls(OUTCOME)
    evaluation = evaluate(
        known[OUTCOME].to_numpy(), known["default_probability"].to_numpy(),
        policy=batch.bundle.decision_policy, seed=wiring.settings.seed,
    )  # fmt: skip
    verdict = judge_performance(
        evaluation, policy=wiring.settings.performance, test_roc_auc=_measure_reference_auc(batch.bundle)
    )
    return Performance(evaluation, verdict, batch.outcome_count / batch.current.height)


def _join_scores(wiring: Wiring, snapshot: Snapshot, model_version: int) -> pl.DataFrame:
    rows = pl.concat(list(read_rows(snapshot)))
    scores = read_scores(
        wiring.lake, batch_id=snapshot.digest, model_version=model_version,
        columns=(*KEY, "default_probability", "decision", EXPECTED_LOSS),
    )  # fmt: skip
    if OUTCOME in rows.columns:
        rows = rows.drop(OUTCOME)
    return rows.join(scores, on=KEY, how="inner", maintain_order="left")


def _measure_reference_auc(bundle: ModelBundle) -> float | None:
    from sklearn.metrics import roc_auc_score

    reference = bundle.reference
    if reference is None or OUTCOME not in reference.columns or reference[OUTCOME].n_unique() < 2:  # noqa: PLR2004
        return None
    return float(roc_auc_score(reference[OUTCOME].to_numpy(), np.asarray(reference["default_probability"])))
