"""The table of shadow scores: what other versions than the champion say of the batches that it scored.

No decision is made by them. Like scores, they are written once for each batch and model version.
"""

from collections.abc import Collection

import polars as pl

from credit_default.adapters.delta.commits import Frames, Written, create_rows
from credit_default.adapters.delta.table import has_committed, query_rows
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import SHADOW_SCORES, locate_table
from credit_default.adapters.tables.scores import build_scores_key, build_scores_predicate

SHADOW_COLUMNS = tuple(SHADOW_SCORES.names)


def write_shadow_scores(lake: Lake, read: Frames, *, batch_id: str, model_version: int) -> Written:
    """Write the batch's shadow scores of this version in one commit; return how many.

    Idempotent: they are written once. Arguments and errors are those of `write_scores`; the frames
    have the columns `SHADOW_COLUMNS`.
    """
    return create_rows(
        locate_table(lake, "shadow_scores"),
        read,
        key=_build_key(batch_id, model_version),
        predicate=build_scores_predicate(batch_id, model_version),
    )


def has_shadow_scores(lake: Lake, *, batch_id: str, model_version: int) -> bool:
    """Return whether `write_shadow_scores` has committed this batch under this version."""
    return has_committed(locate_table(lake, "shadow_scores"), _build_key(batch_id, model_version))


def read_shadow_scores(
    lake: Lake, *, batch_id: str, model_version: int | None = None
) -> pl.DataFrame:
    """Return the batch's shadow scores, of one version or of all (None), in no order.

    The frame is empty where there are none, as in a lake of an earlier version.
    """
    wanted = pl.col("batch_id") == batch_id
    if model_version is not None:
        wanted &= pl.col("model_version") == int(model_version)
    return query_rows(locate_table(lake, "shadow_scores"), lambda table: table.filter(wanted))


def list_shadow_months(lake: Lake, *, model_version: int) -> tuple[str, ...]:
    """Return the statement months (YYYY-MM) that this version scored in the shadow, in order."""
    own = pl.col("model_version") == int(model_version)
    found = query_rows(
        locate_table(lake, "shadow_scores"),
        lambda table: table.filter(own).select(pl.col("statement_month").unique().sort()),
    )
    return tuple(found["statement_month"])


def count_shadow_scores(lake: Lake, batch_id: str, versions: Collection[int]) -> dict[int, int]:
    """Return how many rows of the batch each of these versions scored in the shadow."""
    found = read_shadow_scores(lake, batch_id=batch_id).group_by("model_version").len()
    return dict.fromkeys(versions, 0) | {v: n for v, n in found.iter_rows() if v in versions}


def _build_key(batch_id: str, model_version: int) -> str:
    return f"shadow {build_scores_key(batch_id, model_version)}"
