"""`lake` and `identity` applied to moto's server: a second plan is empty, the application's lake works there, all is destroyed.

Not AWS: this server judges no policy, so every request of the application is judged here, by the policies of the bucket and
of the job that makes it.
"""

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_plus

import boto3
import polars as pl
import pytest
from iam_evaluation import is_allowed
from s3_requests import read_requests

SERVER = Path(__file__).parents[1] / "fakes" / "aws_server.py"
NOON = dt.datetime(2005, 10, 1, 12, tzinfo=dt.UTC)
BATCH_ID = "ab" * 8

pytestmark = pytest.mark.terraform


@dataclass(frozen=True)
class Live:
    """The applied folder, the server's address and log, and what `terraform output` says."""

    terraform: object
    address: str
    log: Path
    outputs: dict

    @property
    def bucket(self):
        return self.outputs["lake_uri"].removeprefix("s3://").partition("/")[0]

    def client(self, service):
        return boto3.client(service, endpoint_url=self.address)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    log = tmp_path_factory.mktemp("aws") / "server.log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    with (
        log.open("w") as written,
        subprocess.Popen(
            [sys.executable, SERVER, str(port)], env=environment, stdout=written, stderr=written
        ) as process,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}", log
        finally:
            process.kill()


def _wait_for(address):
    for _ in range(3_000):
        try:
            with urllib.request.urlopen(f"{address}/moto-api/", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not start within five minutes")


@pytest.fixture(scope="module")
def live(terraform, server):
    address, log = server
    applied = terraform("live")
    applied.run("apply", "-auto-approve", "-input=false", "-no-color", f"-var=endpoint={address}")
    outputs = {name: told["value"] for name, told in applied.run_json("output", "-json").items()}
    return Live(applied, address, log, outputs)


@pytest.fixture
def aws(live, monkeypatch):
    """The variables by which the application finds the server."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": live.address,
        "AWS_ACCESS_KEY_ID": "test-key",
        "AWS_SECRET_ACCESS_KEY": "test-secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    return live


@pytest.fixture
def wiring(aws, tmp_path):
    from credit_default.services.context.wiring import build_wiring
    from credit_default.settings import Settings

    settings = Settings(
        lake=aws.outputs["lake_uri"], home=str(tmp_path / "home"), cache=str(tmp_path / "cache")
    )
    return build_wiring(settings, commit="0" * 40)


@pytest.fixture
def statements(tmp_path):
    """A file of 300 clients, one of whom has an age that nobody reaches."""
    from credit_default.data.simulation.months import simulate

    month = next(iter(simulate(client_count=300, month_count=1, seed=3)))
    rows = month.statements.with_columns(
        age=pl.when(pl.int_range(pl.len()) == 0).then(999).otherwise("age")
    )
    rows.write_csv(tmp_path / "statements.csv")
    return tmp_path / "statements.csv"


def refused_requests(live, job, log):
    """What the application asked in this piece of the log and the policies of job and bucket don't allow."""
    requests = read_requests(log, bucket=live.bucket)
    assert requests != []
    policies = {
        "role_policy": live.outputs["policies"][job],
        "resource_policy": live.outputs["data_bucket_policy"],
    }
    return [request for request in requests if not is_allowed(request, **policies)]


def test_a_second_plan_changes_nothing(live):
    ended = live.terraform.run(
        "plan",
        "-detailed-exitcode",
        "-input=false",
        "-no-color",
        f"-var=endpoint={live.address}",
        check=False,
    )

    assert (ended.code, "No changes" in ended.text) == (0, True), ended.text[-4000:]


def test_a_file_is_kept_as_snapshot_quarantine_and_ledger(wiring, statements, live):
    from credit_default.adapters.tables.ledger import read_entries
    from credit_default.adapters.tables.quarantine import read_quarantine
    from credit_default.services.intake.ingest import ingest_file

    began = live.log.stat().st_size
    first = ingest_file(wiring, str(statements), month=None, corrects=None, kept_at=NOON)
    again = ingest_file(wiring, str(statements), month=None, corrects=None, kept_at=NOON)

    assert first.counts == {"read": 300, "accepted": 299, "quarantined": 1}
    assert again.status == "already ingested, nothing to do"
    assert read_quarantine(wiring.lake, batch_id=first.batch_id).height == 1
    assert [entry.event for entry in read_entries(wiring.lake)] == ["ingested"]
    log = live.log.read_text()[began:]
    assert refused_requests(live, "trainer", log) == []
    assert refused_requests(live, "scorer", log) == []
    assert refused_requests(live, "reader", log) != []


def test_a_new_file_is_sent_to_the_queue_scored_once_and_moved_away(wiring, live):
    from credit_default.adapters.lake.inbox import list_incoming, move_processed
    from credit_default.adapters.tables.queries import read_scores, write_scores

    sqs = live.client("sqs")
    sqs.purge_queue(QueueUrl=live.outputs["queue_url"])
    wiring.lake.storage.write_object("incoming/march 2006.csv", b"a,b\n1,2\n")  # the sender's doing
    began = live.log.stat().st_size

    told = sqs.receive_message(QueueUrl=live.outputs["queue_url"], WaitTimeSeconds=5)["Messages"]
    record = json.loads(told[0]["Body"])["Records"][0]
    assert (record["eventName"], record["s3"]["bucket"]["name"]) == (
        "ObjectCreated:Put",
        live.bucket,
    )
    assert unquote_plus(record["s3"]["object"]["key"]) == "portfolio/incoming/march 2006.csv"

    scores = [
        write_scores(wiring.lake, lambda: [make_scores()], batch_id=BATCH_ID, model_version=1)
        for _ in range(2)
    ]
    (waiting,) = list_incoming(wiring.lake)
    moved = move_processed(wiring.lake, waiting, batch_id=BATCH_ID)

    assert [written.already_existed for written in scores] == [False, True]
    assert read_scores(wiring.lake, batch_id=BATCH_ID).height == 4
    assert moved == f"processed/{BATCH_ID}-march 2006.csv"
    assert refused_requests(live, "scorer", live.log.read_text()[began:]) == []


def make_scores(count=4):
    return pl.DataFrame(
        {
            "client_id": [f"c{number}" for number in range(count)],
            "statement_month": ["2006-03"] * count,
            "default_probability": [0.25] * count,
            "decision": ["decline"] * count,
            "risk_band": ["high"] * count,
            "expected_loss": [1.0] * count,
            "reasons": [[] for _ in range(count)],
            "model_version": [1] * count,
            "batch_id": [BATCH_ID] * count,
            "scored_at": [NOON] * count,
        },
        schema_overrides={"reasons": pl.List(pl.String)},
    )


def test_who_asked_the_data_bucket_is_on_record(wiring, live):
    wiring.lake.storage.read_object("incoming/nothing")

    listed = live.client("s3").list_objects_v2(
        Bucket=live.outputs["logs_bucket"], Prefix=f"access/{live.bucket}/"
    )
    assert listed["KeyCount"] > 0


def test_a_record_is_locked(live):
    s3 = live.client("s3")
    rule = s3.get_object_lock_configuration(Bucket=live.outputs["records_bucket"])[
        "ObjectLockConfiguration"
    ]["Rule"]

    retention = rule["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("GOVERNANCE", 1)


def test_destroying_stops_before_a_bucket_that_holds_something_and_then_takes_all(live):
    destroy = [
        "destroy",
        "-auto-approve",
        "-input=false",
        "-no-color",
        f"-var=endpoint={live.address}",
    ]
    s3 = live.client("s3")
    s3.put_object(Bucket=live.bucket, Key="portfolio/tables/ledger/one", Body=b"evidence")

    refused = live.terraform.run(*destroy, check=False)

    assert (refused.code, "BucketNotEmpty" in refused.text) == (1, True), refused.text[-4000:]
    for bucket in (live.bucket, live.outputs["logs_bucket"]):
        empty(s3, bucket)
    live.terraform.run(*destroy)
    assert s3.list_buckets()["Buckets"] == []
    assert live.terraform.run("state", "list").text == ""


def empty(s3, bucket):
    """Nothing; the bucket holds no version of anything afterwards."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
