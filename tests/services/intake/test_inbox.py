import datetime as dt
import json
import os

import polars as pl
import pytest

from credit_default.adapters.lake.inbox import list_incoming
from credit_default.errors import InputError
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.intake.inbox import (
    InboxRun,
    move_refused_file,
    move_scored_file,
    score_incoming,
)

ERROR = InputError("bad.csv", found="no header", expected="a table", remedy="Export it again.")
BATCH_ID = "0123456789abcdef"
NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def incoming(wiring):
    def place(name, content=b"a,b\n1,2\n"):
        wiring.lake.storage.write_object(f"incoming/{name}", content)
        return next(waiting for waiting in list_incoming(wiring.lake) if waiting.key.endswith(name))

    return place


def test_scored_file_stands_in_processed_under_its_batch(wiring, incoming):
    moved = move_scored_file(wiring.lake, incoming("march.csv"), batch_id=BATCH_ID)

    assert moved == f"processed/{BATCH_ID}-march.csv"
    assert wiring.lake.storage.read_object(moved) == b"a,b\n1,2\n"
    assert list_incoming(wiring.lake) == ()


def test_refused_file_stands_in_refused_with_the_reason_beside_it(wiring, incoming):
    moved = move_refused_file(wiring.lake, incoming("bad.csv"), ERROR)

    reason = json.loads(wiring.lake.storage.read_object(f"{moved}.reason.json"))
    assert reason == {
        "thing": "bad.csv",
        "found": "no header",
        "expected": "a table",
        "remedy": "Export it again.",
    }
    assert list_incoming(wiring.lake) == ()


def test_a_file_written_again_meanwhile_stays_and_waits(wiring, incoming):
    waiting = incoming("march.csv")
    incoming("march.csv", b"other rows")

    assert move_scored_file(wiring.lake, waiting, batch_id=BATCH_ID) is None
    assert len(list_incoming(wiring.lake)) == 1


def test_a_refused_file_that_another_runner_took_leaves_nothing(wiring, incoming):
    waiting = incoming("bad.csv")
    move_scored_file(wiring.lake, waiting, batch_id=BATCH_ID)

    assert move_refused_file(wiring.lake, waiting, ERROR) is None
    assert list(wiring.lake.storage.list_objects("refused/")) == []


def test_waiting_file_of_a_month_in_the_future_is_moved_to_refused_with_the_reason(
    wiring, month_rows
):
    def score(uri, month):
        judge_file(wiring, check_file(wiring, uri, month=month, outcome="ignored"), judged_at=NOON)

    path = wiring.lake.home / "incoming" / "typo.csv"
    path.parent.mkdir()
    month_rows.head(50).with_columns(statement_month=pl.lit("2055-01")).write_csv(path)
    os.utime(path, (1_000_000_000, 1_000_000_000))

    summary = score_incoming(wiring, InboxRun(score=score, clock=lambda: NOON))

    assert summary.exit_code == 1
    [reason] = [
        json.loads(wiring.lake.storage.read_object(found.key))
        for found in wiring.lake.storage.list_objects("refused/")
        if found.key.endswith(".reason.json")
    ]
    assert reason["found"] == "50 rows of months in the future: 2055-01"
    assert reason["expected"] == "statement months up to 2006-01"
