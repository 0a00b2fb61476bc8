import datetime as dt

import polars as pl
import pytest
from tests.fakes.log_lines import collect_log_lines

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.lake.snapshots import list_snapshots
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import merge_outcomes
from credit_default.errors import InputError, RefusedError
from credit_default.services.intake.file_check import check_file
from credit_default.services.intake.ingest import ingest_file, write_file_snapshot
from credit_default.services.training.training_rows import (
    read_known_rows,
    read_training_rows,
)

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)

KEY = ["client_id", "statement_month"]


def write(rows, path):
    rows.write_csv(path)
    return str(path)


def observe(lake, rows, *, at="2005-12-01", **columns):
    outcomes = rows.select(*KEY, "defaulted").with_columns(
        observed_at=pl.lit(at).str.to_datetime(time_unit="us", time_zone="UTC"), **columns
    )
    return merge_outcomes(lake, outcomes)


@pytest.fixture
def some_rows(month_rows):
    return month_rows.head(300)


@pytest.fixture
def ingest(wiring, tmp_path):
    def ingest(rows, name):
        return ingest_file(
            wiring, write(rows, tmp_path / name), month=None, corrects=None, kept_at=NOON
        )

    return ingest


def ring(lake, batch_id):
    row = {
        "batch_id": batch_id,
        "model_version": 1,
        "statement_month": "2005-10",
        "gate": "feed",
        "level": "alarm",
        "reasons": [],
        "figures": "{}",
        "row_count": 10,
        "expected_loss": None,
        "data_origin": "simulated",
        "report_path": "",
        "monitored_at": NOON,
    }
    write_monitoring(lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64}))


def test_rejected_training_rows_stand_in_quarantine_and_rows_balance(
    make_wiring, some_rows, tmp_path
):
    broken = some_rows.with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 2).then(9).otherwise("sex")
    )
    wiring = make_wiring(data=write(broken, tmp_path / "rows.csv"))

    training = read_training_rows(wiring, month=None, read_at=NOON)

    assert (training.rows.height, training.rejected_count) == (298, 2)
    assert (
        read_quarantine(wiring.lake, batch_id=training.snapshots[0].digest)["rules"].to_list()
        == [["sex|code"]] * 2
    )


def test_a_folder_of_parts_is_trained_on_with_the_options_it_needs(
    make_wiring, some_rows, tmp_path
):
    (tmp_path / "parts").mkdir()
    amounts = pl.col("^.*_amount_.*$", "credit_limit").cast(pl.String)
    written = some_rows.with_columns(amounts.str.replace(".", ",", literal=True))
    for number, part in enumerate(written.iter_slices(100)):
        part.write_csv(tmp_path / "parts" / f"part-{number:05}.csv")
    wiring = make_wiring(data=str(tmp_path / "parts"))

    training = read_training_rows(
        wiring, month=None, read_at=NOON, options=ReadingOptions(decimal=",")
    )

    assert training.rows.height == some_rows.height
    assert training.notes == ("3 parts of the folder were read as one batch",)


def test_file_that_the_quality_gate_refuses_leaves_nothing(make_wiring, some_rows, tmp_path):
    broken = some_rows.with_columns(
        age=pl.when(pl.int_range(pl.len()) < 100).then(-1).otherwise("age")
    )
    wiring = make_wiring(data=write(broken, tmp_path / "rows.csv"))

    with pytest.raises(RefusedError, match="nothing of it was kept"):
        read_training_rows(wiring, month=None, read_at=NOON)

    assert list_snapshots(wiring.lake) == ()
    assert read_quarantine(wiring.lake, batch_id="0" * 16).is_empty()
    assert [entry.event for entry in read_entries(wiring.lake)] == ["refused"]


def test_training_file_without_outcomes_is_refused(make_wiring, some_rows, tmp_path):
    wiring = make_wiring(data=write(some_rows.drop("defaulted"), tmp_path / "rows.csv"))

    with pytest.raises(InputError, match="defaulted"):
        read_training_rows(wiring, month=None, read_at=NOON)


def test_what_is_known_are_labelled_files_and_batches_whose_outcomes_arrived(
    wiring, ingest, known_rows
):
    months = known_rows.partition_by("statement_month")
    labelled, batch, unknown = (month.head(300) for month in months)
    ingest(labelled, "labelled.csv")
    ingest(batch.drop("defaulted"), "batch.csv")
    ingest(unknown.drop("defaulted"), "unknown.csv")
    observe(wiring.lake, batch.head(200))

    known = read_known_rows(wiring)

    expected = pl.concat([labelled, batch.head(200)])
    assert known.rows.select(expected.columns).sort(KEY).equals(expected.sort(KEY))
    assert len(known.snapshots) == 2
    assert known.data_origin == "simulated"


def test_row_of_several_files_counts_once(ingest, wiring, some_rows):
    ingest(some_rows, "all.csv")
    ingest(some_rows.head(200), "some.csv")
    ingest(some_rows.drop("defaulted"), "bare.csv")
    observe(wiring.lake, some_rows)

    assert read_known_rows(wiring).rows.height == 300


def test_what_was_observed_later_corrects_what_a_file_said(ingest, wiring, some_rows):
    ingest(some_rows, "all.csv")
    observe(wiring.lake, some_rows.head(50), defaulted=1 - pl.col("defaulted"))

    known = dict(read_known_rows(wiring).rows.select("client_id", "defaulted").iter_rows())

    said = dict(some_rows.select("client_id", "defaulted").iter_rows())
    assert {client for client in known if known[client] != said[client]} == set(
        some_rows["client_id"].head(50)
    )


def test_lake_that_knows_no_outcome_has_nothing_to_learn_from(ingest, wiring, some_rows):
    ingest(some_rows.drop("defaulted"), "bare.csv")

    with pytest.raises(InputError, match="no statements with known outcomes"):
        read_known_rows(wiring)


def test_real_and_simulated_clients_are_never_learned_from_together(wiring, some_rows, tmp_path):
    real = some_rows.with_columns(client_id=pl.col("client_id").str.replace("SIM-", ""))
    for rows, name in ((some_rows, "simulated.csv"), (real, "real.csv")):
        path = write(rows, tmp_path / name)
        checked = check_file(wiring, path, month=None, outcome="kept")
        write_file_snapshot(wiring, checked, kept_at=NOON)  # without the check that refuses them

    with pytest.raises(InputError, match="real and simulated clients"):
        read_known_rows(wiring)


def test_batch_of_a_broken_feed_trains_no_model(wiring, ingest, known_rows):
    months = known_rows.filter(pl.col("statement_month") < "2005-11").group_by(
        "statement_month", maintain_order=True
    )
    ids = [
        ingest(rows.head(100), f"{number}.csv").batch_id for number, (_, rows) in enumerate(months)
    ]
    before = read_known_rows(wiring)

    ring(wiring.lake, ids[1])

    known = read_known_rows(wiring)
    assert (before.rows.height, before.notes) == (200, ())
    assert known.rows["statement_month"].unique().to_list() == ["2005-09"]
    assert [snapshot.digest for snapshot in known.snapshots] == [ids[0]]
    assert known.notes == ("1 batch of a broken feed left out",)


def test_sliding_window_leaves_older_months_out(make_wiring, known_rows, tmp_path):
    wiring = make_wiring(retraining={"window": "sliding", "window_months": 2})
    for number, (_, rows) in enumerate(known_rows.group_by("statement_month", maintain_order=True)):
        path = write(rows.head(100), tmp_path / f"{number}.csv")
        ingest_file(wiring, path, month=None, corrects=None, kept_at=NOON)

    known = read_known_rows(wiring)

    assert sorted(known.rows["statement_month"].unique()) == ["2005-10", "2005-11"]
    assert len(known.snapshots) == 2
    assert known.notes == ("trained on the months 2005-10 to 2005-11",)


def test_outcome_that_was_observed_too_early_is_not_learned_from(wiring, ingest, some_rows):
    ingest(some_rows.head(60).drop("defaulted"), "rows.csv")
    observe(wiring.lake, some_rows.head(20), at="2005-10-15")
    observe(wiring.lake, some_rows.slice(20, 30), at="2005-11-01")

    assert read_known_rows(wiring).rows.height == 30


def test_reading_logs_the_snapshot_and_counts_and_no_client(make_wiring, some_rows, tmp_path):
    wiring = make_wiring(data=write(some_rows, tmp_path / "rows.csv"))

    with collect_log_lines("services.training") as lines:
        training = read_training_rows(wiring, month=None, read_at=NOON)

    assert lines == [
        f"info found training data path={tmp_path / 'rows.csv'}",
        (
            f"info read training rows snapshot={training.snapshots[0].digest} row_count=300 "
            "rejected_count=0 data_origin=simulated"
        ),
    ]
    assert not any(client in line for client in some_rows["client_id"] for line in lines)
