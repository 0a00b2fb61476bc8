"""A fault of S3 at each request of a commit: the right result or one clear error, after which a repeat succeeds."""

import datetime as dt

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
from credit_default.adapters.delta.table import LakeTable, has_committed, read_frames
from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.storage.open_storage import open_storage
from credit_default.adapters.tables.ledger import append_entry, read_entries
from credit_default.errors import CreditDefaultError, InputError, ServiceError
from credit_default.gates.ledger.chain import judge_chain

SCHEMA = pa.schema([("statement_month", pa.string()), ("key", pa.int64()), ("value", pa.int64())])
QUICK = RetryPolicy(attempt_count=3, first_wait_seconds=0.001)
NOON = dt.datetime(2005, 10, 1, 12, tzinfo=dt.UTC)

COMMIT = ("PUT", r"_delta_log/\d+\.json")
ROWS = ("PUT", r"\.parquet")
LOG = ("GET", r"_delta_log/\d+\.json")
LIST = ("GET", "list-type=2")
REQUESTS = {"commit": COMMIT, "rows": ROWS, "log": LOG, "list": LIST}
FAULTS = ("lost", "reset", "503", "409", "412", "403", "truncated", "slow:1", "expired")
ORDINARY = {
    ("rows", "lost"),
    ("rows", "503"),
    ("log", "truncated"),
    ("log", "403"),
    ("list", "503"),
    ("list", "truncated"),
}
MATRIX = [
    pytest.param(
        name,
        fault,
        marks=() if name == "commit" or (name, fault) in ORDINARY else pytest.mark.nightly,
    )
    for name in REQUESTS
    for fault in FAULTS
]


@pytest.fixture(autouse=True)
def _quick(quick_s3_clients):
    """Every test opens its own clients."""


@pytest.fixture
def table(s3_uri, fault_proxy):
    """A table of one row and one commit, reached through the proxy."""
    storage = open_storage(s3_uri)
    table = LakeTable(f"{storage.uri}/tables/t", SCHEMA, storage_options=storage.options)
    replace_rows(table, lambda: [frame(7, 7)], predicate="key = 7")
    return table


def frame(key, value):
    return pl.DataFrame({"statement_month": ["2005-09"], "key": [key], "value": [value]})


def rows(table):
    frames = read_frames(table, ("key", "value"), predicate="key > 0")
    return sorted(row for found in frames for row in found.select("key", "value").rows())


def version(table):
    return DeltaTable(table.uri, storage_options=dict(table.storage_options())).version()


def create(table, *, retry=QUICK):
    return create_rows(
        table, lambda: [frame(1, 10), frame(1, 11)], key="a", predicate="key = 1", retry=retry
    )


@pytest.mark.parametrize(("request_name", "fault"), MATRIX)
def test_one_fault_gives_the_result_once_or_one_error_and_a_repeat_gives_it_once(
    table, fault_proxy, request_name, fault
):
    fault_proxy.add(*REQUESTS[request_name], fault)
    written = error = None
    try:
        written = create(table)
    except CreditDefaultError as raised:
        error = raised
    struck = fault_proxy.struck
    fault_proxy.clear()

    before, again = version(table), create(table)

    assert struck == 1
    if error is not None:
        assert error.thing == f"table {table.uri}"
        assert str(error).isprintable()
    else:
        assert written == Written(2, already_existed=False)
        assert (before, again) == (2, Written(0, already_existed=True))
    assert rows(table) == [(1, 10), (1, 11), (7, 7)]
    assert version(table) == 2


ACTS = {
    "create": (create, Written(2, already_existed=False), [(1, 10), (1, 11), (7, 7)]),
    "replace": (
        lambda t: replace_rows(t, lambda: [frame(1, 5)], predicate="key = 1"),
        1,
        [(1, 5), (7, 7)],
    ),
    "delete": (lambda t: delete_rows(t, "key = 7"), 1, []),
    "merge": (
        lambda t: (
            merge_rows(
                t,
                pl.concat([frame(1, 1), frame(7, 8)]),
                match="old.key = new.key",
                update_when="new.value > old.value",
            ).inserted_count
        ),
        1,
        [(1, 1), (7, 8)],
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_a_reply_that_is_lost_after_the_commit_is_our_own_success(table, fault_proxy, name):
    act, expected, left = ACTS[name]
    fault_proxy.add(*COMMIT, "lost")

    found = act(table)

    assert fault_proxy.struck == 1
    assert found == expected
    assert rows(table) == left
    assert version(table) == 2


def test_a_table_exists_when_the_reply_to_its_creation_was_lost(s3_uri, fault_proxy):
    storage = open_storage(s3_uri)
    table = LakeTable(f"{storage.uri}/tables/new", SCHEMA, storage_options=storage.options)
    fault_proxy.add(*COMMIT, "lost", times=2)  # the creation, and the rows

    assert create(table) == Written(2, already_existed=False)
    assert fault_proxy.struck == 2
    assert version(table) == 1


def test_an_entry_of_the_ledger_whose_reply_is_lost_is_made_once(s3_uri, fault_proxy, tmp_path):
    lake = open_lake(s3_uri, home=tmp_path)

    def enter(key):
        return append_entry(
            lake, event="scored", key=key, batch_id="", model_version=0, details={}, at=NOON
        )

    first = enter("first")
    fault_proxy.add(*COMMIT, "lost")
    second = enter("second")

    assert fault_proxy.struck == 1
    assert read_entries(lake) == (first, second)
    assert judge_chain(read_entries(lake)).level == "ok"
    assert enter("second") == second


@pytest.mark.parametrize("fault", ["409", "412"])
def test_a_commit_that_is_refused_every_time_gives_up_and_says_so(table, fault_proxy, fault):
    fault_proxy.add(*COMMIT, fault, times=999)

    with pytest.raises(ServiceError, match=r"once|times in a row"):
        create(table, retry=RetryPolicy(attempt_count=1))
    fault_proxy.clear()
    assert version(table) == 1
    assert not has_committed(table, "a")


@pytest.mark.parametrize(
    ("fault", "found"), [("403", "access denied"), ("expired", "credentials that have expired")]
)
def test_a_permission_that_s3_denies_is_reported_and_nothing_is_written(
    table, fault_proxy, fault, found
):
    fault_proxy.add("*", ".", fault, times=999)

    with pytest.raises(ServiceError, match=found) as raised:
        create(table)
    fault_proxy.clear()
    assert raised.value.exit_code == 3
    assert version(table) == 1


def test_a_missing_bucket_is_reported_as_such(s3_environment):
    storage = open_storage("s3://no-such-bucket/portfolio")
    table = LakeTable(f"{storage.uri}/tables/t", SCHEMA, storage_options=storage.options)

    with pytest.raises(InputError, match="no such bucket"):
        create(table)


def test_credentials_that_change_are_used_at_the_next_opening(s3_uri, fault_proxy, monkeypatch):
    """A process that runs for days gets new ones from its role: each opening asks for the current ones."""
    storage = open_storage(s3_uri)
    asked = []
    table = LakeTable(
        f"{storage.uri}/tables/t",
        SCHEMA,
        storage_options=lambda: (
            asked.append(1) or {**storage.options(), "aws_session_token": f"token-{len(asked)}"}
        ),
    )
    create(table)
    opened_count = len(asked)

    assert rows(table) == [(1, 10), (1, 11)]
    assert len(asked) > opened_count > 0
