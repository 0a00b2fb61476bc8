import errno
import os
import resource
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.adapters.files.key_spill import spill_keys
from credit_default.data.checking.duplicate_keys import (
    InMemoryKeyLog,
    KeyHashes,
    find_repeated_keys,
)
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.errors import InputError, ServiceError

HASHES = st.one_of(st.integers(0, 5), st.integers(2**64 - 5, 2**64 - 1), st.integers(0, 2**64 - 1))
ROWS = st.lists(st.lists(st.tuples(HASHES, st.booleans()), max_size=30), max_size=6)

LOANS = parse_schema(
    {
        "name": "loans",
        "version": "1",
        "columns": [{"name": "income", "kind": "amount", "description": "x"}],
        "outcome": {"description": "x"},
    }
)


def count_open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def make_keys(rows):
    return KeyHashes(
        np.array([h for h, _ in rows], dtype=np.uint64),
        np.array([s for _, s in rows], dtype=np.bool_),
    )


def search(log, batches):
    for rows in batches:
        log.add(make_keys(rows))
    return find_repeated_keys(log)


def describe(found):
    return found.hashes.tolist(), found.row_count, found.sound_row_count


def count_by_hand(batches):
    rows = [row for batch in batches for row in batch]
    hashes = [row[0] for row in rows]
    repeated = {h for h in hashes if hashes.count(h) > 1}
    among = [sound for h, sound in rows if h in repeated]
    return sorted(repeated), len(among), sum(among)


@given(ROWS, st.integers(0, 40))
@settings(max_examples=60)
def test_spilled_held_and_counted_by_hand_are_the_same(tmp_path_factory, batches, held_rows):
    with spill_keys(tmp_path_factory.getbasetemp(), held_rows=held_rows) as log:
        spilled = search(log, batches)

    assert (
        describe(spilled) == describe(search(InMemoryKeyLog(), batches)) == count_by_hand(batches)
    )


def test_a_spilled_check_is_the_held_one_to_the_last_row(tmp_path):
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 40_000, 60_000)
    incomes = np.where(rng.random(60_000) < 0.1, "x", "1000")
    rows = pl.DataFrame(
        {"client_id": ids.astype(str), "statement_month": "2024-01", "income": incomes}
    )
    rows = rows.with_columns(
        client_id=pl.when(pl.int_range(pl.len()) % 97 == 0).then(None).otherwise("client_id")
    )

    def read():
        return rows.iter_slices(7_000)

    held = check_rows(read, schema=LOANS)
    with spill_keys(tmp_path, held_rows=10_000) as log:
        spilled = check_rows(read, schema=LOANS, key_log=log)

    assert spilled == held
    twice = rows.filter(pl.col("client_id").is_not_null() & pl.col("client_id").is_duplicated())
    assert spilled.rule_counts["key|repeated"] == twice.height > 20_000
    for one, other in zip(spilled.batches(), held.batches(), strict=True):
        assert one.accepted.equals(other.accepted)
        assert one.rejected.equals(other.rejected)


def test_repeated_keys_are_handed_out_after_the_log_is_gone(tmp_path):
    rows = pl.DataFrame({"client_id": ["a", "b", "a"], "statement_month": "2024-01", "income": 1.0})
    with spill_keys(tmp_path, held_rows=0) as log:
        validated = check_rows(lambda: rows.iter_slices(1), schema=LOANS, key_log=log)

    assert validated.accepted_rows()["client_id"].to_list() == ["b"]


def test_nothing_is_written_for_a_file_that_fits():
    with spill_keys(Path("/nowhere"), held_rows=10) as log:
        assert search(log, [[(1, True), (1, True)]]).row_count == 2


def test_nothing_is_left_in_the_folder_and_no_file_stays_open(tmp_path):
    before = count_open_files()
    with spill_keys(tmp_path, held_rows=0) as log:
        search(log, [[(1, True)] * 5])
        assert count_open_files() > before
        assert list(tmp_path.iterdir()) == []

    assert count_open_files() == before


def test_nothing_is_left_when_the_file_turns_out_to_be_bad(tmp_path):
    def read():
        yield pl.DataFrame({"client_id": ["a"], "statement_month": ["2024-01"], "income": [1.0]})
        raise InputError("line 3", found="2 cells", expected="3", remedy="Correct it.")

    before = count_open_files()
    with pytest.raises(InputError, match="line 3"), spill_keys(tmp_path, held_rows=0) as log:
        check_rows(read, schema=LOANS, key_log=log)

    assert list(tmp_path.iterdir()) == []
    assert count_open_files() == before


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with (
        pytest.raises(
            ServiceError, match=r"scratch folder .*gone: found No such file or directory"
        ),
        spill_keys(tmp_path / "gone", held_rows=0) as log,
    ):
        search(log, [[(1, True)]])


def test_a_full_disk_is_told(tmp_path):
    # Past this limit a file can't grow, which a process sees as a write that fails: here after 64 KiB.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    try:
        with (
            pytest.raises(ServiceError, match=os.strerror(errno.EFBIG)) as caught,
            spill_keys(tmp_path, held_rows=0) as log,
        ):
            search(log, [[(number, True) for number in range(10_000)]])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert caught.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []
