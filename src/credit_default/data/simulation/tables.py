"""The fitted tables of the simulator, and draws from them.

`benchmarks/fit_simulator.py` fits the tables on the public file: probabilities, quantiles and
coefficients, never a row. They are stored beside this module as a package resource and are read
once, on first use. This is the only file that is read below the adapters.
"""

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Codes = NDArray[np.intp]

PARAMETERS_FILE = "parameters.npz"

STATUS_CODES = np.arange(-2, 9)  # a status is stored as its position in this array
ZERO_STATUS_INDEX = 2
# Upper edges of bill over limit: credit balance, nothing, then rising; the last band is over limit.
UTILISATION_EDGES = np.array([-1e-6, 1e-6, 0.02, 0.1, 0.3, 0.6, 0.9, 1.02], dtype=np.float32)
AGE_EDGES = np.array([28, 35, 45], dtype=np.float32)
LIMIT_GROUP_COUNT = 5
BAND_COUNT = len(UTILISATION_EDGES) + 1
# Statuses that behave alike share a group: as the latest one, as the one before, and for spending.
LATEST_GROUP = np.array([0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7])
ELDER_GROUP = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 4, 4])
HABIT_GROUP = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 4, 4])
ELDER_GROUP_COUNT = HABIT_GROUP_COUNT = 5
LATE_HABIT = 3  # accounts are late from this habit group on
# How a bill is paid: not at all, in part, in full, or nothing was due.
UNPAID, PART, FULL, NOT_DUE = range(4)
# Spending depends on whether anything was left to pay, then on the habit: first the settled (not
# using the card, paying in full, others), then those who owe (the first two as one, revolving,
# late, later).
SETTLED_GROUP = np.array([0, 1, 2, 2, 2])
OWING_GROUP = np.array([3, 3, 4, 5, 6])
SPENDING_GROUP_COUNT = 7
FIRST_OWING_GROUP = 3
EDUCATION_COUNT = 7
HISTORY_STEPS = 5  # the steps m5 … m1 that build an opening history; step 5 is any month after it


@dataclass(frozen=True, slots=True, eq=False)
class SimulationTables:
    """The fitted tables.

    `_share` tables are cumulative along the last axis; `_knots` are evenly spaced quantiles.
    """

    limit_values: Float32Array  # NT dollars, ascending
    limit_share: Float32Array
    limit_edges: Float32Array  # four edges of the five limit groups
    age_knots: Float32Array  # by limit group
    sex_share: Float32Array  # by limit group, age band
    education_share: Float32Array  # by limit group, age band
    marriage_share: Float32Array  # by education, age band
    opening_status_share: Float32Array  # by limit group: the status of the oldest month
    elder_status_share: Float32Array  # by status: the status one month earlier
    opening_status_shifts: Float32Array  # by education: shift of the status score
    opening_bill_knots: Float32Array  # by habit, limit group: over limit
    # by habit: how far the oldest bill follows the client's own spending habit
    opening_loading: Float32Array
    opening_bill_shifts: Float32Array  # by education: shift of the spending score
    opening_payment_knots: Float32Array  # by habit, bill band, limit group: NT dollars
    class_share: Float32Array  # by latest group, utilisation band: unpaid, part, full
    bill_edges: Float32Array  # upper edges of the bill bands, NT dollars
    # by late or not, bill band: part payments in round hundreds, not cumulative
    round_share: Float32Array
    round_knots: Float32Array  # by late or not, bill band: those payments, NT dollars
    part_knots: Float32Array  # by late or not, bill band: other part payments, over the bill
    full_knots: Float32Array  # by habit, bill band: full payments, over the bill
    idle_knots: Float32Array  # payments when nothing was due, NT dollars
    # by spending group, utilisation band, limit group: the new bill in NT dollars for accounts that
    # owed nothing more, else new charges over limit
    charge_knots: Float32Array
    status_share: Float32Array  # by step, then latest group, elder group, class, utilisation band
    # provisional coding: by last history step or rolled, then the same cells
    latest_share: Float32Array
    status_shifts: Float32Array  # by limit group, education: shift of the status score
    spending_shifts: Float32Array  # by education: shift of the spending score
    charge_shifts: Float32Array  # by step, owing or settled: shift of the spending score
    payment_shifts: Float32Array  # by step: shift of the payment score
    # by spending group: how far a month's spending follows the client's own habit
    spending_loading: Float32Array
    payment_loading: Float32Array  # one figure: the same for payments
    habit_correlation: Float32Array  # one figure: between the two habits
    status_effects: Float32Array  # by month m1 … m6, status: log odds of default
    sex_effects: Float32Array
    education_effects: Float32Array
    marriage_effects: Float32Array
    risk_effects: Float32Array  # one a continuous risk feature; the last one is the intercept


@cache
def read_tables() -> SimulationTables:
    """Return the fitted tables of the package; they are read once."""
    resource = importlib.resources.files("credit_default.data.simulation").joinpath(PARAMETERS_FILE)
    with resource.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return build_tables({name: archive[name] for name in archive.files})


def build_tables(figures: Mapping[str, NDArray[np.floating]]) -> SimulationTables:
    """Return the tables that accounts are drawn from.

    Args:
        figures: The stored arrays by name. `status_share` and `latest_share` are stored as plain
            shares, each with `_multipliers` (step by status) that keep the mix of statuses: the
            real one of each month while a history is opened, a constant one afterwards.
    """
    arrays = {name: np.asarray(values, dtype=np.float32) for name, values in figures.items()}
    for name in ("status", "latest"):
        arrays[f"{name}_share"] = _accumulate_weighted_shares(
            arrays[f"{name}_share"], arrays.pop(f"{name}_multipliers")
        )
    return SimulationTables(**arrays)


def find_utilisation_band(bill: Float32Array, limit: Float32Array) -> Codes:
    """Return the band of bill over limit, 0 (credit balance) to 8 (over the limit)."""
    return find_band(bill / limit, UTILISATION_EDGES)


def find_band(values: Float32Array, edges: Float32Array) -> Codes:
    """Return how many of the edges each value reaches.

    For few edges this is faster than a binary search.
    """
    reached = np.zeros(len(values), dtype=np.int8)
    for edge in edges:
        reached += values >= edge
    return reached.astype(np.intp)


def find_spending_group(bill_class: Codes, habit: Codes) -> Codes:
    """Return the spending group of each account after its bill was paid, or not, in this way."""
    return np.where(bill_class >= FULL, SETTLED_GROUP[habit], OWING_GROUP[habit])


def draw_category(cumulative: Float32Array, cell: Codes, uniform: Float32Array) -> Codes:
    """Return the category of each uniform draw, by its cell's cumulative shares.

    Args:
        cumulative: Cumulative shares of shape (cell count, category count).
        cell: Each draw's cell.
        uniform: Uniform draws in [0, 1).
    """
    passed = np.zeros(len(cell), dtype=np.int8)
    for share in cumulative.T[:-1]:
        passed += share[cell] <= uniform
    return passed.astype(np.intp)


def draw_quantile(knots: Float32Array, cell: Codes, uniform: Float32Array) -> Float32Array:
    """Return the quantile of each uniform draw, interpolated linearly between knots.

    Args:
        knots: Evenly spaced quantiles of shape (cell count, knot count); equal knots give an exact
            value.
        cell: Each draw's cell.
        uniform: Uniform draws in [0, 1).
    """
    count = knots.shape[1] - 1
    position = uniform * np.float32(count)
    below = np.minimum(position.astype(np.intp), count - 1)
    start = cell * (count + 1) + below
    flat = knots.ravel()
    low = flat[start]
    drawn: Float32Array = low + (flat[start + 1] - low) * (position - below.astype(np.float32))
    return drawn


def draw_knot(knots: Float32Array, cell: Codes, uniform: Float32Array) -> Float32Array:
    """Return the knot of each uniform draw, not interpolated, so that round numbers stay round.

    Args:
        knots: Evenly spaced quantiles of shape (cell count, knot count).
        cell: Each draw's cell.
        uniform: Uniform draws in [0, 1).
    """
    count = knots.shape[1]
    place = np.minimum((uniform * np.float32(count)).astype(np.intp), count - 1)
    drawn: Float32Array = knots.ravel()[cell * count + place]
    return drawn


def compute_normal_share(score: Float32Array) -> Float32Array:
    """Return the share of a standard normal below each score, in [0, 1), accurate to 3e-4.

    It uses the tanh approximation of the normal integral.
    """
    cubic = score + np.float32(0.044715) * score * score * score
    share = np.float32(0.5) * (1 + np.tanh(np.float32(0.7978846) * cubic))
    return np.minimum(share, np.float32(0.9999999))


def _accumulate_weighted_shares(shares: Float32Array, multipliers: Float32Array) -> Float32Array:
    """Return cumulative shares by step, each status weighted by the step's multiplier.

    Every cell sums to 1 again.
    """
    weighted = shares[None, :, :] * multipliers[:, None, :]
    weighted /= weighted.sum(axis=2, keepdims=True)
    return weighted.cumsum(axis=2, dtype=np.float32)
