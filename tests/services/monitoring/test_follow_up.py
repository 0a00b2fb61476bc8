import dataclasses
import datetime as dt
import shutil

import pytest

from credit_default.adapters.tables.alarms import open_alarm
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.gates.monitoring.alarms import CLOSED_AS_SUPERSEDED, Alarm
from credit_default.gates.verdict import Verdict
from credit_default.services.monitoring.batch_drift import find_batch
from credit_default.services.monitoring.batch_performance import (
    evaluate_batch,
    judge_without_outcomes,
    read_past_estimates,
)
from credit_default.services.monitoring.findings_record import write_verdict_row
from credit_default.services.monitoring.follow_up import (
    explain_retraining,
    follow_up,
    update_alarms_after_promotion,
)
from credit_default.views.summaries.summary import Summary

NOON = dt.datetime(2006, 3, 1, 12, tzinfo=dt.UTC)
WRONG = Verdict("performance", "alarm", ("ROC AUC .55",), {"roc_auc": 0.55})


@pytest.fixture(scope="module")
def november(known_rows):
    return known_rows.filter(statement_month="2005-11").drop("defaulted")


@pytest.fixture
def batch(champion_lake, score_rows, november):
    return find_batch(champion_lake.wiring, score_rows(november.slice(700, 300)).batch_id)


@pytest.fixture
def own_lake(champion_lake, make_wiring, tmp_path):
    """A wiring to a lake with the champion in which nothing was monitored yet."""
    shutil.copytree(champion_lake.untouched, tmp_path / "lake")
    return make_wiring()


def judge(wiring, batch, *verdicts, minute=0):
    at = NOON.replace(minute=minute)
    for verdict in verdicts:
        write_verdict_row(wiring, batch, verdict, at=at)
    return follow_up(wiring, batch, Summary("monitor", "so", verdicts=verdicts), at=at)


def test_model_that_is_wrong_opens_an_alarm_and_asks_for_a_training_once(own_lake, batch):
    first = judge(own_lake, batch, WRONG)
    again = judge(own_lake, batch, WRONG, minute=1)

    assert [alarm.alarm_id for alarm in first.update.opened] == ["performance v1 2005-11"]
    assert (first.retraining.is_asked, first.retraining.is_new) == (True, True)
    assert (again.update.opened, again.retraining.is_asked, again.retraining.is_new) == (
        (),
        True,
        False,
    )
    assert first.summary.find_verdict("retraining").reasons[0] == "a training is asked for"
    assert first.summary.notes == ("alarm: performance of version 1, since month 2005-11",)
    events = [entry.event for entry in read_entries(own_lake.lake)]
    assert events[-2:] == ["alarm opened", "retraining requested"]


def test_quiet_batch_adds_nothing_to_its_summary(own_lake, batch):
    quiet = Verdict("drift", "ok", ("quiet",))

    followed = judge(own_lake, batch, quiet)

    assert followed.summary == Summary("monitor", "so", verdicts=(quiet,))
    assert sorted(read_monitoring(own_lake.lake)["gate"]) == ["drift", "retraining"]


def test_it_is_explained_why_a_training_is_asked_for_and_why_not(own_lake, batch):
    before = explain_retraining(own_lake)
    judge(own_lake, batch, WRONG)
    after = explain_retraining(own_lake)

    assert (before.status, before.exit_code, before.model_version) == (
        "no training is asked for",
        0,
        1,
    )
    assert before.verdicts[0].reasons[0] == "no alarm is open"
    assert after.status == "a training is asked for"
    assert after.notes == ("alarm: performance of version 1, since month 2005-11",)


def test_batch_has_an_outlook_before_any_outcome(champion_lake, batch):
    outlook = judge_without_outcomes(champion_lake.wiring, batch)

    assert [verdict.gate for verdict in outlook.verdicts] == ["estimate", "fairness"]
    assert outlook.verdict.figures["default_share"] == pytest.approx(
        batch.scores.probability.mean()
    )
    assert outlook.verdict.figures["row_count"] == 300
    assert outlook.fairness.level in {"ok", "not judged"}


def test_estimate_is_told_beside_the_error_of_those_that_met_their_outcomes(own_lake, batch):
    promised = {"default_share": 0.2, "default_share_low": 0.18, "default_share_high": 0.22}
    judge(own_lake, batch, Verdict("estimate", "ok", (), promised))
    before = list(read_past_estimates(own_lake.lake, model_version=1))
    judge(own_lake, batch, Verdict("performance", "ok", (), {"default_share": 0.25}))

    [compared] = read_past_estimates(own_lake.lake, model_version=1)
    assert before == []
    assert (compared.name, compared.error) == ("default_share", pytest.approx(0.05))
    assert list(read_past_estimates(own_lake.lake, model_version=1, but=batch.batch_id)) == []
    assert list(read_past_estimates(own_lake.lake, model_version=1, until="2005-10")) == []
    assert list(read_past_estimates(own_lake.lake, model_version=2)) == []


def test_batch_whose_outcomes_are_not_due_is_not_judged(champion_lake, batch):
    performance = evaluate_batch(
        champion_lake.wiring, batch, now=dt.datetime(2005, 12, 31, tzinfo=dt.UTC)
    )

    assert performance.verdict.level == "not judged"
    assert performance.evaluation is None


def test_alarm_is_settled_when_its_version_has_left_the_seat(own_lake, batch):
    other = dataclasses.replace(batch, model_version=2)
    write_verdict_row(own_lake, other, WRONG, at=NOON)
    open_alarm(
        own_lake.lake,
        Alarm("performance", 2, "2005-11", batch.batch_id, opened_at=NOON.isoformat()),
        before=None,
    )

    settled = update_alarms_after_promotion(own_lake, at=NOON)

    assert [(alarm.alarm_id, alarm.closed_because) for alarm in settled.closed] == [
        ("performance v2 2005-11", CLOSED_AS_SUPERSEDED)
    ]
    assert update_alarms_after_promotion(own_lake, at=NOON).closed == ()
