import dataclasses
import datetime as dt
import shutil

import pytest

from credit_default.adapters.tables.alarms import open_alarm
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.gates.monitoring.alarms import CLOSED_AS_SUPERSEDED, Alarm
from credit_default.gates.verdict import Verdict
from credit_default.services.monitoring.findings_record import write_verdict_row
from credit_default.services.monitoring.follow_up import (
    follow_up,
    update_alarms_after_promotion,
)
from credit_default.services.monitoring.monitored_batch import find_batch
from credit_default.services.monitoring.retraining import is_retraining_requested
from credit_default.services.monitoring.retraining_explanation import explain_retraining
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
        write_verdict_row(wiring.lake, batch, verdict, at=at)
    return follow_up(wiring, batch, Summary("monitor", "so", verdicts=verdicts), at=at)


def test_model_that_is_wrong_opens_an_alarm_and_asks_for_a_training_once(own_lake, batch):
    first = judge(own_lake, batch, WRONG)
    again = judge(own_lake, batch, WRONG, minute=1)

    assert [alarm.alarm_id for alarm in first.update.opened] == ["performance v1 2005-11"]
    assert (first.retraining.decision.action, first.retraining.is_new) == ("train", True)
    assert (again.retraining.decision.action, again.retraining.is_new) == ("train", False)
    assert again.update.opened == ()
    assert [is_retraining_requested(found.summary) for found in (first, again)] == [True, True]
    assert first.summary.find_verdict("retraining").reasons[0] == "a retraining is requested"
    assert first.summary.notes == ("alarm: performance of version 1, since month 2005-11",)
    events = [entry.event for entry in read_entries(own_lake.lake)]
    assert events[-2:] == ["alarm opened", "retraining requested"]


def test_quiet_batch_adds_nothing_to_its_summary(own_lake, batch):
    quiet = Verdict("drift", "ok", ("quiet",))

    followed = judge(own_lake, batch, quiet)

    assert not is_retraining_requested(followed.summary)
    assert followed.summary == Summary("monitor", "so", verdicts=(quiet,))
    assert sorted(read_monitoring(own_lake.lake)["gate"]) == ["drift", "retraining"]


def test_it_is_explained_why_a_training_is_asked_for_and_why_not(own_lake, batch):
    before = explain_retraining(own_lake, now=NOON)
    judge(own_lake, batch, WRONG)
    after = explain_retraining(own_lake, now=NOON)

    assert (before.status, before.exit_code, before.model_version) == (
        "no retraining is requested",
        0,
        1,
    )
    assert before.verdicts[0].reasons[0] == "no alarm is open"
    assert after.status == "a retraining is requested"
    assert after.notes == ("alarm: performance of version 1, since month 2005-11",)


def test_alarm_is_closed_when_its_version_is_no_longer_the_champion(own_lake, batch):
    other = dataclasses.replace(batch, model_version=2)
    write_verdict_row(own_lake.lake, other, WRONG, at=NOON)
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
