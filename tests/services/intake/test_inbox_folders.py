"""Folders of part files in the inbox: one batch once they are complete, moved as a whole."""

import datetime as dt
import os

import polars as pl
import pytest

from credit_default.adapters.lake.inbox import find_incoming_key, list_incoming
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError
from credit_default.services.context.wiring import build_wiring
from credit_default.services.intake.file_check import check_file
from credit_default.services.intake.inbox import InboxRun, score_incoming, score_incoming_file
from credit_default.settings import Settings
from credit_default.views.summaries.summary import Summary

LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def rows():
    return next(simulate(client_count=60, month_count=1, seed=5)).statements


@pytest.fixture(params=["folder", "bucket"])
def wiring(request, tmp_path):
    lake = (
        str(tmp_path / "lake") if request.param == "folder" else request.getfixturevalue("s3_uri")
    )
    return build_wiring(Settings(lake=lake, home=str(tmp_path / "home")), commit="0123abc")


def drop(wiring, rows, name="november", *, done=True):
    for number, part in enumerate(rows.iter_slices(25)):
        key = f"incoming/{name}/part-{number:05}-ab.csv"
        wiring.lake.storage.write_object(key, part.write_csv().encode())
    if done:
        wiring.lake.storage.write_object(f"incoming/{name}/_SUCCESS", b"")


def list_keys(wiring, prefix):
    return [stored.key for stored in wiring.lake.storage.list_objects(prefix)]


def run_inbox(wiring, then=lambda: None, uri=None):
    """Check each waiting file as if it were scored."""

    def score(uri, month):
        checked = check_file(wiring, uri, month=month, outcome="ignored")
        then()
        counts = {"scored": checked.validated.accepted_count}
        return Summary("predict", "scored", batch_id=checked.batch_id, counts=counts)

    run = InboxRun(score, lambda: LATER)
    if uri is not None:
        return score_incoming_file(wiring, run, uri=uri)
    return score_incoming(wiring, run)


def test_a_complete_folder_is_one_batch_and_moved_as_a_whole(wiring, rows):
    drop(wiring, rows)

    summary = run_inbox(wiring)

    moved = f"processed/{summary.batch_id}-november/"
    assert summary.counts["scored"] == 60
    assert list_keys(wiring, "incoming/") == []
    assert list_keys(wiring, "processed/") == [
        f"{moved}_SUCCESS",
        *(f"{moved}part-0000{number}-ab.csv" for number in range(3)),
    ]


def test_an_incomplete_folder_waits_and_the_run_says_for_what(wiring, rows):
    drop(wiring, rows, done=False)

    summary = run_inbox(wiring)

    assert summary.counts["scored"] == 0
    assert summary.exit_code == 0
    assert summary.notes[0].startswith("folder november waits for _SUCCESS")
    assert f"predict {wiring.lake.uri}/incoming/november" in summary.notes[0]
    assert len(list_keys(wiring, "incoming/november/")) == 3


def test_a_refused_folder_is_moved_with_its_reason(wiring, rows):
    drop(wiring, rows.drop("age"))

    summary = run_inbox(wiring)

    assert summary.exit_code == 1
    assert list_keys(wiring, "incoming/") == []
    kept = list_keys(wiring, "refused/")
    assert sum(key.endswith("-november.reason.json") for key in kept) == 1
    assert sum(key.endswith(".csv") for key in kept) == 3


def test_a_folder_that_is_written_to_meanwhile_stays(wiring, rows):
    drop(wiring, rows)

    def append():
        wiring.lake.storage.write_object("incoming/november/part-00009.csv", b"x")

    summary = run_inbox(wiring, then=append)

    assert "november was written again" in summary.notes[-1]
    assert len(list_keys(wiring, "incoming/november/")) == 5


@pytest.mark.parametrize("named", ["november", "november/", "november/_SUCCESS"])
def test_the_folder_that_an_event_names_is_scored(wiring, rows, named):
    drop(wiring, rows)
    uri = f"{wiring.lake.uri}/incoming/{named}"

    assert find_incoming_key(wiring.lake, uri) == "incoming/november"
    assert run_inbox(wiring, uri=uri).counts["scored"] == 60


def test_parts_that_lie_in_the_inbox_by_themselves_are_refused(wiring, rows):
    for number, part in enumerate(rows.iter_slices(30)):
        key = f"incoming/part-{number:05}.csv"
        wiring.lake.storage.write_object(key, part.write_csv().encode())
    wiring.lake.storage.write_object("incoming/_SUCCESS", b"")

    assert [stored.key for stored in list_incoming(wiring.lake)] == [
        "incoming/part-00000.csv",
        "incoming/part-00001.csv",
    ]
    with pytest.raises(InputError, match="one of 2 parts that a job wrote"):
        check_file(
            wiring,
            f"{wiring.lake.uri}/incoming/part-00000.csv",
            month=None,
            outcome="ignored",
        )


def test_a_folder_keeps_hidden_files_when_it_is_moved(tmp_path, rows):
    wiring = build_wiring(Settings(lake=str(tmp_path / "lake")), commit="0123abc")
    drop(wiring, rows)
    folder = tmp_path / "lake" / "incoming" / "november"
    (folder / "._SUCCESS.crc").write_bytes(b"crc")
    os.utime(folder, (1, 1))

    summary = run_inbox(wiring)

    assert not folder.exists()
    moved = tmp_path / "lake" / "processed" / f"{summary.batch_id}-november"
    assert pl.read_csv(moved / "part-00000-ab.csv").height == 25
    assert (moved / "._SUCCESS.crc").exists()
