import os
import time
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from credit_default.adapters.delta.commits import create_rows
from credit_default.adapters.delta.erasure import delete_rows, erase_history
from credit_default.adapters.delta.table import LakeTable, has_committed, query_rows

SCHEMA = pa.schema([("statement_month", pa.string()), ("key", pa.int64()), ("value", pa.int64())])


@pytest.fixture
def table(tmp_path):
    return LakeTable(str(tmp_path / "table"), SCHEMA)


def frame(key, value):
    return pl.DataFrame({"statement_month": ["2005-09"], "key": [key], "value": [value]})


def rows(table):
    return query_rows(table, lambda scan: scan.sort("key", "value").select("key", "value")).rows()


def test_deleted_rows_stay_in_older_files_until_history_is_erased(table):
    create_rows(table, lambda: [frame(1, 10), frame(2, 20)], key="a", predicate="key < 9")
    create_rows(table, lambda: [frame(3, 30)], key="b", predicate="key = 3")
    before = set(Path(table.uri).rglob("*.parquet"))

    count = delete_rows(table, "key = 1")
    remaining = before & set(Path(table.uri).rglob("*.parquet"))
    erased_count = erase_history(table)

    assert count == 1
    assert remaining == before
    assert rows(table) == [(2, 20), (3, 30)]
    assert erased_count == 1
    assert (
        len(before & set(Path(table.uri).rglob("*.parquet"))) == 1
    )  # that of key 3, which held no deleted row
    assert has_committed(table, "a")


def test_a_file_that_no_commit_names_is_erased_when_it_is_old_and_kept_while_a_runner_may_use_it(
    table,
):
    create_rows(table, lambda: [frame(1, 10)], key="a", predicate="key = 1")
    stray = Path(table.uri) / "statement_month=2005-09" / "part-00000-stray.parquet"
    stray.write_bytes(b"left by a runner that died")

    early_count = erase_history(table)
    was_kept = stray.exists()
    two_days_ago = time.time() - 48 * 3600
    os.utime(stray, (two_days_ago, two_days_ago))
    erased_count = erase_history(table)

    assert (early_count, was_kept) == (0, True)
    assert (erased_count, stray.exists()) == (1, False)
    assert rows(table) == [(1, 10)]


def test_deleting_and_erasing_where_nothing_was_written_creates_nothing(table, tmp_path):
    assert delete_rows(table, "key = 1") == 0
    assert erase_history(table) == 0
    assert list(tmp_path.iterdir()) == []
