import json
import os

import pytest

from credit_default.adapters.incoming import list_incoming, move_processed, move_refused, name_incoming
from credit_default.adapters.lake import open_lake

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

    assert sorted(waiting.key for waiting in list_incoming(lake)) == ["incoming/a.csv", "incoming/b.csv"]


def test_the_oldest_comes_first_whatever_its_name(tmp_path):
    lake = open_lake(tmp_path)
    for name, age in (("a.csv", 10), ("b.csv", 30), ("c.csv", 20)):
        arrive(lake, name)
        os.utime(tmp_path / "incoming" / name, (1_000_000 - age, 1_000_000 - age))

    assert [waiting.key for waiting in list_incoming(lake)] == ["incoming/b.csv", "incoming/c.csv", "incoming/a.csv"]


def test_an_empty_lake_has_no_files_waiting(lake):
    assert list_incoming(lake) == ()


def test_a_waiting_file_is_named_as_a_person_would(lake):
    arrive(lake, "march.csv")

    assert name_incoming(lake, list_incoming(lake)[0]) == f"{lake.uri}/incoming/march.csv"


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


def test_a_file_written_anew_while_it_was_scored_stays_and_waits(lake):
    arrive(lake, "march.csv")
    (waiting,) = list_incoming(lake)
    arrive(lake, "march.csv", b"newer rows")

    assert move_processed(lake, waiting, batch_id=BATCH_ID) is None
    assert content(lake, "incoming/march.csv") == b"newer rows"
