"""The whole life of a batch in a lake that is a bucket, by the same acts as in a folder."""

import datetime as dt
import json
import shutil

import polars as pl
import pytest

from credit_default.adapters.incoming import list_incoming, name_incoming
from credit_default.adapters.lake_tables import read_outcomes, read_quarantine, read_scores
from credit_default.adapters.ledger import read_entries
from credit_default.adapters.snapshots import read_snapshot
from credit_default.services.checking import check_file, judge_file
from credit_default.services.contest import judge_challenger
from credit_default.services.coverage import measure_coverage
from credit_default.services.forgetting import forget_client
from credit_default.services.inbox import put_away_scored
from credit_default.services.outcomes import take_in_outcomes
from credit_default.services.prediction import load_champion, score_file
from credit_default.services.seating import register_challenger, seat_winner
from credit_default.services.training import fit_challenger, read_training_rows, split_rows
from credit_default.services.verification import verify_lake

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
KEY = ["client_id", "statement_month"]


@pytest.fixture
def bucket(s3_uri, make_wiring, mlflow_template, month_rows, tmp_path):
    """A lake in a bucket with a champion."""
    month_rows.write_csv(tmp_path / "training.csv")
    wiring = make_wiring(lake=s3_uri, home=str(tmp_path / "home"), data=str(tmp_path / "training.csv"))
    wiring.lake.home.mkdir(parents=True)
    shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")
    training = read_training_rows(wiring, month=None, read_at=NOON)
    sides = split_rows(wiring, training)
    challenger = fit_challenger(wiring, training, sides)
    registered = register_challenger(wiring, training, challenger, None, trained_at=NOON)
    verdict = judge_challenger(wiring, challenger, sides, champion=None)
    seat_winner(wiring, registered, verdict, champion=None, rows=training, decided_at=NOON)
    return wiring


def score_incoming(wiring):
    (waiting,) = list_incoming(wiring.lake)
    checked = check_file(wiring, name_incoming(wiring.lake, waiting), month=None, outcome="ignored")
    judge_file(wiring, checked, judged_at=NOON)
    scored = score_file(wiring, checked, load_champion(wiring, checked), scored_at=NOON)
    put_away_scored(wiring.lake, waiting, batch_id=scored.batch_id)
    return scored


def test_a_batch_lives_in_a_bucket_from_incoming_to_its_outcomes(bucket, known_rows, tmp_path):
    batch = known_rows.filter(statement_month="2005-10").head(100)
    broken = batch.drop("defaulted").with_columns(sex=pl.when(pl.int_range(pl.len()) < 2).then(9).otherwise("sex"))
    bucket.lake.storage.write_object("incoming/october 2005.csv", broken.write_csv().encode())
    batch.select(*KEY, "defaulted", observed_at=pl.lit("2005-12-31")).write_csv(tmp_path / "outcomes.csv")

    scored = score_incoming(bucket)
    taken = take_in_outcomes(bucket, str(tmp_path / "outcomes.csv"), taken_in_at=NOON)

    assert (scored.scored_count, scored.rejected_count) == (98, 2)
    assert read_scores(bucket.lake, batch_id=scored.batch_id).height == 98
    assert read_quarantine(bucket.lake, batch_id=scored.batch_id)["line"].to_list() == [2, 3]
    assert taken.counts["new"] == read_outcomes(bucket.lake).height == 100
    (coverage,) = measure_coverage(bucket, now=NOON)
    assert (coverage.scored_count, coverage.known_count, coverage.mature) == (98, 98, True)
    assert bucket.lake.storage.find_object(f"processed/{scored.batch_id}-october 2005.csv") is not None
    source = read_snapshot(bucket.lake, scored.batch_id).source
    assert source.uri == f"{bucket.lake.uri}/incoming/october 2005.csv"
    entry = next(e for e in read_entries(bucket.lake) if e.event == "scored")
    assert source.object_version
    assert json.loads(entry.details)["object_version"] == source.object_version
    proof = verify_lake(bucket, batch_id=scored.batch_id, client_id=None, head=None)
    assert (proof.status, [verdict.level for verdict in proof.verdicts]) == ("proved", ["ok", "ok", "ok"])


def test_a_client_is_forgotten_in_a_bucket_and_the_rest_still_proved(bucket, known_rows):
    batch = known_rows.filter(statement_month="2005-10").slice(100, 50).drop("defaulted")
    bucket.lake.storage.write_object("incoming/october.csv", batch.write_csv().encode())
    scored = score_incoming(bucket)
    client = batch["client_id"][7]

    summary = forget_client(bucket, client, forgotten_at=NOON)

    assert summary.counts["scores"] == 1
    assert client not in read_scores(bucket.lake, batch_id=scored.batch_id)["client_id"]
    proof = verify_lake(bucket, batch_id=scored.batch_id, client_id=None, head=None)
    assert (proof.status, [verdict.level for verdict in proof.verdicts]) == ("proved", ["ok", "ok", "ok"])
