"""The figures behind the simulator: what `benchmarks/fit_simulator.py` learned from the public file, and the bands they hang on.

Probabilities, quantiles and coefficients only, never a row. The file lies beside this module as a package resource and is
read once, on first use: the one read below the line, and of nothing but our own figures.
"""

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Codes = NDArray[np.intp]

PARAMETERS_FILE = "parameters.npz"

STATUS_CODES = np.arange(-2, 9)  # a status is carried as its place in this list
ZERO_STATUS_INDEX = 2
# Upper edges of bill over limit: credit balance, nothing, then ever fuller, the last band over the limit.
UTILISATION_EDGES = np.array([-1e-6, 1e-6, 0.02, 0.1, 0.3, 0.6, 0.9, 1.02], dtype=np.float32)
AGE_EDGES = np.array([28, 35, 45], dtype=np.float32)
LIMIT_GROUP_COUNT = 5
BAND_COUNT = len(UTILISATION_EDGES) + 1
# Statuses that behave alike share a cell: as the latest one, as the one before, and in how the client spends.
LATEST_GROUP = np.array([0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7])
ELDER_GROUP = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 4, 4])
HABIT_GROUP = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 4, 4])
ELDER_GROUP_COUNT = HABIT_GROUP_COUNT = 5
LATE_HABIT = 3  # from this habit group on an account is late
# How a bill is met: nothing paid, a part, all of it, or nothing was due.
UNPAID, PART, FULL, NOT_DUE = range(4)
# How an account spends hangs on whether anything was left to pay, then on its habit: first the
# settled (not using the card, paying in full, others), then those who owe (the same two as one, revolving, late, later).
SETTLED_GROUP = np.array([0, 1, 2, 2, 2])
OWING_GROUP = np.array([3, 3, 4, 5, 6])
SPENDING_GROUP_COUNT = 7
FIRST_OWING_GROUP = 3
EDUCATION_COUNT = 7
HISTORY_STEPS = 5  # the steps m5 … m1 that build an opening history; step 5 is any month after it


@dataclass(frozen=True, slots=True, eq=False)
class SimulationTables:
    """The fitted figures. `_share` tables are cumulative along the last axis; `_knots` are evenly spaced quantiles."""

    limit_values: Floats  # NT dollars, ascending
    limit_share: Floats
    limit_edges: Floats  # four edges of the five limit groups
    age_knots: Floats  # by limit group
    sex_share: Floats  # by limit group, age band
    education_share: Floats  # by limit group, age band
    marriage_share: Floats  # by education, age band
    opening_status_share: Floats  # by limit group: the status of the oldest month
    elder_status_share: Floats  # by status: the status one month earlier
    opening_status_shifts: Floats  # by education: shift of the status score
    opening_bill_knots: Floats  # by habit, limit group: over limit
    opening_loading: (
        Floats  # by habit: how far the oldest bill follows the client's own spending habit
    )
    opening_bill_shifts: Floats  # by education: shift of the spending score
    opening_payment_knots: Floats  # by habit, bill band, limit group: NT dollars
    class_share: Floats  # by latest group, utilisation band: unpaid, part, full
    bill_edges: Floats  # upper edges of the bill bands, NT dollars
    round_share: (
        Floats  # by late or not, bill band: part payments in round hundreds, not cumulative
    )
    round_knots: Floats  # by late or not, bill band: those payments, NT dollars
    part_knots: Floats  # by late or not, bill band: other part payments, over the bill
    full_knots: Floats  # by habit, bill band: full payments, over the bill
    idle_knots: Floats  # payments when nothing was due, NT dollars
    charge_knots: Floats  # by spending group, utilisation band, limit group: the new bill in NT dollars for accounts
    # that owed nothing more, else new charges over limit
    status_share: Floats  # by step, then latest group, elder group, class, utilisation band
    latest_share: Floats  # provisional coding: by last history step or rolled, then the same cells
    status_shifts: Floats  # by limit group, education: shift of the status score
    spending_shifts: Floats  # by education: shift of the spending score
    charge_shifts: Floats  # by step, owing or settled: shift of the spending score
    payment_shifts: Floats  # by step: shift of the payment score
    spending_loading: (
        Floats  # by spending group: how far a month's spending follows the client's own habit
    )
    payment_loading: Floats  # one figure: the same for payments
    habit_correlation: Floats  # one figure: between the two habits
    status_effects: Floats  # by month m1 … m6, status: log odds of default
    sex_effects: Floats
    education_effects: Floats
    marriage_effects: Floats
    risk_effects: Floats  # one a continuous risk feature; the last one is the intercept


@cache
def read_tables() -> SimulationTables:
    """The fitted figures that came with the package, read once."""
    resource = importlib.resources.files("credit_default.data.simulation").joinpath(PARAMETERS_FILE)
    with resource.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return build_tables({name: archive[name] for name in archive.files})


def build_tables(figures: Mapping[str, NDArray[np.floating]]) -> SimulationTables:
    """The tables that the process draws from: the stored figures, with the mix-holding multipliers worked in.

    Stored are `status_share` and `latest_share` as plain shares and two `_multipliers` (step by status) that hold the
    mix of statuses: the real one of each month while a history is opened, a constant one afterwards.
    """
    held = {name: np.asarray(values, dtype=np.float32) for name, values in figures.items()}
    for name in ("status", "latest"):
        held[f"{name}_share"] = _accumulate_weighted_shares(
            held[f"{name}_share"], held.pop(f"{name}_multipliers")
        )
    return SimulationTables(**held)


def find_utilisation_band(bill: Floats, limit: Floats) -> Codes:
    """The band of bill over limit, 0 (credit balance) to 8 (over the limit)."""
    return find_band(bill / limit, UTILISATION_EDGES)


def find_band(values: Floats, edges: Floats) -> Codes:
    """How many edges each value reaches: a search that is faster for few edges than a binary one."""
    reached = np.zeros(len(values), dtype=np.int8)
    for edge in edges:
        reached += values >= edge
    return reached.astype(np.intp)


def find_spending_group(bill_class: Codes, habit: Codes) -> Codes:
    """How an account spends after its bill was met this way."""
    return np.where(bill_class >= FULL, SETTLED_GROUP[habit], OWING_GROUP[habit])


def draw_category(cumulative: Floats, cell: Codes, uniform: Floats) -> Codes:
    """The place that each uniform in [0, 1) falls on in its cell's cumulative shares."""
    passed = np.zeros(len(cell), dtype=np.int8)
    for share in cumulative.T[:-1]:
        passed += share[cell] <= uniform
    return passed.astype(np.intp)


def draw_quantile(knots: Floats, cell: Codes, uniform: Floats) -> Floats:
    """The quantile at each uniform in [0, 1), straight between knots; equal knots keep an exact value."""
    count = knots.shape[1] - 1
    position = uniform * np.float32(count)
    below = np.minimum(position.astype(np.intp), count - 1)
    start = cell * (count + 1) + below
    flat = knots.ravel()
    low = flat[start]
    drawn: Floats = low + (flat[start + 1] - low) * (position - below.astype(np.float32))
    return drawn


def draw_knot(knots: Floats, cell: Codes, uniform: Floats) -> Floats:
    """The knot that each uniform in [0, 1) falls on: exact values, which keeps round numbers round."""
    count = knots.shape[1]
    place = np.minimum((uniform * np.float32(count)).astype(np.intp), count - 1)
    drawn: Floats = knots.ravel()[cell * count + place]
    return drawn


def compute_normal_share(score: Floats) -> Floats:
    """The share of a standard normal below each score, to 3e-4, inside [0, 1)."""
    bent = (
        score + np.float32(0.044715) * score * score * score
    )  # the usual tanh form of the normal integral
    share = np.float32(0.5) * (1 + np.tanh(np.float32(0.7978846) * bent))
    return np.minimum(share, np.float32(0.9999999))


def _accumulate_weighted_shares(shares: Floats, multipliers: Floats) -> Floats:
    """Cumulative shares by step: each status weighed by the step's multiplier, each cell summing to one again."""
    weighed = shares[None, :, :] * multipliers[:, None, :]
    weighed /= weighed.sum(axis=2, keepdims=True)
    return weighed.cumsum(axis=2, dtype=np.float32)
