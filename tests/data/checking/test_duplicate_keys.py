import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.checking.duplicate_keys import (
    KeyHashes,
    RepeatedKeys,
    build_key_hashes,
    find_repeated_keys,
    hash_keys,
)

HASHES = st.one_of(st.integers(0, 5), st.integers(2**64 - 5, 2**64 - 1), st.integers(0, 2**64 - 1))
ROWS = st.lists(st.lists(st.tuples(HASHES, st.booleans()), max_size=30), max_size=6)


def make_keys(ids, months=None):
    months = months or ["2005-09"] * len(ids)
    return pl.DataFrame(
        {"client_id": ids, "statement_month": months}, schema_overrides={"client_id": pl.String}
    )


def keep(ids, *, months=None, sound=None):
    return build_key_hashes(make_keys(ids, months), np.array(sound or [True] * len(ids)))


def make_hashes(rows):
    return KeyHashes(
        np.array([h for h, _ in rows], dtype=np.uint64),
        np.array([s for _, s in rows], dtype=np.bool_),
    )


def test_equal_keys_have_one_hash_wherever_they_stand():
    one, other = hash_keys(make_keys(["a", "b", "a"])), hash_keys(make_keys(["x", "a"]))

    assert one[0] == one[2] == other[1]
    assert len({*one.tolist(), *other.tolist()}) == 3


def test_a_key_is_both_of_its_parts():
    hashes = hash_keys(make_keys(["a", "a", "2005-09"], ["2005-09", "2005-10", "a"]))

    assert len(set(hashes.tolist())) == 3


def test_other_columns_do_not_change_a_keys_hash():
    keys = make_keys(["a", "b"])

    hashes = hash_keys(keys.with_columns(income=1.0).select("income", *reversed(keys.columns)))

    assert hashes.tolist() == hash_keys(keys).tolist()


def test_a_key_with_a_missing_part_repeats_nothing():
    some = keep([None, None, "a"], months=["2005-09", "2005-09", None])
    more = keep(["a", None])

    assert find_repeated_keys([some, more]).row_count == 0
    assert (some.hashes.size, more.hashes.size) == (0, 1)


def test_repeated_rows_are_counted_with_those_that_are_sound_besides():
    kept = [keep(["a", "b", "a"], sound=[True, True, False]), keep(["a", "c"])]

    found = find_repeated_keys(kept)

    assert (found.hashes.size, found.row_count, found.sound_row_count) == (1, 3, 2)
    assert found.mark(hash_keys(make_keys(["c", "a", None]))).tolist() == [False, True, False]


@given(ROWS)
@settings(max_examples=60)
def test_repeated_keys_are_those_that_are_counted_by_hand(batches):
    rows = [row for batch in batches for row in batch]
    hashes = [row[0] for row in rows]
    repeated = {h for h in hashes if hashes.count(h) > 1}
    among = [sound for h, sound in rows if h in repeated]

    found = find_repeated_keys([make_hashes(batch) for batch in batches])

    assert (found.hashes.tolist(), found.row_count, found.sound_row_count) == (
        sorted(repeated),
        len(among),
        sum(among),
    )


@pytest.mark.parametrize("kept", [[], [KeyHashes(np.empty(0, np.uint64), np.empty(0, np.bool_))]])
def test_no_rows_have_nothing_repeated(kept):
    found = find_repeated_keys(kept)

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


def test_searching_leaves_what_it_was_given():
    hashes = np.array([3, 1, 3], dtype=np.uint64)

    find_repeated_keys([KeyHashes(hashes, np.ones(3, dtype=np.bool_))])

    assert hashes.tolist() == [3, 1, 3]
