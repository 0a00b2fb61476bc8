import numpy as np
import polars as pl

from credit_default.data.checking.duplicate_keys import (
    InMemoryKeyLog,
    KeyHashes,
    RepeatedKeys,
    find_repeated_keys,
    hash_keys,
    log_keys,
)


def make_keys(ids, months=None):
    months = months or ["2005-09"] * len(ids)
    return pl.DataFrame(
        {"client_id": ids, "statement_month": months}, schema_overrides={"client_id": pl.String}
    )


def test_equal_keys_have_one_hash_wherever_they_stand():
    one, other = hash_keys(make_keys(["a", "b", "a"])), hash_keys(make_keys(["x", "a"]))

    assert one[0] == one[2] == other[1]
    assert len({*one.tolist(), *other.tolist()}) == 3


def test_a_key_is_both_of_its_parts():
    hashes = hash_keys(make_keys(["a", "a", "2005-09"], ["2005-09", "2005-10", "a"]))

    assert len(set(hashes.tolist())) == 3


def test_a_key_with_a_missing_part_repeats_nothing():
    log = InMemoryKeyLog()

    log_keys(
        make_keys([None, None, "a"], ["2005-09", "2005-09", None]), np.ones(3, dtype=bool), into=log
    )
    log_keys(make_keys(["a", None]), np.ones(2, dtype=bool), into=log)

    assert find_repeated_keys(log).row_count == 0
    assert [part.hashes.size for part in log.parts()] == [1]


def test_repeated_rows_are_counted_with_those_that_are_sound_besides():
    log = InMemoryKeyLog()
    log_keys(make_keys(["a", "b", "a"]), np.array([True, True, False]), into=log)
    log_keys(make_keys(["a", "c"]), np.array([True, True]), into=log)

    found = find_repeated_keys(log)

    assert (found.hashes.size, found.row_count, found.sound_row_count) == (1, 3, 2)
    assert found.mark(hash_keys(make_keys(["c", "a", None]))).tolist() == [False, True, False]


def test_an_empty_log_has_nothing_repeated():
    found = find_repeated_keys(InMemoryKeyLog())

    assert (found.hashes.size, found.row_count, found.sound_row_count) == (0, 0, 0)
    assert found.mark(np.array([1, 2], dtype=np.uint64)).tolist() == [False, False]


def test_marking_looks_at_both_ends_of_the_range():
    ends = np.array([1, 2**64 - 1], dtype=np.uint64)

    assert RepeatedKeys(ends).mark(np.array([0, 1, 5, 2**64 - 1], dtype=np.uint64)).tolist() == [
        False,
        True,
        False,
        True,
    ]


def test_logging_leaves_what_it_was_given():
    hashes = np.array([3, 1, 3], dtype=np.uint64)
    log = InMemoryKeyLog()
    log.add(KeyHashes(hashes, np.ones(3, dtype=np.bool_)))

    find_repeated_keys(log)

    assert hashes.tolist() == [3, 1, 3]
