"""Take accounts from one statement to the next: payments, new charges, the bill and the status.

These functions act on one block of clients, with a given generator, and know nothing of months by
name, outcomes or files.
"""

from dataclasses import dataclass, replace

import numpy as np

from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.habit_draws import (
    draw_normal,
    draw_status_score,
    draw_uniform,
    mix_with_habit,
)
from credit_default.data.simulation.tables import (
    BAND_COUNT,
    EDUCATION_COUNT,
    ELDER_GROUP,
    ELDER_GROUP_COUNT,
    FIRST_OWING_GROUP,
    FULL,
    HABIT_GROUP,
    HISTORY_STEPS,
    LATE_HABIT,
    LATEST_GROUP,
    LIMIT_GROUP_COUNT,
    NOT_DUE,
    PART,
    ZERO_STATUS_INDEX,
    Codes,
    Float32Array,
    SimulationTables,
    compute_normal_share,
    draw_category,
    draw_knot,
    draw_quantile,
    find_band,
    find_spending_group,
    find_utilisation_band,
)

# Correlation of a month's outcome with the next month's status: a client who defaults looks late.
STATUS_ECHO = 0.5
# Bounds that keep the tails of the tables plausible under small limits and strong scenarios.
MOST_BEHIND = 2  # how far a status rises above the last one, or above 0, in a month
MOST_OVERPAID = np.float32(3)  # most paid beyond the bill, in credit limits
MOST_USED = np.float32(10)  # most owed, in credit limits


def advance_accounts(
    tables: SimulationTables,
    accounts: Accounts,
    rng: np.random.Generator,
    *,
    step: int = HISTORY_STEPS,
    hardship: float = 0.0,
) -> Accounts:
    """Return the same accounts one statement later.

    The last bill is paid, or not; new charges are billed and the status is set.

    Args:
        tables: The fitted tables.
        accounts: The accounts at the statement before.
        rng: The generator to draw from.
        step: 0 to 4 builds an opening history (m5 … m1), 5 is any month after it.
        hardship: Standard deviations by which statuses rise and payments fall.
    """
    settled = _draw_payments(
        tables, accounts, rng, shift=float(tables.payment_shifts[step]) - hardship
    )
    bill = _draw_bills(tables, accounts, rng, settled, shifts=tables.charge_shifts[step])
    band = find_utilisation_band(bill, accounts.limit)
    cell = find_status_cell(accounts.statuses[0], accounts.statuses[1], settled.bill_class, band)
    group = accounts.limit_group * EDUCATION_COUNT + accounts.education
    shift = tables.status_shifts.ravel()[group] + np.float32(hardship)
    drawn = _draw_statuses(tables, accounts, rng, cell=cell, shift=shift, step=step)
    return replace(
        accounts,
        statuses=(drawn.final, *accounts.statuses[:5]),
        latest_status=drawn.shown,
        band=band,
        bills=(bill, *accounts.bills[:5]),
        payments=(settled.payment, *accounts.payments[:5]),
        outcome_score=draw_normal(rng, len(bill)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _NewStatuses:
    """The newest status in its final coding, and in the provisional one that a statement shows."""

    final: Codes
    shown: Codes


def _draw_statuses(
    tables: SimulationTables,
    accounts: Accounts,
    rng: np.random.Generator,
    *,
    cell: Codes,
    shift: Float32Array,
    step: int,
) -> _NewStatuses:
    # One uniform for both codings, so that the provisional status and its final coding agree.
    uniform = _draw_status_uniform(accounts, rng, shift)
    worst = np.maximum(accounts.statuses[0], ZERO_STATUS_INDEX) + MOST_BEHIND
    final = np.minimum(draw_category(tables.status_share[step], cell, uniform), worst)
    if step < HISTORY_STEPS - 1:
        return _NewStatuses(final, final)
    shown = draw_category(tables.latest_share[step - HISTORY_STEPS + 1], cell, uniform)
    return _NewStatuses(final, np.minimum(shown, worst))


@dataclass(frozen=True, slots=True, eq=False)
class _Settlement:
    """How a bill is paid: the class, and the payment in NT dollars."""

    bill_class: Codes
    payment: Float32Array


def _draw_payments(
    tables: SimulationTables, accounts: Accounts, rng: np.random.Generator, *, shift: float
) -> _Settlement:
    """Draw how last month's bill is paid this month."""
    bill, status = accounts.bills[0], accounts.statuses[0]
    count, habit = len(bill), HABIT_GROUP[status]
    bill_class = _draw_bill_class(tables, accounts, rng)
    score = mix_with_habit(
        tables.payment_loading[0], accounts.payment_habit, draw_normal(rng, count)
    )
    uniform = compute_normal_share(score + np.float32(shift))
    band, band_count = find_band(bill, tables.bill_edges), len(tables.bill_edges) + 1
    part = (habit >= LATE_HABIT) * band_count + band
    is_round = draw_uniform(rng, count) < tables.round_share.ravel()[part]
    uneven = draw_quantile(tables.part_knots, part, uniform) * bill
    partly = np.where(is_round, draw_knot(tables.round_knots, part, uniform), uneven)
    wholly = draw_quantile(tables.full_knots, habit * band_count + band, uniform) * bill
    idly = draw_quantile(tables.idle_knots, np.zeros(count, dtype=np.intp), uniform)
    chosen = [np.clip(partly, 1, np.maximum(bill - 1, 1)), np.maximum(wholly, bill), idly]
    amount = np.select(
        [bill_class == PART, bill_class == FULL, bill_class == NOT_DUE], chosen, np.float32(0)
    )
    most = np.maximum(bill, 0) + MOST_OVERPAID * accounts.limit
    return _Settlement(bill_class, np.rint(np.minimum(amount, most)))


def _draw_bill_class(
    tables: SimulationTables, accounts: Accounts, rng: np.random.Generator
) -> Codes:
    """Draw whether last month's bill is paid in full, in part or not; one of 0 or less is not due."""
    bill, status = accounts.bills[0], accounts.statuses[0]
    bill_class = draw_category(
        tables.class_share,
        LATEST_GROUP[status] * BAND_COUNT + accounts.band,
        draw_uniform(rng, len(bill)),
    )
    bill_class[bill <= 0] = NOT_DUE
    return bill_class


def _draw_bills(
    tables: SimulationTables,
    accounts: Accounts,
    rng: np.random.Generator,
    settled: _Settlement,
    *,
    shifts: Float32Array,
) -> Float32Array:
    """Draw the new bill in NT dollars: the rest of the last one, new charges, interest and fees."""
    group = find_spending_group(settled.bill_class, HABIT_GROUP[accounts.statuses[0]])
    score = mix_with_habit(
        tables.spending_loading[group], accounts.spending_habit, draw_normal(rng, len(group))
    )
    score += (
        tables.spending_shifts[accounts.education]
        + shifts[(settled.bill_class >= FULL).astype(np.intp)]
    )
    cell = (group * BAND_COUNT + accounts.band) * LIMIT_GROUP_COUNT + accounts.limit_group
    drawn = draw_quantile(tables.charge_knots, cell, compute_normal_share(score))
    owing = accounts.bills[0] - settled.payment + drawn * accounts.limit
    bill = np.where(group >= FIRST_OWING_GROUP, owing, drawn)
    bounded: Float32Array = np.rint(
        np.clip(bill, -MOST_OVERPAID * accounts.limit, MOST_USED * accounts.limit)
    )
    return bounded


def find_status_cell(latest: Codes, elder: Codes, bill_class: Codes, band: Codes) -> Codes:
    """Return the cell of the status tables.

    It depends on the last two statuses, how the bill was paid and the band of the new bill.
    """
    statuses = LATEST_GROUP[latest] * ELDER_GROUP_COUNT + ELDER_GROUP[elder]
    cell: Codes = (statuses * (NOT_DUE + 1) + bill_class) * BAND_COUNT + band
    return cell


def find_limit_group(tables: SimulationTables, limit: Float32Array) -> Codes:
    """Return the group, 0 (lowest) to 4, that each limit belongs to."""
    return np.searchsorted(tables.limit_edges, limit, side="left")


def _draw_status_uniform(
    accounts: Accounts, rng: np.random.Generator, shift: Float32Array
) -> Float32Array:
    """Draw the uniform that a status is drawn with, near 1 for the latest payers.

    The last outcome is correlated with it.
    """
    return compute_normal_share(
        mix_with_habit(STATUS_ECHO, -accounts.outcome_score, draw_status_score(accounts, rng))
        + shift
    )
