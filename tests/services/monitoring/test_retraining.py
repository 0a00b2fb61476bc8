import dataclasses
import datetime as dt
import json

import polars as pl
import pytest

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.adapters.tables.queries import write_observations, write_scores
from credit_default.gates.ledger.version_events import RetrainingRequested
from credit_default.gates.monitoring.alarms import Alarm
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.monitoring.retraining import (
    find_broken_batches,
    judge_retraining_need,
    request_retraining,
)

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
CHAMPION = ModelVersion("credit-default", 3, "run", "model", "d" * 64, ("champion",), NOON, {})
BATCH = "b" * 16


def alarm(gate, version=3):
    return Alarm(gate, version, "2005-11", BATCH, opened_at=NOON.isoformat())


def find(lake, *, gate="drift", level="ok", month="2005-12", batch_id=BATCH):
    row = {
        "batch_id": batch_id,
        "model_version": 3,
        "statement_month": month,
        "gate": gate,
        "level": level,
        "reasons": [],
        "figures": "{}",
        "row_count": 10,
        "expected_loss": None,
        "data_origin": "simulated",
        "report_path": "",
        "monitored_at": NOON,
    }
    write_monitoring(lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64}))


def observe(lake, count, *, taken_in_at, observed_at="2006-02-01", batch_id="a" * 16):
    rows = pl.DataFrame({"client_id": [f"c{n}" for n in range(count)]}).with_columns(
        statement_month=pl.lit("2005-12"),
        defaulted=0,
        observed_at=pl.lit(observed_at).str.to_datetime(time_unit="us", time_zone="UTC"),
    )
    write_observations(lake, rows, batch_id=batch_id, taken_in_at=taken_in_at)


def score(lake, count):
    rows = pl.DataFrame({"client_id": [f"c{n}" for n in range(count)]}).with_columns(
        statement_month=pl.lit("2005-12"),
        default_probability=0.1,
        decision=pl.lit("accept"),
        risk_band=pl.lit("A"),
        expected_loss=pl.lit(None, dtype=pl.Float64),
        reasons=pl.lit([], dtype=pl.List(pl.String)),
        model_version=pl.lit(3, dtype=pl.Int64),
        batch_id=pl.lit(BATCH),
        scored_at=pl.lit(NOON).dt.cast_time_unit("us"),
    )
    write_scores(lake, lambda: [rows], batch_id=BATCH, model_version=3)


def figures(wiring, *alarms):
    return judge_retraining_need(wiring, alarms, CHAMPION, now=NOON).decision.verdict.figures


def test_lake_without_an_open_alarm_requests_no_training(wiring):
    considered = judge_retraining_need(wiring, (), None, now=NOON)

    assert (considered.decision.action, considered.month, considered.is_new) == (
        "nothing",
        "",
        False,
    )


def test_labels_count_once_when_they_matured_and_came_after_the_champion_was_trained(wiring):
    later = NOON + dt.timedelta(days=40)
    observe(wiring.lake, 9, taken_in_at=NOON - dt.timedelta(days=1))  # before it was trained
    observe(wiring.lake, 7, taken_in_at=later, batch_id="c" * 16)
    observe(wiring.lake, 5, taken_in_at=later, batch_id="d" * 16)  # five of the same again
    observe(
        wiring.lake, 8, taken_in_at=later, observed_at="2006-01-15", batch_id="e" * 16
    )  # too early to count

    assert figures(wiring)["new_label_count"] == 7


def test_labels_of_a_broken_batch_count_for_nothing(wiring):
    observe(wiring.lake, 7, taken_in_at=NOON + dt.timedelta(days=40))
    score(wiring.lake, 5)
    find(wiring.lake, gate="feed", level="alarm")

    assert find_broken_batches(wiring.lake) == (BATCH,)
    assert (figures(wiring)["new_label_count"], figures(wiring)["broken_batch_count"]) == (2, 1)


def test_alarm_that_only_a_broken_batch_bears_out_trains_nothing(wiring):
    find(wiring.lake, gate="feed", level="alarm")
    find(wiring.lake, gate="performance", level="alarm")
    asked = [
        judge_retraining_need(wiring, [alarm("performance")], CHAMPION, now=NOON).decision.action
    ]
    find(wiring.lake, gate="performance", level="alarm", month="2006-01", batch_id="f" * 16)
    asked.append(
        judge_retraining_need(wiring, [alarm("performance")], CHAMPION, now=NOON).decision.action
    )

    assert asked == ["nothing", "train"]


def test_broken_feed_itself_asks_for_a_look(wiring):
    find(wiring.lake, gate="feed", level="alarm")

    assert (
        judge_retraining_need(wiring, [alarm("feed")], CHAMPION, now=NOON).decision.action
        == "review"
    )


def test_batch_whose_feed_is_in_order_now_is_not_broken(wiring):
    find(wiring.lake, gate="feed", level="alarm")
    find(wiring.lake, gate="feed", level="ok")

    assert find_broken_batches(wiring.lake) == ()


@pytest.mark.parametrize(("version", "action"), [(3, "train"), (2, "nothing")])
def test_only_alarms_about_the_champion_count(wiring, version, action):
    find(wiring.lake)

    assert (
        judge_retraining_need(
            wiring, [alarm("performance", version)], CHAMPION, now=NOON
        ).decision.action
        == action
    )


def test_request_is_on_record_once_and_holds_back_that_of_the_next_month(wiring):
    find(wiring.lake)
    first = judge_retraining_need(wiring, [alarm("performance")], CHAMPION, now=NOON)
    request_retraining(wiring, first, champion_version=3, at=NOON)
    again = judge_retraining_need(wiring, [alarm("performance")], CHAMPION, now=NOON)
    request_retraining(wiring, again, champion_version=3, at=NOON)
    find(wiring.lake, month="2006-01", batch_id="f" * 16)
    later = judge_retraining_need(wiring, [alarm("performance")], CHAMPION, now=NOON)

    assert [(c.decision.action, c.is_new) for c in (first, again, later)] == [
        ("train", True),
        ("train", False),
        ("wait", False),
    ]
    [entry] = read_entries(wiring.lake)
    assert (entry.event, entry.model_version) == ("retraining requested", 3)
    assert json.loads(entry.details)["month"] == "2005-12"


def test_new_champions_of_one_month_do_not_request_one_training_after_the_other(wiring):
    find(wiring.lake)
    actions = []
    for number in range(3, 12):
        champion = dataclasses.replace(CHAMPION, number=number)
        asked = judge_retraining_need(wiring, [alarm("performance", number)], champion, now=NOON)
        request_retraining(wiring, asked, champion_version=number, at=NOON)
        actions.append(asked.decision.action)

    assert actions == ["train"] + ["wait"] * 8
    assert len(read_entries(wiring.lake)) == 1


def test_month_in_the_future_that_is_in_the_lake_already_holds_no_request_back(wiring):
    find(wiring.lake, month="2055-01", batch_id="f" * 16)
    event = RetrainingRequested(month="2055-01", window="expanding")
    append_ledger_entry(wiring, event, key="old request", at=NOON, model_version=3)
    found = []
    for month in ("2005-12", "2006-01"):
        find(wiring.lake, month=month, batch_id=month[-2:] * 8)
        asked = judge_retraining_need(wiring, [alarm("performance")], CHAMPION, now=NOON)
        found.append((asked.month, asked.decision.action, asked.is_new))

    assert found == [("2005-12", "train", True), ("2006-01", "train", True)]
