"""Find thresholds on development rows: the cheapest one, and the one that a capacity implies.

The probabilities come from models that did not see the rows. The thresholds are then applied to
other rows, whose outcomes move no threshold.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.statistics.bootstrap import FloatArray, check_scores, rank_probabilities

COUNT_TOLERANCE: Final = 1e-9  # rows: .3 of 1,000 clients are 300 despite rounding
_ABOVE_ONE: Final = float(np.nextafter(1.0, 2.0))  # a threshold that no probability reaches


@dataclass(frozen=True, slots=True, eq=False)
class LabelledScores:
    """Default probabilities (0–1) of models that did not see the rows, and outcomes (0/1).

    They are array-likes of shape (row count,), in the same order; `clients` holds the rows' client
    ids, or None where every row is another client's.
    """

    defaulted: Any
    default_probability: Any
    clients: Any = None


def find_cheapest_threshold(development: LabelledScores, *, policy: DecisionPolicy) -> float:
    """Return the threshold at which the decisions on these rows would have cost least.

    Of equally cheap thresholds it is the highest, which declines the fewest clients.

    Returns:
        One of the rows' probabilities, or a value just above 1 where declining no client is
        cheapest.

    Raises:
        InputError: no rows, or outcomes or probabilities out of range.
    """
    check_scores(development.defaulted, development.default_probability)
    defaulted = np.asarray(development.defaulted, dtype=np.int64)
    probability = np.asarray(development.default_probability, dtype=np.float64)
    ranked = rank_probabilities(probability)
    caught = np.append(0, np.cumsum(defaulted[ranked.order])[ranked.ends])
    declined = np.append(0, ranked.ends + 1)
    missed_cost = policy.missed_default_cost * (caught[-1] - caught)
    cost = missed_cost + policy.false_alarm_cost * (declined - caught)
    return float(np.append(_ABOVE_ONE, probability[ranked.order][ranked.ends])[np.argmin(cost)])


def find_capacity_threshold(default_probability: FloatArray, *, capacity_share: float) -> float:
    """Return the lowest threshold that at most a given share of the probabilities reaches.

    A larger capacity never raises the threshold.

    Args:
        default_probability: Default probabilities (0–1), in any order.
        capacity_share: Share (0–1) of the clients that the review team can review.

    Returns:
        One of the probabilities, or a value just above 1 where the capacity is too small for any.
    """
    ranked = rank_probabilities(default_probability)
    capacity = capacity_share * len(default_probability) + COUNT_TOLERANCE
    fitting = np.flatnonzero(ranked.ends + 1 <= capacity)
    if not len(fitting):
        return _ABOVE_ONE
    return float(default_probability[ranked.order][ranked.ends[fitting[-1]]])
