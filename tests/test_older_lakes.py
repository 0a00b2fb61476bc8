"""A lake made by an earlier version is verified, explained and scored to the same bits.

The earlier version is commit 1ea01bd,
the last one before the modules were moved into chapters. Its code is taken out of git's history and
lives one small life, from training to monitoring; this version lives the same one beside it.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from credit_default.adapters.mlflow.run_search import locate_artifact
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import read_scores
from credit_default.adapters.tables.score_digests import digest_scores
from credit_default.data.simulation.months import simulate
from credit_default.model.estimator.expected_loss import LossPolicy
from credit_default.services.audit.replay import verify_lake
from credit_default.services.champion.current import load_registered_champion
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.monitoring.batch_drift import find_drift
from credit_default.services.monitoring.batch_performance import (
    evaluate_batch,
    judge_without_outcomes,
)
from credit_default.services.monitoring.findings_record import record_findings
from credit_default.services.monitoring.follow_up import follow_up
from credit_default.services.monitoring.monitored_batch import find_batch
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.explain_client import explain_client
from credit_default.services.scoring.score_batch import (
    ScoredFile,
    load_champion,
    score_file,
)
from credit_default.services.scoring.score_record import record_scores
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.promotion_contest import judge_challenger
from credit_default.services.training.register_and_promote import (
    apply_promotion_verdict,
    register_challenger,
)
from credit_default.services.training.training_rows import read_training_rows, split_rows
from credit_default.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
OLDER_COMMIT = "1ea01bd"
OLDER_LAKE = ROOT / "tests" / "fakes" / "older_lake.py"
KEY = ["client_id", "statement_month"]
TRAINED, SCORED, OBSERVED, MONITORED = (
    dt.datetime(*day, 12, tzinfo=dt.UTC)
    for day in ((2005, 10, 2), (2005, 11, 2), (2006, 1, 2), (2006, 1, 3))
)
CODE_COMMIT = "0123abc"

pytestmark = pytest.mark.xdist_group("older-lakes")  # both lakes are made once


@dataclass(frozen=True)
class OlderLake:
    """A lake that the earlier version made: its folder, and what its script printed."""

    root: Path
    printed: dict[str, Any]

    def connect(self) -> Wiring:
        return connect(self.root)


def digest_files(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def write_files(root: Path) -> None:
    """Write a month with outcomes, a month to score with three rejected rows, and its outcomes."""
    first, second = simulate(client_count=2_000, month_count=2, seed=5)
    labels = first.outcomes.select(*KEY, "defaulted")
    first.statements.join(labels, on=KEY, maintain_order="left").write_csv(root / "training.csv")
    batch = second.statements.head(600)
    broken = pl.when(pl.int_range(pl.len()) < 3).then(9).otherwise("sex")
    batch.with_columns(sex=broken).write_csv(root / "batch.csv")
    observed = second.outcomes.head(600).select(
        *KEY, "defaulted", observed_at=pl.lit("2006-01-01T00:00:00Z")
    )
    observed.write_csv(root / "outcomes.csv")


def describe_settings(root: Path) -> dict[str, Any]:
    return {
        "lake": str(root / "lake"),
        "cache": str(root / "cache"),
        "data": str(root / "training.csv"),
        "jobs": 1,
        "report": "drift",
        "recipe": {"tree_count": 12, "maximum_depth": 6},
    }


def connect(root: Path, *, loss: LossPolicy | None = None) -> Wiring:
    settings = Settings(**describe_settings(root), loss=loss or LossPolicy())
    return build_wiring(settings, commit=CODE_COMMIT)


def extract_older_code(target: Path) -> Path:
    """The source folder of the earlier version."""
    archive = subprocess.run(
        ["git", "archive", OLDER_COMMIT, "src", "config"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        pytest.skip(
            f"commit {OLDER_COMMIT} is not in this clone: "
            "fetch the whole history with `git fetch --unshallow`"
        )
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as members:
        members.extractall(target, filter="data")
    return target / "src"


def prepare_root(root: Path, mlflow_template: Path, files: Path | None = None) -> Path:
    """A folder with the files of a life and an MLflow database with nothing in it."""
    root.mkdir(parents=True, exist_ok=True)
    if files is None:
        write_files(root)
    else:
        for path in files.glob("*.csv"):
            shutil.copy(path, root)
    (root / "lake").mkdir()
    shutil.copy(mlflow_template, root / "lake" / "mlflow.db")
    return root


@pytest.fixture(scope="module")
def older_lake(tmp_path_factory, mlflow_template) -> OlderLake:
    source = extract_older_code(tmp_path_factory.mktemp("older-code"))
    root = prepare_root(tmp_path_factory.mktemp("older-lake"), mlflow_template)
    plan = {
        "settings": describe_settings(root),
        "times": [time.isoformat() for time in (TRAINED, SCORED, OBSERVED, MONITORED)],
        "commit": CODE_COMMIT,
        "client": pl.read_csv(root / "batch.csv")["client_id"][599],
    }
    (root / "plan.json").write_text(json.dumps(plan), encoding="utf-8")

    ended = subprocess.run(
        [sys.executable, str(OLDER_LAKE), str(root)],
        env={**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    return OlderLake(root, json.loads(ended.stdout.splitlines()[-1]))


def train(wiring: Wiring) -> None:
    rows = read_training_rows(wiring, month=None, read_at=TRAINED)
    sides = split_rows(wiring, rows)
    challenger = fit_challenger(wiring, rows, sides)
    registered = register_challenger(wiring, rows, challenger, None, trained_at=TRAINED)
    verdict = judge_challenger(wiring, challenger, sides, champion=None, now=TRAINED)
    apply_promotion_verdict(
        wiring, registered, verdict, champion=None, rows=rows, decided_at=TRAINED
    )


def predict(wiring: Wiring, batch: Path, *, scored_at: dt.datetime) -> ScoredFile:
    checked = check_file(wiring, str(batch), month=None, outcome="ignored")
    verdict = judge_file(wiring, checked, judged_at=scored_at)
    champion = load_champion(wiring, checked)
    scored = score_file(wiring, checked, champion, scored_at=scored_at)
    record_scores(wiring, checked, scored, verdict, recorded_at=scored_at)
    return scored


def monitor(wiring: Wiring, batch_id: str) -> None:
    batch = find_batch(wiring, batch_id)
    drift = find_drift(wiring, batch, report="drift")
    outlook = judge_without_outcomes(wiring, batch)
    performed = evaluate_batch(wiring, batch, now=MONITORED)
    found = record_findings(
        wiring, batch, drift, performed, label_free_findings=outlook, monitored_at=MONITORED
    )
    follow_up(wiring, batch, found, at=MONITORED)


@pytest.fixture(scope="module")
def present_lake(older_lake, tmp_path_factory, mlflow_template) -> Wiring:
    """The same life, from the same files at the same times, under the present version."""
    root = prepare_root(
        tmp_path_factory.mktemp("present-lake"), mlflow_template, files=older_lake.root
    )
    # The older version knew no cures: every missed payment lost its exposure.
    wiring = connect(root, loss=LossPolicy(cure_share=0.0))
    train(wiring)
    scored = predict(wiring, root / "batch.csv", scored_at=SCORED)
    ingest_outcomes_file(wiring, str(root / "outcomes.csv"), taken_in_at=OBSERVED)
    monitor(wiring, scored.batch_id)
    return wiring


def test_every_result_of_an_older_lake_is_proved(older_lake):
    printed = older_lake.printed

    summary = verify_lake(
        older_lake.connect(), batch_id=printed["batch_id"], client_id=None, head=printed["head"]
    )

    assert summary.status == "proved", summary
    assert [verdict.gate for verdict in summary.verdicts] == ["ledger", "scores", "replay"]
    assert summary.counts == {"entries": len(printed["entries"])}
    assert summary.paths == {"head": printed["head"]}


def test_an_older_lake_that_was_copied_is_proved_without_its_original(older_lake, tmp_path):
    root = shutil.copytree(older_lake.root, tmp_path / "My Lake #1")
    shutil.rmtree(root / "lake" / "champion" / "bundles", ignore_errors=True)
    before = digest_files(older_lake.root / "lake")
    wiring = connect(root)

    (note,) = wiring.follow_lake()

    assert str(older_lake.root / "lake") in note
    addresses = [version.run_id for version in wiring.registry.list_versions()]
    assert all(
        locate_artifact(wiring.tracking, run_id, "").startswith(str(root)) for run_id in addresses
    )
    champion = load_registered_champion(wiring)
    assert champion is not None
    assert champion.bundle.digest == older_lake.printed["model_digest"]
    assert wiring.follow_lake() == ()
    assert digest_files(older_lake.root / "lake") == before


def test_the_ledger_of_an_older_lake_is_read_as_it_was_written(older_lake):
    entries = read_entries(older_lake.connect().lake)

    assert [[entry.event, entry.details] for entry in entries] == older_lake.printed["entries"]
    events = [entry.event for entry in entries]
    assert events[:4] == ["ingested", "promoted", "ingested", "scored"]
    assert "outcomes taken in" in events


def test_a_client_of_an_older_lake_gets_the_same_explanation(older_lake):
    printed = older_lake.printed
    client = json.loads((older_lake.root / "plan.json").read_text(encoding="utf-8"))["client"]

    found = explain_client(older_lake.connect(), printed["batch_id"], client)

    figures = [
        found.default_probability,
        found.forest_probability,
        found.base_probability,
        found.threshold,
        found.decision,
        found.risk_band,
        found.reasons,
        [[line.name, line.value, line.used] for line in found.inputs],
        [[dict(change.changes), change.default_probability] for change in found.changes],
    ]
    expected = list(printed["explanation"])
    added = dict(expected.pop(7))
    assert json.loads(json.dumps(figures)) == expected
    # sums of as many terms in another order; what is stored are words
    assert {part.name: part.added for part in found.contributions} == pytest.approx(
        added, rel=0, abs=1e-12
    )


def test_a_batch_that_the_older_version_scored_is_on_record_already(older_lake):
    wiring, printed = older_lake.connect(), older_lake.printed

    scored = predict(
        wiring, older_lake.root / "batch.csv", scored_at=MONITORED + dt.timedelta(days=1)
    )

    assert scored.already_scored
    assert (scored.batch_id, scored.scored_at) == (printed["batch_id"], SCORED)
    assert (scored.scored_count, scored.rejected_count) == (597, 3)
    assert read_entries(wiring.lake)[-1].entry_hash == printed["head"]
    digest = digest_scores(wiring.lake, batch_id=scored.batch_id, model_version=1)
    assert digest == printed["scores_digest"]


def test_the_older_champion_is_loaded_with_the_digest_that_it_had(older_lake):
    champion = load_registered_champion(older_lake.connect())

    assert champion is not None
    assert champion.bundle.digest == older_lake.printed["model_digest"]


@pytest.mark.nightly
def test_training_on_the_same_rows_gives_the_same_model(older_lake, present_lake):
    champion = present_lake.registry.find_champion()

    assert champion is not None
    assert champion.digest == older_lake.printed["model_digest"]


def test_scores_of_both_versions_are_the_same_bits(older_lake, present_lake):
    printed = older_lake.printed
    columns = (*KEY, "default_probability", "decision", "risk_band", "reasons", "expected_loss")
    older, present = (
        read_scores(wiring.lake, batch_id=printed["batch_id"], columns=columns).sort(KEY)
        for wiring in (older_lake.connect(), present_lake)
    )

    assert older.height == 597
    assert present.equals(older)
    digest = digest_scores(present_lake.lake, batch_id=printed["batch_id"], model_version=1)
    assert digest == printed["scores_digest"]


def test_the_ledgers_of_both_versions_are_the_same_to_the_last_hash(older_lake, present_lake):
    entries = read_entries(present_lake.lake)

    assert [[entry.event, entry.details] for entry in entries] == older_lake.printed["entries"]
    assert entries[-1].entry_hash == older_lake.printed["head"]
