"""Random draws of an account: normals, uniforms, and scores that follow the client's own habits."""

import numpy as np

from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.tables import Float32Array

STATUS_HABIT = 0.25  # correlation of the payment habit with every month's status


def draw_status_score(accounts: Accounts, rng: np.random.Generator) -> Float32Array:
    """Return each account's standard normal score of lateness, which follows its payment habit."""
    return mix_with_habit(
        STATUS_HABIT, -accounts.payment_habit, draw_normal(rng, len(accounts.slot))
    )


def mix_with_habit(
    loading: float | np.float32 | Float32Array, habit: Float32Array, chance: Float32Array
) -> Float32Array:
    """Return standard normal scores that correlate with the clients' habits.

    Args:
        loading: Correlation (0–1) with the habit.
        habit: The clients' habits, standard normal.
        chance: This month's own draws, standard normal.
    """
    weight: Float32Array = np.asarray(loading, dtype=np.float32)
    mixed: Float32Array = weight * habit + np.sqrt(np.float32(1) - weight * weight) * chance
    return mixed


def draw_normal(rng: np.random.Generator, count: int) -> Float32Array:
    """Draw standard normal numbers."""
    return rng.standard_normal(count, dtype=np.float32)


def draw_uniform(rng: np.random.Generator, count: int) -> Float32Array:
    """Draw uniform numbers in [0, 1)."""
    return rng.random(count, dtype=np.float32)
