"""How clients live from one statement to the next: pay, spend, be billed, be late or not.

`open_accounts` gives clients their first six months; `advance` takes every account one month further. Both act on one
block of clients, given a generator, and know nothing of months by name, outcomes or files.
"""

from dataclasses import dataclass, replace

import numpy as np

from credit_default.data.simulation.accounts import USUAL_CLIENT_MIX, Accounts, NewClientMix
from credit_default.data.simulation.tables import (
    AGE_EDGES,
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
    Floats,
    SimulationTables,
    compute_normal_share,
    draw_category,
    draw_knot,
    draw_quantile,
    find_band,
    find_spending_group,
    find_utilisation_band,
)

STATUS_ECHO = 0.5  # correlation of a month's outcome with the next month's status: who defaults is seen to be late
STATUS_HABIT = 0.25  # correlation of the payment habit with every month's status
# Bounds that the tails of the tables never pass, whatever a small limit or a scenario does with them.
MOST_BEHIND = 2  # how far a status rises above the last one, or above 0, in a month
MOST_OVERPAID = np.float32(3)  # limits paid beyond the bill
MOST_USED = np.float32(10)  # limits owed


def open_accounts(
    tables: SimulationTables,
    rng: np.random.Generator,
    slot: Codes,
    *,
    intake: NewClientMix = USUAL_CLIENT_MIX,
    hardship: float = 0.0,
) -> Accounts:
    """New accounts in these slots with six months of history, as a portfolio that is taken over brings them.

    `hardship` presses on the newest month only, as in `advance`.
    """
    accounts = _draw_oldest_month(tables, _draw_clients(tables, rng, slot, intake), rng)
    for step in range(HISTORY_STEPS - 1):
        accounts = advance_accounts(tables, accounts, rng, step=step)
    return advance_accounts(tables, accounts, rng, step=HISTORY_STEPS - 1, hardship=hardship)


def advance_accounts(
    tables: SimulationTables,
    accounts: Accounts,
    rng: np.random.Generator,
    *,
    step: int = HISTORY_STEPS,
    hardship: float = 0.0,
) -> Accounts:
    """The same accounts one statement later: the last bill met, new charges billed, the status set.

    `step` 0 to 4 builds an opening history (m5 … m1), 5 is any month after it. `hardship`, in standard deviations, raises
    statuses and lowers payments.
    """
    settled = _draw_payments(
        tables, accounts, rng, shift=float(tables.payment_shifts[step]) - hardship
    )
    bill = _draw_bills(tables, accounts, rng, settled, shifts=tables.charge_shifts[step])
    band = find_utilisation_band(bill, accounts.limit)
    cell = find_status_cell(accounts.statuses[0], accounts.statuses[1], settled.bill_class, band)
    shift = tables.status_shifts.ravel()[
        accounts.limit_group * EDUCATION_COUNT + accounts.education
    ]
    uniform = _draw_status_uniform(accounts, rng, shift + np.float32(hardship))
    worst = np.maximum(accounts.statuses[0], ZERO_STATUS_INDEX) + MOST_BEHIND
    status = np.minimum(draw_category(tables.status_share[step], cell, uniform), worst)
    latest = status
    if step >= HISTORY_STEPS - 1:
        # One uniform for both codings: the provisional status and what it is recoded to tell the same story.
        latest = np.minimum(
            draw_category(tables.latest_share[step - HISTORY_STEPS + 1], cell, uniform), worst
        )
    return replace(
        accounts,
        statuses=(status, *accounts.statuses[:5]),
        latest_status=latest,
        band=band,
        bills=(bill, *accounts.bills[:5]),
        payments=(settled.payment, *accounts.payments[:5]),
        fortune=_draw_normal(rng, len(bill)),
    )


def _draw_clients(
    tables: SimulationTables, rng: np.random.Generator, slot: Codes, intake: NewClientMix
) -> Accounts:
    """New accounts in these slots, before their first statement."""
    count = len(slot)
    limit_uniform = _draw_uniform(rng, count) ** np.float32(intake.limit_tilt)
    limit = tables.limit_values[
        np.searchsorted(tables.limit_share[:-1], limit_uniform, side="right")
    ]
    group = find_limit_group(tables, limit)
    age = draw_knot(
        tables.age_knots, group, _draw_uniform(rng, count) ** np.float32(intake.age_tilt)
    )
    age_band, age_band_count = find_band(age, AGE_EDGES), len(AGE_EDGES) + 1
    group_age = group * age_band_count + age_band
    education = draw_category(tables.education_share, group_age, _draw_uniform(rng, count))
    payment_habit = _draw_normal(rng, count)
    nothing = np.zeros(count, dtype=np.intp)
    return Accounts(
        slot=slot,
        generation=nothing + 1,
        limit=limit,
        limit_group=group,
        sex=1 + draw_category(tables.sex_share, group_age, _draw_uniform(rng, count)),
        education=education,
        marriage=draw_category(
            tables.marriage_share, education * age_band_count + age_band, _draw_uniform(rng, count)
        ),
        age=age,
        payment_habit=payment_habit,
        spending_habit=_mix_with_habit(
            tables.habit_correlation[0], payment_habit, _draw_normal(rng, count)
        ),
        statuses=(),
        latest_status=nothing,
        band=nothing,
        bills=(),
        payments=(),
        fortune=_draw_normal(rng, count),
    )


def _draw_oldest_month(
    tables: SimulationTables, accounts: Accounts, rng: np.random.Generator
) -> Accounts:
    """The accounts at the oldest month of their history, and the status one month before it."""
    count, group = len(accounts.slot), accounts.limit_group
    lateness = _draw_status_score(accounts, rng) + tables.opening_status_shifts[accounts.education]
    status = draw_category(tables.opening_status_share, group, compute_normal_share(lateness))
    habit = HABIT_GROUP[status]
    spending = _mix_with_habit(
        tables.opening_loading[habit], accounts.spending_habit, _draw_normal(rng, count)
    )
    spending += tables.opening_bill_shifts[accounts.education]
    use = draw_quantile(
        tables.opening_bill_knots, habit * LIMIT_GROUP_COUNT + group, compute_normal_share(spending)
    )
    bill = np.rint(use * accounts.limit)
    paying = _mix_with_habit(
        tables.payment_loading[0], accounts.payment_habit, _draw_normal(rng, count)
    )
    bill_band = habit * (len(tables.bill_edges) + 1) + find_band(bill, tables.bill_edges)
    payment = draw_quantile(
        tables.opening_payment_knots,
        bill_band * LIMIT_GROUP_COUNT + group,
        compute_normal_share(paying),
    )
    return replace(
        accounts,
        statuses=(
            status,
            draw_category(tables.elder_status_share, status, _draw_uniform(rng, count)),
        ),
        band=find_utilisation_band(bill, accounts.limit),
        bills=(bill,),
        payments=(np.rint(np.minimum(payment, MOST_OVERPAID * accounts.limit)),),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Settlement:
    """How a bill is met: the class, and the payment in NT dollars."""

    bill_class: Codes
    payment: Floats


def _draw_payments(
    tables: SimulationTables, accounts: Accounts, rng: np.random.Generator, *, shift: float
) -> _Settlement:
    """How last month's bill is met this month."""
    bill, status = accounts.bills[0], accounts.statuses[0]
    count, habit = len(bill), HABIT_GROUP[status]
    bill_class = draw_category(
        tables.class_share,
        LATEST_GROUP[status] * BAND_COUNT + accounts.band,
        _draw_uniform(rng, count),
    )
    bill_class[bill <= 0] = NOT_DUE
    score = _mix_with_habit(
        tables.payment_loading[0], accounts.payment_habit, _draw_normal(rng, count)
    )
    uniform = compute_normal_share(score + np.float32(shift))
    band, band_count = find_band(bill, tables.bill_edges), len(tables.bill_edges) + 1
    part = (habit >= LATE_HABIT) * band_count + band
    is_round = _draw_uniform(rng, count) < tables.round_share.ravel()[part]
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


def _draw_bills(
    tables: SimulationTables,
    accounts: Accounts,
    rng: np.random.Generator,
    settled: _Settlement,
    *,
    shifts: Floats,
) -> Floats:
    """The new bill in NT dollars: what was left of the last one, and new charges, interest and fees."""
    group = find_spending_group(settled.bill_class, HABIT_GROUP[accounts.statuses[0]])
    score = _mix_with_habit(
        tables.spending_loading[group], accounts.spending_habit, _draw_normal(rng, len(group))
    )
    score += (
        tables.spending_shifts[accounts.education]
        + shifts[(settled.bill_class >= FULL).astype(np.intp)]
    )
    cell = (group * BAND_COUNT + accounts.band) * LIMIT_GROUP_COUNT + accounts.limit_group
    drawn = draw_quantile(tables.charge_knots, cell, compute_normal_share(score))
    owing = accounts.bills[0] - settled.payment + drawn * accounts.limit
    bill = np.where(group >= FIRST_OWING_GROUP, owing, drawn)
    bounded: Floats = np.rint(
        np.clip(bill, -MOST_OVERPAID * accounts.limit, MOST_USED * accounts.limit)
    )
    return bounded


def find_status_cell(latest: Codes, elder: Codes, bill_class: Codes, band: Codes) -> Codes:
    """The cell of the status tables: two statuses, how the bill was met, and the band of the new bill."""
    statuses = LATEST_GROUP[latest] * ELDER_GROUP_COUNT + ELDER_GROUP[elder]
    cell: Codes = (statuses * (NOT_DUE + 1) + bill_class) * BAND_COUNT + band
    return cell


def find_limit_group(tables: SimulationTables, limit: Floats) -> Codes:
    """The group, 0 (lowest) to 4, that each limit belongs to."""
    return np.searchsorted(tables.limit_edges, limit, side="left")


def _draw_status_uniform(accounts: Accounts, rng: np.random.Generator, shift: Floats) -> Floats:
    """The uniform that a status is drawn with, near 1 for the latest payers; the last outcome echoes in it."""
    return compute_normal_share(
        _mix_with_habit(STATUS_ECHO, -accounts.fortune, _draw_status_score(accounts, rng)) + shift
    )


def _draw_status_score(accounts: Accounts, rng: np.random.Generator) -> Floats:
    return _mix_with_habit(
        STATUS_HABIT, -accounts.payment_habit, _draw_normal(rng, len(accounts.slot))
    )


def _mix_with_habit(loading: float | np.float32 | Floats, habit: Floats, chance: Floats) -> Floats:
    """A standard normal score of which `loading` is the client's habit and the rest this month's chance."""
    weight: Floats = np.asarray(loading, dtype=np.float32)
    mixed: Floats = weight * habit + np.sqrt(np.float32(1) - weight * weight) * chance
    return mixed


def _draw_normal(rng: np.random.Generator, count: int) -> Floats:
    return rng.standard_normal(count, dtype=np.float32)


def _draw_uniform(rng: np.random.Generator, count: int) -> Floats:
    return rng.random(count, dtype=np.float32)
