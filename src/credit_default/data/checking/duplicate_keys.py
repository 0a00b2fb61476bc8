"""Find keys that occur in more than one row of a file of any length, by hashes of the keys.

Pass one over the file keeps nine bytes a row: the hash of its key, and whether the row satisfies
all other rules. When all rows are read the hashes are sorted once. Pass two checks for each row
whether its key is among the repeated ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, KEY, STATEMENT_MONTH

Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_NO_KEY = np.uint64(0)


@dataclass(frozen=True, slots=True)
class KeyHashes:
    """The hash of each row's key, and whether the row satisfies every rule on it alone."""

    hashes: Hashes
    sound: Flags


@dataclass(frozen=True, slots=True)
class RepeatedKeys:
    """The hashes of keys that occur in several rows, ascending, and the number of those rows."""

    hashes: Hashes
    row_count: int = 0
    sound_row_count: int = 0  # of these rows, those that break no other rule

    def mark(self, hashes: Hashes) -> Flags:
        """Return for each hash whether it is one of these."""
        return _is_in_sorted(hashes, self.hashes)


def build_key_hashes(keys: pl.DataFrame, sound: Flags) -> KeyHashes:
    """Return the rows' hashes, without rows whose key has a missing part: they repeat nothing.

    Args:
        keys: The key columns of the rows, converted.
        sound: For each row whether it satisfies every other rule.
    """
    hashes = hash_keys(keys)
    known = hashes != _NO_KEY
    return KeyHashes(hashes, sound) if known.all() else KeyHashes(hashes[known], sound[known])


def find_repeated_keys(kept: Sequence[KeyHashes]) -> RepeatedKeys:
    """Return the keys that occur in several rows; needs eight more bytes a row while it runs."""
    if not kept:
        return RepeatedKeys(np.empty(0, dtype=np.uint64))
    ordered = np.concatenate([rows.hashes for rows in kept])
    ordered.sort()
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    row_count = sound_row_count = 0
    if repeated.size:
        for rows in kept:
            found = _is_in_sorted(rows.hashes, repeated)
            row_count += int(np.count_nonzero(found))
            sound_row_count += int(np.count_nonzero(found & rows.sound))
    return RepeatedKeys(repeated, row_count, sound_row_count)


def hash_keys(rows: pl.DataFrame) -> Hashes:
    """Return a hash of each row's key, in row order; 0 where a part of the key is missing.

    The key is (client_id, statement_month).

    Equal keys have equal hashes within one process only, so the hashes must not be stored.
    """
    hashes: Hashes = np.array(rows.select(*KEY).to_struct("key").hash(), dtype=np.uint64)
    missing = (rows[CLIENT_ID].is_null() | rows[STATEMENT_MONTH].is_null()).to_numpy()
    hashes[missing] = _NO_KEY
    return hashes


def _is_in_sorted(hashes: Hashes, ordered: Hashes) -> Flags:
    if not ordered.size:
        return np.zeros(hashes.size, dtype=np.bool_)
    places = np.minimum(np.searchsorted(ordered, hashes), ordered.size - 1)
    flags: Flags = ordered[places] == hashes
    return flags
