import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from credit_default.adapters.delta.commits import (
    Written,
    create_rows,
    merge_rows,
    replace_rows,
)
from credit_default.adapters.delta.erasure import delete_rows
from credit_default.adapters.delta.retries import RetryPolicy
from credit_default.adapters.delta.table import LakeTable, has_committed, query_rows
from credit_default.errors import ServiceError
from credit_default.failpoints import armed_failpoint

SCHEMA = pa.schema([("statement_month", pa.string()), ("key", pa.int64()), ("value", pa.int64())])
QUICK = RetryPolicy(attempt_count=3, first_wait_seconds=0.001)


@pytest.fixture
def table(tmp_path):
    return LakeTable(str(tmp_path / "table"), SCHEMA)


def frame(key, value):
    return pl.DataFrame({"statement_month": ["2005-09"], "key": [key], "value": [value]})


def rows(table):
    return query_rows(table, lambda scan: scan.sort("key", "value").select("key", "value")).rows()


def version(table):
    return DeltaTable(table.uri).version()


def in_a_thread(act, *args, **kwargs):
    """Another runner's commit: deltalake cannot be called from within its own stream."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(act, *args, **kwargs).result()


def replace_meanwhile(table, value):
    in_a_thread(replace_rows, table, lambda: [frame(1, value)], predicate="key = 1")


def test_rows_are_created_once_for_their_key(table):
    first = create_rows(table, lambda: [frame(1, 10), frame(1, 11)], key="a", predicate="key = 1")
    again = create_rows(table, lambda: [frame(1, 99)], key="a", predicate="key = 1")

    assert (first, again) == (Written(2, already_existed=False), Written(0, already_existed=True))
    assert rows(table) == [(1, 10), (1, 11)]
    assert version(table) == 1


def test_a_key_without_rows_is_committed_too(table):
    assert create_rows(table, list, key="a", predicate="key = 1") == Written(
        0, already_existed=False
    )
    assert create_rows(table, lambda: [frame(1, 1)], key="a", predicate="key = 1") == Written(
        0, already_existed=True
    )
    assert has_committed(table, "a")


def test_rows_without_the_key_are_replaced_and_others_stay(table):
    replace_rows(table, lambda: [frame(1, 0), frame(2, 0)], predicate="key < 9")

    written = create_rows(table, lambda: [frame(1, 10)], key="a", predicate="key = 1")

    assert written == Written(1, already_existed=False)
    assert rows(table) == [(1, 10), (2, 0)]


@pytest.mark.parametrize("between", [[], [frame(7, 7)]])
@pytest.mark.parametrize("content", [[], [frame(1, 5)]])
def test_a_runner_that_was_held_up_changes_nothing_after_anothers_commit(table, between, content):
    """Also when neither put in a row, and when other commits follow: the key alone decides."""

    def held_up():
        if not has_been:
            has_been.append(1)
            in_a_thread(create_rows, table, lambda: content, key="a", predicate="key = 1")
            for other in between:
                in_a_thread(replace_rows, table, lambda other=other: [other], predicate="key = 7")
        yield from content

    has_been = []

    written = create_rows(table, held_up, key="a", predicate="key = 1", retry=QUICK)

    assert written == Written(0, already_existed=True)
    assert [value for key, value in rows(table) if key == 1] == [f["value"][0] for f in content]
    assert version(table) == 1 + len(between)


def test_commits_of_other_keys_do_not_make_a_runner_start_again(table):
    attempts = []

    def slow():
        attempts.append(1)
        for key in (2, 3):
            in_a_thread(
                create_rows,
                table,
                lambda key=key: [frame(key, 0)],
                key=f"k{key}",
                predicate=f"key = {key}",
            )
        yield frame(1, 9)

    create_rows(table, slow, key="k1", predicate="key = 1", retry=QUICK)

    assert len(attempts) == 1
    assert rows(table) == [(1, 9), (2, 0), (3, 0)]


def test_a_commit_that_another_runner_spoiled_is_tried_again_from_the_start(table):
    replace_rows(table, lambda: [frame(1, 0)], predicate="key = 1")
    attempts = []

    def racing():
        attempts.append(1)
        if (
            len(attempts) == 1
        ):  # between our reading and our commit, another runner replaces the same rows
            replace_meanwhile(table, 7)
        yield frame(1, 9)

    count = replace_rows(table, racing, predicate="key = 1", retry=QUICK)

    assert count == 1
    assert len(attempts) == 2
    assert rows(table) == [(1, 9)]


def test_a_commit_that_is_spoiled_every_time_gives_up_and_says_so(table):
    replace_rows(table, lambda: [frame(1, 0)], predicate="key = 1")

    def racing():
        replace_meanwhile(table, 7)
        yield frame(1, 9)

    with pytest.raises(ServiceError, match="3 times in a row"):
        replace_rows(table, racing, predicate="key = 1", retry=QUICK)
    assert rows(table) == [(1, 7)]


def merge(table, frames, **options):
    return merge_rows(
        table,
        pl.concat(frames),
        match="old.key = new.key",
        update_when="new.value > old.value",
        **options,
    )


def test_a_merge_inserts_and_updates(table):
    replace_rows(table, lambda: [frame(1, 10), frame(2, 20)], predicate="key < 9")

    counts = merge(table, [frame(1, 11), frame(2, 5), frame(3, 30)])

    assert (counts.inserted_count, counts.updated_count, counts.unchanged_count) == (1, 1, 1)
    assert rows(table) == [(1, 11), (2, 20), (3, 30)]


def test_a_merge_that_another_runner_spoiled_sees_the_others_rows(table):
    spoiled = []

    def spoil():
        if not spoiled:
            spoiled.append(1)
            in_a_thread(merge, table, [frame(1, 50)])

    with armed_failpoint("table.opened", spoil):
        counts = merge(table, [frame(1, 20), frame(2, 20)], retry=QUICK)

    assert (counts.inserted_count, counts.updated_count, counts.unchanged_count) == (1, 0, 1)
    assert rows(table) == [(1, 50), (2, 20)]


def test_a_merge_with_a_key_is_done_once(table):
    merge(table, [frame(1, 10)], key="a")
    delete_rows(table, "key = 1")

    counts = merge(table, [frame(1, 10)], key="a")

    assert (counts.inserted_count, counts.updated_count, counts.unchanged_count) == (0, 0, 1)
    assert rows(table) == []


def test_no_frames_clear_the_rows_of_the_predicate(table):
    replace_rows(table, lambda: [frame(1, 10)], predicate="key = 1")
    replace_rows(table, lambda: [frame(2, 20)], predicate="key = 2")

    assert replace_rows(table, list, predicate="key = 1") == 0
    assert rows(table) == [(2, 20)]


@pytest.mark.parametrize("name", ["table.opened", "table.streamed"])
def test_a_runner_that_fails_before_its_commit_leaves_the_old_state(table, name):
    replace_rows(table, lambda: [frame(1, 0)], predicate="key = 1")

    def fail():
        raise InterruptedError("stopped")

    with (
        armed_failpoint(name, fail),
        pytest.raises((InterruptedError, ServiceError), match="stopped"),
    ):
        create_rows(table, lambda: [frame(1, 9)], key="a", predicate="key = 1")
    assert rows(table) == [(1, 0)]
    assert create_rows(table, lambda: [frame(1, 9)], key="a", predicate="key = 1") == Written(
        1, already_existed=False
    )


def test_a_runner_that_fails_after_its_commit_leaves_the_new_state(table):
    def fail():
        raise RuntimeError("stopped")

    with armed_failpoint("table.committed", fail), pytest.raises(RuntimeError, match="stopped"):
        create_rows(table, lambda: [frame(1, 9)], key="a", predicate="key = 1")
    assert rows(table) == [(1, 9)]
    assert create_rows(table, lambda: [frame(1, 9)], key="a", predicate="key = 1") == Written(
        0, already_existed=True
    )


def test_every_commit_carries_the_token_of_its_call(table):
    create_rows(table, lambda: [frame(1, 10)], key="a", predicate="key = 1")
    replace_rows(table, lambda: [frame(2, 10)], predicate="key = 2")
    merge(table, [frame(2, 11)])
    delete_rows(table, "key = 1")

    logs = sorted((Path(table.uri) / "_delta_log").glob("*.json"))[1:]
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    tokens = [line["commitInfo"]["attempt"] for line in lines if "commitInfo" in line]
    assert len(tokens) == len(set(tokens)) == 4
    assert all(len(token) == 32 for token in tokens)
