import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from credit_default.adapters.tables.ledger import append_entry, find_entry, read_entries
from credit_default.errors import InputError, ServiceError
from credit_default.failpoints import armed_failpoint
from credit_default.gates.ledger.chain import judge_chain

NOON = dt.datetime(2005, 10, 1, 12, tzinfo=dt.UTC)


def enter(lake, key="scored ab v3", *, event="scored", details=None, at=NOON):
    return append_entry(
        lake,
        event=event,
        key=key,
        batch_id="ab" * 8,
        model_version=3,
        details=details or {"scored_count": 7},
        at=at,
    )


def test_a_lake_without_a_ledger_has_no_entries_and_is_not_touched(lake):
    assert read_entries(lake) == ()
    assert find_entry(lake, "scored ab v3") is None
    assert not (lake.home / "tables").exists()


def test_an_entry_is_read_back_as_it_was_made(lake):
    entry = enter(lake, details={"b": 0.1, "a": "é", "c": None, "d": True})

    assert read_entries(lake) == (entry,)
    assert (entry.sequence, entry.event, entry.key, entry.batch_id, entry.model_version) == (
        1,
        "scored",
        "scored ab v3",
        "ab" * 8,
        3,
    )
    assert entry.at == "2005-10-01T12:00:00.000000+00:00"
    assert entry.details == '{"a":"\\u00e9","b":0.1,"c":null,"d":true}'


def test_entries_follow_one_another(lake):
    entries = tuple(enter(lake, f"scored {number}") for number in range(5))

    assert read_entries(lake) == entries
    assert judge_chain(entries).level == "ok"
    assert find_entry(lake, "scored 3") == entries[3]
    assert find_entry(lake, "scored 9") is None


def test_entries_of_some_events_or_of_one_version_are_read_alone_in_their_order(lake):
    enter(lake, "a")
    enter(lake, "b", event="promoted")
    append_entry(lake, event="scored", key="c", batch_id="", model_version=4, details={}, at=NOON)

    assert [entry.key for entry in read_entries(lake, events=["scored"])] == ["a", "c"]
    assert [entry.key for entry in read_entries(lake, model_version=3)] == ["a", "b"]
    assert [entry.key for entry in read_entries(lake, events=["scored"], model_version=4)] == ["c"]
    assert read_entries(lake, model_version=5) == ()


def test_a_decision_that_is_appended_again_stays_as_it_was_first_recorded(lake):
    first = enter(lake, details={"n": 1})
    enter(lake, "another")

    again = enter(lake, details={"n": 2}, at=NOON + dt.timedelta(days=1))

    assert again == first
    assert len(read_entries(lake)) == 2
    assert DeltaTable(lake.table_uri("ledger")).version() == 2


def test_times_are_kept_as_utc(lake):
    taipei = dt.timezone(dt.timedelta(hours=8))

    entry = enter(lake, at=dt.datetime(2005, 10, 1, 4, 0, 0, 5, tzinfo=taipei))

    assert entry.at == "2005-09-30T20:00:00.000005+00:00"
    assert read_entries(lake) == (entry,)
    assert [p.name for p in Path(lake.table_uri("ledger")).glob("month=*")] == ["month=2005-09"]


@pytest.mark.parametrize("value", [[1], {"a": 1}, float("nan")])
def test_details_that_are_not_flat_are_refused_and_nothing_is_appended(lake, value):
    with pytest.raises(InputError, match="ledger details"):
        enter(lake, details={"odd": value})

    assert read_entries(lake) == ()


def test_an_entry_whose_runner_comes_too_late_follows_the_others(lake):
    enter(lake, "first")
    others = []

    def hurry():
        if not others:
            others.append(1)
            with ThreadPoolExecutor(1) as pool:
                others.append(pool.submit(enter, lake, "other").result())

    with armed_failpoint("table.opened", hurry):
        entry = enter(lake, "slow")

    assert (others[1].sequence, entry.sequence) == (2, 3)
    assert judge_chain(read_entries(lake)).figures == {"entry_count": 3.0}


def test_two_runners_with_one_decision_make_one_entry(lake):
    others = []

    def hurry():
        if not others:
            others.append(1)
            with ThreadPoolExecutor(1) as pool:
                others.append(pool.submit(enter, lake, "one", details={"n": 1}).result())

    with armed_failpoint("table.opened", hurry):
        entry = enter(lake, "one", details={"n": 2})

    assert entry == others[1]
    assert read_entries(lake) == (entry,)


@pytest.mark.parametrize("name", ["table.opened", "table.committed"])
def test_a_decision_whose_runner_died_is_appended_once_when_it_is_tried_again(lake, name):
    enter(lake, "before")

    def die():
        raise RuntimeError("killed")

    with armed_failpoint(name, die), pytest.raises(RuntimeError, match="killed"):
        enter(lake, "one")
    entry = enter(lake, "one")

    assert [found.key for found in read_entries(lake)] == ["before", "one"]
    assert judge_chain(read_entries(lake)).level == "ok"
    assert entry.sequence == 2


def test_the_files_of_fifty_entries_become_one_and_the_chain_stays(lake):
    for number in range(51):
        enter(lake, f"scored {number}")

    assert len(DeltaTable(lake.table_uri("ledger")).file_uris()) == 2
    assert judge_chain(read_entries(lake)).figures == {"entry_count": 51.0}
    assert find_entry(lake, "scored 7").sequence == 8


def test_the_table_itself_refuses_to_lose_an_entry(lake):
    enter(lake)
    table = DeltaTable(lake.table_uri("ledger"))

    with pytest.raises(DeltaError, match=r"(?i)append"):
        table.delete("sequence = 1")
    with pytest.raises(DeltaError, match=r"(?i)append"):
        write_deltalake(table, table.to_pyarrow_table(), mode="overwrite")


def test_a_ledger_whose_last_entry_was_taken_away_is_not_written_to(lake):
    enter(lake, "one")
    for path in Path(lake.table_uri("ledger")).glob("month=*/*.parquet"):
        path.unlink()

    with pytest.raises(ServiceError, match="ledger"):
        enter(lake, "two")


def test_the_rows_say_what_the_entries_say(lake):
    entry = enter(lake)

    (row,) = DeltaTable(lake.table_uri("ledger")).to_pyarrow_table().to_pylist()

    assert row.pop("month") == "2005-10"
    assert row.pop("decided_at") == NOON
    assert row == {name: getattr(entry, name) for name in row}
    assert json.loads(row["details"]) == {"scored_count": 7}
