import datetime as dt

import polars as pl
import pytest
from tests.fakes.log_lines import collect_log_lines

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.lake.snapshots import list_snapshots
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.errors import InputError, RefusedError
from credit_default.services.training.training_rows import read_training_rows

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


def write(rows, path):
    rows.write_csv(path)
    return str(path)


@pytest.fixture
def some_rows(month_rows):
    return month_rows.head(300)


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


def test_month_of_a_file_that_lacks_too_many_outcomes_is_left_out(
    make_wiring, known_rows, tmp_path
):
    late = pl.col("statement_month") == "2005-11"
    number = pl.int_range(pl.len()).over("statement_month")
    rows = known_rows.filter(~late | (number < 200))
    broken = rows.with_columns(
        defaulted=pl.when((pl.col("statement_month") == "2005-11") & (number < 60))
        .then(None)
        .otherwise("defaulted"),
        # a row without an outcome whose month cannot be read either is of no month
        statement_month=pl.when((pl.col("statement_month") == "2005-11") & (number == 0))
        .then(pl.lit("soon"))
        .otherwise("statement_month"),
    )
    wiring = make_wiring(data=write(broken, tmp_path / "rows.csv"))

    training = read_training_rows(wiring, month=None, read_at=NOON)

    assert sorted(training.rows["statement_month"].unique()) == ["2005-09", "2005-10"]
    assert training.rejected_count == 60
    assert any(
        note.startswith("month 2005-11 left out: 140 of 199 outcomes are known (70%)")
        for note in training.notes
    )


def test_file_whose_outcomes_cannot_be_known_yet_is_refused(make_wiring, some_rows, tmp_path):
    wiring = make_wiring(data=write(some_rows, tmp_path / "rows.csv"))

    with pytest.raises(InputError, match="2005-09: the outcomes are not due yet"):
        read_training_rows(wiring, month=None, read_at=dt.datetime(2005, 9, 30, tzinfo=dt.UTC))
