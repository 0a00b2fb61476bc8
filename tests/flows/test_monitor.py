import datetime as dt
import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.adapters.tables.queries import read_scores, write_scores
from credit_default.errors import InputError
from credit_default.flows.monitor import monitor
from credit_default.flows.predict import predict
from credit_default.flows.runs.context import connect
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.training.known_rows import read_known_rows

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture(scope="module")
def quiet_batch(trained, simulated_files):
    return (
        predict(batch=str(simulated_files.batch), overrides=trained, return_state=True)
        .result()
        .batch_id
    )


@pytest.fixture(scope="module")
def drifted_batch(trained, simulated_files):
    return (
        predict(batch=str(simulated_files.drifted), overrides=trained, return_state=True)
        .result()
        .batch_id
    )


def run(batch_id, overrides, **options):
    return monitor(batch_id=batch_id, overrides=overrides, return_state=True, **options)


def test_clean_batch_stays_quiet_and_has_a_report(trained, quiet_batch, drawn_pages):
    state = run(quiet_batch, trained, report="drift")

    summary = state.result()
    assert (state.name, summary.verdicts[0].level) == ("Quiet", "ok")
    page = Path(summary.paths["report (html)"]).read_text(encoding="utf-8")
    assert quiet_batch in page
    assert "SIMULATED" in page


def test_drifted_batch_is_a_completed_run_named_for_it(trained, drifted_batch, drawn_pages):
    state = run(drifted_batch, trained, report="drift")

    assert (state.name, state.type.value) == ("DriftFound", "COMPLETED")
    assert any("repayment_status_m1" in reason for reason in state.result().verdicts[0].reasons)
    page = Path(state.result().paths["report (html)"]).read_text(encoding="utf-8")
    assert "drift: alarm" in page
    assert "Dataset Drift is" not in page


def test_no_page_is_owed_where_none_is_wanted(trained, quiet_batch, tmp_path):
    lake = shutil.copytree(trained["lake"], tmp_path / "lake")
    none = {**trained, "lake": str(lake), "draw_report": "none"}

    summary = run(quiet_batch, none, report="drift").result()

    assert summary.verdicts[0].level == "ok"
    assert not [name for name in summary.paths if name.startswith("report")]
    owed = (lake / "reports" / "owed").rglob("*")  # an empty folder may be there from before
    assert not [path for path in owed if path.is_file()]


def test_broken_feed_raises_an_alarm_where_hardly_anything_drifted(
    trained, simulated_files, tmp_path
):
    rows = pl.read_csv(simulated_files.batch, infer_schema=False).with_columns(sex=pl.lit("1"))
    rows.write_csv(tmp_path / "one-sex.csv")
    batch_id = (
        predict(batch=str(tmp_path / "one-sex.csv"), overrides=trained, return_state=True)
        .result()
        .batch_id
    )

    state = run(batch_id, trained, report="drift")

    verdicts = {verdict.gate: verdict for verdict in state.result().verdicts}
    assert (state.name, state.result().status) == ("FeedBroken", "feed alarm")
    assert (verdicts["drift"].level, verdicts["feed"].level) == ("watch", "alarm")
    assert verdicts["feed"].reasons == ("one value in every row: 'sex'",)


@pytest.mark.nightly
def test_monitored_batches_are_in_a_workspace_of_evidently(trained, drifted_batch, drawn_pages):
    summary = run(drifted_batch, trained, report="drift").result()

    runs = [
        json.loads(path.read_bytes())
        for path in Path(summary.paths["evidently ui"]).glob("*/snapshots/*.json")
    ]
    (found,) = (run for run in runs if run["metadata"]["batch_id"] == drifted_batch)
    assert "drift: alarm" in found["tags"]


def test_findings_are_in_mlflow_and_in_the_monitoring_table(trained, drifted_batch):
    summary = run(drifted_batch, trained, report="drift").result()

    found = connect(trained, []).tracking.client.get_run(summary.run_id)
    kept = read_monitoring(connect(trained, []).lake).filter(batch_id=drifted_batch, gate="drift")
    assert found.data.tags["batch_id"] == drifted_batch
    assert found.data.tags["drift_level"] == "alarm"
    assert found.data.metrics["drift_repayment_status_m1"] > 0.1
    assert kept["level"].to_list() == ["alarm"]
    figures = json.loads(kept["figures"][0])
    assert figures["drifted_count"] >= 1
    assert figures["expected_default_share"] > figures["reference_default_share"] + 0.05
    assert found.data.metrics["drift_decision"] > 0.1
    assert found.data.tags["feed_level"] in {"ok", "watch", "alarm"}


def test_performance_is_not_judged_before_any_outcome_is_known(trained, drifted_batch):
    summary = run(drifted_batch, trained, report="none").result()

    assert summary.find_verdict("performance").level == "not judged"
    assert summary.find_verdict("drift") is None
    assert summary.counts["outcomes"] == 0


def test_performance_is_judged_once_outcomes_are_known(
    trained, simulated_files, quiet_batch, drawn_pages
):
    ingest_outcomes_file(connect(trained, []), str(simulated_files.outcomes), taken_in_at=NOON)

    after = run(quiet_batch, trained, report="full").result()

    gates = [verdict.gate for verdict in after.verdicts if verdict.gate != "retraining"]
    assert gates == ["drift", "feed", "volume", "estimate", "fairness", "performance"]
    assert after.counts == {"compared": 1000, "outcomes": 1000}
    assert 0.6 < after.figures["roc_auc, this batch"] < 0.9
    assert Path(after.paths["report (quality html)"]).exists()


def test_outcomes_of_one_class_are_not_judged_and_show_no_metric(
    trained, simulated_files, drifted_batch, tmp_path
):
    all_defaulted = read_scores(connect(trained, []).lake, batch_id=drifted_batch).select(
        "client_id", "statement_month", defaulted=1, observed_at=pl.lit("2005-12-01")
    )
    all_defaulted.write_csv(tmp_path / "outcomes.csv")
    ingest_outcomes_file(connect(trained, []), str(tmp_path / "outcomes.csv"), taken_in_at=NOON)

    summary = run(drifted_batch, trained, report="none").result()

    assert summary.find_verdict("performance").level == "not judged"
    assert summary.counts["outcomes"] == 1000
    assert set(summary.figures) == {"coverage of outcomes"}


def test_batch_that_was_never_scored_is_refused(trained):
    with pytest.raises(InputError, match="no scores"):
        run("0123456789abcdef", trained).result()


def test_small_batch_is_not_judged_and_says_so(trained, simulated_files, tmp_path):
    pl.read_csv(simulated_files.batch, infer_schema=False).head(100).write_csv(
        tmp_path / "small.csv"
    )
    batch_id = (
        predict(batch=str(tmp_path / "small.csv"), overrides=trained, return_state=True)
        .result()
        .batch_id
    )

    state = run(batch_id, trained, report="drift")

    assert (state.name, state.result().status) == ("NotJudged", "not judged")


def test_each_version_is_compared_with_its_own_reference(trained, quiet_batch, tmp_path):
    ignored = shutil.ignore_patterns("prefect")
    lake = shutil.copytree(trained["lake"], tmp_path / "lake", ignore=ignored)
    overrides = {**trained, "lake": str(lake)}  # version 99 is on no record: other tests verify
    wiring = connect(overrides, [])
    scores = read_scores(wiring.lake, batch_id=quiet_batch)
    other = scores.with_columns(
        model_version=pl.lit(99, dtype=pl.Int64), scored_at=pl.col("scored_at").dt.offset_by("1d")
    )
    write_scores(wiring.lake, lambda: [other], batch_id=quiet_batch, model_version=99)

    summary = run(quiet_batch, overrides, report="none", model_version=1).result()

    assert summary.model_version == 1


def test_outcome_observed_later_corrects_the_file_that_was_learned_from(
    trained, simulated_files, tmp_path
):
    overrides = {**trained, "lake": str(tmp_path / "lake")}
    wiring = connect(overrides, [])
    ingest_file(wiring, str(simulated_files.training), month=None, corrects=None, kept_at=NOON)
    first = read_known_rows(wiring, now=NOON).rows.head(1)
    flipped = first.select(
        "client_id",
        "statement_month",
        defaulted=1 - pl.col("defaulted"),
        observed_at=pl.lit("2005-11-30"),
    )
    flipped.write_csv(tmp_path / "correction.csv")

    ingest_outcomes_file(wiring, str(tmp_path / "correction.csv"), taken_in_at=NOON)

    known = read_known_rows(wiring, now=NOON).rows
    corrected = known.filter(client_id=first["client_id"][0])["defaulted"].to_list()
    assert known.height == 3_000
    assert corrected == [1 - first["defaulted"][0]]
