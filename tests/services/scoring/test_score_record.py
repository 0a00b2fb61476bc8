import datetime as dt
import json
from dataclasses import replace

import polars as pl
import pytest

from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.errors import ServiceError
from credit_default.failpoints import armed_failpoint
from credit_default.gates.verdict import Verdict
from credit_default.services.intake.file_check import check_file
from credit_default.services.monitoring.batch_performance import Performance, evaluate_batch
from credit_default.services.monitoring.earlier_findings import read_batch_findings
from credit_default.services.monitoring.findings_record import record_findings
from credit_default.services.monitoring.monitored_batch import find_batch
from credit_default.services.scoring.score_batch import score_file
from credit_default.services.scoring.score_record import record_scores
from credit_default.services.training.register_and_promote import (
    Registered,
    apply_promotion_verdict,
)

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
FINE = Verdict("quality", "ok", ("every row holds",))


@pytest.fixture
def batch(champion_lake, score_rows, known_rows):
    """Makes a scored batch of these many November rows from this place on, with nothing known of it."""

    def make(start, count=60):
        rows = known_rows.filter(statement_month="2005-11").slice(start, count)
        return find_batch(champion_lake.wiring, score_rows(rows.drop("defaulted")).batch_id)

    return make


def get_run(champion_lake, run_id):
    return champion_lake.wiring.tracking.client.get_run(run_id)


def test_training_is_recorded_with_what_it_takes_to_repeat_it(champion_lake):
    run = get_run(champion_lake, champion_lake.summary.run_id)

    assert run.data.params["recipe.tree_count"] == "12"
    assert run.data.params["decision.threshold"] == str(
        champion_lake.champion.bundle.decision_policy.threshold
    )
    assert run.data.tags["git_commit"] == "0123abc"
    assert run.data.tags["model_version"] == "1"
    assert run.data.tags["digest"] == champion_lake.champion.bundle.digest
    assert int(run.data.params["development_row_count"]) == champion_lake.champion.bundle.row_count


def test_a_batch_that_one_run_scored_and_another_entered_has_one_run(
    champion_lake, known_rows, tmp_path
):
    wiring, champion = champion_lake.wiring, champion_lake.champion
    path = tmp_path / "raced.csv"
    known_rows.filter(statement_month="2005-11").drop("defaulted").slice(1500, 40).write_csv(path)
    checked = check_file(wiring, str(path), month=None, outcome="ignored")
    later = NOON + dt.timedelta(seconds=1)
    summaries = []

    def enter_first():
        if not summaries:
            summaries.append(None)
            scored = score_file(wiring, checked, champion, scored_at=later)
            summaries[0] = record_scores(wiring, checked, scored, FINE, recorded_at=later)

    with armed_failpoint("predict.scored", enter_first):
        scored = score_file(wiring, checked, champion, scored_at=NOON)
    summary = record_scores(wiring, checked, scored, FINE, recorded_at=later)

    tags = f"tags.batch_id = '{scored.batch_id}'"
    experiment = wiring.tracking.client.get_experiment_by_name("credit-default/predict")
    (run,) = wiring.tracking.client.search_runs([experiment.experiment_id], tags)
    assert (summary.run_id, summaries[0].run_id) == (None, run.info.run_id)
    assert not scored.already_scored


def test_version_carries_the_verdict_that_promoted_it(champion_lake):
    version = champion_lake.wiring.registry.find_champion()

    assert version.tags["verdict"] == "promotion: ok"
    assert version.tags["verdict_reasons"].startswith("first model")
    assert champion_lake.summary.status == "promoted"
    assert champion_lake.summary.counts["accepted"] == champion_lake.training.rows.height


def test_challenger_that_won_against_another_champion_is_not_promoted(champion_lake):
    version = champion_lake.wiring.registry.find_champion()
    evaluation = find_evaluation(champion_lake)
    winner = Registered(replace(version, number=2), "", evaluation, None, "test side")
    passed = Verdict("promotion", "ok", ("better than nobody",))

    with pytest.raises(ServiceError):
        apply_promotion_verdict(
            champion_lake.wiring,
            winner,
            passed,
            champion=None,
            rows=champion_lake.training,
            decided_at=NOON,
        )

    assert champion_lake.wiring.registry.find_champion() == version


def test_scored_batch_has_a_run_under_its_batch_and_version(
    champion_lake, score_rows, known_rows, tmp_path
):
    rows = known_rows.filter(statement_month="2005-10").tail(80)
    scored = score_rows(rows)
    checked = check_file(
        champion_lake.wiring, str(tmp_path / "batch.csv"), month=None, outcome="ignored"
    )

    summary = record_scores(champion_lake.wiring, checked, scored, FINE, recorded_at=NOON)

    run = get_run(champion_lake, summary.run_id)
    assert (run.data.tags["batch_id"], run.data.tags["model_version"]) == (scored.batch_id, "1")
    assert run.data.metrics["read"] == 80
    assert summary.months == {"2005-10": 80}
    assert run.data.metrics["scored"] + run.data.metrics["quarantined"] == 80
    assert run.data.metrics["expected_default_share"] == pytest.approx(
        scored.expected_default_share
    )
    losses = scored.expected_losses
    assert summary.figures["expected loss"] == pytest.approx(losses["accept"] + losses["decline"])
    assert summary.figures["expected loss declined"] == losses["decline"]
    assert summary.figures["expected loss band C"] == losses["band C"]
    assert run.data.metrics["expected_loss"] == pytest.approx(summary.figures["expected loss"])
    assert not any(
        "band" in name for name in run.data.metrics
    )  # a band may have a name that MLflow refuses
    assert any("SIMULATED" in note for note in summary.notes)
    assert any("outcome column" in note for note in summary.notes)


def test_batch_that_was_scored_before_adds_no_run(champion_lake, score_rows, known_rows, tmp_path):
    rows = known_rows.filter(statement_month="2005-10").tail(160).head(80)
    scored = score_rows(rows)
    checked = check_file(
        champion_lake.wiring, str(tmp_path / "batch.csv"), month=None, outcome="ignored"
    )
    record_scores(champion_lake.wiring, checked, scored, FINE, recorded_at=NOON)

    summary = record_scores(champion_lake.wiring, checked, score_rows(rows), FINE, recorded_at=NOON)

    assert (summary.status, summary.run_id) == ("already scored, nothing done", None)


def test_scores_whose_run_a_crash_prevented_are_recorded_by_the_next_try(
    champion_lake, score_rows, known_rows, tmp_path
):
    rows = known_rows.filter(statement_month="2005-10").tail(240).head(80)
    first = score_rows(rows)
    checked = check_file(
        champion_lake.wiring, str(tmp_path / "batch.csv"), month=None, outcome="ignored"
    )

    others = score_rows(rows, scored_at=NOON)
    soon = record_scores(champion_lake.wiring, checked, others, FINE, recorded_at=first.scored_at)
    summary = record_scores(champion_lake.wiring, checked, score_rows(rows), FINE, recorded_at=NOON)

    assert soon.run_id is None  # the run that scored it may be about to record it
    assert (summary.status, summary.batch_id) == ("already scored, nothing done", first.batch_id)
    assert get_run(champion_lake, summary.run_id).data.metrics["scored"] == 80


def test_a_run_that_was_stopped_until_another_had_recorded_its_scores_adds_no_second_run(
    champion_lake, score_rows, known_rows, tmp_path
):
    rows = known_rows.filter(statement_month="2005-10").tail(320).head(80)
    stopped = score_rows(rows)
    checked = check_file(
        champion_lake.wiring, str(tmp_path / "batch.csv"), month=None, outcome="ignored"
    )
    later = stopped.scored_at + dt.timedelta(hours=2)  # or by a clock that is so much ahead
    other = score_rows(rows, scored_at=later)
    recorded = record_scores(champion_lake.wiring, checked, other, FINE, recorded_at=later)

    summary = record_scores(
        champion_lake.wiring, checked, stopped, FINE, recorded_at=stopped.scored_at
    )

    assert recorded.run_id is not None
    assert (summary.status, summary.run_id) == ("scored", None)


def test_unknown_outcomes_leave_no_row_in_the_monitoring_table(champion_lake, batch):
    found = batch(0)

    summary = record_findings(
        champion_lake.wiring,
        found,
        None,
        evaluate_batch(champion_lake.wiring, found, now=NOON),
        monitored_at=NOON,
    )

    assert [verdict.level for verdict in summary.verdicts] == ["not judged"]
    assert summary.status == "not judged"
    assert read_monitoring(champion_lake.wiring.lake).filter(batch_id=found.batch_id).is_empty()


def test_monitoring_again_replaces_what_was_found_before(champion_lake, batch):
    found = batch(60)
    evaluation = find_evaluation(champion_lake)

    for level, minute in (("watch", 0), ("alarm", 5)):
        verdict = Verdict("performance", level, (f"it is {level}",), {"roc_auc": 0.5})
        record_findings(
            champion_lake.wiring,
            found,
            None,
            Performance(evaluation, verdict, 0.25),
            monitored_at=NOON.replace(minute=minute),
        )

    kept = read_monitoring(champion_lake.wiring.lake).filter(batch_id=found.batch_id)
    assert kept.select("gate", "level", "model_version", "row_count").rows() == [
        ("performance", "alarm", 1, 60)
    ]
    assert kept["reasons"].to_list() == [["it is alarm"]]
    assert json.loads(kept["figures"][0]) == {"roc_auc": 0.5}
    assert kept["expected_loss"].to_list() == [found.scores.expected_loss_amount]
    assert kept["monitored_at"].to_list() == [NOON.replace(minute=5)]


@pytest.mark.parametrize(
    ("level", "status"), [("ok", "quiet"), ("watch", "watch"), ("alarm", "performance alarm")]
)
def test_status_says_what_the_monitors_found(champion_lake, batch, level, status):
    found = batch({"ok": 120, "watch": 180, "alarm": 240}[level])
    performance = Performance(
        find_evaluation(champion_lake), Verdict("performance", level, ("so",)), 0.5
    )

    summary = record_findings(champion_lake.wiring, found, None, performance, monitored_at=NOON)

    run = get_run(champion_lake, summary.run_id)
    assert summary.status == status
    assert run.data.tags["performance_level"] == level
    assert summary.figures["coverage of outcomes"] == 0.5


def find_evaluation(champion_lake):
    from credit_default.model.evaluation.metrics import evaluate

    reference = champion_lake.champion.bundle.reference
    policy = champion_lake.champion.bundle.decision_policy
    return evaluate(
        reference["defaulted"].to_numpy(),
        reference["default_probability"].to_numpy(),
        policy=policy,
        seed=1,
    )


def test_two_gates_of_one_batch_are_kept_side_by_side(champion_lake, batch):
    found = batch(300)
    for gate in ("performance", "drift"):
        performance = Performance(find_evaluation(champion_lake), Verdict(gate, "ok", ("so",)), 0.5)
        record_findings(champion_lake.wiring, found, None, performance, monitored_at=NOON)

    kept = read_monitoring(champion_lake.wiring.lake).filter(pl.col("batch_id") == found.batch_id)
    assert sorted(kept["gate"]) == ["drift", "performance"]


def test_findings_can_be_read_back_and_none_where_nothing_was_monitored(champion_lake, batch):
    found = batch(360)
    lake, key = champion_lake.wiring.lake, {"batch_id": found.batch_id, "model_version": 1}
    before = read_batch_findings(lake, **key)
    verdict = Verdict("performance", "watch", ("so", "and so"), {"roc_auc": 0.7})

    record_findings(
        champion_lake.wiring,
        found,
        None,
        Performance(find_evaluation(champion_lake), verdict, 0.5),
        monitored_at=NOON,
    )

    assert before is None
    assert read_batch_findings(lake, **key).verdicts == (verdict,)
    assert read_batch_findings(lake, batch_id=found.batch_id, model_version=2) is None
