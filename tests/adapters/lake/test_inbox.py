import datetime as dt
import json
import os

import pytest

from credit_default.adapters.lake.inbox import (
    SettlingPolicy,
    build_incoming_uri,
    create_incoming,
    has_settled,
    has_valid_key,
    list_incoming,
    move_processed,
    move_refused,
    refresh_incoming,
)
from credit_default.adapters.lake.layout import open_lake
from credit_default.errors import InputError
from credit_default.failpoints import armed_failpoint

BATCH_ID = "ab" * 8
REASON = {"thing": "march.csv", "found": "no header"}


@pytest.fixture(params=["folder", "bucket"])
def lake(request, tmp_path):
    if request.param == "folder":
        return open_lake(tmp_path / "lake")
    return open_lake(request.getfixturevalue("s3_uri"), home=tmp_path)


def arrive(lake, name, content=b"rows"):
    lake.storage.write_object(f"incoming/{name}", content)


def content(lake, key):
    return lake.storage.read_object(key)


def test_files_wait_without_hidden_ones_and_those_in_folders(lake):
    for name in ("b.csv", "a.csv", ".part", "folder/c.csv"):
        arrive(lake, name)

    assert sorted(waiting.key for waiting in list_incoming(lake)) == [
        "incoming/a.csv",
        "incoming/b.csv",
    ]


def test_the_oldest_comes_first_whatever_its_name(tmp_path):
    lake = open_lake(tmp_path)
    for name, age in (("a.csv", 10), ("b.csv", 30), ("c.csv", 20)):
        arrive(lake, name)
        os.utime(tmp_path / "incoming" / name, (1_000_000 - age, 1_000_000 - age))

    assert [waiting.key for waiting in list_incoming(lake)] == [
        "incoming/b.csv",
        "incoming/c.csv",
        "incoming/a.csv",
    ]


def test_an_empty_lake_has_no_files_waiting(lake):
    assert list_incoming(lake) == ()


def test_a_waiting_file_is_named_as_a_person_would(lake):
    arrive(lake, "march.csv")

    assert build_incoming_uri(lake, list_incoming(lake)[0]) == f"{lake.uri}/incoming/march.csv"


def test_a_scored_file_moves_to_processed_under_its_batch_and_twice_is_once(lake):
    arrive(lake, "march.csv")
    (waiting,) = list_incoming(lake)

    first = move_processed(lake, waiting, batch_id=BATCH_ID)
    second = move_processed(lake, waiting, batch_id=BATCH_ID)

    assert first == second == f"processed/{BATCH_ID}-march.csv"
    assert content(lake, first) == b"rows"
    assert list_incoming(lake) == ()


def test_a_refused_file_has_the_reason_beside_it(lake):
    arrive(lake, "march.csv")

    moved = move_refused(lake, list_incoming(lake)[0], reason=REASON)

    assert moved.startswith("refused/")
    assert content(lake, moved) == b"rows"
    assert json.loads(content(lake, f"{moved}.reason.json")) == REASON


def test_two_refused_files_of_one_name_do_not_replace_each_other(lake):
    arrive(lake, "march.csv", b"one")
    first = move_refused(lake, list_incoming(lake)[0], reason=REASON)
    arrive(lake, "march.csv", b"two!")
    second = move_refused(lake, list_incoming(lake)[0], reason=REASON)

    assert (content(lake, first), content(lake, second)) == (b"one", b"two!")


def test_a_file_written_again_while_it_was_scored_stays_and_waits(lake):
    arrive(lake, "march.csv")
    (waiting,) = list_incoming(lake)
    arrive(lake, "march.csv", b"newer rows")

    assert move_processed(lake, waiting, batch_id=BATCH_ID) is None
    assert content(lake, "incoming/march.csv") == b"newer rows"
    assert move_refused(lake, waiting, reason=REASON) is None
    assert list(lake.storage.list_objects("refused/")) == []


def test_a_late_runner_leaves_no_reason_and_keeps_that_of_the_first(lake):
    arrive(lake, "bad.csv")
    arrive(lake, "good.csv")
    bad, good = sorted(list_incoming(lake), key=lambda waiting: waiting.key)
    moved = move_refused(lake, bad, reason=REASON)
    move_processed(lake, good, batch_id=BATCH_ID)

    late = [
        move_refused(lake, waiting, reason={"found": "no such file"}) for waiting in (bad, good)
    ]

    assert late == [None, None]
    assert refresh_incoming(lake, bad) is None
    assert [stored.key for stored in lake.storage.list_objects("refused/")] == [
        moved,
        f"{moved}.reason.json",
    ]
    assert json.loads(content(lake, f"{moved}.reason.json")) == REASON


def test_no_reason_is_left_for_a_file_that_is_written_again_at_the_last_moment(lake):
    arrive(lake, "bad.csv")

    with armed_failpoint("inbox.reason-written", lambda: arrive(lake, "bad.csv", b"better rows")):
        moved = move_refused(lake, list_incoming(lake)[0], reason=REASON)

    assert moved is None
    assert list(lake.storage.list_objects("refused/")) == []
    assert content(lake, "incoming/bad.csv") == b"better rows"


def test_a_crash_between_the_reason_and_the_move_is_completed_by_the_next_run(lake):
    class CrashError(Exception):
        pass

    def crash():
        raise CrashError

    arrive(lake, "bad.csv")
    (waiting,) = list_incoming(lake)
    with pytest.raises(CrashError), armed_failpoint("inbox.reason-written", crash):
        move_refused(lake, waiting, reason=REASON)
    assert refresh_incoming(lake, waiting) is not None

    moved = move_refused(lake, list_incoming(lake)[0], reason=REASON)

    assert list_incoming(lake) == ()
    assert [stored.key for stored in lake.storage.list_objects("refused/")] == [
        moved,
        f"{moved}.reason.json",
    ]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("x" * 251 + ".csv", "x" * 196 + ".csv"),
        ("é" * 120 + "y.parquet", "é" * 96 + ".parquet"),
        ("a." + "x" * 253, "a." + "x" * 198),
        ("x" * 196 + ".csv", "x" * 196 + ".csv"),
    ],
)
def test_a_long_name_is_cut_when_it_is_moved_and_keeps_its_ending(lake, name, kept):
    arrive(lake, name)
    (waiting,) = list_incoming(lake)
    assert has_valid_key(waiting)

    moved = move_refused(lake, waiting, reason=REASON)
    arrive(lake, name)
    scored = move_processed(lake, list_incoming(lake)[0], batch_id=BATCH_ID)

    assert moved.partition("-")[2] == scored.partition("-")[2] == kept
    assert json.loads(content(lake, f"{moved}.reason.json")) == REASON


@pytest.mark.parametrize("name", [b"a\\b.csv", b"\xff.csv", b"line\n.csv"])
def test_a_name_that_is_no_key_is_listed_and_known_as_unfit(tmp_path, name):
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / os.fsdecode(name)).write_bytes(b"rows")

    (waiting,) = list_incoming(open_lake(tmp_path))

    assert not has_valid_key(waiting)


@pytest.mark.parametrize(
    ("seconds", "settled"),
    [(0, False), (1.9, False), (2, True), (3600, True), (-1, False), (-3600, True)],
)
def test_a_file_in_a_folder_settles_two_seconds_after_it_was_written(tmp_path, seconds, settled):
    lake = open_lake(tmp_path)
    arrive(lake, "a.csv")
    (waiting,) = list_incoming(lake)

    assert (
        has_settled(lake, waiting, now=waiting.modified_at + dt.timedelta(seconds=seconds))
        is settled
    )


def test_how_long_it_takes_to_settle_is_a_policy(tmp_path):
    lake = open_lake(tmp_path)
    arrive(lake, "a.csv")
    (waiting,) = list_incoming(lake)
    now = waiting.modified_at + dt.timedelta(seconds=5)

    assert not has_settled(lake, waiting, now=now, policy=SettlingPolicy(quiet_seconds=10))


def test_an_object_in_a_bucket_appears_whole(s3_uri, tmp_path):
    lake = open_lake(s3_uri, home=tmp_path)
    arrive(lake, "a.csv")
    (waiting,) = list_incoming(lake)

    assert has_settled(lake, waiting, now=waiting.modified_at)


def test_a_file_that_is_put_in_waits_whole_and_none_is_replaced(lake, tmp_path):
    (tmp_path / "sent").write_bytes(b"rows")
    (tmp_path / "other").write_bytes(b"others")

    made = [create_incoming(lake, "april.csv", tmp_path / name) for name in ("sent", "other")]

    assert made == [True, False]
    assert content(lake, "incoming/april.csv") == b"rows"


@pytest.mark.parametrize("name", ["../april.csv", ".april.csv", "a/b.csv", "_SUCCESS", "a\x00.csv"])
def test_a_file_is_put_in_under_a_plain_name_only(lake, tmp_path, name):
    (tmp_path / "sent").write_bytes(b"rows")

    with pytest.raises(InputError, match="name"):
        create_incoming(lake, name, tmp_path / "sent")

    assert list_incoming(lake) == ()
