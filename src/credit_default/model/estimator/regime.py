"""Find the regime that a model is to serve: the newest months, as far back as they are alike.

A model learns from all its months, but it will score months like the newest. Its level is therefore
calibrated, and its reference for monitoring taken, from the newest months alone where older ones
differ: against months of before a recession, a model that is right about the recession would raise
an alarm for ever (docs/adr/0023).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import OUTCOME, STATEMENT_MONTH
from credit_default.model.statistics.bootstrap import FloatArray


@dataclass(frozen=True, slots=True)
class RegimePolicy:
    """How many rows a regime must have, and what sets an older month apart from the newest.

    A month differs when it is beyond chance *and* by enough to matter: in a portfolio of a million
    clients each month differs from the next beyond chance.
    """

    # Chance alone then moves a PSI over ten bins by up to .08 at the drift gate's confidence, which
    # is below its limit of .1; with 400 rows chance would reach the limit.
    fewest_rows: int = 500
    significance: float = 0.001  # that anything sets apart a month that is alike
    # Between the months' cumulative shares of the score (Kolmogorov-Smirnov, 0-1). A mean that
    # moves by a quarter of a standard deviation gives .1, and a PSI of .06: half of what the drift
    # gate calls an alarm.
    least_score_distance: float = 0.1
    # Likewise of an input. .2 is half a standard deviation, a PSI of .25, which the field calls a
    # major change; payments move by .12 between calm months.
    least_input_distance: float = 0.2
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
class _Month:
    measures: list[FloatArray]  # each input, then the score
    residual: FloatArray  # outcome less probability
    variance: FloatArray  # of each outcome, by its probability


def find_regime(
    rows: pl.DataFrame,
    held_out_probability: FloatArray,
    *,
    inputs: Sequence[str],
    policy: RegimePolicy | None = None,
) -> Regime:
    """Return the newest months that are alike, by their inputs, held-out scores and outcomes.

    The newest months, as many as give the policy's fewest rows, are the yardstick. Older months
    join them, newest first, until one differs: in an input or the score (two-sample
    Kolmogorov-Smirnov test), or in its defaults over those that its scores lead to expect (normal
    test of the difference). The result does not depend on the order of the rows.

    Args:
        rows: Checked rows with `defaulted` (0/1), at least one.
        held_out_probability: Default probabilities (0–1) by models that did not see the row, in the
            order of `rows`.
        inputs: The columns that the model reads.
        policy: What sets a month apart; the defaults when not given.
    """
    policy = policy or RegimePolicy()
    counts = rows.group_by(STATEMENT_MONTH).len().sort(STATEMENT_MONTH, descending=True)
    names = counts[STATEMENT_MONTH].to_list()
    needed = int((counts["len"].cum_sum() < policy.fewest_rows).sum()) + 1
    kept = min(needed, len(names))
    if kept == len(names):
        return Regime(tuple(reversed(names)))
    measures = [_rank_values(rows[name]) for name in inputs] + [held_out_probability]
    residual = rows[OUTCOME].to_numpy() - held_out_probability
    variance = held_out_probability * (1 - held_out_probability)

    def take(chosen: list[str]) -> _Month:
        mask = rows[STATEMENT_MONTH].is_in(chosen).to_numpy()
        return _Month([values[mask] for values in measures], residual[mask], variance[mask])

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


def _rank_values(values: pl.Series) -> FloatArray:
    """Return the rank of each value; a missing one is below all others."""
    return values.rank("dense").fill_null(0).to_numpy().astype(np.float64)


def _differs(older: _Month, newest: _Month, policy: RegimePolicy) -> bool:
    significance = policy.significance / (len(newest.measures) + 1)
    limits = [policy.least_input_distance] * (len(newest.measures) - 1)
    limits.append(policy.least_score_distance)
    return _differs_in_level(older, newest, policy, significance=significance) or any(
        _differs_in_values(before, after, least_distance=limit, significance=significance)
        for before, after, limit in zip(older.measures, newest.measures, limits, strict=True)
    )


def _differs_in_values(
    before: FloatArray, after: FloatArray, *, least_distance: float, significance: float
) -> bool:
    from scipy.stats import ks_2samp  # late: scoring imports this chapter and needs no tests

    test = ks_2samp(before, after, method="asymp")
    return bool(test.statistic >= least_distance and test.pvalue < significance)


def _differs_in_level(
    older: _Month, newest: _Month, policy: RegimePolicy, *, significance: float
) -> bool:
    from scipy.stats import norm

    sides = (older, newest)
    move = abs(older.residual.mean() - newest.residual.mean())
    deviation = float(np.sqrt(sum(side.variance.mean() / len(side.variance) for side in sides)))
    expected = float(newest.measures[-1].mean())
    is_sure = deviation > 0 and 2 * norm.sf(move / deviation) < significance
    return bool(is_sure and move >= policy.least_level_move * expected)
