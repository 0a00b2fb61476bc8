"""Find the regime that a model is to serve: the newest months, as far back as they are alike.

A model learns from all its months, but it will score months like the newest. Its level is therefore
calibrated, and its reference for monitoring taken, from the newest months alone where older ones
differ: against months of before a recession, a model that is right about the recession would raise
an alarm for ever (docs/adr/0023).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import STATEMENT_MONTH
from credit_default.model.statistics.bootstrap import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class RegimePolicy:
    """How many rows a regime must have, and what sets an older month apart from the newest.

    A month differs when it is beyond chance *and* by enough to matter: in a portfolio of a million
    clients each month differs from the next beyond chance.
    """

    # Chance alone then moves a PSI over ten bins by up to .08 at the drift gate's confidence, which
    # is below its limit of .1; with 400 rows chance would reach the limit.
    fewest_rows: int = 500
    significance: float = 0.001  # of each of the two tests of a month
    # Between the months' scores (Kolmogorov-Smirnov, 0-1). A mean that moves by a quarter of a
    # standard deviation gives .1, and a PSI of .06: half of what the drift gate calls an alarm.
    least_score_distance: float = 0.1
    # Of observed over expected defaults, between the months. A month effect of .12 on the log odds
    # moves it by less in 19 of 20 pairs of months; half of it is an error of 12 %, which the
    # performance gate allows.
    least_level_move: float = 0.25


@dataclass(frozen=True, slots=True)
class Regime:
    """The newest months of a training that are alike, and those before them."""

    months: tuple[str, ...]  # YYYY-MM, in order, at least one
    earlier_months: tuple[str, ...] = ()  # learnt from as well, in order

    @property
    def is_new(self) -> bool:
        """Return whether older months were found to differ."""
        return bool(self.earlier_months)

    def covers(self, months: pl.Series) -> NDArray[np.bool_]:
        """Return for each statement month (YYYY-MM) whether it is in the regime."""
        return months.is_in(list(self.months)).to_numpy()


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    defaulted: IntArray
    probability: FloatArray

    @property
    def row_count(self) -> int:
        return len(self.probability)

    @property
    def residual(self) -> float:
        return float(self.defaulted.sum() - self.probability.sum())

    @property
    def variance(self) -> float:
        return float((self.probability * (1 - self.probability)).sum())


def find_regime(
    months: pl.Series,
    defaulted: IntArray,
    held_out_probability: FloatArray,
    *,
    policy: RegimePolicy | None = None,
) -> Regime:
    """Return the newest months that are alike, by held-out scores and outcomes.

    The newest months, as many as give the policy's fewest rows, are the yardstick. Older months
    join them, newest first, until one differs: in its scores (two-sample Kolmogorov-Smirnov test),
    or in its defaults over those that its scores lead to expect (normal test of the difference).
    The result does not depend on the order of the rows.

    Args:
        months: Statement month (YYYY-MM) of each row, at least one row.
        defaulted: Outcomes (0/1), in the order of `months`.
        held_out_probability: Probabilities (0–1) by models that did not see the row, likewise.
        policy: What sets a month apart; the defaults when not given.
    """
    policy = policy or RegimePolicy()
    counts = months.value_counts().sort(months.name, descending=True)
    names = counts[months.name].to_list()
    needed = int((counts["count"].cum_sum() < policy.fewest_rows).sum()) + 1
    kept = min(needed, len(names))

    def take(chosen: list[str]) -> _Rows:
        mask = months.is_in(chosen).to_numpy()
        return _Rows(defaulted[mask], held_out_probability[mask])

    newest = take(names[:kept])
    while kept < len(names) and not _differs(take([names[kept]]), newest, policy):
        kept += 1
    return Regime(tuple(reversed(names[:kept])), tuple(reversed(names[kept:])))


def select_regime(
    rows: pl.DataFrame, regime: Regime, *, policy: RegimePolicy | None = None
) -> pl.DataFrame:
    """Return the rows of the regime's months, in their order.

    Where they are fewer than the policy's fewest rows, the months before them join, newest first.
    """
    policy = policy or RegimePolicy()
    counts = rows.group_by(STATEMENT_MONTH).len().sort(STATEMENT_MONTH, descending=True)
    newer_count = pl.col("len").cum_sum() - pl.col("len")
    is_in_regime = pl.col(STATEMENT_MONTH) >= regime.months[0]
    chosen = counts.filter(is_in_regime | (newer_count < policy.fewest_rows))[STATEMENT_MONTH]
    return rows.filter(pl.col(STATEMENT_MONTH).is_in(chosen.implode()))


def _differs(older: _Rows, newest: _Rows, policy: RegimePolicy) -> bool:
    return _differs_in_scores(older, newest, policy) or _differs_in_level(older, newest, policy)


def _differs_in_scores(older: _Rows, newest: _Rows, policy: RegimePolicy) -> bool:
    from scipy.stats import ks_2samp  # late: scoring imports this chapter and needs no tests

    test = ks_2samp(older.probability, newest.probability)
    is_sure = test.pvalue < policy.significance
    return bool(is_sure and test.statistic >= policy.least_score_distance)


def _differs_in_level(older: _Rows, newest: _Rows, policy: RegimePolicy) -> bool:
    from scipy.stats import norm

    sides = (older, newest)
    residuals = [side.residual / side.row_count for side in sides]
    deviation = np.sqrt(sum(side.variance / side.row_count**2 for side in sides))
    move = abs(residuals[0] - residuals[1])
    expected = float(newest.probability.mean())
    is_sure = bool(deviation) and 2 * norm.sf(move / deviation) < policy.significance
    return bool(is_sure and move >= policy.least_level_move * expected)
