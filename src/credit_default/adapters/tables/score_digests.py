"""Digest a batch's scores, independent of the order of rows, the sizes of frames and the layout of files.

The digest is over the number of rows and the sum of their hashes (`row_hashes`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

import polars as pl

from credit_default.adapters.delta.table import read_frames
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.row_hashes import (
    HASHED_COLUMNS,
    sum_group_hashes,
    sum_row_hashes,
)
from credit_default.adapters.tables.schemas import locate_table
from credit_default.adapters.tables.score_sums import ScoreSums
from credit_default.adapters.tables.scores import build_scores_predicate

NO_SCORES: Final = ScoreSums().digest  # of a batch without a row in the table
_KEYS: Final = ("batch_id", "model_version")


def digest_scores(lake: Lake, *, batch_id: str, model_version: int) -> str:
    """Return the digest of the batch's scores under this model version as they are in the table now; see `digest_frames`."""
    predicate = build_scores_predicate(batch_id, model_version)
    return digest_frames(
        read_frames(locate_table(lake, "scores"), HASHED_COLUMNS, predicate=predicate)
    )


def digest_results(
    lake: Lake, *, batch_ids: Collection[str] | None = None
) -> dict[tuple[str, int], str]:
    """Return the digest of every batch's scores under every version, or of these batches alone, by batch_id and version.

    The table is read once, a record batch at a time. Each digest is that of `digest_scores`.
    """
    sums: dict[tuple[str, int], ScoreSums] = defaultdict(ScoreSums)
    columns = (*_KEYS, *HASHED_COLUMNS)
    for frame in read_frames(locate_table(lake, "scores"), columns, predicate=None):
        own = frame if batch_ids is None else frame.filter(pl.col("batch_id").is_in(batch_ids))
        for found in sum_group_hashes(own, _KEYS):
            batch_id, version = found.key
            sums[batch_id, version] += ScoreSums(found.row_count, hash_sum=found.hash_sum)
    return {key: total.digest for key, total in sums.items()}


def digest_frames(frames: Iterable[pl.DataFrame]) -> str:
    """Return the digest of the rows of all frames, 64 hex digits.

    It covers client_id, statement_month, the bits of default_probability, and decision; other
    columns are left out. A row that occurs twice counts twice.
    """
    sums = (ScoreSums(frame.height, hash_sum=sum_row_hashes(frame)) for frame in frames)
    return sum(sums, start=ScoreSums()).digest
