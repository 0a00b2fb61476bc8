import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.tables.ledger import read_entries
from credit_default.errors import InputError, RefusedError
from credit_default.services.intake.file_check import FileRequest, check_file
from credit_default.services.intake.first_look import hold_checked_file, refuse_broken_file

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
OPTIONS = {"month": None, "outcome": "ignored"}


def ask(wiring, uri):
    return FileRequest(wiring.lake.uri, uri, **OPTIONS)


@pytest.fixture
def batch(month_rows, tmp_path):
    def write(**changes):
        rows = month_rows.head(100).cast(pl.String).with_columns(**changes)
        rows.write_csv(tmp_path / "batch.csv")
        return str(tmp_path / "batch.csv")

    return write


def test_held_file_is_not_checked_again_during_the_block_and_is_after_it(wiring, batch):
    path = batch()

    with hold_checked_file(wiring, ask(wiring, path)) as held:
        assert check_file(wiring, path, **OPTIONS) is held
    assert check_file(wiring, path, **OPTIONS) is not held


def test_check_is_logged_once_and_by_the_work_so_that_it_stands_in_the_log_of_the_run(
    wiring, batch, caplog
):
    path = batch()
    caplog.set_level("INFO", logger="credit_default.services.intake.file_check")

    with hold_checked_file(wiring, ask(wiring, path)):
        before = len(caplog.records)
        check_file(wiring, path, **OPTIONS)

    assert (before, len(caplog.records)) == (0, 1)


def test_file_that_is_asked_for_otherwise_is_checked_for_that(wiring, batch):
    path = batch()

    with hold_checked_file(wiring, ask(wiring, path)) as held:
        kept = check_file(wiring, path, month=None, outcome="kept")

    assert kept.batch_id != held.batch_id


def test_held_file_that_is_written_again_is_refused_when_its_rows_are_read(wiring, batch):
    path = batch()

    with hold_checked_file(wiring, ask(wiring, path)):
        batch(age=pl.lit("41"))
        checked = check_file(wiring, path, **OPTIONS)
        with pytest.raises(InputError, match="other content than when it was checked"):
            list(checked.batches())


def test_object_in_a_bucket_is_fetched_once_for_the_look_and_the_work(
    make_wiring, batch, s3_uri, tmp_path
):
    wiring = make_wiring(lake=s3_uri, home=str(tmp_path / "home"))
    with open(batch(), "rb") as file:  # noqa: PTH123
        wiring.lake.storage.write_object("incoming/batch.csv", file.read())
    uri = f"{s3_uri}/incoming/batch.csv"

    with hold_checked_file(wiring, ask(wiring, uri)) as held:
        wiring.lake.storage.delete_object("incoming/batch.csv")
        rows = pl.concat(list(check_file(wiring, uri, **OPTIONS).accepted()))

    assert rows.height == 100
    assert not held.arrival.path.exists()


def test_file_with_too_many_broken_rows_is_refused_and_on_record_once(wiring, batch):
    old = pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("old")).otherwise("age")
    path = batch(age=old)

    with (
        hold_checked_file(wiring, ask(wiring, path)) as held,
        pytest.raises(RefusedError, match="30 of 100 rows rejected"),
    ):
        refuse_broken_file(wiring, held, judged_at=NOON)

    assert [entry.event for entry in read_entries(wiring.lake)] == ["refused"]


def test_file_with_few_broken_rows_is_left_to_the_flow(wiring, batch):
    with hold_checked_file(wiring, ask(wiring, batch())) as held:
        refuse_broken_file(wiring, held, judged_at=NOON)

    assert not list(read_entries(wiring.lake))


def test_file_that_is_held_for_one_lake_is_checked_again_for_another(make_wiring, batch, tmp_path):
    wiring, other = make_wiring(), make_wiring(tmp_path / "other")
    path = batch()

    with hold_checked_file(wiring, ask(wiring, path)) as held:
        assert check_file(other, path, **OPTIONS) is not held


def test_file_with_a_month_in_the_future_is_refused_before_anything_starts(wiring, batch):
    path = batch(statement_month=pl.lit("2055-01"))

    with (
        hold_checked_file(wiring, ask(wiring, path)) as held,
        pytest.raises(InputError, match="100 rows of months in the future: 2055-01"),
    ):
        refuse_broken_file(wiring, held, judged_at=NOON)

    assert not list(read_entries(wiring.lake))
