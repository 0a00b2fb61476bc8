"""The table of scores: written once for each batch and model version, measured without being held in memory."""

from collections.abc import Iterator

import polars as pl

from credit_default.adapters.delta.commits import Frames, Written, create_rows
from credit_default.adapters.delta.table import has_committed, query_rows, read_frames
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.adapters.tables.schemas import SCORES, locate_table
from credit_default.adapters.tables.score_sums import (
    SUMMED_COLUMNS,
    ScoreMeasures,
    ScoreSums,
    sum_scores,
)

SCORES_COLUMNS = tuple(SCORES.names)


def write_scores(lake: Lake, read: Frames, *, batch_id: str, model_version: int) -> Written:
    """Write the batch's scores under this version in one commit; return how many.

    Idempotent: they are written once. Where they had been written before, nothing changes and the
    result says so. Scores of an older lake that were written without a key are replaced. `read()`
    returns the scored frames, one record batch at a time; it is called again when the commit is tried
    again. An exception that it raises is passed on, and nothing is committed.

    Raises:
        ServiceError: The table cannot be written to.
    """
    key, predicate = (
        build_scores_key(batch_id, model_version),
        build_scores_predicate(batch_id, model_version),
    )
    return create_rows(locate_table(lake, "scores"), read, key=key, predicate=predicate)


def has_scores(lake: Lake, *, batch_id: str, model_version: int) -> bool:
    """Return whether `write_scores` has committed this batch under this version."""
    return has_committed(locate_table(lake, "scores"), build_scores_key(batch_id, model_version))


def read_scores(
    lake: Lake,
    *,
    batch_id: str,
    model_version: int | None = None,
    client_id: str | None = None,
    columns: tuple[str, ...] = SCORES_COLUMNS,
) -> pl.DataFrame:
    """Return the batch's scores, of one version or client or of all (None), in no order.

    The frame is empty where there are none.
    """
    wanted = pl.col("batch_id") == check_hex(batch_id, "batch_id")
    if model_version is not None:
        wanted &= pl.col("model_version") == int(model_version)
    if client_id is not None:
        wanted &= pl.col("client_id") == client_id
    return query_rows(
        locate_table(lake, "scores"), lambda table: table.filter(wanted).select(columns)
    )


def read_score_frames(
    lake: Lake, *, batch_id: str, model_version: int, columns: tuple[str, ...] = SCORES_COLUMNS
) -> Iterator[pl.DataFrame]:
    """Yield the batch's scores of one version, a record batch at a time and in no order, so that memory does not grow."""
    return read_frames(
        locate_table(lake, "scores"),
        columns,
        predicate=build_scores_predicate(batch_id, model_version),
    )


def measure_scores(lake: Lake, *, batch_id: str, model_version: int) -> ScoreMeasures:
    """Return counts, the mean probability and expected losses of the batch's scores, as they are in the table now."""
    return read_score_sums(lake, batch_id=batch_id, model_version=model_version).measure()


def read_score_sums(lake: Lake, *, batch_id: str, model_version: int) -> ScoreSums:
    """Return the sums over the batch's scores as they are in the table now, read a record batch at a time."""
    return sum_scores(
        read_score_frames(
            lake, batch_id=batch_id, model_version=model_version, columns=SUMMED_COLUMNS
        )
    )


def build_scores_key(batch_id: str, model_version: int) -> str:
    """Return the key under which a batch's scores of one version are committed."""
    return f"scores {check_hex(batch_id, 'batch_id')} v{int(model_version)}"


def build_scores_predicate(batch_id: str, model_version: int) -> str:
    """Return an SQL condition that is true for the rows of this batch and version."""
    return (
        f"batch_id = '{check_hex(batch_id, 'batch_id')}' AND model_version = {int(model_version)}"
    )
