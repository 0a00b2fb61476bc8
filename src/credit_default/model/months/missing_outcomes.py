"""Measure whether the outcomes that are missing are missing at random, as far as the scores can tell.

Defaults become known before it is known who pays. While outcomes arrive, the known ones are then
those of riskier clients, and a default share taken from them is too high.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

# With fewer on one side the rank test's normal form does not hold, and they cannot move a share far.
FEWEST_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class MissingOutcomes:
    """How the scores of clients without a known outcome differ from those of the others."""

    known_count: int
    missing_count: int
    p_value: float  # 0-1; null hypothesis: both groups have the same distribution of scores
    # Chance that a known client's score is above a missing one's, 0-1; 0.5 where the test's null holds.
    known_above_missing: float
    # How much too high (positive) the known default share is, relative to itself, where outcomes
    # arrive by what they are; None where the known ones are all alike or the scores do not rank them.
    relative_bias: float | None


def measure_missing_outcomes(
    default_probability: npt.ArrayLike, outcome: npt.ArrayLike
) -> MissingOutcomes | None:
    """Return the comparison of the clients whose outcome is known with those whose outcome is missing.

    The test is the rank test of Mann and Whitney (1947, Annals of Mathematical Statistics 18, 50-60),
    two-sided, with its correction for ties. The bias follows from the mean scores of known defaults,
    known payers and missing clients: the missing are taken for a mixture of the first two (prior
    shift; Saerens, Latinne and Decaestecker 2002, Neural Computation 14, 21-41), and the share of
    defaults in the whole is compared with that among the known.

    Args:
        default_probability: One score a client of one statement month, 0-1.
        outcome: 0, 1, or any negative number where it is not known, in the same order. The order of
            clients does not matter.

    Returns:
        None where fewer than `FEWEST_ROWS` clients are on one of the two sides.
    """
    score, known = np.asarray(default_probability, dtype=np.float64), np.asarray(outcome) >= 0
    present, missing = np.sort(score[known]), np.sort(score[~known])
    if min(len(present), len(missing)) < FEWEST_ROWS:
        return None
    from scipy.stats import mannwhitneyu  # late: a batch without outcomes needs none of it

    test = mannwhitneyu(present, missing, alternative="two-sided", method="asymptotic")
    return MissingOutcomes(
        len(present),
        len(missing),
        # all scores alike: nothing tells the two groups apart
        float(test.pvalue) if np.isfinite(test.pvalue) else 1.0,
        float(test.statistic) / (len(present) * len(missing)),
        _measure_relative_bias(score, np.asarray(outcome)),
    )


def _measure_relative_bias(
    score: npt.NDArray[np.float64], outcome: npt.NDArray[np.int64]
) -> float | None:
    defaults, payers, missing = (
        np.sort(score[side]) for side in (outcome == 1, outcome == 0, outcome < 0)
    )
    known_count = len(defaults) + len(payers)
    if not len(defaults) or not len(payers) or defaults.mean() <= payers.mean():
        return None
    share = len(defaults) / known_count
    mixture = (missing.mean() - payers.mean()) / (defaults.mean() - payers.mean())
    implied = min(1.0, max(0.0, float(mixture)))
    missing_share = len(missing) / len(score)
    return missing_share * (share - implied) / share
