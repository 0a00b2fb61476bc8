"""Read a batch's rows beside their scores and outcomes, one record batch at a time.

Every monitor reads rows through this module. Snapshot and scores are stored apart and in different orders. The scores
are held in memory, sorted by the hash of their key (18 bytes a row, outcome included); the rows are read in frames, and
each finds its score by binary search.
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
_SCORE_COLUMNS: Final = (*KEY, "default_probability", "decision", EXPECTED_LOSS)


@dataclass(frozen=True, slots=True, eq=False)
class BatchScores:
    """The scores of a batch, sorted by the hash of their key. All arrays have one element a row."""

    keys: Hashes
    probability: npt.NDArray[np.float64]
    declined: npt.NDArray[np.bool_]
    outcome: npt.NDArray[np.int8]  # 0, 1, or -1 where it is not known
    months: tuple[str, ...]  # statement months (YYYY-MM), in order
    expected_loss_amount: float | None = None  # of all rows; None where the portfolio declares none
    # Outcomes observed before their month was mature: they may still change and count as unknown.
    early_count: int = 0

    @property
    def outcome_count(self) -> int:
        """The number of rows whose outcome is known."""
        return int((self.outcome != _UNKNOWN).sum())

    def list_known(self) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
        """Return outcome and probability of the rows whose outcome is known.

        Both arrays are sorted by probability, then by outcome.
        """
        known = self.outcome != _UNKNOWN
        outcome, probability = self.outcome[known], self.probability[known]
        order = np.lexsort((outcome, probability))
        return outcome[order], probability[order]

    def attach(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that have a score, in their order, with the score's columns.

        Adds `default_probability` and `decision`, and `defaulted` (null where unknown) if any outcome
        of the batch is known. Rows without a score are left out.
        """
        place, found = _find_places(self.keys, hash_keys(rows))
        place = place[found]
        decision = np.where(self.declined[place], DECLINE, ACCEPT).tolist()
        scored = rows.filter(pl.Series(found)).with_columns(
            pl.Series("default_probability", self.probability[place]),
            pl.Series("decision", decision, dtype=pl.String),
        )
        if not self.outcome_count:
            return scored
        outcome = pl.Series(OUTCOME, self.outcome[place].astype(np.int64))
        return scored.with_columns(outcome.set(outcome == _UNKNOWN, None))

    def choose(self, count: int) -> Hashes:
        """Return the keys of at most `count` rows, every n-th by score, sorted.

        The same scores always give the same rows.
        """
        order = np.lexsort((self.keys, self.probability))
        steps = np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(np.int64)
        return np.sort(self.keys[order[steps]])


def read_batch_scores(lake: Lake, *, batch_id: str, model_version: int) -> BatchScores:
    """Return the batch's scores by that version, with the outcomes that are known by now.

    Outcomes that were observed too early to count are only counted (`early_count`).
    """
    keys, probability = [np.empty(0, dtype=np.uint64)], [np.empty(0)]
    declined = [np.empty(0, dtype=np.bool_)]
    months: set[str] = set()
    losses: list[float] = []
    for frame in read_score_frames(
        lake, batch_id=batch_id, model_version=model_version, columns=_SCORE_COLUMNS
    ):
        keys.append(hash_keys(frame))
        probability.append(frame["default_probability"].to_numpy())
        declined.append((frame["decision"] == DECLINE).to_numpy())
        months.update(frame[STATEMENT_MONTH].unique().to_list())
        losses += [float(known.sum())] if len(known := frame[EXPECTED_LOSS].drop_nulls()) else []
    order = np.argsort(joined := np.concatenate(keys))
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
    """Yield the batch's rows with their scores, in frames.

    An outcome column that the file itself had is dropped: only outcomes taken in later count.
    """
    for rows in read_snapshot_rows(snapshot):
        yield scores.attach(rows.drop(OUTCOME, strict=False))


def _add_outcomes(lake: Lake, scores: BatchScores) -> BatchScores:
    known = read_outcomes(lake, months=scores.months).select(*KEY, OUTCOME, early=is_early())
    if known.is_empty() or not len(scores.keys):
        return scores
    place, found = _find_places(scores.keys, hash_keys(known))
    early = known["early"].to_numpy()
    counted = found & ~early
    outcome = scores.outcome.copy()
    outcome[place[counted]] = known[OUTCOME].to_numpy()[counted]
    return replace(scores, outcome=outcome, early_count=int((found & early).sum()))


def _find_places(
    keys: Hashes, wanted: Hashes
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Return where each wanted key would be among the sorted keys, and whether it is there."""
    if not len(keys):
        nowhere = np.zeros(len(wanted), dtype=np.intp)
        return nowhere, np.zeros(len(wanted), dtype=np.bool_)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted
