from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pyarrow as pa
import pytest

from credit_default.adapters.delta import RetryPolicy, Table, merge_rows, read_rows, replace_rows, scan_rows
from credit_default.errors import ServiceError

SCHEMA = pa.schema([("statement_month", pa.string()), ("key", pa.int64()), ("value", pa.int64())])
QUICK = RetryPolicy(attempt_count=3, first_wait_seconds=0.001)


@pytest.fixture
def table(tmp_path):
    return Table(str(tmp_path / "table"), SCHEMA)


def frame(key, value):
    return pl.DataFrame({"statement_month": ["2005-09"], "key": [key], "value": [value]})


def rows(table):
    return read_rows(table, lambda scan: scan.sort("key").select("key", "value")).rows()


def meanwhile(table, value):
    """Another runner's commit, in a thread of its own: deltalake cannot be called from within its own stream."""
    with ThreadPoolExecutor(1) as other:
        other.submit(replace_rows, table, lambda: [frame(1, value)], predicate="key = 1").result()


def test_a_commit_that_another_runner_spoiled_is_tried_again_from_the_start(table):
    replace_rows(table, lambda: [frame(1, 0)], predicate="key = 1")
    attempts = []

    def racing():
        attempts.append(1)
        if len(attempts) == 1:  # between our reading and our commit, somebody else replaces the same rows
            meanwhile(table, 7)
        yield frame(1, 9)

    count = replace_rows(table, racing, predicate="key = 1", retry=QUICK)

    assert count == 1
    assert len(attempts) == 2
    assert rows(table) == [(1, 9)]


def test_a_commit_that_is_spoiled_every_time_gives_up_and_says_so(table):
    replace_rows(table, lambda: [frame(1, 0)], predicate="key = 1")

    def racing():
        meanwhile(table, 7)
        yield frame(1, 9)

    with pytest.raises(ServiceError, match="3 times in a row"):
        replace_rows(table, racing, predicate="key = 1", retry=QUICK)
    assert rows(table) == [(1, 7)]


def test_waits_double_up_to_the_longest_and_differ(table):
    policy = RetryPolicy(first_wait_seconds=0.1, longest_wait_seconds=0.4)

    assert 0.05 <= policy.wait_seconds(0) <= 0.1
    assert 0.1 <= policy.wait_seconds(1) <= 0.2
    assert 0.2 <= policy.wait_seconds(9) <= 0.4
    assert len({policy.wait_seconds(0) for _ in range(9)}) > 1


def test_a_merge_puts_in_and_replaces(table):
    replace_rows(table, lambda: [frame(1, 10), frame(2, 20)], predicate="key < 9")
    newer = pl.concat([frame(1, 11), frame(2, 5), frame(3, 30)])

    counts = merge_rows(table, newer, match="old.key = new.key", update_when="new.value > old.value")

    assert (counts.inserted_count, counts.updated_count, counts.unchanged_count) == (1, 1, 1)
    assert rows(table) == [(1, 11), (2, 20), (3, 30)]


def test_no_frames_clear_the_rows_of_the_predicate(table):
    replace_rows(table, lambda: [frame(1, 10)], predicate="key = 1")
    replace_rows(table, lambda: [frame(2, 20)], predicate="key = 2")

    assert replace_rows(table, list, predicate="key = 1") == 0
    assert rows(table) == [(2, 20)]


def test_a_place_that_cannot_be_written_is_a_service_that_failed(tmp_path):
    (tmp_path / "file").write_text("in the way")
    table = Table(str(tmp_path / "file" / "table"), SCHEMA)

    with pytest.raises(ServiceError, match="a Delta table that can be read and written"):
        replace_rows(table, lambda: [frame(1, 1)], predicate="key = 1")


def test_scanning_what_was_never_written_gives_no_rows_and_makes_nothing(table, tmp_path):
    assert scan_rows(table).collect().is_empty()
    assert list(tmp_path.iterdir()) == []
