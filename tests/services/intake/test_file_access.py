"""A batch from its file to its monitoring in a lake in a bucket, by the same services as in a folder."""

import datetime as dt
import gc
import json
import shutil

import polars as pl
import pytest

from credit_default.adapters.lake.inbox import build_incoming_uri, list_incoming
from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.lake.snapshots import read_snapshot
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import read_outcomes, read_scores
from credit_default.errors import InputError
from credit_default.services.audit.erasure import forget_client
from credit_default.services.audit.replay import verify_lake
from credit_default.services.intake.file_access import fetch_file, open_fetched_file
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.intake.inbox import move_scored_file
from credit_default.services.outcomes.coverage import measure_coverage
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.promotion_contest import judge_challenger
from credit_default.services.training.register_and_promote import (
    apply_promotion_verdict,
    register_challenger,
)
from credit_default.services.training.training_rows import read_training_rows, split_rows

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
KEY = ["client_id", "statement_month"]


@pytest.fixture
def bucket(s3_uri, make_wiring, mlflow_template, month_rows, tmp_path):
    """A lake in a bucket with a champion."""
    month_rows.write_csv(tmp_path / "training.csv")
    wiring = make_wiring(
        lake=s3_uri, home=str(tmp_path / "home"), data=str(tmp_path / "training.csv")
    )
    wiring.lake.home.mkdir(parents=True)
    shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")
    training = read_training_rows(wiring, month=None, read_at=NOON)
    sides = split_rows(wiring, training)
    challenger = fit_challenger(wiring, training, sides)
    registered = register_challenger(wiring, training, challenger, None, trained_at=NOON)
    verdict = judge_challenger(wiring, challenger, sides, champion=None, now=NOON)
    apply_promotion_verdict(
        wiring, registered, verdict, champion=None, rows=training, decided_at=NOON
    )
    return wiring


def score_incoming(wiring):
    (waiting,) = list_incoming(wiring.lake)
    checked = check_file(
        wiring, build_incoming_uri(wiring.lake, waiting), month=None, outcome="ignored"
    )
    judge_file(wiring, checked, judged_at=NOON)
    scored = score_file(wiring, checked, load_champion(wiring, checked), scored_at=NOON)
    move_scored_file(wiring.lake, waiting, batch_id=scored.batch_id)
    return scored


def test_a_batch_lives_in_a_bucket_from_incoming_to_its_outcomes(bucket, known_rows, tmp_path):
    batch = known_rows.filter(statement_month="2005-10").head(100)
    broken = batch.drop("defaulted").with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 2).then(9).otherwise("sex")
    )
    bucket.lake.storage.write_object("incoming/october 2005.csv", broken.write_csv().encode())
    batch.select(*KEY, "defaulted", observed_at=pl.lit("2005-12-31")).write_csv(
        tmp_path / "outcomes.csv"
    )

    scored = score_incoming(bucket)
    taken = ingest_outcomes_file(bucket, str(tmp_path / "outcomes.csv"), taken_in_at=NOON)

    assert (scored.scored_count, scored.rejected_count) == (98, 2)
    assert read_scores(bucket.lake, batch_id=scored.batch_id).height == 98
    assert read_quarantine(bucket.lake, batch_id=scored.batch_id)["line"].to_list() == [2, 3]
    assert taken.counts["new"] == read_outcomes(bucket.lake).height == 100
    (coverage,) = measure_coverage(bucket.lake, now=NOON)
    assert (coverage.scored_count, coverage.known_count, coverage.state) == (98, 98, "complete")
    assert (
        bucket.lake.storage.find_object(f"processed/{scored.batch_id}-october 2005.csv") is not None
    )
    source = read_snapshot(bucket.lake, scored.batch_id).source
    assert source.uri == f"{bucket.lake.uri}/incoming/october 2005.csv"
    entry = next(e for e in read_entries(bucket.lake) if e.event == "scored")
    assert source.object_version
    assert json.loads(entry.details)["object_version"] == source.object_version
    proof = verify_lake(bucket, batch_id=scored.batch_id, client_id=None, head=None)
    assert (proof.status, [verdict.level for verdict in proof.verdicts]) == (
        "proved",
        ["ok", "ok", "ok"],
    )


@pytest.mark.nightly
def test_a_client_is_forgotten_in_a_bucket_and_the_rest_still_proved(bucket, known_rows):
    batch = known_rows.filter(statement_month="2005-10").slice(100, 50).drop("defaulted")
    bucket.lake.storage.write_object("incoming/october.csv", batch.write_csv().encode())
    scored = score_incoming(bucket)
    client = batch["client_id"][7]

    summary = forget_client(bucket, client, forgotten_at=NOON)

    assert summary.counts["scores"] == 1
    assert client not in read_scores(bucket.lake, batch_id=scored.batch_id)["client_id"]
    proof = verify_lake(bucket, batch_id=scored.batch_id, client_id=None, head=None)
    assert (proof.status, [verdict.level for verdict in proof.verdicts]) == (
        "proved",
        ["ok", "ok", "ok"],
    )


@pytest.fixture
def in_bucket(s3_uri, make_wiring, tmp_path):
    return make_wiring(lake=s3_uri, home=str(tmp_path / "home"))


def test_a_held_file_is_fetched_once_and_its_copy_gone_afterwards(in_bucket):
    in_bucket.lake.storage.write_object("incoming/a.csv", b"rows")
    uri = f"{in_bucket.lake.uri}/incoming/a.csv"

    with open_fetched_file(in_bucket, uri) as arrival:
        in_bucket.lake.storage.write_object("incoming/a.csv", b"newer rows")
        again = fetch_file(in_bucket, uri)

        assert again == arrival
        assert again.path.read_bytes() == b"rows"
    assert list(in_bucket.scratch.iterdir()) == []
    assert fetch_file(in_bucket, uri).path.read_bytes() == b"newer rows"


def test_a_held_copy_is_gone_though_the_work_failed(in_bucket):
    in_bucket.lake.storage.write_object("incoming/a.csv", b"rows")

    with (
        pytest.raises(KeyError),
        open_fetched_file(in_bucket, f"{in_bucket.lake.uri}/incoming/a.csv"),
    ):
        raise KeyError

    assert list(in_bucket.scratch.iterdir()) == []


def test_a_held_file_on_this_machine_stays(wiring, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("rows")

    with open_fetched_file(wiring, str(path)) as arrival:
        assert (arrival.path, arrival.uri) == (path, str(path))

    assert path.read_text() == "rows"


def test_a_file_in_another_bucket_is_fetched_and_no_connection_left_open(s3_uri, wiring):
    other = open_lake(s3_uri, home=wiring.lake.home)
    other.storage.write_object("a.csv", b"rows")
    other.storage.close()

    arrival = fetch_file(
        wiring, f"{s3_uri}/a.csv"
    )  # an open socket would be a warning, which is an error here
    gc.collect()

    assert arrival.path.read_bytes() == b"rows"
    assert arrival.object_version
    with pytest.raises(InputError, match="no such object"):
        fetch_file(wiring, f"{s3_uri}/b.csv")


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("s3://bucket", "a whole bucket"),
        ("s3://bucket/", "a whole bucket"),
        ("s3://bucket/key//", "a name that no object can have"),
        ("s3://bucket/a//b.csv", "a name that no object can have"),
        ("s3://bucket/../b.csv", "a name that no object can have"),
        ("s3://UPPER/b.csv", "a name that no object can have"),
        ("s3:///b.csv", "a name that no object can have"),
        ("s3://bucket/\udcff.csv", "a name that no object can have"),
        ("S3://bucket/b.csv", "'S3:/' at its beginning"),
        ("s3:/bucket/b.csv", "'s3:/' at its beginning"),
        ("gs://bucket/b.csv", "'gs:/' at its beginning"),
        ("https://host/b.csv", "'https:/' at its beginning"),
    ],
)
def test_what_does_not_name_an_object_is_refused_with_a_fitting_message(wiring, uri, found):
    with pytest.raises(InputError, match=f"found {found}.*expected .*s3://bucket/key") as caught:
        fetch_file(wiring, uri)

    assert "Rename" not in str(caught.value)
    assert str(caught.value).isprintable()
