import datetime as dt
import threading
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from credit_default.adapters.delta.commits import create_rows
from credit_default.adapters.delta.erasure import delete_rows, erase_history
from credit_default.adapters.delta.table import LakeTable, has_committed, query_rows
from credit_default.adapters.delta.upkeep import merge_small_files, remove_replaced_files
from credit_default.failpoints import armed_failpoint

SCHEMA = pa.schema(
    [("statement_month", pa.string()), ("client_id", pa.string()), ("value", pa.int64())]
)
NOW, WEEK = dt.timedelta(0), dt.timedelta(days=7)


class KilledError(Exception):
    """In place of a kill: nothing of ours catches it."""


@pytest.fixture
def table(tmp_path):
    shown = {"delta.dataSkippingStatsColumns": "value"}
    return LakeTable(str(tmp_path / "table"), SCHEMA, configuration=shown)


def write(table, numbers, *, month="2005-09"):
    for number in numbers:
        rows = pl.DataFrame(
            {"statement_month": [month], "client_id": [f"client-{number}"], "value": [number]}
        )
        create_rows(
            table, lambda rows=rows: [rows], key=f"key {number}", predicate=f"value = {number}"
        )


def values(table):
    return query_rows(table, lambda scan: scan.select("value").sort("value"))["value"].to_list()


def list_files(table):
    return {
        str(path) for path in Path(table.uri).rglob("*.parquet") if "_delta_log" not in str(path)
    }


def used_files(table):
    return DeltaTable(table.uri).file_uris()


def test_crowded_month_becomes_one_file_with_the_same_rows_and_keys(table):
    write(table, range(8))
    write(table, range(100, 103), month="2005-10")

    merged = merge_small_files(table, fewest=8)

    assert merged == 8
    assert len(used_files(table)) == 1 + 3  # a month with few files is left alone
    assert values(table) == [*range(8), *range(100, 103)]
    assert all(has_committed(table, f"key {number}") for number in range(8))


def test_second_run_finds_nothing_to_do_and_commits_nothing(table):
    write(table, range(8))
    merge_small_files(table, fewest=2)
    remove_replaced_files(table, keep=NOW)
    version = DeltaTable(table.uri).version()

    again = (merge_small_files(table, fewest=2), remove_replaced_files(table, keep=NOW))

    assert again == (0, 0)
    assert DeltaTable(table.uri).version() == version


def test_table_that_was_never_written_is_not_made(table):
    assert (merge_small_files(table, fewest=2), remove_replaced_files(table, keep=WEEK)) == (0, 0)
    assert not Path(table.uri).exists()


def test_log_says_nothing_of_clients_in_merged_files(table):
    write(table, range(4))

    merge_small_files(table, fewest=2)

    names = pa.table(DeltaTable(table.uri).get_add_actions(flatten=True)).column_names
    assert "min.value" in names
    assert [name for name in names if "client_id" in name] == []


def test_replaced_files_stay_as_long_as_they_are_kept_for(table):
    write(table, range(4))
    merge_small_files(table, fewest=2)

    kept = remove_replaced_files(table, keep=WEEK)
    older = DeltaTable(table.uri, version=4).to_pyarrow_table().num_rows
    removed = remove_replaced_files(table, keep=NOW)

    assert (kept, older, removed) == (0, 4, 4)
    assert list_files(table) == set(used_files(table))
    assert values(table) == [0, 1, 2, 3]


def test_row_that_was_merged_is_erased_from_every_file(table):
    write(table, range(4))
    merge_small_files(table, fewest=2)

    delete_rows(table, "client_id = 'client-2'")
    erase_history(table)

    assert values(table) == [0, 1, 3]
    held = {client for path in list_files(table) for client in pl.read_parquet(path)["client_id"]}
    assert held == {"client-0", "client-1", "client-3"}


def test_row_that_was_deleted_is_in_no_merged_file(table):
    write(table, range(4))
    delete_rows(table, "client_id = 'client-2'")
    write(table, [4])

    merge_small_files(table, fewest=2)

    assert values(table) == [0, 1, 3, 4]


@pytest.mark.parametrize("point", ["table.opened", "table.committed"])
def test_kill_in_the_middle_leaves_the_table_whole_and_the_next_run_goes_on(table, point):
    write(table, range(4))
    write(table, range(10, 14), month="2005-10")

    def kill():
        raise KilledError

    with armed_failpoint(point, kill), pytest.raises(KilledError):
        merge_small_files(table, fewest=2)
    between = values(table)
    merge_small_files(table, fewest=2)

    assert between == values(table) == [*range(4), *range(10, 14)]
    assert len(used_files(table)) == 2


def test_rows_that_are_written_meanwhile_are_all_there_and_none_twice(table):
    write(table, range(6))
    writer = threading.Thread(target=write, args=(table, range(6, 18)))

    writer.start()
    while writer.is_alive():
        merge_small_files(table, fewest=2)
        remove_replaced_files(table, keep=WEEK)
    writer.join()

    assert values(table) == list(range(18))
