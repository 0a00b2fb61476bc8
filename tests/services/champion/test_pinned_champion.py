import datetime as dt
import json
import shutil

import pytest

from credit_default.adapters.lake.pinned_champion import read_champion_pointer
from credit_default.adapters.tables.ledger import find_entry, read_entries
from credit_default.adapters.tables.queries import read_scores
from credit_default.errors import ArtifactError, InputError, ServiceError
from credit_default.services.champion.pinned_champion import (
    format_age,
    judge_outage,
    load_pinned_champion,
    pin_version,
)
from credit_default.services.champion.versions import promote_by_hand, roll_back
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.scoring.score_record import record_scores

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
AWAY = {"tracking_uri": "http://127.0.0.1:9", "wait_seconds": 0.1, "training_wait_seconds": 0.1}


@pytest.fixture
def lake(two_versions, tmp_path, make_wiring):
    """A copy of the lake with two versions, the first of them champion; MLflow answers."""
    shutil.copytree(two_versions, tmp_path / "lake")
    return make_wiring()


@pytest.fixture
def without_mlflow(lake, make_wiring):
    """The same lake while MLflow does not answer."""
    return make_wiring(mlflow=AWAY)


@pytest.fixture
def batch(known_rows, tmp_path):
    rows = known_rows.filter(statement_month="2005-10").drop("defaulted").head(80)
    rows.write_csv(tmp_path / "batch.csv")
    return str(tmp_path / "batch.csv")


def predict(wiring, batch, *, at=NOON):
    checked = check_file(wiring, batch, month=None, outcome="ignored")
    verdict = judge_file(wiring, checked, judged_at=at)
    scored = score_file(wiring, checked, load_champion(wiring, checked), scored_at=at)
    return record_scores(wiring, checked, scored, verdict, recorded_at=at)


def forget_bundles(wiring):
    shutil.rmtree(wiring.lake.bundles)


# pinning


def test_training_leaves_the_champion_s_bundle_in_the_lake(lake):
    pinned = read_champion_pointer(lake.lake)

    champion = lake.registry.find_champion()
    assert (pinned.model_version, pinned.digest, pinned.data_origin) == (
        1,
        champion.digest,
        "simulated",
    )
    assert pinned.verified_at == NOON
    assert pinned.files == (
        "bundle.json",
        "pipeline.skops",
        "reference.parquet",
        "trained_rows.npy",
    )


def test_promotion_and_rollback_pin_the_new_champion(lake):
    promote_by_hand(lake, 2, reason="a test", decided_at=NOON + HOUR)
    promoted = read_champion_pointer(lake.lake)
    roll_back(lake, reason="a test", decided_at=NOON + 2 * HOUR)
    back = read_champion_pointer(lake.lake)

    assert (promoted.model_version, promoted.verified_at) == (2, NOON + HOUR)
    assert (back.model_version, back.verified_at) == (1, NOON + 2 * HOUR)


def test_version_that_is_pinned_is_not_written_again_until_it_is_stale(lake):
    champion = lake.registry.find_champion()

    assert not pin_version(lake, champion, at=NOON + HOUR, fresh_for=DAY)
    assert pin_version(lake, champion, at=NOON + 2 * DAY, fresh_for=DAY)
    assert read_champion_pointer(lake.lake).verified_at == NOON + 2 * DAY


@pytest.mark.parametrize("harm", ["a file is gone", "the pointer is none"])
def test_damaged_pinned_champion_is_written_again(lake, harm):
    champion = lake.registry.find_champion()
    if harm == "a file is gone":
        lake.lake.storage.delete_object(f"champion/pinned/{champion.digest}/bundle.json")
    else:
        lake.lake.storage.write_object("champion/champion.json", b"?")

    assert pin_version(lake, champion, at=NOON)
    assert read_champion_pointer(lake.lake).digest == champion.digest


# scoring without MLflow


def test_batch_is_scored_by_the_pinned_champion_where_mlflow_is_away_and_says_so(
    without_mlflow, batch
):
    forget_bundles(without_mlflow)

    summary = predict(without_mlflow, batch, at=NOON + 3 * HOUR)

    assert (summary.status, summary.exit_code, summary.model_version, summary.run_id) == (
        "scored",
        0,
        1,
        None,
    )
    assert summary.counts == {"read": 80, "scored": 80, "quarantined": 0}
    outage = summary.find_verdict("mlflow")
    assert outage.level == "watch"
    assert outage.reasons == (
        "MLflow does not answer: scored by version 1, pinned in the lake",
        "the registry last named it champion 3 hours ago; a later champion is not known here",
        "its run in MLflow is missing: `credit-default reconcile` adds it",
    )
    assert outage.figures == {"pin_age_seconds": 10_800.0}
    assert (
        json.loads(find_entry(without_mlflow.lake, f"scored {summary.batch_id} v1").details)[
            "mlflow"
        ]
        == "away"
    )


def test_scores_are_the_same_with_and_without_mlflow(
    lake, without_mlflow, batch, make_wiring, tmp_path, two_versions
):
    shutil.copytree(two_versions, tmp_path / "other" / "lake")
    in_reach = make_wiring(tmp_path / "other")
    with_registry, without = predict(in_reach, batch), predict(without_mlflow, batch)

    reported = [
        read_scores(wiring.lake, batch_id=summary.batch_id).sort("client_id").drop("scored_at")
        for wiring, summary in ((in_reach, with_registry), (without_mlflow, without))
    ]

    assert with_registry.find_verdict("mlflow") is None
    assert with_registry.run_id is not None
    assert reported[0].equals(reported[1])


def test_batch_that_was_scored_before_misses_no_run(without_mlflow, batch):
    predict(without_mlflow, batch)

    again = predict(without_mlflow, batch, at=NOON + HOUR)

    assert again.status == "already scored, nothing done"
    assert len(again.find_verdict("mlflow").reasons) == 2


def test_ledger_of_a_batch_scored_with_mlflow_says_nothing_of_it(lake, batch):
    summary = predict(lake, batch)

    assert "mlflow" not in json.loads(
        find_entry(lake.lake, f"scored {summary.batch_id} v1").details
    )


def test_pinned_champion_with_other_bytes_scores_nothing(without_mlflow, batch):
    forget_bundles(without_mlflow)
    pinned = read_champion_pointer(without_mlflow.lake)
    key = f"champion/pinned/{pinned.digest}/pipeline.skops"
    content = without_mlflow.lake.storage.read_object(key)
    without_mlflow.lake.storage.write_object(key, content[:-1] + b"?")

    with pytest.raises(ArtifactError, match=r"pipeline\.skops with other bytes"):
        predict(without_mlflow, batch)

    assert not (without_mlflow.lake.bundles / pinned.digest).exists()


def test_bundle_of_another_digest_behind_the_pointer_scores_nothing(lake, without_mlflow, batch):
    other = lake.registry.find_version(2)
    lake.registry.load_version(other)
    pinned = read_champion_pointer(lake.lake)
    for path in lake.registry.find_cached_bundle(other).iterdir():
        without_mlflow.lake.storage.write_object(
            f"champion/pinned/{pinned.digest}/{path.name}", path
        )
    forget_bundles(without_mlflow)

    with pytest.raises(ArtifactError, match="with another sha256"):
        predict(without_mlflow, batch)


def test_damaged_copy_on_this_machine_is_replaced_by_the_one_in_the_lake(without_mlflow):
    pinned = read_champion_pointer(without_mlflow.lake)
    (without_mlflow.lake.bundles / pinned.digest / "bundle.json").write_text("{}")

    champion = load_pinned_champion(without_mlflow)

    assert (champion.number, champion.bundle.digest, champion.pinned_at) == (1, pinned.digest, NOON)


def test_lake_without_a_pinned_champion_waits_for_mlflow(without_mlflow, batch):
    without_mlflow.lake.storage.delete_object("champion/champion.json")
    checked = check_file(without_mlflow, batch, month=None, outcome="ignored")

    with pytest.raises(ServiceError, match=r"MLflow \(http://127\.0\.0\.1:9\)"):
        load_champion(without_mlflow, checked)

    assert [
        entry.event for entry in read_entries(without_mlflow.lake) if entry.event == "scored"
    ] == []


def test_real_clients_are_not_scored_by_a_pinned_champion_of_simulated_ones(
    without_mlflow, known_rows, tmp_path
):
    import polars as pl

    real = (
        known_rows.drop("defaulted")
        .head(50)
        .with_columns(client_id=pl.col("client_id").str.replace("SIM-", "c"))
    )
    real.write_csv(tmp_path / "real.csv")
    checked = check_file(without_mlflow, str(tmp_path / "real.csv"), month=None, outcome="ignored")

    with pytest.raises(InputError, match=r"batch real\.csv: found real clients"):
        load_champion(without_mlflow, checked)


@pytest.mark.nightly
def test_server_that_goes_away_after_the_champion_was_loaded_costs_the_run_not_the_batch(
    lake, make_wiring, batch
):
    without_mlflow = make_wiring(mlflow=AWAY)
    checked = check_file(lake, batch, month=None, outcome="ignored")
    verdict = judge_file(lake, checked, judged_at=NOON)
    scored = score_file(lake, checked, load_champion(lake, checked), scored_at=NOON)

    summary = record_scores(without_mlflow, checked, scored, verdict, recorded_at=NOON)

    assert (summary.status, summary.run_id) == ("scored", None)
    assert summary.find_verdict("mlflow").reasons[0].startswith("MLflow stopped answering: ")


def test_batch_in_flight_finishes_on_the_version_that_it_pinned_and_the_next_uses_the_new_one(
    lake, batch, known_rows
):
    checked = check_file(lake, batch, month=None, outcome="ignored")
    in_flight = load_champion(lake, checked)

    promote_by_hand(lake, 2, reason="a test", decided_at=NOON)

    assert score_file(lake, checked, in_flight, scored_at=NOON + HOUR).model_version == 1
    assert load_champion(lake, checked).number == 2


# the age as text


@pytest.mark.parametrize(
    ("age", "reported"),
    [
        (dt.timedelta(0), "0 seconds"),
        (dt.timedelta(seconds=-5), "0 seconds"),
        (dt.timedelta(seconds=119), "119 seconds"),
        (dt.timedelta(minutes=2), "2 minutes"),
        (dt.timedelta(hours=47), "47 hours"),
        (dt.timedelta(days=9), "9 days"),
    ],
)
def test_age_is_formatted_in_the_largest_unit_that_fits(age, reported):
    assert format_age(age) == reported


def test_verdict_on_an_outage_says_how_old_the_pinned_champion_is():
    verdict = judge_outage(3, NOON, now=NOON + 9 * DAY)

    assert verdict.reasons[1] == (
        "the registry last named it champion 9 days ago; a later champion is not known here"
    )
