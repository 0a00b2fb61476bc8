"""Keys that stand in more than one row of a file, found without holding the keys.

Pass one hands each key's hash to a key log; when all rows are read the log gives them back in parts, every row of one key
in the same part, and each part is searched by itself. `InMemoryKeyLog` keeps them in memory, nine bytes a row;
`adapters/files/key_spill` keeps them on disk, so that memory stays flat however long the file is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, STATEMENT_MONTH

Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_NO_KEY = np.uint64(0)


@dataclass(frozen=True, slots=True)
class KeyHashes:
    """Rows as a key log knows them: each one's key as a hash, and whether the row holds to every rule of its own."""

    hashes: Hashes
    sound: Flags


class KeyLog(Protocol):
    """Where pass one leaves its keys until all are known."""

    def add(self, keys: KeyHashes) -> None:
        """Nothing; the keys are kept."""

    def parts(self) -> Iterator[KeyHashes]:
        """All keys that were added, those of one hash in one part, the parts in ascending order of their hashes."""


class InMemoryKeyLog:
    """A key log in memory, in one part: for files that fit there many times over."""

    def __init__(self) -> None:
        self._held: list[KeyHashes] = []

    def add(self, keys: KeyHashes) -> None:
        """Nothing; the keys are held."""
        self._held.append(keys)

    def parts(self) -> Iterator[KeyHashes]:
        """All of them at once."""
        if self._held:
            yield concatenate_keys(self._held)


@dataclass(frozen=True, slots=True)
class RepeatedKeys:
    """The hashes of keys that stand in more than one row, in ascending order, and how many rows those are."""

    hashes: Hashes
    row_count: int = 0
    sound_row_count: int = 0  # of these rows, those that break no other rule

    def mark(self, hashes: Hashes) -> Flags:
        """Whether each key is one of them."""
        return _is_in_sorted(hashes, self.hashes)


def concatenate_keys(logged: list[KeyHashes]) -> KeyHashes:
    """The keys of all in one, in their order; at least one is needed."""
    return KeyHashes(
        np.concatenate([k.hashes for k in logged]), np.concatenate([k.sound for k in logged])
    )


def log_keys(keys: pl.DataFrame, sound: Flags, *, into: KeyLog) -> None:
    """Nothing; the rows' keys are in the log, but for those of which a part is missing: they repeat nothing."""
    hashes = hash_keys(keys)
    known = hashes != _NO_KEY
    into.add(KeyHashes(hashes, sound) if known.all() else KeyHashes(hashes[known], sound[known]))


def find_repeated_keys(log: KeyLog) -> RepeatedKeys:
    """The keys that the log has more than once; in memory stand one of its parts and the repeated ones."""
    found = [np.empty(0, dtype=np.uint64)]
    row_count = sound_row_count = 0
    for part in log.parts():
        ordered = np.sort(part.hashes)
        repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if repeated.size:
            rows = _is_in_sorted(part.hashes, repeated)
            row_count += int(np.count_nonzero(rows))
            sound_row_count += int(np.count_nonzero(rows & part.sound))
            found.append(repeated)
    return RepeatedKeys(np.concatenate(found), row_count, sound_row_count)


def hash_keys(keys: pl.DataFrame) -> Hashes:
    """One number a key, the same wherever the key stands; 0 where a part of it is missing."""
    hashes: Hashes = np.array(keys.to_struct("key").hash(), dtype=np.uint64)
    missing = (keys[CLIENT_ID].is_null() | keys[STATEMENT_MONTH].is_null()).to_numpy()
    hashes[missing] = _NO_KEY
    return hashes


def _is_in_sorted(hashes: Hashes, ordered: Hashes) -> Flags:
    if not ordered.size:
        return np.zeros(hashes.size, dtype=np.bool_)
    places = np.minimum(np.searchsorted(ordered, hashes), ordered.size - 1)
    flags: Flags = ordered[places] == hashes
    return flags
