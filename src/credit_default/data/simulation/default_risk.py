"""The true probability of default of simulated accounts, and the outcomes drawn from it.

The probability is known because it is simulated, and is kept beside every outcome, so that a model
can be compared with it.
"""

import numpy as np

from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.tables import (
    Float32Array,
    SimulationTables,
    compute_normal_share,
)

SEVERE = 4  # position of status 2 in STATUS_CODES: two months late or more
# NT dollars; smaller bills count as this much when payments are compared with them
MINIMUM_DUE = np.float32(1000)


def build_risk_features(accounts: Accounts) -> tuple[Float32Array, ...]:
    """Return the numbers that risk depends on, from the statement as shown.

    Returns:
        Arrays of shape (account count,), in the order of `SimulationTables.risk_effects`.
    """
    severe = np.stack([status >= SEVERE for status in accounts.shown_statuses])
    late_count = severe.sum(axis=0, dtype=np.float32)
    used = np.stack([np.clip(bill / accounts.limit, -0.2, 1.5) for bill in accounts.bills])
    paid = [np.log1p(payment) / 10 for payment in accounts.payments]
    met = [
        np.clip(payment / np.maximum(bill, MINIMUM_DUE), 0, 1.2)
        for payment, bill in zip(accounts.payments[:3], accounts.bills[1:4], strict=True)
    ]
    log_limit = np.log(accounts.limit / 140_000)
    return (
        late_count,
        (late_count > 0).astype(np.float32),
        log_limit,
        log_limit**2,
        used[0],
        used.mean(axis=0),
        np.maximum(used[0] - np.float32(0.9), 0),
        *paid[:4],
        *met,
        sum(payment == 0 for payment in accounts.payments).astype(np.float32),
        np.log1p(np.maximum(accounts.bills[0], 0)) / 10,
        np.maximum(accounts.age - 45, 0) / 10,
        np.ones_like(accounts.limit),
    )


def compute_default_probability(
    tables: SimulationTables, accounts: Accounts, *, risk_shift: float = 0.0
) -> Float32Array:
    """Return the probability (0–1) that each account defaults next month.

    Args:
        tables: The fitted tables.
        accounts: The accounts.
        risk_shift: Added to every log odds.
    """
    log_odds = np.full(len(accounts.limit), risk_shift, dtype=np.float32)
    for effects, status in zip(tables.status_effects, accounts.shown_statuses, strict=True):
        log_odds += effects[status]
    log_odds += tables.sex_effects[accounts.sex]
    log_odds += tables.education_effects[accounts.education]
    log_odds += tables.marriage_effects[accounts.marriage]
    for effect, feature in zip(tables.risk_effects, build_risk_features(accounts), strict=True):
        log_odds += effect * feature
    probability: Float32Array = np.float32(1) / (np.float32(1) + np.exp(-log_odds))
    return probability


def draw_outcome(
    accounts: Accounts, probability: Float32Array
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return True for each account that defaults.

    An account defaults when the normal share of its outcome score is below its probability.
    """
    return compute_normal_share(accounts.outcome_score) < probability
