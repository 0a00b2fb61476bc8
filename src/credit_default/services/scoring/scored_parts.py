"""Score the record batches of one batch: each by itself, on as many threads as there are jobs, in the file's order.

`ScoringTask.score` is the whole of the work on one record batch, a function of it alone: checked rows go in, scored rows
come out with sums that add up to those of the batch. What the threads here do, other processes or machines can. Only which
declined clients are given reasons depends on the rows before them, and so is settled between two steps.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.adapters.tables.score_sums import ScoreSums, sum_frame
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.decision import is_declined
from credit_default.model.estimator.expected_loss import LossPolicy
from credit_default.model.estimator.scoring import score, score_probability
from credit_default.services.context.ordered_threads import map_in_order
from credit_default.services.scoring.batch_reasons import BatchReasons


@dataclass(frozen=True, slots=True, eq=False)
class RatedRows:
    """Checked rows with their default probabilities, before anything else is known of them."""

    rows: pl.DataFrame
    probability: NDArray[np.float64]
    declined_count: int


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPart:
    """The scores of one record batch, in the columns of the table, with what adds up over the batch.

    `trained_row_count` is how many of the rows the model was trained on.
    """

    frame: pl.DataFrame
    sums: ScoreSums
    trained_row_count: int


@dataclass(frozen=True, slots=True)
class ScoringTask:
    """All that scoring needs beside the rows: what is the same for each record batch of a batch."""

    bundle: ModelBundle
    reasons: BatchReasons
    loss_policy: LossPolicy | None
    model_version: int
    batch_id: str
    scored_at: dt.datetime

    def rate(self, rows: pl.DataFrame) -> RatedRows:
        """Return the rows with their default probabilities."""
        probability = score_probability(self.bundle, rows)
        declined = is_declined(probability, self.bundle.decision_policy)
        return RatedRows(rows, probability, int(np.count_nonzero(declined)))

    def score(self, rated: RatedRows, *, reasoned_count: int) -> ScoredPart:
        """Return the scores of the rows, with reasons for the first `reasoned_count` declined ones."""
        find = self.reasons.find if reasoned_count else None
        scored = score(
            self.bundle,
            rated.rows,
            model_version=self.model_version,
            batch_id=self.batch_id,
            scored_at=self.scored_at,
            find_reasons=None if find is None else lambda rows: find(rows.head(reasoned_count)),
            loss_policy=self.loss_policy,
            probability=rated.probability,
        )
        return ScoredPart(scored.frame, sum_frame(scored.frame), scored.trained_row_count)


def score_parts(
    task: ScoringTask, frames: Iterable[pl.DataFrame], *, jobs: int
) -> Iterator[ScoredPart]:
    """Yield the scores of each frame, in the frames' order, at most a few ahead of what is taken.

    Neither the number of jobs nor how the rows are cut into frames changes any row of the result.

    Args:
        task: What is the same for all frames.
        frames: Checked rows.
        jobs: How many threads share the work.
    """
    if task.reasons.policy.mode == "none":
        yield from map_in_order(
            lambda rows: task.score(task.rate(rows), reasoned_count=0), frames, jobs=jobs
        )
        return
    rated = map_in_order(task.rate, frames, jobs=jobs)
    allotted = ((part, task.reasons.allot(part.declined_count)) for part in rated)
    yield from map_in_order(
        lambda given: task.score(given[0], reasoned_count=given[1]), allotted, jobs=jobs
    )
