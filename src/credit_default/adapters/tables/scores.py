"""The table of scores: written once for each batch and model version, and measured without ever being held in memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from credit_default.adapters.delta.commits import Frames, Written, create_rows
from credit_default.adapters.delta.table import has_committed, query_rows, read_frames
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.adapters.tables.schemas import SCORES, locate_table

SCORES_COLUMNS = tuple(SCORES.names)
_DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class ScoreMeasures:
    """What a batch's scores come to under one model version."""

    scored_count: int
    declined_count: int
    reasoned_count: int  # declined rows that were given reasons
    expected_default_share: float  # mean probability, 0-1; 0 where there are no scores
    expected_losses: Mapping[
        str, float
    ]  # sums by decision and by band ("accept", "band A"); empty where undeclared


def write_scores(lake: Lake, read: Frames, *, batch_id: str, model_version: int) -> Written:
    """How many scores were put in for this batch and version, once for ever, in one commit.

    `already_existed` when they had been put in before: then nothing changes. Scores of an older lake, written without a key,
    are replaced. `read()` gives the scored frames, one record batch at a time; it is called again when the commit is
    tried again. An exception it raises comes out as it is, and nothing is committed. Raises `ServiceError` when the
    table refuses.
    """
    key, predicate = (
        build_scores_key(batch_id, model_version),
        build_scores_predicate(batch_id, model_version),
    )
    return create_rows(locate_table(lake, "scores"), read, key=key, predicate=predicate)


def has_scores(lake: Lake, *, batch_id: str, model_version: int) -> bool:
    """True once `write_scores` has committed this batch under this version."""
    return has_committed(locate_table(lake, "scores"), build_scores_key(batch_id, model_version))


def read_scores(
    lake: Lake,
    *,
    batch_id: str,
    model_version: int | None = None,
    client_id: str | None = None,
    columns: tuple[str, ...] = SCORES_COLUMNS,
) -> pl.DataFrame:
    """The batch's scores, of one version or client or of all; in no order; no rows when there are none."""
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
    """The batch's scores of one version, a record batch at a time, in no order: memory does not grow with them."""
    return read_frames(
        locate_table(lake, "scores"),
        columns,
        predicate=build_scores_predicate(batch_id, model_version),
    )


def measure_scores(lake: Lake, *, batch_id: str, model_version: int) -> ScoreMeasures:
    """Counts, the mean probability and expected losses of the batch's scores, read a record batch at a time."""
    scored_count = declined_count = reasoned_count = 0
    total = 0.0
    losses: dict[str, float] = {}
    columns = ("default_probability", "decision", "risk_band", "reasons", "expected_loss")
    for frame in read_score_frames(
        lake, batch_id=batch_id, model_version=model_version, columns=columns
    ):
        scored_count += frame.height
        declined_count += int((frame["decision"] == _DECLINE).sum())
        reasoned_count += int((frame["reasons"].list.len() > 0).sum())
        total += float(frame["default_probability"].sum())
        for name, amount in _sum_losses(frame).items():
            losses[name] = losses.get(name, 0.0) + amount
    share = total / scored_count if scored_count else 0.0
    return ScoreMeasures(
        scored_count, declined_count, reasoned_count, share, dict(sorted(losses.items()))
    )


def _sum_losses(frame: pl.DataFrame) -> dict[str, float]:
    declared = frame.drop_nulls("expected_loss")
    sums: dict[str, float] = {}
    for column, prefix in (("decision", ""), ("risk_band", "band ")):
        found = declared.group_by(column, maintain_order=True).agg(pl.col("expected_loss").sum())
        sums |= {f"{prefix}{name}": float(amount) for name, amount in found.iter_rows()}
    return sums


def build_scores_key(batch_id: str, model_version: int) -> str:
    """The key under which a batch's scores of one version are committed."""
    return f"scores {check_hex(batch_id, 'batch_id')} v{int(model_version)}"


def build_scores_predicate(batch_id: str, model_version: int) -> str:
    """SQL that is true for the rows of this batch and version."""
    return (
        f"batch_id = '{check_hex(batch_id, 'batch_id')}' AND model_version = {int(model_version)}"
    )
