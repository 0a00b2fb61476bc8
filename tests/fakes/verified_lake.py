"""A small lake in which everything has happened that the verifier checks: made once, copied by each test that spoils it."""

import datetime as dt
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.gates.ledger.version_events import ChampionKept
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe, calibrate_pipeline
from credit_default.model.estimator.scoring import attach_reference
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.services.audit.erasure import forget_client
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.services.governance.findings import close_finding, open_finding, review_version
from credit_default.services.governance.overrides import override_decision
from credit_default.services.intake.file_check import check_file
from credit_default.services.monitoring.batch_drift import find_drift
from credit_default.services.monitoring.batch_performance import (
    evaluate_batch,
    judge_without_outcomes,
)
from credit_default.services.monitoring.findings_record import record_findings
from credit_default.services.monitoring.follow_up import follow_up
from credit_default.services.monitoring.monitored_batch import find_batch
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.scoring.shadow_run import score_in_shadow
from credit_default.settings import load_settings

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
SALT = "0123456789abcdef"
ROW_COUNT = 300
MEMBERS = (
    {"family": "forest", "tree_count": 5, "maximum_depth": 4},
    {"family": "boosting", "tree_count": 5, "maximum_depth": 3},
    "scorecard",
)


def make_verified_lake(
    folder: Path, *, champion: Path, files: Any, settings: Mapping[str, Any]
) -> None:
    """Fill the folder: a copy of the lake with a champion, and a life of batches, outcomes, monitors and people's decisions."""
    shutil.copytree(champion, folder, dirs_exist_ok=True)
    loaded = load_settings({**settings, "lake": str(folder)}, environment={}).settings
    wiring = build_wiring(loaded, commit="0123abc")
    _keep_challenger(wiring, files.training)
    rows = pl.read_csv(files.batch, infer_schema=False).head(ROW_COUNT)
    spoiled = rows.with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 2).then(pl.lit("9")).otherwise("sex")
    )
    quiet = _score(wiring, spoiled, "quiet.csv", at=NOON)
    late = pl.read_csv(files.drifted, infer_schema=False).head(ROW_COUNT)
    drifted = _score(wiring, late, "drifted.csv", at=NOON + dt.timedelta(hours=1))
    _take_in_outcomes(wiring, files.outcomes)
    for hour, batch_id in enumerate((quiet, drifted), 3):
        _monitor(wiring, batch_id, at=NOON + dt.timedelta(hours=hour))
    _decide(wiring, quiet)
    others = rows.head(20).with_columns(client_id=pl.format("SIM-other-{}", pl.int_range(pl.len())))
    _score(wiring, others, "others.csv", at=NOON + dt.timedelta(hours=6))
    forget_client(wiring, "SIM-other-7", forgotten_at=NOON + dt.timedelta(hours=7))
    for name in ("prefect", "evidently", "rehearsal"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _keep_challenger(wiring: Wiring, training: Path) -> None:
    """Register a calibrated blend that the gate kept out: what scores in the shadow."""
    rows = pl.read_csv(training, schema_overrides={"client_id": pl.String})
    bundle = fit(
        Recipe(family="blend", members=MEMBERS, weights=(1.0, 2.0, 1.0)),
        rows.head(1_500),
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
    )
    if bundle.calibration is None:
        line = Calibration(slope=0.9, intercept=-0.1)
        bundle = replace(bundle, pipeline=calibrate_pipeline(bundle.pipeline, line))
    bundle = attach_reference(bundle, rows.tail(500))
    with wiring.tracking.start_run("train", name="second", tags={}) as run:
        version = wiring.registry.register(
            run, bundle, metrics={}, tags={"data_origin": "simulated"}
        )
    verdict = Verdict("promotion", "refused", ("champion stays: a tie",), {"log_loss_gain": 0.0})
    wiring.registry.record_verdict(version, verdict)
    append_ledger_entry(
        wiring,
        ChampionKept(model_digest=version.digest, level="refused", by="gate"),
        key=f"judged v{version.number} {version.run_id}",
        at=NOON,
        model_version=version.number,
    )


def _score(wiring: Wiring, rows: pl.DataFrame, name: str, *, at: dt.datetime) -> str:
    """Score the rows and their shadow as `predict` does, and leave the file where it is moved to."""
    path = Path(wiring.lake.uri) / "incoming" / name
    path.parent.mkdir(exist_ok=True)
    rows.write_csv(path)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    checked = check_file(wiring, str(path), month=None, outcome="ignored")
    scored = score_file(wiring, checked, load_champion(wiring, checked), scored_at=at)
    score_in_shadow(wiring, scored.batch_id, champion=1, clock=lambda: at)
    processed = Path(wiring.lake.uri) / "processed"
    processed.mkdir(exist_ok=True)
    path.rename(processed / f"{scored.batch_id}-{name}")
    return str(scored.batch_id)


def _take_in_outcomes(wiring: Wiring, outcomes: Path) -> None:
    rows = pl.read_csv(outcomes, infer_schema=False).head(ROW_COUNT)
    path = Path(wiring.lake.uri) / "outcomes.csv"
    rows.with_columns(
        defaulted=pl.when(pl.int_range(pl.len()) < 1).then(pl.lit("7")).otherwise("defaulted")
    ).write_csv(path)
    ingest_outcomes_file(wiring, str(path), taken_in_at=NOON + dt.timedelta(hours=2))
    path.unlink()


def _monitor(wiring: Wiring, batch_id: str, *, at: dt.datetime) -> None:
    batch = find_batch(wiring, batch_id, model_version=None)
    drift = find_drift(wiring, batch, report="drift")
    found = record_findings(
        wiring,
        batch,
        drift,
        evaluate_batch(wiring, batch, now=at),
        label_free_findings=judge_without_outcomes(wiring, batch),
        monitored_at=at,
    )
    follow_up(wiring, batch, found, at=at)


def _decide(wiring: Wiring, batch_id: str) -> None:
    later = NOON + dt.timedelta(hours=5)
    clients = pl.read_delta(wiring.lake.table_uri("scores")).filter(batch_id=batch_id)
    for place, client in enumerate(clients.filter(decision="decline")["client_id"].sort().head(2)):
        override_decision(
            wiring,
            batch_id,
            client,
            decision="accept",
            reason="income was proved",
            by="Ada",
            decided_at=later,
            salt=f"{SALT}{place}",
        )
    opened = {"severity": "high", "owner": "Risk", "due": "2006-06-30", "by": "Ada"}
    open_finding(wiring, 1, title="too low in band C", opened_at=later, **opened)
    found = pl.read_delta(wiring.lake.table_uri("findings"))["finding_id"][0]
    close_finding(wiring, found, reason="recalibrated", by="Ada", closed_at=later)
    open_finding(wiring, 1, title="thin in band E", opened_at=later, **opened)
    review_version(
        wiring,
        1,
        tier=1,
        opinion="fit for use",
        next_review="2006-12-31",
        reason="all in order",
        by="Ada",
        reviewed_at=later,
    )
