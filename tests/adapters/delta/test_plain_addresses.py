import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings

from credit_default.adapters.delta.commits import (
    append_row,
    compact_rows,
    create_rows,
    merge_rows,
    replace_rows,
)
from credit_default.adapters.delta.erasure import delete_rows, erase_history
from credit_default.adapters.delta.errors import delta_errors
from credit_default.adapters.delta.plain_addresses import find_plain_address
from credit_default.adapters.delta.retries import RetryPolicy
from credit_default.adapters.delta.table import (
    LakeTable,
    has_committed,
    query_rows,
    read_frames,
    scan_rows,
)
from credit_default.adapters.storage.open_storage import open_storage
from credit_default.errors import ServiceError

NAMES = runpy.run_path(str(Path(__file__).parents[2] / "fakes" / "odd_names.py"))
SCHEMA = pa.schema([("statement_month", pa.string()), ("key", pa.int64()), ("value", pa.int64())])
RETRY = RetryPolicy(attempt_count=3)


def frame(month, key, value):
    return pl.DataFrame({"statement_month": [month], "key": [key], "value": [value]})


def use_every_operation(table):
    """Write, read, change and tidy the table, each operation with a partition that is new to it."""
    create_rows(table, lambda: [frame("2005-01", 1, 1)], key="a", predicate="key = 1")
    replace_rows(
        table, lambda: [frame("2005-02", 2, 2), frame("2005-02", 3, 3)], predicate="key IN (2, 3)"
    )
    source = pl.concat([frame("2005-02", 2, 20), frame("2005-03", 4, 4)])
    match = "old.key = new.key AND old.statement_month = new.statement_month"
    merge_rows(table, source, match=match, update_when="TRUE")
    row = pa.Table.from_pylist([{"statement_month": "2005-04", "key": 5, "value": 5}], SCHEMA)
    append_row(table, lambda _: (row, {"entry": 1}), retry=RETRY)
    deleted = delete_rows(table, "key = 3")
    compact_rows(table, retry=RETRY)
    erase_history(table, keep_hours=0)
    batches = read_frames(table, ("key", "value"), predicate="statement_month = '2005-02'")
    return {
        "deleted": deleted,
        "rows": query_rows(table, lambda scan: scan.sort("key")).rows(),
        "of a month": query_rows(table, lambda s: s.filter(statement_month="2005-03")).rows(),
        "streamed": pl.concat(batches).rows(),
        "committed": has_committed(table, "a"),
    }


EXPECTED = {
    "deleted": 1,
    "rows": [("2005-01", 1, 1), ("2005-02", 2, 20), ("2005-03", 4, 4), ("2005-04", 5, 5)],
    "of a month": [("2005-03", 4, 4)],
    "streamed": [(2, 20)],
    "committed": True,
}


def check_every_operation_below(folder, name):
    uri = f"{folder}/{name}/tables/scores"

    assert use_every_operation(LakeTable(uri, SCHEMA)) == EXPECTED

    partitions = [f"statement_month=2005-0{month}" for month in range(1, 5)]
    assert sorted(path.name for path in Path(uri).iterdir()) == ["_delta_log", *partitions]
    assert [path.name for path in Path(folder).iterdir()] == [name]
    address = Path(find_plain_address(uri))
    assert address == Path(uri) or all(path.is_symlink() for path in address.iterdir())


@pytest.mark.parametrize("name", ["plain", *NAMES["SHORT_NAMES"], "back\\slash", "tab\tnew\nline"])
def test_a_table_in_a_folder_of_any_name_takes_every_operation(name, tmp_path):
    check_every_operation_below(tmp_path, name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES["ODD_NAMES"])
def test_a_table_in_a_folder_of_each_odd_name_takes_every_operation(name, tmp_path):
    check_every_operation_below(tmp_path, name)


@given(name=NAMES["folder_names"]())
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_generated_name_is_as_good_as_a_plain_one(name, tmp_path):
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        check_every_operation_below(folder, name)


@pytest.mark.nightly
@given(name=NAMES["folder_names"]())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_generated_name_is_as_good_as_a_plain_one(name, tmp_path):
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        check_every_operation_below(folder, name)


@pytest.mark.parametrize("prefix", ["My Portfolio/ä #1 (100%)/a=b", "what?/it's [x]* {}"])
def test_a_table_in_a_bucket_takes_every_operation_below_a_prefix_of_any_name(prefix, s3_uri):
    storage = open_storage(f"{s3_uri}/{prefix}")
    table = LakeTable(f"{storage.uri}/tables/scores", SCHEMA, storage_options=storage.options)

    assert use_every_operation(table) == EXPECTED

    keys = [stored.key for stored in open_storage(s3_uri).list_objects("")]
    assert {key.startswith(f"{prefix}/tables/scores/") for key in keys} == {True}


def test_a_plain_path_is_its_own_address_and_needs_no_folder_of_links(tmp_path):
    uri = f"{tmp_path}/tables/scores"

    assert find_plain_address(uri) == uri
    assert find_plain_address("s3://bucket/a-b/c.d_e") == "s3://bucket/a-b/c.d_e"


def test_a_link_to_a_folder_with_an_odd_name_works_like_the_folder(tmp_path):
    (tmp_path / "My Lake").mkdir()
    (tmp_path / "lake").symlink_to("My Lake")

    assert use_every_operation(LakeTable(f"{tmp_path}/lake/scores", SCHEMA)) == EXPECTED
    assert (tmp_path / "My Lake" / "scores" / "_delta_log").is_dir()


def test_a_link_that_is_turned_to_another_lake_leads_to_that_one(tmp_path):
    for name in ("old lake", "new lake"):
        (tmp_path / name).mkdir()
    link = tmp_path / "lake"
    table = LakeTable(f"{link}/scores", SCHEMA)
    link.symlink_to("old lake")
    create_rows(table, lambda: [frame("2005-01", 1, 1)], key="a", predicate="key = 1")
    link.unlink()
    link.symlink_to("new lake")

    assert query_rows(table, lambda scan: scan).height == 0

    link.unlink()
    link.symlink_to("old lake")
    assert query_rows(table, lambda scan: scan).height == 1


def test_two_processes_share_a_table_in_a_folder_with_an_odd_name(tmp_path):
    table = LakeTable(f"{tmp_path}/My Lake/scores", SCHEMA)
    create_rows(table, lambda: [frame("2005-01", 1, 1)], key="a", predicate="key = 1")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import polars as pl, pyarrow as pa\n"
        "from credit_default.adapters.delta.commits import create_rows\n"
        "from credit_default.adapters.delta.table import LakeTable\n"
        "schema = pa.schema([('statement_month', pa.string()), ('key', pa.int64()), ('value', pa.int64())])\n"
        "row = pl.DataFrame({'statement_month': ['2005-02'], 'key': [2], 'value': [2]})\n"
        "create_rows(LakeTable(sys.argv[2], schema), lambda: [row], key='b', predicate='key = 2')\n"
        "from credit_default.adapters.delta.plain_addresses import find_plain_address\n"
        "print(find_plain_address(sys.argv[2]))\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program, "", table.uri], capture_output=True, text=True, check=True
    )

    assert query_rows(table, lambda scan: scan.sort("key").select("key")).rows() == [(1,), (2,)]
    links = Path(ended.stdout.strip())
    assert not links.parent.exists()  # gone with its process
    assert find_plain_address(table.uri) != str(links)


def test_a_folder_of_links_that_was_removed_is_made_again(tmp_path):
    table = LakeTable(f"{tmp_path}/My Lake/scores", SCHEMA)
    create_rows(table, lambda: [frame("2005-01", 1, 1)], key="a", predicate="key = 1")
    private = Path(find_plain_address(table.uri)).parent

    subprocess.run(["rm", "-r", str(private)], check=True)

    assert query_rows(table, lambda scan: scan.select("key")).rows() == [(1,)]


def test_errors_name_the_tables_own_path_and_never_the_links(tmp_path):
    table = LakeTable(f"{tmp_path}/My Lake/scores", SCHEMA)
    create_rows(table, lambda: [frame("2005-01", 1, 1)], key="a", predicate="key = 1")
    for file in Path(table.uri).glob("statement_month=*/*.parquet"):
        file.unlink()

    for name, read in {
        table.uri: lambda: query_rows(table, lambda scan: scan),
        "lake": lambda: scan_rows(table).collect(),
    }.items():
        with pytest.raises(ServiceError) as caught, delta_errors(name):
            read()
        assert name in str(caught.value)
        assert "credit-default-links-" not in str(caught.value)


def test_a_value_that_deltalake_would_write_as_another_folder_is_refused(tmp_path):
    table = LakeTable(f"{tmp_path}/My Lake/scores", SCHEMA)

    with pytest.raises(ServiceError, match="as in 2005-09"):
        create_rows(table, lambda: [frame("a b/c", 1, 1)], key="a", predicate="key = 1")

    assert query_rows(table, lambda scan: scan).height == 0


def test_a_missing_value_has_a_partition_of_its_own(tmp_path):
    table = LakeTable(f"{tmp_path}/My Lake/scores", SCHEMA)

    create_rows(table, lambda: [frame(None, 1, 1)], key="a", predicate="key = 1")

    assert query_rows(table, lambda scan: scan).rows() == [(None, 1, 1)]
    assert all(path.is_symlink() for path in Path(find_plain_address(table.uri)).iterdir())


def test_a_panic_of_deltalake_is_an_error_about_the_table():
    with pytest.raises(ServiceError, match="table s3://bucket/x"), delta_errors("s3://bucket/x"):
        DeltaTable("s3://bucket/[x]")
