"""A batch's rows beside their scores and outcomes, a record batch at a time: what every monitor reads.

Snapshot and scores stand apart and in no common order. Of the scores a sorted number a row is held (18 bytes each, with the
outcome); the rows pass by and find theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import fsum
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot_rows
from credit_default.adapters.tables.queries import read_outcomes, read_score_frames
from credit_default.data.checking.duplicate_keys import Hashes, hash_keys
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.model.estimator.decision import ACCEPT, DECLINE
from credit_default.model.estimator.expected_loss import EXPECTED_LOSS
from credit_default.services.outcomes.coverage import is_early

_UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class BatchScores:
    """The scores of a batch by the hash of their key, in the order of the hashes."""

    keys: Hashes
    probability: npt.NDArray[np.float64]
    declined: npt.NDArray[np.bool_]
    outcome: npt.NDArray[np.int8]  # 0, 1, or -1 where it is not known
    months: tuple[str, ...]  # statement months, in order
    expected_loss_amount: float | None = None  # of all rows; None where the portfolio declares none
    early_count: int = (
        0  # outcomes seen before they were mature: they may still turn, and are not known
    )

    @property
    def outcome_count(self) -> int:
        """Rows whose outcome is known."""
        return int((self.outcome != _UNKNOWN).sum())

    def list_known(self) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
        """Outcome and probability of the rows whose outcome is known, by probability, then outcome."""
        known = self.outcome != _UNKNOWN
        outcome, probability = self.outcome[known], self.probability[known]
        order = np.lexsort((outcome, probability))
        return outcome[order], probability[order]

    def attach(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Those of the rows that have a score, in their order, with default_probability, decision and any outcome."""
        hashes = hash_keys(rows)
        place = np.minimum(np.searchsorted(self.keys, hashes), max(0, len(self.keys) - 1))
        found = (
            self.keys[place] == hashes if len(self.keys) else np.zeros(rows.height, dtype=np.bool_)
        )
        place = place[found]
        scored = rows.filter(pl.Series(found)).with_columns(
            pl.Series("default_probability", self.probability[place]),
            pl.Series(
                "decision",
                np.where(self.declined[place], DECLINE, ACCEPT).tolist(),
                dtype=pl.String,
            ),
        )
        if not self.outcome_count:
            return scored
        outcome = pl.Series(OUTCOME, self.outcome[place].astype(np.int64))
        return scored.with_columns(outcome.set(outcome == _UNKNOWN, None))

    def choose(self, count: int) -> Hashes:
        """The keys of at most so many rows, every n-th by score: the same ones for the same scores."""
        order = np.lexsort((self.keys, self.probability))
        steps = np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(np.int64)
        return np.sort(self.keys[order[steps]])


def read_batch_scores(lake: Lake, *, batch_id: str, model_version: int) -> BatchScores:
    """The batch's scores of that version, with the outcomes that are known by now; early ones are only counted."""
    columns = (*KEY, "default_probability", "decision", EXPECTED_LOSS)
    keys, probability, declined = (
        [np.empty(0, dtype=np.uint64)],
        [np.empty(0)],
        [np.empty(0, dtype=np.bool_)],
    )
    months: set[str] = set()
    losses: list[float] = []
    for frame in read_score_frames(
        lake, batch_id=batch_id, model_version=model_version, columns=columns
    ):
        keys.append(hash_keys(frame))
        probability.append(frame["default_probability"].to_numpy())
        declined.append((frame["decision"] == DECLINE).to_numpy())
        months.update(frame[STATEMENT_MONTH].unique().to_list())
        losses += [float(known.sum())] if len(known := frame[EXPECTED_LOSS].drop_nulls()) else []
    joined = np.concatenate(keys)
    order = np.argsort(joined)
    scores = BatchScores(
        joined[order],
        np.concatenate(probability)[order],
        np.concatenate(declined)[order],
        np.full(len(joined), _UNKNOWN, dtype=np.int8),
        tuple(sorted(months)),
        fsum(losses) if losses else None,
    )
    return _add_outcomes(lake, scores)


def read_scored_rows(snapshot: Snapshot, scores: BatchScores) -> Iterator[pl.DataFrame]:
    """The batch's rows with their scores, in frames; an outcome that came with the file is not looked at."""
    for rows in read_snapshot_rows(snapshot):
        yield scores.attach(rows.drop(OUTCOME, strict=False))


def _add_outcomes(lake: Lake, scores: BatchScores) -> BatchScores:
    known = read_outcomes(lake, months=scores.months).select(*KEY, OUTCOME, early=is_early())
    if known.is_empty() or not len(scores.keys):
        return scores
    hashes = hash_keys(known)
    place = np.minimum(np.searchsorted(scores.keys, hashes), len(scores.keys) - 1)
    found, early = scores.keys[place] == hashes, known["early"].to_numpy()
    counted = found & ~early
    outcome = scores.outcome.copy()
    outcome[place[counted]] = known[OUTCOME].to_numpy()[counted]
    return replace(scores, outcome=outcome, early_count=int((found & early).sum()))
