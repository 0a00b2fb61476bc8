"""The checked input of the figures that compare outcomes with probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.model.statistics.bootstrap import check_scores

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredOutcomes:
    """Outcomes (0 or 1) and default probabilities (0-1) of the same rows, both of shape (rows,)."""

    outcome: Values
    probability: Values


def check_scored_outcomes(defaulted: Any, default_probability: Any) -> ScoredOutcomes:
    """Return both columns as arrays of floats.

    Args:
        defaulted: Outcomes, 1 where the client defaulted, of shape (rows,).
        default_probability: Probabilities of the same rows, in the same order.

    Raises:
        InputError: The columns are no outcomes and probabilities of the same rows, or all outcomes
            are equal.
    """
    check_scores(defaulted, default_probability)
    scored = ScoredOutcomes(
        np.asarray(defaulted, dtype=np.float64), np.asarray(default_probability, dtype=np.float64)
    )
    if np.ptp(scored.outcome) == 0:
        raise InputError(
            "figure",
            found=f"{len(scored.outcome)} rows with the same outcome",
            expected="defaulters and payers",
            remedy="Leave the figure out until both outcomes are known.",
        )
    return scored
