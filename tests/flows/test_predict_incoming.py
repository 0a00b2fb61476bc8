import json
import os
import uuid
from pathlib import Path
from urllib.parse import quote_plus

import boto3
import polars as pl
import pytest

from credit_default.adapters.messaging.sqs import MessageQueue
from credit_default.adapters.tables.queries import read_scores, scan_table
from credit_default.errors import RefusedError
from credit_default.flows.monitor import monitor
from credit_default.flows.predict_incoming import predict_incoming
from credit_default.flows.runs.context import connect
from credit_default.services.intake.file_events import Announcer, announce_queued_files

pytestmark = pytest.mark.xdist_group("prefect")


def run(overrides, **options):
    return predict_incoming(overrides=overrides, return_state=True, **options)


@pytest.fixture
def inbox(trained, simulated_files, tmp_path):
    """Settings of a lake of its own whose champion is that of the trained one, and how to put a file into its inbox."""
    return Inbox({**trained, "lake": str(tmp_path / "lake")}, trained, simulated_files)


class Inbox:
    def __init__(self, overrides, trained, files):
        registry = f"sqlite:///{Path(trained['lake']) / 'mlflow.db'}"
        self.overrides = {**overrides, "mlflow": {"tracking_uri": registry}}
        self.rows = pl.read_csv(files.batch, infer_schema=False)
        self.lake = connect(self.overrides, []).lake

    def drop(self, name, rows):
        content = rows.write_csv().encode()
        self.lake.storage.write_object(f"incoming/{name}", content)
        if not self.lake.in_bucket:
            path = Path(self.lake.uri) / "incoming" / name
            os.utime(path, (1_000_000_000, 1_000_000_000))
        return f"{self.lake.uri}/incoming/{name}"

    def names(self, place):
        return sorted(
            stored.key.rpartition("/")[2] for stored in self.lake.storage.list_objects(f"{place}/")
        )

    def count_batches(self):
        return (
            scan_table(self.lake, "scores").select(pl.col("batch_id").n_unique()).collect().item()
        )


def test_all_that_waits_is_scored_and_moved_to_processed(inbox):
    inbox.drop("a.csv", inbox.rows.head(250))
    inbox.drop("b.csv", inbox.rows.slice(250, 250))

    state = run(inbox.overrides)

    assert (state.name, state.result().status) == ("Scored", "2 scored, 0 refused")
    assert inbox.names("incoming") == []
    assert {name.partition("-")[2] for name in inbox.names("processed")} == {"a.csv", "b.csv"}
    assert run(inbox.overrides).name == "NothingToScore"


def test_only_the_file_that_an_event_named_is_scored(inbox):
    uri = inbox.drop("märz (1) +%.csv", inbox.rows.head(300))
    inbox.drop("b.csv", inbox.rows.slice(300, 300))

    first, again = run(inbox.overrides, batch=uri, month=""), run(inbox.overrides, batch=uri)

    summary = first.result()
    assert (first.name, again.name) == ("Scored", "NothingToScore")
    assert read_scores(inbox.lake, batch_id=summary.batch_id).height == 300
    assert (inbox.names("incoming"), inbox.count_batches()) == (["b.csv"], 1)


def test_file_without_a_month_is_scored_when_the_run_names_it(inbox):
    uri = inbox.drop("a.csv", inbox.rows.head(250).drop("statement_month"))

    unnamed, named = (
        run(inbox.overrides, batch=uri),
        run(inbox.overrides, batch=uri, month="2005-10"),
    )

    assert (unnamed.name, named.name) == ("NothingToScore", "Scored")
    assert "a.csv has no statement_month" in unnamed.message


@pytest.mark.nightly
def test_batch_whose_run_died_before_it_could_announce_it_is_announced(
    inbox, prefect_server, wait_for_events
):
    rows = inbox.rows.slice(600, 250)
    first = run(inbox.overrides, batch=inbox.drop("a.csv", rows)).result()

    run(inbox.overrides, batch=inbox.drop("a.csv", rows))
    monitor(
        batch_id=first.batch_id, overrides=inbox.overrides, report="none", return_state=True
    ).result()
    run(
        inbox.overrides, batch=inbox.drop("a.csv", rows)
    )  # its findings are there: the event was received

    last = run(inbox.overrides, batch=inbox.drop("b.csv", inbox.rows.slice(500, 250))).result()
    assert wait_for_events(prefect_server, "credit-default.batch.scored", batch_id=last.batch_id)
    assert (
        len(
            wait_for_events(
                prefect_server, "credit-default.batch.scored", count=2, batch_id=first.batch_id
            )
        )
        == 2
    )


def test_run_fails_with_the_reasons_when_the_others_are_done(inbox):
    minors = pl.when(pl.int_range(pl.len()) < 60).then(pl.lit("-1")).otherwise("age")
    inbox.drop("bad.csv", inbox.rows.head(200).with_columns(age=minors))
    inbox.drop("good.csv", inbox.rows.slice(200, 250))

    state = run(inbox.overrides)

    assert state.is_failed()
    with pytest.raises(
        RefusedError,
        match=r"1 scored, 1 refused; bad\.csv: batch bad\.csv.*60 of 200 rows rejected",
    ):
        state.result()
    assert [len(inbox.names(place)) for place in ("incoming", "processed", "refused")] == [0, 1, 2]


@pytest.mark.nightly
def test_object_that_its_queue_announces_five_times_has_one_result(
    trained, simulated_files, s3_environment, s3_uri, tmp_path
):
    inbox = Inbox({**trained, "lake": s3_uri, "home": str(tmp_path)}, trained, simulated_files)
    uri = inbox.drop("märz (1) +%.csv", inbox.rows.slice(400, 250))
    client = boto3.client("sqs", endpoint_url=s3_environment)
    queue = MessageQueue(
        client.create_queue(QueueName=f"incoming-{uuid.uuid4().hex[:8]}")["QueueUrl"],
        wait_seconds=0,
    )
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    record = {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key)}},
    }
    for _ in range(5):
        client.send_message(QueueUrl=queue.url, MessageBody=json.dumps({"Records": [record]}))
    states = []

    announce_queued_files(
        inbox.lake,
        queue,
        Announcer(
            lambda heard: states.append(run(inbox.overrides, batch=heard)),
            lambda: states.append(run(inbox.overrides, batch="")),
            lambda: None,
        ),
    )

    assert [state.name for state in states] == ["Scored", *["NothingToScore"] * 4]
    assert (inbox.names("incoming"), inbox.count_batches()) == ([], 1)
    assert [name.partition("-")[2] for name in inbox.names("processed")] == ["märz (1) +%.csv"]
    queue.close()
    client.close()
